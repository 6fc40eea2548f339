"""A planted truth: on phones one variation is best, elsewhere the other. The bandit that looks at contexts earns more."""

from __future__ import annotations

import random
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

import pytest

from resa.experiments import Delivery
from resa.experiments.engine import Asking
from tests.cast import Cast
from tests.results.town import BEGAN, DAY, Town, opened, server_key

RATES: Final = {"mobile": {"calm": 0.1, "loud": 0.3}, "desktop": {"calm": 0.3, "loud": 0.1}}
KINDS: Final = tuple(RATES)
PEOPLE: Final = 520


async def live(town: Town, key: str, day: int, dice: random.Random) -> float:
    """A day: people are given what is delivered to them, and order by it; what that is worth by the planted truth."""
    delivery: Delivery = town.app.state.delivery
    worth = 0.0
    for number in range(PEOPLE):
        kind = KINDS[number % 2]
        who, at = f"{key}{day}-{number}-{1 - number % 2}", BEGAN + day * DAY + 60_000 + number * 1_000
        given = delivery.programme.assign(key, Asking({"id": who, "deviceType": kind}))
        assert given is not None
        rate = RATES[kind][given.variation]
        worth += rate
        town.say(who, "Experiment Viewed", at, experiment=key, variation=given.variation)
        if dice.random() < rate:
            town.say(who, "Order Completed", at + 5_000, revenue=10, currency="EUR")
    town.clock.now = BEGAN + (day + 1) * DAY
    await town.send()
    return worth / PEOPLE


async def test_the_bandit_that_looks_at_contexts_earns_more(tmp_path: Path) -> None:
    """And logs the probabilities it drew with, so that it learns nothing wrong of itself, nor does whoever judges on its log."""
    dice, earned = random.Random(11), {"wide": 0.0, "deep": 0.0}
    with opened(tmp_path / "data") as (workspace, clock, app):
        async with AsyncExitStack() as stack:
            town = Town(workspace, app, Cast(app, workspace, stack), clock, server_key(workspace))
            editor = await town.cast.member("editor")
            for key, attributes in (("wide", []), ("deep", ["device"])):
                variations = [{"key": "calm"}, {"key": "loud"}]
                await town.run(editor, key, variations=variations, metrics={"primary": ["orders"]}, seed=f"{key}-11")
                body = {"name": key, "experiment": key, "metric": "orders", "control": 0.1, "attributes": attributes}
                made = await editor.post("/api/bandits", json={"key": key, "body": body})
                assert made.status_code == 201, made.text
            for day in range(3):
                town.clock.now = BEGAN + day * DAY
                for key in earned:
                    earned[key] += await live(town, key, day, dice) if day else 0 * await live(town, key, day, dice)
                results = (await editor.get("/api/experiments/deep/results")).json()
                assert (results["verdict"]["code"] == "contexts") is (day > 0), "shown to different people"
                assert (results["sample_ratio"] is None) is (day > 0)
                for key in earned:
                    answer = await editor.post(f"/api/bandits/{key}/update")
                    assert answer.status_code == 200, answer.text
            assert earned["deep"] / 2 > 0.27, "the best there is earns 0.3, less the control's share on phones"
            assert earned["wide"] / 2 < 0.23, "one choice for everybody earns 0.2, whichever it is"

            learned = answer.json()["learned"]
            shares = {leaf["condition"].get("device"): leaf["weights"] for leaf in learned["leaves"]}
            named = set(shares) - {None}
            assert named < set(KINDS)
            best = {kind: shares.get(kind, shares[None]) for kind in KINDS}
            assert best["mobile"] == [0.1, 0.9], "the control has its share in every context"
            assert best["desktop"] == pytest.approx([0.98, 0.02], abs=0.05)
            for mean in learned["means"].values():
                assert mean == pytest.approx(0.2, abs=0.06), "over everybody both are alike: contexts are not mixed up"

            query = (
                "SELECT DISTINCT properties->>'$.leaf' AS leaf, properties->>'$.bandit_version' AS version, device, "
                "properties->>'$.variation' AS variation, round((properties->>'$.probability')::DOUBLE, 4) AS p "
                "FROM log WHERE name = 'Experiment Viewed' AND properties->>'$.experiment' = 'deep' "
                "AND properties->>'$.phase' = '2'"
            )
            logged = {
                (row["device"], row["variation"]): (row["p"], row["version"])
                for row in workspace.body.query(query).to_pylist()
            }
            assert logged == {
                (kind, arm): (share, "2")
                for kind in KINDS
                for arm, share in zip(("calm", "loud"), best[kind], strict=True)
            }

            for choice, inside in (("loud", {"calm": 0, "loud": 1}), ("calm", {"calm": 1, "loud": 0})):
                policy: dict[str, Any] = {"form": "weights", "weights": inside}
                question = {
                    "where": {"experiment": "deep"},
                    "reward": {"events": {"any": [{"name": "Order Completed"}]}, "within": 3_600},
                    "attributes": ["device"],
                    "policy": policy,
                }
                found = (await editor.post("/api/experiments/evaluate", json=question)).json()
                robust = found["judged"]["robust"]
                assert robust["low"] < 0.2 < robust["high"], choice
                assert found["judged"]["overlap"]["mean_weight"] == pytest.approx(1, abs=0.2)
                assert found["without_probability"] == 0
