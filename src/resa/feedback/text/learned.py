"""The model learned from a business's own scores: comments that came with one are its examples, in whatever language they are.

Words, pairs and pieces of words, with no language assumed, and what the cold-start model makes of a text as a few more features:
how much to trust either is chosen by cross-validation (stacking, Wolpert 1992), and so are the penalty, and how far rare sentiments are
preferred. Probabilities are calibrated on texts that were held out (temperature scaling, Guo et al. 2017). Everything is seeded: the
same comments give the same model, byte for byte.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from resa.feedback.text import features, fitting, labels, languages
from resa.feedback.text.characters import clean
from resa.feedback.text.cold_start import ColdStart, Seen, shipped
from resa.feedback.text.labels import Scale
from resa.feedback.text.linear import CLASSES, Floats, Linear, from_bytes, softmax, to_bytes
from resa.feedback.text.quality import Quality, kinds
from resa.kernel.errors import Refused

FEWEST: Final = 50
"""Scored comments from which on something can be learned, ..."""

FEWEST_EACH: Final = 5
"""... at least so many of each sentiment that occurs, and of two sentiments at least."""

MOST: Final = 20_000
"""Scored comments that are learned from: the latest."""

GROWN: Final = 1.2
"""How many times as many scored comments as last time make it worth learning anew."""

TAUGHT: Final = 30
"""Scored comments in a language from which on it counts as one the model was taught."""


UNKNOWN: Final = "unknown"
"""What texts are counted under whose language was not told."""


class TooFew(Refused):
    """There are not enough scored comments yet."""


class Learned(msgspec.Struct, frozen=True):
    """What a model says of itself."""

    version: str
    n: int
    per_sentiment: dict[str, int]
    per_language: dict[str, int]
    quality: Quality
    quality_per_language: dict[str, Quality]
    cold_start: str
    """The cold-start model it stands on."""
    cold_start_weight: float
    """How much it trusts it; 0: not at all."""
    temperature: float
    preference: float
    """From 0 (the likeliest sentiment) to 1 (the one that is likeliest against how often it occurs)."""
    shares: tuple[float, ...]
    """How often the sentiments occur."""


@dataclass(frozen=True, slots=True)
class Model:
    """Reads comments as this business's customers score."""

    about: Learned
    linear: Linear
    stack: Floats
    """Weights of the cold-start model's log probabilities, shape (classes, classes)."""

    @property
    def version(self) -> str:
        """Names what it learned from."""
        return self.about.version

    @property
    def quality(self) -> Quality:
        """By cross-validation."""
        return self.about.quality

    @property
    def taught(self) -> frozenset[str]:
        """The languages it had examples enough of."""
        return frozenset(name for name, count in self.about.per_language.items() if count >= TAUGHT) - {UNKNOWN}

    def knows(self, spoken: Sequence[str | None]) -> NDArray[np.bool_]:
        """Whether it was taught the language of each text."""
        return np.isin([language or "" for language in spoken], list(self.taught))

    def probabilities(self, texts: Sequence[str], cold: Seen) -> Floats:
        """Of cleaned texts, shape (texts, classes)."""
        found = [features.buckets(text) for text in texts]
        logits = self.linear.logits(found) + fitting.cold_features(cold) @ self.stack
        return softmax(np.asarray(logits / self.about.temperature, np.float32))

    def decided(self, probabilities: Floats) -> Floats:
        """The same, weighed as the choice among sentiments is."""
        return fitting.preferring(probabilities, self.about.shares, self.about.preference)

    def to_bytes(self) -> bytes:
        """To be kept."""
        arrays = self.linear.packed()
        arrays["stack"] = self.stack
        arrays["about"] = np.frombuffer(msgspec.json.encode(self.about), np.uint8)
        return to_bytes(arrays)

    @classmethod
    def from_bytes(cls, content: bytes) -> Model:
        """The model that was kept; raises `ValueError` or `KeyError` if it is none."""
        arrays = from_bytes(content)
        about = msgspec.json.decode(arrays["about"].astype(np.uint8).tobytes(), type=Learned)
        return cls(about, Linear.unpacked(arrays), arrays["stack"].astype(np.float32))


def worth_learning(scored: int, before: Model | None) -> bool:
    """Whether enough new scores came since `before` was learned."""
    return scored >= FEWEST and (before is None or scored >= min(MOST, math.ceil(before.about.n * GROWN)))


def fit(
    texts: Sequence[str],
    scores: Sequence[float],
    spoken: Sequence[str | None] | None = None,
    *,
    scale: Scale | Sequence[Scale],
    cold: ColdStart | None = None,
) -> Model:
    """Learn from comments and the scores beside them, oldest first.

    `spoken` are languages where they are known (others are detected); `scale` is that of all scores, or of each. Raises `TooFew`
    below `FEWEST` comments, and `Refused` for a score that is not on its scale.
    """
    scales = [scale] * len(texts) if isinstance(scale, str) else list(scale)
    if not len(texts) == len(scores) == len(scales) == len(spoken or texts):
        raise Refused("scores", len(scores), "must be as many as texts.", f"There are {len(texts)} texts.")
    named = [labels.of(score, which) for score, which in zip(scores, scales, strict=True)]
    chosen = _latest(texts)
    cleaned = [clean(texts[at]) for at in chosen]
    truth = kinds([named[at] for at in chosen])
    _enough(truth)
    base = cold or shipped()
    names, found = languages.posteriors(cleaned)
    found = languages.hinted(
        names, base.heard(cleaned, names, found), [spoken[at] for at in chosen] if spoken else None
    )
    which = [languages.named(names, row).language or UNKNOWN for row in found]
    fitted = fitting.fit([features.buckets(text) for text in cleaned], truth, base.read(cleaned, names, found), which)
    about = Learned(
        version=_version(cleaned, truth, base.version),
        n=len(truth),
        per_sentiment={name: int((truth == at).sum()) for at, name in enumerate(CLASSES)},
        per_language=dict(Counter(which).most_common()),
        quality=fitted.quality,
        quality_per_language=fitted.quality_per_language,
        cold_start=base.version,
        cold_start_weight=fitted.cold_weight,
        temperature=fitted.temperature,
        preference=fitted.preference,
        shares=fitted.shares,
    )
    return Model(about, fitted.linear, fitted.stack)


def _latest(texts: Sequence[str]) -> list[int]:
    """Where the texts are that are learned from: the latest of each that says something, oldest first."""
    last = {text.strip().casefold(): at for at, text in enumerate(texts)}
    last.pop("", None)
    return sorted(last.values())[-MOST:]


def _enough(truth: NDArray[np.int64]) -> None:
    each = Counter(truth.tolist())
    if len(truth) < FEWEST:
        raise TooFew(
            "scores", len(truth), f"are fewer than the {FEWEST} scored comments learning begins with.", "Wait for more."
        )
    if sum(count >= FEWEST_EACH for count in each.values()) < 2:
        raise TooFew(
            "scores", len(truth), "nearly all say the same.", f"Wait for {FEWEST_EACH} each of two sentiments."
        )


def _version(texts: Sequence[str], truth: NDArray[np.int64], base: str) -> str:
    digest = hashlib.sha256(f"{base}\0{len(texts)}\0".encode())
    for text, kind in zip(texts, truth, strict=True):
        digest.update(f"{kind}\0{text}\0".encode("utf-8", "replace"))
    return f"learned-{len(texts)}-{digest.hexdigest()[:12]}"
