"""Whether the readings keep what they promise: many experiments drawn from a known truth, looked at again and again.

The code that reads is the product's own, on thousands of experiments at once. Tests run a short form, `bench/experiments.py` the
full one, docs/statistics.md has its figures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resa.experiments.statistics import sequential
from resa.experiments.statistics.distributions import Array, Mask
from resa.experiments.statistics.estimates import Measure, Quotient, pair
from resa.experiments.statistics.moments import Moments
from resa.experiments.statistics.readings import AlwaysValid, Fixed, GroupSequential, Method, Spreads, spread
from resa.experiments.statistics.sample_ratio import chi_square_p, sequential_p

_ROOM: Final = 8_000_000
"""Values drawn at once."""

_METHODS: Final = ("fixed", "logarithmic", "naive", "group_sequential", "always_valid")

Shape = tuple[int, ...]
Dice = np.random.Generator
Columns = Mapping[str, NDArray[np.floating]]


class Population(NamedTuple):
    """What units do, and the true value of the measure; `draw(dice, shape, lift)` gives values that are a part more."""

    measure: Measure
    value: float
    draw: Callable[[Dice, Shape, float], Columns]


def _amounts(dice: Dice, shape: Shape, lift: float) -> Columns:
    return {"x": dice.normal(10, 4, shape) * (1 + lift)}


def _revenue(buyers: float, sigma: float) -> Callable[[Dice, Shape, float], Columns]:
    def draw(dice: Dice, shape: Shape, lift: float) -> Columns:
        spent = np.zeros(shape)
        bought = dice.random(shape) < buyers
        spent[bought] = dice.lognormal(3, sigma, int(bought.sum())) * (1 + lift)
        return {"x": spent}

    return draw


def _shares(chance: float) -> Callable[[Dice, Shape, float], Columns]:
    return lambda dice, shape, lift: {"x": (dice.random(shape) < chance * (1 + lift)) * 1.0}


def _ratios(dice: Dice, shape: Shape, lift: float) -> Columns:
    """Orders by sessions: customers differ in how often they come, and those who come often buy more often."""
    keen = dice.gamma(2, 1, shape)
    sessions = 1 + dice.poisson(keen)
    chance = 0.05 * (1 + lift) * (1 + keen / 4)
    return {"x": dice.binomial(sessions, chance) * 1.0, "y": sessions * 1.0}


def _before_and_after(dice: Dice, shape: Shape, lift: float) -> Columns:
    """Revenue that goes with what was spent before."""
    keen = dice.lognormal(0, 0.6, shape)
    return {"x": keen * dice.gamma(1, 10, shape) * (1 + lift), "before": keen * dice.gamma(1, 10, shape)}


# A session's chance of an order is 0.05 (1 + keen / 4), keen being gamma(2, 1): E[sessions * chance] / E[sessions] =
# 0.05 (E[1 + keen] + E[keen + keen^2] / 4) / 3 = 0.05 (3 + 8 / 4) / 3.
POPULATIONS: Final[Mapping[str, Population]] = {
    "mean": Population(Measure("mean", "x"), 10.0, _amounts),
    "revenue": Population(Measure("mean", "x"), 0.05 * float(np.exp(3 + 0.72)), _revenue(0.05, 1.2)),
    "proportion": Population(Measure("proportion", "x"), 0.05, _shares(0.05)),
    "ratio": Population(Measure("ratio", "x", "y"), 0.05 * 5 / 3, _ratios),
    "covariate": Population(
        Measure("mean", "x", covariates=(Quotient("before"),)),
        10 * float(np.exp(0.18)),
        _before_and_after,
    ),
}


@dataclass(frozen=True)
class Truth:
    """What came out of many experiments, by method: shares of them.

    `called`: significant at any look. `held`: the interval of the difference held the truth at every look (where the method is of
    one look: at the last). `held_ratio`: the same of the relative difference. `stopped`: the mean part of units at which it was called.
    """

    experiments: int
    called: dict[str, float]
    held: dict[str, float]
    held_ratio: dict[str, float]
    stopped: dict[str, float]


def looked_at(
    population: Population,
    *,
    experiments: int,
    looks: int,
    units: tuple[int, int],
    lift: float = 0.0,
    alpha: float = 0.05,
    seed: int,
) -> Truth:
    """Experiments with so many `units` in control and treatment at the end, looked at evenly.

    `naive` is what a fixed reading says when it is looked at as often; `fixed` looks once, at the end; `logarithmic` too, with the
    commoner interval of the ratio.
    """
    dice = np.random.default_rng(seed)
    at_once = max(1, _ROOM // (sum(units) // looks))
    watched = {name: _Watched() for name in _METHODS}
    for first in range(0, experiments, at_once):
        count = min(at_once, experiments - first)
        for one in watched.values():
            one.begin(count)
        _look(population, watched, dice, count, looks, units, lift, alpha)
    called, held, held_ratio, stopped = (
        {name: float(np.concatenate(getattr(one, what)).mean()) for name, one in watched.items()}
        for what in ("called", "held", "held_ratio", "stopped")
    )
    return Truth(experiments, called, held, held_ratio, stopped)


def _look(
    population: Population,
    watched: Mapping[str, _Watched],
    dice: Dice,
    count: int,
    looks: int,
    units: tuple[int, int],
    lift: float,
    alpha: float,
) -> None:
    """Some experiments at once from their first look to the last."""
    fractions = sequential.evenly(looks)
    arms: list[Moments] = []
    done = [0, 0]
    for look, fraction in enumerate(fractions):
        more = [round(whole * fraction) - so_far for whole, so_far in zip(units, done, strict=True)]
        done = [so_far + new for so_far, new in zip(done, more, strict=True)]
        fresh = [Moments.of(population.draw(dice, (count, new), lift if arm else 0.0)) for arm, new in enumerate(more)]
        arms = [old + new for old, new in zip(arms, fresh, strict=True)] if arms else fresh
        both = pair(population.measure, *arms)
        methods: dict[str, Method] = {
            "naive": Fixed(alpha),
            "group_sequential": GroupSequential(fractions[: look + 1], alpha),
            "always_valid": AlwaysValid(sum(units), alpha),
        }
        if look == looks - 1:
            methods |= {"fixed": Fixed(alpha), "logarithmic": Fixed(alpha, logarithmic=True)}
        for name, method in methods.items():
            watched[name].see(spread(both, method), population.value * lift, lift, fraction)


class _Watched:
    """One method's looks at all experiments, as many arrays as there were batches."""

    def __init__(self) -> None:
        self.called: list[Mask] = []
        self.held: list[Mask] = []
        self.held_ratio: list[Mask] = []
        self.stopped: list[Array] = []

    def begin(self, count: int) -> None:
        """The next batch."""
        self.called.append(np.zeros(count, np.bool_))
        self.held.append(np.ones(count, np.bool_))
        self.held_ratio.append(np.ones(count, np.bool_))
        self.stopped.append(np.ones(count))

    def see(self, found: Spreads, difference: float, ratio: float, fraction: float) -> None:
        """One look. An end that is nan excludes nothing."""
        self.stopped[-1][found.significant & ~self.called[-1]] = fraction
        self.called[-1] |= found.significant
        self.held[-1] &= ~(found.enough & ((found.low > difference) | (found.high < difference)))
        self.held_ratio[-1] &= ~(found.enough & ((found.relative_low > ratio) | (found.relative_high < ratio)))


def sample_ratio_alarms(
    *, experiments: int, looks: int, units: int, weights: tuple[float, ...], alarm: float, seed: int
) -> tuple[float, float]:
    """The share of sound experiments in which a look ever raised the alarm: the sequential check, and chi-square's."""
    dice = np.random.default_rng(seed)
    shares = np.asarray(weights) / sum(weights)
    counts = np.cumsum(dice.multinomial(units // looks, shares, (experiments, looks)), axis=1)
    ever = [(p(counts, shares) < alarm).any(axis=1).mean() for p in (sequential_p, chi_square_p)]
    return float(ever[0]), float(ever[1])


def at_most(share: float, experiments: int, seen: float) -> bool:
    """Whether a share that was seen is no more than stated, within three Monte Carlo errors."""
    return seen <= share + 3 * float(np.sqrt(share * (1 - share) / experiments))
