"""The tone of a text by a list of rated words: how much it praises and how much it complains, as a handful of figures.

Words weigh by themselves, whatever their comments were about, so these figures hold in sources the model never saw. What turns a word
round, strengthens or weakens it, and what a "but" sets against each other is counted in the manner of VADER (Hutto and Gilbert 2014).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resa.feedback.text.features import Grammar, Parsed
from resa.feedback.text.linear import Floats

FIGURES: Final = 10
"""Figures of a text: `Tone.figures` names them."""

_TURNED: Final = -0.74
"""What a negation leaves of a word's valence; this and the numbers below are as VADER's authors have them."""

_FADING: Final = (1.0, 0.95, 0.9)
"""How much of its strength a strengthening word gives to the next word, the second and the third."""

_BEFORE_A_TURN, _AFTER_A_TURN = 0.5, 1.5
_EXCLAIMED: Final = 0.292
_MOST_MARKS: Final = 4
_BENT: Final = 15.0
"""A sum s is bent to s / sqrt(s² + this), between -1 and 1."""


@dataclass(frozen=True, slots=True)
class Tone:
    """A rated list, and what the model makes of the figures it gives."""

    valences: Mapping[str, float]
    """From -4 to 4; none is 0."""
    strengths: Mapping[str, float]
    """What a word adds to the valence of the words after it ("very", and below zero "slightly")."""
    weights: Floats
    """Shape (FIGURES, classes)."""

    def logits(self, texts: Sequence[Parsed], grammar: Grammar) -> Floats:
        """What the tone adds to the log odds of each class, shape (texts, classes)."""
        return np.asarray(figures(texts, grammar, self.valences, self.strengths) @ self.weights, np.float32)

    def packed(self, name: str) -> dict[str, NDArray[np.generic]]:
        """Arrays that keep it, their names begun with `name`."""
        arrays: dict[str, NDArray[np.generic]] = {f"{name}weights": self.weights}
        for part in ("valences", "strengths"):
            rated: Mapping[str, float] = getattr(self, part)
            arrays[f"{name}{part}.words"] = np.frombuffer(" ".join(rated).encode(), np.uint8)
            arrays[f"{name}{part}"] = np.array(list(rated.values()), np.float16)
        return arrays

    @classmethod
    def unpacked(cls, arrays: Mapping[str, NDArray[np.generic]], name: str) -> Tone:
        """The one that was packed."""

        def rated(part: str) -> dict[str, float]:
            words = arrays[f"{name}{part}.words"].tobytes().decode().split(" ")
            return dict(zip(words, arrays[f"{name}{part}"].astype(np.float64).tolist(), strict=True))

        return cls(rated("valences"), rated("strengths"), arrays[f"{name}weights"].astype(np.float32))


def figures(
    texts: Sequence[Parsed], grammar: Grammar, valences: Mapping[str, float], strengths: Mapping[str, float]
) -> Floats:
    """Shape (texts, FIGURES): the whole tone and its size, praise, complaint, the best word and the worst, the last one, the share
    of words that have a valence, how long the text is, and whether no word has one.
    """
    rows = [_figures(text, _valences(text, grammar, valences, strengths)) for text in texts]
    return np.array(rows, np.float32).reshape(len(rows), FIGURES)


def _figures(text: Parsed, found: Sequence[float]) -> tuple[float, ...]:
    whole = sum(found)
    if whole:
        whole += math.copysign(min(text.exclaimed, _MOST_MARKS) * _EXCLAIMED, whole)
    tone = _bent(whole)
    length = math.log1p(len(text.tokens))
    if not found:
        return (tone, abs(tone), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, length, 1.0)
    praise = sum(valence for valence in found if valence > 0)
    complaint = praise - sum(found)
    share = len(found) / len(text.tokens)
    best, worst = max(0.0, *found), min(0.0, *found)
    return (tone, abs(tone), _bent(praise), _bent(complaint), best, worst, found[-1], share, length, 0.0)


def _bent(total: float) -> float:
    return total / math.sqrt(total * total + _BENT)


def _valences(
    text: Parsed, grammar: Grammar, valences: Mapping[str, float], strengths: Mapping[str, float]
) -> list[float]:
    """Of the words that have one, in order, as they are meant where they stand."""
    tokens = text.tokens
    hits = [(at, valence) for at, token in enumerate(tokens) if (valence := valences.get(token))]
    if not hits:
        return []
    turn = next((at for at, token in enumerate(tokens) if token in grammar.turns), None)
    found = []
    for at, plain in hits:
        if grammar.negates(tokens[at]) and tokens[at + 1 : at + 2] and tokens[at + 1] in valences:
            continue  # "no problem": it turns the next word round, and says nothing itself
        valence = plain + math.copysign(1.0, plain) * _strength(tokens, at, strengths)
        if text.negated[at]:
            valence *= _TURNED
        if turn is not None:
            valence *= _BEFORE_A_TURN if at < turn else _AFTER_A_TURN
        found.append(valence)
    return found


def _strength(tokens: Sequence[str], at: int, strengths: Mapping[str, float]) -> float:
    before = tokens[max(0, at - len(_FADING)) : at][::-1]
    return sum(strengths.get(token, 0.0) * fading for token, fading in zip(before, _FADING, strict=False))
