"""A bandit in a town: it learns from the log, begins phases with true probabilities, and any policy is judged on what it logged."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

import pytest

from tests.cast import Cast
from tests.kernel.making import draft
from tests.results.town import BEGAN, DAY, Town, opened, server_key

RATES: Final = {"plain": 0.10, "warm": 0.10, "bold": 0.30}
ORDERED: Final = {"any": [{"name": "Order Completed"}]}


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """A town with an experiment of three variations that runs."""
    with opened(tmp_path / "data") as (workspace, clock, app):
        async with AsyncExitStack() as stack:
            made = Town(workspace, app, Cast(app, workspace, stack), clock, server_key(workspace))
            editor = await made.cast.member("editor")
            variations = [{"key": key} for key in RATES]
            await made.run(editor, "hero", variations=variations, metrics={"primary": ["orders"]})
            body = {
                "name": "Hero",
                "experiment": "hero",
                "metric": "orders",
                "control": 0.2,
                "floor": 0.05,
                "every": 24,
            }
            bandit = await editor.post("/api/bandits", json={"key": "hero", "body": body})
            assert bandit.status_code == 201, bandit.text
            yield made


async def live(town: Town, day: int, people: int, dice: random.Random) -> None:
    """A day: people are given what the experiment's weights say, and order by what they saw."""
    body = town.workspace.definitions.get("experiment", "hero").body
    weights = [arm.weight for arm in body.arms]
    for number in range(people):
        who, at = f"d{day}-{number}", BEGAN + day * DAY + 60_000 + number * 1_000
        arm = dice.choices(list(RATES), weights)[0]
        town.say(who, "Experiment Viewed", at, experiment="hero", variation=arm)
        if dice.random() < RATES[arm]:
            town.say(who, "Order Completed", at + 5_000, revenue=10, currency="EUR")
    town.clock.now = BEGAN + (day + 1) * DAY
    await town.send()


async def asked(town: Town, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """An answer to a viewer's question."""
    viewer = await town.cast.member("viewer")
    answer = await viewer.post(path, json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_bandit_learns_keeps_its_promises_and_can_be_judged(town: Town) -> None:
    """Three days: weights go to the best, control and floor stay, each update is a phase, and the log tells policies apart."""
    dice, editor = random.Random(3), await town.cast.member("editor")
    early = await editor.post("/api/bandits/hero/update")
    assert (early.status_code, early.json()["code"]) == (400, "too_little")
    weights: list[dict[str, float]] = []
    for day in range(3):
        await live(town, day, 450, dice)
        update = await editor.post("/api/bandits/hero/update")
        assert update.status_code == 200, update.text
        weights.append(update.json()["learned"]["weights"])
    last = weights[-1]
    assert last["bold"] == pytest.approx(0.75, abs=0.02)
    assert last["plain"] >= 0.2
    assert last["warm"] >= 0.05
    assert round(sum(last.values()), 9) == 1
    experiment = town.workspace.definitions.get("experiment", "hero").body
    assert experiment.phase == 1 + len({tuple(each.values()) for each in weights})
    page = (await editor.get("/api/bandits/hero")).json()
    assert page["last"]["learned"]["chances"]["bold"] > 0.99
    (row,) = (await editor.get("/api/bandits")).json()["items"]
    assert (row["updates"], row["weights"]) == (3, last)
    updates = (await editor.get("/api/bandits/hero/updates")).json()["items"]
    assert [each["number"] for each in updates] == [3, 2, 1]

    logged = town.workspace.body.query(
        "SELECT DISTINCT json_extract(properties, '$.probability')::DOUBLE AS p FROM log WHERE name = 'Experiment Viewed'"
    )
    shares = {round(share, 4) for each in ({"plain": 1 / 3}, *weights[:-1]) for share in each.values()}
    assert {round(p, 4) for p in logged.column("p").to_pylist()} == shares, "what is logged is what was drawn with"

    question = {"where": {"experiment": "hero"}, "reward": {"events": ORDERED, "within": 3_600}}
    bold = await asked(town, "/api/experiments/evaluate", {**question, "policy": {"form": "always", "choice": "bold"}})
    robust = bold["judged"]["robust"]
    assert robust["low"] < RATES["bold"] < robust["high"]
    assert bold["judged"]["outcome"] == "better"
    plain = await asked(
        town, "/api/experiments/evaluate", {**question, "policy": {"form": "always", "choice": "plain"}}
    )
    assert plain["judged"]["robust"]["low"] < RATES["plain"] < plain["judged"]["robust"]["high"]
    assert plain["judged"]["outcome"] == "worse"
    never = await asked(
        town, "/api/experiments/evaluate", {**question, "policy": {"form": "always", "choice": "never-shown"}}
    )
    assert never["judged"]["outcome"] == "no_overlap"
    assert never["judged"]["overlap"]["unsupported"] == 1


async def test_who_comes_back_in_a_later_phase_is_no_decision_until_everybody_is_drawn_anew(town: Town) -> None:
    """Whoever saw `bold` comes back, and who comes back orders more: weighed by the later phase, `bold` would seem better than it is."""
    dice, editor = random.Random(5), await town.cast.member("editor")
    question = {"where": {"experiment": "hero"}, "reward": {"events": ORDERED, "within": 3_600}}
    bold = {**question, "policy": {"form": "always", "choice": "bold"}}
    came_back = 0

    async def day(number: int, known: dict[str, str]) -> dict[str, str]:
        nonlocal came_back
        body = town.workspace.definitions.get("experiment", "hero").body
        shown = dict(known)
        for new in range(500):
            shown[f"d{number}-{new}"] = dice.choices(list(RATES), [arm.weight for arm in body.arms])[0]
        for place, (who, arm) in enumerate(shown.items()):
            if who in known and dice.random() > (0.9 if arm == "bold" else 0.1):
                continue
            at = BEGAN + number * DAY + 60_000 + place * 1_000
            came_back += who in known
            town.say(who, "Experiment Viewed", at, experiment="hero", variation=arm)
            if dice.random() < (0.8 if who in known else 0.1):
                town.say(who, "Order Completed", at + 500, revenue=10, currency="EUR")
        town.clock.now = BEGAN + (number + 1) * DAY
        await town.send()
        return shown

    first = await day(0, {})
    weights = {"plain": 1, "warm": 1, "bold": 8}
    assert (await editor.post("/api/experiments/hero/phase", json={"weights": weights})).status_code == 200
    await day(1, first)
    found = await asked(town, "/api/experiments/evaluate", bold)
    assert (found["judged"]["overlap"]["decisions"], found["returned"]) == (1_000, came_back)
    assert found["judged"]["overlap"]["mean_weight"] == pytest.approx(1, abs=0.1)
    assert found["judged"]["robust"]["low"] < 0.1 < found["judged"]["robust"]["high"]
    assert found["judged"]["robust"]["high"] < 0.16

    assert (await editor.post("/api/experiments/hero/phase", json={"anew": True})).status_code == 200
    before = came_back
    await day(2, {who: dice.choice(list(RATES)) for who in first})
    drawn = await asked(town, "/api/experiments/evaluate", bold)
    assert drawn["judged"]["overlap"]["decisions"] == 1_500 + came_back - before


@pytest.mark.parametrize("moving", [True, False])
async def test_nothing_is_learned_of_who_was_drawn_before_and_comes_back(town: Town, moving: bool) -> None:
    """All are equally good. Who saw `bold` comes back, and who comes back orders more: counted anew, `bold` would seem far the best."""
    dice, editor = random.Random(6), await town.cast.member("editor")
    shown: dict[str, str] = {}
    if moving:
        assert (await editor.post("/api/experiments/hero/phase", json={"weights": {"bold": 2}})).status_code == 200
    for day in range(2):
        known = list(shown)
        weights = [arm.weight for arm in town.workspace.definitions.get("experiment", "hero").body.arms]
        shown |= {f"d{day}-{new}": dice.choices(list(RATES), weights)[0] for new in range(500)}
        back = [who for who in known if dice.random() < (0.9 if shown[who] == "bold" else 0.1)]
        assert len(back) >= 100 * day
        for place, who in enumerate([*back, *list(shown)[len(known) :]]):
            at = BEGAN + day * DAY + 60_000 + place * 1_000
            town.say(who, "Experiment Viewed", at, experiment="hero", variation=shown[who])
            if dice.random() < (0.8 if place < len(back) else 0.1):
                town.say(who, "Order Completed", at + 500, revenue=10, currency="EUR")
        town.clock.now = BEGAN + (day + 1) * DAY
        await town.send()
        learned = (await editor.post("/api/bandits/hero/update")).json()["learned"]
        assert sum(learned["units"].values()) == 500, "each is drawn once"
    assert learned["means"]["bold"] == pytest.approx(0.1, abs=0.05)
    assert learned["chances"]["bold"] < 0.97


async def test_a_bandit_updates_itself_when_its_time_has_come(town: Town) -> None:
    bandits: Any = town.app.dependencies["bandits"]
    learners = bandits.dependency()
    assert learners.due() == []
    await live(town, 0, 400, random.Random(1))
    assert learners.due() == ["hero"]
    assert learners.due() == [], "not again before a day is over"
    editor = await town.cast.member("editor")
    await editor.post("/api/experiments/hero/stop", json={})
    town.clock.now += 2 * DAY
    assert learners.due() == []
    assert (await editor.post("/api/bandits/hero/update")).status_code == 409


async def test_rules_are_judged_by_the_contexts_of_the_log(town: Town) -> None:
    """On phones the bold one sells, elsewhere it does not: only the rule that knows is better than what was done."""
    dice = random.Random(5)
    for number in range(1_500):
        who, arm, at = f"v{number}", dice.choice(list(RATES)), BEGAN + 60_000 + number * 10_000
        mobile = who.endswith(("1", "3", "5"))
        town.say(who, "Experiment Viewed", at, experiment="hero", variation=arm)
        if dice.random() < (0.5 if arm == ("bold" if mobile else "plain") else 0.1):
            town.say(who, "Order Completed", at + 5_000, revenue=10, currency="EUR")
    town.clock.now = BEGAN + 2 * DAY
    await town.send()

    def rule(inside: str, outside: str) -> dict[str, Any]:
        rules = [{"condition": {"device": "mobile"}, "weights": {inside: 1}}]
        return {"form": "rules", "rules": rules, "otherwise": {outside: 1}}

    question = {"where": {"experiment": "hero"}, "reward": {"events": ORDERED, "within": 600}, "attributes": ["device"]}
    right = await asked(town, "/api/experiments/evaluate", {**question, "policy": rule("bold", "plain")})
    wrong = await asked(town, "/api/experiments/evaluate", {**question, "policy": rule("plain", "bold")})
    assert right["judged"]["outcome"] == "better"
    assert wrong["judged"]["outcome"] == "worse"
    assert right["judged"]["overlap"]["mean_weight"] == pytest.approx(1, abs=0.1)


async def test_what_can_not_be_judged_or_learned_is_refused(town: Town) -> None:
    viewer, editor = await town.cast.member("viewer"), await town.cast.member("editor")
    reward = {"events": ORDERED}
    always = {"form": "always", "choice": "a"}
    for body in (
        {"where": {}, "reward": reward, "policy": always},
        {"where": {"placement": "home.hero"}, "reward": reward, "policy": always},
        {"where": {"experiment": "hero"}, "reward": {"events": {"any": []}}, "policy": always},
        {"where": {"experiment": "hero"}, "reward": reward, "policy": always, "attributes": ["shoe-size"]},
    ):
        answer = await viewer.post("/api/experiments/evaluate", json=body)
        assert answer.status_code == 400, answer.text
    for odd in (
        {"experiment": "nothing"},
        {"metric": "nothing"},
        {"floor": 0.3, "control": 0.9},
        {"attributes": ["x"]},
    ):
        body = {"name": "x", "experiment": "hero", "metric": "orders", **odd}
        assert (await editor.post("/api/bandits", json={"key": "odd", "body": body})).status_code == 400, odd


async def test_a_placement_is_judged_by_the_decisions_that_were_made(town: Town) -> None:
    """Two contents at even odds, one sells: what each would have earned everywhere comes out of the log of decisions."""
    dice, decisions = random.Random(2), []
    for number in range(400):
        who, variation = f"v{number}", dice.choice(("calm", "loud"))
        said = {"placement": "home", "experience": "hero-text", "variation": variation, "probability": 0.5}
        decisions.append(draft("Decision Made", anon=who, source="resa", time=BEGAN + 1_000, properties=said))
        if dice.random() < (0.5 if variation == "loud" else 0.1):
            town.say(who, "Order Completed", BEGAN + 60_000, revenue=10, currency="EUR")
    nothing = {"placement": "home", "experience": None, "variation": None, "probability": None}
    decisions.append(draft("Decision Made", anon="nobody", source="resa", time=BEGAN + 1_000, properties=nothing))
    town.clock.now = BEGAN + DAY
    town.workspace.committer.submit_sync(decisions)
    await town.send()
    question = {"where": {"placement": "home"}, "reward": {"events": ORDERED, "within": 600}}
    for variation, rate, outcome in (("loud", 0.5, "better"), ("calm", 0.1, "worse")):
        policy = {"form": "always", "choice": f"hero-text/{variation}"}
        found = await asked(town, "/api/experiments/evaluate", {**question, "policy": policy})
        judged = found["judged"]
        assert (judged["overlap"]["decisions"], found["without_probability"]) == (400, 1)
        assert judged["robust"]["low"] < rate < judged["robust"]["high"]
        assert judged["outcome"] == outcome
