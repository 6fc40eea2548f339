"""A Bayesian reading: a normal prior of the relative effect, a normal likelihood, and what they say together.

It answers "how likely is it better, and what do I lose if it is not", given the prior. It is no protection against looking
early: the chance to beat the control that one stops at is, over many experiments without effect, exceeded more often than it says.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from resa.experiments.statistics.distributions import Array, normal_at, normal_below, two_sided
from resa.experiments.statistics.estimates import Pair


class Prior(NamedTuple):
    """What is believed of a relative effect before anything is seen: normal. `spread` 0.3: two in three lie within 30 %.

    Most experiments change less than that; it hardly moves what a thousand units say, and keeps ten from saying wonders.
    """

    mean: float = 0.0
    spread: float = 0.3


class Posterior(NamedTuple):
    """The effect (in the measure's own units), its interval, the chance that treatment is higher, and what a wrong choice costs.

    `loss` is what one loses on average by choosing treatment (in the measure's units), `loss_of_control` by keeping control.
    """

    value: Array
    low: Array
    high: Array
    chance: Array
    loss: Array
    loss_of_control: Array


def posterior(pair: Pair, alpha: float, prior: Prior | None = None) -> Posterior:
    """Normal prior times normal likelihood (Gelman et al. 2013, "Bayesian Data Analysis", 2.5); without a prior, a flat one.

    The prior of the relative effect is scaled by the control's value. The expected loss is that of a normal quantity below 0
    (C. Stucchio 2015, "Bayesian A/B Testing at VWO", 4).
    """
    error = pair.error
    if prior is None:
        value, variance = pair.difference, error
    else:
        scale = np.abs(pair.control.value)
        with np.errstate(divide="ignore", invalid="ignore"):
            known, said = 1 / np.square(prior.spread * scale), 1 / error
        variance = 1 / (known + said)
        value = variance * (known * prior.mean * scale + said * pair.difference)
    spread = np.sqrt(variance)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = value / spread
    reach = two_sided(alpha) * spread
    chance = normal_below(z)
    loss_of_control = spread * normal_at(z) + value * chance
    return Posterior(value, value - reach, value + reach, chance, loss_of_control - value, loss_of_control)
