"""The kernels of the questions equal a slow, obvious reference on random histories of an index: ties, late events, merges
and their undo, erasures, seals and compactions; whole, in halves as Spark has them, and narrowed to a population.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resa.kernel import sequences
from resa.kernel.identity_map import IdentityMap
from resa.kernel.sequences import Labels, MemoryManifest, Snapshot, walk
from resa.kernel.sequences.chaining import Order
from tests.questions import reference
from tests.sequences import reference as journeys
from tests.sequences.histories import CODES, HOUR, IDENTITIES, History
from tests.sequences.reference import Event

BATCH = 40
BY_DEFAULT, IN_FULL = 120, 2400
ORDERS: tuple[Order, ...] = ("ordered", "strict", "any")


class Asked:
    """One way of asking: labels, period, population, threads; the same for the index and for the reference."""

    def __init__(self, history: History, roll: random.Random) -> None:
        self.roll = roll
        self.history = history
        self.snapshot, self.identities = history.index.snapshot(), history.identities()
        self.threads = roll.choice((1, 2))
        edges = sorted(roll.sample(history.times, 2)) if roll.random() < 0.4 else [None, None]
        self.period: tuple[int | None, int | None] = (edges[0], edges[1])
        self.population = np.array([roll.random() < 0.6 for _ in range(roll.randint(0, IDENTITIES + 2))])
        self.everybody = roll.random() < 0.5

    @property
    def how(self) -> dict[str, Any]:
        """Period and population as a question takes them."""
        said: dict[str, Any] = {k: v for k, v in zip(("start", "end"), self.period, strict=True) if v is not None}
        return said if self.everybody else said | {"population": self.population}

    def labelled(self, labels: int, few: int = 14) -> tuple[Labels, dict[int, list[Event]]]:
        """Random labels of codes below `labels`, and the journeys of the reference with at most `few` events."""
        table = [self.roll.randrange(labels) if self.roll.random() < 0.8 else 0 for _ in range(CODES)]
        found = journeys.journeys(
            self.history.log, self.history.profile, lambda e: table[e.code] if e.code < CODES else 0, *self.period
        )
        if not self.everybody:
            found = {who: j for who, j in found.items() if who < self.population.size and self.population[who]}
        return Labels(np.array(table)), found

    def everywhere(self, question: Callable[..., Any]) -> Iterator[Any]:
        """The answer of the index, and that of two halves of the profiles as plain arrays."""
        yield question(self.snapshot, self.identities, threads=self.threads, **self.how)
        profile = self.history.profile
        events = sorted((profile[e.identity], e.time, e.row, e.code) for e in self.history.log)
        halves = []
        for half in (0, 1):
            columns = [np.array([e[k] for e in events if e[0] % 2 == half], np.int64) for k in range(4)]
            block = Snapshot.of_block(columns[0], columns[1], columns[3], columns[2])
            halves.append(question(block, IdentityMap(), threads=1, **self.how))
        yield halves[0].merge(halves[1])


def check_chains(asked: Asked) -> None:
    roll = asked.roll
    steps, order = roll.randint(1, 4), roll.choice(ORDERS)
    excluded = [] if order == "any" or steps < 2 else [_between(roll, steps) for _ in range(roll.choice((0, 0, 1, 2)))]
    labels, found = asked.labelled(1 << (steps + len(excluded)))
    window = roll.choice((0, 1, HOUR, 3 * HOUR, 90 * 24 * HOUR))
    expected = {
        who: best
        for who, j in found.items()
        if (best := reference.chain(j, steps, window, order, excluded)) is not None
    }

    def question(snapshot: Snapshot, identities: IdentityMap, **how: Any) -> Any:
        return sequences.chains(snapshot, identities, labels, steps, window, order=order, excluded=excluded, **how)

    for answer in asked.everywhere(question):
        chained = answer.chained()
        ends = chained.offsets.tolist()
        moments = [tuple(chained.moments[a:b].tolist()) for a, b in pairwise(ends)]
        got = zip(chained.profile.tolist(), chained.level.tolist(), chained.start_row.tolist(), moments, strict=True)
        assert {who: reference.Chain(level, row, done) for who, level, row, done in got} == expected
        levels = [best.level for best in expected.values()]
        assert answer.reached.tolist() == [sum(level > step for level in levels) for step in range(steps)]


def _between(roll: random.Random, steps: int) -> tuple[int, int]:
    after = roll.randrange(steps - 1)
    return after, roll.randint(after + 1, steps - 1)


def check(history: History) -> None:
    """Every question."""
    roll = random.Random(history.random.random())
    for question in (check_chains, check_chains):
        question(Asked(history, roll))


BATCHES = [
    pytest.param(first, marks=pytest.mark.full if first >= BY_DEFAULT else ()) for first in range(0, IN_FULL, BATCH)
]


@pytest.mark.parametrize("first", BATCHES)
def test_questions_equal_the_reference(first: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some histories; a failure names the seed."""
    for seed in range(first, first + BATCH):
        roll = random.Random(seed)
        tiny = roll.random() < 0.5
        for name, small, usual in (("_SPLIT", 6, 500_000), ("BLOCK_EVENTS", 8, 4096), ("BLOCK_JOURNEYS", 2, 4096)):
            monkeypatch.setattr(walk, name, small if tiny else usual)
        history = History(seed, tmp_path / str(seed), MemoryManifest())
        try:
            for _ in range(2):
                for _ in range(roll.randint(2, 12)):
                    history.step()
                check(history)
        except AssertionError as error:
            raise AssertionError(f"history {seed}") from error
