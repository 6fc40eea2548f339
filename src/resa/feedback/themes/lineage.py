"""Themes from finding to finding: which of the new ones is which of the old ones, and what pinned ones keep.

New themes are paired one to one with the old ones of their language by the cosine of their words (Hungarian method,
H. Kuhn, 1955). A pair that is alike enough keeps the old key, whatever it is called now; a pinned theme keeps its very
words, and a new one like it is dropped. A theme that was not found again is remembered, so that it comes back as itself.

Loaded by a search only: it needs SciPy.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from resa.feedback.themes import naming
from resa.feedback.themes.model import InLanguage, Model

Array = npt.NDArray[Any]

SAME: Final = 0.35
"""Cosine of their words from which a theme is held to be the one found before."""
MOST_RETIRED: Final = 100
"""Themes of a language that are remembered without being found any more: one that comes back gets its key again."""


class Lineage(NamedTuple):
    """The new model with everybody's key; the keys that are new, and those not found again."""

    model: Model
    new: list[str]
    gone: list[str]


def continued(old: Model, found: Sequence[InLanguage], pinned: Collection[str], taken: Collection[str]) -> Lineage:
    """The found themes under their old keys; new ones get keys that nobody ever had (`taken`)."""
    used = set(taken)
    before = {told.language: told for told in old.languages}
    new: list[str] = []
    silent = [told for told in old.languages if told.language not in {each.language for each in found}]
    now = [*found, *(msgspec.structs.replace(told, themes=[]) for told in silent)]  # they keep what people pinned
    languages = [_language(before.get(told.language), told, pinned, used, new) for told in now]
    model = Model(languages)
    held = {theme.key for told in languages for theme in told.themes}
    gone = sorted({theme.key for told in old.languages for theme in told.themes} - held)
    return Lineage(model, new, gone)


def _language(
    before: InLanguage | None, told: InLanguage, pinned: Collection[str], used: set[str], new: list[str]
) -> InLanguage:
    old = [] if before is None else [*before.themes, *before.retired]
    pairs = _pairs([theme.weights for theme in old], [theme.weights for theme in told.themes])
    themes = [theme for theme in old if theme.key in pinned]
    for place, theme in enumerate(told.themes):
        match = pairs.get(place)
        if match is None:
            key = naming.key(" ".join(theme.phrases[:2]), used)
            used.add(key)
            new.append(key)
        elif old[match].key in pinned:
            continue
        else:
            key = old[match].key
        themes.append(msgspec.structs.replace(theme, key=key))
    held = {theme.key for theme in themes}
    retired = [theme for theme in old if theme.key not in held][:MOST_RETIRED]
    idf = dict(told.idf)
    if before is not None:  # words of pinned themes keep their worth
        kept = {word for theme in themes if theme.key in pinned for word in theme.weights}
        idf |= {word: worth for word, worth in before.idf.items() if word in kept}
    return InLanguage(told.language, idf, themes, retired)


def _pairs(old: Sequence[Mapping[str, float]], new: Sequence[Mapping[str, float]]) -> dict[int, int]:
    """New place -> old place, where alike enough."""
    if not old or not new:
        return {}
    vocabulary = {word: at for at, word in enumerate({word: None for each in (*old, *new) for word in each})}
    one, other = _rows(new, vocabulary), _rows(old, vocabulary)
    cosine = one @ other.T
    rows, columns = linear_sum_assignment(-cosine)
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return {at: match for at, match in pairs if cosine[at, match] >= SAME}


def _rows(themes: Sequence[Mapping[str, float]], vocabulary: Mapping[str, int]) -> Array:
    out = np.zeros((len(themes), len(vocabulary)))
    for row, weights in enumerate(themes):
        for word, weight in weights.items():
            out[row, vocabulary[word]] = weight
    length: Array = np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)
    return out / length
