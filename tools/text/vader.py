"""VADER, the peer that English readings are measured against: its published rules over its own lexicon.

Hutto and Gilbert (2014), "VADER: a parsimonious rule-based model for sentiment analysis of social media text", as their Python package 3.3.2
(MIT) computes it. Not shipped: Resa reads nothing by it.
"""

from __future__ import annotations

import gzip
import math
import string
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MORE, LESS, CAPITALS, TURNED = 0.293, -0.293, 0.733, -0.74
BOUND: Final = 0.05
"""The compound score from which on VADER's authors call a text positive (or, below its negative, negative)."""

NEGATIONS: Final = frozenset(
    "aint arent cannot cant couldnt darent didnt doesnt ain't aren't can't couldn't daren't didn't doesn't dont hadnt hasnt havent isnt mightnt "
    "mustnt neither don't hadn't hasn't haven't isn't mightn't mustn't neednt needn't never none nope nor not nothing nowhere oughtnt shant "
    "shouldnt uhuh wasnt werent oughtn't shan't shouldn't uh-uh wasn't weren't without wont wouldnt won't wouldn't rarely seldom despite".split()
)
BOOSTERS: Final = {
    word: step
    for step, words in (
        (
            MORE,
            "absolutely amazingly awfully completely considerable considerably decidedly deeply effing enormous enormously entirely especially "
            "exceptional exceptionally extreme extremely fabulously flipping flippin frackin fracking fricking frickin frigging friggin fully "
            "fuckin fucking fuggin fugging greatly hella highly hugely incredible incredibly intensely major majorly more most particularly purely "
            "quite really remarkably so substantially thoroughly total totally tremendous "
            "tremendously uber unbelievably unusually utter utterly very",
        ),
        (
            LESS,
            "almost barely hardly just_enough kind_of kinda kindof kind-of less little marginal marginally occasional occasionally partly scarce "
            "scarcely slight slightly somewhat sort_of sorta sortof sort-of",
        ),
    )
    for word in words.replace("_", "\0").split()
    for word in (word.replace("\0", " "),)
}
SPECIAL: Final = {
    "the shit": 3, "the bomb": 3, "bad ass": 1.5, "badass": 1.5, "bus stop": 0.0, "yeah right": -2, "kiss of death": -1.5, "to die for": 3,
    "beating heart": 3.5,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Vader:
    """The lexicon and the rules."""

    lexicon: dict[str, float]

    @classmethod
    def of(cls, data: Path) -> Vader:
        """With the lexicon that lies with the ground truth."""
        with gzip.open(data / "vader_groundtruth" / "vader_lexicon.txt.gz", "rt", encoding="utf-8") as lines:
            return cls(
                {word: float(mean) for word, mean, *_ in (line.strip().split("\t") for line in lines if line.strip())}
            )

    def compound(self, text: str) -> float:
        """From -1 to 1."""
        words = _words(text)
        if not words:
            return 0.0
        low = [word.lower() for word in words]
        shouting = 0 < sum(word.isupper() for word in words) < len(words)
        valences = [self._valence(words, low, at, shouting) for at in range(len(words))]
        total = sum(_but(low, valences))
        emphasis = min(text.count("!"), 4) * 0.292 + _questions(text.count("?"))
        total += math.copysign(emphasis, total) if total else 0.0
        return max(-1.0, min(1.0, total / math.sqrt(total * total + 15)))

    def _valence(self, words: Sequence[str], low: Sequence[str], at: int, shouting: bool) -> float:
        word = low[at]
        if word in BOOSTERS or (word == "kind" and low[at + 1 : at + 2] == ["of"]) or word not in self.lexicon:
            return 0.0
        valence = self.lexicon[word]
        if word == "no" and at + 1 < len(low) and low[at + 1] in self.lexicon:
            valence = 0.0
        before = low[max(0, at - 3) : at][::-1]
        if "no" in before[:2] or (before[2:] == ["no"] and before[0] in ("or", "nor")):
            valence = self.lexicon[word] * TURNED
        if words[at].isupper() and shouting:
            valence += CAPITALS if valence > 0 else -CAPITALS
        for back, other in enumerate(before):
            if other not in self.lexicon:
                valence += _boost(words[at - back - 1], valence, shouting) * (1.0, 0.95, 0.9)[back]
                valence = _negate(valence, before, back)
                if back == 2:
                    valence = _idioms(valence, low, at)
        if before and before[0] == "least" and "least" not in self.lexicon and before[1:2] not in (["at"], ["very"]):
            valence *= TURNED
        return valence


def _words(text: str) -> list[str]:
    return [word if len(bare := word.strip(string.punctuation)) <= 2 else bare for word in text.split()]


def _boost(word: str, valence: float, shouting: bool) -> float:
    step = BOOSTERS.get(word.lower(), 0.0)
    if not step:
        return 0.0
    if valence < 0:
        step = -step
    if word.isupper() and shouting:
        step += CAPITALS if valence > 0 else -CAPITALS
    return step


def _negated(word: str) -> bool:
    return word in NEGATIONS or "n't" in word


def _negate(valence: float, before: Sequence[str], back: int) -> float:
    emphatic = ("so", "this")
    if back == 1 and before[1] == "never" and before[0] in emphatic:
        return valence * 1.25
    if back == 2 and ((before[2] == "never" and before[1] in emphatic) or before[0] in emphatic):
        return valence * 1.25
    if back and before[back] == "without" and "doubt" in before[:back]:
        return valence
    return valence * TURNED if _negated(before[back]) else valence


def _idioms(valence: float, low: Sequence[str], at: int) -> float:
    def joined(start: int, end: int) -> str:
        return " ".join(low[at + start : at + end + 1])

    for phrase in (joined(-1, 0), joined(-2, 0), joined(-2, -1), joined(-3, -1), joined(-3, -2)):
        if phrase in SPECIAL:
            valence = SPECIAL[phrase]
            break
    for end in (1, 2):
        if at + end < len(low):
            valence = SPECIAL.get(joined(0, end), valence)
    return valence + sum(BOOSTERS.get(phrase, 0.0) for phrase in (joined(-3, -1), joined(-3, -2), joined(-2, -1)))


def _but(low: Sequence[str], valences: list[float]) -> list[float]:
    """What stands before a "but" counts half, what comes after it half as much again.

    As the package does it: of equal valences it changes the first, as often as there are such.
    """
    if "but" not in low:
        return valences
    turn = low.index("but")
    for at in range(len(valences)):
        first = valences.index(valences[at])
        if first != turn:
            valences[first] *= 0.5 if first < turn else 1.5
    return valences


def _questions(count: int) -> float:
    if count < 2:
        return 0.0
    return count * 0.18 if count <= 3 else 0.96
