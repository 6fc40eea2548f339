"""Labels asked of the body give the journeys that a table over codes gives, whether they keep few events, most or none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from resa.kernel.body.duck import DuckBody
from resa.kernel.sequences import Labels, Snapshot, walk
from resa.kernel.sequences.walk import Block, Reading
from tests.metrics.asked import Parts
from tests.metrics.histories import NAMES, events

IDENTITIES = 40


class Read:
    """Every event that a walk comes by."""

    def __init__(self) -> None:
        """None yet."""
        self.events: list[tuple[int, int, int, int]] = []

    def add(self, block: Block) -> None:
        """Those of a block."""
        whose = np.repeat(block.profiles, np.diff(block.starts)).tolist()
        size = len(whose)
        columns = (block.time[:size].tolist(), block.label[:size].tolist(), block.row[:size].tolist())
        self.events += zip(whose, *columns, strict=True)

    def merge(self, other: Read) -> Read:
        """Those of both."""
        self.events += other.events
        return self


def read(parts: Parts, snapshot: Snapshot, labels: Labels) -> list[tuple[int, int, int, int]]:
    """What a walk gives, in its order."""
    return walk.ask(Read, Reading.of(snapshot, parts.map, labels)).events


@pytest.mark.parametrize("names", [NAMES[2:3], NAMES[:5], (), NAMES], ids=["few", "most", "none", "all"])
def test_labels_of_the_body_give_the_same_journeys_as_labels_of_codes(tmp_path: Path, names: tuple[str, ...]) -> None:
    body = DuckBody(tmp_path / "body.duckdb", threads=2)
    parts = Parts(body, tmp_path / "journeys", IDENTITIES)
    parts.land(events(400, identities=IDENTITIES, seed=8))
    parts.index.seal()
    parts.land(events(90, identities=IDENTITIES, seed=9, first_row=400))
    parts.move({7: 3, 9: 3, 11: -1})
    table = np.zeros(len(NAMES) + 2, np.uint16)
    table[[2 + NAMES.index(name) for name in names]] = 1
    asked = f"CASE WHEN NOT bot AND code IN ({', '.join(['-1', *(str(2 + NAMES.index(n)) for n in names)])}) THEN 1 ELSE 0 END"
    labelled = parts.labels.labelled(asked, parts.index.snapshot())
    found = read(parts, labelled, Labels.codes())
    assert found == read(parts, parts.index.snapshot(), Labels(table))
    assert bool(found) == bool(names)
    assert not {profile for profile, *_ in found} & {7, 9, 11}
    body.close()
