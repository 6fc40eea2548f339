"""Intervals against published examples and by simulation; hand-overs stay silent where there is no break."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from resa.journeys import handovers
from resa.kernel import proportions
from resa.kernel.events import CHANNELS
from tests.journeys.worlds import MAP

Z = proportions.quantile()


def test_the_score_interval_is_the_published_one() -> None:
    """81 of 263 and 15 of 148 (Newcombe 1998, table I, method 3)."""
    assert proportions.wilson(81, 263, Z) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert proportions.wilson(15, 148, Z) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert proportions.wilson(0, 20, Z) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert proportions.wilson(0, 0, Z) == (0.0, 1.0)


def test_the_interval_of_a_difference_is_the_published_one() -> None:
    """56 of 70 less 48 of 80, and 9 of 10 less 3 of 10 (Newcombe 1998, table II, method 10)."""
    assert proportions.difference(56, 70, 48, 80, Z) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert proportions.difference(9, 10, 3, 10, Z) == pytest.approx((0.1705, 0.8090), abs=5e-5)


def test_the_ranks_of_a_median_are_those_of_the_binomial() -> None:
    """Five values say nothing with 95 %; six do with both ends; of ten the second and the ninth; thousands in a narrow middle."""
    assert [proportions.median_bounds(size, Z) for size in (0, 5, 6, 10)] == [None, None, (0, 5), (1, 8)]
    low, high = proportions.median_bounds(999, Z) or (0, 0)
    next_low, next_high = proportions.median_bounds(1001, Z) or (0, 0)
    assert abs(low - next_low) <= 3
    assert abs(high - next_high) <= 4


@pytest.mark.parametrize("size", [7, 40, 400, 1_500])
def test_the_interval_of_a_median_holds_it_as_often_as_it_says(size: int) -> None:
    dice = np.random.default_rng(size)
    low, high = proportions.median_bounds(size, Z) or (0, 0)
    values = np.sort(dice.exponential(size=(1_000, size)), axis=1)
    held = (values[:, low] <= np.log(2)) & (np.log(2) <= values[:, high])
    assert held.mean() > 0.93


def test_maps_without_a_broken_hand_over_hardly_ever_show_one() -> None:
    """Who changes channel goes on as often as who does not; of 400 such maps at most one in forty may show a break by chance."""
    dice = np.random.default_rng(4)
    shape = (len(MAP.stages) - 1, len(CHANNELS), len(CHANNELS))
    shown = 0
    for _ in range(400):
        crossed = np.zeros(shape, np.int64)
        crossed[:, :4, :4] = dice.integers(0, 300, (shape[0], 4, 4))
        went_on = dice.binomial(crossed, dice.uniform(0.2, 0.8, (shape[0], 1, shape[2])))
        counted = SimpleNamespace(left=crossed.sum(axis=2) + 5, crossed=crossed, went_on=went_on)
        transitions = handovers.read(MAP, counted)  # type: ignore[arg-type]  # counts as a walk would give them
        shown += any(pair.broken for transition in transitions for pair in transition.pairs)
    assert shown <= 16
