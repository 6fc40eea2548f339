"""The few models of the scores: ridge regressions, linear and logistic, and predictions that no one's own answer is in. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from resa.feedback.scores.scales import Array

STEPS: Final = 50
CLOSE: Final = 1e-8
FOLDS: Final = 5

Fit = Callable[[Array, Array], Callable[[Array], Array]]
"""Learns from (features, outcome) and answers how to predict."""


def standardised(features: Array) -> Array:
    """Columns with mean 0 and deviation 1; those that never vary are left out."""
    spread = features.std(axis=0)
    some = spread > CLOSE
    kept = features[:, some]
    return np.asarray((kept - kept.mean(axis=0)) / spread[some])


def linear(ridge: float) -> Fit:
    """Ridge regression (Hoerl, Kennard, Technometrics 12, 1970); the intercept is not shrunk."""

    def fit(x: Array, y: Array) -> Callable[[Array], Array]:
        middle, level = x.mean(axis=0), y.mean()
        off = x - middle
        slopes = np.linalg.solve(off.T @ off + ridge * np.eye(x.shape[1]), off.T @ (y - level))
        return lambda new: np.asarray(level + (new - middle) @ slopes)

    return fit


def logistic(ridge: float) -> Fit:
    """Ridge logistic regression by Newton's steps (le Cessie, van Houwelingen, Applied Statistics 41, 1992)."""

    def fit(x: Array, y: Array) -> Callable[[Array], Array]:
        design = np.column_stack([np.ones(len(x)), x])
        penalty = np.diag([CLOSE] + [ridge] * x.shape[1])
        share = min(max(float(y.mean()), 1e-6), 1 - 1e-6)
        slopes = np.zeros(design.shape[1])
        slopes[0] = np.log(share / (1 - share))
        for _ in range(STEPS):
            p = sigmoid(design @ slopes)
            gradient = design.T @ (y - p) - penalty @ slopes
            curvature = (design * (p * (1 - p))[:, None]).T @ design + penalty
            step = np.linalg.solve(curvature, gradient)
            slopes += np.clip(step, -4, 4)
            if np.abs(step).max() < CLOSE:
                break
        return lambda new: sigmoid(np.column_stack([np.ones(len(new)), new]) @ slopes)

    return fit


def sigmoid(logit: Array) -> Array:
    """From log-odds to probability."""
    return np.asarray(1 / (1 + np.exp(-np.clip(logit, -40, 40))))


def folds(people: Array, seed: int, count: int = FOLDS) -> Array:
    """For each row its fold; a person's rows share one, so that nobody is predicted from themselves."""
    who, at = np.unique(people, return_inverse=True)
    return np.random.default_rng(seed).permutation(np.arange(who.size) % count)[at]


def crossed(fit: Fit, x: Array, y: Array, fold: Array, known: Array | None = None) -> Array:
    """Predictions for each row from the other folds (cross-fitting: Chernozhukov et al., Econometrics Journal 21, 2018).

    `known`: the rows whose outcome may be learned from; all are predicted. Where the other folds have none the mean is said.
    """
    told = np.ones(y.size, np.bool_) if known is None else known
    found = np.full(y.size, float(y[told].mean()) if told.any() else 0.0)
    for number in np.unique(fold):
        mine, theirs = fold == number, (fold != number) & told
        if theirs.sum() > 1:
            found[mine] = fit(x[theirs], y[theirs])(x[mine])
    return found


def clustered(influence: Array, people: Array) -> float:
    """The standard error of an estimate from each row's influence (they add up to its error), rows of a person together."""
    _, at = np.unique(people, return_inverse=True)
    sums = np.bincount(at, influence)
    return float(np.sqrt(np.sum(sums**2) * sums.size / max(1, sums.size - 1)))
