"""Scores with their intervals and the intervals of differences, from how often each answer was given. Pure.

An NPS is the difference of two shares of one trinomial sample: its variance is (p + d - (p - d)^2) / n. Its interval is the
adjusted Wald interval that Rocks found best beside the score test (B. Rocks, "Interval Estimation for the Net Promoter
Score", The American Statistician 70, 2016: three more observations, 3/4 a promoter, 3/2 a passive, 3/4 a detractor). A CSAT is a
share with Wilson's interval (1927). A CES is a mean with Student's interval (1908). Where people answer more than once the
sample counts as the number of independent answers with the same variance (Kish, "Survey Sampling", 1965).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from resa.feedback.scores.scales import Array, Scale
from resa.kernel.proportions import Z, wilson

PROMOTERS_ADDED: Final = 0.75
PASSIVES_ADDED: Final = 1.5
DETRACTORS_ADDED: Final = 0.75


class Estimate(NamedTuple):
    """A value with its 95 % interval; None where there is nothing to say."""

    value: float | None
    low: float | None
    high: float | None


NOTHING: Final = Estimate(None, None, None)


@dataclass(frozen=True)
class Sample:
    """Answers to one question: how often each step of the scale was given, and the design effect of people answering again."""

    scale: Scale
    counts: Array
    effect: float = 1.0
    steps: Array = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", self.scale.steps)

    @classmethod
    def of(cls, scale: Scale, scores: Array, people: Array) -> Sample:
        """From single answers (NaN: none) and who gave them."""
        known = ~np.isnan(scores)
        points = scale.points(scores[known])
        return cls(scale, scale.counts(scores), design_effect(points, people[known]))

    @property
    def n(self) -> int:
        """Answers."""
        return round(float(self.counts.sum()))

    @property
    def size(self) -> float:
        """Independent answers that would say as much."""
        return float(self.counts.sum()) / self.effect

    @property
    def bad(self) -> float:
        """Bad answers."""
        return float(self.counts[self.steps <= self.scale.unhappy].sum())

    @property
    def good(self) -> float:
        """Good answers."""
        return float(self.counts[self.steps >= self.scale.happy].sum())

    @property
    def mean(self) -> float:
        """The mean answer, on the scale."""
        return float(self.counts @ self.steps / self.counts.sum())

    @property
    def variance(self) -> float:
        """The sample variance of the answers on the scale; 0 of one answer."""
        n = float(self.counts.sum())
        return float(self.counts @ (self.steps - self.mean) ** 2 / (n - 1)) if n > 1 else 0.0

    def score(self, z: float = Z) -> Estimate:
        """The score, in the scale's unit, with its interval at normal quantile `z`."""
        if not self.n:
            return NOTHING
        if self.scale.metric == "nps":
            return nps(self.good, float(self.counts.sum()) - self.good - self.bad, self.bad, self.effect, z)
        if self.scale.metric == "csat":
            low, high = wilson(self.good / self.effect, self.size, z)
            return Estimate(self.good / float(self.counts.sum()), low, high)
        return self.average(z)

    def average(self, z: float = Z) -> Estimate:
        """The mean answer with Student's interval, kept on the scale; no interval of a single answer."""
        if not self.n:
            return NOTHING
        if self.size <= 1 or self.n < 2:
            return Estimate(self.mean, None, None)
        reach = student(z, self.size - 1) * math.sqrt(self.variance / self.size)
        low, high = max(self.mean - reach, self.scale.lowest), min(self.mean + reach, self.scale.highest)
        return Estimate(self.mean, low, high)


def nps(promoters: float, passives: float, detractors: float, effect: float = 1.0, z: float = Z) -> Estimate:
    """A Net Promoter Score in points, -100 to 100, with the adjusted Wald interval of Rocks (2016)."""
    n = promoters + passives + detractors
    size = n / effect + PROMOTERS_ADDED + PASSIVES_ADDED + DETRACTORS_ADDED
    p, d = (promoters / effect + PROMOTERS_ADDED) / size, (detractors / effect + DETRACTORS_ADDED) / size
    reach = z * math.sqrt((p + d - (p - d) ** 2) / size)
    low, high = max(-1.0, p - d - reach), min(1.0, p - d + reach)
    return Estimate(100 * (promoters - detractors) / n, 100 * low, 100 * high)


def difference(mine: Sample, other: Sample, z: float = Z) -> Estimate:
    """One score less another of the same scale, of independent answers.

    NPS and CSAT by recovering variances from both intervals (MOVER: Zou, Donner, Statistics in Medicine 27, 2008; for shares
    this is Newcombe's method 10, 1998); CES by Welch's interval (Biometrika 34, 1947). Where the same people are in both and
    answer alike the interval is wider than it need be.
    """
    if not mine.n or not other.n:
        return NOTHING
    if mine.scale.metric == "ces":
        return _welch(mine, other, z)
    one, two = mine.score(z), other.score(z)
    assert one.value is not None
    assert one.low is not None
    assert one.high is not None
    assert two.value is not None
    assert two.low is not None
    assert two.high is not None
    between = one.value - two.value
    below = math.hypot(one.value - one.low, two.high - two.value)
    above = math.hypot(one.high - one.value, two.value - two.low)
    return Estimate(between, between - below, between + above)


def _welch(mine: Sample, other: Sample, z: float) -> Estimate:
    between = mine.mean - other.mean
    if min(mine.size, other.size) <= 1 or min(mine.n, other.n) < 2:
        return Estimate(between, None, None)
    parts = [sample.variance / sample.size for sample in (mine, other)]
    total = sum(parts)
    if not total:
        return Estimate(between, between, between)
    freedom = total**2 / sum(part**2 / (sample.size - 1) for part, sample in zip(parts, (mine, other), strict=True))
    reach = student(z, freedom) * math.sqrt(total)
    return Estimate(between, between - reach, between + reach)


def student(z: float, freedom: float) -> float:
    """The quantile of Student's distribution beyond which lies as much as beyond `z` of the normal one."""
    from scipy.special import ndtr, stdtrit  # noqa: PLC0415  # a third of a second to import: not at start

    return float(stdtrit(freedom, ndtr(z)))


def design_effect(points: Array, people: Array) -> float:
    """By how much people who answer more than once make the variance of a mean larger: at least 1.

    The variance over people (Liang, Zeger, Biometrika 73, 1986) by that of as many independent answers.
    """
    if points.size < 2 or np.unique(people).size in (1, points.size):
        return 1.0
    off = points - points.mean()
    independent = float(off @ off) / (points.size - 1) * points.size
    if not independent:
        return 1.0
    _, at = np.unique(people, return_inverse=True)
    sums = np.bincount(at, off)
    clustered = float(sums @ sums) * sums.size / (sums.size - 1)
    return max(1.0, clustered / independent)
