"""Sufficient statistics add up, lose no digits, and are the same however they were summed."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from resa.experiments.statistics import Fixed, Measure, Moments, read
from resa.experiments.statistics.distributions import Array


def columns(n: int, seed: int = 1, far: float = 0.0) -> dict[str, Array]:
    dice = np.random.default_rng(seed)
    x = dice.gamma(0.5, 3, n)
    return {"x": x + far, "y": x * 2 + dice.normal(0, 1, n) + far}


def same(one: Moments, other: Moments) -> None:
    assert one.n == pytest.approx(other.n)
    for mine, theirs in ((one.mean, other.mean), (one.products, other.products), (one.cubes, other.cubes)):
        assert mine is not None
        assert theirs is not None
        assert mine == pytest.approx(theirs, rel=1e-9)


def test_parts_add_up_to_the_whole() -> None:
    whole = columns(1_000)
    cuts = (0, 1, 3, 500, 500, 1_000)
    parts = [
        Moments.of({name: values[low:high] for name, values in whole.items()}) for low, high in itertools.pairwise(cuts)
    ]
    same(Moments.together(parts), Moments.of(whole))


def test_sums_of_a_database_give_the_same() -> None:
    whole = columns(1_000)
    values = np.column_stack(list(whole.values()))
    for shift in (np.zeros(2), np.array([1.5, -2.0])):
        off = values - shift
        found = Moments.of_sums(
            tuple(whole), 1_000, off.sum(axis=0), off.T @ off, shift=shift, cubes=(off**3).sum(axis=0)
        )
        same(found, Moments.of(whole))


def test_values_far_from_zero_keep_their_spread() -> None:
    """Plain sums of squares of values around a thousand million have no digit of a variance of 1 left."""
    near, far = Moments.of(columns(1_000)), Moments.of(columns(1_000, far=1e9))
    assert far.covariance == pytest.approx(near.covariance, rel=1e-6)
    halves = [
        Moments.of({name: values[rows] for name, values in columns(1_000, far=1e9).items()})
        for rows in (slice(0, 500), slice(500, None))
    ]
    assert Moments.together(halves).covariance == pytest.approx(near.covariance, rel=1e-6)


def test_many_experiments_are_read_as_each_by_itself() -> None:
    dice = np.random.default_rng(4)
    control, treatment = dice.exponential(1, (5, 300)), dice.exponential(1.2, (5, 300))
    many = [Moments.of({"x": arm}) for arm in (control, treatment)]
    for place in range(5):
        alone = read(
            Measure("mean", "x"), Moments.of({"x": control[place]}), Moments.of({"x": treatment[place]}), Fixed()
        )
        picked = read(Measure("mean", "x"), many[0][place], many[1][place], Fixed())
        assert (*picked.difference, picked.p) == pytest.approx((*alone.difference, alone.p))


def test_a_difference_of_columns_has_the_moments_of_the_differences() -> None:
    whole = columns(400)
    mixed = Moments.of(whole).mixed({"gap": {"y": 1.0, "x": -2.0}})
    plain = Moments.of({"gap": whole["y"] - 2 * whole["x"]})
    assert mixed.mean == pytest.approx(plain.mean)
    assert mixed.products == pytest.approx(plain.products)


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match="no column 'z' among"):
        read(Measure("mean", "z"), Moments.of(columns(9)), Moments.of(columns(9)), Fixed())


@pytest.mark.parametrize("n", [0, 1])
def test_nobody_or_one_says_nothing(n: int) -> None:
    arm = Moments.of({"x": np.ones(n), "y": np.ones(n)})
    for measure in (Measure("mean", "x"), Measure("ratio", "x", "y"), Measure("proportion", "x")):
        reading = read(measure, arm, Moments.of({"x": np.arange(9.0) % 2, "y": np.ones(9)}), Fixed())
        assert not reading.significant
        assert reading.control.n == n
