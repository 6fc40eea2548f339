"""The walk: every profile's journey across runs and head, handed to a question in blocks.

A question brings an answer that blocks are added to and that adds up with others, so threads may each walk a
range of identities, and Spark's workers a bucket each.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import cache
from typing import Final, NamedTuple, Protocol, Self, TypeVar

import numpy as np

from resa.kernel import work
from resa.kernel.identity_map import Groups, IdentityMap
from resa.kernel.sequences import kernels, parts
from resa.kernel.sequences.parts import ALWAYS, NEVER, Array, Part

BLOCK_EVENTS: Final = 1 << 16  # stays in the cache of a core
BLOCK_JOURNEYS: Final = 1 << 13
_SPLIT: Final = 500_000  # events a range should have before it is worth another thread
_CODES: Final = 1 << 16
_NO_ROWS: Final = np.zeros(0, np.uint16)
_EVERYBODY: Final = np.zeros(0, np.uint8)


class Labels:
    """What each event is to a question: `table[code]`; where that says ASK, `rows[row - first_row]`; 0 is nothing.

    Events of codes beyond the table, or of rows beyond `rows`, are nothing to the question.
    """

    def __init__(self, table: Array, rows: Array | None = None, first_row: int = 0) -> None:
        # Writeable, because to numba a read-only array is another type: the kernel would be compiled again.
        self.table = np.require(table, np.uint16, ["C", "W"])
        self.rows = _NO_ROWS if rows is None else np.require(rows, np.uint16, ["C", "W"])
        self.first_row = first_row

    @property
    def largest(self) -> int:
        """The largest label an event may get."""
        fixed = self.table[self.table != kernels.ASK]
        return max(int(fixed.max(initial=0)), int(self.rows.max(initial=0)))

    @classmethod
    def everything(cls) -> Labels:
        """Every event counts, as 1."""
        return cls(np.ones(_CODES - 1, np.uint16))

    @classmethod
    def codes(cls) -> Labels:
        """Every event counts, as its code."""
        return cls(np.arange(_CODES - 1, dtype=np.uint16))


class Block(NamedTuple):
    """Some whole journeys: the k-th is [starts[k], starts[k + 1]) of time, label and row, and profiles[k]'s."""

    profiles: Array  # u32
    starts: Array  # i64
    time: Array
    label: Array
    row: Array


class Answer(Protocol):
    """What blocks add up to."""

    def add(self, block: Block) -> None: ...
    def merge(self, other: Self) -> Self: ...


class Snapshot:
    """An immutable view of the index: what questions read."""

    def __init__(self, all_parts: tuple[Part, ...], *, watermark: int = 0, next_row: int = 0) -> None:
        self.parts = tuple(sorted(all_parts, key=lambda part: part.min_time))
        self.watermark = watermark
        self.next_row = next_row  # every row below is in this view

    @classmethod
    def of_block(cls, profile: Array, time: Array, code: Array, row: Array) -> Snapshot:
        """Plain arrays, sorted by (profile, time, row), as an index: how a distributed engine asks the same kernels."""
        return cls((parts.of_sorted(profile, time, code, row),))

    @property
    def events(self) -> int:
        """Events held (those scrubbed by an erasure and not yet compacted away included)."""
        return sum(part.events for part in self.parts)

    def during(self, start: int, end: int) -> tuple[Part, ...]:
        """The parts that may have events in [start, end)."""
        return tuple(part for part in self.parts if part.events and part.min_time < end and part.max_time >= start)


@dataclass(frozen=True)
class Reading:
    """What one question reads: parts, the identity map's sides, labels, period [start, end) in ms."""

    parts: tuple[Part, ...]
    groups: Groups
    hidden: Array  # u8: identities that are no profile by themselves
    labels: Labels
    start: int = ALWAYS
    end: int = NEVER
    chosen: Array = field(default_factory=lambda: _EVERYBODY)  # u8 by profile: who is looked at; empty: everybody

    @classmethod
    def of(
        cls,
        snapshot: Snapshot,
        identities: IdentityMap,
        labels: Labels,
        start: int = ALWAYS,
        end: int = NEVER,
        population: Array | None = None,
    ) -> Reading:
        """What `snapshot` has of the period, as `identities` has it now; `population` says for each profile whether it counts."""
        parts_read = snapshot.during(start, end)
        return cls(parts_read, identities.groups, identities.hidden, labels, start, end, chosen(population))


def chosen(population: Array | None) -> Array:
    """A mask of profiles as the kernels take it: none at all means everybody, an empty one nobody."""
    if population is None:
        return _EVERYBODY
    return np.require(population if population.size else np.zeros(1), np.uint8, ["C", "W"])


def blocks(reading: Reading, low: int = 0, high: int = parts.U32, groups: tuple[int, int] = (0, 0)) -> Iterator[Block]:
    """The journeys of identities in [low, high), then those of these groups. A block is overwritten by the next one."""
    merged = reading.groups
    table = parts.table(reading.parts)
    cursor = np.array([np.searchsorted(part.ids, np.uint32(low)) for part in reading.parts], np.int64)
    place = np.array(groups, np.int64)
    sizes = np.diff(merged.offsets[groups[0] : groups[1] + 1])
    room = min(BLOCK_EVENTS, sum(part.events for part in reading.parts))
    spare_room, lists = room, max(1, len(reading.parts)) * int(sizes.max(initial=1))
    profiles, starts = np.empty(BLOCK_JOURNEYS, np.uint32), np.empty(BLOCK_JOURNEYS + 1, np.int64)
    found, bounds = np.empty((lists, 2), np.int64), np.empty(lists, np.int64)
    scratch, spare = _scratch(room), _scratch(spare_room)
    labels = reading.labels
    while True:
        count = kernels.gather(
            *(table, cursor, high, reading.hidden, place, merged.profiles, merged.offsets, merged.members),
            *(reading.chosen, labels.table, labels.rows, labels.first_row, reading.start, reading.end),
            *(profiles, starts, *scratch, *spare, found, bounds),
        )
        if count < 0:  # a journey longer than the scratch
            room = 1 << int(-count - 1).bit_length()
            scratch, spare = _scratch(room), _scratch(room)
        elif count == 0:
            return
        else:
            yield Block(profiles[:count], starts[: count + 1], *scratch)


def _scratch(room: int) -> tuple[Array, Array, Array]:
    return np.empty(room, np.int64), np.empty(room, np.uint16), np.empty(room, np.int64)


class _Range(NamedTuple):
    low: int
    high: int
    groups: tuple[int, int]


def _ranges(reading: Reading, threads: int) -> list[_Range]:
    """Ranges of identities with about the same number of events."""
    groups = reading.groups.profiles.size
    events = sum(part.events for part in reading.parts)
    wanted = max(1, min(4 * threads if threads > 1 else 1, events // _SPLIT))
    if wanted == 1:
        return [_Range(0, parts.U32, (0, groups))]
    largest = max(reading.parts, key=lambda part: part.events)
    quantiles = np.linspace(0, largest.events, wanted + 1)[1:-1]
    cuts = [int(largest.ids[min(at, largest.ids.size - 1)]) for at in np.searchsorted(largest.offsets, quantiles)]
    shares = np.linspace(0, groups, wanted + 1).astype(int).tolist()
    return [
        _Range(low, high, (a, b))
        for low, high, a, b in zip([0, *cuts], [*cuts, parts.U32], shares[:-1], shares[1:], strict=True)
    ]


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(cores(), thread_name_prefix="walk")


def cores() -> int:
    """Processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


A = TypeVar("A", bound=Answer)


def ask(fresh: Callable[[], A], reading: Reading, threads: int | None = None) -> A:
    """Walk everything and add it up. Each thread has one answer, and takes the next range when it is done with one."""
    threads = cores() if threads is None else threads
    ranges = _ranges(reading, threads)
    waiting = iter(ranges)

    each = sum(part.events for part in reading.parts) // len(ranges)
    work.expect(each * len(ranges))

    def add_up() -> A:
        answer = fresh()
        for part in waiting:
            for block in blocks(reading, *part):
                work.check()
                answer.add(block)
            work.advance(each)
        return answer

    if len(ranges) == 1:
        return add_up()
    running = [_pool().submit(copy_context().run, add_up) for _ in range(min(threads, len(ranges)))]
    first, *others = [future.result() for future in running]
    for other in others:
        first = first.merge(other)
    return first


def journey(snapshot: Snapshot, identities: IdentityMap, profile: int, labels: Labels | None = None) -> Block | None:
    """The whole journey of one profile."""
    members = identities.members(profile)
    group = Groups(np.array([profile], np.uint32), np.array([0, members.size], np.int64), members)
    reading = Reading(snapshot.parts, group, np.zeros(0, np.uint8), labels or Labels.codes())
    return next(blocks(reading, 0, 0, (0, 1)), None)
