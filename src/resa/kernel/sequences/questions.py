"""The questions asked of journeys. Each answer adds up with others (`merge`) as long as no profile is in both.

All take a snapshot (of the index, or of a block of plain arrays: `Snapshot.of_block`), the identity map and a
period [start, end) in ms. Events are ordered by (time, row); a label says what an event is to the question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

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
    population: Array | None = None,
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
        Reading.of(snapshot, identities, labels, start, end, population),
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
    population: Array | None = None,
    threads: int | None = None,
) -> Sessions:
    """Sessions of the events in the period, per profile (not per device)."""
    return walk.ask(
        lambda: Sessions(gap, keep),
        Reading.of(snapshot, identities, labels or Labels.everything(), start, end, population),
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
    population: Array | None = None,
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
    reading = Reading.of(snapshot, identities, labels, int(edges[0]), int(edges[-1]), population)
    return walk.ask(lambda: Retention(edges), reading, threads)


# --- paths ---


class Path(NamedTuple):
    """Three labels one after the other."""

    labels: tuple[int, int, int]
    times: int
    customers: int


class Paths:
    """Three-step paths, counted in an open hash table."""

    def __init__(self, gap: int, *, fold: bool) -> None:
        self.gap, self.fold = gap, fold
        self._table = np.zeros((1 << 10, 4), np.int64)
        self._used = 0
        self._profiles = 1  # 0 is in every empty slot

    def add(self, block: Block) -> None:
        self._make_room(int(block.starts[-1]))
        count, seen_from = block.profiles.size, self._profiles
        self._used += kernels.paths(
            count, block.starts, block.time, block.label, self.gap, self.fold, seen_from, self._table
        )
        self._profiles += count

    def _make_room(self, paths: int) -> None:
        """Keep the table at most half full, should all of these be new."""
        needed = 2 * (self._used + paths)
        if needed > self._table.shape[0]:
            table = np.zeros((1 << (needed - 1).bit_length(), 4), np.int64)
            kernels.add_paths(table, self._table)
            self._table = table

    def merge(self, other: Paths) -> Paths:
        """The numbers of both."""
        both = Paths(self.gap, fold=self.fold)
        for one in (self, other):
            both._make_room(one._used)
            both._used += kernels.add_paths(both._table, one._table)
        return both

    def top(self, limit: int = 50) -> list[Path]:
        """The most frequent paths; equals by their labels."""
        used = self._table[self._table[:, kernels.KEY] != 0]
        order = np.lexsort((used[:, kernels.KEY], -used[:, kernels.TIMES]))[:limit]
        return [
            Path((key >> 32, (key >> 16) & 0xFFFF, key & 0xFFFF), times, customers)
            for key, times, customers, _ in used[order].tolist()
        ]


def paths(
    snapshot: Snapshot,
    identities: IdentityMap,
    labels: Labels | None = None,
    *,
    gap: int = NEVER,
    fold: bool = True,
    start: int = ALWAYS,
    end: int = NEVER,
    population: Array | None = None,
    threads: int | None = None,
) -> Paths:
    """Three labelled events in a row (default: their codes); a pause longer than `gap` ms ends a path, `fold` takes repeats as one."""
    return walk.ask(
        lambda: Paths(gap, fold=fold),
        Reading.of(snapshot, identities, labels or Labels.codes(), start, end, population),
        threads,
    )
