"""What sets kinds of customers apart: sizes, values, differences, typical members; added up a range of customers at a time.

The tests behind the differences say which columns to speak of, with the false discovery rate controlled (Y. Benjamini,
Y. Hochberg, 1995). They don't say that the kinds exist, for the kinds were made from these very columns: that is what
`stability` is for.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import stats  # half a second; only who describes imports this module

from resa.predictions.personas.features import Frame
from resa.predictions.personas.shapes import Difference, Estimate, Worth
from resa.predictions.personas.vocabulary import Column

Array = npt.NDArray[Any]

FALSE_DISCOVERIES: Final = 0.05
SMALL: Final = 0.2
"""Standardised difference below which nobody would notice (J. Cohen, 1988)."""
MOST_DIFFERENCES: Final = 12
TYPICAL: Final = 5
_LEVEL: Final = 0.95


class Tally:
    """Sums over customers of several kinds; kind -1 counts for nobody."""

    def __init__(self, columns: list[Column], kinds: int) -> None:
        """Nobody is counted yet."""
        self.columns, self.kinds = columns, kinds
        square = (kinds, len(columns))
        self.sizes = np.zeros(kinds, np.int64)
        self.sum, self.squares = np.zeros(square), np.zeros(square)
        self.raw, self.known = np.zeros(square), np.zeros(square)
        self.money, self.money_squares = np.zeros(kinds), np.zeros(kinds)
        self.orders, self.orders_squares = np.zeros(kinds), np.zeros(kinds)
        self.buyers = np.zeros(kinds, np.int64)
        self._near: list[list[tuple[float, int]]] = [[] for _ in range(kinds)]

    def add(self, frame: Frame, scaled: Array, kind: Array, distance: Array | None = None) -> None:
        """Count these customers; `distance` to the middle of their kind, where typical members are wanted."""
        wide = scaled.astype(np.float64)
        known = np.isfinite(frame.raw)
        raw = np.where(known, frame.raw, 0)
        for number in range(self.kinds):
            mine = kind == number
            self.sizes[number] += int(mine.sum())
            self.sum[number] += wide[mine].sum(axis=0)
            self.squares[number] += (wide[mine] ** 2).sum(axis=0)
            self.raw[number] += raw[mine].sum(axis=0)
            self.known[number] += known[mine].sum(axis=0)
            self.money[number] += frame.revenue[mine].sum()
            self.money_squares[number] += (frame.revenue[mine] ** 2).sum()
            self.orders[number] += frame.orders[mine].sum()
            self.orders_squares[number] += (frame.orders[mine] ** 2).sum()
            self.buyers[number] += int((frame.orders[mine] > 0).sum())
            if distance is not None:
                self._nearest(number, frame.profiles[mine], distance[mine])

    def _nearest(self, number: int, profiles: Array, distance: Array) -> None:
        order = np.lexsort((profiles, distance))[:TYPICAL]
        pairs = [*self._near[number], *zip(distance[order].tolist(), profiles[order].tolist(), strict=True)]
        self._near[number] = sorted(pairs)[:TYPICAL]

    def typical(self, kind: int) -> list[int]:
        """The members nearest to the middle of the kind."""
        return [profile for _, profile in self._near[kind]]

    def worth(self, kind: int, currency: str | None) -> Worth:
        """What the kind brings in."""
        n, total = int(self.sizes[kind]), float(self.money.sum())
        return Worth(
            currency=currency or None,
            revenue=f"{self.money[kind]:.2f}",
            share=float(self.money[kind] / total) if total > 0 else None,
            per_customer=_estimate(n, self.money[kind], self.money_squares[kind]),
            orders=_estimate(n, self.orders[kind], self.orders_squares[kind]),
            buyers=float(self.buyers[kind] / n) if n else 0.0,
        )

    def differences(self) -> list[list[Difference]]:
        """For each kind what sets it apart from all others together, the largest effect first."""
        effects, p = self._compare()
        q = benjamini_hochberg(p)
        return [self._of(kind, effects[kind], q[kind]) for kind in range(self.kinds)]

    def _of(self, kind: int, effects: Array, q: Array) -> list[Difference]:
        others = np.arange(self.kinds) != kind
        found = [
            Difference(
                column=column.name,
                family=column.family,
                label=column.label,
                unit=column.unit,
                value=_mean(self.raw[kind, place], self.known[kind, place]),
                others=_mean(self.raw[others, place].sum(), self.known[others, place].sum()),
                effect=float(effects[place]),
                q=float(q[place]),
            )
            for place, column in enumerate(self.columns)
            if q[place] <= FALSE_DISCOVERIES and abs(effects[place]) >= SMALL
        ]
        return sorted(found, key=lambda one: (-abs(one.effect), one.column))[:MOST_DIFFERENCES]

    def _compare(self) -> tuple[Array, Array]:
        """Standardised differences, and the p of Welch's test, of each kind against the rest, by column."""
        shape = (self.kinds, len(self.columns))
        effects, p = np.zeros(shape), np.ones(shape)
        n_all, sum_all, squares_all = self.sizes.sum(), self.sum.sum(axis=0), self.squares.sum(axis=0)
        for kind in range(self.kinds):
            n, m = int(self.sizes[kind]), int(n_all - self.sizes[kind])
            if n < 2 or m < 2:
                continue
            mean, rest = self.sum[kind] / n, (sum_all - self.sum[kind]) / m
            variance = np.maximum(self.squares[kind] - n * mean**2, 0) / (n - 1)
            other = np.maximum(squares_all - self.squares[kind] - m * rest**2, 0) / (m - 1)
            pooled = np.sqrt(((n - 1) * variance + (m - 1) * other) / (n + m - 2))
            error = np.sqrt(variance / n + other / m)
            with np.errstate(divide="ignore", invalid="ignore"):
                effects[kind] = np.where(pooled > 0, (mean - rest) / pooled, 0)
                freedom = (variance / n + other / m) ** 2 / ((variance / n) ** 2 / (n - 1) + (other / m) ** 2 / (m - 1))
                t = np.where(error > 0, np.abs(mean - rest) / error, 0)
            p[kind] = np.where(error > 0, 2 * stats.t.sf(t, np.nan_to_num(freedom, nan=1.0)), 1.0)
        return effects, p


def benjamini_hochberg(p: Array) -> Array:
    """For each of many p-values the false discovery rate at which it would be believed; any shape."""
    flat = np.ravel(p)
    order = np.argsort(flat)
    scaled = flat[order] * flat.size / np.arange(1, flat.size + 1)
    q = np.empty(flat.size)
    q[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1)
    return q.reshape(np.shape(p))


def _estimate(n: int, total: float, squares: float) -> Estimate:
    if n == 0:
        return Estimate(0, 0, 0)
    mean = float(total / n)
    if n == 1:
        return Estimate(mean, mean, mean)
    variance = max(float(squares) - n * mean**2, 0) / (n - 1)
    half = float(stats.t.ppf((1 + _LEVEL) / 2, n - 1)) * float(np.sqrt(variance / n))
    return Estimate(mean, mean - half, mean + half)


def _mean(total: float, known: float) -> float | None:
    return float(total / known) if known else None
