"""Intervals hold what they promise: published examples, and coverage on seeded samples whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from resa.kernel import proportions
from resa.kernel.metrics import statistics
from resa.kernel.metrics.statistics import Estimate, Moments
from resa.kernel.metrics.units import Sample

DRAWS = 1_500


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_a_share_has_the_wilson_interval_that_newcombe_printed(hits: int, n: int, low: float, high: float) -> None:
    """Newcombe (1998), "Two-sided confidence intervals for the single proportion", table I, method 3."""
    x = np.repeat([1.0, 0.0], [hits, n - hits])
    found = statistics.share(Moments.of(x, np.ones(n)))
    assert (found.value, found.n) == (hits / n, n)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


def test_a_count_has_the_score_interval() -> None:
    assert statistics.number(0)[:3] == pytest.approx((0.0, 0.0, 3.8415), abs=1e-4)
    assert statistics.number(100)[:3] == pytest.approx((100, 82.23, 121.61), abs=0.01)


@pytest.mark.parametrize(("n", "q", "low", "high"), [(10, 0.5, 2, 9), (100, 0.5, 40, 61), (100, 0.9, 84, 96)])
def test_a_quantile_has_the_interval_of_its_binomial_ranks(n: int, q: float, low: int, high: int) -> None:
    """The median of ten lies between the second and the ninth with 97.85 % (David and Nagaraja 2003, 7.1)."""
    values = np.random.default_rng(1).permutation(np.arange(1.0, n + 1))
    assert statistics.quantile(values, np.ones(n), q) == Estimate(round(q * n), low, high, n)


def test_a_quantile_of_few_has_no_end_where_none_can_be_said() -> None:
    assert statistics.quantile(np.array([3.0, 1.0]), np.ones(2), 0.5) == Estimate(1.0, None, None, 2)


def test_values_may_be_counted_together() -> None:
    many = np.array([5.0, 1.0, 1.0, 2.0, 2.0, 2.0])
    few = statistics.quantile(np.array([2.0, 5.0, 1.0]), np.array([3, 1, 2]), 0.5)
    assert statistics.quantile(many, np.ones(6), 0.5) == few


def test_moments_of_two_sets_of_customers_add_up() -> None:
    random = np.random.default_rng(2)
    x, y = random.normal(size=50), random.normal(size=50)
    assert Moments.of(x[:20], y[:20]) + Moments.of(x[20:], y[20:]) == pytest.approx(Moments.of(x, y))
    both = Moments.of(x, y)
    assert both.variance == pytest.approx(x.var(ddof=1))
    assert both.covariance == pytest.approx(np.cov(x, y)[0, 1])


def test_of_one_unit_per_customer_the_interval_is_that_of_a_mean() -> None:
    x = np.array([1.0, 4.0, 2.0, 9.0, 0.0])
    reach = proportions.Z * np.sqrt(x.var(ddof=1) / 5)
    found = statistics.mean(Moments.of(x, np.ones(5)))
    assert found[:3] == pytest.approx((3.2, 3.2 - reach, 3.2 + reach))


# -- coverage --------------------------------------------------------------------------------------------------------


def customers(random: np.random.Generator, n: int = 300) -> Sample:
    """Customers with 1 to many orders each, larger ones where there are more: orders are not independent."""
    orders = 1 + random.poisson(1.5, n)
    level = random.gamma(4, 5, n) * np.sqrt(orders)
    return Sample(np.arange(n), level * orders + random.normal(0, 3, n) * np.sqrt(orders), orders.astype(np.float64))


def covered(found: list[Estimate], truth: float) -> float:
    return float(np.mean([e.low is not None and e.high is not None and e.low <= truth <= e.high for e in found]))


def test_the_interval_of_a_ratio_covers_though_orders_of_a_customer_are_alike() -> None:
    random = np.random.default_rng(3)
    big = customers(random, 400_000)
    truth = float(big.x.sum() / big.y.sum())
    found = [statistics.mean(Moments.of(one.x, one.y)) for one in (customers(random) for _ in range(DRAWS))]
    assert 0.93 <= covered(found, truth) <= 0.97


def test_the_interval_of_a_total_covers_when_also_the_number_of_customers_is_random() -> None:
    random = np.random.default_rng(4)
    found = []
    for _ in range(DRAWS):
        x = random.gamma(2, 10, random.poisson(200))
        found.append(statistics.total(Moments.of(x, np.ones(x.size))))
    assert 0.93 <= covered(found, 200 * 20) <= 0.97


def test_the_interval_of_a_share_of_sessions_covers_though_sessions_of_a_customer_are_alike() -> None:
    random = np.random.default_rng(5)
    found = []
    for _ in range(DRAWS):
        sessions = 1 + random.poisson(3, 300)
        hits = random.binomial(sessions, random.beta(1, 9, 300))
        found.append(statistics.share(Moments.of(hits.astype(float), sessions.astype(float))))
    assert 0.93 <= covered(found, 0.1) <= 0.975


@pytest.mark.parametrize("kind", ["total", "mean"])
def test_the_interval_of_a_change_covers_when_the_same_customers_are_in_both_periods(kind: statistics.Figure) -> None:
    """Habits last: what a customer spends in one period is like what she spends in the other; the truth is +20 %."""
    random = np.random.default_rng(6)
    hits = 0
    for _ in range(DRAWS):
        n = random.poisson(300) if kind == "total" else 300
        habit = random.gamma(3, 10, n)
        pair = [Sample(np.arange(n), habit * random.gamma(5, 0.2 * up, n), np.ones(n)) for up in (1.0, 1.2)]
        before, after = (statistics.influence(kind, one) for one in pair)
        values = [one.x.sum() / (1 if kind == "total" else n) for one in pair]
        found = statistics.change(
            values[1], values[0], after.variance, before.variance, statistics.shared(after, before)
        )
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= 0.2 <= found.high
    assert 0.93 <= hits / DRAWS <= 0.97


def test_a_change_from_nothing_has_no_ratio_and_one_to_nothing_no_interval() -> None:
    assert statistics.change(5.0, 0.0, 1.0, 1.0) is not None
    assert statistics.change(5.0, 0.0, 1.0, 1.0)[:3] == (None, None, None)  # type: ignore[index]
    assert statistics.change(0.0, 5.0, 1.0, 1.0)[:3] == (-1.0, None, None)  # type: ignore[index]
    assert statistics.change(None, 5.0, 1.0, 1.0) is None
