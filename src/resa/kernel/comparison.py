"""What became of some customers, against comparable others: matched within strata, from fine to coarse.

Cases are compared with controls within strata of what was known before (coarsened exact matching: Iacus, King, Porro,
Political Analysis 20, 2012), at the finest level at which there are controls enough. The effect is the average over the
cases (ATT) of the difference; its variance is robust to one customer's coming up several times (Liang, Zeger, Biometrika 73,
1986). Pure; who uses it says what makes customers comparable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final, NamedTuple

import numpy as np

Array = np.ndarray

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
    """What became of the cases (`bad`), and what of comparable controls (`expected`): means of the outcome.

    `difference` is the first less the second, with its standard error; `ratio` the same as a quotient. `p` is one-sided:
    how often so much more would be seen if there were no difference. `close` is the share of cases compared at the
    finest level.
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


class Matched:
    """Cases with what was to be expected of each, ready to be summed up over any of them."""

    def __init__(
        self, cases: Array, controls: Array, outcome: tuple[Array, Array], levels: Sequence[tuple[Array, Array]]
    ) -> None:
        """`cases`, `controls`: who each is; `outcome`: of cases and of controls; `levels`: strata of both, finest first."""
        self.cases = cases
        self.bad = outcome[0].astype(np.float64)
        self.expected = np.full(cases.size, np.nan)
        self.level = np.full(cases.size, -1)
        self.stratum = np.full(cases.size, -1)
        self._levels: list[_Level] = []
        for number, (ours, theirs) in enumerate(levels):
            level = _Level.of(theirs, controls, outcome[1])
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

    def effect(self, which: Array, least: int, *, share: bool = True) -> Effect | None:
        """The effect over some of the cases (a mask); None where they or those to compare with are fewer than `least`.

        `share`: the outcome is one of 0 and 1, so that what is said of it stays between them.
        """
        chosen = np.flatnonzero(which & self.matched)
        count = chosen.size
        if count < least:
            return None
        bad, expected = float(self.bad[chosen].mean()), float(self.expected[chosen].mean())
        profiles, ours, theirs = self._influences(chosen, bad, expected)
        if profiles < least:
            return None
        error = float(np.sqrt(np.sum((ours - theirs) ** 2)))
        error = _floored(error, bad, count) if share else error
        difference = bad - expected
        most = 1.0 if share else np.inf
        return Effect(
            cases=count,
            controls=profiles,
            bad=bad,
            expected=expected,
            difference=_around(difference, error, -most, most),
            error=error,
            ratio=_ratio(bad, expected, ours, theirs, count) if share else None,
            p=NormalDist().cdf(-difference / error) if error else float(difference <= 0),
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


def magnitude(count: Array) -> Array:
    """Counts by their powers of two: 0, 1, 2, 3 to 4, 5 to 8 ... are 0, 1, 2, 3, 4 ..."""
    found: Array = np.ceil(np.log2(np.maximum(count, 0) + 1)).astype(np.int64)
    return found


def packed(parts: Sequence[tuple[Array, int]]) -> Array:
    """One number for each combination of values, each of them below its size."""
    out = np.zeros(parts[0][0].size, np.int64)
    for values, size in parts:
        out = out * size + values.astype(np.int64) % size
    return out
