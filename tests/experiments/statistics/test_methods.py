"""Each way to read, by itself: always-valid, Bayesian, the end of a group-sequential test, ratios, arms of different size."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from resa.experiments.statistics import (
    AlwaysValid,
    Bayesian,
    Estimate,
    Fixed,
    GroupSequential,
    Measure,
    Method,
    Moments,
    Pair,
    Prior,
    always,
    bayesian,
    ended,
    fixed,
    of_pair,
    read,
    sequential,
    unequal,
)


def pair(control: float, treatment: float, n: float = 10_000, variance: float = 25.0) -> Pair:
    one, other = (Estimate(np.array(n), np.array(value), np.array(variance)) for value in (control, treatment))
    return Pair(one, other)


# -- always valid --------------------------------------------------------------------------------------------------


def test_evidence_is_the_mixture_of_likelihoods() -> None:
    """By integration: how much likelier z is if the effect is normal around 0 than if it is 0."""
    units, z = 3_000.0, 3.1
    spread = always.rho(0.05, 20_000) ** 0.5

    def at(effect: float) -> float:
        return float(np.exp(effect * z * units**0.5 - effect**2 * units / 2) * stats.norm.pdf(effect, 0, spread))

    mixture = integrate.quad(at, -8 * spread, 8 * spread, limit=500)[0]
    assert float(always.evidence(0.05, np.array(units), np.array(z))) == pytest.approx(np.log(mixture), rel=1e-6)


def test_the_interval_is_narrowest_where_it_is_tuned() -> None:
    for alpha in (0.01, 0.05):
        at_tuned = float(always.critical(alpha, np.array(5_000.0), 5_000))
        other = [float(always.critical(alpha, np.array(5_000.0), tuned)) for tuned in (500, 4_000, 6_000, 50_000)]
        assert all(at_tuned < one for one in other)


def test_p_is_at_most_alpha_exactly_where_the_interval_leaves_out_zero() -> None:
    both = pair(10, 10)
    reach = float(always.critical(0.05, both.units)) * float(both.error) ** 0.5
    for lift, out in ((reach * 0.999, False), (reach * 1.001, True)):
        reading = of_pair(pair(10, 10 + lift), AlwaysValid())
        assert reading.p is not None
        assert (reading.significant, reading.p <= 0.05) == (out, out)


def test_a_sequential_method_waits_for_a_hundred_units_an_arm() -> None:
    for method in (AlwaysValid(), GroupSequential((0.5,))):
        assert not of_pair(pair(10, 90, n=99), method).enough
        assert of_pair(pair(10, 90, n=100), method).significant


# -- Bayesian ------------------------------------------------------------------------------------------------------


def test_chances_and_losses_are_those_of_draws_from_the_posterior() -> None:
    both, prior = pair(10, 10.06), Prior(0.0, 0.01)
    known, said = 1 / 0.1**2, 1 / float(both.error)
    draws = np.random.default_rng(1).normal(0.06 * said / (known + said), (known + said) ** -0.5, 1_000_000)
    found = bayesian.posterior(both, 0.05, prior)
    assert float(found.chance) == pytest.approx(float((draws > 0).mean()), abs=0.002)
    assert float(found.loss) == pytest.approx(float(np.maximum(-draws, 0).mean()), rel=0.01)
    assert float(found.loss_of_control) == pytest.approx(float(np.maximum(draws, 0).mean()), rel=0.01)
    assert (float(found.low), float(found.high)) == pytest.approx(tuple(np.quantile(draws, (0.025, 0.975))), abs=0.001)


def test_chances_come_true_as_often_as_they_say_where_the_prior_is_right() -> None:
    dice = np.random.default_rng(2)
    effects = dice.normal(0, 0.1, 40_000)
    n, value = np.full(effects.size, 10_000.0), np.full(effects.size, 10.0)
    seen = 10 + effects + dice.normal(0, (2 * 25 / 1e4) ** 0.5, effects.size)
    both = Pair(Estimate(n, value, np.full(n.size, 25.0)), Estimate(n, seen, np.full(n.size, 25.0)))
    chance = bayesian.posterior(both, 0.05, Prior(0.0, 0.01)).chance
    for low in (0.5, 0.7, 0.9):
        some = (chance >= low) & (chance < low + 0.1)
        assert float((effects[some] > 0).mean()) == pytest.approx(float(chance[some].mean()), abs=0.02)


def test_a_flat_prior_says_what_the_data_say() -> None:
    both = pair(10, 10.1)
    flat, plain = of_pair(both, Bayesian(prior=None)), fixed.wald(both, 0.05)
    assert (flat.difference.low, flat.difference.high) == pytest.approx((float(plain.low), float(plain.high)))
    assert flat.chance == pytest.approx(1 - float(plain.p) / 2)


# -- the end of a group-sequential test ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("drift", "tests"), [(2.8, 150), *(pytest.param(drift, 1_000, marks=pytest.mark.full) for drift in (0.0, 2.8))]
)
def test_intervals_of_stopped_tests_hold_the_truth_as_often_as_they_say(drift: float, tests: int) -> None:
    """The naive interval at the stop does not: it stops where it looks best."""
    fractions = (0.3, 0.6, 1.0)
    critical = np.array(sequential.boundaries(0.05, fractions).critical)
    gaps = np.diff((0.0, *fractions))
    walk = np.cumsum(np.random.default_rng(3).normal(drift * gaps, gaps**0.5, (tests, 3)), axis=1)
    z = walk / np.sqrt(fractions)
    held = low = 0
    for path in z:
        crossed = np.abs(path) >= critical
        at = int(crossed.argmax()) if crossed.any() else 2
        error = fractions[at] ** -0.5  # in units in which the effect is the drift
        found = sequential.boundaries(0.05, fractions[: at + 1]).ended(float(path[at]), error)
        held += found.low <= drift <= found.high
        low += found.middle <= drift
    assert held / tests == pytest.approx(0.95, abs=3 * (0.05 * 0.95 / tests) ** 0.5)
    assert low / tests == pytest.approx(0.5, abs=1.5 / tests**0.5)


def test_the_final_reading_is_of_the_test_that_stopped() -> None:
    found = ended(pair(10, 10.3), GroupSequential((0.4, 0.8)))
    assert found.low < found.middle < 0.3 < found.high, "what stops early looks larger than it is"
    assert 0 < found.p < 0.05


def test_nothing_is_concluded_after_the_end() -> None:
    late = of_pair(pair(10, 13), GroupSequential((0.5, 1.0, 1.2)))
    assert (late.enough, late.significant, late.p) == (False, False, None)
    assert of_pair(pair(10, 13), GroupSequential((0.5, 1.1))).significant


# -- ratios and sizes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", [Fixed(), AlwaysValid(), GroupSequential((0.4, 0.7))])
@pytest.mark.parametrize("control", [10.0, -10.0])
def test_the_relative_effect_leaves_out_zero_exactly_where_the_difference_does(method: Method, control: float) -> None:
    for lift in np.linspace(-0.5, 0.5, 41):
        reading = of_pair(pair(control, control + float(lift)), method)
        difference, relative = reading.difference, reading.relative
        assert None not in (*difference, *relative)
        assert reading.significant == (relative.low > 0 or relative.high < 0)  # type: ignore[operator]  # no None is left
        assert (relative.value or 0) * lift >= 0, "more is more, of a control below 0 too"


def test_there_is_no_relative_effect_of_a_control_that_may_be_nothing() -> None:
    relative = of_pair(pair(0.05, 1.0), Fixed()).relative
    assert (relative.low, relative.high) == (None, None)


def test_care_is_taken_only_where_sizes_differ_and_values_are_skewed() -> None:
    dice = np.random.default_rng(4)
    measure = Measure("mean", "x")
    skewed = dice.lognormal(0, 2, 10_000)
    even = dice.normal(0, 1, 10_000)

    def spread(values: np.ndarray, small: int) -> float:
        control, treatment = Moments.of({"x": values[small:]}), Moments.of({"x": np.sort(values)[:small] * 0.5})
        found = read(measure, control, treatment, Fixed()).difference
        plain = fixed.welch(Pair(_estimate(control), _estimate(treatment)), 0.05)
        assert found.low is not None
        assert found.high is not None
        return float((found.high - found.low) / (plain.high - plain.low))

    assert spread(skewed, 500) > 1.5
    assert spread(even, 500) == pytest.approx(1)
    assert spread(skewed, 5_000) == pytest.approx(1)
    assert unequal.APART > 1


def _estimate(arm: Moments) -> Estimate:
    return Estimate(arm.n, arm.mean[..., 0], arm.covariance[..., 0, 0])
