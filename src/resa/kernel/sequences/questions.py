"""The questions asked of journeys. Each answer adds up with others (`merge`) as long as no profile is in both.

All take a snapshot (of the index, or of a block of plain arrays: `Snapshot.of_block`), the identity map and a
period [start, end) in ms. Events are ordered by (time, row); a label says what an event is to the question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from resa.kernel.identity_map import IdentityMap
from resa.kernel.sequences import kernels, parts, walk
from resa.kernel.sequences.parts import ALWAYS, NEVER, Array
from resa.kernel.sequences.walk import Block, Labels, Reading, Snapshot

HALF_HOUR: Final = 30 * 60 * 1000


# --- one profile ---


def timeline(
    snapshot: Snapshot,
    identities: IdentityMap,
    profile: int,
    *,
    before: tuple[int, int] | None = None,
    limit: int = 50,
    labels: Labels | None = None,
) -> tuple[Array, Array]:
    """(time, row) of the profile's newest labelled events before the cursor (time, row), newest first."""
    labels = labels or Labels.everything()
    time, row = before or (NEVER, NEVER)
    table = parts.table(snapshot.parts)
    times, rows, _ = kernels.recent(
        table, identities.members(profile), labels.table, labels.rows, labels.first_row, time, row, limit
    )
    order = np.lexsort((rows, times))[::-1][:limit]
    return times[order], rows[order]


@dataclass(frozen=True)
class Activity:
    """What one profile did, in all and by code of event name."""

    events: int
    first_time: int
    last_time: int
    codes: Array
    counts: Array
    last_times: Array


def profile_activity(snapshot: Snapshot, identities: IdentityMap, profile: int) -> Activity | None:
    """A profile's counts; None if it has no events."""
    block = walk.journey(snapshot, identities, profile)
    if block is None:
        return None
    size = int(block.starts[1])
    time, code = block.time[:size], block.label[:size]
    newest, positions, counts = np.unique(code[::-1], return_index=True, return_counts=True)
    return Activity(size, int(time[0]), int(time[-1]), newest, counts, time[::-1][positions])


def journey(
    snapshot: Snapshot, identities: IdentityMap, profile: int, labels: Labels | None = None
) -> tuple[Array, Array, Array]:
    """(time, label, row) of all labelled events of one profile, oldest first; labels default to the codes."""
    block = walk.journey(snapshot, identities, profile, labels)
    if block is None:
        return np.zeros(0, np.int64), np.zeros(0, np.uint16), np.zeros(0, np.int64)
    size = int(block.starts[1])
    return block.time[:size].copy(), block.label[:size].copy(), block.row[:size].copy()


# --- the journey map ---


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
    most_gaps: int
    window: Array | None = (
        None  # while the medians of many times are being found: collect no others than these [low, high)
    )
    customers: int = 0
    gaps_seen: int = 0
    gaps: list[tuple[Array, Array]] | None = field(
        default_factory=list
    )  # (stage, ms to the next one); None: there were too many
    medians: Array | None = None

    def __post_init__(self) -> None:
        stages, groups = self.layout.stages, self.layout.offsets[-1]
        sizes: tuple[Any, ...] = (
            self.layout.cells,
            self.layout.cells,
            groups,
            groups,
            stages,
            stages,
            (stages, stages),
            stages,
            (stages, stages),
        )
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
        if self.window is not None:
            inside = (gap >= self.window[stage, 0]) & (gap < self.window[stage, 1])
            stage, gap = stage[inside], gap[inside]
        self.gaps_seen += stage.size
        if self.gaps_seen > self.most_gaps:
            self.gaps = None
        if self.gaps is not None:
            self.gaps.append((stage.copy(), gap.copy()))

    def merge(self, other: StageWalk) -> StageWalk:
        """The numbers of both."""
        both = StageWalk(
            self.layout, self.most_gaps, self.window, self.customers + other.customers, self.gaps_seen + other.gaps_seen
        )
        for name in _SUMS:
            setattr(both, name, getattr(self, name) + getattr(other, name))
        together = self.gaps is not None and other.gaps is not None and both.gaps_seen <= both.most_gaps
        both.gaps = [*(self.gaps or []), *(other.gaps or [])] if together else None
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
                f"times to the next stage: more than most_gaps={self.most_gaps} were met; ask with a larger bound, or let stage_walk narrow them"
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
    threads: int | None = None,
    most_gaps: int = 20_000_000,
) -> StageWalk:
    """The journey map: a label is a cell. Medians are exact; beyond `most_gaps` times (9 bytes each) they cost further walks instead of memory."""
    cells.check(labels)
    reading = Reading.of(snapshot, identities, labels, start, end)
    answer = walk.ask(lambda: StageWalk(cells, most_gaps), reading, threads)
    if answer.gaps is None:
        answer.medians = _narrowed_medians(reading, answer, threads)
    return answer


_BUCKETS: Final = 4096


@dataclass
class _Histogram:
    """Times to the next stage, counted in buckets of a window for each stage."""

    layout: Cells
    window: Array  # [s]: low, high
    counts: Array = field(init=False)

    def __post_init__(self) -> None:
        self.counts = np.zeros((self.layout.stages, _BUCKETS), np.int64)
        self._walk = StageWalk(self.layout, NEVER, self.window)

    def add(self, block: Block) -> None:
        self._walk.gaps = []
        self._walk.add(block)
        stage, gap = self._walk.collected()
        low, width = self.window[stage, 0], self.width[stage]
        np.add.at(self.counts, (stage, (gap - low) // width), 1)

    @property
    def width(self) -> Array:
        """[s]: ms in a bucket."""
        width: Array = np.maximum(1, -(-(self.window[:, 1] - self.window[:, 0]) // _BUCKETS))
        return width

    def merge(self, other: _Histogram) -> _Histogram:
        both = _Histogram(self.layout, self.window)
        both.counts = self.counts + other.counts
        return both


def _narrowed_medians(reading: Reading, answer: StageWalk, threads: int | None) -> Array:
    """Halve in on the middle values: count in buckets, keep the bucket(s) of the middle, until what is left may be collected."""
    layout, stages = answer.layout, answer.layout.stages
    span = max((part.max_time for part in reading.parts), default=0) - min(
        (part.min_time for part in reading.parts), default=0
    )
    window = np.tile(np.array([0, span + 1], np.int64), (stages, 1))
    totals, below = answer.next, np.zeros(stages, np.int64)
    while True:
        histogram = walk.ask(partial(_Histogram, layout, window), reading, threads)
        window, below, inside = _narrow(histogram, totals, below)
        if inside.sum() <= answer.most_gaps or (window[:, 1] - window[:, 0]).max() <= 1:
            break
    if (window[:, 1] - window[:, 0]).max() <= 1:
        return np.where(totals > 0, window[:, 0].astype(float), np.nan)
    kept = walk.ask(lambda: StageWalk(layout, NEVER, window), reading, threads)
    stage, gap = kept.collected()
    return np.array([_middle(np.sort(gap[stage == s]), int(totals[s]), int(below[s])) for s in range(stages)])


def _narrow(histogram: _Histogram, totals: Array, below: Array) -> tuple[Array, Array, Array]:
    """The window around the middle values' buckets, how many values lie below it, how many inside."""
    window, below, inside = histogram.window.copy(), below.copy(), np.zeros_like(below)
    for s in range(totals.size):
        if totals[s] == 0:
            window[s] = 0, 1
            continue
        upto = below[s] + np.cumsum(histogram.counts[s])
        first, last = np.searchsorted(upto, [(totals[s] - 1) // 2, totals[s] // 2], side="right")
        low, width = histogram.window[s, 0], histogram.width[s]
        window[s] = low + first * width, low + (last + 1) * width
        earlier = upto[first - 1] if first else below[s]
        below[s], inside[s] = earlier, upto[last] - earlier
    return window, below, inside


def _middle(ordered: Array, total: int, below: int) -> float:
    """The median of `total` values, of which `ordered` are those from the `below`-th on."""
    return (int(ordered[(total - 1) // 2 - below]) + int(ordered[total // 2 - below])) / 2 if total else float("nan")


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
    threads: int | None = None,
) -> People:
    """The people behind a figure of `stage_walk`; there are as many as the figure says."""
    cells.check(labels)
    return walk.ask(lambda: People(cells, selector), Reading.of(snapshot, identities, labels, start, end), threads)


# --- funnels ---


@dataclass
class Funnel:
    """`reached[k]`: profiles that came to step k (from 0); `levels()`: each profile's deepest level and where that chain began."""

    steps_of: Array
    steps: int
    window: int
    keep: bool
    ended: Array = field(init=False)  # [k]: profiles whose deepest step is k
    found: list[tuple[Array, Array, Array]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ended = np.zeros(self.steps, np.int64)

    def add(self, block: Block) -> None:
        count = block.profiles.size
        level, start_row = np.zeros(count, np.uint8), np.full(count, -1, np.int64)
        kernels.funnel(
            count,
            block.starts,
            block.time,
            block.label,
            block.row,
            self.steps_of,
            self.steps,
            self.window,
            self.ended,
            level,
            start_row,
        )
        if self.keep:
            some = level > 0
            self.found.append((block.profiles[some], level[some], start_row[some]))

    def merge(self, other: Funnel) -> Funnel:
        """The numbers of both."""
        both = Funnel(self.steps_of, self.steps, self.window, self.keep)
        both.ended, both.found = self.ended + other.ended, self.found + other.found
        return both

    @property
    def reached(self) -> Array:
        """[k]: profiles that came to step k or further."""
        return np.cumsum(self.ended[::-1])[::-1]

    def levels(self) -> tuple[Array, Array, Array]:
        """(profile, level from 1, row of the event that began the chain), by profile; of a funnel asked with `keep`."""
        if not self.found:
            return np.zeros(0, np.uint32), np.zeros(0, np.uint8), np.zeros(0, np.int64)
        profile, level, start_row = (np.concatenate(column) for column in zip(*self.found, strict=True))
        order = np.argsort(profile)
        return profile[order], level[order], start_row[order]


def funnel(
    snapshot: Snapshot,
    identities: IdentityMap,
    labels: Labels,
    steps: Sequence[Sequence[int]],
    window: int,
    *,
    keep: bool = False,
    start: int = ALWAYS,
    end: int = NEVER,
    threads: int | None = None,
) -> Funnel:
    """ClickHouse's windowFunnel, but an event fills at most one step: `steps[k]` are the labels that do for step k.

    A chain is as many steps in order as begin to end within `window` ms; a profile counts with its longest.
    """
    if not 1 <= len(steps) <= 63:
        raise ValueError(f"steps: {len(steps)} given, a funnel has 1 to 63")
    steps_of = np.zeros(max(labels.largest, *(label for step in steps for label in step), 0) + 1, np.int64)
    for number, step in enumerate(steps):
        for label in step:
            steps_of[label] |= 1 << number
    return walk.ask(
        lambda: Funnel(steps_of, len(steps), window, keep),
        Reading.of(snapshot, identities, labels, start, end),
        threads,
    )


# --- sessions ---


@dataclass
class Sessions:
    """Sessions are stretches of events with no pause longer than `gap` ms."""

    gap: int
    keep: bool
    totals: Array = field(default_factory=lambda: np.zeros(3, np.int64))
    profiles: int = 0
    events: int = 0
    found: list[tuple[Array, Array]] = field(default_factory=list)

    def add(self, block: Block) -> None:
        number = np.empty(block.profiles.size, np.int64)
        kernels.sessions(number.size, block.starts, block.time, self.gap, self.totals, number)
        self.profiles += number.size
        self.events += int(block.starts[-1])
        if self.keep:
            self.found.append((block.profiles.copy(), number))

    def merge(self, other: Sessions) -> Sessions:
        """The numbers of both."""
        totals = self.totals + other.totals
        return Sessions(
            self.gap,
            self.keep,
            totals,
            self.profiles + other.profiles,
            self.events + other.events,
            self.found + other.found,
        )

    @property
    def sessions(self) -> int:
        return int(self.totals[0])

    @property
    def of_one_event(self) -> int:
        return int(self.totals[1])

    @property
    def total_length(self) -> int:
        """ms from the first to the last event of each session, summed."""
        return int(self.totals[2])

    def per_profile(self) -> tuple[Array, Array]:
        """(profile, sessions), by profile; of a question asked with `keep`."""
        if not self.found:
            return np.zeros(0, np.uint32), np.zeros(0, np.int64)
        profile, number = (np.concatenate(column) for column in zip(*self.found, strict=True))
        order = np.argsort(profile)
        return profile[order], number[order]


def sessions(
    snapshot: Snapshot,
    identities: IdentityMap,
    labels: Labels | None = None,
    *,
    gap: int = HALF_HOUR,
    keep: bool = False,
    start: int = ALWAYS,
    end: int = NEVER,
    threads: int | None = None,
) -> Sessions:
    """Sessions of the events in the period, per profile (not per device)."""
    return walk.ask(
        lambda: Sessions(gap, keep),
        Reading.of(snapshot, identities, labels or Labels.everything(), start, end),
        threads,
    )


# --- retention ---


@dataclass
class Retention:
    """`size[c]`: profiles whose first start event is in period c; `returned[c, k]`: of those, with a return event later on, in period c + k."""

    bounds: Array
    size: Array = field(init=False)
    returned: Array = field(init=False)

    def __post_init__(self) -> None:
        periods = self.bounds.size - 1
        self.size, self.returned = np.zeros(periods, np.int64), np.zeros((periods, periods), np.int64)

    def add(self, block: Block) -> None:
        kernels.retention(
            block.profiles.size, block.starts, block.time, block.label, self.bounds, self.size, self.returned
        )

    def merge(self, other: Retention) -> Retention:
        """The numbers of both."""
        both = Retention(self.bounds)
        both.size, both.returned = self.size + other.size, self.returned + other.returned
        return both


def retention(
    snapshot: Snapshot,
    identities: IdentityMap,
    labels: Labels,
    bounds: Sequence[int] | Array,
    *,
    threads: int | None = None,
) -> Retention:
    """Cohorts by period: label bit 1 marks a start event, bit 2 a return event (3: both).

    `bounds` are the ms at which periods (weeks, say) begin, and the end of the last; the caller knows the time zone.
    """
    edges = np.asarray(bounds, np.int64)
    if edges.size < 2 or (np.diff(edges) <= 0).any():
        raise ValueError(
            f"bounds: {edges.tolist()} must ascend, and hold the beginning and the end of one period at least"
        )
    reading = Reading.of(snapshot, identities, labels, int(edges[0]), int(edges[-1]))
    return walk.ask(lambda: Retention(edges), reading, threads)


# --- paths ---


class Path(NamedTuple):
    """Three labels one after the other."""

    labels: tuple[int, int, int]
    times: int
    customers: int


@dataclass
class Paths:
    """Three-step paths, counted in an open hash table."""

    gap: int
    fold: bool
    columns: list[Array] = field(
        default_factory=lambda: _path_table(1 << 10)
    )  # key, times, customers, last profile that had it
    used: int = 0
    profiles: int = 0

    def add(self, block: Block) -> None:
        needed = 2 * (self.used + int(block.starts[-1]))
        if needed > self.columns[0].size:
            self._resize(needed)
        count = block.profiles.size
        self.used += int(
            kernels.paths(
                count, block.starts, block.time, block.label, self.gap, self.fold, self.profiles, *self.columns
            )
        )
        self.profiles += count

    def _resize(self, needed: int) -> None:
        larger = _path_table(1 << (needed - 1).bit_length())
        kernels.rehash(*self.columns, *larger)
        self.columns = larger

    def merge(self, other: Paths) -> Paths:
        """The numbers of both."""
        both = Paths(self.gap, self.fold, used=0)
        mine, theirs = (table.columns[0].nonzero()[0] for table in (self, other))
        keys, places = np.unique(np.concatenate((self.columns[0][mine], other.columns[0][theirs])), return_inverse=True)
        sums = [np.zeros(keys.size, np.int64) for _ in range(2)]
        for column, total in zip((1, 2), sums, strict=True):
            np.add.at(total, places, np.concatenate((self.columns[column][mine], other.columns[column][theirs])))
        both.columns = _path_table(1 << max(10, (2 * keys.size).bit_length()))
        kernels.rehash(keys, *sums, np.full(keys.size, -1, np.int64), *both.columns)
        both.used, both.profiles = keys.size, self.profiles + other.profiles
        return both

    def top(self, limit: int = 50) -> list[Path]:
        """The most frequent paths; equals by their labels."""
        used = self.columns[0].nonzero()[0]
        keys, times, customers = (column[used] for column in self.columns[:3])
        order = np.lexsort((keys, -times))[:limit]
        return [
            Path((key >> 32, (key >> 16) & 0xFFFF, key & 0xFFFF), n, who)
            for key, n, who in zip(keys[order].tolist(), times[order].tolist(), customers[order].tolist(), strict=True)
        ]


def _path_table(size: int) -> list[Array]:
    return [np.zeros(size, np.int64), np.zeros(size, np.int64), np.zeros(size, np.int64), np.full(size, -1, np.int64)]


def paths(
    snapshot: Snapshot,
    identities: IdentityMap,
    labels: Labels | None = None,
    *,
    gap: int = NEVER,
    fold: bool = True,
    start: int = ALWAYS,
    end: int = NEVER,
    threads: int | None = None,
) -> Paths:
    """Three labelled events in a row (default: their codes); a pause longer than `gap` ms ends a path, `fold` takes repeats as one."""
    return walk.ask(
        lambda: Paths(gap, fold), Reading.of(snapshot, identities, labels or Labels.codes(), start, end), threads
    )
