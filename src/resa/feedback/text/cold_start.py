"""The sentiment model that ships with Resa: it reads English, Swedish and Hungarian before a business has a single score.

A linear model over hashed features per language, and over the tone of a text where there is a rated list of words. Where its language is
in doubt between those it knows, their readings are mixed; a text in any other is not read.
`tools/text/cold_start.py` makes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resa.feedback.text import features
from resa.feedback.text.features import Grammar, Parsed
from resa.feedback.text.linear import CLASSES, Floats, Linear, from_bytes, softmax
from resa.feedback.text.tone import Tone

SPOKEN: Final = 0.42
"""The least probability that a text is in one of the known languages with which it is read; and none other may be likelier."""

FEW: Final = 4
"""Words of a text whose letters are too few to tell its language, at most, ..."""

_SHORT: Final = 60
"""... and characters."""

_PLAIN: Final = 25.0
"""How many times as probable a language is in which all of these words are known, some of them for praise or complaint."""

_WORTH: Final = 0.05
"""Less than this share of the probability of known languages is not worth a reading."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the cold-start model makes of texts."""

    probabilities: Floats
    """Shape (texts, classes); even where it can't read."""
    known: NDArray[np.bool_]
    """Whether it can read it."""


@dataclass(frozen=True, slots=True)
class Words:
    """Words of a language by which a text of a few words is known to be in it."""

    telling: frozenset[str]
    """Of praise and complaint."""
    common: frozenset[str]
    """What stands beside them."""

    def are_all(self, found: Sequence[str]) -> bool:
        """Whether there is nothing else, and something of praise or complaint."""
        return not self.telling.isdisjoint(found) and all(word in self.telling or word in self.common for word in found)


NO_WORDS: Final = Words(frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class Spoken:
    """A language it was taught."""

    linear: Linear
    grammar: Grammar
    temperature: float
    tone: Tone | None = None
    """Where there is a list of its words that people rated."""
    words: Words = NO_WORDS

    def read(self, texts: Sequence[str]) -> Floats:
        """Probabilities of cleaned texts that are all in this language, shape (texts, classes)."""
        found = [features.parsed(text, self.grammar) for text in texts]
        return softmax(self.logits(found) / np.float32(self.temperature))

    def logits(self, texts: Sequence[Parsed]) -> Floats:
        """Log odds, not yet calibrated."""
        logits = self.linear.logits([features.buckets_of(text) for text in texts])
        return logits if self.tone is None else logits + self.tone.logits(texts, self.grammar)


@dataclass(frozen=True, slots=True)
class ColdStart:
    """A model over several languages."""

    version: str
    languages: dict[str, Spoken]

    def read(self, texts: Sequence[str], names: Sequence[str], posteriors: Floats) -> Seen:
        """Read cleaned texts, whose languages are as probable as `posteriors` says, shape (texts, names + 1)."""
        probabilities = np.full((len(texts), len(CLASSES)), 1 / len(CLASSES), np.float32)
        columns = {language: names.index(language) for language in self.languages}
        spoken = posteriors[:, list(columns.values())].sum(axis=1)
        known = (spoken >= SPOKEN) & np.isin(posteriors[:, :-1].argmax(axis=1), list(columns.values()))
        mixed = np.zeros_like(probabilities)
        for language, column in columns.items():
            share = posteriors[:, column] / np.maximum(spoken, 1e-6)
            worth = np.flatnonzero(known & (share >= _WORTH))
            if len(worth):
                said = self.languages[language].read([texts[at] for at in worth.tolist()])
                mixed[worth] += said * share[worth, None]
        rows = np.flatnonzero(known)
        probabilities[rows] = mixed[rows] / mixed[rows].sum(axis=1, keepdims=True)
        return Seen(probabilities, known)

    def heard(self, texts: Sequence[str], names: Sequence[str], posteriors: Floats) -> Floats:
        """`posteriors` of cleaned texts, where a few words tell more than their letters do."""
        out = posteriors.copy()
        for row, text in enumerate(texts):
            if (
                len(text) <= _SHORT
                and len(found := [token for token in features.tokens(text) if token[0].isalpha()]) <= FEW
            ):
                for language, spoken in self.languages.items():
                    if spoken.words.are_all(found):
                        out[row, names.index(language)] *= _PLAIN
        return np.asarray(out / out.sum(axis=1, keepdims=True), np.float32)

    def packed(self) -> dict[str, NDArray[np.generic]]:
        """Arrays that keep it."""
        arrays: dict[str, NDArray[np.generic]] = {
            "version": np.array(self.version),
            "languages": np.array(list(self.languages)),
        }
        for name, spoken in self.languages.items():
            arrays |= spoken.linear.packed(f"{name}.")
            arrays[f"{name}.temperature"] = np.array(spoken.temperature, np.float32)
            for part in ("negations", "turns", "endings"):
                arrays[f"{name}.{part}"] = np.array(" ".join(sorted(getattr(spoken.grammar, part))))
            for part in ("telling", "common"):
                listed = " ".join(sorted(getattr(spoken.words, part)))
                arrays[f"{name}.{part}"] = np.frombuffer(listed.encode(), np.uint8)
            if spoken.tone is not None:
                arrays |= spoken.tone.packed(f"{name}.tone.")
        return arrays

    @classmethod
    def unpacked(cls, arrays: dict[str, NDArray[np.generic]]) -> ColdStart:
        """The model that was packed."""
        return cls(str(arrays["version"]), {str(name): _spoken(arrays, str(name)) for name in arrays["languages"]})


@cache
def shipped() -> ColdStart:
    """The model in this package."""
    return ColdStart.unpacked(from_bytes(resources.files(__package__).joinpath("cold_start.npz").read_bytes()))


def _spoken(arrays: dict[str, NDArray[np.generic]], name: str) -> Spoken:
    def words(part: str) -> list[str]:
        return str(arrays[f"{name}.{part}"]).split()

    grammar = Grammar(frozenset(words("negations")), frozenset(words("turns")), tuple(words("endings")))

    def several(part: str) -> frozenset[str]:
        return frozenset(arrays[f"{name}.{part}"].tobytes().decode().split())

    tone = Tone.unpacked(arrays, f"{name}.tone.") if f"{name}.tone.weights" in arrays else None
    known = Words(several("telling"), several("common"))
    return Spoken(Linear.unpacked(arrays, f"{name}."), grammar, float(arrays[f"{name}.temperature"]), tone, known)
