"""Features of a text, with no language assumed: words, pairs of words, and pieces of words, hashed into buckets.

The first half of the buckets is for words and pairs, the second for pieces (a word with its borders, three to five characters).
In writing without spaces (Chinese, Japanese, Thai, ...) characters stand for words. Where a language's negations are known, what
stands in their scope has buckets of its own: "not good" shares nothing with "good".
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

BITS: Final = 19
BUCKETS: Final = 1 << BITS
HALF: Final = BUCKETS >> 1

_MARKS: Final = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u0900-\u0963\u0966-\u0dff\u0e00-\u0eff\u0f18-\u109f\u1780-\u17d3"
)
"""Signs that are part of words but no letters."""

_PICTURES: Final = "\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
_TOKEN: Final = re.compile(
    rf"(?:[^\W\d_]|[{_MARKS}])+(?:['’](?:[^\W\d_]|[{_MARKS}])+)*"  # words
    r"|<3|</3|[:;=8xX][-o'^]?[()\[\]dDpPoO/\\|*3@]+(?!\w)|[()][-o']?[:;=]"  # faces
    rf"|[{_PICTURES}]|\d+|[!?]+|[.,;:()]"
)
UNSPACED: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
"""Characters of scripts that are written without spaces between words."""

_LONGEST_WORD: Final = 40
_PIECES: Final = (3, 4, 5)
_STEM: Final = 6
"""Letters of a longer word that stand for its stem."""

_SCOPE: Final = 3
"""Words after a negation that it turns round."""

_REMEMBERED: Final = 100_000
"""Words whose pieces are kept."""

_PAIR: Final = np.uint32(0x85EBCA6B)
_NEGATED: Final = 0x5BD1E995
_STOPS: Final = frozenset(".,;:()!?")

Buckets = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Grammar:
    """What little is known of a language: its negations, and the words that end their scope."""

    negations: frozenset[str] = frozenset()
    turns: frozenset[str] = frozenset()
    endings: tuple[str, ...] = ()
    """Endings that negate the word they are part of (English n't)."""

    def negates_in(self, tokens: Sequence[str]) -> bool:
        """Whether any of the tokens negates."""
        return not self.negations.isdisjoint(tokens) or (
            bool(self.endings) and any(token.endswith(self.endings) for token in tokens)
        )

    def negates(self, token: str) -> bool:
        """Whether what follows means its opposite."""
        return token in self.negations or (bool(self.endings) and token.endswith(self.endings))


NONE: Final = Grammar()


@dataclass(slots=True)
class Words:
    """Hashes of words and of their pieces, remembered: most words come again."""

    hashes: dict[str, int] = field(default_factory=dict)
    pieces: dict[tuple[str, bool], bytes] = field(default_factory=dict)

    def of(self, word: str) -> int:
        """A word's hash, 32 bits."""
        known = self.hashes.get(word)
        if known is None:
            if len(self.hashes) > _REMEMBERED:
                self.hashes.clear()
                self.pieces.clear()
            known = self.hashes[word] = _hash(word)
        return known

    def pieces_of(self, word: str, turned: bool) -> bytes:
        """Hashes of the pieces of a word with its borders, and of its stem, four bytes each."""
        known = self.pieces.get((word, turned))
        if known is None:
            stem = (f"{word[:_STEM]}*",) if len(word) > _STEM else ()
            turn = _NEGATED if turned else 0
            hashes = [_hash(piece) ^ turn for piece in (*stem, *_cut(word[:_LONGEST_WORD]))]
            known = self.pieces[word, turned] = np.array(hashes, np.uint32).tobytes()
        return known


def _hash(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "replace"))


_WORDS: Final = Words()


def tokens(text: str) -> list[str]:
    """Words, pictures, faces, numbers and marks of a cleaned text, in small letters and in order."""
    found = _TOKEN.findall(text.lower())
    if not UNSPACED.search(text):
        return found
    return [part for token in found for part in (token if UNSPACED.match(token) else (token,))]


@dataclass(frozen=True, slots=True)
class Parsed:
    """A cleaned text as its features see it."""

    tokens: Sequence[str]
    negated: Sequence[bool]
    """Of each token, whether it stands in the scope of a negation."""
    shouted: bool
    exclaimed: int
    """How many exclamation marks it has."""


def parsed(text: str, grammar: Grammar = NONE) -> Parsed:
    """A cleaned text taken apart, once for all that look at it."""
    found = tokens(text)
    return Parsed(found, _scopes(found, grammar), _shouted(text), text.count("!"))


def buckets(text: str, grammar: Grammar = NONE) -> Buckets:
    """The buckets of all features of a cleaned text, one for each time it has the feature."""
    return buckets_of(parsed(text, grammar))


def buckets_of(text: Parsed) -> Buckets:
    """The same of a text that is taken apart already."""
    words: list[int] = []
    pieces: list[bytes] = []
    for token, turned in zip(text.tokens, text.negated, strict=True):
        if token in _STOPS:
            continue
        words.append(_WORDS.of(token) ^ _NEGATED if turned else _WORDS.of(token))
        if token[0].isalpha():
            pieces.append(_WORDS.pieces_of(token, turned))
    if text.shouted:
        words.append(_WORDS.of("\0shouted"))
    alone = np.array(words, np.uint32)
    pairs = alone[:-1] * _PAIR + alone[1:]
    parts = np.frombuffer(b"".join(pieces), np.uint32)
    return np.concatenate((place(np.concatenate((alone, pairs))), place(parts) + np.uint32(HALF)))


def place(hashes: NDArray[np.uint32]) -> Buckets:
    """Where 32-bit hashes lie among `HALF` buckets."""
    mixed = hashes * np.uint32(0x9E3779B1)
    return (mixed ^ (mixed >> np.uint32(15))) * np.uint32(0x2C1B3C6D) >> np.uint32(32 - BITS + 1)


def bucket_of_word(word: str, *, negated: bool) -> int:
    """The bucket of a single word, or (`word*`) of a stem; for knowledge that comes as a list of words."""
    hashed = np.array([_WORDS.of(word) ^ (_NEGATED if negated else 0)], np.uint32)
    return int(place(hashed)[0]) + (HALF if word.endswith("*") else 0)


def _scopes(found: Sequence[str], grammar: Grammar) -> Sequence[bool]:
    if not grammar.negates_in(found):
        return [False] * len(found)
    scopes, left = [], 0
    for token in found:
        if token in _STOPS or token[0] in "!?" or token in grammar.turns:
            left = 0
        scopes.append(left > 0)
        left = _SCOPE if grammar.negates(token) else max(0, left - 1)
    return scopes


def _cut(word: str) -> Collection[str]:
    bordered = f"^{word}$"
    return [bordered[at : at + n] for n in _PIECES for at in range(len(bordered) - n + 1)] or [bordered]


def _shouted(text: str) -> bool:
    capitals = sum(map(str.isupper, text[:400]))
    return capitals > 8 and capitals * 2 > sum(map(str.isalpha, text[:400]))
