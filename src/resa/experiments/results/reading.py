"""One metric of an experiment, read by its plan: every variation against the control, over time, and what one look would say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from resa.experiments.definition import Plan
from resa.experiments.results.timing import Timing
from resa.experiments.statistics import (
    AlwaysValid,
    Bayesian,
    Fixed,
    GroupSequential,
    Measure,
    Method,
    Moments,
    Pair,
    Reading,
    level,
    of_pair,
    quantiles,
    read,
)
from resa.kernel.metrics.units import Array

CONTROL: Final = 0


class Against(NamedTuple):
    """One variation (its number) against the control: by the plan, and by one look of a fixed sample."""

    arm: int
    reading: Reading
    p: float | None
    """Right for the looks of the plan, of this comparison alone."""
    fixed: Reading
    waiting: bool
    """Whether the plan's next look is still to come, and this is what can be said until then."""


class Point(NamedTuple):
    """What was known at the end of a stretch of time."""

    at: int
    arm: int
    units: int
    value: float | None
    low: float | None
    high: float | None
    significant: bool
    fixed_p: float | None
    """What a fixed sample's test would have said had one looked then, and only then."""


class Read(NamedTuple):
    """A metric: every comparison, the path of the relative effect, and the moment it is read at."""

    against: list[Against]
    path: list[Point]
    as_of: int


def tuned_for(plan: Plan, arms: int) -> float:
    """Units of two arms at which an always-valid interval is narrowest: the planned ones, or the usual number."""
    return AlwaysValid().tuned if plan.size is None else max(2.0, plan.size * 2 / arms)


def now(moments: Moments, measure: Measure, plan: Plan, timing: Timing, comparisons: int) -> Read:
    """Everything that can be said now; intervals of all `comparisons` hold together, p-values stand alone (see `holm`)."""
    arms = moments.n.shape[0]
    stretch, as_of = _as_of(plan, timing)
    alpha = level(plan.alpha, comparisons)
    sides = [moments[arm, stretch] for arm in range(arms)]
    against = [_against(measure, sides, arm, plan, timing, alpha) for arm in range(1, arms)]
    path = [point for arm in range(1, arms) for point in _path(moments, measure, arm, plan, timing, alpha)]
    return Read(against, path, as_of)


def at_end(sides: Sequence[Moments], measure: Measure, plan: Plan, timing: Timing, comparisons: int) -> Read:
    """The same as of the end, without a path; not for plans that have looks."""
    alpha = level(plan.alpha, comparisons)
    against = [_against(measure, sides, arm, plan, timing, alpha) for arm in range(1, len(sides))]
    return Read(against, [], timing.end)


def of_quantile(arms: Sequence[tuple[Array, Array]], q: float, plan: Plan, timing: Timing, comparisons: int) -> Read:
    """A quantile of the arms' single values (each with its unit), as of now; without a path, which sums can't tell."""
    estimates = [quantiles.estimate(values, q, units) for values, units in arms]
    alpha = level(plan.alpha, comparisons)
    method = Fixed(alpha) if plan.method == "fixed" else Bayesian(alpha=alpha) if plan.method == "bayesian" else None
    valid = method or AlwaysValid(tuned_for(plan, len(arms)), alpha)
    short = _short(plan, [float(each.n) for each in estimates])
    against = []
    for arm in range(1, len(arms)):
        both = Pair(estimates[CONTROL], estimates[arm])
        found, fixed = of_pair(both, valid), of_pair(both, Fixed(plan.alpha))
        if short:
            found = found._replace(significant=False, enough=False, p=None)
        alone = None if short else of_pair(both, valid._replace(alpha=plan.alpha)).p
        against.append(Against(arm, found, alone, fixed, short))
    return Read(against, [], timing.end)


def _short(plan: Plan, units: Sequence[float]) -> bool:
    """Whether a plan of one look is still short of its units."""
    return plan.method == "fixed" and plan.size is not None and sum(units) < plan.size


def _as_of(plan: Plan, timing: Timing) -> tuple[int, int]:
    """The stretch a reading is as of: the last look's, where the plan has looks and one is over; else the last."""
    if plan.method == "group_sequential" and timing.looks:
        at = timing.looks[-1].at
        return timing.upto(at), at
    return len(timing.edges) - 1, timing.end


def method_of(plan: Plan, timing: Timing, alpha: float, arms: int) -> Method | None:
    """How the plan reads now; None where it allows no conclusion yet."""
    if plan.method == "group_sequential":
        fractions = tuple(look.fraction for look in timing.looks)
        return GroupSequential(fractions, alpha) if fractions else None
    if plan.method == "always_valid":
        return AlwaysValid(tuned_for(plan, arms), alpha)
    return Bayesian(alpha=alpha) if plan.method == "bayesian" else Fixed(alpha)


def _against(measure: Measure, sides: Sequence[Moments], arm: int, plan: Plan, timing: Timing, alpha: float) -> Against:
    control, treatment = sides[CONTROL], sides[arm]
    fixed = read(measure, control, treatment, Fixed(plan.alpha))
    method = method_of(plan, timing, alpha, len(sides))
    if method is None or _short(plan, [float(side.n) for side in sides]):
        found = read(measure, control, treatment, Fixed(alpha))
        return Against(arm, found._replace(significant=False, enough=False, p=None), None, fixed, True)
    found = read(measure, control, treatment, method)
    alone = read(measure, control, treatment, method._replace(alpha=plan.alpha))
    return Against(arm, found, alone.p, fixed, False)


# -- over time -----------------------------------------------------------------------------------------------------


def _path(moments: Moments, measure: Measure, arm: int, plan: Plan, timing: Timing, alpha: float) -> list[Point]:
    """The relative effect at the end of every day, or at every look of a plan that has looks."""
    arms = moments.n.shape[0]
    if plan.method == "group_sequential":
        return [
            _point(moments, measure, arm, look.at, timing, _upto(timing, number, alpha), plan.alpha)
            for number, look in enumerate(timing.looks)
        ]
    return [
        _point(moments, measure, arm, at, timing, method_of(plan, timing, alpha, arms) or Fixed(alpha), plan.alpha)
        for at in timing.days
    ]


def _upto(timing: Timing, number: int, alpha: float) -> GroupSequential:
    return GroupSequential(tuple(look.fraction for look in timing.looks[: number + 1]), alpha)


def _point(
    moments: Moments, measure: Measure, arm: int, at: int, timing: Timing, method: Method, alpha: float
) -> Point:
    stretch = timing.upto(at)
    control, treatment = moments[CONTROL, stretch], moments[arm, stretch]
    units = round(float(control.n + treatment.n))
    if min(float(control.n), float(treatment.n)) < 2:
        return Point(at, arm, units, None, None, None, False, None)
    usable = _usable(measure, control, treatment)
    found = read(usable, control, treatment, method)
    fixed = read(usable, control, treatment, Fixed(alpha))
    relative = found.relative
    return Point(at, arm, units, relative.value, relative.low, relative.high, found.significant, fixed.p)


def _usable(measure: Measure, *arms: Moments) -> Measure:
    """The measure without its covariate where an arm has none of it yet."""
    for covariate in measure.covariates:
        for arm in arms:
            below = 1.0 if covariate.y is None else float(arm.mean[..., arm.at(covariate.y)])
            if float(arm.n) <= 2 or below <= 0 or not np.isfinite(below):
                return measure._replace(covariates=())
    return measure
