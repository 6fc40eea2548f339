"""What a point is worth: how much more often customers come back, and how much more they spend, per point of the score. Pure.

A partially linear model (Robinson, Econometrica 56, 1988): outcome and score are each freed of what behaviour before the answer
tells of them, by ridge regressions cross-fitted by person, and what is left of one is regressed on what is left of the
other (double machine learning: Chernozhukov et al., Econometrics Journal 21, 2018); errors clustered by person. It is adjusted for
what the log shows from before. It is association nevertheless: whoever raises a score by asking nicely earns nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from resa.feedback.scores import fits
from resa.feedback.scores.scales import Array
from resa.kernel.proportions import Z

LEAST: Final = 60
"""Customers whose answers were followed long enough."""
RIDGE: Final = 1.0


@dataclass(frozen=True)
class Slope:
    """What one more of the score goes with, with its 95 % interval; of how many answers."""

    value: float
    low: float
    high: float
    n: int

    @property
    def shown(self) -> bool:
        """Whether it is told from nothing."""
        return self.low > 0 or self.high < 0


def slope(score: Array, outcome: Array, behaviour: Array, people: Array, *, seed: int = 9) -> Slope | None:
    """Of single answers; None of too few, or where the score tells nothing beyond what behaviour tells."""
    if np.unique(people).size < LEAST or not score.std():
        return None
    fold = fits.folds(people, seed)
    x = fits.standardised(behaviour) if behaviour.size else np.zeros((score.size, 0))
    left = score - fits.crossed(fits.linear(RIDGE), x, score, fold)
    rest = outcome - fits.crossed(fits.linear(RIDGE), x, outcome, fold)
    left, rest = left - left.mean(), rest - rest.mean()
    spread = float(left @ left)
    if spread <= 0:
        return None
    value = float(left @ rest) / spread
    error = fits.clustered(left * (rest - value * left) / spread, people)
    return Slope(value, value - Z * error, value + Z * error, score.size)
