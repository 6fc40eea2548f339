"""Sufficient statistics of one arm: how many units, the means of their columns, and the centred products of these.

Everything the readings say is a closed form of them, and those of two sets of units add up. Products are kept centred:
sums of squares lose every digit where values are large and differ little.

All arrays may have further axes in front, so that one call reads thousands of arms: the simulations run the very code
that the product runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from resa.experiments.statistics.distributions import Array


@dataclass(frozen=True)
class Moments:
    """Of `n` units: `mean` (..., k) of the k `columns`, and `products` (..., k, k), the sums of (x - mean x)(y - mean y).

    `cubes` (..., k) are the sums of (x - mean x)^3, where known: they say how skewed a column is.
    """

    columns: tuple[str, ...]
    n: Array
    mean: Array
    products: Array
    cubes: Array | None = None

    @classmethod
    def of(cls, columns: Mapping[str, ArrayLike]) -> Self:
        """Of columns of values, the units on the last axis. Two passes: means, then products around them."""
        if not columns:
            raise ValueError("There is at least one column.")
        values = np.stack([np.asarray(column, np.float64) for column in columns.values()], axis=-1)
        n = values.shape[-2]
        mean = values.mean(axis=-2) if n else np.zeros((*values.shape[:-2], len(columns)))
        around = values - mean[..., None, :]
        products = np.swapaxes(around, -1, -2) @ around
        cubes = np.einsum("...ik,...ik,...ik->...k", around, around, around)
        return cls(tuple(columns), np.full(mean.shape[:-1], float(n)), mean, products, cubes)

    @classmethod
    def of_sums(
        cls,
        columns: Sequence[str],
        n: ArrayLike,
        sums: ArrayLike,
        products: ArrayLike,
        shift: ArrayLike | None = None,
        cubes: ArrayLike | None = None,
    ) -> Self:
        """Of plain sums and sums of products, as a database adds them up, of values less `shift`.

        With a shift near the means (Chan, Golub and LeVeque 1983, "Algorithms for Computing the Sample Variance") nothing
        is lost; without one, about as many digits as the mean is larger than the spread, twice.
        """
        count, total, product = np.asarray(n, float), np.asarray(sums, float), np.asarray(products, float)
        shifted = total / np.maximum(count, 1)[..., None]
        centred = product - shifted[..., :, None] * total[..., None, :]
        mean = shifted + (0 if shift is None else np.asarray(shift, float))
        return cls(tuple(columns), count, mean, centred, _around_mean(count, shifted, product, cubes))

    def __add__(self, other: object) -> Moments:
        """Of the units of both, no unit being in both (Chan, Golub and LeVeque 1979, "Updating Formulae")."""
        if not isinstance(other, Moments):
            return NotImplemented
        if other.columns != self.columns:
            raise ValueError(f"The columns {other.columns} don't add up with {self.columns}.")
        n = self.n + other.n
        part = np.divide(other.n, n, out=np.zeros_like(n), where=n > 0)
        apart = other.mean - self.mean
        between = apart[..., :, None] * apart[..., None, :] * (self.n * part)[..., None, None]
        mean = self.mean + apart * part[..., None]
        return Moments(self.columns, n, mean, self.products + other.products + between, self._cubes_with(other, n))

    @classmethod
    def together(cls, parts: Sequence[Moments]) -> Moments:
        """Of all units of these."""
        return reduce(Moments.__add__, parts)

    @property
    def covariance(self) -> Array:
        """The sample covariance matrix; nan of fewer than two units."""
        freedom = np.where(self.n > 1, self.n - 1, np.nan)
        return np.asarray(self.products / freedom[..., None, None])

    @property
    def skewness(self) -> Array | None:
        """The third standardised moment of each column; 0 of one that does not vary."""
        if self.cubes is None:
            return None
        variance = np.diagonal(self.products, axis1=-2, axis2=-1) / np.maximum(self.n, 1)[..., None]
        below = np.maximum(self.n, 1)[..., None] * variance**1.5
        return np.asarray(np.divide(self.cubes, below, out=np.zeros_like(below), where=below > 0))

    def _cubes_with(self, other: Moments, n: Array) -> Array | None:
        """P. Pebay (2008), "Formulas for robust, one-pass parallel computation of covariances and arbitrary-order moments"."""
        if self.cubes is None or other.cubes is None:
            return None
        apart = other.mean - self.mean
        a, b, both = self.n[..., None], other.n[..., None], np.maximum(n, 1)[..., None]
        mine, theirs = (np.diagonal(one.products, axis1=-2, axis2=-1) for one in (self, other))
        moved = apart**3 * a * b * (a - b) / both**2 + 3 * apart * (a * theirs - b * mine) / both
        return np.asarray(self.cubes + other.cubes + moved)

    def mixed(self, columns: Mapping[str, Mapping[str, float]]) -> Moments:
        """Of sums of the columns, each with its factors: a difference of two, say (without cubes, which need more than these)."""
        factors = np.zeros((len(columns), len(self.columns)))
        for row, parts in enumerate(columns.values()):
            for name, factor in parts.items():
                factors[row, self.at(name)] = factor
        return Moments(tuple(columns), self.n, self.mean @ factors.T, factors @ self.products @ factors.T)

    def only(self, columns: Sequence[str]) -> Moments:
        """Of some columns."""
        places = [self.at(column) for column in columns]
        cubes = None if self.cubes is None else self.cubes[..., places]
        products = self.products[..., places, :][..., places]
        return Moments(tuple(columns), self.n, self.mean[..., places], products, cubes)

    def at(self, column: str) -> int:
        """The place of a column."""
        try:
            return self.columns.index(column)
        except ValueError:
            raise ValueError(f"There is no column {column!r} among {self.columns}.") from None

    def __getitem__(self, places: Any) -> Moments:
        """Some of the arms of a batch, as NumPy would pick them."""
        cubes = None if self.cubes is None else self.cubes[places]
        return Moments(self.columns, self.n[places], self.mean[places], self.products[places], cubes)


def _around_mean(n: Array, mean: Array, products: Array, cubes: ArrayLike | None) -> Array | None:
    """Sums of cubes around the mean, from those of the values themselves."""
    if cubes is None:
        return None
    squares = np.diagonal(products, axis1=-2, axis2=-1)
    return np.asarray(np.asarray(cubes, float) - 3 * mean * squares + 2 * n[..., None] * mean**3)
