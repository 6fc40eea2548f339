"""Factorial designs: which combinations of factors' levels a multivariate experiment tries.

A fraction of a two-level design is made by generators (Box, Hunter and Hunter, *Statistics for Experimenters*, ch. 6): the last
factors are set by products of the first. Levels are numbered from 0, so that the control, all zeros, is always among them.
"""

from __future__ import annotations

from functools import reduce
from itertools import combinations, product
from operator import xor
from typing import Final

_GENERATORS: Final[dict[tuple[int, int], tuple[tuple[int, ...], ...]]] = {
    (5, 2): ((0, 1), (0, 2)),
    (6, 2): ((0, 1, 2), (1, 2, 3)),
    (7, 2): ((0, 1, 2, 3), (0, 1, 3, 4)),
    (6, 3): ((0, 1), (0, 2), (1, 2)),
    (7, 3): ((0, 1, 2), (1, 2, 3), (0, 2, 3)),
}
"""For so many factors and so often halved: the base factors that each of the last ones is the product of."""

HALVED: Final = {"full": 0, "half": 1, "quarter": 2, "eighth": 3}


def generators(factors: int, fraction: str) -> tuple[tuple[int, ...], ...] | None:
    """What the last factors are set by; None if there is no such design worth having."""
    halved = HALVED[fraction]
    if halved == 0:
        return ()
    if halved == 1:
        return (tuple(range(factors - 1)),) if factors >= 3 else None
    return _GENERATORS.get((factors, halved))


def runs(levels: list[int], fraction: str = "full") -> list[tuple[int, ...]]:
    """The combinations tried, by level of each factor, the control first. A fraction needs two levels everywhere."""
    words = generators(len(levels), fraction)
    if words is None or (words and set(levels) != {2}):
        return []
    base = levels[: len(levels) - len(words)]
    return [
        (*first, *(reduce(xor, (first[place] for place in word)) for word in words))
        for first in product(*(range(count) for count in base))
    ]


def resolution(factors: int, fraction: str) -> int | None:
    """The length of the shortest word of the defining relation; None for a full design, which mixes up nothing.

    III: main effects are mixed with interactions of two; IV: those of two with each other; V: neither.
    """
    words = generators(factors, fraction)
    if not words:
        return None
    own = [frozenset((*word, factors - len(words) + place)) for place, word in enumerate(words)]
    relation = [
        reduce(frozenset.symmetric_difference, chosen)
        for count in range(1, len(own) + 1)
        for chosen in combinations(own, count)
    ]
    return min(map(len, relation))
