"""The statistics of experiments: pure functions on sufficient statistics (docs/statistics.md).

`moments` are what is kept of an arm, and add up; `scanning` takes them from a table in one scan. `estimates` make a value with
its variance of them (means, shares, ratios, covariates), `quantiles` of single values; `outliers` keeps one order from
deciding. `fixed`, `sequential`, `always` and `bayesian` are the four ways to read a pair of estimates, `readings` their
common face, `unequal` the care for arms of very different size. `sample_ratio` and `exposure` ask whether the arms are what they
should be, `guardrails` for harm; `multiplicity` reads many together, and `verdicts` says what to do. `simulation` shows that all
this keeps what it promises; `distributions` is where SciPy is asked, late.
"""

from __future__ import annotations

from resa.experiments.statistics.bayesian import Prior
from resa.experiments.statistics.estimates import Estimate, Measure, Pair, Quotient, pair
from resa.experiments.statistics.moments import Moments
from resa.experiments.statistics.multiplicity import benjamini_hochberg, holm, level
from resa.experiments.statistics.readings import (
    AlwaysValid,
    Bayesian,
    Effect,
    Fixed,
    GroupSequential,
    Method,
    Reading,
    Side,
    ended,
    of_pair,
    read,
)
from resa.experiments.statistics.sample_ratio import SampleRatio
from resa.experiments.statistics.sample_ratio import check as check_sample_ratio

__all__ = [
    "AlwaysValid",
    "Bayesian",
    "Effect",
    "Estimate",
    "Fixed",
    "GroupSequential",
    "Measure",
    "Method",
    "Moments",
    "Pair",
    "Prior",
    "Quotient",
    "Reading",
    "SampleRatio",
    "Side",
    "benjamini_hochberg",
    "check_sample_ratio",
    "ended",
    "holm",
    "level",
    "of_pair",
    "pair",
    "read",
]
