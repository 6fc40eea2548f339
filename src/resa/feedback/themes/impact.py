"""What a theme does to the score: the difference between comments that speak of it and those that don't.

All themes at once in one least-squares regression, so that a theme is not blamed for another that comes along with it;
standard errors that allow any spread and belong together within a customer (cluster-robust: K.-Y. Liang, S. Zeger, 1986,
with the small-sample factor of Stata). Intervals are simultaneous over all themes (Bonferroni).
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from resa.feedback.themes.rising import RATE

Array = npt.NDArray[Any]

FEWEST: Final = 10
"""Scored comments with a theme, and without it, that a difference needs."""


class Impact(NamedTuple):
    """Points of the score, with an interval that holds for all themes together; `n` scored comments speak of it."""

    difference: float
    low: float
    high: float
    n: int


def impacts(scores: Array, about: Array, customers: Array) -> list[Impact | None]:
    """Of each theme. `scores`: n; `about`: n x k, boolean; `customers`: n numbers. None where there are too few."""
    n = len(scores)
    with_theme = about.sum(axis=0)
    told = np.flatnonzero((with_theme >= FEWEST) & (n - with_theme >= FEWEST))
    out: list[Impact | None] = [None] * about.shape[1]
    if not told.size or n <= told.size + 1 or len(np.unique(customers)) < FEWEST:
        return out
    design = np.column_stack((np.ones(n), about[:, told].astype(np.float64)))
    bread = np.linalg.pinv(design.T @ design)
    coefficients = bread @ (design.T @ scores)
    errors = np.sqrt(np.maximum(np.diag(_clustered(design, scores - design @ coefficients, customers, bread)), 0))
    from scipy.stats import t  # noqa: PLC0415  # SciPy: only who asks for impacts needs it

    wide = float(t.ppf(1 - RATE / 2 / told.size, len(np.unique(customers)) - 1))
    for place, theme in enumerate(told.tolist(), 1):
        middle, half = float(coefficients[place]), wide * float(errors[place])
        out[theme] = Impact(middle, middle - half, middle + half, int(with_theme[theme]))
    return out


def _clustered(design: Array, residuals: Array, customers: Array, bread: Array) -> Array:
    groups, place = np.unique(customers, return_inverse=True)
    n, k = design.shape
    sums = np.zeros((len(groups), k))
    np.add.at(sums, place, design * residuals[:, None])
    factor = len(groups) / (len(groups) - 1) * (n - 1) / (n - k)
    covariance: Array = factor * bread @ (sums.T @ sums) @ bread
    return covariance
