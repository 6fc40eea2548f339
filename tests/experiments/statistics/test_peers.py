"""Readings of one look agree with SciPy, statsmodels and tea-tasting to 1e-9."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from resa.experiments.statistics import (
    Fixed,
    Measure,
    Moments,
    Quotient,
    Reading,
    benjamini_hochberg,
    check_sample_ratio,
    holm,
    read,
    sample_ratio,
)
from resa.experiments.statistics.distributions import Array

Columns = dict[str, np.typing.NDArray[Any]]


def visitors(n: int, seed: int, lift: float = 0.0) -> Columns:
    """Sessions, orders and revenue of customers, and what they did before, which says something of it."""
    dice = np.random.default_rng(seed)
    keen: Array = dice.gamma(2, 1, n)
    columns: Columns = {}
    for name, more in (("_before", 0.0), ("", lift)):
        sessions = 1 + dice.poisson(keen)
        orders = dice.binomial(sessions, np.clip(0.1 * (1 + more), 0, 1))
        columns["sessions" + name], columns["orders" + name] = sessions * 1.0, orders * 1.0
        columns["revenue" + name] = np.asarray(orders * dice.lognormal(3, 1, n) * keen, np.float64)
    return columns | {"bought": np.minimum(columns["orders"], 1)}


CONTROL, TREATMENT = visitors(3_000, 1), visitors(2_500, 2, 0.1)


def ours(measure: Measure, alpha: float = 0.05) -> Reading:
    return read(measure, Moments.of(CONTROL), Moments.of(TREATMENT), Fixed(alpha, logarithmic=True))


def theirs(metric: Any) -> Any:
    import tea_tasting as tt
    import tea_tasting.aggr

    def aggregates(columns: Columns) -> Any:
        names = list(columns)
        covariance = np.cov(np.array(list(columns.values())))
        pairs = {(a, b): float(covariance[i, j]) for i, a in enumerate(names) for j, b in enumerate(names)}
        means = {name: float(values.mean()) for name, values in columns.items()}
        variances = {name: pairs[name, name] for name in names}
        return tt.aggr.Aggregates(len(columns[names[0]]), means, variances, pairs)

    return metric.analyze_aggregates(aggregates(CONTROL), aggregates(TREATMENT))


def assert_same(reading: Reading, result: Any) -> None:
    """Values, both intervals and p."""
    got = (
        reading.control.value,
        reading.treatment.value,
        *reading.difference,
        *reading.relative,
        reading.p,
    )
    wanted = (
        result.control,
        result.treatment,
        result.effect_size,
        result.effect_size_ci_lower,
        result.effect_size_ci_upper,
        result.rel_effect_size,
        result.rel_effect_size_ci_lower,
        result.rel_effect_size_ci_upper,
        result.pvalue,
    )
    assert got == pytest.approx(wanted, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("column", ["sessions", "orders", "revenue"])
def test_means_are_those_of_tea_tasting(column: str) -> None:
    import tea_tasting as tt

    assert_same(ours(Measure("mean", column)), theirs(tt.Mean(column)))


def test_means_with_a_covariate_are_those_of_tea_tasting() -> None:
    import tea_tasting as tt

    reading = ours(Measure("mean", "revenue", covariates=(Quotient("revenue_before"),)))
    assert_same(reading, theirs(tt.Mean("revenue", "revenue_before")))
    assert reading.explained == pytest.approx(
        np.corrcoef(
            np.concatenate((CONTROL["revenue"], TREATMENT["revenue"])),
            np.concatenate((CONTROL["revenue_before"], TREATMENT["revenue_before"])),
        )[0, 1]
        ** 2,
        rel=1e-9,
        abs=1e-12,
    )


def test_ratios_are_those_of_tea_tasting() -> None:
    import tea_tasting as tt

    assert_same(ours(Measure("ratio", "orders", "sessions")), theirs(tt.RatioOfMeans("orders", "sessions")))


def test_ratios_with_a_ratio_as_covariate_are_those_of_tea_tasting() -> None:
    import tea_tasting as tt

    before = Quotient("revenue_before", "sessions_before")
    peer = tt.RatioOfMeans("revenue", "sessions", "revenue_before", "sessions_before")
    assert_same(ours(Measure("ratio", "revenue", "sessions", (before,))), theirs(peer))


def test_shares_are_those_of_tea_tasting() -> None:
    import tea_tasting as tt

    peer = tt.Proportion("bought", method="norm", equal_var=False, correction=False)
    assert_same(ours(Measure("proportion", "bought")), theirs(peer))


def test_means_are_those_of_scipy() -> None:
    from scipy import stats

    found = stats.ttest_ind(TREATMENT["revenue"], CONTROL["revenue"], equal_var=False)
    reading = ours(Measure("mean", "revenue"), alpha=0.1)
    interval = found.confidence_interval(0.9)
    assert (reading.p, reading.difference.low, reading.difference.high) == pytest.approx(
        (found.pvalue, interval.low, interval.high), rel=1e-9, abs=1e-12
    )


def test_several_covariates_take_away_what_least_squares_does() -> None:
    """One coefficient each for both arms together: what a regression on the covariates alone leaves."""
    from scipy import stats

    names = ("revenue_before", "orders_before", "sessions_before")
    reading = ours(Measure("mean", "revenue", covariates=tuple(map(Quotient, names))))
    together = {name: np.concatenate((CONTROL[name], TREATMENT[name])) for name in ("revenue", *names)}
    before = np.column_stack([np.ones(together["revenue"].size), *(together[name] for name in names)])
    revenue, n = together["revenue"], CONTROL["revenue"].size
    left = revenue - before @ np.linalg.lstsq(before, revenue, rcond=None)[0] + revenue.mean()
    found = stats.ttest_ind(left[n:], left[:n], equal_var=False)
    assert (reading.explained, reading.p, reading.control.value) == pytest.approx(
        (1 - left.var() / revenue.var(), found.pvalue, left[:n].mean()), rel=1e-9, abs=1e-12
    )


@pytest.mark.parametrize("counts", [(3, 100, 11, 90), (0, 40, 0, 50), (49, 1_000, 70, 1_000), (40, 40, 31, 35)])
def test_rare_shares_are_newcombes_of_statsmodels(counts: tuple[int, int, int, int]) -> None:
    from statsmodels.stats.proportion import confint_proportions_2indep

    did, n, treated, m = counts
    arms = [Moments.of({"x": np.arange(size) < count}) for count, size in ((did, n), (treated, m))]
    reading = read(Measure("proportion", "x"), arms[0], arms[1], Fixed())
    wanted = confint_proportions_2indep(treated, m, did, n, method="newcomb", compare="diff")
    assert (reading.difference.low, reading.difference.high) == pytest.approx(wanted, rel=1e-9, abs=1e-12)


def test_the_p_of_a_rare_share_is_where_its_interval_begins_to_leave_out_zero() -> None:
    arms = [Moments.of({"x": np.arange(n) < count}) for count, n in ((3, 100), (11, 90))]
    p = read(Measure("proportion", "x"), arms[0], arms[1], Fixed()).p
    assert p is not None
    for alpha, leaves_out in ((p * 0.999, False), (p * 1.001, True)):
        assert read(Measure("proportion", "x"), arms[0], arms[1], Fixed(alpha)).significant is leaves_out


def test_the_chi_square_of_sample_ratios_is_scipys() -> None:
    from scipy import stats

    wanted = stats.chisquare([5_100, 4_900, 10_100], np.array([1, 1, 2]) / 4 * 20_100)
    assert check_sample_ratio([5_100, 4_900, 10_100], [1, 1, 2]).chi_square == pytest.approx(
        wanted.pvalue, rel=1e-9, abs=1e-12
    )


def test_the_evidence_against_a_sample_ratio_is_the_multinomial_s_dirichlet_by_the_planned_one() -> None:
    from scipy import stats

    counts, shares = np.array([40, 60, 105]), np.array([0.25, 0.25, 0.5])
    mixed = stats.dirichlet_multinomial(sample_ratio.CONCENTRATION * shares, 205).logpmf(counts)
    planned = stats.multinomial(205, shares).logpmf(counts)
    assert float(sample_ratio.log_evidence(counts, shares)) == pytest.approx(mixed - planned, rel=1e-9)


@pytest.mark.parametrize(("adjust", "method"), [(holm, "holm"), (benjamini_hochberg, "fdr_bh")])
def test_adjusted_p_values_are_those_of_statsmodels(adjust: Any, method: str) -> None:
    from statsmodels.stats.multitest import multipletests

    p = [float(one) for one in np.random.default_rng(5).random(30) ** 3]
    assert adjust(p) == pytest.approx(list(multipletests(p, method=method)[1]), rel=1e-9, abs=1e-12)
    assert adjust([None, 0.5, None]) == [None, 0.5, None]
    assert adjust([]) == []
