"""Arms of very different sizes: where skewed values make ordinary intervals too short, and what is done about it.

Between arms of equal size the skewness of what both measure cancels. A small arm beside a large one keeps its own: while it
has not met one of its rare large values, both its mean and its variance are too low, and the control seems better for
certain. docs/statistics.md has what that does in simulation, without this and with it.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from resa.experiments.statistics.distributions import Mask
from resa.experiments.statistics.estimates import Pair

APART: Final = 1.5
"""From so many times the units of the other arm on, arms are of different size."""
ONCE: Final = 0.15
"""The skewness of the difference that takes less than half a point of an interval of one look."""
OFTEN: Final = 0.03
"""The same for boundaries farther out, where skewness counts with the cube of the distance."""


def cautious(pair: Pair, tolerated: float, *, if_unknown: bool) -> Pair:
    """The same pair, the smaller arm taken to vary at least as much as the larger one, where skewness asks for that.

    Without an effect both arms vary alike, and the larger one knows how much. How skewed a difference is: the third moment of
    both arms together, by their sizes (of equal size: nothing). `if_unknown`: also where no third moment is known.
    """
    control, treatment = pair.control, pair.treatment
    skewed = _skewed(pair, tolerated, if_unknown)
    if not skewed.any():
        return pair
    most = np.maximum(control.variance, treatment.variance)
    smaller = control.n < treatment.n
    return pair._replace(
        control=control._replace(variance=np.where(skewed & smaller, most, control.variance)),
        treatment=treatment._replace(variance=np.where(skewed & ~smaller, most, treatment.variance)),
    )


def _skewed(pair: Pair, tolerated: float, if_unknown: bool) -> Mask:
    c, t = pair.control.n, pair.treatment.n
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.maximum(c, t) / np.minimum(c, t) >= APART
        if pair.skewness is None:
            return np.asarray(apart & if_unknown, np.bool_)
        left = np.abs(1 / t**2 - 1 / c**2) / (1 / c + 1 / t) ** 1.5
        return np.asarray(apart & (np.abs(pair.skewness) * left > tolerated), np.bool_)
