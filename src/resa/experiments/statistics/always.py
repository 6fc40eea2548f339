"""Always-valid confidence sequences: intervals that hold at every moment at once, however often and long one looks.

The normal mixture (H. Robbins 1970, "Statistical methods related to the law of the iterated logarithm") in the asymptotic
form that needs no known variance (I. Waudby-Smith, D. Arbour, R. Sinha, E. H. Kennedy and A. Ramdas 2024, "Time-uniform
central limit theory and asymptotic confidence sequences", Annals of Statistics 52, theorem 2.2). The price of never having
to stop: about half as wide again as an interval of one look, and less power than group-sequential looks where the number of units is planned.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

import numpy as np

from resa.experiments.statistics.distributions import Array, lambert_lower

TUNED_FOR: Final = 20_000
"""Units at which the interval is narrowest, where none are planned: it is valid at any number."""


@lru_cache(maxsize=256)
def rho(alpha: float, units: float) -> float:
    """The variance of the mixture (per unit) for which the interval is narrowest at that many units.

    The minimum of (1 + 1/x)(log(1 + x) + 2 log(1/alpha)) over x = rho * units (Waudby-Smith et al., appendix C.3).
    """
    return (-lambert_lower(-(alpha**2) / math.e) - 1) / units


def critical(alpha: float, units: Array, tuned: float = TUNED_FOR) -> Array:
    """How many standard errors the interval reaches after so many units; `tuned` must be fixed before the first look."""
    x = rho(alpha, tuned) * units
    with np.errstate(divide="ignore"):
        return np.asarray(np.sqrt((1 + 1 / x) * (np.log1p(x) - 2 * math.log(alpha))))


def evidence(alpha: float, units: Array, z: Array, tuned: float = TUNED_FOR) -> Array:
    """The logarithm of the e-value against no effect: how many times likelier the mixture makes what was seen."""
    x = rho(alpha, tuned) * units
    return np.asarray(np.square(z) * x / (2 * (1 + x)) - np.log1p(x) / 2)


def p(alpha: float, units: Array, z: Array, tuned: float = TUNED_FOR) -> Array:
    """1 by the e-value, at most 1: at most alpha exactly where the interval leaves out 0 (Ville 1939)."""
    return np.exp(-np.maximum(evidence(alpha, units, z, tuned), 0))
