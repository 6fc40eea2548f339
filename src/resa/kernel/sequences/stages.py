"""The journey map: customers, events, flow and time by stage, and the people behind each figure.

A label is a cell of the map, numbered from 1; only labelled events of the period count. A profile enters a stage
with its first event of it; all that is said of going on is said of events after that one, by (time, row).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from resa.kernel.identity_map import IdentityMap
from resa.kernel.sequences import kernels, walk
from resa.kernel.sequences.parts import ALWAYS, NEVER, Array
from resa.kernel.sequences.walk import Block, Labels, Reading, Snapshot


class Cells:
    """The cells of a map, numbered from 1 (0 is no cell), their stages and the other groupings to count distinct customers by."""

    def __init__(self, stage_of: npt.ArrayLike, *groupings: npt.ArrayLike) -> None:
        """`stage_of[c]` is the stage of cell c; each grouping says `group[c]`, or -1 for none. Index 0 is not read."""
        self.stage_of: Array = np.asarray(stage_of, np.int64)
        self.groupings = [np.asarray(grouping, np.int64) for grouping in groupings]
        self.stages = int(self.stage_of[1:].max(initial=-1)) + 1
        sizes = [int(grouping[1:].max(initial=-1)) + 1 for grouping in self.groupings]
        self.offsets = np.concatenate(([0], np.cumsum(sizes))).astype(int).tolist()
        if self.stage_of[1:].min(initial=0) < 0 or any(
            grouping.size != self.stage_of.size for grouping in self.groupings
        ):
            raise ValueError(
                f"stage_of and groupings: need one value for each of {self.stage_of.size} cells (0 is no cell), stages from 0 on"
            )

    @property
    def cells(self) -> int:
        return int(self.stage_of.size)

    def matrix(self) -> Array:
        """The groupings as one matrix, numbered through."""
        shifted = [
            np.where(grouping >= 0, grouping + offset, -1)
            for grouping, offset in zip(self.groupings, self.offsets, strict=False)
        ]
        return np.stack(shifted) if shifted else np.zeros((0, self.cells), np.int64)

    def check(self, labels: Labels) -> None:
        """A label beyond the cells would make a kernel read what isn't there."""
        if labels.largest >= self.cells:
            raise ValueError(f"labels: {labels.largest} is not one of the {self.cells - 1} cells")


class Budget:
    """How many times to the next stage may still be collected, over all threads. Counted without a lock: about is enough."""

    def __init__(self, most: int) -> None:
        self.most = self.left = most

    def take(self, number: int) -> bool:
        self.left -= number
        return self.left >= 0


class Figure(NamedTuple):
    """Events, and customers with at least one of them."""

    events: Array
    customers: Array


_SUMS: Final = (
    "cell_events",
    "cell_customers",
    "group_events",
    "group_customers",
    "stage_events",
    "stage_customers",
    "reached",
    "forward",
    "moves",
)


@dataclass
class StageWalk:
    """The numbers of a journey map. Arrays by cell have index 0 unused; arrays by stage are S long, or S x S."""

    layout: Cells
    budget: Budget
    customers: int = 0
    gaps: list[tuple[Array, Array]] | None = field(default_factory=list)  # (stage, ms); None: too many
    medians: Array | None = None

    def __post_init__(self) -> None:
        cells, groups, stages = self.layout.cells, self.layout.offsets[-1], self.layout.stages
        square = (stages, stages)
        sizes: tuple[Any, ...] = (cells, cells, groups, groups, stages, stages, square, stages, square)
        for name, size in zip(_SUMS, sizes, strict=True):
            setattr(self, name, np.zeros(size, np.int64))
        self._matrix = self.layout.matrix()

    cell_events: Array = field(init=False)
    cell_customers: Array = field(init=False)
    group_events: Array = field(init=False)
    group_customers: Array = field(init=False)
    stage_events: Array = field(init=False)
    stage_customers: Array = field(init=False)
    reached: Array = field(init=False)  # [s, t]: customers of s with an event of t after they entered s
    forward: Array = field(init=False)  # [s]: customers of s with an event of any later stage after that
    moves: Array = field(init=False)  # [s, t]: customers with a direct move from s to t

    def add(self, block: Block) -> None:
        count = block.profiles.size
        stage, gap = np.empty(count * self.layout.stages, np.uint8), np.empty(count * self.layout.stages, np.int64)
        sums = [getattr(self, name) for name in _SUMS]
        written = kernels.stage_walk(
            count, block.starts, block.time, block.label, self.layout.stage_of, self._matrix, *sums, stage, gap
        )
        self.customers += count
        self._collect(stage[:written], gap[:written])

    def _collect(self, stage: Array, gap: Array) -> None:
        if not self.budget.take(stage.size):
            self.gaps = None
        if self.gaps is not None:
            self.gaps.append((stage.copy(), gap.copy()))

    def merge(self, other: StageWalk) -> StageWalk:
        """The numbers of both."""
        both = StageWalk(self.layout, self.budget, self.customers + other.customers)
        for name in _SUMS:
            setattr(both, name, getattr(self, name) + getattr(other, name))
        both.gaps = None if self.gaps is None or other.gaps is None else [*self.gaps, *other.gaps]
        return both

    def grouping(self, number: int) -> Figure:
        """The figures by the groups of the `number`-th grouping."""
        place = slice(self.layout.offsets[number], self.layout.offsets[number + 1])
        return Figure(self.group_events[place], self.group_customers[place])

    @property
    def next(self) -> Array:
        """[s]: customers of s with an event of stage s + 1 after they entered s; 0 for the last one."""
        return np.append(np.diagonal(self.reached, 1), 0)[: self.layout.stages]

    @property
    def drop_off(self) -> Array:
        """[s]: customers of s without an event of any later stage after they entered it."""
        stayed: Array = self.stage_customers - self.forward
        return stayed

    @property
    def median_time(self) -> Array:
        """[s]: exact median of the ms from entering s to the first event of s + 1 after that; NaN where no one went on."""
        if self.medians is not None:
            return self.medians
        stage, gap = self.collected()
        return np.array([np.median(of) if (of := gap[stage == s]).size else np.nan for s in range(self.layout.stages)])

    def collected(self) -> tuple[Array, Array]:
        """The times to the next stage that were collected, as (stage, ms)."""
        if self.gaps is None:
            raise ValueError(
                f"most_gaps={self.budget.most}: there are more times to the next stage; allow more, or ask for medians of the whole"
            )
        if not self.gaps:
            return np.zeros(0, np.uint8), np.zeros(0, np.int64)
        return np.concatenate([stage for stage, _ in self.gaps]), np.concatenate([gap for _, gap in self.gaps])


def stage_walk(
    snapshot: Snapshot,
    identities: IdentityMap,
    labels: Labels,
    cells: Cells,
    *,
    start: int = ALWAYS,
    end: int = NEVER,
    population: Array | None = None,
    threads: int | None = None,
    most_gaps: int = 20_000_000,
) -> StageWalk:
    """The journey map: a label is a cell. Medians are exact; beyond `most_gaps` times (9 bytes each) they cost further walks instead of memory."""
    cells.check(labels)
    reading = Reading.of(snapshot, identities, labels, start, end, population)
    budget = Budget(most_gaps)
    answer = walk.ask(lambda: StageWalk(cells, budget), reading, threads)
    if answer.gaps is None:
        answer.medians = _narrowed_medians(reading, answer, threads)
    return answer


_BUCKETS: Final = 4096


@dataclass
class _Histogram:
    """Times to the next stage, counted in buckets: per stage for the lower and the upper middle value, each in a window of its own."""

    layout: Cells
    low: Array  # [s, 2]
    width: Array  # [s, 2]: ms in a bucket
    counts: Array = field(init=False)  # [s, 2, bucket]

    def __post_init__(self) -> None:
        self.counts = np.zeros((self.layout.stages, 2, _BUCKETS), np.int64)
        self._walk = StageWalk(self.layout, Budget(NEVER))

    def add(self, block: Block) -> None:
        self._walk.gaps = []
        self._walk.add(block)
        stage, gap = self._walk.collected()
        for side in (0, 1):
            bucket = (gap - self.low[stage, side]) // self.width[stage, side]
            inside = (bucket >= 0) & (bucket < _BUCKETS)
            np.add.at(self.counts[:, side], (stage[inside], bucket[inside]), 1)

    def merge(self, other: _Histogram) -> _Histogram:
        both = _Histogram(self.layout, self.low, self.width)
        both.counts = self.counts + other.counts
        return both


def _narrowed_medians(reading: Reading, answer: StageWalk, threads: int | None) -> Array:
    """Close in on both middle values by counting in ever finer buckets: three walks for a year of milliseconds."""
    stages, totals = answer.layout.stages, answer.next
    span = max(part.max_time for part in reading.parts) - min(part.min_time for part in reading.parts) + 1
    low, width = np.zeros((stages, 2), np.int64), np.full((stages, 2), -(-span // _BUCKETS), np.int64)
    rank = np.stack(((totals - 1) // 2, totals // 2), axis=1)  # among the values not below the window
    while True:
        counts = walk.ask(partial(_Histogram, answer.layout, low, width), reading, threads).counts
        upto = counts.cumsum(axis=2)
        bucket = np.minimum((upto <= rank[:, :, None]).sum(axis=2), _BUCKETS - 1)
        rank = rank - np.take_along_axis(upto - counts, bucket[:, :, None], axis=2)[:, :, 0]
        low = low + bucket * width
        if width.max() == 1:
            return np.where(totals > 0, low.mean(axis=1), np.nan)
        width = -(-width // _BUCKETS)


class Selector(NamedTuple):
    """One figure of the map: whose people to list. `kind` is one of the constants beside it."""

    kind: int
    number: int = 0
    grouping: int = 0

    @classmethod
    def anyone(cls) -> Selector:
        """Customers in any stage."""
        return cls(kernels.ANY)

    @classmethod
    def cell(cls, number: int) -> Selector:
        """Customers of a cell."""
        return cls(kernels.CELL, number)

    @classmethod
    def group(cls, grouping: int, number: int) -> Selector:
        """Customers of a group of a grouping (say a touchpoint)."""
        return cls(kernels.GROUP, number, grouping)

    @classmethod
    def stage(cls, number: int) -> Selector:
        """Customers of a stage."""
        return cls(kernels.STAGE, number)

    @classmethod
    def next(cls, stage: int) -> Selector:
        """Those who went on to the next stage."""
        return cls(kernels.NEXT, stage)

    @classmethod
    def forward(cls, stage: int) -> Selector:
        """Those who went on to any later stage."""
        return cls(kernels.FORWARD, stage)

    @classmethod
    def dropped(cls, stage: int) -> Selector:
        """Those who did not."""
        return cls(kernels.DROPPED, stage)


@dataclass
class People:
    """Profiles behind a figure, newest `last_time` first: the events that put them there (for next, forward, dropped: of the stage itself)."""

    cells: Cells
    selector: Selector
    found: list[tuple[Array, ...]] = field(default_factory=list)

    def add(self, block: Block) -> None:
        count = block.profiles.size
        index, first, last, events = (np.empty(count, np.int64) for _ in range(4))
        groups = self.cells.groupings[self.selector.grouping] if self.cells.groupings else self.cells.stage_of
        kind, number = self.selector.kind, self.selector.number
        chosen = kernels.stage_people(
            count,
            block.starts,
            block.time,
            block.label,
            self.cells.stage_of,
            groups,
            kind,
            number,
            index,
            first,
            last,
            events,
        )
        if chosen:
            self.found.append((block.profiles[index[:chosen]], first[:chosen], last[:chosen], events[:chosen]))

    def merge(self, other: People) -> People:
        """The people of both."""
        return People(self.cells, self.selector, self.found + other.found)

    def columns(self) -> tuple[Array, Array, Array, Array]:
        """(profile, first_time, last_time, events)."""
        if not self.found:
            empty = np.zeros(0, np.int64)
            return np.zeros(0, np.uint32), empty, empty, empty
        profile, first, last, events = (np.concatenate(column) for column in zip(*self.found, strict=True))
        order = np.lexsort((profile, -last))
        return profile[order], first[order], last[order], events[order]


def stage_people(
    snapshot: Snapshot,
    identities: IdentityMap,
    labels: Labels,
    cells: Cells,
    selector: Selector,
    *,
    start: int = ALWAYS,
    end: int = NEVER,
    population: Array | None = None,
    threads: int | None = None,
) -> People:
    """The people behind a figure of `stage_walk`; there are as many as the figure says."""
    cells.check(labels)
    return walk.ask(
        lambda: People(cells, selector), Reading.of(snapshot, identities, labels, start, end, population), threads
    )
