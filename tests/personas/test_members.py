"""Who is of which persona: by rule, by what a run found, newcomers and merged customers included."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resa.customers import merging
from resa.kernel import audit
from resa.kernel.errors import NotFound, Refused
from resa.kernel.events import Draft
from resa.kernel.matching import Condition, Match
from resa.kernel.workspace import Workspace
from resa.predictions.personas import finding, runs
from resa.predictions.personas.definition import Deed, Persona, Rule
from resa.predictions.personas.members import Members
from resa.predictions.personas.stability import Effort
from tests.kernel.making import draft
from tests.personas import planted
from tests.personas.conftest import YEAR
from tests.personas.planted import DAY, NOW

QUICK = Effort(most=4, resamples=6, shuffles=4, starts=2)


def adopted(workspace: Workspace) -> runs.Run:
    """A finished search whose kinds hold."""
    run = runs.begin(workspace.state, YEAR, seed=1, most=4, author="test", now=NOW)
    runs.change(workspace.state, run.id, row=workspace.body.landed())
    runs.finish(workspace.state, run.id, NOW, *finding.find(workspace, YEAR, seed=1, effort=QUICK))
    with workspace.state.write() as tx:
        runs.adopt(tx, run.id, NOW)
    return runs.get(workspace.state, run.id)


def test_every_customer_is_of_one_kind_newcomers_and_merged_ones_too(fresh: Workspace) -> None:
    drafts, _ = planted.events(150, seed=1)
    planted.fill(fresh, drafts)
    run = adopted(fresh)
    assert run.result is not None
    names = [f"persona:{kind.key}" for kind in run.result.kinds]
    everyone = np.concatenate([fresh.populations.get(name).profiles for name in names])
    assert len(everyone) == len(np.unique(everyone)) == 150
    before = fresh.populations.get(names[0])

    drafts, kinds = planted.events(30, seed=2, first=150)
    planted.fill(fresh, drafts)
    sizes = [len(fresh.populations.get(name).profiles) for name in names]
    assert sum(sizes) == 180
    assert fresh.populations.get(names[0]).token != before.token
    with fresh.state.read() as tx:
        numbers = fresh.identities.find(tx, [f"user:c{n}" for n in range(150, 180)])
    first = {int(p) for p in fresh.populations.get(names[0]).profiles}
    assert len({kinds[n - 150] for n in range(150, 180) if numbers[f"user:c{n}"] in first}) == 1  # all of one habit

    one, other = (f"p_{p}" for p in fresh.populations.get(names[0]).profiles[:2])
    link, _ = merging.merge(fresh, [one, other], audit.SYSTEM, "the same person")
    fresh.settle()
    assert [len(fresh.populations.get(name).profiles) for name in names] == [sizes[0] - 1, *sizes[1:]]
    merging.undo(fresh, link, audit.SYSTEM, "not the same")
    fresh.settle()
    assert [len(fresh.populations.get(name).profiles) for name in names] == sizes


def test_nothing_says_who_a_mere_picture_is(fresh: Workspace) -> None:
    fresh.definitions.save("persona", "anna", Persona(name="Anna"), expected=0, author="test")
    with pytest.raises(Refused) as refused:
        fresh.populations.get("persona:anna")
    assert "rule" in refused.value.details["remedy"]
    with pytest.raises(NotFound):
        fresh.populations.get("persona:nobody")


def test_a_persona_that_no_run_finds_any_more_has_no_members(fresh: Workspace) -> None:
    fresh.definitions.save("persona", "gone", Persona(name="Gone", found="k9"), expected=0, author="test")
    assert len(fresh.populations.get("persona:gone").profiles) == 0


NAMES = ("Product Viewed", "Order Completed", "Review Written")
DEEDS = st.builds(
    Deed,
    match=st.builds(
        Match,
        type=st.just("track"),
        name=st.sampled_from(NAMES),
        where=st.lists(
            st.builds(Condition, property=st.just("stars"), op=st.just("greater"), value=st.integers(1, 4)), max_size=1
        ),
    ),
    at_least=st.integers(1, 3),
    within_days=st.none() | st.integers(1, 60),
)
RULES = st.builds(
    lambda did, never: Rule(
        all=[*did, *(Deed(match=deed.match, never=True, within_days=deed.within_days) for deed in never)]
    ),
    st.lists(DEEDS, min_size=1, max_size=2),
    st.lists(DEEDS, max_size=1),
)


def slow(rule: Rule, journeys: dict[str, list[tuple[int, str, int]]]) -> set[str]:
    """Who fits, asked of every event of everybody."""
    fits = set()
    for user, journey in journeys.items():
        counts = [
            sum(
                name == deed.match.name
                and all(stars > condition.value for condition in deed.match.where)  # type: ignore[operator]
                and (deed.within_days is None or at >= NOW - deed.within_days * DAY)
                for at, name, stars in journey
            )
            for deed in rule.all
        ]
        if all(
            count == 0 if deed.never else count >= deed.at_least for deed, count in zip(rule.all, counts, strict=True)
        ):
            fits.add(user)
    return fits


@pytest.fixture
def histories(fresh: Workspace) -> tuple[Workspace, dict[str, list[tuple[int, str, int]]]]:
    """Forty customers who did this and that, late and in any order."""
    dice = random.Random(3)
    journeys: dict[str, list[tuple[int, str, int]]] = {}
    drafts: list[Draft] = []
    for number in range(300):
        user, at, name, stars = (
            f"u{dice.randrange(40)}",
            NOW - dice.randrange(1, 90 * DAY),
            dice.choice(NAMES),
            dice.randrange(1, 6),
        )
        journeys.setdefault(user, []).append((at, name, stars))
        drafts.append(draft(name, user=user, time=at, received_at=NOW - number, properties={"stars": stars}))
    planted.fill(fresh, drafts)
    return fresh, journeys


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rule=RULES)
def test_a_rule_is_met_by_those_a_slow_count_finds(
    histories: tuple[Workspace, dict[str, list[tuple[int, str, int]]]], rule: Rule
) -> None:
    workspace, journeys = histories
    found = Members(workspace).fitting("x", Persona(name="X", rule=rule)).profiles
    with workspace.state.read() as tx:
        users = workspace.identities.keys(tx, [int(profile) for profile in found])
    assert {key.removeprefix("user:") for key in users.values()} == slow(rule, journeys)


def test_whose_time_runs_out_does_not_fit_any_more(fresh: Workspace) -> None:
    """Without a new event: the days of a rule end by themselves."""
    planted.fill(fresh, [draft("Order Completed", user="u", time=NOW - 9 * DAY, received_at=NOW - 9 * DAY)])
    within = Persona(name="X", rule=Rule(all=[Deed(match=Match(name="Order Completed"), within_days=10)]))
    assert len(Members(fresh).fitting("x", within).profiles) == 1
    fresh.clock = lambda: NOW + 2 * DAY
    assert len(Members(fresh).fitting("x", within).profiles) == 0
