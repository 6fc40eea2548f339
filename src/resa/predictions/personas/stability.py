"""How many kinds of customers there are: as many as come out again when other customers are drawn, or none.

For each number the sample is parted by k-means; then samples of it are drawn with replacement, parted anew, and each
kind is sought again among the new ones. A kind counts as stable from a mean Jaccard similarity of 0.75 on (C. Hennig,
*Cluster-wise assessment of cluster stability*, 2007; A. Ben-Hur, A. Elisseeff, I. Guyon, *A stability based method for
discovering structure in clustered data*, 2002). A single column of two humps gives stable parts as well, so a number
also has to explain more than it does in the same columns shuffled each for itself, where nothing belongs together
(R. Tibshirani, G. Walther, T. Hastie, *Estimating the number of clusters via the gap statistic*, 2001).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import threadpoolctl  # type: ignore[import-untyped]  # published without type information

# Whoever imports this module has a search to run: the server starts without it, for these take a second and more.
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from resa.predictions.personas.placing import nearest
from resa.predictions.personas.shapes import Tried

Array = npt.NDArray[Any]
Tick = Callable[[float], None]
"""Told how far a search is (0 to 1); may raise to end it."""

STABLE: Final = 0.75
"""Mean Jaccard similarity from which a kind that came out again is called stable (Hennig 2007)."""
AS_STABLE: Final = 0.05
"""Difference of stability that decides nothing."""
BEYOND_CHANCE: Final = 0.02
"""Share of the differences between customers that a parting must explain beyond what it explains in shuffled columns."""
SMALLEST: Final = 0.02
"""Share of customers below which a part is a handful of oddities, not a kind."""


@dataclass(frozen=True)
class Effort:
    """How hard to search."""

    most: int = 8
    resamples: int = 20
    shuffles: int = 8
    starts: int = 4


@dataclass(frozen=True)
class Found:
    """What a search found: `centers` is None where no number of kinds is stable."""

    tried: list[Tried]
    chosen: Tried | None
    centers: Array | None
    distinct: bool = False
    """Whether the kinds lie apart; else they are stretches of a continuum (the same spread without any gaps gives as much)."""


def search(points: Array, seed: int, effort: Effort | None = None, tick: Tick = lambda _share: None) -> Found:
    """Try 2 to `most` kinds on the sample `points`. The same sample and seed give the same answer.

    One thread: a server has other things to do meanwhile, and sums of floats depend on who adds them up.
    """
    effort = effort or Effort()
    with threadpoolctl.threadpool_limits(1):
        tried, centers = [], []
        numbers = range(2, min(effort.most, len(points) // 10) + 1)
        rounds = effort.resamples + effort.shuffles + 1
        for place, kinds in enumerate(numbers):
            done = _Rounds(tick, place / len(numbers), 1 / len(numbers) / rounds)
            one, its_centers = _try(points, kinds, seed, effort, done)
            tried.append(one)
            centers.append(its_centers)
    stable = [place for place, one in enumerate(tried) if one.stable]
    if not stable:
        return Found(tried, None, None)
    best = max(tried[place].stability for place in stable)
    level = [place for place in stable if tried[place].stability >= best - AS_STABLE]
    chosen = max(level, key=lambda place: (tried[place].explained - tried[place].by_chance, -tried[place].kinds))
    return Found(tried, tried[chosen], centers[chosen], _distinct(points, tried[chosen], seed, effort))


def _distinct(points: Array, chosen: Tried, seed: int, effort: Effort) -> bool:
    """Whether the kinds explain more than they would in one cloud with the same correlations (C. Hennig, C.-J. Lin, 2015)."""
    dice = np.random.default_rng((seed, 0))
    mean, spread = points.mean(axis=0), np.cov(points, rowvar=False)
    explained = []
    with threadpoolctl.threadpool_limits(1):
        for number in range(effort.shuffles):
            cloud = dice.multivariate_normal(mean, spread, len(points), method="eigh").astype(points.dtype)
            total = float(((cloud - cloud.mean(axis=0)) ** 2).sum()) or 1.0
            parted = KMeans(chosen.kinds, n_init=2, max_iter=50, random_state=seed + number).fit(cloud)
            explained.append(1 - float(parted.inertia_) / total)
    return chosen.explained >= float(np.mean(explained)) + max(4 * float(np.std(explained)), BEYOND_CHANCE)


def refine(points: Array, centers: Array) -> Array:
    """The centres of more customers, from those of the sample on."""
    with threadpoolctl.threadpool_limits(1):
        fitted = KMeans(len(centers), init=centers.astype(points.dtype), n_init=1, max_iter=100).fit(points)
    moved: Array = fitted.cluster_centers_
    return moved


class _Rounds:
    """Tells how far a try is, a round at a time."""

    def __init__(self, tick: Tick, start: float, step: float) -> None:
        self._tick, self._at, self._step = tick, start, step

    def next(self) -> None:
        self._at += self._step
        self._tick(min(self._at, 1.0))


def _try(points: Array, kinds: int, seed: int, effort: Effort, rounds: _Rounds) -> tuple[Tried, Array]:
    whole = KMeans(kinds, n_init=effort.starts, max_iter=100, random_state=seed).fit(points)
    label, centers = whole.labels_, whole.cluster_centers_
    rounds.next()
    total = float(((points - points.mean(axis=0)) ** 2).sum()) or 1.0
    jaccard, rand = [], []
    dice = np.random.default_rng((seed, kinds))
    for number in range(effort.resamples):
        drawn = points[dice.integers(0, len(points), len(points))]
        again = KMeans(kinds, n_init=2, max_iter=50, random_state=seed + number).fit(drawn)
        other, _ = nearest(points, again.cluster_centers_)
        jaccard.append(_alike(label, other, kinds))
        rand.append(adjusted_rand_score(label, other))
        rounds.next()
    chance = []
    for number in range(effort.shuffles):
        shuffled = dice.permuted(points, axis=0)
        chance.append(
            1 - float(KMeans(kinds, n_init=2, max_iter=50, random_state=seed + number).fit(shuffled).inertia_) / total
        )
        rounds.next()
    mean, deviation = float(np.mean(chance)), float(np.std(chance))
    sizes = np.bincount(label, minlength=kinds) / len(points)
    again_as_before = [float(one) for one in np.mean(jaccard, axis=0)]
    explained, needed = 1 - float(whole.inertia_) / total, mean + max(4 * deviation, BEYOND_CHANCE)
    tried = Tried(
        kinds=kinds,
        jaccard=again_as_before,
        rand=float(np.mean(rand)),
        explained=explained,
        by_chance=mean,
        needed=needed,
        smallest=float(sizes.min()),
        stable=min(again_as_before) >= STABLE and bool(sizes.min() >= SMALLEST) and explained >= needed,
    )
    return tried, centers


def _alike(label: Array, other: Array, kinds: int) -> Array:
    """For each kind the Jaccard similarity to its counterpart in another parting of the same customers."""
    both = np.zeros((kinds, kinds))
    np.add.at(both, (label, other), 1)
    either = both.sum(axis=1)[:, None] + both.sum(axis=0)[None, :] - both
    similar = both / np.maximum(either, 1)
    rows, columns = linear_sum_assignment(-similar)
    out = np.zeros(kinds)
    out[rows] = similar[rows, columns]
    return out
