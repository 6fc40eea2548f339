"""The phrases that name a theme: what is said in its comments far oftener than in others, as it is written there."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy.typing as npt

from resa.feedback.themes import words

PHRASES: Final = 5
_LOOKED_AT: Final = 2_000
"""Comments of a theme (and others) that are read for its phrases."""
_PRIOR: Final = 0.5


class Tokens:
    """The words of each comment as they are written, and how often one and two of them stand side by side."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Read lazily: only the comments that are asked for."""
        self.texts = texts
        self._frequency: Counter[str] | None = None

    def grams(self, place: int) -> set[str]:
        """The single words and pairs of neighbours of a comment."""
        found = words.words(self.texts[place])
        return {*found, *(f"{one} {other}" for one, other in pairwise(found))}

    @property
    def background(self) -> Counter[str]:
        """In how many of up to `_LOOKED_AT` comments each stands, evenly drawn."""
        if self._frequency is None:
            step = max(1, len(self.texts) // _LOOKED_AT)
            self._frequency = Counter(gram for at in range(0, len(self.texts), step) for gram in self.grams(at))
        return self._frequency

    @property
    def looked_at(self) -> int:
        """How many comments the background is."""
        return len(range(0, len(self.texts), max(1, len(self.texts) // _LOOKED_AT)))


def tokens(texts: Sequence[str]) -> Tokens:
    """The comments, ready to be asked for phrases."""
    return Tokens(texts)


def phrases(read: Tokens, members: npt.NDArray[Any], weights: Mapping[str, float]) -> list[str]:
    """The phrases that set these comments apart and hold the theme's own words, the best first."""
    step = max(1, len(members) // _LOOKED_AT)
    chosen = members[::step]
    inside = Counter(gram for at in chosen.tolist() for gram in read.grams(at))
    out: list[str] = []
    for gram in sorted(inside, key=lambda each: (-_worth(each, inside, read, len(chosen), weights), each)):
        if len(out) == PHRASES or _worth(gram, inside, read, len(chosen), weights) <= 0:
            break
        if not any(_overlap(gram, other) for other in out):
            out.append(gram)
    return out


def _worth(gram: str, inside: Counter[str], read: Tokens, n: int, weights: Mapping[str, float]) -> float:
    """Weight of its words times the log-likelihood gain of its share here against everywhere."""
    own = max((weights.get(part, 0.0) for word in gram.split() for part in words.features([word])), default=0.0)
    here = inside[gram]
    if own < 0.1 or here < 3:
        return 0.0
    everywhere = (read.background[gram] + _PRIOR) / (read.looked_at + 1)
    lift = here / n / everywhere
    # A pair is worth more than its words where it is nearly as frequent as the rarer of them.
    longer = 1.3 if " " in gram and here >= 0.25 * min(inside[word] for word in gram.split()) else 1.0
    if " " in gram and longer == 1.0:
        return 0.0
    ends = all(
        words.features([word]) & weights.keys() for word in (gram.split(maxsplit=1)[0], gram.rsplit(maxsplit=1)[-1])
    )
    return own * longer * (1.0 if ends else 0.4) * math.sqrt(here / n) * math.log(max(lift, 1.0)) ** 2


def _overlap(one: str, other: str) -> bool:
    stems = [{part for word in gram.split() for part in words.features([word])} for gram in (one, other)]
    return bool(stems[0] & stems[1])


def name(found: Sequence[str], taken: Collection[str]) -> str:
    """A name of up to three phrases that no other theme has."""
    said = ", ".join(found[:3]) or "theme"
    said = (said[:1].upper() + said[1:])[:110]
    if said not in taken:
        return said
    return next(f"{said} {n}" for n in range(2, 10_000) if f"{said} {n}" not in taken)


def key(said: str, taken: Collection[str]) -> str:
    """A key made of a name: its Latin letters and digits, joined by -; `theme` where it has none."""
    plain = unicodedata.normalize("NFKD", said).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-") or "theme"
    if base not in taken:
        return base
    return next(f"{base}-{n}" for n in range(2, 100_000) if f"{base}-{n}" not in taken)
