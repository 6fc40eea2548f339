"""One measure of one arm against control, read by the method of the plan: the face of this package for results.

`spread` works on arrays (one call reads thousands of experiments), `read` makes plain numbers of one.
"""

from __future__ import annotations

import math
from typing import Final, Literal, NamedTuple

import numpy as np

from resa.experiments.statistics import always, bayesian, fixed, sequential, unequal
from resa.experiments.statistics.bayesian import Prior
from resa.experiments.statistics.distributions import Array, Mask, student_quantile, two_sided
from resa.experiments.statistics.estimates import Estimate, Measure, Pair, pair
from resa.experiments.statistics.moments import Moments

LEAST: Final = 100
"""Fewer units in either arm say nothing that a sequential method could lean on: they rest on the central limit theorem."""


class Fixed(NamedTuple):
    """One look, at the planned end. `logarithmic`: ratios on the scale of logarithms, as other tools have them."""

    alpha: float = 0.05
    logarithmic: bool = False
    name: Literal["fixed"] = "fixed"


class GroupSequential(NamedTuple):
    """Looks on the way to a planned number of units; `fractions` of it at all looks so far, this one last.

    The look at which all are in is the last: of later ones nothing can be concluded (`enough` is not), for that look is the result.
    """

    fractions: tuple[float, ...]
    alpha: float = 0.05
    name: Literal["group_sequential"] = "group_sequential"


class AlwaysValid(NamedTuple):
    """Looks without a plan; the interval is narrowest at `tuned` units of both arms, which never changes while it runs."""

    tuned: float = always.TUNED_FOR
    alpha: float = 0.05
    name: Literal["always_valid"] = "always_valid"


class Bayesian(NamedTuple):
    """The posterior of a stated prior; without one, a flat one."""

    prior: Prior | None = Prior()
    alpha: float = 0.05
    name: Literal["bayesian"] = "bayesian"


Method = Fixed | GroupSequential | AlwaysValid | Bayesian


class Effect(NamedTuple):
    """An effect and its interval; None where there is nothing to say."""

    value: float | None
    low: float | None
    high: float | None


class Side(NamedTuple):
    """What one arm comes to: units, value, and the value's standard error."""

    n: int
    value: float | None
    error: float | None


class Reading(NamedTuple):
    """What may be said of a measure in one arm against control.

    `significant`: the interval of the difference leaves out 0 (Bayesian: the chance to be better does at that level), and the
    method allows to conclude from it now. `relative` is part of the control's value: 0.1 is a tenth more. `p` is right for
    the method's looks; `critical` is how many standard errors the interval reaches. `explained` is the part of the variance that
    covariates took away. `chance`, `loss`, `loss_of_control` are the Bayesian ones.
    """

    method: str
    alpha: float
    control: Side
    treatment: Side
    difference: Effect
    relative: Effect
    p: float | None
    significant: bool
    enough: bool
    critical: float | None
    explained: float | None = None
    chance: float | None = None
    loss: float | None = None
    loss_of_control: float | None = None

    @property
    def direction(self) -> Literal["up", "down"] | None:
        """Where a significant effect goes."""
        if not self.significant or self.difference.value is None:
            return None
        return "up" if self.difference.value > 0 else "down"


class Spreads(NamedTuple):
    """Intervals of the difference and of the ratio less 1; where `enough` is not, they are no conclusion yet."""

    low: Array
    high: Array
    relative_low: Array
    relative_high: Array
    enough: Mask

    @property
    def significant(self) -> Mask:
        """Where the interval of the difference leaves out 0."""
        return self.enough & ((self.low > 0) | (self.high < 0))


def read(measure: Measure, control: Moments, treatment: Moments, method: Method) -> Reading:
    """One measure of one arm against control, from their moments."""
    return of_pair(pair(measure, control, treatment), method)


def of_pair(both: Pair, method: Method) -> Reading:
    """The same of two estimates, wherever they are from (quantiles, say)."""
    both = _careful(both, method)
    found = spread(both, method)
    bayes = bayesian.posterior(both, method.alpha, method.prior) if isinstance(method, Bayesian) else None
    enough = bool(found.enough)
    difference = both.difference if bayes is None else bayes.value
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = difference / np.abs(both.control.value)
    return Reading(
        method=method.name,
        alpha=method.alpha,
        control=_side(both.control),
        treatment=_side(both.treatment),
        difference=Effect(_number(difference), _number(found.low), _number(found.high)),
        relative=Effect(_number(relative), _number(found.relative_low), _number(found.relative_high)),
        p=_number(p_value(both, method)) if enough else None,
        significant=bool(found.significant),
        enough=enough,
        critical=_number(_reach(both, method)),
        explained=None if both.explained is None else _number(both.explained),
        chance=None if bayes is None else _number(bayes.chance),
        loss=None if bayes is None else _number(bayes.loss),
        loss_of_control=None if bayes is None else _number(bayes.loss_of_control),
    )


def spread(both: Pair, method: Method) -> Spreads:
    """The intervals of many experiments at once."""
    both = _careful(both, method)
    known = (both.control.n > 1) & (both.treatment.n > 1) & (both.error > 0)
    if isinstance(method, Bayesian):
        found = bayesian.posterior(both, method.alpha, method.prior)
        scale = np.where(both.control.value == 0, np.nan, np.abs(both.control.value))
        return Spreads(found.low, found.high, found.low / scale, found.high / scale, known)
    if isinstance(method, Fixed):
        plain = fixed.interval(both, method.alpha)
        known = known if both.counts is None else (both.control.n > 0) & (both.treatment.n > 0)
        low, high = plain.low, plain.high
    else:
        known = known & (np.minimum(both.control.n, both.treatment.n) >= LEAST)
        if isinstance(method, GroupSequential) and not _open(method):
            known = np.zeros_like(known)
        low, high = _limits(both, _reach(both, method))
    return Spreads(low, high, *_part(both, method), known)


def p_value(both: Pair, method: Method) -> Array:
    """Against no effect, right for the looks of the method; Bayesian readings have none (nan)."""
    both = _careful(both, method)
    match method:
        case Fixed():
            return fixed.interval(both, method.alpha).p
        case GroupSequential() if not _open(method):
            return np.ones_like(both.difference)
        case GroupSequential():
            return sequential.repeated_p(method.alpha, method.fractions, z(both))
        case AlwaysValid():
            return always.p(method.alpha, both.units, z(both), method.tuned)
        case Bayesian():
            return np.full_like(both.difference, np.nan)


def z(both: Pair) -> Array:
    """How many errors the difference is from 0; of shares by their score intervals, which need no variance of rare ones."""
    if both.counts is not None:
        return fixed.score(both)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(both.difference / np.sqrt(both.error))


def _careful(both: Pair, method: Method) -> Pair:
    """Arms of very different size by `unequal`; shares have intervals that need no such care."""
    if both.counts is not None:
        return both
    once = isinstance(method, Fixed | Bayesian)
    return unequal.cautious(both, unequal.ONCE if once else unequal.OFTEN, if_unknown=not once)


def _reach(both: Pair, method: Method) -> Array | float:
    """How many errors an interval reaches."""
    match method:
        case GroupSequential():
            return sequential.boundaries(method.alpha, method.fractions).critical[-1] if _open(method) else math.inf
        case AlwaysValid():
            return always.critical(method.alpha, both.units, method.tuned)
        case Fixed() if both.counts is None:
            return student_quantile(1 - method.alpha / 2, fixed.freedom(both))
        case _:
            return two_sided(method.alpha)


def _open(method: GroupSequential) -> bool:
    """Whether there is a look to conclude from."""
    return bool(sequential.counted(method.fractions)) and not sequential.over(method.fractions)


def _limits(both: Pair, reach: Array | float) -> tuple[Array, Array]:
    if both.counts is not None:
        return fixed.newcombe_limits(both, reach)
    with np.errstate(invalid="ignore"):
        half = reach * np.sqrt(both.error)
    return both.difference - half, both.difference + half


def _part(both: Pair, method: Fixed | GroupSequential | AlwaysValid) -> tuple[Array, Array]:
    """Limits of the difference as part of the control's value."""
    if isinstance(method, Fixed) and (method.logarithmic or both.counts is not None):
        found = fixed.logarithmic(both, method.alpha)
        return found.low, found.high
    if both.counts is None:
        return fixed.fieller(both, _reach(both, method))
    logarithms = both.logarithms
    with np.errstate(over="ignore", invalid="ignore"):
        half = _reach(both, method) * np.sqrt(logarithms.error)
        return np.expm1(logarithms.difference - half), np.expm1(logarithms.difference + half)


def ended(both: Pair, method: GroupSequential) -> sequential.Ended:
    """The final reading of a group-sequential test that has stopped at its last look: interval, effect and p by stages."""
    return sequential.boundaries(method.alpha, method.fractions).ended(float(z(both)), math.sqrt(float(both.error)))


def _side(arm: Estimate) -> Side:
    error = _number(arm.error) if arm.n > 1 else None
    return Side(round(float(arm.n)), _number(arm.value), None if error is None else math.sqrt(error))


def _number(value: Array | float) -> float | None:
    """A plain number; None of what is none, infinite ends included."""
    number = float(value)
    return number if math.isfinite(number) else None
