"""Quantiles of single values: exact, with a variance that needs no shape of the distribution."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from resa.experiments.statistics.distributions import Array
from resa.experiments.statistics.estimates import Estimate, Pair
from resa.kernel.metrics.statistics import rank_of

_Z: Final = 1.959963984540054
"""Between limits of this many errors the variance is measured."""


def pair(control: ArrayLike, treatment: ArrayLike, q: float) -> Pair:
    """The `q` quantile of both arms, one value per unit."""
    return Pair(estimate(control, q), estimate(treatment, q))


def estimate(values: ArrayLike, q: float, units: ArrayLike | None = None) -> Estimate:
    """The smallest value that a share of at least `q` does not exceed, and its variance.

    The variance is that of a normal estimate with the same distribution-free interval: between the values whose ranks are that
    many errors of the share below and above (R. S. Woodruff 1952, "Confidence Intervals for Medians and Other Position
    Measures"). Where several values are of one unit (`units` has its number for each), the error of the share is the delta method's, units being
    drawn (Deng, Knoblich and Lu 2018, section 4). nan of too few values for an interval.
    """
    found = np.asarray(values, np.float64)
    order = np.argsort(found, kind="stable")
    ordered, n = found[order], found.size
    count = n if units is None else int(np.unique(np.asarray(units)).size)
    if n == 0:
        return Estimate(np.array(0.0), np.array(math.nan), np.array(math.nan))
    value = float(ordered[rank_of(q, n) - 1])
    spread = _Z * n * math.sqrt(q * (1 - q) / n if units is None else _error(found <= value, np.asarray(units)))
    low, high = math.floor(n * q - spread), math.ceil(n * q + spread)
    if low < 1 or high > n:
        return Estimate(np.array(float(count)), np.array(value), np.array(math.nan))
    error = float(ordered[high - 1] - ordered[low - 1]) / (2 * _Z)
    return Estimate(np.array(float(count)), np.array(value), np.array(error**2 * count))


def _error(below: ArrayLike, units: Array) -> float:
    """The variance of the share of values `below`, several being of one unit."""
    _, unit = np.unique(units, return_inverse=True)
    part, whole = np.bincount(unit, np.asarray(below, np.float64)), np.bincount(unit)
    count, share = whole.size, part.sum() / whole.sum()
    if count < 2:
        return math.inf
    return float(np.square(part - share * whole).sum() / whole.sum() ** 2 * count / (count - 1))
