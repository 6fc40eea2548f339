"""Whether a signal means anything: do customers it struck fare worse than comparable ones it spared?

The design is a sequence of nested trials (Hernán et al., "Observational studies analyzed like randomized experiments",
Epidemiology 19, 2008; Gran et al., Statistics in Medicine 29, 2010): each moment at which a signal could have come up is
a small trial whose time zero is the same for both sides, so nobody's having lasted counts for them (immortal time, Suissa,
American Journal of Epidemiology 167, 2008). What is known by absence is decided at a landmark, the end of its window
(Anderson, Cain, Gelber, Journal of Clinical Oncology 1, 1983). Controls come from those at risk at that time (risk-set
sampling: Prentice, Breslow, Biometrika 65, 1978); cases are new ones, not struck in the history before (Ray, American
Journal of Epidemiology 158, 2003). They are compared within strata of what was known before the moment (coarsened exact
matching: Iacus, King, Porro, Political Analysis 20, 2012), from fine to coarse until there are controls. The effect is the
average over the struck (ATT) of the difference in risk; its variance is robust to one customer's having many moments
(Liang, Zeger, Biometrika 73, 1986). Over all tests the false discovery rate is held by Benjamini, Hochberg (Journal of
the Royal Statistical Society B 57, 1995).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final, NamedTuple

import numpy as np

from resa.journeys.friction.moments import DAY, Array, Moments

LEAST_CONTROLS: Final = 4
"""Customers a stratum must have to compare with, the one compared included."""

CONFIDENCE: Final = 0.95
Z: Final = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)


class Interval(NamedTuple):
    """An estimate with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Effect:
    """What became of the struck, against comparable customers who were spared. All are shares of customers.

    `difference` is bad outcomes beyond the expected, with its standard error; `ratio` the same as a quotient. `p` is
    one-sided: how often so much worse would be seen if the signal meant nothing. `close` is the share of cases compared
    within the same place and day.
    """

    cases: int
    controls: int
    bad: float
    expected: float
    difference: Interval
    error: float
    ratio: Interval | None
    p: float
    close: float


# -- what is comparable --------------------------------------------------------------------------------------------


def strata(moments: Moments, context: Array) -> list[Array]:
    """For each moment its stratum, from the finest level to the coarsest. `context` is where it began.

    Time is in every level: nobody is compared with another season's customers.
    """
    tenure = np.searchsorted([DAY, 30 * DAY], moments.tenure, side="right")
    before = np.minimum(moments.before, 2)
    activity = np.minimum(_magnitude(moments.activity), 7)
    depth = np.searchsorted([1, 4, 10, 25], moments.depth, side="right")
    day, week = moments.time // DAY, moments.time // (7 * DAY)
    person = [
        *((activity, 8), (before, 3), (depth, 5), (moments.close, 3), (tenure, 3), (moments.channel, 16)),
        (moments.trouble, 2),
    ]
    return [
        _packed([*person, (moments.device, 4), (context, 1 << 22), (day, 1 << 16)]),
        _packed([*person, (moments.device, 4), (context, 1 << 22), (week, 1 << 14)]),
        _packed([*person, (moments.device, 4), (day, 1 << 16)]),
        _packed([*person, (week, 1 << 14)]),
        _packed(
            [
                (activity // 2, 4),
                (before, 3),
                (depth, 5),
                (moments.close, 3),
                (moments.trouble, 2),
                (week, 1 << 14),
            ]
        ),
    ]


def _magnitude(count: Array) -> Array:
    found: Array = np.ceil(np.log2(np.maximum(count, 0) + 1)).astype(np.int64)
    return found


def _packed(parts: Sequence[tuple[Array, int]]) -> Array:
    out = np.zeros(parts[0][0].size, np.int64)
    for values, size in parts:
        out = out * size + values.astype(np.int64) % size
    return out


# -- the comparison ------------------------------------------------------------------------------------------------


@dataclass
class _Level:
    """The controls of one level: a unit is a customer in a stratum, with the mean of their moments."""

    keys: Array  # of strata, ascending
    customers: Array  # [stratum]
    mean: Array  # [stratum]
    stratum: Array  # [unit]
    profile: Array  # [unit]
    y: Array  # [unit]

    @classmethod
    def of(cls, key: Array, profile: Array, bad: Array) -> _Level:
        order = np.lexsort((profile, key))
        key, profile, bad = key[order], profile[order], bad[order].astype(np.float64)
        fresh = np.ones(key.size, np.bool_)
        fresh[1:] = (key[1:] != key[:-1]) | (profile[1:] != profile[:-1])
        unit = np.cumsum(fresh) - 1
        moments = np.bincount(unit) if key.size else np.zeros(0, np.int64)
        y = np.bincount(unit, bad) / np.maximum(moments, 1) if key.size else np.zeros(0)
        key, profile = key[fresh], profile[fresh]
        keys, stratum = np.unique(key, return_inverse=True)
        customers = np.bincount(stratum, minlength=keys.size)
        mean = np.bincount(stratum, y, keys.size) / np.maximum(customers, 1)
        return cls(keys, customers, mean, stratum, profile, y)

    def place(self, key: Array) -> Array:
        """The stratum of each key, -1 where it has too few controls."""
        if not self.keys.size:
            return np.full(key.size, -1)
        at = np.minimum(np.searchsorted(self.keys, key), self.keys.size - 1)
        return np.where((self.keys[at] == key) & (self.customers[at] >= LEAST_CONTROLS), at, -1)

    def own(self, stratum: Array, profile: Array) -> Array:
        """The outcome each customer has in the stratum as a control; NaN where they are none."""
        if not self.y.size:
            return np.full(stratum.size, np.nan)
        size = np.int64(2**32)
        units = self.stratum.astype(np.int64) * size + self.profile
        wanted = stratum.astype(np.int64) * size + profile
        at = np.minimum(np.searchsorted(units, wanted), units.size - 1)
        return np.where(units[at] == wanted, self.y[at], np.nan)


class Comparison:
    """The cases of one signal with what was to be expected of each, ready to be summed up by place."""

    def __init__(
        self, cases: Moments, controls: Moments, bad: tuple[Array, Array], context: tuple[Array, Array]
    ) -> None:
        """`bad`: the outcome of cases and of controls; `context`: where each began."""
        self.cases = cases.profile
        self.bad = bad[0].astype(np.float64)
        self.expected = np.full(len(cases), np.nan)
        self.level = np.full(len(cases), -1)
        self.stratum = np.full(len(cases), -1)
        self._levels: list[_Level] = []
        for number, (ours, theirs) in enumerate(
            zip(strata(cases, context[0]), strata(controls, context[1]), strict=True)
        ):
            level = _Level.of(theirs, controls.profile, bad[1])
            self._levels.append(level)
            self._match(number, level, ours)

    def _match(self, number: int, level: _Level, key: Array) -> None:
        """Let the cases without controls so far be compared at this level where it has some: others than themselves."""
        waiting = np.flatnonzero(self.level < 0)
        place = level.place(key[waiting])
        waiting, place = waiting[place >= 0], place[place >= 0]
        count, total = level.customers[place], level.customers[place] * level.mean[place]
        own = level.own(place, self.cases[waiting])
        itself = ~np.isnan(own)
        self.expected[waiting] = np.where(itself, total - np.where(itself, own, 0), total) / (count - itself)
        self.level[waiting], self.stratum[waiting] = number, place

    @property
    def matched(self) -> Array:
        """Which cases have somebody to be compared with."""
        return self.level >= 0

    def effect(self, which: Array, least: int) -> Effect | None:
        """The effect over some of the cases (a mask); None where they or those to compare with are fewer than `least`."""
        chosen = np.flatnonzero(which & self.matched)
        count = chosen.size
        if count < least:
            return None
        bad, expected = float(self.bad[chosen].mean()), float(self.expected[chosen].mean())
        profiles, ours, theirs = self._influences(chosen, bad, expected)
        if profiles < least:
            return None
        error = _floored(float(np.sqrt(np.sum((ours - theirs) ** 2))), bad, count)
        difference = bad - expected
        return Effect(
            cases=count,
            controls=profiles,
            bad=bad,
            expected=expected,
            difference=_around(difference, error, -1.0, 1.0),
            error=error,
            ratio=_ratio(bad, expected, ours, theirs, count),
            p=NormalDist().cdf(-difference / error),
            close=float(np.mean(self.level[chosen] == 0)),
        )

    def _influences(self, chosen: Array, bad: float, expected: float) -> tuple[int, Array, Array]:
        """How many controls there are, and how much each customer moves the two shares (their influence)."""
        count = chosen.size
        who = [self.cases[chosen]]
        moved = [(self.bad[chosen] - bad) / count]
        spread = [(self.expected[chosen] - expected) / count]
        controls: list[Array] = []
        for number, level in enumerate(self._levels):
            here = chosen[self.level[chosen] == number]
            if not here.size:
                continue
            weight = np.bincount(self.stratum[here], minlength=level.keys.size) / count
            used = np.flatnonzero(weight[level.stratum] > 0)
            stratum = level.stratum[used]
            size = level.customers[stratum]
            controls.append(level.profile[used])
            who.append(level.profile[used])
            moved.append(np.zeros(used.size))
            # The spread within a stratum is seen too small by (n - 1) / n where n customers show it.
            spread.append(weight[stratum] * (level.y[used] - level.mean[stratum]) / size * np.sqrt(size / (size - 1)))
        people, at = np.unique(np.concatenate(who), return_inverse=True)
        ours, theirs = (np.bincount(at, np.concatenate(part), people.size) for part in (moved, spread))
        return np.unique(np.concatenate(controls)).size, ours, theirs


def _floored(error: float, bad: float, count: int) -> float:
    """Never less than the cases' own chance allows, with two of each outcome added (Agresti, Coull 1998): all alike is no proof."""
    share = (bad * count + 2) / (count + 4)
    return max(error, float(np.sqrt(share * (1 - share) / (count + 4))) if bad in (0.0, 1.0) else 0.0)


def _around(value: float, error: float, low: float, high: float) -> Interval:
    return Interval(value, max(low, value - Z * error), min(high, value + Z * error))


def _ratio(bad: float, expected: float, ours: Array, theirs: Array, count: int) -> Interval | None:
    """The quotient of the two shares, its interval by the delta method on the logarithm."""
    if bad <= 0 or expected <= 0:
        return None
    error = _floored(float(np.sqrt(np.sum((ours / bad - theirs / expected) ** 2))), bad, count)
    ratio = bad / expected
    return Interval(ratio, ratio * float(np.exp(-Z * error)), ratio * float(np.exp(Z * error)))


def discovered(p: Sequence[float | None]) -> list[float | None]:
    """The q of each p by Benjamini and Hochberg: what is not above a rate is found at that false discovery rate."""
    tested = sorted((value, place) for place, value in enumerate(p) if value is not None)
    q: list[float | None] = [None] * len(p)
    smallest = 1.0
    for rank in range(len(tested), 0, -1):
        value, place = tested[rank - 1]
        smallest = min(smallest, value * len(tested) / rank)
        q[place] = smallest
    return q
