"""The index and every question equal a slow, obvious reference on random histories: ties, late events, merges and
their undo, erasures, seals, compactions, crashes; one thread and two, small blocks and large.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resa.kernel import sequences
from resa.kernel.identity_map import IdentityMap
from resa.kernel.sequences import (
    Cells,
    Labels,
    MemoryManifest,
    Selector,
    Snapshot,
    StateManifest,
    kernels,
    stages,
    walk,
)
from resa.kernel.state import State, sqlite_url
from tests.sequences import reference
from tests.sequences.histories import CODES, HOUR, IDENTITIES, History
from tests.sequences.reference import Event

BATCH = 50
BY_DEFAULT, IN_FULL = 1500, 6000


class Asked:
    """One way of asking: labels, period, threads; the same for the index and for the reference."""

    def __init__(self, history: History, roll: random.Random) -> None:
        self.roll = roll
        self.snapshot, self.identities = history.index.snapshot(), history.identities()
        self.profile, self.log = history.profile, history.log
        self.threads = roll.choice((1, 2))
        edges = sorted(roll.sample(history.times, 2)) if roll.random() < 0.5 else [None, None]
        self.period: tuple[int | None, int | None] = (edges[0], edges[1])

    @property
    def when(self) -> dict[str, Any]:
        return {name: value for name, value in zip(("start", "end"), self.period, strict=True) if value is not None}

    def labelled(self, most: int, *, period: bool = True) -> tuple[Labels, dict[int, list[Event]]]:
        """Labels 0..most, of codes and (ASK) of rows, and the reference's journeys by them."""
        table = [
            self.roll.choice((kernels.ASK, *range(most + 1))) for _ in range(self.roll.randint(CODES - 1, CODES + 1))
        ]
        first = min((event.row for event in self.log), default=0) + self.roll.choice((0, 2))
        rows = [self.roll.randint(0, most) for _ in range(self.roll.choice((0, 10, 200)))]

        def label(event: Event) -> int:
            fixed = table[event.code] if event.code < len(table) else 0
            if fixed != kernels.ASK:
                return fixed
            return rows[event.row - first] if 0 <= event.row - first < len(rows) else 0

        limits = self.period if period else (None, None)
        found = reference.journeys(self.log, self.profile, label, *limits)
        return Labels(np.array(table), np.array(rows, np.uint16) if rows else None, first), found

    def blocks(self, labels: Labels) -> Iterator[Snapshot]:
        """The same events as plain sorted arrays with the profile, in two halves (as a distributed engine has them)."""
        events = sorted((self.profile[e.identity], e.time, e.row, e.code) for e in self.log)
        for half in (0, 1):
            columns = [np.array([e[k] for e in events if e[0] % 2 == half], np.int64) for k in range(4)]
            yield Snapshot.of_block(columns[0], columns[1], columns[3], columns[2])


def check_contents(asked: Asked, history: History) -> None:
    """Every row below the watermark is in exactly one run, every other one only in the head; no file is astray."""
    index = history.index
    runs = {id(run.part): run for run in index._view.runs}
    held: list[Event] = []
    for part in asked.snapshot.parts:
        who = np.repeat(part.ids, np.diff(part.offsets))
        for identity, time, code, row in zip(
            who, part.time.astype(np.int64), part.code, part.row.astype(np.int64), strict=True
        ):
            if code:
                event = Event(int(time) + part.base_time, int(row) + part.base_row, int(code), int(identity))
                assert (event.row < asked.snapshot.watermark) == (id(part) in runs)
                held.append(event)
    assert sorted(held) == sorted(event for event in asked.log if event.code)
    assert {path.name for path in history.folder.iterdir()} == {run.name for run in index.runs}


def check_one_profile(asked: Asked) -> None:
    labels, found = asked.labelled(2, period=False)
    everything = reference.journeys(asked.log, asked.profile, lambda event: event.code)
    for profile in range(IDENTITIES):
        before = asked.roll.choice([None, *((e.time, e.row) for e in everything.get(profile, []))])
        limit = asked.roll.choice((1, 3, 100))
        for given, journey in ((None, everything.get(profile, [])), (labels, found.get(profile, []))):
            time, row = sequences.timeline(
                asked.snapshot, asked.identities, profile, before=before, limit=limit, labels=given
            )
            assert list(zip(time.tolist(), row.tolist(), strict=True)) == reference.timeline(journey, before, limit)
        activity = sequences.profile_activity(asked.snapshot, asked.identities, profile)
        if profile not in everything:
            assert activity is None
            continue
        assert activity is not None
        by_code = {
            c: (n, t)
            for c, n, t in zip(
                activity.codes.tolist(), activity.counts.tolist(), activity.last_times.tolist(), strict=True
            )
        }
        assert (activity.events, activity.first_time, activity.last_time, by_code) == reference.activity(
            everything[profile]
        )


def figures(events: np.ndarray, customers: np.ndarray) -> dict[int, tuple[int, int]]:
    return {k: (int(events[k]), int(customers[k])) for k in range(events.size) if events[k] or customers[k]}


def sparse(array: np.ndarray) -> dict[object, int]:
    """The values that aren't 0, by index."""
    return {(index if len(index) > 1 else index[0]): int(value) for index, value in np.ndenumerate(array) if value}


def nonzero(counts: dict[object, int]) -> dict[object, int]:
    return {key: value for key, value in counts.items() if value}


def as_map(answer: stages.StageWalk) -> reference.Map:
    return reference.Map(
        customers=answer.customers,
        by_cell=figures(answer.cell_events, answer.cell_customers),
        by_group=[figures(*answer.grouping(number)) for number in range(len(answer.layout.groupings))],
        by_stage=figures(answer.stage_events, answer.stage_customers),
        reached=sparse(answer.reached),  # type: ignore[arg-type]
        forward=sparse(answer.forward),  # type: ignore[arg-type]
        moves=sparse(answer.moves),  # type: ignore[arg-type]
        median={s: float(value) for s, value in enumerate(answer.median_time) if not np.isnan(value)},
    )


def check_map(asked: Asked) -> None:
    roll = asked.roll
    count, cells = roll.randint(1, 4), roll.randint(1, 5)
    stage_of = [0, *(roll.randrange(count) for _ in range(cells))]
    groupings = [[-1, *(roll.randint(-1, 3) for _ in range(cells))] for _ in range(roll.randint(0, 2))]
    layout = Cells(stage_of, *groupings)
    labels, found = asked.labelled(cells)
    expected = reference.stage_walk(found, stage_of, groupings, layout.stages)
    expected.forward = nonzero(expected.forward)  # type: ignore[assignment,arg-type]
    answer = sequences.stage_walk(
        asked.snapshot,
        asked.identities,
        labels,
        layout,
        threads=asked.threads,
        most_gaps=roll.choice((0, 2, 1000)),
        **asked.when,
    )
    assert as_map(answer) == expected
    halves = [
        sequences.stage_walk(block, IdentityMap(), labels, layout, **asked.when) for block in asked.blocks(labels)
    ]
    assert as_map(halves[0].merge(halves[1])) == expected

    figure: dict[str, int] = {}
    chosen = roll.randrange(layout.stages)
    figure["any"] = answer.customers
    figure["stage"], figure["next"] = int(answer.stage_customers[chosen]), int(answer.next[chosen])
    figure["forward"], figure["dropped"] = int(answer.forward[chosen]), int(answer.drop_off[chosen])
    selectors = {"any": Selector.anyone(), "stage": Selector.stage(chosen), "next": Selector.next(chosen)}
    selectors |= {"forward": Selector.forward(chosen), "dropped": Selector.dropped(chosen)}
    numbers = dict.fromkeys(selectors, chosen)
    numbers["cell"] = roll.randint(1, cells)
    selectors["cell"], figure["cell"] = Selector.cell(numbers["cell"]), int(answer.cell_customers[numbers["cell"]])
    if groupings and answer.grouping(-1 % len(groupings)).customers.size:
        last = len(groupings) - 1
        numbers["group"] = roll.randrange(answer.grouping(last).customers.size)
        selectors["group"] = Selector.group(last, numbers["group"])
        figure["group"] = int(answer.grouping(last).customers[numbers["group"]])
    for kind, selector in selectors.items():
        people = sequences.stage_people(
            asked.snapshot, asked.identities, labels, layout, selector, threads=asked.threads, **asked.when
        )
        listed = list(zip(*(column.tolist() for column in people.columns()), strict=True))
        assert listed == reference.stage_people(
            found, kind, numbers[kind], stage_of, groupings[-1] if groupings else stage_of
        )
        assert len(listed) == figure[kind]


def check_funnel(asked: Asked) -> None:
    roll = asked.roll
    labels, found = asked.labelled(3)
    steps = [roll.sample((1, 2, 3), roll.choice((1, 1, 2))) for _ in range(roll.randint(1, 4))]
    window = roll.choice((0, 1, HOUR, 3 * HOUR, 90 * 24 * HOUR))
    expected = reference.funnel(found, steps, window)
    answer = sequences.funnel(
        asked.snapshot, asked.identities, labels, steps, window, keep=True, threads=asked.threads, **asked.when
    )
    halves = [
        sequences.funnel(b, IdentityMap(), labels, steps, window, keep=True, **asked.when) for b in asked.blocks(labels)
    ]
    for one in (answer, halves[0].merge(halves[1])):
        profile, level, row = (column.tolist() for column in one.levels())
        assert dict(zip(profile, zip(level, row, strict=True), strict=True)) == expected
        assert one.reached.tolist() == [
            sum(level > step for level, _ in expected.values()) for step in range(len(steps))
        ]


def check_sessions(asked: Asked) -> None:
    labels, found = asked.labelled(1)
    gap = asked.roll.choice((0, HOUR // 2, HOUR))
    number, lonely, length = reference.sessions(found, gap)
    answer = sequences.sessions(
        asked.snapshot, asked.identities, labels, gap=gap, keep=True, threads=asked.threads, **asked.when
    )
    halves = [
        sequences.sessions(b, IdentityMap(), labels, gap=gap, keep=True, **asked.when) for b in asked.blocks(labels)
    ]
    for one in (answer, halves[0].merge(halves[1])):
        assert dict(zip(*(column.tolist() for column in one.per_profile()), strict=True)) == number
        assert (one.sessions, one.of_one_event, one.total_length) == (sum(number.values()), lonely, length)
        assert (one.profiles, one.events) == (len(found), sum(map(len, found.values())))


def check_retention(asked: Asked) -> None:
    edges = (
        sorted(asked.roll.sample(range(min(asked.log).time - 1, max(asked.log).time + 2), 3)) if asked.log else [0, 1]
    )
    asked.period = (edges[0], edges[-1])
    labels, found = asked.labelled(3)
    size, returned = reference.retention(found, edges)
    answer = sequences.retention(asked.snapshot, asked.identities, labels, edges, threads=asked.threads)
    halves = [sequences.retention(block, IdentityMap(), labels, edges) for block in asked.blocks(labels)]
    for one in (answer, halves[0].merge(halves[1])):
        assert (sparse(one.size), sparse(one.returned)) == (size, returned)


def check_paths(asked: Asked) -> None:
    labels, found = asked.labelled(3)
    gap, fold = asked.roll.choice((0, HOUR, 1 << 62)), asked.roll.random() < 0.5
    expected = reference.paths(found, gap, fold=fold)
    answer = sequences.paths(
        asked.snapshot, asked.identities, labels, gap=gap, fold=fold, threads=asked.threads, **asked.when
    )
    halves = [
        sequences.paths(block, IdentityMap(), labels, gap=gap, fold=fold, **asked.when)
        for block in asked.blocks(labels)
    ]
    for one in (answer, halves[0].merge(halves[1])):
        top = one.top(1000)
        assert {path.labels: (path.times, path.customers) for path in top} == expected
        assert [(path.times, path.labels) for path in top] == sorted(
            ((p.times, p.labels) for p in top), key=lambda p: (-p[0], p[1])
        )


def check(history: History) -> None:
    """Everything, compared exactly."""
    roll = random.Random(history.random.random())
    asked = Asked(history, roll)
    check_contents(asked, history)
    check_one_profile(asked)
    for question in (check_map, check_funnel, check_sessions, check_paths, check_retention):
        question(asked)


SIZES = (
    (walk, "_SPLIT", 6, 500_000),
    (walk, "BLOCK_EVENTS", 8, 4096),
    (walk, "BLOCK_JOURNEYS", 2, 4096),
    (stages, "_BUCKETS", 4, 4096),
)
BATCHES = [
    pytest.param(first, marks=pytest.mark.full if first >= BY_DEFAULT else ()) for first in range(0, IN_FULL, BATCH)
]


@pytest.mark.parametrize("first", BATCHES)
def test_index_and_questions_equal_the_reference(first: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty histories; a failure names the seed."""
    for seed in range(first, first + BATCH):
        roll = random.Random(seed)
        tiny = roll.random() < 0.5  # ranges for threads, blocks that no journey fits, few buckets for medians
        for module, name, small, usual in SIZES:
            monkeypatch.setattr(module, name, small if tiny else usual)
        folder = tmp_path / str(seed)
        folder.mkdir()
        durable = State.open(sqlite_url(folder)) if seed % 25 == 0 else None
        history = History(seed, folder / "runs", StateManifest(durable) if durable else MemoryManifest())
        try:
            for _ in range(roll.choice((1, 1, 2))):
                for _ in range(roll.randint(2, 16)):
                    history.step()
                check(history)
        except AssertionError as error:
            raise AssertionError(f"history {seed}") from error
        finally:
            if durable:
                durable.close()
