"""Paths of touches, cut from journeys: each ends with a conversion, or with nothing (docs/attribution.md).

A label from 1 to `touches` is a touch, `touches + 1` a conversion. Events of one touch with no pause over half an hour
between them are one touch, at the time of the first of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import numpy as np

from resa.kernel.identity_map import IdentityMap
from resa.kernel.periods import Period
from resa.kernel.sequences.parts import Array
from resa.kernel.sequences.walk import Block, Labels, Reading, Snapshot, ask

VISIT: Final = 30 * 60 * 1000


@dataclass(frozen=True)
class Paths:
    """Paths as flat arrays: the k-th conversion's touches are the next `lengths[k]` of `labels`, likewise the others'."""

    touches: int
    rows: Array
    """The conversions, by their row in the log."""
    lengths: Array
    """Touches before each; 0 where there is none."""
    labels: Array
    """Touches of the conversions' paths, oldest first, 1 to `touches`."""
    ages: Array
    """ms from each of them to its conversion."""
    lost_lengths: Array
    """Touches of each path that no conversion ended; at least 1."""
    lost_labels: Array
    converted: int = 0
    """Distinct customers with a conversion."""
    customers: Array = field(default_factory=lambda: np.zeros(0, np.int64))
    """[touch]: distinct customers with that touch on any path; index 0 is not used."""

    def owners(self) -> Array:
        """The conversion of each touch of `labels`."""
        return np.repeat(np.arange(self.lengths.size), self.lengths)

    def counts(self) -> Array:
        """[touch]: times it is on a path, converting or not; index 0 is not used."""
        size = self.touches + 1
        return np.bincount(self.labels, minlength=size) + np.bincount(self.lost_labels, minlength=size)

    def grouped(self, group: Array) -> Paths:
        """The same paths with touch t called `group[t]` (from 1 on); customers are not known then."""
        return replace(
            self,
            touches=int(group[1:].max(initial=0)),
            labels=group[self.labels],
            lost_labels=group[self.lost_labels],
            customers=np.zeros(0, np.int64),
        )


class Cut(NamedTuple):
    """A block of journeys cut into paths: columns of its events, and places in them."""

    owner: Array
    time: Array
    label: Array
    row: Array
    conversions: Array
    """Those in the period."""
    led: Array
    """Touches on the way to one of these."""
    leads_to: Array
    """To which of them, for each of `led`."""
    lost: Array
    """Touches of the period that led to none in time."""
    following: Array
    """How many conversions stand before each of `lost`, in all of the block."""


Chosen = Callable[[Cut], Array]
"""The places of the events that are behind a figure, in order."""


def touched(wanted: Array, *, converting: bool) -> Chosen:
    """Touches whose label is `wanted[label]`, on any path or only on those that a conversion ended."""

    def chosen(cut: Cut) -> Array:
        on: Array = cut.led if converting else np.sort(np.concatenate((cut.led, cut.lost)))
        return np.asarray(on[wanted[cut.label[on]]])

    return chosen


def conversions(cut: Cut) -> Array:
    """All conversions."""
    return cut.conversions


def untouched(cut: Cut) -> Array:
    """Conversions that no touch led to."""
    return np.asarray(cut.conversions[np.bincount(cut.leads_to, minlength=cut.conversions.size) == 0])


def of(
    snapshot: Snapshot,
    identities: IdentityMap,
    labels: Labels,
    touches: int,
    period: Period,
    window: int,
    population: Array | None = None,
) -> Paths:
    """The paths of conversions in the period, and of touches in it that led to none within `window` ms.

    `population[profile]`: whose (None: everybody's).
    """
    reading = Reading.of(snapshot, identities, labels, period.start - window, period.end, population)
    return ask(lambda: _Cut(touches, period.start, window), reading).paths()


def behind(
    snapshot: Snapshot,
    identities: IdentityMap,
    labels: Labels,
    touches: int,
    period: Period,
    window: int,
    population: Array | None = None,
    *,
    chosen: Chosen,
) -> list[tuple[Array, ...]]:
    """The customers with any of the events chosen from the paths of `of`: (profile, first time, last time, events), in stretches."""
    reading = Reading.of(snapshot, identities, labels, period.start - window, period.end, population)
    return ask(lambda: _Behind(touches, period.start, window, chosen), reading).found


class _Behind:
    """Collects the customers of blocks."""

    def __init__(self, touches: int, start: int, window: int, chosen: Chosen) -> None:
        self.touches, self.start, self.window, self.chosen = touches, start, window, chosen
        self.found: list[tuple[Array, ...]] = []

    def add(self, block: Block) -> None:
        cut = _cut(block, self.touches, self.start, self.window)
        at = self.chosen(cut)
        who, begin, events = np.unique(cut.owner[at], return_index=True, return_counts=True)
        first, last = cut.time[at[begin]], cut.time[at[begin + events - 1]]
        self.found.append((block.profiles[who], first, last, events))

    def merge(self, other: _Behind) -> _Behind:
        """The customers of both."""
        both = _Behind(self.touches, self.start, self.window, self.chosen)
        both.found = self.found + other.found
        return both


class _Cut:
    """Cuts the journeys of blocks; adds up by putting the paths one after the other."""

    def __init__(self, touches: int, start: int, window: int) -> None:
        self.touches, self.start, self.window = touches, start, window
        self._found: list[tuple[Array, ...]] = []
        self._converted = 0
        self._customers = np.zeros(touches + 1, np.int64)

    def add(self, block: Block) -> None:
        cut = _cut(block, self.touches, self.start, self.window)
        self._found.append(
            (
                cut.row[cut.conversions],
                np.bincount(cut.leads_to, minlength=cut.conversions.size),
                cut.label[cut.led],
                cut.time[cut.conversions[cut.leads_to]] - cut.time[cut.led],
                self._lost(cut.owner[cut.lost], cut.time[cut.lost], cut.following),
                cut.label[cut.lost],
            )
        )
        self._converted += int(np.count_nonzero(np.diff(cut.owner[cut.conversions], prepend=-1)))
        both = np.concatenate((cut.led, cut.lost))
        there = np.zeros((block.profiles.size, self.touches + 1), np.bool_)
        there[cut.owner[both], cut.label[both]] = True
        self._customers += there.sum(axis=0)

    def _lost(self, owner: Array, time: Array, following: Array) -> Array:
        """How long the paths are that these touches without a conversion make."""
        if owner.size == 0:
            return np.zeros(0, np.int64)
        new = (np.diff(owner) != 0) | (np.diff(following) != 0) | (np.diff(time) > self.window)
        return np.diff(np.concatenate(([0], np.flatnonzero(new) + 1, [owner.size])))

    def merge(self, other: _Cut) -> _Cut:
        """The paths of both."""
        both = _Cut(self.touches, self.start, self.window)
        both._found = self._found + other._found
        both._converted = self._converted + other._converted
        both._customers = self._customers + other._customers
        return both

    def paths(self) -> Paths:
        """All of them."""
        empty = tuple(np.zeros(0, np.int64) for _ in range(6))
        rows, lengths, labels, ages, lost_lengths, lost_labels = (
            np.concatenate(column) for column in zip(empty, *self._found, strict=True)
        )
        return Paths(
            *(self.touches, rows, lengths, labels, ages, lost_lengths, lost_labels),
            converted=self._converted,
            customers=self._customers,
        )


def _cut(block: Block, touches: int, start: int, window: int) -> Cut:
    owner, time, label, row = _events(block)
    conversion = np.flatnonzero(label == touches + 1)
    touch = _visits(owner, time, label, np.flatnonzero(label != touches + 1))
    following = np.searchsorted(conversion, touch)
    has = following < conversion.size
    next_one = conversion[np.minimum(following, conversion.size - 1)] if conversion.size else np.zeros_like(touch)
    has &= owner[next_one] == owner[touch]
    in_time = has & (time[next_one] - time[touch] <= window)
    led = in_time & (time[next_one] >= start)
    lost = ~in_time & (time[touch] >= start)
    kept = conversion[time[conversion] >= start]
    leads_to = np.searchsorted(kept, next_one[led])
    return Cut(owner, time, label, row, kept, touch[led], leads_to, touch[lost], following[lost])


def _events(block: Block) -> tuple[Array, Array, Array, Array]:
    """(journey, time, label, row) of the block's events; labels as int64, for they are calculated with."""
    size = int(block.starts[-1])
    owner = np.repeat(np.arange(block.profiles.size), np.diff(block.starts))
    return owner, block.time[:size], block.label[:size].astype(np.int64), block.row[:size]


def _visits(owner: Array, time: Array, label: Array, touch: Array) -> Array:
    """The places of touches that begin a visit: not the same one again within half an hour."""
    if touch.size == 0:
        return touch
    same = (np.diff(owner[touch]) == 0) & (np.diff(label[touch]) == 0) & (np.diff(time[touch]) <= VISIT)
    return touch[np.concatenate(([True], ~same))]
