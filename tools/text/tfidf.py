"""The peer that learning from scores is measured against: TF-IDF and logistic regression of scikit-learn, tuned on all labels.

Words and pairs, pieces of words, or both; the penalty and the weights of classes: what has the best cross-validated macro-F1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_union

from resa.feedback.text.quality import Kinds, kinds
from tools.text.sources import Comment

TUNED_ON: Final = 2_000
"""Comments on which the choices are made, drawn at random; the model is then fitted to all."""

PENALTIES: Final = (0.3, 1.0, 4.0, 16.0)


def tuned(train: Sequence[Comment], test: Sequence[str]) -> tuple[Kinds, str]:
    """What the tuned model says of each text, and what was chosen."""
    texts, labels = [comment.text for comment in train], kinds([comment.sentiment for comment in train])
    part = np.random.default_rng(0).choice(len(labels), min(len(labels), TUNED_ON), replace=False)
    found: dict[tuple[str, float, str | None], float] = {}
    for name in _vectors():
        rows = _vectors()[name].fit_transform([texts[at] for at in part])
        for penalty in PENALTIES:
            for weights in (None, "balanced"):
                model = LogisticRegression(C=penalty, class_weight=weights, max_iter=60)
                found[name, penalty, weights] = float(
                    cross_val_score(model, rows, labels[part], cv=3, scoring="f1_macro").mean()
                )
    name, penalty, weights = max(found, key=lambda one: found[one])
    vectors = _vectors()[name]
    model = LogisticRegression(C=penalty, class_weight=weights, max_iter=200).fit(vectors.fit_transform(texts), labels)
    said = np.asarray(model.predict(vectors.transform(list(test))), np.int64)
    return said, f"{name}, C {penalty:g}, weights {weights}"


def _vectors() -> dict[str, Any]:
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    pieces = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=3, sublinear_tf=True)
    return {"words": words, "pieces": pieces, "both": make_union(words, pieces)}
