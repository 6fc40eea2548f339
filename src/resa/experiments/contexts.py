"""Contexts of an experiment whose weights a bandit learned: which leaf somebody comes to, and what is drawn with there.

A leaf's weights are laid out as every SDK does it, from its first variation on; kept assignments last as long as a phase, so that
what is logged is what was drawn with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from resa.experiments import allocation, checking
from resa.experiments.definition import Experiment
from resa.experiments.engine import conditions, hashing

ELSE: Final = -1
"""The leaf of who meets no condition: the variations' own weights."""
_OWN: Final = 1_000_001
"""Kept assignments of contextual phases are numbered from here on: above every version that an experiment can have."""
_NO_GROUPS: Final[Mapping[str, Any]] = {}


class Leaf(NamedTuple):
    """A leaf by its number in payloads, and the shares of the variations in it, in their order."""

    number: int
    shares: Sequence[float]


def leaf(body: Experiment, number: int) -> Leaf | None:
    """The leaf of that number; None if there is none."""
    if number == ELSE:
        return Leaf(ELSE, list(allocation.weights(body).values()))
    if not 1 <= number <= len(body.contexts):
        return None
    weights = body.contexts[number - 1].weights
    return Leaf(number, [weights[arm.key] for arm in body.arms])


def route(body: Experiment, attributes: Mapping[str, Any]) -> Leaf:
    """The leaf that somebody with these attributes comes to: the first that fits."""
    fitting = (
        number
        for number, each in enumerate(body.contexts, 1)
        if conditions.compile(each.condition, _NO_GROUPS)(attributes)
    )
    found = leaf(body, next(fitting, ELSE))
    assert found is not None
    return found


def drawn(shares: Sequence[float], coverage: float, place: float | None) -> int:
    """The index of the variation that a bucket means in a leaf; -1 for none."""
    return hashing.choose(place, hashing.ranges(len(shares), coverage, list(shares))) if place is not None else -1


def attributes(body: Experiment) -> set[str]:
    """What its contexts look at."""
    return {name for each in body.contexts for name in checking.attributes(each.condition)}


def bucket_version(body: Experiment) -> int:
    """The version that kept assignments are kept under."""
    return _OWN + body.phase if body.contexts else body.version
