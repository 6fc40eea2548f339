"""What a comment expresses, and in which language: the face that the rest of feedback uses.

    reader = Reader()
    reader.read(["The courier was kind.", "Kuljettaja oli ystävällinen."])

A reading is `None`, "not yet", for a language the model was not taught, and for a text it is not sure enough of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resa.feedback.text import cold_start, languages
from resa.feedback.text.characters import clean
from resa.feedback.text.labels import Sentiment
from resa.feedback.text.learned import Model
from resa.feedback.text.linear import CLASSES, Floats
from resa.feedback.text.quality import choices


@dataclass(frozen=True, slots=True)
class Read:
    """What was read in a text."""

    language: str | None
    """ISO 639, or None."""
    sentiment: Sentiment | None
    """None is "not yet"."""
    score: float
    """From -1 to 1: the probability of positive less that of negative; 0 where nothing is said."""
    probability: float
    """How probable it is that `sentiment` is right (of the likeliest one, if it was not likely enough; 0 for a language it can't read)."""


class Reader:
    """Reads comments with the model learned from a business's own scores, over the one that ships with Resa."""

    def __init__(self, learned: Model | None = None, *, cold: cold_start.ColdStart | None = None) -> None:
        """`learned` is what `learned.fit` gave; `cold` is another cold-start model than the one shipped."""
        self._learned = learned
        self._cold = cold or cold_start.shipped()

    @property
    def version(self) -> str:
        """Names the models that read, so that what they said can be traced and read anew."""
        return self._cold.version if self._learned is None else f"{self._cold.version}+{self._learned.version}"

    @property
    def taught(self) -> tuple[str, ...]:
        """The languages it can read."""
        own = () if self._learned is None else self._learned.taught
        return tuple(sorted({*self._cold.languages, *own}))

    def read(self, texts: Sequence[str], declared: Sequence[str | None] | None = None) -> list[Read]:
        """A reading of each text. `declared` are languages the texts are said to be in (a survey's, a page's): a hint, not an order."""
        cleaned = [clean(text) for text in texts]
        names, found = languages.posteriors(cleaned)
        found = languages.hinted(names, self._cold.heard(cleaned, names, found), declared)
        spoken = [languages.named(names, row) for row in found]
        cold = self._cold.read(cleaned, names, found)
        known, probabilities, weighed = cold.known, cold.probabilities, cold.probabilities
        if self._learned is not None:
            probabilities = self._learned.probabilities(cleaned, cold)
            weighed = self._learned.decided(probabilities)
            known = self._learned.knows([word.language for word in spoken]) | known
        parts = zip(spoken, probabilities, known, choices(weighed), strict=True)
        return [_said(word.language, row, bool(sure), int(choice)) for word, row, sure, choice in parts]


def _said(language: str | None, probabilities: Floats, known: bool, choice: int) -> Read:
    likeliest = int(probabilities.argmax()) if choice < 0 else choice
    probability = float(probabilities[likeliest])
    if not known or choice < 0:
        return Read(language, None, 0.0, probability if known else 0.0)
    return Read(language, CLASSES[choice], float(probabilities[2] - probabilities[0]), probability)
