"""How a model is fitted to scored comments: penalised multinomial regression, everything else chosen by cross-validation.

SciPy is asked for here only, and not before somebody learns: a server that rests holds nothing of it. Hence the imports inside.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from resa.feedback.text.cold_start import Seen
from resa.feedback.text.features import BUCKETS, HALF, Buckets
from resa.feedback.text.linear import CLASSES, Floats, Linear, softmax, weighed
from resa.feedback.text.quality import Kinds, Quality, choices, macro_f1, measured

PENALTIES: Final = (0.5, 2.0, 8.0, 32.0)
"""Inverse strengths that are tried, from the strongest."""

TRUSTS: Final = (0.0, 3.0)
"""How much lighter the cold-start model's word is shrunk than a feature; 0 leaves it out."""

PREFERENCES: Final = (0.0, 0.25, 0.5, 0.75, 1.0)

TRIED_ON: Final = 4_000
"""Comments on which the choices are made and the quality is measured: the latest."""

PIECES_WEIGHT: Final = 0.6
"""How much pieces of words count against words."""

OFTEN: Final = 2
"""Comments a feature must be in to be kept, from a few hundred comments on."""

SPANNED: Final = 1_000
"""Comments up to which the regression is solved in the span of its rows."""

_MANY: Final = 500
_FOLDS: Final = 5
_STEPS: Final = 60
_SEED: Final = 11
_WORTH_TELLING: Final = 30
"""Comments of a language from which on its own quality is told."""

Matrix = Any
"""A sparse matrix of SciPy, which is published without type information."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """What was learned, and how good it is on texts it did not see."""

    linear: Linear
    stack: Floats
    cold_weight: float
    temperature: float
    preference: float
    shares: tuple[float, ...]
    quality: Quality
    quality_per_language: dict[str, Quality]


def fit(found: Sequence[Buckets], truth: Kinds, cold: Seen, spoken: Sequence[str]) -> Fitted:
    """Choose penalty and trust by cross-validation, then learn from all."""
    shares = np.bincount(truth, minlength=len(CLASSES)) / len(truth)
    told = cold_features(cold)
    some = slice(-TRIED_ON, None)
    penalty, trust, unseen = _choose(found[some], truth[some], told[some])
    temperature = fitted_temperature(unseen, truth[some])
    probabilities = softmax(unseen / np.float32(temperature))
    preference = _preference(probabilities, truth[some], shares)
    choice = choices(preferring(probabilities, tuple(shares), preference))
    said = probabilities[np.arange(len(choice)), np.maximum(choice, 0)]
    languages = np.array(list(spoken[some]))
    idf = frequencies(found)
    weights, bias = regress(_rows(found, idf, told, trust), truth, (penalty,))[-1]
    return Fitted(
        Linear.of(weights[:BUCKETS], idf, bias),
        np.asarray(weights[BUCKETS:] * trust, np.float32),
        trust,
        temperature,
        preference,
        tuple(float(share) for share in shares),
        measured(truth[some], choice, said),
        {
            str(name): measured(truth[some][languages == name], choice[languages == name], said[languages == name])
            for name in np.unique(languages)
            if (languages == name).sum() >= _WORTH_TELLING
        },
    )


def cold_features(cold: Seen) -> Floats:
    """What the cold-start model says, as log odds about their mean; zeros where it can't read."""
    logs = np.log(np.maximum(cold.probabilities, 1e-4))
    return np.asarray((logs - logs.mean(axis=1, keepdims=True)) * cold.known[:, None], np.float32)


def preferring(probabilities: Floats, shares: Sequence[float], preference: float) -> Floats:
    """Probabilities as they would be if the sentiments were (all the way at 1) equally frequent."""
    weighted = probabilities / np.maximum(np.asarray(shares, np.float32), 1e-3) ** np.float32(preference)
    return np.asarray(weighted / weighted.sum(axis=1, keepdims=True), np.float32)


def frequencies(found: Sequence[Buckets]) -> Floats:
    """Inverse document frequencies, smoothed; zero for what was not met, or (of many) once only."""
    met = np.zeros(BUCKETS, np.float32)
    for text in found:
        met[np.unique(text)] += 1
    idf = np.log((1 + len(found)) / (1 + met)) + 1
    idf[HALF:] *= PIECES_WEIGHT
    idf[met < (OFTEN if len(found) >= _MANY else 1)] = 0.0
    return np.asarray(idf, np.float32)


def matrix(found: Sequence[Buckets], idf: Floats) -> Matrix:
    """One row of length one per text, shape (texts, buckets)."""
    from scipy import sparse

    rows = [weighed(text, idf) for text in found]
    ends = np.cumsum([0, *(len(at) for at, _ in rows)])
    columns = np.concatenate([at for at, _ in rows])
    values = np.concatenate([values for _, values in rows])
    return sparse.csr_matrix((values, columns, ends), (len(found), BUCKETS))


def regress(
    rows: Matrix, truth: Kinds, penalties: Sequence[float], sample: NDArray[np.floating[Any]] | None = None
) -> list[tuple[Floats, Floats]]:
    """Weights (columns, classes) and bias (classes,) for each penalty, each begun where the one before ended.

    Minimises the log loss, weighted by `sample`, plus the squares of the weights over twice the penalty (L-BFGS).
    """
    used = np.flatnonzero(np.diff(rows.tocsc().indptr))
    narrow = rows[:, used].tocsr()
    each = np.ones(len(truth), np.float32) if sample is None else np.asarray(sample, np.float32)
    spanned = _span(narrow) if len(truth) <= SPANNED else None
    solved = _solved(narrow if spanned is None else spanned[0], truth, penalties, each)
    out = []
    for found, bias in solved:
        weights = np.zeros((rows.shape[1], len(CLASSES)), np.float32)
        weights[used] = found if spanned is None else narrow.T @ (spanned[1] @ found)
        out.append((weights, bias))
    return out


def _span(rows: Matrix) -> tuple[Floats, Floats]:
    """Few rows span few dimensions: their coordinates there, and what turns weights of those back into combinations of rows.

    A penalised solution lies in the span of its rows (Kimeldorf and Wahba 1971), so nothing is lost.
    """
    squares, vectors = np.linalg.eigh((rows @ rows.T).toarray().astype(np.float64))
    kept = squares > squares[-1] * 1e-9
    lengths = np.sqrt(squares[kept])
    return (vectors[:, kept] * lengths).astype(np.float32), (vectors[:, kept] / lengths).astype(np.float32)


def _solved(rows: Matrix, truth: Kinds, penalties: Sequence[float], each: Floats) -> list[tuple[Floats, Floats]]:
    from scipy.optimize import minimize

    turned = rows.T.copy() if isinstance(rows, np.ndarray) else rows.T.tocsr()
    target = np.zeros((len(truth), len(CLASSES)), np.float32)
    target[np.arange(len(truth)), truth] = 1.0

    def loss(flat: NDArray[np.float64], penalty: float) -> tuple[float, NDArray[np.float64]]:
        weights = flat.reshape(-1, len(CLASSES)).astype(np.float32)
        said = softmax(rows @ weights[:-1] + weights[-1])
        error = (said - target) * each[:, None]
        slope = np.vstack((turned @ error + weights[:-1] / penalty, error.sum(axis=0)))
        value = -float((np.log(np.maximum(said[target > 0], 1e-12)) * each).sum())
        return value + float((weights[:-1].astype(np.float64) ** 2).sum()) / (2 * penalty), slope.astype(
            np.float64
        ).ravel()

    at = np.vstack((np.zeros((rows.shape[1], len(CLASSES))), np.log(np.maximum(target.mean(axis=0), 1e-3)))).ravel()
    out = []
    for penalty in penalties:
        at = minimize(
            loss, at, args=(penalty,), jac=True, method="L-BFGS-B", options={"maxiter": _STEPS, "ftol": 1e-6}
        ).x
        found = at.reshape(-1, len(CLASSES)).astype(np.float32)
        out.append((found[:-1], found[-1]))
    return out


def folds(truth: Kinds, count: int = _FOLDS) -> NDArray[np.int64]:
    """The fold of each text; every sentiment is spread evenly over them."""
    dice = np.random.default_rng(_SEED)
    out = np.zeros(len(truth), np.int64)
    for kind in range(len(CLASSES)):
        mine = dice.permutation(np.flatnonzero(truth == kind))
        out[mine] = np.arange(len(mine)) % count
    return out


def fitted_temperature(logits: Floats, truth: Kinds) -> float:
    """What log odds must be divided by to be right as often as they say."""
    from scipy.optimize import minimize_scalar

    def loss(log_temperature: float) -> float:
        return _loss(np.asarray(logits / np.exp(log_temperature), np.float32), truth)

    return float(np.exp(minimize_scalar(loss, bounds=(-1.5, 2.5), method="bounded").x))


def _rows(found: Sequence[Buckets], idf: Floats, told: Floats, trust: float) -> Matrix:
    from scipy import sparse

    return sparse.hstack([matrix(found, idf), sparse.csr_matrix(told * trust)]).tocsr()


def _choose(found: Sequence[Buckets], truth: Kinds, told: Floats) -> tuple[float, float, Floats]:
    """The penalty and the trust with the least log loss on held-out texts, and their log odds there."""
    fold = folds(truth)
    trusts = TRUSTS if told.any() else TRUSTS[:1]
    unseen = {
        (penalty, trust): np.zeros((len(truth), len(CLASSES)), np.float32) for penalty in PENALTIES for trust in trusts
    }
    for part in range(_FOLDS):
        learn, hold = np.flatnonzero(fold != part), np.flatnonzero(fold == part)
        idf = frequencies([found[at] for at in learn.tolist()])
        for trust in trusts:
            rows = _rows([found[at] for at in learn.tolist()], idf, told[learn], trust)
            held = _rows([found[at] for at in hold.tolist()], idf, told[hold], trust)
            for penalty, (weights, bias) in zip(PENALTIES, regress(rows, truth[learn], PENALTIES), strict=True):
                unseen[penalty, trust][hold] = held @ weights + bias
    best = min(unseen, key=lambda pair: _loss(unseen[pair], truth))
    return (*best, unseen[best])


def _loss(logits: Floats, truth: Kinds) -> float:
    return -float(np.log(np.maximum(softmax(logits)[np.arange(len(truth)), truth], 1e-9)).mean())


def _preference(probabilities: Floats, truth: Kinds, shares: NDArray[np.float64]) -> float:
    return max(
        PREFERENCES,
        key=lambda preference: macro_f1(truth, preferring(probabilities, tuple(shares), preference).argmax(axis=1)),
    )
