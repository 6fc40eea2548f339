"""The moments of all arms from a table with a row per unit, in one scan, for any number of measures.

Measures declare which columns and products they need; these are put together, and one question answers all. A database adds up
products several times as fast as it computes variances, and with values moved near 0 first that is as exact (see
`Moments.of_sums`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from resa.experiments.statistics.estimates import Measure
from resa.experiments.statistics.moments import Moments

Row = Mapping[str, Any]

FIRST: Final = 10_000
"""Rows whose means are taken for where the values lie."""


class Needed(NamedTuple):
    """Columns, and pairs of places among them whose products are wanted (each column's square among them)."""

    columns: tuple[str, ...]
    products: tuple[tuple[int, int], ...]
    cubes: tuple[int, ...]

    @classmethod
    def by(cls, measures: Sequence[Measure]) -> Needed:
        """What these measures need together."""
        columns = tuple(dict.fromkeys(name for measure in measures for name in measure.columns))
        products = {
            tuple(sorted((columns.index(one), columns.index(other))))
            for measure in measures
            for one in measure.columns
            for other in measure.columns
        }
        cubes = {columns.index(measure.x) for measure in measures if measure.kind != "proportion"}
        return cls(columns, tuple((low, high) for low, high in sorted(products)), tuple(sorted(cubes)))


def moments(
    ask: Callable[[str], Sequence[Row]], source: str, arm: str, measures: Sequence[Measure]
) -> dict[Hashable, Moments]:
    """The moments of every arm. `source` is what stands after FROM, `arm` its column, `ask` answers SQL
    (DuckDB's) with rows by the names of their columns.

    Products that no measure needs are nan. A unit with a missing value counts as one of 0: it did nothing.
    """
    needed = Needed.by(measures)
    near = ask(_near(needed, source))[0]
    shift = {name: float(near[name] or 0.0) for name in needed.columns}
    return {row["arm"]: _moments(needed, row, shift) for row in ask(_sums(needed, source, arm, shift))}


def _near(needed: Needed, source: str) -> str:
    """Asks for means of some rows."""
    means = ", ".join(f"avg({_name(name)}::DOUBLE) AS {_name(name)}" for name in needed.columns)
    return f"SELECT {means} FROM (SELECT * FROM {source} LIMIT {FIRST})"


def _sums(needed: Needed, source: str, arm: str, shift: Mapping[str, float]) -> str:
    """Asks for counts and sums of every arm."""
    moved = ", ".join(
        f"coalesce({_name(name)}::DOUBLE, 0) - ({shift[name]!r}) AS c{place}"
        for place, name in enumerate(needed.columns)
    )
    sums = [f"sum(c{place}) AS s{place}" for place in range(len(needed.columns))]
    sums += [f"sum(c{one} * c{other}) AS p{one}_{other}" for one, other in needed.products]
    sums += [f"sum(c{place} * c{place} * c{place}) AS k{place}" for place in needed.cubes]
    return f"SELECT arm, count(*) AS n, {', '.join(sums)} FROM (SELECT {_name(arm)} AS arm, {moved} FROM {source}) GROUP BY arm"


def _moments(needed: Needed, row: Row, shift: Mapping[str, float]) -> Moments:
    size = len(needed.columns)
    products, cubes = np.full((size, size), np.nan), np.full(size, np.nan)
    for one, other in needed.products:
        products[one, other] = products[other, one] = row[f"p{one}_{other}"]
    for place in needed.cubes:
        cubes[place] = row[f"k{place}"]
    sums = [row[f"s{place}"] for place in range(size)]
    return Moments.of_sums(needed.columns, row["n"], sums, products, [shift[name] for name in needed.columns], cubes)


def _name(column: str) -> str:
    quoted = column.replace('"', '""')
    return f'"{quoted}"'
