"""From the moments of two arms to a value and a variance each: means, shares, ratios, with or without covariates."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from resa.experiments.statistics.distributions import Array
from resa.experiments.statistics.moments import Moments

Kind = Literal["mean", "proportion", "ratio", "quantile"]


class Quotient(NamedTuple):
    """The mean of a column, or by the mean of another: the names of the columns."""

    x: str
    y: str | None = None


class Measure(NamedTuple):
    """What is read. `proportion`: `x` is 0 or 1; `ratio`: the total of `x` by that of `y`, units being what was randomised.

    `covariates` are what the same units did before they were exposed (CUPED).
    """

    kind: Kind
    x: str
    y: str | None = None
    covariates: tuple[Quotient, ...] = ()

    @property
    def quotient(self) -> Quotient:
        """What is measured, as its covariates are."""
        return Quotient(self.x, self.y)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it needs, each once."""
        every = [name for quotient in (self.quotient, *self.covariates) for name in quotient if name is not None]
        return tuple(dict.fromkeys(every))


class Estimate(NamedTuple):
    """The value of one arm; `variance` is of one unit, so that the value's own is `variance / n`."""

    n: Array
    value: Array
    variance: Array

    @property
    def error(self) -> Array:
        """The variance of the value; nan of nobody's."""
        return np.asarray(self.variance / np.where(self.n > 0, self.n, np.nan))


class Pair(NamedTuple):
    """An arm and the control it is compared with. `explained`: the part of the variance that covariates took away.

    `skewness` is that of what is measured, over both arms, where known.
    """

    control: Estimate
    treatment: Estimate
    explained: Array | None = None
    counts: tuple[Array, Array] | None = None
    """Of a plain proportion, how many units of control and treatment did it."""
    skewness: Array | None = None

    @property
    def units(self) -> Array:
        """Units of both arms."""
        return np.asarray(self.control.n + self.treatment.n)

    @property
    def difference(self) -> Array:
        """Treatment less control."""
        return np.asarray(self.treatment.value - self.control.value)

    @property
    def error(self) -> Array:
        """The variance of the difference."""
        return np.asarray(self.treatment.error + self.control.error)

    @property
    def logarithms(self) -> Pair:
        """Both on the scale of logarithms by the delta method (nan where a value is not above 0).

        Differences there are ratios here (Katz, Baptista, Azen and Pike 1978).
        """
        return self._replace(control=_logarithm(self.control), treatment=_logarithm(self.treatment))


def pair(measure: Measure, control: Moments, treatment: Moments) -> Pair:
    """Both arms by a measure.

    Ratios by the delta method (Deng, Knoblich and Lu 2018, "Applying the Delta Method in Metric Analytics", 3.1). With
    covariates each arm's value is moved by what its covariates' difference from both arms' together predicts (CUPED: Deng,
    Xu, Kohavi and Walker 2013, with one coefficient for both arms and several covariates as in least squares; of ratios as
    in their 2018 paper). The covariates date from before the exposure, so the estimate stays unbiased.
    """
    control, treatment = control.only(measure.columns), treatment.only(measure.columns)
    together = control + treatment
    skewness = None if together.skewness is None else together.skewness[..., together.at(measure.x)]
    if not measure.covariates:
        quotients = [measure.quotient]
        found = [_plain(_linear(arm, quotients), arm) for arm in (control, treatment)]
        counts = None
        if measure.kind == "proportion":
            at = control.at(measure.x)
            counts = (control.n * control.mean[..., at], treatment.n * treatment.mean[..., at])
            # Of 0 and 1 the sample variance is known; n (not n - 1) is what a binomial count's variance has.
            found = [Estimate(one.n, one.value, one.value * (1 - one.value)) for one in found]
        return Pair(found[0], found[1], counts=counts, skewness=skewness)
    quotients = [measure.quotient, *measure.covariates]
    sides = [_linear(arm, quotients) for arm in (control, treatment)]
    both = _linear(together, quotients)
    slope = _slope(both.covariance)
    ours, theirs = (_adjusted(side, arm, both, slope) for side, arm in zip(sides, (control, treatment), strict=True))
    before, after = both.covariance[..., 0, 0], _spread(both.covariance, slope)
    explained = 1 - np.divide(after, before, out=np.ones_like(after), where=before > 0)
    return Pair(ours, theirs, explained=np.asarray(explained), skewness=skewness)


class _Linear(NamedTuple):
    """Quotients of one arm and the covariance matrix of what one unit adds to each."""

    value: Array
    covariance: Array


def _linear(arm: Moments, quotients: list[Quotient]) -> _Linear:
    """The delta method for all quotients at once: value and gradient of each in the means of the columns."""
    shape = arm.mean.shape[:-1]
    gradient = np.zeros((*shape, len(quotients), arm.mean.shape[-1]))
    values = []
    for row, (x, y) in enumerate(quotients):
        top, below = arm.mean[..., arm.at(x)], np.ones(shape) if y is None else arm.mean[..., arm.at(y)]
        below = np.where(below == 0, np.nan, below)
        value = top / below
        gradient[..., row, arm.at(x)] += 1 / below
        if y is not None:
            gradient[..., row, arm.at(y)] -= value / below
        values.append(np.where(arm.n > 0, value, np.nan))
    covariance = gradient @ arm.covariance @ np.swapaxes(gradient, -1, -2)
    return _Linear(np.stack(values, axis=-1), covariance)


def _plain(side: _Linear, arm: Moments) -> Estimate:
    return Estimate(arm.n, side.value[..., 0], np.maximum(side.covariance[..., 0, 0], 0))


def _slope(covariance: Array) -> Array:
    """The coefficients of the covariates; of those that say nothing (or the same as others) 0 (or the least ones)."""
    known = np.nan_to_num(covariance)
    return np.asarray((np.linalg.pinv(known[..., 1:, 1:], hermitian=True) @ known[..., 1:, :1])[..., 0])


def _spread(covariance: Array, slope: Array) -> Array:
    """The variance of a value less what covariates predict of it."""
    weights = np.concatenate((np.ones((*slope.shape[:-1], 1)), -slope), axis=-1)
    return np.asarray(np.maximum(np.einsum("...i,...ij,...j->...", weights, covariance, weights), 0))


def _adjusted(side: _Linear, arm: Moments, both: _Linear, slope: Array) -> Estimate:
    moved = np.einsum("...i,...i->...", slope, side.value[..., 1:] - both.value[..., 1:])
    return Estimate(arm.n, side.value[..., 0] - moved, _spread(side.covariance, slope))


def _logarithm(one: Estimate) -> Estimate:
    value = np.where(one.value > 0, one.value, np.nan)
    return Estimate(one.n, np.log(value), one.variance / value**2)
