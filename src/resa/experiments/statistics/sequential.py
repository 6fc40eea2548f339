"""Group-sequential looks: how far out an effect must lie at each look, so that all looks together err as rarely as one.

The whole chance of a false alarm, alpha, is spent as units come in (Lan and DeMets 1983, "Discrete Sequential Boundaries
for Clinical Trials"), by a function that spends next to nothing at first (O'Brien-Fleming type), half of it on either side.
Looks may be taken at any time; when need not be said before, only how many units there will be. The chances are found by
integrating the density of those who have not stopped from look to look (Armitage, McPherson and Rowe 1969; Jennison
and Turnbull 2000, "Group Sequential Methods with Applications to Clinical Trials", chapter 19).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from resa.experiments.statistics.distributions import Array, normal_above, normal_at, normal_below, normal_quantile

FINEST: Final = 1e-4
"""Looks that come with fewer than this part of the planned units after another are the same look."""
_COARSE: Final = 0.05
"""How far points on the scale of z are apart at most: boundaries are right to six digits."""
_WIDEST: Final = 9.0
"""Fewer than 1e-18 of normal values lie beyond."""
_NOTHING: Final = 1e-10
"""A chance this small of having stopped before changes no later boundary's fifth digit."""
_EXACT: Final = 1e-10
_FARTHEST: Final = 38.0
"""Beyond, a normal tail is smaller than any number."""


def spent(alpha: float, fraction: float) -> float:
    """How much of `alpha` both sides together have used once that part of the planned units is in (1 or more: all)."""
    if fraction <= 0:
        return 0.0
    root = min(1.0, fraction) ** 0.5
    return float(4 * normal_above(-normal_quantile(alpha / 4) / root))


class Step(NamedTuple):
    """One look: who has not stopped at it, as points on the scale of z with their share (density times weight)."""

    fraction: float
    critical: float
    at: Array
    mass: Array
    spent: float
    spacing: float
    """How far the points are apart."""
    before: Step | None = None


@dataclass(frozen=True)
class Boundaries:
    """The looks taken so far; `critical` are their boundaries on the scale of z, the same on either side."""

    alpha: float
    steps: tuple[Step, ...]

    @property
    def fractions(self) -> tuple[float, ...]:
        """Which part of the planned units was in at each look."""
        return tuple(step.fraction for step in self.steps)

    @property
    def critical(self) -> tuple[float, ...]:
        """The boundary of each look."""
        return tuple(step.critical for step in self.steps)

    @property
    def finished(self) -> bool:
        """All that was planned is in: there is no further look."""
        return self.steps[-1].fraction >= 1

    def crossing(self, drift: float) -> tuple[Array, Array]:
        """The chance to stop at each look, above and below, if z at all planned units is around `drift`."""
        above = [self._beyond(place, step.critical, drift) for place, step in enumerate(self.steps)]
        below = [self._beyond(place, step.critical, -drift) for place, step in enumerate(self.steps)]
        return np.array(above), np.array(below)

    def power(self, drift: float) -> float:
        """The chance to stop at any of the looks on the side of `drift`."""
        return float(self.crossing(abs(drift))[0].sum())

    def drift(self, power: float) -> float:
        """Around where z at all planned units must lie for that power."""
        return _root(lambda drift: self.power(drift) - power, 0.0, 20.0)

    def stagewise(self, z: float, drift: float = 0.0) -> float:
        """The chance of a result at least as high as `z` at the last look, if z at all planned units is around `drift`.

        By the order of stages (Tsiatis, Rosner and Mehta 1984): any stop above at an earlier look is higher.
        """
        last = len(self.steps) - 1
        before = sum(self._beyond(place, self.steps[place].critical, drift) for place in range(last))
        return float(before + self._beyond(last, z, drift))

    def ended(self, z: float, error: float) -> Ended:
        """What may be said once the test has stopped, at the last look: z there, and the effect's standard error."""
        reach = abs(z) / self.steps[-1].fraction ** 0.5 + 12
        scale = error * self.steps[-1].fraction ** 0.5
        low, middle, high = (
            _root(lambda drift, chance=chance: self.stagewise(z, drift) - chance, -reach, reach) * scale  # type: ignore[misc]  # a default binds the loop's value
            for chance in (self.alpha / 2, 0.5, 1 - self.alpha / 2)
        )
        one_sided = self.stagewise(z)
        return Ended(low, middle, high, min(1.0, 2 * min(one_sided, 1 - one_sided)))

    def _beyond(self, place: int, z: float, drift: float) -> float:
        """The chance not to have stopped before a look and to be above `z` at it (`drift` of the opposite sign: below)."""
        step = self.steps[place]
        here = step.fraction**0.5
        if place == 0:
            return float(normal_above(z - drift * here))
        before = _fine_enough(self.steps[place - 1], step.fraction)
        then, gap = before.fraction**0.5, (step.fraction - before.fraction) ** 0.5
        # Under a drift every path's chance changes by a factor that depends on where it is only (Jennison and Turnbull, 19.4).
        tilt = np.exp(drift * before.at * then - drift**2 * before.fraction / 2)
        return float((before.mass * tilt) @ normal_above((z * here - before.at * then) / gap - drift * gap))


class Ended(NamedTuple):
    """A finished test: the interval, the median-unbiased effect and p, all by the order of stages."""

    low: float
    middle: float
    high: float
    p: float


def boundaries(alpha: float, fractions: Sequence[float]) -> Boundaries:
    """The boundaries of looks at these parts of the planned units, in the order they were taken.

    Looks too close to the one before, and any after all planned units were in, are no looks and left out.
    """
    looks = counted(fractions)
    if not looks:
        raise ValueError("There is at least one look, with some of the planned units in.")
    return Boundaries(alpha, _steps(alpha, looks))


def with_boundaries(alpha: float, fractions: Sequence[float], critical: Sequence[float]) -> Boundaries:
    """A test whose boundaries are given, for what it errs and finds."""
    steps: list[Step] = []
    for fraction, one in zip(fractions, critical, strict=True):
        steps.append(look(steps[-1] if steps else None, fraction, one))
    return Boundaries(alpha, tuple(steps))


def counted(fractions: Sequence[float]) -> tuple[float, ...]:
    """The looks that count of those taken: with units in, not before one another, none after the end."""
    kept: list[float] = []
    for fraction in fractions:
        if fraction >= FINEST and (not kept or (kept[-1] < 1 and fraction >= kept[-1] + FINEST)):
            kept.append(float(fraction))
    return tuple(kept)


def over(fractions: Sequence[float]) -> bool:
    """Whether the last look came after the one at which all planned units were in.

    All of alpha is spent then: nothing may be concluded from it. The look that ended the test is its result.
    """
    return any(fraction >= 1 for fraction in fractions[:-1])


@lru_cache(maxsize=4_096)
def _steps(alpha: float, fractions: tuple[float, ...]) -> tuple[Step, ...]:
    """Look by look, each from the one before: a new look of a known test is one step."""
    # Filling the cache from the front keeps the recursion one deep however many looks there are.
    steps: tuple[Step, ...] = ()
    for count in range(1, len(fractions)):
        steps = _steps(alpha, fractions[:count]) if count % 50 == 0 else steps
    earlier = _steps(alpha, fractions[:-1]) if len(fractions) > 1 else ()
    return (*earlier, _step(alpha, earlier[-1] if earlier else None, fractions[-1]))


def _step(alpha: float, before: Step | None, fraction: float) -> Step:
    """The boundary that spends what is due at a look, and who goes on."""
    used = spent(alpha, fraction)
    side = (used - (before.spent if before else 0.0)) / 2
    if before is None or used < _NOTHING:
        critical = min(_FARTHEST, float(-normal_quantile(max(side, 5e-324))))
        return look(None, fraction, critical)._replace(spent=used)
    before = _fine_enough(before, fraction)
    critical = _root(lambda z: _above(before, fraction, z) - side, 0.0, _FARTHEST) if side > 0 else _FARTHEST
    return look(before, fraction, critical)._replace(spent=used)


def look(before: Step | None, fraction: float, critical: float, spacing: float = _COARSE) -> Step:
    """A look with a given boundary: `spent` is the chance to stop at it on either side if there is no effect."""
    if before is None:
        at, weight = _grid(critical, spacing)
        return Step(fraction, critical, at, weight * normal_at(at), float(2 * normal_above(critical)), spacing)
    before = _fine_enough(before, fraction)
    here, then = fraction**0.5, before.fraction**0.5
    gap = (fraction - before.fraction) ** 0.5
    spacing = min(spacing, _needed(before.fraction, fraction))
    at, weight = _grid(critical, spacing)
    density = normal_at((at[:, None] * here - before.at * then) / gap) @ before.mass * (here / gap)
    return Step(fraction, critical, at, weight * density, 2 * _above(before, fraction, critical), spacing, before)


def _needed(earlier: float, later: float) -> float:
    """How near points must be for the step between looks: two and more to the spread of what comes in between."""
    return min(_COARSE, 0.4 * math.sqrt((later - earlier) / later))


def _fine_enough(before: Step, fraction: float) -> Step:
    """The same look on a grid that is fine enough for the next one, however soon that comes."""
    needed = _needed(before.fraction, fraction)
    if needed >= before.spacing:
        return before
    return look(before.before, before.fraction, before.critical, needed)._replace(spent=before.spent)


def _above(before: Step, fraction: float, z: float) -> float:
    """The chance to have gone on at one look and to be above `z` at another, without an effect."""
    gap = (fraction - before.fraction) ** 0.5
    return float(before.mass @ normal_above((z * fraction**0.5 - before.at * before.fraction**0.5) / gap))


def _grid(edge: float, spacing: float) -> tuple[Array, Array]:
    """Evenly spaced points between -edge and edge and Simpson's weights; beyond `_WIDEST` there is nobody."""
    edge = min(edge, _WIDEST)
    panels = 2 * math.ceil(edge / spacing)
    points = np.linspace(-edge, edge, panels + 1)
    weights = np.full(panels + 1, 2.0)
    weights[1::2] = 4.0
    weights[[0, -1]] = 1.0
    return points, weights * (edge * 2 / panels / 3)


def _root(rising_or_falling: Callable[[float], float], low: float, high: float) -> float:
    """Where a monotone function is 0, by halving (to 1e-10); an end where it is not within."""
    upward = rising_or_falling(high) > rising_or_falling(low)
    while high - low > _EXACT:
        middle = (low + high) / 2
        if (rising_or_falling(middle) < 0) == upward:
            low = middle
        else:
            high = middle
    return (low + high) / 2


# -- p at any look -------------------------------------------------------------------------------------------------

_LEVELS: Final = tuple(float(level) for level in np.geomspace(1e-8, 0.9, 22))


def repeated_p(alpha: float, fractions: Sequence[float], z: Array) -> Array:
    """The smallest alpha at which `z` would cross at the last look: a p-value that may be read at each of them.

    Jennison and Turnbull (2000), 9.2. Between tabulated levels the square of the boundary is taken as linear in their
    logarithm; `alpha` itself is one of them, so that p is at most alpha exactly where the boundary is crossed. At least 1e-8.
    """
    looks = counted(fractions)
    levels = np.array(sorted({*_LEVELS, alpha}))
    critical = np.array([_steps(float(level), looks)[-1].critical for level in levels])
    logarithms = np.interp(np.square(z), np.square(critical[::-1]), np.log(levels[::-1]))
    beyond = np.abs(z) < critical[-1]
    return np.where(beyond, 1.0, np.exp(logarithms))


def inflation(alpha: float, power: float, fractions: Sequence[float]) -> float:
    """How many times the units of a single look a test with these looks needs at most, for the same power."""
    single = float(-normal_quantile(alpha / 2) + normal_quantile(power))
    return (boundaries(alpha, fractions).drift(power) / single) ** 2


def conditional_power(fraction: float, z: float, drift: float, critical: float) -> float:
    """The chance that a test of which a part is in ends above `critical`, if z at the end is around `drift`.

    Lan and Wittes (1988), "The B-value". `drift` may be the planned one or what was seen so far, z / sqrt(fraction).
    """
    left = 1 - fraction
    if left <= 0:
        return float(z >= critical)
    return float(normal_below((z * fraction**0.5 + drift * left - critical) / left**0.5))


def evenly(looks: int) -> tuple[float, ...]:
    """That many looks, evenly spread over the planned units."""
    return tuple(look / looks for look in range(1, looks + 1))
