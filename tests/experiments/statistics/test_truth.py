"""Experiments drawn from a known truth: readings are wrong as rarely as they say, however often one looks."""

from __future__ import annotations

from typing import Final

import pytest

from resa.experiments.statistics import simulation
from resa.experiments.statistics.simulation import POPULATIONS, Truth, at_most, looked_at

EVEN: Final = (2_000, 2_000)
UNEVEN: Final = (3_600, 400)
SHORT, LONG = 300, 2_000


def assert_true(truth: Truth, name: str) -> None:
    """Called no more often than stated, held as often as stated, within Monte Carlo error."""
    for method in ("fixed", "group_sequential", "always_valid"):
        for held in (truth.held[method], truth.held_ratio[method]):
            assert at_most(0.05, truth.experiments, 1 - held), (name, method, held)


@pytest.mark.parametrize("name", POPULATIONS)
def test_a_hundred_looks_at_nothing_find_something_as_rarely_as_one(name: str) -> None:
    truth = looked_at(POPULATIONS[name], experiments=SHORT, looks=100, units=EVEN, seed=1)
    for method in ("fixed", "group_sequential", "always_valid"):
        assert at_most(0.05, SHORT, truth.called[method]), (method, truth.called)
    assert_true(truth, name)
    assert truth.called["naive"] > 0.2, (
        "looking this often at a fixed reading must mislead, else the proof has no teeth"
    )


@pytest.mark.parametrize("name", ["revenue", "proportion"])
def test_a_tenth_of_the_units_in_one_arm_misleads_nobody(name: str) -> None:
    """Twenty buyers beside two hundred: plain normal readings call every fifth such test."""
    truth = looked_at(POPULATIONS[name], experiments=SHORT, looks=100, units=UNEVEN, seed=2)
    assert_true(truth, name)


@pytest.mark.full
@pytest.mark.parametrize("name", POPULATIONS)
@pytest.mark.parametrize("units", [EVEN, UNEVEN])
@pytest.mark.parametrize("lift", [0.0, 0.15])
def test_two_thousand_tests_looked_at_a_hundred_times(name: str, units: tuple[int, int], lift: float) -> None:
    truth = looked_at(POPULATIONS[name], experiments=LONG, looks=100, units=units, lift=lift, seed=3)
    if lift == 0:
        for method in ("group_sequential", "always_valid"):
            assert at_most(0.05, LONG, truth.called[method]), (method, truth.called)
    assert_true(truth, name)


@pytest.mark.parametrize(
    ("units", "experiments"),
    [
        ((1_000, 1_000), 1_500),
        pytest.param((1_000, 1_000), 10_000, marks=pytest.mark.full),
        pytest.param((9_000, 1_000), 4_000, marks=pytest.mark.full),
        pytest.param((1_000, 3_000), 6_000, marks=pytest.mark.full),
    ],
)
@pytest.mark.parametrize("lift", [0.0, 0.2])
def test_one_look_at_skewed_revenue_holds_the_truth(units: tuple[int, int], experiments: int, lift: float) -> None:
    """From 1,000 units an arm on: nominal less one point, plainly and as part of the control's value."""
    skewed = POPULATIONS["revenue"]
    truth = looked_at(skewed, experiments=experiments, looks=1, units=units, lift=lift, seed=4)
    for held in (truth.held["fixed"], truth.held_ratio["fixed"]):
        assert at_most(0.06, experiments, 1 - held), held


def test_the_check_of_sample_ratios_may_be_looked_at_daily() -> None:
    for weights, alarm in (((1.0, 1.0), 0.05), ((1.0, 2.0, 7.0), 0.01)):
        daily, chi_square = simulation.sample_ratio_alarms(
            experiments=2_000, looks=100, units=50_000, weights=weights, alarm=alarm, seed=5
        )
        assert at_most(alarm, 2_000, daily)
        assert chi_square > 3 * alarm, "chi-square looked at daily cries wolf; if it did not, the proof has no teeth"


def test_a_real_mismatch_of_shares_is_found() -> None:
    """52 % instead of 50 %: an alarm before 40,000 units, nearly always."""
    import numpy as np

    from resa.experiments.statistics.sample_ratio import ALARM, sequential_p

    first = np.random.default_rng(6).binomial(40_000, 0.52, 200)
    found = sequential_p(np.stack((first, 40_000 - first), axis=-1), (1, 1)) < ALARM
    assert found.mean() > 0.99
