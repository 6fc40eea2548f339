"""Kinds of customers found in events: what was planted comes back, named, valued, the same after more data came."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from resa.kernel.periods import Period
from resa.kernel.workspace import Workspace
from resa.predictions.personas import finding, scaling, stability
from resa.predictions.personas.features import Measuring, Scope
from resa.predictions.personas.finding import Outcome, Previous
from resa.predictions.personas.stability import Effort
from tests.kernel.making import draft
from tests.personas import planted
from tests.personas.conftest import YEAR, Planted

QUICK = Effort(most=5, resamples=8, shuffles=5, starts=3)


@pytest.fixture(scope="module")
def found(many: Planted) -> Outcome:
    """What a search finds in the planted customers."""
    return finding.find(many.workspace, many.lens, seed=3, effort=QUICK)


def test_planted_personas_are_recovered(many: Planted, found: Outcome) -> None:
    assert len(found.result.kinds) == 3
    assert found.assigned is not None
    assert planted.agreement(many.workspace, *found.assigned, many.truth) > 0.95


def test_shuffled_features_hold_no_personas(many: Planted) -> None:
    """The customers' own features, each column shuffled for itself."""
    measuring = Measuring(many.workspace, many.lens)
    plan = measuring.plan(Scope(many.lens), 450)
    frame = measuring.read(plan, Scope(many.lens))
    points = scaling.weighted(
        scaling.learn(plan.columns(), frame), scaling.apply(plan.columns(), scaling.learn(plan.columns(), frame), frame)
    )
    shuffled = np.random.default_rng(1).permuted(points, axis=0)
    assert stability.search(points, 3, QUICK).chosen is not None
    assert stability.search(shuffled, 3, QUICK).chosen is None


def test_a_persona_is_described_by_what_sets_it_apart(found: Outcome) -> None:
    by_name = {kind.name: kind for kind in found.result.kinds}
    garden = next(kind for name, kind in by_name.items() if "Garden" in name)
    told = {one.column: one for one in garden.differences}
    assert told["category:Garden"].effect > 2
    assert told["channel:store"].value == pytest.approx(0.9, abs=0.05)
    assert all(one.q <= 0.05 and abs(one.effect) >= 0.2 for one in garden.differences)
    assert {name.rpartition("into ")[2] for name in by_name} == {"Dairy", "Toys", "Garden"}


def test_sizes_and_values_add_up_to_everybody(many: Planted, found: Outcome) -> None:
    kinds = found.result.kinds
    whole = many.workspace.body.query("SELECT sum(revenue) AS sum FROM log").to_pylist()[0]["sum"]
    assert sum(kind.size for kind in kinds) == found.result.customers == 450
    assert sum(kind.share for kind in kinds) == pytest.approx(1)
    assert abs(sum(Decimal(kind.worth.revenue) for kind in kinds) - whole) < Decimal("0.05")
    for kind in kinds:
        assert kind.worth.per_customer.low < kind.worth.per_customer.mean < kind.worth.per_customer.high


def test_the_typical_are_members(found: Outcome) -> None:
    assert found.assigned is not None
    of = dict(zip(found.assigned.profiles.tolist(), found.assigned.kind.tolist(), strict=True))
    for place, kind in enumerate(found.result.kinds):
        assert len(kind.typical) == 5
        assert {of[profile] for profile in kind.typical} == {place}


def test_the_same_events_and_seed_give_the_same_answer(many: Planted, found: Outcome) -> None:
    again = finding.find(many.workspace, many.lens, seed=3, effort=QUICK)
    assert again.result.kinds == found.result.kinds
    assert again.model == found.model


def test_what_happens_after_the_period_changes_nothing(fresh: Workspace) -> None:
    """Point in time: a later event, a later trait."""
    drafts, _ = planted.events(60, seed=11)
    planted.fill(fresh, drafts)
    lens = YEAR.during(Period(YEAR.period.start, planted.NOW - 30 * planted.DAY))
    measuring = Measuring(fresh, lens)
    plan = measuring.plan(Scope(lens), 60)
    before = measuring.read(plan, Scope(lens))
    later = planted.NOW - planted.DAY
    fresh.committer.submit_sync(
        [
            draft("Order Completed", user="c1", time=later, received_at=later, revenue="9999", currency="EUR"),
            draft("", type="identify", user="c1", time=later, received_at=later, properties={"plan": "changed"}),
        ]
    )
    fresh.settle()
    after = Measuring(fresh, lens).read(plan, Scope(lens))
    assert np.array_equal(before.profiles, after.profiles)
    at = int(np.flatnonzero([one.name == "trait:plan=family" for one in plan.columns()])[0])
    others = [place for place in range(before.raw.shape[1]) if not plan.columns()[place].name.startswith("trait:")]
    assert np.array_equal(before.raw[:, others], after.raw[:, others], equal_nan=True)
    changed = np.flatnonzero(~((before.raw[:, at] == after.raw[:, at]) | np.isnan(after.raw[:, at])))
    assert changed.size == 0  # what was set later is unknown, never guessed


def test_a_rerun_with_more_customers_keeps_names_and_shows_that_nothing_drifted(fresh: Workspace) -> None:
    drafts, _ = planted.events(300, seed=5)
    planted.fill(fresh, drafts)
    first = finding.find(fresh, YEAR, seed=3, effort=QUICK)
    assert first.model is not None
    assert first.assigned is not None
    drafts, _ = planted.events(150, seed=6, first=300)
    planted.fill(fresh, drafts)
    second = finding.find(
        fresh, YEAR, seed=4, effort=QUICK, previous=Previous(first.result, first.model, first.assigned)
    )
    told = [{(kind.id, kind.key, kind.name, kind.face) for kind in one.result.kinds} for one in (first, second)]
    assert told[0] == told[1]
    assert all(kind.before is not None and kind.before.alike > 0.9 for kind in second.result.kinds)
    assert second.result.drift[0].reading == "settled"
    assert second.result.gone == []


def test_a_kind_that_is_new_and_one_that_is_gone_are_said_to_be(fresh: Workspace) -> None:
    habits = planted.HABITS
    drafts, _ = planted.events(200, seed=7, habits=habits[:2])
    planted.fill(fresh, drafts)
    half = YEAR.during(Period(planted.NOW - 365 * planted.DAY, planted.NOW))
    first = finding.find(fresh, half, seed=3, effort=QUICK)
    assert first.model is not None
    assert first.assigned is not None
    drafts, _ = planted.events(160, seed=8, first=200, habits=habits[2:])
    planted.fill(fresh, drafts)
    second = finding.find(
        fresh, half, seed=3, effort=QUICK, previous=Previous(first.result, first.model, first.assigned)
    )
    assert [kind.id for kind in second.result.kinds if kind.before is None] == ["k3"]
    assert {kind.id for kind in first.result.kinds} == {"k1", "k2"}
    assert second.result.drift[0].reading == "moved"


def test_too_few_customers_are_not_parted(fresh: Workspace) -> None:
    drafts, _ = planted.events(30, seed=9)
    planted.fill(fresh, drafts)
    outcome = finding.find(fresh, YEAR, seed=0, effort=QUICK)
    assert outcome.result.kinds == []
    assert "too few" in outcome.result.verdict
    assert outcome.model is None


def test_customers_without_habits_are_of_no_kind(fresh: Workspace) -> None:
    """Everybody does the same things in the same way, more or less."""
    habit = planted.Habit(10, 120, {"web": 0.5, "app": 0.5}, 14, 0.3, 40.0, {"Dairy": 0.5, "Wine": 0.5})
    drafts, _ = planted.events(250, seed=10, habits=(habit,))
    planted.fill(fresh, drafts)
    outcome = finding.find(fresh, YEAR, seed=0, effort=QUICK)
    assert outcome.result.kinds == [] or not outcome.result.distinct
