"""How much of a score's spread each driver accounts for, with bootstrap intervals; and its slope, all others alike. Pure.

Importance is Johnson's relative weight ("A heuristic method for estimating the relative weight of predictor variables in
multiple regression", Multivariate Behavioral Research 35, 2000): drivers overlap, so R^2 is divided by way of their closest
orthogonal counterparts; it agrees closely with the Shapley value of R^2 (LMG: Lindeman, Merenda, Gold 1980; Gromping, The American
Statistician 61, 2007), which `lmg` has in full for a few drivers. Slopes are of a ridge regression with errors robust to
unequal spread and to people answering again (Liang, Zeger 1986). Both are association: what goes with the score, not what
moves it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import factorial
from typing import Final

import numpy as np

from resa.feedback.scores import fits
from resa.feedback.scores.scales import Array
from resa.kernel.multiplicity import discovered
from resa.kernel.proportions import Z

TIMES: Final = 200
RIDGE: Final = 1.0
_CLOSE: Final = 1e-10


@dataclass(frozen=True)
class Importance:
    """By driver: its part of R^2 with an interval, its slope (points of the score per unit of the driver) with one, and q."""

    weight: Array
    weight_low: Array
    weight_high: Array
    slope: Array
    slope_low: Array
    slope_high: Array
    q: list[float | None]
    explained: float
    """R^2 of all drivers together."""
    n: int


def relative_weights(x: Array, y: Array) -> Array:
    """Johnson's relative weights; they add up to R^2. Columns must vary."""
    z, target = fits.standardised(x), y - y.mean()
    if not target.any():
        return np.zeros(x.shape[1])
    target = target / target.std()
    n = len(z)
    values, vectors = np.linalg.eigh(z.T @ z / n)
    values = np.maximum(values, _CLOSE)
    loadings = vectors * np.sqrt(values) @ vectors.T
    slopes = vectors / np.sqrt(values) @ vectors.T @ (z.T @ target / n)
    return np.asarray(loadings**2 @ slopes**2)


def lmg(x: Array, y: Array) -> Array:
    """The Shapley value of R^2 of each column, over all orders: for at most a dozen columns (2^k regressions)."""
    count = x.shape[1]
    z = fits.standardised(x)
    target = (y - y.mean()) / y.std()
    correlation, with_y = z.T @ z / len(z), z.T @ target / len(z)
    known: dict[tuple[int, ...], float] = {(): 0.0}
    for size in range(1, count + 1):
        for some in combinations(range(count), size):
            mine = np.array(some)
            known[some] = float(with_y[mine] @ np.linalg.solve(correlation[np.ix_(mine, mine)], with_y[mine]))
    found = np.zeros(count)
    for some, explained in known.items():
        for one in set(range(count)) - set(some):
            share = factorial(len(some)) * factorial(count - len(some) - 1) / factorial(count)
            found[one] += share * (known[tuple(sorted((*some, one)))] - explained)
    return found


def importance(x: Array, y: Array, people: Array, *, seed: int = 7, times: int = TIMES) -> Importance:
    """Of each column of `x` for `y`. The bootstrap draws people, with all their answers."""
    slope, error, p = slopes(x, y, people)
    weight = relative_weights(x, y)
    drawn = _bootstrapped(x, y, people, seed, times)
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    reach = Z * error
    q = discovered([float(each) for each in p])
    return Importance(weight, low, high, slope, slope - reach, slope + reach, q, float(weight.sum()), len(y))


def slopes(x: Array, y: Array, people: Array) -> tuple[Array, Array, Array]:
    """The slope of each column, all others alike, with its standard error and two-sided p."""
    from scipy.special import ndtr  # noqa: PLC0415  # a third of a second to import: not at start

    spread = x.std(axis=0)
    z, off = (x - x.mean(axis=0)) / spread, y - y.mean()
    bread = np.linalg.inv(z.T @ z + RIDGE * np.eye(z.shape[1]))
    slope = bread @ (z.T @ off)
    rest = off - z @ slope
    _, at = np.unique(people, return_inverse=True)
    sums = np.zeros((at.max() + 1, z.shape[1]))
    np.add.at(sums, at, z * rest[:, None])
    groups = len(sums)
    correction = groups / max(1, groups - 1) * (len(y) - 1) / max(1, len(y) - z.shape[1] - 1)
    error = np.sqrt(np.maximum(np.diag(bread @ (sums.T @ sums) @ bread) * correction, 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        p = 2 * ndtr(-np.abs(np.where(error > 0, slope / error, 0)))
    return slope / spread, error / spread, np.asarray(p)


def _bootstrapped(x: Array, y: Array, people: Array, seed: int, times: int) -> Array:
    """Relative weights of samples of people; columns that do not vary in a sample weigh nothing there."""
    dice = np.random.default_rng(seed)
    _, at = np.unique(people, return_inverse=True)
    order = np.argsort(at, kind="stable")
    ends = np.cumsum(np.bincount(at))
    starts = np.concatenate([[0], ends[:-1]])
    found = np.zeros((times, x.shape[1]))
    for number in range(times):
        who = dice.integers(0, starts.size, starts.size)
        sizes = ends[who] - starts[who]
        rows = order[
            np.repeat(starts[who] - np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes) + np.arange(sizes.sum())
        ]
        some = x[rows].std(axis=0) > _CLOSE
        if some.any():
            found[number, some] = relative_weights(x[rows][:, some], y[rows])
    return found
