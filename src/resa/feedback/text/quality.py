"""How good readings are, against what people scored: macro-F1, calibration, and how often nothing was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resa.feedback.text.linear import CLASSES, Floats

Kinds = NDArray[np.int64]
"""Places in `CLASSES`."""

SURE: Final = 0.4
"""The least (weighed) probability with which a sentiment is said; a guess among three would have 0.33."""

_BINS: Final = 10


@dataclass(frozen=True, slots=True)
class Quality:
    """Figures on comments that the model did not learn from."""

    n: int
    accuracy: float
    """Of the texts something was said of."""
    macro_f1: float
    """Mean of the F1 of the classes there are, over all texts; what is "not yet" counts as missed."""
    calibration_error: float
    """Expected calibration error (Naeini et al. 2015): how far the said probability is from the share that was right."""
    not_yet: float
    """The share of texts nothing was said of."""


def choices(weighed: Floats) -> Kinds:
    """The likeliest class of each row, -1 ("not yet") where none is likely enough."""
    best = weighed.argmax(axis=1)
    return np.asarray(np.where(weighed.max(axis=1) >= SURE, best, -1), np.int64)


def measured(truth: Kinds, choice: Kinds, probability: Floats) -> Quality:
    """`choice` is -1 for "not yet"; `probability` is the said one of the choice."""
    said = choice >= 0
    right = (truth == choice)[said]
    return Quality(
        len(truth),
        float(right.mean()) if said.any() else 0.0,
        macro_f1(truth, choice),
        calibration_error(right, probability[said]),
        float(1.0 - said.mean()) if len(truth) else 0.0,
    )


def macro_f1(truth: Kinds, choice: Kinds) -> float:
    """The mean over the classes that occur in `truth`."""
    scores = []
    for kind in np.unique(truth):
        hits = int(((truth == kind) & (choice == kind)).sum())
        total = int((truth == kind).sum() + (choice == kind).sum())
        scores.append(2 * hits / total if total else 0.0)
    return float(np.mean(scores)) if scores else 0.0


def calibration_error(right: NDArray[np.bool_], probability: Floats) -> float:
    """Mean distance between said and found, over ten bins of equal width."""
    if not len(right):
        return 0.0
    bins = np.minimum((probability * _BINS).astype(np.int64), _BINS - 1)
    gaps = [
        abs(float(right[bins == at].mean() - probability[bins == at].mean())) * (bins == at).mean()
        for at in np.unique(bins)
    ]
    return float(sum(gaps))


def kinds(sentiments: Sequence[str]) -> Kinds:
    """Sentiments as numbers."""
    return np.array([CLASSES.index(sentiment) for sentiment in sentiments], np.int64)
