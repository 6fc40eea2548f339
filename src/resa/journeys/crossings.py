"""What a journey map asks of whole journeys beyond `stage_walk`: crossings between channels, steps off the map, worth of cells.

Each is an answer that blocks of journeys are added to. Only questions load this module: walking journeys loads numba.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from resa.kernel.events import CHANNELS
from resa.kernel.sequences import Cells
from resa.kernel.sequences.parts import Array
from resa.kernel.sequences.walk import Block

WIDTH: Final = len(CHANNELS)
_NEVER: Final = np.int64(2**62)


class Crossings:
    """From each stage to the next one: on which channel customers left it, on which they arrived, and who went on from there."""

    def __init__(self, cells: Cells, stages: int) -> None:
        """`cells` of the map, with all its stages."""
        self.cells, self.stages = cells, stages
        square = (max(0, stages - 1), WIDTH, WIDTH)
        self.left = np.zeros(
            square[:2], np.int64
        )  # [s, a]: customers of s whose last event there, before they crossed, is on a
        self.crossed = np.zeros(square, np.int64)  # [s, a, b]: of those, who came to s + 1, on b
        self.went_on = np.zeros(square, np.int64)  # [s, a, b]: of those, who came to any later stage after that
        self.arrived = np.zeros((stages + 1, WIDTH), np.int64)
        """[s, a]: customers whose first event of stage s is on a; the last row: of the whole map."""

    def add(self, block: Block) -> None:
        starts, owner, size = _owners(block)
        label = block.label[:size]
        stage, channel = self.cells.stage_of[label], (label.astype(np.int64) - 1) % WIDTH
        place = np.arange(size)
        self.arrived[-1] += np.bincount(channel[starts], minlength=WIDTH)
        for here in range(self.stages):
            entered = np.minimum.reduceat(np.where(stage == here, place, _NEVER), starts)
            there = entered < _NEVER
            self.arrived[here] += np.bincount(channel[entered[there]], minlength=WIDTH)
            if here + 1 < self.stages:
                self._cross(here, _crossing(here, entered, stage, owner, starts), channel)

    def _cross(self, here: int, found: _Crossing, channel: Array) -> None:
        self.left[here] += np.bincount(channel[found.left[found.inside]], minlength=WIDTH)
        crossed = found.crossed
        pair = channel[found.left[crossed]] * WIDTH + channel[found.came[crossed]]
        self.crossed[here] += np.bincount(pair, minlength=WIDTH * WIDTH).reshape(WIDTH, WIDTH)
        on = found.went_on[crossed]
        self.went_on[here] += np.bincount(pair[on], minlength=WIDTH * WIDTH).reshape(WIDTH, WIDTH)

    def merge(self, other: Crossings) -> Crossings:
        """The numbers of both."""
        both = Crossings(self.cells, self.stages)
        for name in ("left", "crossed", "went_on", "arrived"):
            setattr(both, name, getattr(self, name) + getattr(other, name))
        return both


class _Crossing(NamedTuple):
    """How each journey of a block goes from a stage to the next one: places of events, and what holds of it."""

    left: Array
    """Of the last event in the stage before the arrival in the next one; -1 for who never was there."""
    came: Array
    """Of the arrival."""
    inside: Array
    crossed: Array
    went_on: Array
    """Crossed, and came to any later stage after that."""


def _crossing(here: int, entered: Array, stage: Array, owner: Array, starts: Array) -> _Crossing:
    """`entered`: the place of the first event of stage `here` in each journey."""
    place = np.arange(stage.size)
    after = (stage == here + 1) & (place > entered[owner])
    came = np.minimum.reduceat(np.where(after, place, _NEVER), starts)
    left = np.maximum.reduceat(np.where((stage == here) & (place < came[owner]), place, -1), starts)
    later = np.maximum.reduceat(np.where(stage > here + 1, place, -1), starts)
    crossed = came < _NEVER
    return _Crossing(left, came, entered < _NEVER, crossed, crossed & (later > came))


class Crossers:
    """The customers behind a figure of `Crossings`: when they left the stage, when they arrived, and the events of that."""

    def __init__(self, cells: Cells, kind: str, here: int, start: int | None, end: int | None) -> None:
        """`kind`: left, crossed or went_on; from channel `start` to `end` (None: any)."""
        self.cells, self.kind, self.here, self.start, self.end = cells, kind, here, start, end
        self.found: list[tuple[Array, ...]] = []

    def add(self, block: Block) -> None:
        starts, owner, size = _owners(block)
        label, time = block.label[:size], block.time[:size]
        stage, channel = self.cells.stage_of[label], (label.astype(np.int64) - 1) % WIDTH
        entered = np.minimum.reduceat(np.where(stage == self.here, np.arange(size), _NEVER), starts)
        found = _crossing(self.here, entered, stage, owner, starts)
        chosen = {"left": found.inside, "crossed": found.crossed, "went_on": found.went_on}[self.kind]
        at = np.flatnonzero(chosen)
        if self.start is not None:
            at = at[channel[found.left[at]] == self.start]
        if self.end is not None:
            at = at[channel[found.came[at]] == self.end]
        last, events = (found.left, 1) if self.kind == "left" else (found.came, 2)
        self.found.append((block.profiles[at], time[found.left[at]], time[last[at]], np.full(at.size, events)))

    def merge(self, other: Crossers) -> Crossers:
        """The customers of both."""
        both = Crossers(self.cells, self.kind, self.here, self.start, self.end)
        both.found = self.found + other.found
        return both


class Steps:
    """Steps that are not on the map: who took them, after which stage and before which, and near which in time.

    Numbers (`(label - 1) // WIDTH`) below `len(stage_of)` are touchpoints, the others steps, from there on.
    """

    def __init__(self, stage_of: Array, stages: int, steps: int) -> None:
        """`stage_of[touchpoint]`; `steps` are so many."""
        self.stage_of, self.stages, self.steps = stage_of, stages, steps
        self.customers = 0
        self.used, self.events = np.zeros(steps, np.int64), np.zeros(steps, np.int64)
        self.between = np.zeros((steps, stages + 1, stages + 1), np.int64)
        """[step, after, before]: customers by the stages around their first such step; the last index: none."""
        self.near = np.zeros((steps, stages), np.int64)
        """[step, stage]: customers by the stage nearest in time to it."""

    def add(self, block: Block) -> None:
        starts, owner, size = _owners(block)
        number = (block.label[:size].astype(np.int64) - 1) // WIDTH
        time, step = block.time[:size], number - self.stage_of.size
        self.customers += block.profiles.size
        self.events += np.bincount(step[step >= 0], minlength=self.steps)
        at = np.flatnonzero(step >= 0)
        pairs, first = np.unique(owner[at] * self.steps + step[at], return_index=True)
        at, step = at[first], pairs % self.steps
        before, after = _around(marked=number < self.stage_of.size, starts=starts, owner=owner)
        left, right = self._stage(number, before[at]), self._stage(number, after[at])
        self.used += np.bincount(step, minlength=self.steps)
        np.add.at(self.between, (step, left, right), 1)
        known = (left < self.stages) | (right < self.stages)
        since = np.where(left < self.stages, time[at] - time[np.maximum(before[at], 0)], _NEVER)
        until = np.where(right < self.stages, time[np.minimum(after[at], size - 1)] - time[at], _NEVER)
        nearest = np.where(since <= until, left, right)
        np.add.at(self.near, (step[known], nearest[known]), 1)

    def _stage(self, number: Array, place: Array) -> Array:
        """The stage at a place; one more than all of them for a place that is none."""
        inside = (place >= 0) & (place < number.size)
        found = np.full(place.size, self.stages)
        found[inside] = self.stage_of[number[place[inside]]]
        return found

    def merge(self, other: Steps) -> Steps:
        """The numbers of both."""
        both = Steps(self.stage_of, self.stages, self.steps)
        for name in ("customers", "used", "events", "between", "near"):
            setattr(both, name, getattr(self, name) + getattr(other, name))
        return both


class Worths:
    """Sums of what customers are worth over those of each touchpoint, stage, and the whole map.

    Worth is whole numbers in columns [profile place, column], customers found by number; sums are exact below 2^63.
    """

    def __init__(self, cells: Cells, stages: int, profiles: Array, worth: Array) -> None:
        """`profiles` ascending; `worth[k]` is that of `profiles[k]`."""
        self.cells, self.stages, self.profiles, self.worth = cells, stages, profiles, worth
        touchpoints = (cells.cells - 1) // WIDTH
        self.sums = np.zeros((touchpoints + stages + 1, worth.shape[1]), np.int64)
        """By touchpoint, then by stage, then of the map."""

    def add(self, block: Block) -> None:
        if self.profiles.size == 0:
            return
        _, owner, size = _owners(block)
        at = np.minimum(np.searchsorted(self.profiles, block.profiles), self.profiles.size - 1)
        worth = np.where((self.profiles[at] == block.profiles)[:, None], self.worth[at], 0)
        label = block.label[:size].astype(np.int64)
        touchpoint, stage = (label - 1) // WIDTH, self.cells.stage_of[label]
        touchpoints = self.sums.shape[0] - self.stages - 1
        there = np.zeros((self.sums.shape[0], block.profiles.size), np.bool_)
        there[touchpoint, owner] = True
        there[touchpoints + stage, owner] = True
        there[-1] = True
        group, who = np.nonzero(there)  # by group, so that each is one stretch
        first = np.flatnonzero(np.diff(group, prepend=-1))
        self.sums[group[first]] += np.add.reduceat(worth[who], first, axis=0)

    def merge(self, other: Worths) -> Worths:
        """The sums of both."""
        both = Worths(self.cells, self.stages, self.profiles, self.worth)
        both.sums = self.sums + other.sums
        return both


class Answers:
    """Answers to surveys by the touchpoint that came last before them. Numbers from `touchpoints` on are answers."""

    def __init__(self, touchpoints: int, kinds: int) -> None:
        """`kinds` of answers (of which survey, which score)."""
        self.touchpoints, self.kinds = touchpoints, kinds
        self.counts = np.zeros((touchpoints, kinds), np.int64)

    def add(self, block: Block) -> None:
        starts, owner, size = _owners(block)
        number = (block.label[:size].astype(np.int64) - 1) // WIDTH
        at = np.flatnonzero(number >= self.touchpoints)
        before, _ = _around(marked=number < self.touchpoints, starts=starts, owner=owner)
        at = at[before[at] >= 0]
        np.add.at(self.counts, (number[before[at]], number[at] - self.touchpoints), 1)

    def merge(self, other: Answers) -> Answers:
        """The answers of both."""
        both = Answers(self.touchpoints, self.kinds)
        both.counts = self.counts + other.counts
        return both


class Delays:
    """How long after the first event of a touchpoint the next touchpoint's follows, for those it does."""

    def __init__(self, touchpoint: int) -> None:
        """By the touchpoint's number."""
        self.touchpoint = touchpoint
        self.found: list[Any] = []

    def add(self, block: Block) -> None:
        starts, owner, size = _owners(block)
        number = (block.label[:size].astype(np.int64) - 1) // WIDTH
        place, time = np.arange(size), block.time[:size]
        mine = number == self.touchpoint
        first = np.minimum.reduceat(np.where(mine, place, _NEVER), starts)
        following = np.minimum.reduceat(np.where(~mine & (place > first[owner]), place, _NEVER), starts)
        went = following < _NEVER
        self.found.append(time[following[went]] - time[first[went]])

    def merge(self, other: Delays) -> Delays:
        """The times of both."""
        both = Delays(self.touchpoint)
        both.found = self.found + other.found
        return both

    def times(self) -> Array:
        """All of them in ms, ascending."""
        return np.sort(np.concatenate([np.zeros(0, np.int64), *self.found]))


def _owners(block: Block) -> tuple[Array, Array, int]:
    """(where each journey starts, the journey of each event, how many events)."""
    starts = block.starts[:-1]
    return starts, np.repeat(np.arange(starts.size), np.diff(block.starts)), int(block.starts[-1])


def _around(*, marked: Array, starts: Array, owner: Array) -> tuple[Array, Array]:
    """For each event the places of the last marked one before it and of the next one after it; -1 and the size for none."""
    size = marked.size
    place = np.arange(size)
    before = np.maximum.accumulate(np.where(marked, place, -1))
    before = np.concatenate(([-1], before[:-1])) if size else before
    before = np.where(before >= starts[owner], before, -1)
    after = np.minimum.accumulate(np.where(marked, place, size)[::-1])[::-1]
    after = np.concatenate((after[1:], [size])) if size else after
    ends = np.append(starts[1:], size)
    return before, np.where(after < ends[owner], after, size)


class Struck:
    """Moments (of friction, say) by the touchpoint that came last before each: whom it struck there, and by which signals."""

    def __init__(self, cells: Cells, stages: int, moments: tuple[Array, Array, Array]) -> None:
        """`moments`: (profile, time, signal below 63), ordered by profile and time."""
        self.cells, self.stages, self.moments = cells, stages, moments
        groups = (cells.cells - 1) // WIDTH + stages
        self.customers = np.zeros(groups, np.int64)
        """By touchpoint, then by stage."""
        self.signals = np.zeros(groups, np.int64)
        """The same: a bit for each signal."""

    def add(self, block: Block) -> None:
        _, owner, size = _owners(block)
        profile, time, signal = self.moments
        order = np.argsort(block.profiles, kind="stable")
        known = block.profiles[order]
        low, high = np.searchsorted(profile, known), np.searchsorted(profile, known, side="right")
        count = high - low
        if count.sum() == 0:
            return
        journey = np.repeat(order, count)
        mine = np.repeat(low - (np.cumsum(count) - count), count) + np.arange(count.sum())
        at = _last_before(owner, block.time[:size], journey, time[mine])
        journey, mine, at = journey[at >= 0], mine[at >= 0], at[at >= 0]
        label = block.label[at].astype(np.int64)
        touchpoints = self.customers.size - self.stages
        for group in ((label - 1) // WIDTH, touchpoints + self.cells.stage_of[label]):
            np.bitwise_or.at(self.signals, group, np.int64(1) << signal[mine].astype(np.int64))
            pairs = np.unique(journey * self.customers.size + group)
            self.customers += np.bincount(pairs % self.customers.size, minlength=self.customers.size)

    def merge(self, other: Struck) -> Struck:
        """The numbers of both."""
        both = Struck(self.cells, self.stages, self.moments)
        both.customers, both.signals = self.customers + other.customers, self.signals | other.signals
        return both


def _last_before(owner: Array, time: Array, journey: Array, moment: Array) -> Array:
    """For each moment of a journey the place of that journey's last event not after it; -1 for none."""
    order = np.lexsort(
        (np.repeat((0, 1), (owner.size, journey.size)), np.append(time, moment), np.append(owner, journey))
    )
    place = np.maximum.accumulate(np.where(order < owner.size, order, -1))
    found = np.empty(journey.size, np.int64)
    asked = order >= owner.size
    found[order[asked] - owner.size] = place[asked]
    inside = found >= 0
    inside[inside] = owner[found[inside]] == journey[inside]
    return np.where(inside, found, -1)
