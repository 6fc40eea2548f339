"""What customers did before a bad answer and before a good one, contrasted by customers. Pure.

The log-odds ratio with half a customer added to each cell (Haldane 1956; Anscombe 1956), its variance by Gart, Zweifel
(Biometrika 54, 1967); two-sided p by its normal approximation; the false discovery rate over everything that is contrasted
together held by Benjamini, Hochberg (1995).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from resa.feedback.scores.scales import Array
from resa.kernel.multiplicity import discovered
from resa.kernel.proportions import Z

LEAST: Final = 5
"""So many customers must have done something for it to be contrasted: told before any score is looked at."""
LEAST_SIDE: Final = 10
"""So many customers must have answered badly, and well."""


@dataclass(frozen=True)
class Contrast:
    """By column: of the customers with a bad and with a good answer, how many did it; log-odds, interval, q."""

    bad: int
    good: int
    bad_did: Array
    good_did: Array
    odds: Array
    low: Array
    high: Array
    q: list[float | None]


def contrast(did: Array, bad: Array, good: Array) -> Contrast:
    """`did[customer, column]`; `bad` and `good` are masks of customers. Above 0: more often before a bad answer."""
    from scipy.special import ndtr  # noqa: PLC0415  # a third of a second to import: not at start

    size, other = int(bad.sum()), int(good.sum())
    mine, its = did[bad].sum(axis=0), did[good].sum(axis=0)
    cells = [mine + 0.5, size - mine + 0.5, its + 0.5, other - its + 0.5]
    odds = np.log(cells[0] * cells[3] / (cells[1] * cells[2]))
    error = np.sqrt(sum(1 / cell for cell in cells))
    p = 2 * ndtr(-np.abs(odds / error))
    enough = (mine + its >= LEAST) & (min(size, other) >= LEAST_SIDE)
    q = discovered([float(each) if there else None for each, there in zip(p, enough, strict=True)])
    return Contrast(size, other, mine, its, odds, odds - Z * error, odds + Z * error, q)
