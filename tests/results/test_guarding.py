"""Ramps roll back by themselves when a guardrail gets worse; hold-outs tell what the programme does; factors and stages are read."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from resa.experiments.definition import Factor, Level
from resa.experiments.results import factorial
from resa.experiments.results.factorial import Term
from resa.experiments.statistics import Fixed, Measure, Moments
from tests.cast import Cast
from tests.results.test_planted import asked, by_key
from tests.results.town import BEGAN, DAY, METRICS, Town, opened, server_key


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """A town with metrics and nothing else."""
    with opened(tmp_path / "data") as (workspace, clock, app):
        async with AsyncExitStack() as stack:
            made = Town(workspace, app, Cast(app, workspace, stack), clock, server_key(workspace))
            for key, body in METRICS.items():
                made.define("metric", key, body)
            yield made


async def shown(town: Town, experiment: str, arms: dict[str, float], people: int, seed: int) -> None:
    """People are shown an arm each, and complain (or order) with the arm's rate."""
    dice = random.Random(seed)
    for number in range(people):
        who, at = f"{experiment}-{number}", BEGAN + 60_000 + number * 30_000
        arm = dice.choice(list(arms))
        town.say(who, "Experiment Viewed", at, experiment=experiment, variation=arm)
        if dice.random() < arms[arm]:
            town.say(
                who, "Complaint Sent" if experiment.startswith("ramp") else "Order Completed", at + 1_000, revenue=5
            )
    town.clock.now = BEGAN + 2 * DAY
    await town.send()


@pytest.mark.parametrize(
    ("rates", "rolled_back"), [((0.05, 0.25), True), pytest.param((0.1, 0.1), False, marks=pytest.mark.full)]
)
async def test_a_ramp_is_rolled_back_when_its_guardrail_gets_worse_and_only_then(
    town: Town, rates: tuple[float, float], rolled_back: bool
) -> None:
    ramp = {"type": "ramp", "value": True, "steps": [{"hours": 0, "coverage": 0.5}], "guardrails": ["complaints"]}
    rule = {"id": "slowly", "then": ramp}
    town.define("flag", "new-form", {"name": "New form", "type": "boolean", "default": False, "rules": [rule]})
    delivery: Any = town.app.dependencies["delivery"]
    ramps = delivery.dependency().ramps
    editor = await town.cast.member("editor")
    started = await editor.post("/api/flags/new-form/ramps/slowly", json={"action": "start"})
    assert started.status_code == 200, started.text
    assert ramps.look() == [], "nobody was shown it yet: too early to say"
    await shown(town, "ramp:new-form:slowly", dict(zip(("off", "on"), rates, strict=True)), 600, 11)
    assert ramps.look() == ([("new-form", "slowly", "complaints")] if rolled_back else [])
    assert ramps.all()["new-form", "slowly"].status == ("rolled_back" if rolled_back else "climbing")


async def test_the_whole_programme_is_measured_against_a_hold_out(town: Town) -> None:
    town.define("holdout", "all", {"name": "Everything", "share": 0.5})
    await shown(town, "holdout:all", {"holdout": 0.1, "programme": 0.5}, 600, 12)
    results = await asked(town, "/api/holdouts/all/results", metrics="orders, revenue")
    assert results["control"] == "holdout"
    (orders,) = by_key(results, "orders")["comparisons"]
    assert (orders["variation"], orders["good"]) == ("programme", True)
    assert orders["relative"]["low"] < 4 < orders["relative"]["high"]
    viewer = await town.cast.member("viewer")
    held = await asked(town, "/api/holdouts/all/people", variation="holdout", metric="orders", limit=3)
    assert held["total"] == results["exposures"]["arms"][0]["exposed"]
    assert {each["variation"] for each in held["items"]} == {"holdout"}
    assert (await viewer.get("/api/holdouts/all/people", params={"variation": "other"})).status_code == 400
    assert (await viewer.get("/api/holdouts/none/people")).status_code == 404
    assert (await viewer.get("/api/holdouts/all/results", params={"metrics": "nothing"})).status_code == 404
    assert (await viewer.get("/api/holdouts/none/results", params={"metrics": "orders"})).status_code == 404


async def test_stages_of_the_map_are_read_along(town: Town) -> None:
    """The standard map has purchase bound to orders: the test that names it sees who reached it."""
    editor = await town.cast.member("editor")
    await town.run(editor, "form", map="customer-journey", metrics={"primary": ["views"]})
    await shown(town, "form", {"as-is": 0.1, "short": 0.4}, 500, 13)
    results = await asked(town, "/api/experiments/form/results")
    stages = {metric["key"]: metric for metric in results["metrics"] if metric["role"] == "stage"}
    assert stages["stage:purchase"]["name"] == "Purchase"
    assert stages["stage:purchase"]["comparisons"][0]["good"] is True
    assert all(metric["problem"] is None for metric in results["metrics"])


# -- factors -------------------------------------------------------------------------------------------------------

FACTORS: Final = [
    Factor(key="title", levels=[Level(key="old"), Level(key="new")]),
    Factor(key="picture", levels=[Level(key="old"), Level(key="new")]),
    Factor(key="price", levels=[Level(key="old"), Level(key="new")]),
]


def cells(levels: list[tuple[int, ...]], seed: int) -> list[Moments]:
    """Arms with planted effects: the title 1, the picture 0, both beyond that 2, the price nothing."""
    dice = np.random.default_rng(seed)
    return [Moments.of({"x": dice.normal(10 + t + 2 * t * p, 2, 400), "y": np.ones(400)}) for t, p, _ in levels]


def test_main_effects_and_interactions_are_recovered() -> None:
    levels: list[tuple[int, ...]] = [(t, p, k) for t in (0, 1) for p in (0, 1) for k in (0, 1)]
    found = {
        each.term: each for each in factorial.effects(Measure("mean", "x"), cells(levels, 1), FACTORS, levels, Fixed())
    }
    planted = {Term(0, 1): 2.0, Term(1, 1): 1.0, Term(2, 1): 0.0, Term(0, 1, 1, 1): 2.0, Term(0, 1, 2, 1): 0.0}
    for term, truth in planted.items():
        difference = found[term].reading.difference
        assert difference.low is not None
        assert difference.high is not None
        assert difference.low < truth < difference.high, term
        assert found[term].mixed_with == []
    assert len(found) == 6


def test_a_fraction_says_what_it_can_not_tell_apart() -> None:
    """In half of a design of three factors each main effect is mixed with the interaction of the two others."""
    levels: list[tuple[int, ...]] = [(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)]
    found = {
        each.term: each for each in factorial.effects(Measure("mean", "x"), cells(levels, 2), FACTORS, levels, Fixed())
    }
    assert found[Term(2, 1)].mixed_with == [Term(0, 1, 1, 1)]
    assert found[Term(0, 1)].mixed_with == [Term(1, 1, 2, 1)]


@pytest.mark.full
async def test_a_multivariate_experiment_shows_its_factors(town: Town) -> None:
    editor = await town.cast.member("editor")
    factors = [{"key": key, "levels": [{"key": "a"}, {"key": "b"}]} for key in ("title", "picture")]
    await town.run(editor, "page", variations=[], factors=factors, metrics={"primary": ["orders"]})
    rates = {"a-a": 0.1, "a-b": 0.1, "b-a": 0.35, "b-b": 0.35}
    await shown(town, "page", rates, 800, 14)
    results = await asked(town, "/api/experiments/page/results")
    told = {(one["factor"], one["with_factor"]): one for one in results["factors"]}
    assert set(told) == {("title", None), ("picture", None), ("title", "picture")}
    title = told["title", None]["difference"]
    assert title["low"] < 0.25 < title["high"]
    assert told["title", None]["adjusted_p"] < 0.001
    assert told["picture", None]["difference"]["low"] < 0 < told["picture", None]["difference"]["high"]


async def test_each_of_several_variations_has_its_verdict_by_rule_and_values(town: Town) -> None:
    editor = await town.cast.member("editor")
    variations = [{"key": "a"}, {"key": "b"}, {"key": "c"}]
    await town.run(editor, "page", variations=variations, metrics={"primary": ["orders"]})
    await shown(town, "page", {"a": 0.6, "b": 0.6, "c": 0.05}, 600, 5)
    verdict = (await asked(town, "/api/experiments/page/results"))["verdict"]
    assert set(verdict["each"]) == {"b", "c"}
    assert (verdict["each"]["c"]["action"], verdict["each"]["c"]["code"]) == ("stop", "worse")
    assert verdict["each"]["c"]["values"]["variation"] == "c"
    assert {key: one["text"] for key, one in verdict["each"].items()} == verdict["by_variation"]
