"""Contexts in which another choice is best: a small tree, told as a list of leaves of which the first that fits holds.

That is how the GrowthBook payload delivers a contextual bandit (`contextualBandits`), so every SDK understands it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from resa.experiments.bandits import thompson
from resa.experiments.bandits.thompson import Belief, Earned

Array = np.ndarray

MOST_LEAVES: Final = 8
FEWEST: Final = 100
"""Units of each choice on either side of a split."""
SURE: Final = 0.01
"""The chance to split anything at all where contexts make no difference, per look."""


class Cell(NamedTuple):
    """What one choice earned in one batch from everyone of one context (the values of the attributes, None for unknown).

    `leaf`: where a batch's contexts had weights of their own, which of them it was drawn in. Choices are compared within a leaf.
    """

    context: tuple[str | None, ...]
    batch: int
    choice: int
    earned: Earned
    leaf: int = 0


class Leaf(msgspec.Struct, frozen=True):
    """A context (`condition`, as GrowthBook's: attributes that have these values), and what is chosen in it."""

    condition: dict[str, str]
    weights: list[float]
    chances: list[float]
    units: list[int]
    means: list[float]


@dataclass(frozen=True)
class Rules:
    """What the learning is told: attributes, whether rewards are shares, whether more is better, and the limits of weights."""

    attributes: Sequence[str]
    choices: int
    share: bool = True
    largest: bool = True
    control: float = 0.1
    floor: float = 0.01
    memory: int | None = None


def learn(cells: Sequence[Cell], rules: Rules) -> list[Leaf]:
    """The leaves, first match wins; the last one fits everybody. Without any difference there is only that one."""
    parts = _grow(list(cells), {}, rules, MOST_LEAVES)
    return [_leaf(condition, some, rules) for condition, some in parts]


def route(leaves: Sequence[Leaf], attributes: Mapping[str, Any]) -> int:
    """Which leaf somebody with these attributes comes to."""
    for number, leaf in enumerate(leaves):
        if all(attributes.get(name) == value for name, value in leaf.condition.items()):
            return number
    return len(leaves) - 1


# -- growing -------------------------------------------------------------------------------------------------------

_Part = tuple[dict[str, str], list[Cell]]


def _grow(cells: list[Cell], condition: dict[str, str], rules: Rules, most: int) -> list[_Part]:
    """The leaves below: those with the value split by first, so that the rest needs no condition."""
    best = _best_split(cells, rules) if most > 1 else None
    if best is None:
        return [(condition, cells)]
    place, value = best
    inside = [cell for cell in cells if cell.context[place] == value]
    rest = [cell for cell in cells if cell.context[place] != value]
    first = _grow(inside, {**condition, rules.attributes[place]: value}, rules, most // 2)
    return first + _grow(rest, condition, rules, most - len(first))


def _best_split(cells: Sequence[Cell], rules: Rules) -> tuple[int, str] | None:
    """The attribute and value where the choices' differences change most, if that is no chance (Bonferroni over all tried)."""
    everything = _sums(cells, rules.choices)
    tried: list[tuple[float, int, str]] = []
    for place in range(len(rules.attributes)):
        by_value: dict[str, list[Cell]] = {}
        for cell in cells:
            value = cell.context[place]
            if value is not None:
                by_value.setdefault(value, []).append(cell)
        for value, some in sorted(by_value.items()):
            inside = _sums(some, rules.choices)
            outside = everything - inside
            if inside[0].min() >= FEWEST and outside[0].min() >= FEWEST:
                rest = [cell for cell in cells if cell.context[place] != value]
                tried.append((_interaction(believed(some, rules), believed(rest, rules)), place, value))
    if not tried:
        return None
    chance, place, value = min(tried)
    return (place, value) if chance * len(tried) < SURE else None


def _sums(cells: Sequence[Cell], choices: int) -> Array:
    """Units, sums, sums of squares by choice."""
    found = np.zeros((3, choices))
    for cell in cells:
        found[:, cell.choice] += cell.earned
    return found


def _interaction(inside: Sequence[Belief], outside: Sequence[Belief]) -> float:
    """How likely differences of the choices' differences are as large by chance (chi-square with choices - 1 degrees)."""
    from scipy.special import chdtrc  # noqa: PLC0415  # SciPy is loaded when a bandit learns, not at start

    apart = np.array([one.mean - other.mean for one, other in zip(inside, outside, strict=True)])
    weight = 1 / np.array([one.variance + other.variance for one, other in zip(inside, outside, strict=True)])
    centre = float(weight @ apart) / float(weight.sum())
    return float(chdtrc(apart.size - 1, float(weight @ (apart - centre) ** 2)))


# -- what is chosen there ------------------------------------------------------------------------------------------


def _leaf(condition: dict[str, str], cells: Sequence[Cell], rules: Rules) -> Leaf:
    known = believed(cells, rules)
    best = thompson.chances(known, largest=rules.largest)
    counts = _sums(cells, rules.choices)[0]
    return Leaf(
        condition,
        thompson.allot(best, control=rules.control, floor=rules.floor),
        [float(each) for each in best],
        [int(each) for each in counts],
        [each.mean for each in known],
    )


def believed(cells: Sequence[Cell], rules: Rules) -> list[Belief]:
    """What is known of each choice from these cells, by batch and leaf."""
    batches: dict[tuple[int, int], Array] = {}
    for cell in cells:
        sums = batches.setdefault((cell.batch, cell.leaf), np.zeros((3, rules.choices)))
        sums[:, cell.choice] += cell.earned
    history = [
        [Earned(int(n), float(total), float(squares)) for n, total, squares in batches[number].T]
        for number in sorted(batches)
    ]
    empty = [[Earned(0, 0.0, 0.0)] * rules.choices]
    times = [number for number, _ in sorted(batches)]
    return thompson.beliefs(history or empty, share=rules.share, memory=rules.memory, times=times or None)
