"""Answers are events: metrics, audiences, maps and guardrails read the same ones, each through its public face."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar

from resa.kernel.metrics import starters
from resa.kernel.workspace import Workspace
from tests.cast import Cast
from tests.results.town import BEGAN, DAY, Town, opened, server_key
from tests.scores.world import PERIOD, SURVEY


@pytest.fixture
async def editor(asked_shop: tuple[Workspace, Litestar]) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who may define things in the planted shop."""
    workspace, app = asked_shop
    async with AsyncExitStack() as stack:
        yield await Cast(app, workspace, stack).member("editor")


async def result(client: httpx.AsyncClient, path: str = "", **parameters: Any) -> dict[str, Any]:
    """What the survey's results say."""
    answer = await client.get(f"/api/survey-results/{SURVEY}{path}", params=PERIOD | parameters)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_the_metric_is_the_score(editor: httpx.AsyncClient) -> None:
    score = await result(editor)
    made = await editor.post("/api/metrics", json={"key": "nps", "from_template": "shop"})
    assert made.status_code == 201, made.text
    asked = await editor.post("/api/metrics/values", json={"keys": ["nps"], "lens": PERIOD})
    assert asked.status_code == 200, asked.text
    (metric,) = asked.json()["items"]
    assert metric["value"] == pytest.approx(score["score"]["value"])
    assert metric["n"] == score["n"]


async def test_an_audience_of_the_unhappy_is_those_the_score_opens(editor: httpx.AsyncClient) -> None:
    low = {"property": "score", "op": "less", "value": 7}
    rule = {"did": {"any": [{"type": "track", "name": "Survey Answered", "where": [low]}]}}
    size = await editor.post("/api/audiences/size", json={"body": {"name": "Unhappy", "rule": rule}})
    assert size.status_code == 200, size.text
    assert size.json()["members"] == (await result(editor, "/people", of="bad"))["total"]


async def test_a_map_shows_the_same_answers_by_touchpoint(editor: httpx.AsyncClient) -> None:
    cells = await editor.get("/api/journeys/customer-journey/cells", params=PERIOD)
    assert cells.status_code == 200, cells.text
    shown = {
        touchpoint["key"]: said
        for stage in cells.json()["stages"]
        for touchpoint in stage["touchpoints"]
        for said in touchpoint["satisfaction"] or []
    }
    groups = {group["key"]: group for group in (await result(editor, "/groups", by="touchpoint"))["groups"]}
    assert {key: said["answers"] for key, said in shown.items()} == {key: group["n"] for key, group in groups.items()}
    for key, said in shown.items():
        assert said["nps"] == pytest.approx(groups[key]["score"]["value"])


async def test_a_score_guards_a_ramp(tmp_path: Path) -> None:
    """Who is shown the new form answers far worse: the ramp goes back by itself."""
    dice = random.Random(4)
    with opened(tmp_path / "data") as (workspace, clock, app):
        async with AsyncExitStack() as stack:
            town = Town(workspace, app, Cast(app, workspace, stack), clock, server_key(workspace))
            town.define("metric", "nps", msgspec.to_builtins(starters.one("shop", "nps").body))
            ramp = {"type": "ramp", "value": True, "steps": [{"hours": 0, "coverage": 0.5}], "guardrails": ["nps"]}
            rule = {"id": "slowly", "then": ramp}
            town.define("flag", "new-form", {"name": "New form", "type": "boolean", "default": False, "rules": [rule]})
            member = await town.cast.member("editor")
            started = await member.post("/api/flags/new-form/ramps/slowly", json={"action": "start"})
            assert started.status_code == 200, started.text
            for number in range(500):
                arm, at = dice.choice(("off", "on")), BEGAN + 60_000 + number * 30_000
                who = f"guest-{number}"
                town.say(who, "Experiment Viewed", at, experiment="ramp:new-form:slowly", variation=arm)
                score = dice.choice((3, 5, 7, 9) if arm == "on" else (7, 9, 9, 10))
                town.say(who, "Survey Answered", at + 1_000, survey=SURVEY, metric="nps", score=score)
            clock.now = BEGAN + 2 * DAY
            await town.send()
            delivery: Any = app.dependencies["delivery"]
            assert delivery.dependency().ramps.look() == [("new-form", "slowly", "nps")]
