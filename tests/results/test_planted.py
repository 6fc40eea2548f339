"""A planted truth through the real door and log: effects are recovered, nothing is found where there is none, faults are."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest

from resa.collect import moments
from resa.kernel.errors import Refused
from tests.cast import Cast
from tests.results.town import BEGAN, DAY, Town, opened, server_key, visit


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """An empty town."""
    with opened(tmp_path / "data") as (workspace, clock, app):
        async with AsyncExitStack() as stack:
            yield Town(workspace, app, Cast(app, workspace, stack), clock, server_key(workspace))


def by_key(results: dict[str, Any], key: str) -> dict[str, Any]:
    """A metric of the results."""
    return next(metric for metric in results["metrics"] if metric["key"] == key)


async def asked(town: Town, path: str, **params: Any) -> dict[str, Any]:
    """An answer of the API, as a viewer gets it."""
    viewer = await town.cast.member("viewer")
    answer = await viewer.get(path, params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_planted_effect_is_recovered_and_shipped(town: Town) -> None:
    """20 % order as it is, 32 % with the short form: the interval holds six tenths more, and the verdict is to ship."""
    editor = await town.cast.member("editor")
    plan = {"method": "group_sequential", "size": 1_200, "looks": 8, "effect": 0.2}
    await town.run(editor, "form", plan=plan)
    visit(town, "form", 1_300, days=10, seed=2, rate=lambda arm: 0.32 if arm == "short" else 0.20)
    town.clock.now = BEGAN + 10 * DAY
    await town.send()

    results = await asked(town, "/api/experiments/form/results")
    orders = by_key(results, "orders")
    (comparison,) = orders["comparisons"]
    assert comparison["relative"]["low"] < 0.6 < comparison["relative"]["high"]
    assert comparison["good"] is True
    assert comparison["explained"] > 0.01, "who ordered before orders more: that variance is taken away"
    assert (results["verdict"]["action"], results["verdict"]["variation"]) == ("ship", "short")
    assert results["exposures"]["total"] == 1_300
    assert results["sample_ratio"]["mismatch"] is False
    assert by_key(results, "complaints")["comparisons"][0]["good"] is None
    assert 1 < len(orders["path"]) <= 8
    assert results["dilution"]["active"] == results["dilution"]["exposed"] == 1_300

    known = town.workspace.definitions
    body = known.get("experiment", "form").body
    guarded = msgspec.structs.replace(body.metrics, margins={"complaints": 0.05})
    known.save("experiment", "form", msgspec.structs.replace(body, metrics=guarded), expected=None, author="Ada")
    verdict = (await asked(town, "/api/experiments/form/results"))["verdict"]
    assert verdict["code"] in ("better_guardrails_open", "better_guardrails_unproven")
    assert verdict["values"]["guardrails"] == "Complained"
    astray = msgspec.structs.replace(body.metrics, margins={"orders": 0.05})
    with pytest.raises(Refused, match="is no guardrail of this experiment"):
        known.save("experiment", "form", msgspec.structs.replace(body, metrics=astray), expected=None, author="Ada")

    people = await asked(town, "/api/experiments/form/people", variation="short", metric="orders", did=True, limit=5)
    short = next(arm for arm in orders["arms"] if arm["variation"] == "short")
    whole = await asked(town, "/api/experiments/form/people", variation="short", limit=5)
    assert abs(people["total"] / whole["total"] - short["value"]) < 0.03, "the adjusted value is near the plain share"
    again = await asked(
        town,
        "/api/experiments/form/people",
        variation="short",
        metric="orders",
        did=True,
        limit=5,
        cursor=people["next"],
    )
    assert not {one["profile"] for one in people["items"]} & {one["profile"] for one in again["items"]}

    looks = (await asked(town, "/api/experiments/form/looks"))["items"]
    assert [(look["seen"]["verdict"]["action"], look["would_have_misled"]) for look in looks] == [("ship", False)]


async def test_twins_stay_silent_and_a_lucky_look_is_in_the_log(town: Town) -> None:
    """No difference was planted: whatever the day, no metric is called; a fixed sample's test on lucky days would have."""
    editor = await town.cast.member("editor")
    await town.run(editor, "twins")
    visit(town, "twins", 800, days=6, seed=4, rate=lambda _: 0.2)
    said = list(town.events)
    for day in range(1, 7):
        town.events = [event for event in said if _day(event) == day]
        town.clock.now = BEGAN + day * DAY
        await town.send()
        results = await asked(town, "/api/experiments/twins/results")
        assert results["verdict"]["code"] in ("too_few", "undecided"), results["verdict"]
        assert not any(each["significant"] for metric in results["metrics"] for each in metric["comparisons"])
    looks = (await asked(town, "/api/experiments/twins/looks"))["items"]
    assert len(looks) == 6
    lucky = [look for look in looks if any(claim["fixed_called"] for claim in look["seen"]["claims"])]
    assert [look["number"] for look in looks if look["would_have_misled"]] == [look["number"] for look in lucky]


def _day(event: dict[str, Any]) -> int:
    """On which day, from 1, the door gets an event."""
    return max(1, (moments.milliseconds(event["timestamp"], "timestamp") - BEGAN) // DAY + 1)


async def test_lost_visitors_are_found_and_nothing_else_is_said(town: Town) -> None:
    """Nearly half of those with the short form never report: an effect may look large, and is not to be believed."""
    editor = await town.cast.member("editor")
    await town.run(editor, "lossy")
    visit(
        town,
        "lossy",
        900,
        days=5,
        seed=3,
        rate=lambda arm: 0.3 if arm == "short" else 0.2,
        assigned=lambda dice: "as-is" if dice.random() < 0.65 else "short",
    )
    town.clock.now = BEGAN + 5 * DAY
    await town.send()
    results = await asked(town, "/api/experiments/lossy/results")
    assert results["sample_ratio"]["mismatch"] is True
    assert results["verdict"]["code"] == "sample_ratio"


@pytest.mark.full
async def test_a_guardrail_that_got_worse_stops_a_winner(town: Town) -> None:
    editor = await town.cast.member("editor")
    await town.run(editor, "pushy")
    visit(
        town,
        "pushy",
        900,
        days=5,
        seed=5,
        rate=lambda arm: 0.45 if arm == "short" else 0.2,
        complaint=lambda arm: 0.2 if arm == "short" else 0.02,
    )
    town.clock.now = BEGAN + 5 * DAY
    await town.send()
    results = await asked(town, "/api/experiments/pushy/results")
    assert by_key(results, "orders")["comparisons"][0]["good"] is True
    verdict = results["verdict"]
    assert (verdict["action"], verdict["code"], verdict["variation"]) == ("stop", "guardrail_harmed", "short")
    assert verdict["values"]["metric"] == "Complained"


async def test_crossovers_come_with_a_merge_and_go_with_its_undo(town: Town) -> None:
    editor = await town.cast.member("editor")
    await town.run(editor, "form")
    visit(town, "form", 300, days=2, seed=6, rate=lambda _: 0.3)
    town.clock.now = BEGAN + 2 * DAY
    await town.send()
    before = await asked(town, "/api/experiments/form/results")
    shown = {
        arm: await asked(town, "/api/experiments/form/people", variation=arm, limit=1) for arm in ("as-is", "short")
    }
    pair = [shown[arm]["items"][0]["profile"] for arm in ("as-is", "short")]

    merged = await editor.post("/api/merges", json={"profiles": pair, "reason": "the same person"})
    assert merged.status_code == 201, merged.text
    town.workspace.settle()
    crossed = await asked(town, "/api/experiments/form/results")
    assert (crossed["exposures"]["crossovers"], crossed["exposures"]["total"]) == (1, 298)
    people = await asked(town, "/api/experiments/form/people", variation="crossovers")
    assert [(one["profile"], one["variation"]) for one in people["items"]] == [(merged.json()["profile"], "crossovers")]

    undone = await editor.post("/api/unlink", json={"link": merged.json()["link"], "reason": "not the same"})
    assert undone.status_code == 200, undone.text
    town.workspace.settle()
    after = await asked(town, "/api/experiments/form/results")
    assert after["exposures"] == before["exposures"]
    assert after["metrics"] == before["metrics"]


@pytest.mark.full
async def test_the_segment_that_differs_is_found(town: Town) -> None:
    """Mobile visitors like the short form, others do not care."""
    editor = await town.cast.member("editor")
    await town.run(editor, "form")
    dice = random.Random(8)
    for number in range(1_200):
        who, arm = f"form-{number}", dice.choice(("as-is", "short"))
        mobile = who.endswith(("1", "3", "5"))
        at = BEGAN + 60_000 + dice.randrange(3 * DAY)
        town.say(who, "Experiment Viewed", at, experiment="form", variation=arm)
        if dice.random() < (0.6 if mobile and arm == "short" else 0.2):
            town.say(who, "Order Completed", at + 1_000, revenue=10, currency="EUR")
    town.clock.now = BEGAN + 4 * DAY
    await town.send()
    found = await asked(town, "/api/experiments/form/segments", by="device")
    read = {one["segment"]: one["significant"] for one in found["items"]}
    assert read == {"mobile": True, "desktop": False}
    assert found["unequal"][0]["p"] < 0.001
    assert sum(one["n"] for one in found["items"]) == 1_200


async def test_what_was_never_started_or_never_shown_says_so(town: Town) -> None:
    town.define("experiment", "draft", {"name": "Draft", "variations": [{"key": "a"}, {"key": "b"}]})
    assert (await asked(town, "/api/experiments/draft/results"))["verdict"]["code"] == "not_started"
    await town.run(await town.cast.member("editor"), "unseen")
    results = await asked(town, "/api/experiments/unseen/results")
    assert (results["verdict"]["code"], results["sample_ratio"]) == ("no_exposures", None)
    assert (await asked(town, "/api/experiments/unseen/segments", by="device"))["items"] == []
    viewer = await town.cast.member("viewer")
    for path in ("results?phase=7", "segments?by=nonsense", "people?variation=nobody", "people?did=true"):
        assert (await viewer.get(f"/api/experiments/unseen/{path}")).status_code == 400, path
    assert (await viewer.get("/api/experiments/nothing/results")).status_code == 404


async def test_a_plan_comes_from_the_last_weeks(town: Town) -> None:
    """500 came in ten days and a fifth of them ordered: what is needed follows, and what they did before helps."""
    editor = await town.cast.member("editor")
    await town.run(editor, "form")
    visit(town, "form", 500, days=10, seed=9, rate=lambda _: 0.2)
    for number in range(500):
        town.say(f"form-{number}", "Page Seen", BEGAN + 60_000 + number * DAY // 50)
    town.clock.now = BEGAN + 10 * DAY
    await town.send()
    entry = {"any": [{"name": "Page Seen"}]}
    wanted = {"metric": "orders", "effect": 0.2, "history": 10, "entry": entry, "method": "fixed"}
    viewer = await town.cast.member("viewer")
    plain = (await viewer.post("/api/experiments/plan", json={**wanted, "cuped": False})).json()
    p = plain["history"]["value"]
    by_hand = 2 * (1.959964 + 0.841621) ** 2 * (p * (1 - p) + 1.2 * p * (1 - 1.2 * p)) / (0.2 * p) ** 2
    assert plain["size"]["units"] == pytest.approx(by_hand, rel=0.01)
    assert plain["history"]["units"] == 500
    assert plain["days"] == pytest.approx(by_hand / 50, rel=0.02)
    helped = (await viewer.post("/api/experiments/plan", json=wanted)).json()
    assert helped["history"]["explained"] > 0
    assert helped["size"]["units"] < plain["size"]["units"]
    back = await viewer.post(
        "/api/experiments/plan", json={**wanted, "cuped": False, "effect": None, "days": plain["days"]}
    )
    assert back.json()["minimal_effect"] == pytest.approx(0.2, rel=0.05)
    little = await viewer.post("/api/experiments/plan", json={**wanted, "entry": {"any": [{"name": "Nothing"}]}})
    assert (little.status_code, little.json()["code"]) == (400, "too_little_history")
