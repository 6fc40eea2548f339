"""The few distributions the readings need, on arrays. SciPy is asked for here only, and not before somebody reads.

SciPy takes a third of a second to import and the server must start without it: hence the imports inside.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


def normal_below(z: ArrayLike) -> Array:
    """The chance of a standard normal value up to `z`."""
    from scipy.special import ndtr

    return _array(ndtr(z))


def normal_above(z: ArrayLike) -> Array:
    """The chance of a standard normal value beyond `z`, exact in the tail too."""
    from scipy.special import ndtr

    return _array(ndtr(-np.asarray(z, float)))


def normal_at(z: ArrayLike) -> Array:
    """The standard normal density."""
    return _array(np.exp(-0.5 * np.square(z)) / np.sqrt(2 * np.pi))


def normal_quantile(p: ArrayLike) -> Array:
    """The value that a standard normal one stays below with chance `p`."""
    from scipy.special import ndtri

    return _array(ndtri(p))


def two_sided(alpha: ArrayLike) -> Array:
    """The normal quantile with `alpha` beyond it on both sides together."""
    return -normal_quantile(np.asarray(alpha, float) / 2)


def student_above(t: ArrayLike, freedom: ArrayLike) -> Array:
    """The chance of a Student t value beyond `t`."""
    from scipy.special import stdtr

    return _array(stdtr(freedom, -np.asarray(t, float)))


def student_quantile(p: ArrayLike, freedom: ArrayLike) -> Array:
    """The value that a Student t one stays below with chance `p`."""
    from scipy.special import stdtrit

    return _array(stdtrit(freedom, p))


def chi_square_above(x: ArrayLike, freedom: ArrayLike) -> Array:
    """The chance of a chi-square value beyond `x`."""
    from scipy.special import chdtrc

    return _array(chdtrc(freedom, x))


def log_gamma(x: ArrayLike) -> Array:
    """The logarithm of the gamma function."""
    from scipy.special import gammaln

    return _array(gammaln(x))


def lambert_lower(x: float) -> float:
    """The lower branch of Lambert's W of `x` in (-1/e, 0)."""
    from scipy.special import lambertw

    return float(lambertw(x, -1).real)


def binomial_quantile(p: float, n: int, chance: float) -> int:
    """The smallest count whose binomial chance of being reached or stayed below is at least `p`."""
    from scipy.stats import binom

    return int(binom.ppf(p, n, chance))


def _array(values: Any) -> Array:
    return np.asarray(values, np.float64)
