"""Boundaries of looks are the published ones, and mean what they say."""

from __future__ import annotations

import numpy as np
import pytest

from resa.experiments.statistics import sequential
from resa.experiments.statistics.distributions import normal_above


@pytest.mark.parametrize(
    ("looks", "published"),
    [
        # Two-sided 5 %, evenly spaced looks, Lan-DeMets spending of O'Brien-Fleming type: the tables of Reboussin, DeMets, Kim
        # and Lan (2000), "Computations for group sequential boundaries using the Lan-DeMets spending function method",
        # as every program since prints them (ldbounds, gsDesign's sfLDOF, PASS).
        (2, (2.9626, 1.9686)),
        (3, (3.7103, 2.5114, 1.9930)),
        (4, (4.3326, 2.9631, 2.3590, 2.0141)),
        (5, (4.8769, 3.3569, 2.6803, 2.2898, 2.0310)),
    ],
)
def test_boundaries_are_the_published_ones(looks: int, published: tuple[float, ...]) -> None:
    found = sequential.boundaries(0.05, sequential.evenly(looks)).critical
    assert found == pytest.approx(published, abs=2e-4)


@pytest.mark.parametrize(
    ("looks", "constant", "shape"),
    [
        # Jennison and Turnbull (2000), tables 2.1 (Pocock, constant boundary) and 2.3 (O'Brien-Fleming, constant / sqrt(k / K)), 5 %.
        (5, 2.413, 0.0),
        (10, 2.555, 0.0),
        (20, 2.672, 0.0),
        (5, 2.040, 0.5),
        (10, 2.087, 0.5),
        (20, 2.126, 0.5),
    ],
)
def test_the_integration_gives_classical_designs_the_error_they_are_known_for(
    looks: int, constant: float, shape: float
) -> None:
    fractions = sequential.evenly(looks)
    classical = sequential.with_boundaries(0.05, fractions, [constant / fraction**shape for fraction in fractions])
    assert sum(map(sum, classical.crossing(0.0))) == pytest.approx(0.05, abs=2e-4)
    assert sum(step.spent for step in classical.steps) == pytest.approx(0.05, abs=2e-4)


def test_all_of_alpha_is_spent_however_the_looks_fall() -> None:
    dice = np.random.default_rng(3)
    for _ in range(5):
        fractions = (*np.sort(dice.random(9)), 1.0)
        above, below = sequential.boundaries(0.05, fractions).crossing(0.0)
        assert above.sum() == pytest.approx(0.025, abs=1e-7)
        assert below.sum() == pytest.approx(0.025, abs=1e-7)


def test_one_look_at_the_end_is_the_normal_test() -> None:
    one = sequential.boundaries(0.05, [1.0])
    assert one.critical == pytest.approx((1.959964,), abs=1e-6)
    assert one.drift(0.8) == pytest.approx(1.959964 + 0.841621, abs=1e-5)
    ended = one.ended(2.5, 2.0)
    assert ended == pytest.approx((5 - 2 * 1.959964, 5.0, 5 + 2 * 1.959964, 2 * float(normal_above(2.5))), abs=1e-5)


def test_power_and_early_stops_are_those_of_simulated_paths() -> None:
    fractions = (0.2, 0.45, 0.5, 0.8, 1.0)
    test = sequential.boundaries(0.05, fractions)
    drift, paths = 2.9, 200_000
    gaps = np.diff((0.0, *fractions))
    walk = np.cumsum(np.random.default_rng(1).normal(drift * gaps, np.sqrt(gaps), (paths, 5)), axis=1)
    above = walk / np.sqrt(fractions) >= np.array(test.critical)
    first = np.where(above.any(axis=1), above.argmax(axis=1), 9)
    seen = [float((first == look).mean()) for look in range(5)]
    assert list(test.crossing(drift)[0]) == pytest.approx(seen, abs=4 * 0.5 / paths**0.5)


def test_p_at_a_look_is_the_level_whose_boundary_is_just_crossed() -> None:
    fractions = (0.3, 0.5, 0.7)
    for level in (0.2, 0.05, 0.013, 1e-4):
        at = np.array([sequential.boundaries(level, fractions).critical[-1]])
        assert float(sequential.repeated_p(0.05, fractions, at)[0]) == pytest.approx(level, rel=0.02)
    critical = sequential.boundaries(0.05, fractions).critical[-1]
    below, above = sequential.repeated_p(0.05, fractions, np.array([critical - 1e-6, critical + 1e-6]))
    assert above < 0.05 < below


def test_looks_without_new_units_and_looks_after_the_end_are_none() -> None:
    assert sequential.counted((0.2, 0.2, 0.20005, 0.5, 0.4, 1.1, 1.2)) == (0.2, 0.5, 1.1)
    assert sequential.boundaries(0.05, (0.2, 0.5, 1.1, 1.2)).finished
    assert sequential.counted((0.0, 0.2)) == (0.2,)
    assert [sequential.over(looks) for looks in ((), (1.0,), (0.5, 0.9), (0.5, 1.1, 1.2))] == [
        False,
        False,
        False,
        True,
    ]
    with pytest.raises(ValueError, match="at least one look"):
        sequential.boundaries(0.05, (0.0,))


def test_many_close_looks_cost_little_more_than_few() -> None:
    """Every look past the last but one is one step more: hundreds of looks are no deeper a recursion."""
    many = sequential.boundaries(0.05, sequential.evenly(200))
    assert many.critical[-1] == pytest.approx(2.2, abs=0.03)
    assert sum(map(sum, many.crossing(0.0))) == pytest.approx(0.05, abs=1e-5)


def test_the_chance_to_succeed_yet_is_that_of_the_paths_from_here() -> None:
    dice = np.random.default_rng(2)
    ends = 1.2 * 0.4**0.5 + dice.normal(2.8 * 0.6, 0.6**0.5, 200_000)
    assert sequential.conditional_power(0.4, 1.2, 2.8, 1.99) == pytest.approx(float((ends >= 1.99).mean()), abs=0.005)
    assert sequential.conditional_power(1.0, 2.0, 2.8, 1.99) == 1
