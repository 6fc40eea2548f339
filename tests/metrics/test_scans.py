"""Many metrics over one population are answered by one scan of the body and one walk of the journey index."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from resa.kernel.body.duck import DuckBody
from resa.kernel.metrics.asking import Answers
from resa.kernel.metrics.plan import needs
from resa.kernel.metrics.sql import Split
from tests.metrics.asked import METRICS, Parts
from tests.metrics.comparing import lenses
from tests.metrics.histories import events

IDENTITIES = 14


class Watched(DuckBody):
    """A body that keeps what it was asked."""

    def __init__(self, path: Path) -> None:
        """Nothing was asked yet."""
        super().__init__(path, threads=2)
        self.statements: list[str] = []
        self.labelled: list[int] = []

    def native(self, sql: str) -> pa.Table:
        """One more statement."""
        self.statements.append(sql)
        return super().native(sql)

    def column(self, expression: str, first: int, last: int) -> np.ndarray:
        """A label for so many more rows."""
        self.labelled.append(last - first)
        return super().column(expression, first, last)


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    """A history, watched."""
    body = Watched(tmp_path / "body.duckdb")
    found = Parts(body, tmp_path / "journeys", IDENTITIES)
    found.land(events(200, identities=IDENTITIES, seed=5))
    yield found
    body.close()


def watched(parts: Parts) -> Watched:
    """The body, as what it is here."""
    assert isinstance(parts.body, Watched)
    return parts.body


def test_windows_caps_quantiles_and_totals_of_many_metrics_come_from_one_statement(parts: Parts) -> None:
    (lens,) = lenses(random.Random(3), 1)
    parts.ask(METRICS, lens)
    assert len(watched(parts).statements) == 1
    assert watched(parts).statements[0].count(" FROM log") == 1
    assert watched(parts).labelled == [200], "what an event is to the walk is asked once"


def test_asking_again_scans_once_more_and_labels_only_what_came_since(parts: Parts) -> None:
    first, second = lenses(random.Random(3), 2)
    parts.ask(METRICS, first)
    parts.land(events(30, identities=IDENTITIES, seed=6, first_row=200))
    parts.ask(METRICS, second)
    assert len(watched(parts).statements) == 2
    assert watched(parts).labelled == [200, 30]


def test_a_metric_is_the_same_by_itself_and_among_many(parts: Parts) -> None:
    (lens,) = lenses(random.Random(4), 1)
    split = Split("channel", ("web", None))
    together = parts.ask(METRICS, lens, split)
    for metric in METRICS:
        for source in needs(metric).sources:
            assert _rows(parts.ask([metric], lens, split), source) == _rows(together, source), metric


def _rows(answers: Answers, source: Any) -> list[Any]:
    """What there is of a source, customers without any of it left out."""
    if source in answers.values:
        return [column.tolist() for column in answers.values[source]]
    units = answers.totals[source]
    some = units.only(np.any([column != 0 for column in units.columns.values()], axis=0))
    return [some.key.tolist(), *(column.tolist() for column in some.columns.values())]
