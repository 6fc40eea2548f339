"""Do the arms have the shares of units they were given? If not, something lost units unevenly and no reading can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from resa.experiments.statistics.distributions import Array, chi_square_above, log_gamma

ALARM: Final = 0.001
"""The p at which one should stop believing: a mismatch has causes, and every experiment is asked every day."""
CONCENTRATION: Final = 1_000.0
"""How near to the planned shares the alternative is looked for: in units' worth of prior counts. Real faults are of a few percent."""


class SampleRatio(NamedTuple):
    """`p` may be looked at every day; `chi_square` is of one look. `shares` are what was seen."""

    p: float
    chi_square: float
    shares: tuple[float, ...]
    mismatch: bool


def check(counts: Sequence[float], weights: Sequence[float], alarm: float = ALARM) -> SampleRatio:
    """Both checks of one experiment: units per arm against the weights they were given (of any sum)."""
    seen, planned = np.asarray(counts, float), np.asarray(weights, float)
    always = float(sequential_p(seen, planned))
    total = seen.sum()
    shares = tuple(float(one) for one in seen / total) if total else (0.0,) * seen.size
    return SampleRatio(always, float(chi_square_p(seen, planned)), shares, always < alarm)


def log_evidence(counts: ArrayLike, weights: ArrayLike, concentration: float = CONCENTRATION) -> Array:
    """The logarithm of the e-value against the planned shares; arms on the last axis.

    A multinomial whose chances are Dirichlet around the planned ones, by the multinomial of the planned ones (M. Lindon
    and A. Malek 2022, "Anytime-Valid Inference for Multinomial Count Data", NeurIPS): a martingale of expectation 1 if the
    shares are as planned, unit by unit, so at any time. Phases with different weights multiply: add up their logarithms.
    """
    seen, planned = np.asarray(counts, float), np.asarray(weights, float)
    chances = planned / planned.sum(axis=-1, keepdims=True)
    prior = concentration * chances
    total = seen.sum(axis=-1)
    together = log_gamma(concentration) - log_gamma(concentration + total)
    each = log_gamma(prior + seen) - log_gamma(prior) - seen * np.log(chances)
    return np.asarray(together + each.sum(axis=-1))


def sequential_p(counts: ArrayLike, weights: ArrayLike, concentration: float = CONCENTRATION) -> Array:
    """1 by the e-value, at most 1: the chance that it is ever below alpha is at most alpha (Ville 1939)."""
    return np.exp(-np.maximum(log_evidence(counts, weights, concentration), 0))


def chi_square_p(counts: ArrayLike, weights: ArrayLike) -> Array:
    """Pearson's chi-square test (1900): right for one look only."""
    seen, planned = np.asarray(counts, float), np.asarray(weights, float)
    total = seen.sum(axis=-1, keepdims=True)
    expected = total * planned / planned.sum(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.nansum(np.square(seen - expected) / expected, axis=-1)
    return chi_square_above(statistic, seen.shape[-1] - 1)
