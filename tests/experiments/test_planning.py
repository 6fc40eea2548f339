"""Plans hold: what they say is enough is enough, and no more than that."""

from __future__ import annotations

import numpy as np
import pytest

from resa.experiments import planning
from resa.experiments.planning import Baseline, Design
from resa.experiments.statistics import Measure, Moments, Quotient
from resa.experiments.statistics.simulation import POPULATIONS, looked_at

SHARE = Baseline("proportion", 0.05, 0.05 * 0.95)
ONCE = Design("fixed")


def test_a_share_needs_the_units_of_the_textbook() -> None:
    """Fleiss, Levin and Paik (2003), 4.3, without continuity: (z + z')^2 (p q + p' q') / (p - p')^2 an arm."""
    wanted = (1.959964 + 0.841621) ** 2 * (0.05 * 0.95 + 0.06 * 0.94) / 0.01**2
    assert planning.size(SHARE, 0.2, ONCE).per_arm == (int(np.ceil(wanted)),) * 2


def test_size_power_and_minimal_effect_agree_with_each_other() -> None:
    for design in (ONCE, Design(looks=7), Design("always_valid", looks=30), Design(weights=(2, 1, 1), comparisons=2)):
        size = planning.size(SHARE, 0.1, design)
        assert planning.power(SHARE, 0.1, size.units, design) == pytest.approx(0.8, abs=1e-3)
        assert planning.minimal_effect(SHARE, size.units, design) == pytest.approx(0.1, abs=1e-4)


def test_leave_to_look_early_costs_little_with_a_plan_and_much_without() -> None:
    planned, open_ended = (
        planning.size(SHARE, 0.1, Design(method)).inflation for method in ("group_sequential", "always_valid")
    )
    assert 1.0 < planned < 1.06
    assert open_ended > 1.5


@pytest.mark.parametrize(
    ("name", "experiments"),
    [("mean", 600), ("proportion", 600)]
    + [pytest.param(name, 4_000, marks=pytest.mark.full) for name in ("mean", "proportion", "ratio", "covariate")],
)
def test_a_group_sequential_plan_has_the_power_it_promises(name: str, experiments: int) -> None:
    """Within two points, at 14 looks; the short form within two and its Monte Carlo error."""
    population, effect, design = POPULATIONS[name], 0.1 if name != "mean" else 0.03, Design(looks=14)
    history = Moments.of(population.draw(np.random.default_rng(8), (200_000,), 0.0))
    size = planning.size(Baseline.of(population.measure, history), effect, design)
    truth = looked_at(
        population, experiments=experiments, looks=14, units=(size.per_arm[0], size.per_arm[1]), lift=effect, seed=9
    )
    room = 0.02 + (3 if experiments < 1_000 else 1) * (0.8 * 0.2 / experiments) ** 0.5
    assert truth.called["group_sequential"] == pytest.approx(0.8, abs=room)
    assert truth.stopped["group_sequential"] < 0.85, "it stops early where there is an effect"


def test_covariates_save_the_units_whose_variance_they_explain() -> None:
    population = POPULATIONS["covariate"]
    history = Moments.of(population.draw(np.random.default_rng(8), (50_000,), 0.0))
    plain = Baseline.of(population.measure._replace(covariates=()), history)
    adjusted = Baseline.of(Measure("mean", "x", covariates=(Quotient("before"),)), history)
    assert 0.05 < adjusted.explained < 0.5
    saved = planning.size(adjusted, 0.1, ONCE).units / planning.size(plain, 0.1, ONCE).units
    assert saved == pytest.approx(1 - adjusted.explained, abs=0.001)


def test_days_count_units_once_and_go_on_as_the_last_week_did() -> None:
    curve = [100, 190, 270, 340, 400, 450, 500, 540]
    assert planning.days(190, curve) == 2
    assert planning.days(190, curve, coverage=0.5) == 5
    assert planning.days(540 + 10 * (540 - 100) / 7, curve) == 18
    assert planning.days(541, [540.0] * 8) is None
    assert planning.days(5, []) is None
    assert [planning.whole_weeks(count) for count in (1, 7, 8)] == [7, 7, 14]


def test_longer_outlooks_find_smaller_effects() -> None:
    found = planning.outlooks(SHARE, [1_000.0 * day for day in range(1, 8)], ONCE)
    assert [one.units for one in found] == [7_000, 14_000, 28_000, 56_000]
    assert found[0].effect / found[2].effect == pytest.approx(2, rel=0.06)


def test_what_no_number_of_units_can_find_is_said() -> None:
    with pytest.raises(ValueError, match="No number of units"):
        planning.size(SHARE, 0.0, ONCE)
    with pytest.raises(ValueError, match="no relative effect"):
        planning.minimal_effect(Baseline("mean", 0.0, 1.0), 100, ONCE)
