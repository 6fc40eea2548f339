"""The phrases that name a theme: what is said in its comments far oftener than in others, as most of them write it.

One to three words side by side, weighed as in class-based TF-IDF (M. Grootendorst: BERTopic, 2022), a theme being a class. No list of stop
words: a phrase begins and ends with words that the theme has for itself, and what is spread over all comments is none of these. Inflections
of a word count as one, under the form that most write.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import takewhile
from typing import Any, Final

import numpy.typing as npt

from resa.feedback.themes import words

PHRASES: Final = 5
NAMING: Final = 3
"""Phrases of a name, at most."""
LONGEST: Final = 3
"""Words of a phrase."""
_CHARACTERS: Final = (2, 3, 4, 5, 6)
"""Characters of a phrase where words have no spaces between them."""
_LOOKED_AT: Final = 1_000
"""Comments of a theme (and others) that are read for its phrases."""
_PRIOR: Final = 0.5
_FEWEST: Final = 3
"""Comments of the theme that a phrase is in, at least."""
_TELLING: Final = 0.1
"""Weight in the theme of the strongest word of a phrase, at least."""
_LIFTED: Final = 1.5
"""Times as frequent in the theme as everywhere that a word must be to begin or end a phrase, ..."""
_SPREAD: Final = 0.03
"""... the share of the other comments beyond which it is spread over them, as words of grammar are, ..."""
_LIFTED_AMID: Final = 3.0
"""... and how many times as frequent it must be then: a topic is often the matter of several themes."""
_CLINGING: Final = 0.6
"""Share of a word's comments in which the same word is beside it, from which on the two are one phrase."""
_WHOLE: Final = 0.25
"""A phrase is more than its words where it is in this share of the comments with the rarest of them that may begin or end one."""
_LONGER: Final = 1.6
"""How much more such a phrase is worth for each word after the first."""
_CANDIDATES: Final = 60
"""Phrases whose neighbours are looked at."""
_PIECE: Final = 0.6
"""What is left of the worth of a phrase of several words for each side on which it goes on in the same word: a piece of a longer one."""
_ROOT: Final = 3
"""Letters that inflections of a word begin with alike, at least, ..."""
_ENDING: Final = 3
"""... and those they differ in, at most."""

_BREAK: Final = re.compile(r"[.,;:!?…()\[\]{}<>|/\"“”„«»¿¡。、，！？；：·\r\n]+|\s[-–—]+\s")
"""Where no phrase goes on."""

Gram = tuple[str, ...]
"""Stems of neighbouring words."""


@dataclass(frozen=True, slots=True)
class _Counts:
    """In how many comments each phrase is."""

    comments: int
    of: Counter[Gram]

    def share(self, gram: Gram) -> float:
        """Of the comments."""
        return self.of[gram] / max(self.comments, 1)


class Tokens:
    """The comments, ready to be asked for phrases: read only as far as they are asked for."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Nothing is read yet."""
        self.texts = texts

    def counted(self, places: Sequence[int]) -> _Counts:
        """The phrases of some comments."""
        return _Counts(len(places), Counter(gram for place in places for gram in _grams(self.texts[place])))

    @cached_property
    def everywhere(self) -> _Counts:
        """Of up to `_LOOKED_AT` comments, evenly drawn."""
        return self.counted(range(0, len(self.texts), max(1, len(self.texts) // _LOOKED_AT)))

    def beside(self, grams: Collection[Gram], places: Sequence[int]) -> dict[Gram, tuple[float, float]]:
        """The share of each phrase's most frequent neighbour, before it and after it, among all places where it stands."""
        before: dict[Gram, Counter[str]] = {gram: Counter() for gram in grams}
        after: dict[Gram, Counter[str]] = {gram: Counter() for gram in grams}
        met: Counter[Gram] = Counter()
        for place in places:
            for _, stems in _runs(self.texts[place]):
                for size in range(2, LONGEST + 1):
                    for at in range(len(stems) - size + 1):
                        if (gram := stems[at : at + size]) in before:
                            met[gram] += 1
                            before[gram].update(stems[at - 1 : at] if at else ())
                            after[gram].update(stems[at + size : at + size + 1])
        return {
            gram: (max(before[gram].values(), default=0) / n, max(after[gram].values(), default=0) / n)
            for gram, n in met.items()
        }

    def written(self, grams: Sequence[Gram], places: Sequence[int]) -> list[str]:
        """Each phrase as most of some comments write it."""
        forms: dict[Gram, Counter[str]] = {gram: Counter() for gram in grams}
        for place in places:
            found = _grams(self.texts[place])
            for gram in forms.keys() & found.keys():
                forms[gram][found[gram]] += 1
        return [min(each.items(), key=lambda form: (-form[1], form[0]))[0] for each in forms.values()]


def _grams(text: str) -> dict[Gram, str]:
    """The phrases of a comment, and how each is written where it first comes."""
    out: dict[Gram, str] = {}
    for written, stems in _runs(text):
        for word in filter(words.spaceless, written):
            out |= {(part,): part for size in _CHARACTERS for part in _parts(word, size)}
        for size in range(1, LONGEST + 1):
            for at in range(len(stems) - size + 1):
                out.setdefault(stems[at : at + size], " ".join(written[at : at + size]))
    return out


def _runs(text: str) -> Iterator[tuple[list[str], Gram]]:
    """Words with no break between them, as they are written and as stems."""
    for run in _BREAK.split(words.plain(text)):
        written = words.written(run)
        if written and written[0].istitle():  # a capital that begins a sentence is not the word's own
            written[0] = written[0].lower()
        yield written, tuple(map(_stem, written))


@lru_cache(50_000)
def _stem(word: str) -> str:
    return words.stem(word.casefold())


def _parts(word: str, size: int) -> list[str]:
    return [word[at : at + size] for at in range(len(word) - size + 1)]


def tokens(texts: Sequence[str]) -> Tokens:
    """The comments, ready to be asked for phrases."""
    return Tokens(texts)


def phrases(read: Tokens, members: npt.NDArray[Any], weights: Mapping[str, float]) -> list[str]:
    """The phrases that set these comments apart and hold the theme's own words, the best first."""
    places = members[:: max(1, len(members) // _LOOKED_AT)].tolist()
    theme = _Theme(read.counted(places), read.everywhere, len(members) / max(len(read.texts), 1), weights)
    chosen: list[Gram] = []
    ranked = theme.ranked()[:_CANDIDATES]
    bound = read.beside([gram for gram, _ in ranked if len(gram) > 1], places)
    worth = {gram: each * _PIECE ** sum(share >= _CLINGING for share in bound.get(gram, ())) for gram, each in ranked}
    for gram in sorted(worth, key=lambda each: (-worth[each], each)):
        if not any(_alike(one, other) for earlier in chosen for one in earlier for other in gram if theme.names(other)):
            chosen.append(gram)
        if len(chosen) == PHRASES:
            break
    return read.written(chosen, places)


@dataclass(frozen=True)
class _Theme:
    """A theme's comments beside all of them."""

    inside: _Counts
    everywhere: _Counts
    part: float
    """Share of all comments that the theme's are."""
    weights: Mapping[str, float]

    def ranked(self) -> list[tuple[Gram, float]]:
        """What can name it and what it is worth, the best first."""
        worth = {gram: self.worth(gram) for gram, n in self.inside.of.items() if n >= _FEWEST and self.whole(gram)}
        return sorted(((gram, each) for gram, each in worth.items() if each > 0), key=lambda pair: (-pair[1], pair[0]))

    def worth(self, gram: Gram) -> float:
        """How telling its words are, times its share in the theme, times how much greater that is than everywhere."""
        own = max(self.own(word) for word in gram)
        if own < _TELLING:
            return 0.0
        return (
            own
            * _LONGER ** (len(gram) - 1)
            * math.sqrt(self.inside.share(gram))
            * math.log(max(self.lift(gram), 1.0)) ** 2
        )

    def whole(self, gram: Gram) -> bool:
        """Whether it begins and ends with words that name the theme, holds together, and is no piece of a longer phrase."""
        if not (self.names(gram[0]) and self.names(gram[-1])):
            return False
        if (gram[0], False) in self.clinging or (gram[-1], True) in self.clinging:
            return False
        rarest = min(self.inside.of[word,] for word in gram if self.names(word))
        return len(gram) == 1 or (not _alike(gram[0], gram[-1]) and self.inside.of[gram] >= _WHOLE * rarest)

    def names(self, word: str) -> bool:
        """Whether a word is the theme's own, and not spread over the other comments as well."""
        lift = self.lift((word,))
        spread = self.outside(word) > _SPREAD
        return self.own(word) > 0 and lift >= (_LIFTED_AMID if spread else _LIFTED)

    def own(self, word: str) -> float:
        return max((self.weights.get(part, 0.0) for part in words.features([word])), default=0.0)

    def lift(self, gram: Gram) -> float:
        """How many times as frequent it is in the theme as everywhere."""
        return self.inside.share(gram) / ((self.everywhere.of[gram] + _PRIOR) / (self.everywhere.comments + 1))

    def outside(self, word: str) -> float:
        """The share of the other comments that a word is in."""
        others = self.everywhere.share((word,)) - self.part * self.inside.share((word,))
        return others / max(1.0 - self.part, _PRIOR)

    @cached_property
    def clinging(self) -> set[tuple[str, bool]]:
        """Words that one other of the theme nearly always follows (True) or stands before (False): no phrase ends or begins with them."""
        pairs = ((gram, n) for gram, n in self.inside.of.items() if len(gram) == 2 and n >= _FEWEST)
        return {
            (word, word == gram[0])
            for gram, n in pairs
            for word in gram
            if n >= _CLINGING * self.inside.of[word,] and gram[0] != gram[1] and all(map(self.names, gram))
        }


def _alike(one: str, other: str) -> bool:
    """Whether two stems look like inflections of one word, or share a piece where there are no words."""
    if words.spaceless(one) or words.spaceless(other):
        return bool(words.features([one]) & words.features([other]))
    shorter, longer = sorted((one, other), key=len)
    common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    return common >= max(_ROOT, len(shorter) - 1) and len(longer) - common <= _ENDING


def name(found: Sequence[str], taken: Collection[str]) -> str:
    """A name of up to `NAMING` phrases that no other theme has."""
    said = ", ".join(found[:NAMING]) or "theme"
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
