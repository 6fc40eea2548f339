"""Paths from, to and between events, and on-site searches with what came after them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

import numpy as np

from resa.kernel.identity_map import IdentityMap
from resa.kernel.sequences import bodies, walk
from resa.kernel.sequences.parts import ALWAYS, NEVER, Array
from resa.kernel.sequences.walk import Block, Labels, Reading, Snapshot

MOST_PATHS: Final = 4_000_000
"""Different paths of one answer: bounds its memory."""
MOST_STEPS: Final = 10
MORE: Final = bodies.MORE
ANCHOR, TARGET, NAME = bodies.ANCHOR, bodies.TARGET, 1 << bodies.NAME_SHIFT
"""A label of `routes` is a name's number (1 to MORE - 1) times NAME, plus ANCHOR, plus TARGET."""
EVENT, SEARCH, NOTHING_FOUND = bodies.EVENT, bodies.SEARCH, bodies.NOTHING_FOUND

DIRECTIONS: Final = {"from": bodies.FROM, "to": bodies.TO, "between": bodies.BETWEEN}
Direction = Literal["from", "to", "between"]


class TooManyPaths(ValueError):
    """There are more different paths than an answer may have."""


class Way(NamedTuple):
    """Which paths: how many names long at most, and what ends one."""

    direction: int
    anchored: bool
    fold: bool
    gap: int
    steps: int


class Counted(NamedTuple):
    """Each different path: its names (0 where there is none), how often it was taken, and whose own it is."""

    names: Array  # u16 [path, step]
    times: Array
    customers: Array


class Routes:
    """Paths in an open hash table; with `keep` also the own path of each customer."""

    def __init__(self, way: Way, *, keep: bool) -> None:
        self.way, self.keep = way, keep
        self._table = np.zeros((1 << 10, 2), np.int64)
        self._stored = np.zeros((1 << 10, way.steps), np.uint16)
        self._used = 0
        self._own: list[tuple[Array, Array, Array, Array]] = []

    def add(self, block: Block) -> None:
        count = block.profiles.size
        self._make_room(int(block.starts[-1]))
        own = np.empty((count, self.way.steps), np.uint16)
        first, last = np.empty(count, np.int64), np.empty(count, np.int64)
        self._used += bodies.routes(
            *(count, block.starts, block.time, block.label, *self.way, self._table, self._stored, own, first, last)
        )
        if self.keep:
            some = own[:, 0] != 0
            self._own.append((block.profiles[some], own[some], first[some], last[some]))

    def _make_room(self, paths: int) -> None:
        """Keep the table at most half full, should all of these be new."""
        if self._used > MOST_PATHS:
            raise TooManyPaths(f"there are more than {MOST_PATHS:,} different paths")
        needed = 2 * (self._used + paths)
        if needed > self._table.shape[0]:
            size = 1 << (needed - 1).bit_length()
            table, stored = np.zeros((size, 2), np.int64), np.zeros((size, self.way.steps), np.uint16)
            bodies.add_routes(table, stored, self._table, self._stored)
            self._table, self._stored = table, stored

    def merge(self, other: Routes) -> Routes:
        """The numbers of both."""
        both = Routes(self.way, keep=self.keep)
        for one in (self, other):
            both._make_room(one._used)
            both._used += bodies.add_routes(both._table, both._stored, one._table, one._stored)
        both._own = self._own + other._own
        return both

    def counted(self) -> Counted:
        """All paths, the most frequent first; equals by their names."""
        used = np.flatnonzero(self._table[:, 0])
        names, times, customers = self._stored[used], self._table[used, 0], self._table[used, 1]
        order = np.lexsort((*names.T[::-1], -times, -customers))
        return Counted(names[order], times[order], customers[order])

    def own(self) -> tuple[Array, Array, Array, Array]:
        """(profile, names, first_time, last_time) of the customers, by profile; of routes asked with `keep`."""
        empty = np.zeros(0, np.int64)
        nothing = (empty, np.zeros((0, self.way.steps), np.uint16), empty, empty)
        profile, names, first, last = (np.concatenate(c) for c in zip(*(self._own or [nothing]), strict=True))
        order = np.argsort(profile)
        return profile[order].astype(np.uint32), names[order], first[order], last[order]


def routes(
    snapshot: Snapshot,
    identities: IdentityMap,
    labels: Labels,
    steps: int,
    *,
    direction: Direction = "from",
    anchored: bool = True,
    fold: bool = True,
    gap: int = NEVER,
    keep: bool = False,
    start: int = ALWAYS,
    end: int = NEVER,
    population: Array | None = None,
    threads: int | None = None,
) -> Routes:
    """Paths of up to `steps` names, which a pause longer than `gap` ms ends; docs/questions.md says which are counted.

    Raises TooManyPaths.
    """
    if not 2 <= steps <= MOST_STEPS:
        raise ValueError(f"steps: {steps} given, a path has 2 to {MOST_STEPS}")
    way = Way(DIRECTIONS[direction], anchored, fold, gap, steps)
    return walk.ask(
        lambda: Routes(way, keep=keep), Reading.of(snapshot, identities, labels, start, end, population), threads
    )


# --- searches ---


class Term(NamedTuple):
    """A term, by its number: how often and by how many it was searched, in vain, and as the last thing done."""

    term: int
    searches: int
    customers: int
    without: int
    left: int


@dataclass
class Searches:
    """Searches by (profile, term)."""

    terms: Array
    gap: int
    found: list[tuple[Array, Array, Array]] = field(default_factory=list)

    def add(self, block: Block) -> None:
        size = int(block.starts[-1])
        journey, term, flags = np.empty(size, np.int64), np.empty(size, np.uint16), np.empty(size, np.uint8)
        written = bodies.searches(
            *(block.profiles.size, block.starts, block.time, block.label, block.row),
            *(self.terms, self.gap, journey, term, flags),
        )
        self.found.append((block.profiles[journey[:written]], term[:written].copy(), flags[:written].copy()))

    def merge(self, other: Searches) -> Searches:
        """The searches of both."""
        return Searches(self.terms, self.gap, self.found + other.found)

    def counted(self) -> list[Term]:
        """Each term, the most frequent first."""
        empty = np.zeros(0, np.int64)
        columns = list(zip(*self.found, strict=True)) or [(empty,)] * 3
        profile, term, flags = (np.concatenate(column).astype(np.int64) for column in columns)
        size = int(term.max(initial=0)) + 1
        searches = np.bincount(term, minlength=size)
        customers = np.bincount(np.unique(profile * size + term) % size, minlength=size)
        without = np.bincount(term[flags & bodies.WITHOUT != 0], minlength=size)
        left = np.bincount(term[flags & bodies.LEFT != 0], minlength=size)
        order = np.lexsort((np.arange(size), -searches))
        found = np.stack((np.arange(size), searches, customers, without, left), axis=1)[order]
        return [Term(*row) for row in found.tolist() if row[1]]


def searches(
    snapshot: Snapshot,
    identities: IdentityMap,
    labels: Labels,
    terms: Array,
    *,
    gap: int,
    start: int = ALWAYS,
    end: int = NEVER,
    population: Array | None = None,
    threads: int | None = None,
) -> Searches:
    """Labels: EVENT, with SEARCH for a search and NOTHING_FOUND where it says so; `terms` has a number by row."""
    reading = Reading.of(snapshot, identities, labels, start, end, population)
    return walk.ask(lambda: Searches(terms, gap), reading, threads)
