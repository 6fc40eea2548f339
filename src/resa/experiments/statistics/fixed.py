"""A single look, planned beforehand: right once, and a false alarm more likely than stated each further time one looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from resa.experiments.statistics.distributions import (
    Array,
    Mask,
    normal_above,
    student_above,
    student_quantile,
    two_sided,
)
from resa.experiments.statistics.estimates import Estimate, Pair

FEW: Final = 50
"""Below so many who did it, or who did not, in either arm, a share's interval is Newcombe's instead of Wald's."""


class Spread(NamedTuple):
    """An interval around an effect, and the p-value against no effect at all."""

    low: Array
    high: Array
    p: Array


def freedom(pair: Pair) -> Array:
    """Welch's degrees of freedom (B. L. Welch 1947, "The generalization of Student's problem"; Satterthwaite 1946)."""
    parts = [(arm.error, arm.n - 1) for arm in (pair.control, pair.treatment)]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(
            (parts[0][0] + parts[1][0]) ** 2 / sum(np.square(error) / np.maximum(left, 0) for error, left in parts)
        )


def welch(pair: Pair, alpha: float) -> Spread:
    """Student's t with each arm's own variance and Welch's degrees of freedom."""
    df = freedom(pair)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(pair.error)
        t = pair.difference / error
        reach = student_quantile(1 - alpha / 2, df) * error
    return Spread(pair.difference - reach, pair.difference + reach, 2 * student_above(np.abs(t), df))


def wald(pair: Pair, alpha: float) -> Spread:
    """Normal, with each arm's own variance."""
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(pair.error)
        z = pair.difference / error
    reach = two_sided(alpha) * error
    return Spread(pair.difference - reach, pair.difference + reach, 2 * normal_above(np.abs(z)))


def newcombe(pair: Pair, alpha: float) -> Spread:
    """The difference of two shares from both score intervals (R. G. Newcombe 1998, "Interval estimation", method 10).

    p is the smallest alpha whose interval leaves out 0, so that the two never disagree.
    """
    low, high = newcombe_limits(pair, two_sided(alpha))
    return Spread(low, high, 2 * normal_above(np.abs(score(pair))))


def interval(pair: Pair, alpha: float) -> Spread:
    """The difference, by what is measured: `share` or `welch`."""
    return welch(pair, alpha) if pair.counts is None else share(pair, alpha)


def share(pair: Pair, alpha: float) -> Spread:
    """Of shares: Wald's where all four counts are `FEW` or more, else Newcombe's."""
    assert pair.counts is not None
    arms = zip(pair.counts, (pair.control.n, pair.treatment.n), strict=True)
    least = np.min([np.minimum(did, n - did) for did, n in arms], axis=0)
    plain, exact = wald(pair, alpha), newcombe(pair, alpha)
    return Spread(*(np.where(least >= FEW, a, b) for a, b in zip(plain, exact, strict=True)))


def logarithmic(pair: Pair, alpha: float) -> Spread:
    """By how much treatment is more than control, as part of it (0.1: a tenth more), on the scale of logarithms.

    Katz, Baptista, Azen and Pike (1978), with Welch's degrees of freedom there; for shares normal. nan where a value is not
    above 0. Right for shares and for values that are not skewed; else see `fieller`.
    """
    logarithms = pair.logarithms
    spread = welch(logarithms, alpha) if pair.counts is None else wald(logarithms, alpha)
    return Spread(np.expm1(spread.low), np.expm1(spread.high), spread.p)


def fieller(pair: Pair, reach: Array | float) -> tuple[Array, Array]:
    """Limits of the difference as part of the control's value: the ratios that a test of `reach` errors would not reject.

    E. C. Fieller (1954), "Some problems in interval estimation". They leave out 0 exactly where the difference's interval
    does, and treatment less ratio times control is as little skewed as the difference itself, where the logarithm of either is
    not (docs/statistics.md has both in simulation). nan where the control's value might be 0: no ratio is excluded then.
    """
    c, t = pair.control, pair.treatment
    squared = np.square(reach)
    with np.errstate(divide="ignore", invalid="ignore"):
        below = c.value**2 - squared * c.error
        inside = np.square(c.value * t.value) - below * (t.value**2 - squared * t.error)
        half = np.where((below > 0) & (inside >= 0), np.sqrt(np.maximum(inside, 0)), np.nan)
        low, high = (c.value * t.value - half) / below - 1, (c.value * t.value + half) / below - 1
    # Of a control below 0: part of its size, so that more stays more.
    return np.where(c.value > 0, low, -high), np.where(c.value > 0, high, -low)


def score(pair: Pair) -> Array:
    """How many errors the difference of two shares is from 0, by Newcombe's intervals: the largest z that leaves out 0."""
    side = np.sign(pair.difference)

    def leaves_out_zero(z: Array) -> Mask:
        below, above = newcombe_limits(pair, z)
        return ((side > 0) & (below > 0)) | ((side < 0) & (above < 0))

    z = _last(leaves_out_zero, np.zeros_like(pair.difference), np.full_like(pair.difference, 38.0))
    return np.asarray(side * z)


def newcombe_limits(pair: Pair, z: Array | float) -> tuple[Array, Array]:
    """The limits of `newcombe` at a normal quantile."""
    c, t = pair.control, pair.treatment
    (c_low, c_high), (t_low, t_high) = _wilson(c, z), _wilson(t, z)
    below = np.hypot(t.value - t_low, c_high - c.value)
    above = np.hypot(t_high - t.value, c.value - c_low)
    return pair.difference - below, pair.difference + above


def _wilson(arm: Estimate, z: Array | float) -> tuple[Array, Array]:
    """Wilson's score interval (1927) of a share."""
    squared, n = np.square(z), np.where(arm.n > 0, arm.n, np.nan)
    middle = arm.value + squared / (2 * n)
    reach = z * np.sqrt(np.maximum(arm.value * (1 - arm.value) / n + squared / (4 * n**2), 0))
    by = 1 + squared / n
    return (middle - reach) / by, (middle + reach) / by


def _last(holds: Callable[[Array], Mask], low: Array, high: Array) -> Array:
    """The last point for which something that holds up to some point holds, by halving."""
    for _ in range(60):
        middle = (low + high) / 2
        held = holds(middle)
        low, high = np.where(held, middle, low), np.where(held, high, middle)
    return np.asarray((low + high) / 2)
