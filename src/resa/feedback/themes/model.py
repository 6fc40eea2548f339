"""Themes as they are recognised in a comment: for each language the words with their weights, in NumPy alone.

A comment is the tf-idf of its words (each counted once, length 1). What it is about is the non-negative mixture of
themes that explains it best, found by multiplicative updates (D. Lee, S. Seung: Algorithms for non-negative matrix
factorization, 2001) with the themes fixed: a word that two themes share counts for the one the rest speaks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from resa.feedback.themes import words
from resa.feedback.themes.definition import Theme, ancestors
from resa.feedback.themes.store import Mention

Array = npt.NDArray[Any]

ALONE: Final = 0.45
"""Length of a theme's part in a comment (of length 1) that is enough for the comment to be about it."""
SIGNS: Final = 1.0
"""Words' signs of a theme that are enough: a word that is as strong as any of the theme and speaks of no other is 1."""
LEAST_SIGNS: Final = 2
_SIGN: Final = 0.15
MOST_THEMES: Final = 5
"""Themes that one comment is about, at most."""
_ROUNDS: Final = 40
_AT_ONCE: Final = 1_000
_TYPICAL: Final = 3.0
"""Signs from which a comment is as typical of a theme as its words' direction says."""
UNKNOWN: Final = "und"
"""Comments whose language is not known."""


class Found(msgspec.Struct, frozen=True):
    """A theme as found in one language: its key, its words by weight (the square sum is 1), and its key phrases."""

    key: str
    weights: dict[str, float]
    phrases: list[str]
    stability: float
    volume: int


class InLanguage(msgspec.Struct, frozen=True):
    """The themes of one language, and how telling each word is there."""

    language: str
    idf: dict[str, float]
    themes: list[Found]
    retired: list[Found] = []
    """Found before and not any more; nothing is held against them."""


class Model(msgspec.Struct, frozen=True):
    """All that is needed to say what a comment is about."""

    languages: list[InLanguage]


class Shapes:
    """Themes as rows of length 1 over words, ready for comments as rows of words."""

    def __init__(self, weights: Array, idf: Array) -> None:
        """`weights`: k themes x v words; `idf`: v."""
        self.idf = idf
        self.weights = weights / np.maximum(np.linalg.norm(weights, axis=1, keepdims=True), 1e-12)
        self.gram = self.weights @ self.weights.T
        own = self.weights / np.maximum(self.weights.sum(axis=0, keepdims=True), 1e-12)
        strength = self.weights / np.maximum(self.weights.max(axis=1, keepdims=True, initial=0), 1e-12)
        self.signs = np.where(own * strength >= _SIGN, own * strength, 0)

    def about(self, docs: Any) -> tuple[Array, Array, Array]:
        """Of comments (n x v, dense or sparse, 1 where a word is there): whether each is about each theme, its part, how typical it is."""
        length = np.sqrt(np.asarray(docs @ self.idf**2).ravel())
        target = np.asarray(docs @ (self.weights * self.idf).T) / np.maximum(length, 1e-12)[:, None]
        parts = mixture(target, self.gram)
        signs = np.asarray(docs @ self.signs.T)
        several = np.asarray(docs @ (self.signs > 0).T.astype(np.float64)) >= LEAST_SIGNS
        chosen = ((signs >= SIGNS) & several) | ((parts >= ALONE) & (signs > 0))
        return chosen, np.minimum(parts, 1), np.minimum(target * np.minimum(1, signs / _TYPICAL), 1)


class _Ready:
    """One language's themes."""

    def __init__(self, told: InLanguage) -> None:
        self.place = {word: at for at, word in enumerate(told.idf)}
        self.keys = [theme.key for theme in told.themes]
        weights = np.zeros((len(self.keys), len(self.place)))
        for row, theme in enumerate(told.themes):
            for word, weight in theme.weights.items():
                if word in self.place:
                    weights[row, self.place[word]] = weight
        self.shapes = Shapes(weights, np.fromiter(told.idf.values(), np.float64, len(told.idf)))

    def mentions(self, found: Sequence[Iterable[str]]) -> list[list[Mention]]:
        out: list[list[Mention]] = [[] for _ in found]
        if not self.keys:
            return out
        docs = np.zeros((len(found), len(self.place)))
        for row, features in enumerate(found):
            docs[row, [self.place[word] for word in features if word in self.place]] = 1
        chosen, parts, typical = self.shapes.about(docs)
        for row, theme in zip(*(axis.tolist() for axis in np.nonzero(chosen)), strict=True):
            part, like = float(parts[row, theme]), float(typical[row, theme])
            out[row].append(Mention(self.keys[theme], round(part, 4), round(like, 4)))
        return [sorted(said, key=lambda one: (-one.weight, one.theme))[:MOST_THEMES] for said in out]


def mixture(target: Array, gram: Array) -> Array:
    """Non-negative `w` (n x k) that minimises |x - w H|, from `target` = x H' (n x k) and `gram` = H H' (k x k)."""
    found = np.maximum(target, 1e-9)
    for _ in range(_ROUNDS):
        found = found * target / np.maximum(found @ gram, 1e-12)
    return found


class Recogniser:
    """Says what comments are about: by the found themes of their language, and by the phrases that people gave."""

    def __init__(self, model: Model, themes: Mapping[str, Theme]) -> None:
        """`themes`: the definitions by key; a found theme that has none any more is left out."""
        self._ready = {
            told.language: _Ready(
                InLanguage(told.language, told.idf, [each for each in told.themes if each.key in themes])
            )
            for told in model.languages
        }
        self._phrases = [(key, [_pattern(phrase) for phrase in theme.phrases]) for key, theme in themes.items()]
        self._phrases = [(key, patterns) for key, patterns in self._phrases if patterns]
        self._split = {key: ancestors(themes, key) for key, _ in self._phrases}

    def mentions(self, texts: Iterable[tuple[str, str | None]]) -> list[list[Mention]]:
        """What each comment (text, language) is about, the most of it first; those named by a phrase before all."""
        asked = [(words.words(text), language or UNKNOWN) for text, language in texts]
        out: list[list[Mention]] = [[] for _ in asked]
        for language, ready in self._ready.items():
            mine = [place for place, (_, spoken) in enumerate(asked) if spoken == language]
            for start in range(0, len(mine), _AT_ONCE):
                some = mine[start : start + _AT_ONCE]
                for place, said in zip(some, ready.mentions([words.features(asked[n][0]) for n in some]), strict=True):
                    out[place] = said
        for place, (found, _) in enumerate(asked):
            named = [key for key, patterns in self._phrases if any(_holds(found, pattern) for pattern in patterns)]
            if named:
                left = set().union(*(self._split[key] for key in named))
                certain = [Mention(key, 1.0, 1.0) for key in named if key not in left]
                others = [mention for mention in out[place] if mention.theme not in left.union(named)]
                out[place] = certain + others
        return out


def _pattern(phrase: str) -> list[str]:
    """A phrase as words; those that end in `*` are beginnings."""
    parts: list[str] = []
    for part in phrase.split():
        found = words.words(part)
        if found:
            parts += [*found[:-1], found[-1] + ("*" if part.endswith("*") else "")]
    return parts


def _holds(found: Sequence[str], pattern: Sequence[str]) -> bool:
    size = len(pattern)
    if not size:
        return False
    return any(
        all(_same(word, part) for word, part in zip(found[at : at + size], pattern, strict=True))
        for at in range(len(found) - size + 1)
    )


def _same(word: str, part: str) -> bool:
    if part.endswith("*"):
        return word.startswith(part[:-1])
    return part in word if words.spaceless(part) else word == part
