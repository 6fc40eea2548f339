"""Planning: how many units an experiment needs, how long that takes, and how small an effect it can find.

All from what is known before: the value and variance of the metric in the business's own history, and how many come.
Pure: whoever asks brings the history (docs/statistics.md).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import numpy as np

from resa.experiments.statistics import always, sequential
from resa.experiments.statistics.distributions import normal_above, normal_quantile, two_sided
from resa.experiments.statistics.estimates import Kind, Measure, pair
from resa.experiments.statistics.moments import Moments

LARGEST: Final = 1e12
"""More units than anybody has."""
_WEEK: Final = 7


class Baseline(NamedTuple):
    """A metric as it was: its value, the variance of one unit (of a ratio: by the delta method, covariates taken off)."""

    kind: Kind
    value: float
    variance: float
    explained: float = 0.0
    """The part of the variance that covariates took away (CUPED); `variance` is what is left."""

    @classmethod
    def of(cls, measure: Measure, history: Moments) -> Baseline:
        """From the moments of units that were in no experiment, with the measure's columns."""
        plain = pair(measure._replace(covariates=()), history, history).control
        if not measure.covariates:
            return cls(measure.kind, float(plain.value), float(plain.variance))
        left = pair(measure, history, history)
        explained = 0.0 if left.explained is None else float(left.explained)
        return cls(measure.kind, float(plain.value), float(left.control.variance), explained)

    def varied(self, effect: float) -> float:
        """The variance of one unit of an arm whose value is more by a part.

        A share's follows from its value. Of anything else it grows with the value: more buyers raise it in proportion, larger amounts
        with the square, a shift for all not at all; the middle one is never far off.
        """
        if self.kind == "proportion":
            value = self.value * (1 + effect)
            return max(0.0, value * (1 - value)) * (1 - self.explained)
        return self.variance * (1 + effect) if self.value > 0 else self.variance


class Design(NamedTuple):
    """What an experiment is to do. `looks`: how often a sequential one is looked at on the way.

    `weights`: the control's first; the treatment with the smallest counts. `comparisons`: how many effects are to hold
    together (variations but one, times primary metrics).
    """

    method: Literal["fixed", "group_sequential", "always_valid", "bayesian"] = "group_sequential"
    alpha: float = 0.05
    power: float = 0.8
    looks: int = 14
    weights: tuple[float, ...] = (1.0, 1.0)
    comparisons: int = 1

    @property
    def level(self) -> float:
        """The alpha of one comparison."""
        return self.alpha / max(1, self.comparisons)

    @property
    def shares(self) -> tuple[float, float]:
        """Of all units, those of control and of the smallest treatment."""
        whole = sum(self.weights)
        return self.weights[0] / whole, min(self.weights[1:]) / whole


class Size(NamedTuple):
    """Units in all and per arm; `inflation`: how many times those of a single look, for leave to look early."""

    units: int
    per_arm: tuple[int, ...]
    inflation: float


def size(baseline: Baseline, effect: float, design: Design) -> Size:
    """The units with which an effect (as part of the value: 0.05 is five in a hundred more) is found with the design's power.

    The normal approximation (J. Fleiss, B. Levin and M. Paik 2003, 4.3; for means the same), with Jennison and Turnbull's (2000, 3.1) for looks.
    """
    drift = _drift(design)
    units = _variance(baseline, effect, design) * (drift / (effect * baseline.value)) ** 2 if effect else math.inf
    if not math.isfinite(units) or units > LARGEST:
        raise ValueError("No number of units is enough to find such an effect.")
    whole = sum(design.weights)
    per_arm = tuple(math.ceil(units * weight / whole - 1e-9) for weight in design.weights)
    return Size(sum(per_arm), per_arm, (drift / _single(design)) ** 2)


def power(baseline: Baseline, effect: float, units: float, design: Design) -> float:
    """The chance to find an effect with so many units in all."""
    drift = abs(effect * baseline.value) * math.sqrt(units / _variance(baseline, effect, design))
    if design.method in ("fixed", "bayesian"):
        return float(normal_above(two_sided(design.level) - drift))
    return _test(design).power(drift)


def minimal_effect(baseline: Baseline, units: float, design: Design) -> float:
    """The smallest effect that is found with the design's power with so many units in all, as part of the value."""
    drift = _drift(design)
    low, high = 0.0, 1.0

    def found(effect: float) -> bool:
        spread = _variance(baseline, effect, design) / units
        return abs(effect * baseline.value) >= drift * math.sqrt(spread)

    if not baseline.value:
        raise ValueError("What is 0 has no parts: there is no relative effect to plan with.")
    while not found(high):
        low, high = high, 2 * high
        if high > LARGEST:
            raise ValueError("No effect is large enough to be found with so few units.")
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if found(middle) else (middle, high)
    return high


def days(units: float, reached: Sequence[float], coverage: float = 1.0) -> int | None:
    """How many days it takes until so many units were there; None where they never are.

    `reached`: how many different units had come after 1, 2, ... days of the history (those who come again are counted once, which
    is why two weeks bring less than twice one); beyond it goes on as its last week did. `coverage`: which part takes part.
    """
    curve = np.asarray(reached, float) * coverage
    if not curve.size:
        return None
    enough = np.flatnonzero(curve >= units)
    if enough.size:
        return int(enough[0]) + 1
    back = min(_WEEK, curve.size)
    pace = (curve[-1] - (curve[-back - 1] if curve.size > back else 0.0)) / back
    return None if pace <= 0 else curve.size + math.ceil((units - curve[-1]) / pace - 1e-9)


def whole_weeks(count: int) -> int:
    """Days filled up to whole weeks: weekdays differ in who comes."""
    return max(1, math.ceil(count / _WEEK)) * _WEEK


class Outlook(NamedTuple):
    """What so many weeks of traffic allow."""

    days: int
    units: float
    effect: float


def outlooks(
    baseline: Baseline,
    reached: Sequence[float],
    design: Design,
    coverage: float = 1.0,
    weeks: Sequence[int] = (1, 2, 4, 8),
) -> list[Outlook]:
    """The smallest effect found after some numbers of weeks."""
    found = []
    for week in weeks:
        units = units_after(week * _WEEK, reached, coverage)
        if units >= 2:
            found.append(Outlook(week * _WEEK, units, minimal_effect(baseline, units, design)))
    return found


def units_after(count: int, reached: Sequence[float], coverage: float) -> float:
    """How many different units will have come after so many days, by `reached` as in `days`."""
    curve = np.asarray(reached, float) * coverage
    if not curve.size:
        return 0.0
    if count <= curve.size:
        return float(curve[count - 1])
    back = min(_WEEK, curve.size)
    pace = (curve[-1] - (curve[-back - 1] if curve.size > back else 0.0)) / back
    return float(curve[-1] + pace * (count - curve.size))


def _variance(baseline: Baseline, effect: float, design: Design) -> float:
    """The variance of the difference, times units in all."""
    control, treatment = design.shares
    return baseline.variance / control + baseline.varied(effect) / treatment


def _single(design: Design) -> float:
    """Around where z must lie for a single look."""
    return float(two_sided(design.level) + normal_quantile(design.power))


def _drift(design: Design) -> float:
    """Around where z at all units must lie."""
    if design.method in ("fixed", "bayesian"):
        return _single(design)
    return _test(design).drift(design.power)


def _test(design: Design) -> sequential.Boundaries:
    fractions = sequential.evenly(max(1, design.looks))
    if design.method == "group_sequential":
        return sequential.boundaries(design.level, fractions)
    # Of a confidence sequence tuned for the planned units, only the part of them that is in matters.
    reach = always.critical(design.level, np.array(fractions), 1.0)
    return sequential.with_boundaries(design.level, fractions, [float(one) for one in reach])
