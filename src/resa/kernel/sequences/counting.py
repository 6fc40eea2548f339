"""Events and customers by period and group, cohorts and how often they come back, and who they are.

Labels are bits. A split is by what an event says: `Split.values` has a number for each row, `Split.group_of` the group of
each number (-1: left out).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from resa.kernel.identity_map import IdentityMap
from resa.kernel.sequences import bodies, walk
from resa.kernel.sequences.parts import ALWAYS, NEVER, Array
from resa.kernel.sequences.walk import Block, Labels, Reading, Snapshot

_NUMBERS: Final = 1 << 16
START, BACK = 1, 2
"""Bits of cohorts: what begins one, and what counts as coming back."""


class Split(NamedTuple):
    """What groups an answer has."""

    values: Array  # u16 by row
    group_of: Array  # i64 by number
    groups: int

    @classmethod
    def whole(cls) -> Split:
        """One group of everything."""
        return cls(np.zeros(0, np.uint16), np.zeros(1, np.int64), 1)


def edges_of(bounds: Sequence[int] | Array) -> Array:
    """The beginnings of periods and the end of the last, as the kernels take them. Raises ValueError."""
    edges = np.asarray(bounds, np.int64)
    if edges.size < 2 or (np.diff(edges) <= 0).any():
        raise ValueError(f"bounds: {edges.tolist()} must ascend, and hold one period's beginning and end at least")
    return edges


# --- values ---


@dataclass
class ValueCounts:
    """`customers[number]`: profiles with an event that says it."""

    values: Array
    bits: int
    customers: Array = field(default_factory=lambda: np.zeros(_NUMBERS, np.int64))

    def add(self, block: Block) -> None:
        bodies.value_counts(
            *(block.profiles.size, block.starts, block.label, block.row, self.bits, self.values, self.customers)
        )

    def merge(self, other: ValueCounts) -> ValueCounts:
        """The numbers of both."""
        return ValueCounts(self.values, self.bits, self.customers + other.customers)


def value_counts(
    snapshot: Snapshot,
    identities: IdentityMap,
    labels: Labels,
    values: Array,
    bits: int,
    *,
    start: int = ALWAYS,
    end: int = NEVER,
    population: Array | None = None,
    threads: int | None = None,
) -> ValueCounts:
    """How many profiles say what, in events with one of these bits; `values` has a number by row."""
    reading = Reading.of(snapshot, identities, labels, start, end, population)
    return walk.ask(lambda: ValueCounts(values, bits), reading, threads)


# --- trends ---


@dataclass
class Series:
    """`events` and `customers` by [series, group, period]; the period after the last is all of them together."""

    number: int
    bounds: Array
    split: Split
    events: Array = field(init=False)
    customers: Array = field(init=False)

    def __post_init__(self) -> None:
        shape = (self.number, self.split.groups, self.bounds.size)
        self.events, self.customers = np.zeros(shape, np.int64), np.zeros(shape, np.int64)

    def add(self, block: Block) -> None:
        bodies.series(
            *(block.profiles.size, block.starts, block.time, block.label, block.row, self.bounds),
            *(self.split.values, self.split.group_of, self.events, self.customers),
        )

    def merge(self, other: Series) -> Series:
        """The numbers of both."""
        both = Series(self.number, self.bounds, self.split)
        both.events, both.customers = self.events + other.events, self.customers + other.customers
        return both


def series(
    snapshot: Snapshot,
    identities: IdentityMap,
    labels: Labels,
    number: int,
    bounds: Sequence[int] | Array,
    *,
    split: Split | None = None,
    population: Array | None = None,
    threads: int | None = None,
) -> Series:
    """Events and customers of each bit of the labels in each of the periods that begin at `bounds` (ms; the last is an end)."""
    edges = edges_of(bounds)
    reading = Reading.of(snapshot, identities, labels, int(edges[0]), int(edges[-1]), population)
    return walk.ask(lambda: Series(number, edges, split or Split.whole()), reading, threads)


# --- cohorts ---


@dataclass
class Cohorts:
    """`size[g, c]`: profiles whose first START is in period c; `returned[g, c, k]`: of those with a later BACK in c + k."""

    bounds: Array
    split: Split
    size: Array = field(init=False)
    returned: Array = field(init=False)

    def __post_init__(self) -> None:
        groups, periods = self.split.groups, self.bounds.size - 1
        self.size = np.zeros((groups, periods), np.int64)
        self.returned = np.zeros((groups, periods, periods), np.int64)

    def add(self, block: Block) -> None:
        bodies.cohorts(
            *(block.profiles.size, block.starts, block.time, block.label, block.row, self.bounds),
            *(self.split.values, self.split.group_of, self.size, self.returned),
        )

    def merge(self, other: Cohorts) -> Cohorts:
        """The numbers of both."""
        both = Cohorts(self.bounds, self.split)
        both.size, both.returned = self.size + other.size, self.returned + other.returned
        return both


def cohorts(
    snapshot: Snapshot,
    identities: IdentityMap,
    labels: Labels,
    bounds: Sequence[int] | Array,
    *,
    split: Split | None = None,
    population: Array | None = None,
    threads: int | None = None,
) -> Cohorts:
    """Retention by the group of the event that began the cohort."""
    edges = edges_of(bounds)
    reading = Reading.of(snapshot, identities, labels, int(edges[0]), int(edges[-1]), population)
    return walk.ask(lambda: Cohorts(edges, split or Split.whole()), reading, threads)


@dataclass
class Stickiness:
    """`active[g, n]`: profiles with a START and with a BACK in exactly n of the periods."""

    bounds: Array
    split: Split
    active: Array = field(init=False)

    def __post_init__(self) -> None:
        self.active = np.zeros((self.split.groups, self.bounds.size), np.int64)

    def add(self, block: Block) -> None:
        bodies.stickiness(
            *(block.profiles.size, block.starts, block.time, block.label, block.row, self.bounds),
            *(self.split.values, self.split.group_of, self.active),
        )

    def merge(self, other: Stickiness) -> Stickiness:
        """The numbers of both."""
        both = Stickiness(self.bounds, self.split)
        both.active = self.active + other.active
        return both


def stickiness(
    snapshot: Snapshot,
    identities: IdentityMap,
    labels: Labels,
    bounds: Sequence[int] | Array,
    *,
    split: Split | None = None,
    population: Array | None = None,
    threads: int | None = None,
) -> Stickiness:
    """In how many of the periods customers are active, by the group of their first START."""
    edges = edges_of(bounds)
    reading = Reading.of(snapshot, identities, labels, int(edges[0]), int(edges[-1]), population)
    return walk.ask(lambda: Stickiness(edges, split or Split.whole()), reading, threads)


# --- who they are ---


class Behind(NamedTuple):
    """One figure: a cohort (`offset` -1), those of it who came back after `offset` periods, or, with `least`, the sticky."""

    cohort: int = 0
    offset: int = -1
    least: int = 0


@dataclass
class Members:
    """Profiles behind a figure, with first and last time and number of the events that put them there."""

    found: list[tuple[Array, ...]] = field(default_factory=list)

    def columns(self) -> tuple[Array, Array, Array, Array]:
        """(profile, first_time, last_time, events), by profile."""
        empty = np.zeros(0, np.int64)
        columns = list(zip(*self.found, strict=True)) or [(empty,)] * 4
        profile, first, last, events = (np.concatenate(column) for column in columns)
        order = np.argsort(profile)
        return profile[order].astype(np.uint32), first[order], last[order], events[order]


@dataclass
class Returners(Members):
    """Of cohorts."""

    bounds: Array = field(default_factory=lambda: np.zeros(0, np.int64))
    behind: Behind = field(default_factory=Behind)

    def add(self, block: Block) -> None:
        count = block.profiles.size
        index, first, last, events = (np.empty(count, np.int64) for _ in range(4))
        chosen = bodies.returners(
            *(count, block.starts, block.time, block.label, self.bounds, *self.behind, index, first, last, events)
        )
        self.found.append((block.profiles[index[:chosen]], first[:chosen], last[:chosen], events[:chosen]))

    def merge(self, other: Returners) -> Returners:
        """The people of both."""
        return Returners(self.found + other.found, self.bounds, self.behind)


def returners(
    snapshot: Snapshot,
    identities: IdentityMap,
    labels: Labels,
    bounds: Sequence[int] | Array,
    behind: Behind,
    *,
    population: Array | None = None,
    threads: int | None = None,
) -> Returners:
    """The people behind a figure of `cohorts` or `stickiness`."""
    edges = edges_of(bounds)
    reading = Reading.of(snapshot, identities, labels, int(edges[0]), int(edges[-1]), population)
    return walk.ask(lambda: Returners([], edges, behind), reading, threads)


@dataclass
class Attendants(Members):
    """Of trends."""

    bit: int = 0
    split: Split = field(default_factory=Split.whole)
    group: int = -1

    def add(self, block: Block) -> None:
        count = block.profiles.size
        index, first, last, events = (np.empty(count, np.int64) for _ in range(4))
        chosen = bodies.attendants(
            *(count, block.starts, block.time, block.label, block.row, self.bit),
            *(self.split.values, self.split.group_of, self.group, index, first, last, events),
        )
        self.found.append((block.profiles[index[:chosen]], first[:chosen], last[:chosen], events[:chosen]))

    def merge(self, other: Attendants) -> Attendants:
        """The people of both."""
        return Attendants(self.found + other.found, self.bit, self.split, self.group)


def attendants(
    snapshot: Snapshot,
    identities: IdentityMap,
    labels: Labels,
    bit: int,
    *,
    split: Split | None = None,
    group: int = -1,
    start: int = ALWAYS,
    end: int = NEVER,
    population: Array | None = None,
    threads: int | None = None,
) -> Attendants:
    """The people with events of a bit, of one group of a split if it is not -1."""
    reading = Reading.of(snapshot, identities, labels, start, end, population)
    return walk.ask(lambda: Attendants([], bit, split or Split.whole(), group), reading, threads)
