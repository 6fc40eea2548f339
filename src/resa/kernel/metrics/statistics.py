"""From totals per customer to a value with an interval: sufficient statistics, closed forms, exact order statistics.

Every interval says in its docstring where it is from. They are 95 % intervals and take customers as independent.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np

from resa.kernel.metrics.units import Array, Sample
from resa.kernel.proportions import Z, wilson

Figure = Literal["total", "number", "share", "mean"]


class Estimate(NamedTuple):
    """A value, its 95 % interval, and how many units it rests on; None where there is nothing to say."""

    value: float | None
    low: float | None
    high: float | None
    n: int

    def divided(self, by: float) -> Estimate:
        """The same in another measure."""
        value, low, high = (None if one is None else one / by for one in self[:3])
        return Estimate(value, low, high, self.n)


class Change(NamedTuple):
    """How a value differs from another: relatively (0.1 is a tenth more) and plainly, each with its 95 % interval."""

    ratio: float | None
    low: float | None
    high: float | None
    difference: float | None
    difference_low: float | None
    difference_high: float | None


class Moments(NamedTuple):
    """The sufficient statistics of two totals per customer: all that means, ratios and their comparison need."""

    n: int
    x: float
    y: float
    xx: float
    yy: float
    xy: float

    @classmethod
    def of(cls, x: Array, y: Array) -> Moments:
        """Taken from totals per customer."""
        return cls(int(x.size), float(x.sum()), float(y.sum()), float(x @ x), float(y @ y), float(x @ y))

    def __add__(self, other: object) -> Moments:
        """Those of both, where no customer is in both."""
        if not isinstance(other, Moments):
            return NotImplemented
        sums = (a + b for a, b in zip(self[1:], other[1:], strict=True))
        return Moments(self.n + other.n, *sums)

    @property
    def mean(self) -> float:
        """The mean of x per customer."""
        return self.x / self.n

    @property
    def variance(self) -> float:
        """The sample variance of x."""
        return max(0.0, self.xx - self.x * self.x / self.n) / (self.n - 1)

    @property
    def covariance(self) -> float:
        """The sample covariance of x and y."""
        return (self.xy - self.x * self.y / self.n) / (self.n - 1)

    @property
    def ratio(self) -> float:
        """All x by all y."""
        return self.x / self.y

    @property
    def ratio_variance(self) -> float:
        """The variance of `ratio` by the delta method, customers being what is drawn.

        Deng, Knoblich and Lu (2018), "Applying the Delta Method in Metric Analytics", KDD, section 3.1: with equal
        means this is the sum of (x - R y)^2, by y^2, times n / (n - 1).
        """
        spread = self.xx - 2 * self.ratio * self.xy + self.ratio * self.ratio * self.yy
        return max(0.0, spread) / (self.y * self.y) * self.n / (self.n - 1)


def estimate(kind: Figure, moments: Moments) -> Estimate:
    """The value and interval of a metric of that kind: `x` in all, how many have `x`, `x` by `y` as a share or a mean."""
    if kind == "number":
        return number(round(moments.x))
    if kind == "total":
        return total(moments)
    if moments.y <= 0:
        return Estimate(None, None, None, 0)
    return share(moments) if kind == "share" else mean(moments)


def number(n: int) -> Estimate:
    """So many customers (or sessions, orders): the score interval of a Poisson count (Rao 1948; Garwood 1936 is wider)."""
    centre, reach = n + Z * Z / 2, Z * math.sqrt(n + Z * Z / 4)
    return Estimate(float(n), max(0.0, centre - reach), centre + reach, n)


def total(moments: Moments) -> Estimate:
    """A total over a random number of independent customers: compound Poisson, variance the sum of squares (Ross 2014, 5.4.2)."""
    reach = Z * math.sqrt(moments.xx)
    low = moments.x - reach
    return Estimate(moments.x, low, moments.x + reach, moments.n)


def share(moments: Moments) -> Estimate:
    """Wilson's score interval (1927); where units are several to a customer, of the sample size that has this variance.

    The effective size is Kish's (1965): p (1 - p) by the delta method's variance; at 0 and 1 it is the customers' number.
    """
    n, p = round(moments.y), moments.ratio
    if moments.x in (0, moments.y) and moments.yy > moments.y:
        size = float(moments.n)
    elif moments.yy > moments.y and moments.n > 1 and moments.ratio_variance > 0:
        size = min(moments.y, p * (1 - p) / moments.ratio_variance)
    else:
        size = moments.y
    low, high = wilson(p * size, size)
    return Estimate(p, low, high, n)


def mean(moments: Moments) -> Estimate:
    """A ratio of totals, normal with the delta method's variance; of one unit per customer, the mean and s^2 / n."""
    if moments.n < 2:
        return Estimate(moments.ratio, None, None, round(moments.y))
    reach = Z * math.sqrt(moments.ratio_variance)
    return Estimate(moments.ratio, moments.ratio - reach, moments.ratio + reach, round(moments.y))


def quantile(values: Array, times: Array, q: float) -> Estimate:
    """The smallest value that a share of at least `q` does not exceed, with its exact order-statistic interval.

    Ranks of the interval are binomial quantiles (David and Nagaraja 2003, "Order Statistics", 7.1): its coverage is at
    least 95 % whatever the distribution, if the units are independent.
    """
    # SciPy takes a third of a second to import; only the answer to a quantile waits for it.
    from scipy.stats import binom  # noqa: PLC0415

    order = np.argsort(values, kind="stable")
    ordered, upto = values[order], np.cumsum(times[order])
    n = int(upto[-1]) if upto.size else 0
    if n == 0:
        return Estimate(None, None, None, 0)

    def at(rank: int) -> float:
        return float(ordered[np.searchsorted(upto, rank)])

    value = at(rank_of(q, n))
    low, high = int(binom.ppf(0.025, n, q)), int(binom.ppf(0.975, n, q)) + 1
    return Estimate(value, at(low) if low >= 1 else None, at(high) if high <= n else None, n)


def rank_of(q: float, n: int) -> int:
    """The rank of the `q` quantile of `n`: the smallest k with k / n >= q, for q as it is written (0.1 is a tenth)."""
    from fractions import Fraction  # noqa: PLC0415  # as rarely wanted as the quantile

    return max(1, math.ceil(Fraction(repr(q)) * n))


# -- changes -------------------------------------------------------------------------------------------------------


class Influence(NamedTuple):
    """What each customer adds to the error of an estimate: its variance is the sum of squares (Hampel 1974)."""

    profile: Array
    part: Array

    @property
    def variance(self) -> float:
        """The estimate's variance."""
        return float(np.dot(self.part, self.part))


def influence(kind: Figure, sample: Sample) -> Influence:
    """Of an estimate of that kind."""
    if kind in ("total", "number"):
        return Influence(sample.profile, sample.x)
    n, y = sample.x.size, float(sample.y.sum())
    if n < 2 or y <= 0:
        return Influence(sample.profile, np.zeros(n))
    ratio = float(sample.x.sum()) / y
    return Influence(sample.profile, (sample.x - ratio * sample.y) / y * math.sqrt(n / (n - 1)))


def shared(one: Influence, other: Influence) -> float:
    """The covariance of two estimates, from the customers who are in both."""
    _, a, b = np.intersect1d(one.profile, other.profile, assume_unique=True, return_indices=True)
    return float(np.dot(one.part[a], other.part[b]))


def change(
    now: float | None, then: float | None, variance: float, before: float, covariance: float = 0.0
) -> Change | None:
    """From `then` to `now`, whose variances these are: plainly, and relatively where both are above 0.

    The relative change is normal on the scale of logarithms (Katz et al. 1978), by the delta method with the covariance
    of customers who are in both.
    """
    if now is None or then is None:
        return None
    plain = Z * math.sqrt(max(0.0, variance + before - 2 * covariance))
    ends = (now - then, now - then - plain, now - then + plain)
    if then <= 0:
        return Change(None, None, None, *ends)
    if now <= 0:
        return Change(now / then - 1, None, None, *ends)
    spread = variance / now**2 + before / then**2 - 2 * covariance / (now * then)
    reach = Z * math.sqrt(max(0.0, spread))
    ratio = now / then
    return Change(ratio - 1, ratio * math.exp(-reach) - 1, ratio * math.exp(reach) - 1, *ends)
