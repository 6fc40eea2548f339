"""Who came to something in time after something else, or came back: answered in a walk of the journey index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from resa.kernel.metrics.plan import Returns, Steps
from resa.kernel.metrics.units import ROOM, Array, Begun, Units, bucket_of
from resa.kernel.sequences.walk import Block

_TIME_BITS: Final = 45
"""A thousand years of ms; the journeys of a block (65,536) go above them into one number."""


class Bits(NamedTuple):
    """Which bits of a label are the start of a window, and which its end."""

    start: int
    goal: int


@dataclass(frozen=True)
class Frame:
    """What is the same for all windows: the period, the time of asking, how a label tells the group, stretches of time."""

    start: int
    end: int
    now: int
    group: int
    edges: tuple[int, ...]
    begun: Begun | None = None


class Windows:
    """For each question who began (`entered`) and whether they came; windows that are open at `now` don't count yet."""

    def __init__(self, asked: Mapping[Steps | Returns, Bits], frame: Frame) -> None:
        """Nothing was looked at yet."""
        self.asked, self._frame = asked, frame
        self._found: dict[Steps | Returns, list[tuple[Array, Array]]] = {source: [] for source in asked}

    def add(self, block: Block) -> None:
        """Look at the journeys of a block."""
        seen = _Seen.of(block, self._frame)
        for source, bits in self.asked.items():
            key, came = _steps(seen, source, bits) if isinstance(source, Steps) else _returns(seen, source, bits)
            profile = block.profiles[key // (ROOM * ROOM)].astype(np.int64)
            self._found[source].append((profile * (ROOM * ROOM) + key % (ROOM * ROOM), came))

    def merge(self, other: Windows) -> Windows:
        """Those of both."""
        both = Windows(self.asked, self._frame)
        both._found = {source: found + other._found[source] for source, found in self._found.items()}
        return both

    def totals(self, source: Steps | Returns) -> Units:
        """Per customer, stretch and group: 1 for who `entered`, 1 for who `came`."""
        parts = self._found[source]
        key = np.concatenate([key for key, _ in parts]) if parts else np.zeros(0, np.int64)
        came = np.concatenate([came for _, came in parts]) if parts else np.zeros(0)
        place = (key // (ROOM * ROOM), key // ROOM % ROOM, key % ROOM)
        return Units.ordered(*place, {"entered": np.ones(key.size), "came": came})


class _Seen(NamedTuple):
    """The events of a block: whose journey (its place in the block), when, what."""

    journey: Array
    time: Array
    label: Array
    frame: Frame

    @classmethod
    def of(cls, block: Block, frame: Frame) -> _Seen:
        size = int(block.starts[-1])
        journey = np.repeat(np.arange(block.profiles.size), np.diff(block.starts))
        seen = cls(journey, block.time[:size], block.label[:size], frame)
        if frame.begun is None:
            return seen
        after = seen.time >= frame.begun.since_of(block.profiles)[journey]
        return cls(journey[after], seen.time[after], seen.label[after], frame)

    def moments(self, places: Array, later: int = 0) -> Array:
        """Journey and time (so many ms later) of events as one number, ascending as the events are."""
        return np.asarray((self.journey[places] << _TIME_BITS) + (self.time[places] - self.frame.start + later))

    def keys(self, places: Array) -> Array:
        """Journey, stretch and group of events as one number."""
        bucket = bucket_of(self.time[places], self.frame.edges) + (self.frame.begun is not None)
        group = self.label[places].astype(np.int64) // self.frame.group
        return np.asarray((self.journey[places] * ROOM + bucket) * ROOM + group)


def _steps(seen: _Seen, asked: Steps, bits: Bits) -> tuple[Array, Array]:
    """The keys of starts, each once, and whether one of them was followed by the goal in time."""
    within = asked.within or np.iinfo(np.int64).max
    begins = ((seen.label & bits.start) > 0) & (seen.time < seen.frame.end)
    ends = (seen.label & bits.goal) > 0
    if asked.within:
        begins &= seen.time + asked.within <= seen.frame.now
    else:
        ends &= seen.time < seen.frame.end
    start, goal = np.flatnonzero(begins), np.flatnonzero(ends)
    at = np.searchsorted(goal, start, side="right")  # an event is not its own goal
    came = at < goal.size
    first = goal[at[came]]
    came[came] = (seen.journey[first] == seen.journey[start[came]]) & (
        seen.time[first] - seen.time[start[came]] <= within
    )
    return _once(seen.keys(start), came)


def _once(keys: Array, came: Array) -> tuple[Array, Array]:
    """Each key once, with whether any of its starts came."""
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    first = np.flatnonzero(np.diff(keys, prepend=-1))
    return keys[first], np.maximum.reduceat(came[order].astype(np.float64), first) if first.size else np.zeros(0)


def _returns(seen: _Seen, asked: Returns, bits: Bits) -> tuple[Array, Array]:
    """The keys of first starts, and whether they came back in the window after it.

    Of a stretch of time (and a group) the first time in it counts; of those who have begun, the first time at all.
    """
    last = asked.after + asked.within
    start = np.flatnonzero(((seen.label & bits.start) > 0) & (seen.time < seen.frame.end))
    _, first = np.unique(seen.keys(start) if seen.frame.begun is None else seen.journey[start], return_index=True)
    start = start[first]
    start = start[seen.time[start] + last <= seen.frame.now]
    back = seen.moments(np.flatnonzero((seen.label & bits.goal) > 0))
    at = np.searchsorted(back, seen.moments(start, asked.after))
    came = at < back.size
    came[came] = back[at[came]] < seen.moments(start[came], last)
    return seen.keys(start), came.astype(np.float64)
