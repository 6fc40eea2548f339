"""Quantiles, caps, dilution and novelty: against closed forms, exact counts and simulation."""

from __future__ import annotations

import numpy as np
import pytest

from resa.experiments.statistics import (
    AlwaysValid,
    Fixed,
    Measure,
    Moments,
    exposure,
    of_pair,
    outliers,
    quantiles,
    read,
)


def test_a_quantile_is_the_exact_one_and_its_error_the_known_one() -> None:
    values = np.random.default_rng(1).exponential(1, 40_000)
    found = quantiles.estimate(values, 0.9)
    assert float(found.value) == np.sort(values)[35_999]
    # sqrt(q (1 - q) / n) / density, and the density at the 0.9 quantile of an exponential is 0.1.
    assert float(found.error) ** 0.5 == pytest.approx((0.09 / 40_000) ** 0.5 / 0.1, rel=0.05)


@pytest.mark.parametrize(("q", "n"), [(0.5, 300), (0.9, 600), pytest.param(0.99, 5_000, marks=pytest.mark.full)])
def test_differences_of_quantiles_hold_the_truth(q: float, n: int) -> None:
    dice, held, tests = np.random.default_rng(2), 0, 500
    truth = -0.2 * np.log(1 - q)
    for _ in range(tests):
        pair = quantiles.pair(dice.exponential(1, n), dice.exponential(1.2, n), q)
        difference = of_pair(pair, Fixed()).difference
        assert difference.low is not None
        assert difference.high is not None
        held += difference.low <= truth <= difference.high
    assert held / tests == pytest.approx(0.95, abs=0.03)


def test_values_of_the_same_unit_count_as_one_witness() -> None:
    """Each of 500 units has ten equal values: no more is known than from 500."""
    once = np.random.default_rng(3).exponential(1, 500)
    often = quantiles.estimate(np.repeat(once, 10), 0.5, np.repeat(np.arange(500), 10))
    assert float(often.error) == pytest.approx(float(quantiles.estimate(once, 0.5).error), rel=0.1)


def test_too_few_values_have_a_quantile_and_no_interval() -> None:
    reading = of_pair(quantiles.pair([1.0, 2, 3], [4.0, 5, 6], 0.99), Fixed())
    assert (reading.control.value, reading.difference.low, reading.significant) == (3, None, False)


def test_a_cap_is_one_for_all_arms_and_exact() -> None:
    arms = [np.array([0.0, 0, 1, 2, 3, 4]), np.array([0.0, 5, 6, 7, 8, 900])]
    # Nine values are not 0, so that 0.8 of them is 7.2: the eighth.
    assert outliers.cap(arms, 0.8) == 8
    assert [float(arm.max()) for arm in outliers.winsorized(arms, 0.8)] == [4, 8]
    assert outliers.cap([np.zeros(5)], 0.9) is None


def test_an_effect_on_those_who_met_the_change_is_diluted_over_all() -> None:
    """By hand: of 4,000 an arm 1,000 met it, and nothing happened to the rest."""
    dice = np.random.default_rng(4)
    met = [dice.normal(10 + lift, 2, 1_000) for lift in (0.0, 1.0)]
    rest = dice.normal(3, 2, 3_000)
    among = read(Measure("mean", "x"), Moments.of({"x": met[0]}), Moments.of({"x": met[1]}), Fixed())
    everyone = float(np.concatenate((met[0], rest)).mean())
    plain, part = exposure.diluted(among, 0.25, everyone)
    over_all = [float(np.concatenate((arm, rest)).mean()) for arm in met]
    assert plain.value == pytest.approx(over_all[1] - over_all[0])
    assert part.value == pytest.approx(over_all[1] / over_all[0] - 1)


def test_uneven_exposure_and_crossovers_are_told() -> None:
    sound = exposure.exposure([5_000, 5_050], [1, 1], crossovers=20, assigned=[10_000, 10_000])
    assert (sound.share, sound.many_crossovers, sound.ratio.mismatch) == (0.5025, False, False)
    assert sound.by_arm == (0.5, 0.505)
    faulty = exposure.exposure([5_000, 6_000], [1, 1], crossovers=600)
    assert (faulty.share, faulty.many_crossovers, faulty.ratio.mismatch) == (None, True, True)


@pytest.mark.parametrize(
    ("first", "then", "trend"),
    [(3.0, 0.0, "fading"), (1.0, 1.0, "steady"), (0.5, 3.0, "growing"), (-3.0, 0.0, "fading")],
)
def test_an_effect_that_changes_with_the_days_is_noticed(first: float, then: float, trend: str) -> None:
    dice = np.random.default_rng(5)

    def arm(early: float, late: float) -> Moments:
        habit = dice.gamma(3, 2, 4_000)
        days = {"early": (3, early), "late": (11, late)}
        return Moments.of({name: dice.normal(count * (habit + lift), 6) for name, (count, lift) in days.items()})

    found = exposure.novelty(arm(0, 0), arm(first, then), ("early", 3), ("late", 11), AlwaysValid())
    assert found.trend == trend
    assert found.early.difference.value == pytest.approx(first, abs=0.3)
    assert found.late.difference.value == pytest.approx(then, abs=0.3)
