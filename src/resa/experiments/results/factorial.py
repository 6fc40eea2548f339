"""A multivariate experiment read by its factors: what each level does on average, and what two do beyond that together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from resa.experiments.definition import Factor
from resa.experiments.statistics import Estimate, Measure, Method, Moments, Pair, Reading, of_pair, pair
from resa.kernel.metrics.units import Array


class Term(NamedTuple):
    """A level of a factor against its first one; with another factor's level: what both do beyond the sum of each."""

    factor: int
    level: int
    with_factor: int | None = None
    with_level: int | None = None


class Contrast(NamedTuple):
    """A term as two weighted means of variations: what is compared, and with what."""

    term: Term
    treatment: Array
    control: Array

    @property
    def weights(self) -> Array:
        """The difference as one row of weights."""
        return np.asarray(self.treatment - self.control)


class Found(NamedTuple):
    """A term's effect, and which other terms it can't be told from in this design."""

    term: Term
    reading: Reading
    mixed_with: list[Term]


def effects(
    measure: Measure,
    arms: Sequence[Moments],
    factors: Sequence[Factor],
    levels: Sequence[tuple[int, ...]],
    method: Method,
) -> list[Found]:
    """Main effects and interactions of two, the variations (each with its levels) weighing the same within a side.

    Unweighted means of cells (Box, Hunter and Hunter 2005, "Statistics for Experimenters", 5): an effect is the average of the
    effects at all settings of the other factors, whatever share of traffic each had.
    """
    plain = measure._replace(covariates=())
    cells = [pair(plain, arm, arm).control for arm in arms]
    known = list(contrasts(factors, levels))
    rows = [each.weights / np.abs(each.weights).sum() for each in known]
    return [
        Found(
            each.term,
            of_pair(Pair(_mean(cells, each.control), _mean(cells, each.treatment)), method),
            [other.term for at, other in enumerate(known) if at != place and _same(rows[at], rows[place])],
        )
        for place, each in enumerate(known)
    ]


def contrasts(factors: Sequence[Factor], levels: Sequence[tuple[int, ...]]) -> Iterator[Contrast]:
    """Every term that the variations tell something of."""
    table = np.asarray(levels)
    for number, factor in enumerate(factors):
        for level in range(1, len(factor.levels)):
            yield Contrast(Term(number, level), _side(table[:, number] == level), _side(table[:, number] == 0))
    for one, other in combinations(range(len(factors)), 2):
        for level in range(1, len(factors[one].levels)):
            for beside in range(1, len(factors[other].levels)):
                found = _interaction(table, Term(one, level, other, beside))
                if found is not None:
                    yield found


def _interaction(table: Array, term: Term) -> Contrast | None:
    """(both + neither) against (one + other): half of what the effect of the one changes with the other, on each side."""
    one, other = table[:, term.factor], table[:, term.with_factor or 0]
    cells = [
        (one == left) & (other == right)
        for left, right in ((term.level, term.with_level), (0, 0), (term.level, 0), (0, term.with_level))
    ]
    if not all(cell.any() for cell in cells):
        return None
    both, neither, first, second = (_side(cell) for cell in cells)
    return Contrast(term, both + neither, first + second)


def _side(rows: Array) -> Array:
    """Equal weights of these variations."""
    chosen: Array = rows / max(1, int(rows.sum()))
    return chosen


def _mean(cells: Sequence[Estimate], weights: Array) -> Estimate:
    """A weighted sum of independent cells, as an estimate of so many units."""
    n = float(sum(float(cell.n) for cell, weight in zip(cells, weights, strict=True) if weight))
    value = sum(weight * float(cell.value) for cell, weight in zip(cells, weights, strict=True))
    error = sum(weight**2 * float(cell.error) for cell, weight in zip(cells, weights, strict=True) if weight)
    return Estimate(np.asarray(n), np.asarray(value), np.asarray(error * n))


def _same(one: Array, other: Array) -> bool:
    return bool(np.allclose(one, other) or np.allclose(one, -other))
