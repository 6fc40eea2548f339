"""The kernels of the questions equal a slow, obvious reference on random histories of an index: ties, late events, merges
and their undo, erasures, seals and compactions; whole, in halves as Spark has them, and narrowed to a population.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resa.kernel import sequences
from resa.kernel.identity_map import IdentityMap
from resa.kernel.sequences import Labels, MemoryManifest, Snapshot, routing, walk
from resa.kernel.sequences.chaining import Order
from resa.kernel.sequences.routing import Direction
from tests.questions import reference
from tests.sequences import reference as journeys
from tests.sequences.histories import CODES, HOUR, IDENTITIES, History
from tests.sequences.reference import Event

BATCH = 40
BY_DEFAULT, IN_FULL = 120, 2400
ORDERS: tuple[Order, ...] = ("ordered", "strict", "any")
DIRECTIONS: tuple[Direction, ...] = ("from", "to", "between")


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


class Grouped:
    """A random split by row, and the periods of the history."""

    def __init__(self, asked: Asked) -> None:
        roll, log = asked.roll, asked.history.log
        low, high = (min(log).time, max(log).time) if log else (0, 10)
        self.edges = sorted(roll.sample(range(low - 1, high + 3), 3))
        asked.period = (self.edges[0], self.edges[-1])
        rows = max((event.row for event in log), default=0) + 1
        few = rows < 10_000  # an array by row; some histories have rows beyond the 32nd bit
        self.numbers = {event.row: roll.randrange(4) for event in log} if few else {}
        self.values = np.zeros(rows - roll.choice((0, 0, 2)) if few and rows > 2 else 0, np.uint16)
        for row, number in self.numbers.items():
            if row < self.values.size:
                self.values[row] = number
        self.groups = roll.randint(2, 3)
        self.group_of = np.array([roll.randrange(-1, self.groups) for _ in range(4)])
        whole = roll.random() < 0.3
        self.split = sequences.Split.whole() if whole else sequences.Split(self.values, self.group_of, self.groups)

    def group(self, event: Event) -> int:
        """The group of an event."""
        number = int(self.values[event.row]) if event.row < self.values.size else 0
        return 0 if self.split.groups == 1 else int(self.group_of[number])


def sparse(array: np.ndarray) -> dict[tuple[int, ...], int]:
    """What is not 0, by place."""
    return {tuple(place): int(value) for place, value in np.ndenumerate(array) if value}


def counts(people: dict[Any, set[int]]) -> dict[Any, int]:
    return {key: len(who) for key, who in people.items()}


def check_series(asked: Asked) -> None:
    grouped, number = Grouped(asked), asked.roll.randint(1, 3)
    labels, found = asked.labelled(1 << number)
    events, customers = reference.series(found, number, grouped.edges, grouped.group)

    def question(snapshot: Snapshot, identities: IdentityMap, **how: Any) -> Any:
        how = {name: value for name, value in how.items() if name not in ("start", "end")}
        return sequences.series(snapshot, identities, labels, number, grouped.edges, split=grouped.split, **how)

    for answer in asked.everywhere(question):
        assert (sparse(answer.events), sparse(answer.customers)) == (events, customers)
    check_attendants(asked, grouped, labels, found)


def check_attendants(asked: Asked, grouped: Grouped, labels: Labels, found: dict[int, list[Event]]) -> None:
    group = asked.roll.randrange(-1, grouped.split.groups)
    expected = []
    for who, journey in found.items():
        mine = [e.time for e in journey if e.label & 1 and (group < 0 or grouped.group(e) == group)]
        if mine:
            expected.append((who, mine[0], mine[-1], len(mine)))

    def question(snapshot: Snapshot, identities: IdentityMap, **how: Any) -> Any:
        return sequences.attendants(snapshot, identities, labels, 0, split=grouped.split, group=group, **how)

    for answer in asked.everywhere(question):
        assert list(zip(*(column.tolist() for column in answer.columns()), strict=True)) == expected


def check_returning(asked: Asked) -> None:
    grouped = Grouped(asked)
    labels, found = asked.labelled(4)
    expected = reference.returning(found, grouped.edges, grouped.group)

    def question(ask: Any, *more: Any, split: bool = True) -> Callable[..., Any]:
        def of(snapshot: Snapshot, identities: IdentityMap, **how: Any) -> Any:
            how = {name: value for name, value in how.items() if name not in ("start", "end")}
            how |= {"split": grouped.split} if split else {}
            return ask(snapshot, identities, labels, grouped.edges, *more, **how)

        return of

    for answer in asked.everywhere(question(sequences.cohorts)):
        assert sparse(answer.size) == counts(expected.size)
        assert sparse(answer.returned) == counts(expected.returned)
    for answer in asked.everywhere(question(sequences.stickiness)):
        assert sparse(answer.active) == counts(expected.active)
    plain = reference.returning(found, grouped.edges, lambda _: 0)
    cohort, offset, least = asked.roll.randrange(2), asked.roll.randrange(2), asked.roll.randint(1, 2)
    wanted = {
        sequences.Behind(cohort): plain.size.get((0, cohort), set()),
        sequences.Behind(cohort, offset): plain.returned.get((0, cohort, offset), set()),
        sequences.Behind(0, 0, least): {w for (_, n), who in plain.active.items() if n >= least for w in who},
    }
    for behind, people in wanted.items():
        for answer in asked.everywhere(question(sequences.returners, behind, split=False)):
            assert answer.columns()[0].tolist() == sorted(people)


def check_routes(asked: Asked) -> None:
    roll = asked.roll
    steps, gap, fold = roll.randint(2, 4), roll.choice((0, HOUR // 2, 90 * 24 * HOUR)), roll.random() < 0.6
    direction, anchored = roll.choice(DIRECTIONS), roll.random() < 0.7
    labels, found = asked.labelled(16)  # three names with flags; 1 to 3 are no names, and are read as the name 0
    labels = Labels(np.where(labels.table < 4, 0, labels.table))
    found = {who: kept for who, j in found.items() if (kept := [e for e in j if e.label >= 4])}
    times: Counter[tuple[int, ...]] = Counter()
    own: dict[int, reference.Path] = {}
    for who, journey in found.items():
        taken = reference.paths(journey, direction, steps, gap, routing.MORE, anchored=anchored, fold=fold)
        times.update(path.names for path in taken)
        if taken:
            own[who] = taken[-1 if direction == "to" else 0]
    customers = Counter(path.names for path in own.values())

    def question(snapshot: Snapshot, identities: IdentityMap, **how: Any) -> Any:
        how |= {"direction": direction, "anchored": anchored, "fold": fold, "gap": gap, "keep": True}
        return sequences.routes(snapshot, identities, labels, steps, **how)

    for answer in asked.everywhere(question):
        counted = answer.counted()
        names = [tuple(n for n in path if n) for path in counted.names.tolist()]
        assert dict(zip(names, counted.times.tolist(), strict=True)) == dict(times)
        assert {n: c for n, c in zip(names, counted.customers.tolist(), strict=True) if c} == dict(customers)
        profile, kept, first, last = answer.own()
        rows = zip(profile.tolist(), kept.tolist(), first.tolist(), last.tolist(), strict=True)
        assert {w: reference.Path(tuple(n for n in path if n), a, b) for w, path, a, b in rows} == own


def check_searches(asked: Asked) -> None:
    grouped = Grouped(asked)
    asked.period = (None, None)
    labels, found = asked.labelled(8)
    gap = asked.roll.choice((0, HOUR // 2, 90 * 24 * HOUR))

    def term(event: Event) -> int:
        return int(grouped.values[event.row]) if event.row < grouped.values.size else 0

    made = [(who, search) for who, j in found.items() for search in reference.searches(j, term, gap)]
    expected = {
        number: (
            sum(s.term == number for _, s in made),
            len({who for who, s in made if s.term == number}),
            sum(s.term == number and s.without for _, s in made),
            sum(s.term == number and s.left for _, s in made),
        )
        for number in {s.term for _, s in made}
    }

    def question(snapshot: Snapshot, identities: IdentityMap, **how: Any) -> Any:
        return sequences.searches(snapshot, identities, labels, grouped.values, gap=gap, **how)

    for answer in asked.everywhere(question):
        assert {found.term: tuple(found)[1:] for found in answer.counted()} == expected


def check(history: History) -> None:
    """Every question."""
    roll = random.Random(history.random.random())
    for question in (check_chains, check_chains, check_series, check_returning, check_routes, check_searches):
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
