"""Which ideas say the same as another, so that what was refuted is not tried again unknowingly.

Words that few ideas use count most (inverse document frequency; Sparck Jones 1972); the likeness is the cosine of two
ideas' words. The same friction point, stage or persona as evidence brings them nearer.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from typing import Final, NamedTuple

from resa.experiments.ideas.definition import Idea

ALIKE: Final = 0.25
SAME_EVIDENCE: Final = 0.15
STEM: Final = 6
"""Words are compared by so many first letters: `checkout` and `check-outs`, `deliver` and `delivery` are alike."""

_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_EMPTY: Final = frozenset(
    "the and for with that this from our are was will their they them into more than when who".split()
)


class Alike(NamedTuple):
    """An idea like another, from 0 to 1."""

    key: str
    likeness: float


def similar(idea: Idea, others: Mapping[str, Idea], most: int = 5) -> list[Alike]:
    """The ideas most like this one."""
    bags = {key: _bag(other) for key, other in others.items()}
    mine = _bag(idea)
    seen = Counter(word for bag in [*bags.values(), mine] for word in bag)
    total = len(bags) + 1
    rare = {word: math.log(1 + total / count) for word, count in seen.items()}
    found = [Alike(key, min(1.0, _cosine(mine, bag, rare) + _shared(idea, others[key]))) for key, bag in bags.items()]
    return sorted((one for one in found if one.likeness >= ALIKE), key=lambda one: (-one.likeness, one.key))[:most]


def _bag(idea: Idea) -> Counter[str]:
    text = " ".join((idea.name, idea.name, idea.description, idea.hypothesis.words, " ".join(idea.tags))).casefold()
    return Counter(word[:STEM] for word in _WORD.findall(text.replace("-", "")) if word not in _EMPTY)


def _cosine(one: Counter[str], other: Counter[str], rare: Mapping[str, float]) -> float:
    def length(bag: Counter[str]) -> float:
        return math.sqrt(sum((1 + math.log(n)) ** 2 * rare[word] ** 2 for word, n in bag.items()))

    together = sum(
        (1 + math.log(n)) * (1 + math.log(other[word])) * rare[word] ** 2 for word, n in one.items() if word in other
    )
    whole = length(one) * length(other)
    return together / whole if whole else 0.0


def _shared(one: Idea, other: Idea) -> float:
    """Something for the same evidence or the same ready-made use case."""
    if one.use_case and one.use_case == other.use_case:
        return 1.0
    mine, its = ({(e.kind, e.ref) for e in idea.evidence if e.ref} for idea in (one, other))
    return SAME_EVIDENCE if mine & its else 0.0
