"""Key phrases of many comments, with no language assumed: what is said often, holds together, and is more than grammar.

Words of grammar are learned from the comments themselves: they are frequent and short (Zipf's law of abbreviation). A phrase is one to
three words. It begins with a word of content, and ends with one too, unless its last word clings to the others ("true to size"; by normalised
mutual information, Bouma 2009). It is worth how many comments have it beyond those that have it inside a longer phrase (after the
C-value of Frantzi, Ananiadou and Mima 2000).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from resa.feedback.text.characters import clean, without_addresses
from resa.feedback.text.features import UNSPACED, tokens

LONGEST: Final = 3
"""Words of a phrase."""

MOST: Final = 50_000
"""Comments that are looked at: evenly spread over all."""

READ: Final = 2_000
"""Characters of a comment that are looked at."""

GRAMMAR: Final = (0.0008, 0.0008, 0.0015, 0.0035, 0.006, 0.01)
"""The share of all words from which on a word of one, two, ... six letters is one of grammar; longer ones are none."""

_GRAMMAR_UNSPACED: Final = 0.012
"""The same for a character where characters stand for words."""

CLINGING: Final = 0.6
"""Normalised mutual information from which on a word of grammar belongs to the phrase it ends; 1: one never comes without the other."""

SHORT: Final = 3
"""Letters of a short word."""

LEAST_WORDS: Final = 400
"""Words below which nothing can be learned of grammar: then what is short and in half of the comments is left out."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase, how many comments have it, and what it is worth beside others."""

    text: str
    comments: int
    worth: float


Words = tuple[str, ...]


def key_phrases(texts: Sequence[str], n: int = 20) -> list[Phrase]:
    """The `n` phrases of most worth, the best first."""
    step = max(1, math.ceil(len(texts) / MOST))
    spoken = [list(_runs(text)) for text in texts[::step]]
    grammar = grammar_of(spoken)
    met = _comments_with(spoken, grammar)
    least = 2 if len(spoken) < 1_000 else 3
    words = Counter(word for comment in spoken for run in comment for word in run)
    total = words.total()
    kept = {
        phrase: count
        for phrase, count in met.items()
        if count >= least and (phrase[-1] not in grammar or _cling(phrase, met, words, total) >= CLINGING)
    }
    ranked = sorted(_worths(kept).items(), key=lambda item: (-item[1], item[0]))
    return [Phrase(_written(phrase), kept[phrase] * step, worth) for phrase, worth in ranked if worth > 0][:n]


def grammar_of(spoken: Sequence[Sequence[Words]]) -> frozenset[str]:
    """The words of grammar in comments that are given as runs of words."""
    words = Counter(word for comment in spoken for run in comment for word in run)
    total = words.total()
    if total < LEAST_WORDS:
        met = Counter(word for comment in spoken for word in {word for run in comment for word in run})
        short = (word for word in met if len(word) <= SHORT and not UNSPACED.match(word))
        return frozenset(word for word in short if met[word] * 2 > len(spoken) > 1)
    return frozenset(word for word, count in words.items() if count >= total * _grammar_from(word))


def _grammar_from(word: str) -> float:
    if UNSPACED.match(word):
        return _GRAMMAR_UNSPACED
    return GRAMMAR[len(word) - 1] if len(word) <= len(GRAMMAR) else math.inf


def _written(phrase: Words) -> str:
    return ("" if all(UNSPACED.match(word) for word in phrase) else " ").join(phrase)


def _cling(phrase: Words, met: Mapping[Words, int], words: Mapping[str, int], total: int) -> float:
    """How much the last word of a phrase belongs to what stands before it, from -1 to 1."""
    whole, first, last = met[phrase] / total, met.get(phrase[:-1], 0) / total, words[phrase[-1]] / total
    return math.log(whole / (first * last)) / -math.log(whole) if first else 0.0


def _runs(text: str) -> Iterator[Words]:
    """Runs of words with no mark between them."""
    run: list[str] = []
    for token in tokens(without_addresses(clean(text)[:READ])):
        if token[0].isalpha():
            run.append(token)
        elif run:
            yield tuple(run)
            run = []
    if run:
        yield tuple(run)


def _comments_with(spoken: Iterable[Sequence[Words]], grammar: frozenset[str]) -> Counter[Words]:
    met: Counter[Words] = Counter()
    for comment in spoken:
        met.update({phrase for run in comment for phrase in _phrases(run, grammar)})
    return met


def _phrases(run: Words, grammar: frozenset[str]) -> Iterator[Words]:
    for start, first in enumerate(run):
        if first not in grammar:
            for end in range(start + 1, min(start + LONGEST, len(run)) + 1):
                if len("".join(run[start:end])) > 1:
                    yield run[start:end]


def _worths(met: Mapping[Words, int]) -> dict[Words, float]:
    """The C-value of each phrase, longer ones worth more; what occurs only inside one longer phrase is worth nothing."""
    within: dict[Words, list[int]] = defaultdict(list)
    for phrase, count in met.items():
        for part in _parts(phrase):
            within[part].append(count)
    return {
        phrase: (len(phrase) - 0.5) * (count - (sum(longer) / len(longer) if (longer := within.get(phrase)) else 0))
        for phrase, count in met.items()
    }


def _parts(phrase: Words) -> set[Words]:
    return {
        phrase[start : start + length] for length in range(1, len(phrase)) for start in range(len(phrase) - length + 1)
    }
