"""How experiments stand in lists: from the looks that were taken; ideas and experiences follow them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cast import Cast
from tests.results.town import BEGAN, DAY, Town, opened, server_key, visit

PLAN = {"method": "always_valid", "size": 1_000, "days": 20}


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """An empty town."""
    with opened(tmp_path / "data") as (workspace, clock, app):
        async with AsyncExitStack() as stack:
            yield Town(workspace, app, Cast(app, workspace, stack), clock, server_key(workspace))


async def row(client: httpx.AsyncClient, shelf: str, key: str) -> dict[str, Any]:
    """A row of a list."""
    items = (await client.get(f"/api/{shelf}")).json()["items"]
    found: dict[str, Any] = next(one for one in items if one["key"] == key)
    return found


async def test_a_list_says_how_each_experiment_stands_without_reading_any(town: Town) -> None:
    editor = await town.cast.key("read", "write")
    town.define("idea", "shorter", {"name": "A shorter form", "state": "planned"})
    town.define("placement", "form", {"name": "Form"})
    text = {"language": "en", "body": {"text": "Short"}}
    town.define("content", "form", {"name": "Form", "type": "text", "versions": [text], "approval": "approved"})
    shown = [{"key": "as-is"}, {"key": "short", "content": "form"}]
    await town.run(editor, "form", plan=PLAN, idea="shorter", hypothesis="")
    body = {"name": "Form", "placement": "form", "experiment": "form", "variations": shown, "status": "live"}
    town.define("experience", "form", body)
    visit(town, "form", 500, days=8, seed=11, rate=lambda arm: 0.45 if arm == "short" else 0.15)
    town.clock.now = BEGAN + 5 * DAY
    unseen = (await row(editor, "experiments", "form"))["result"]
    assert (unseen["standing"], unseen["reached"], unseen["at"], unseen["effect"]) == ("collecting", 0.25, None, None)
    assert (await row(editor, "ideas", "shorter"))["state"] == "running"

    town.clock.now = BEGAN + 9 * DAY
    await town.send()
    results = (await editor.get("/api/experiments/form/results")).json()
    told = (await row(editor, "experiments", "form"))["result"]
    assert (told["standing"], told["reached"], told["units"]) == ("better", 0.5, 500)
    assert (told["metric"], told["variation"]) == ("Ordered", "short")
    assert told["effect"] == results["metrics"][0]["comparisons"][0]["relative"]
    assert (await row(editor, "experiences", "form"))["result"] == told

    idea = await row(editor, "ideas", "shorter")
    assert (idea["state"], idea["experiment"], idea["learning"]) == ("running", "form", "")
    await editor.post("/api/experiments/form/ship", json={"variation": "short", "learning": "Fewer fields help."})
    assert (await row(editor, "experiments", "form"))["result"]["standing"] == "won"
    idea = await row(editor, "ideas", "shorter")
    assert (idea["state"], idea["learning"]) == ("confirmed", "Fewer fields help.")
    page = (await editor.get("/api/ideas/shorter")).json()
    assert (page["state"], page["experiment"], page["body"]["state"]) == ("confirmed", "form", "planned")
    similar = (await editor.post("/api/ideas/similar", json={"body": {"name": "A shorter form"}})).json()["items"]
    assert [one["state"] for one in similar] == ["confirmed"]


async def test_what_was_refuted_or_ended_undecided_says_so_and_a_persons_word_stands(town: Town) -> None:
    editor = await town.cast.key("read", "write")
    for key in ("bad", "open", "drafted"):
        town.define("idea", key, {"name": f"Idea {key}", "experiment": key})
    await town.run(editor, "bad", plan=PLAN)
    await town.run(editor, "open", plan=PLAN)
    town.define("experiment", "drafted", {"name": "Drafted", "variations": [{"key": "a"}, {"key": "b"}]})
    visit(town, "bad", 600, days=8, seed=12, rate=lambda arm: 0.1 if arm == "short" else 0.4)
    visit(town, "open", 60, days=8, seed=13, rate=lambda _: 0.2)
    town.clock.now = BEGAN + 9 * DAY
    await town.send()
    for key in ("bad", "open"):
        assert (await editor.get(f"/api/experiments/{key}/results")).status_code == 200
    assert (await row(editor, "experiments", "bad"))["result"]["standing"] == "worse"
    assert (await row(editor, "experiments", "open"))["result"]["standing"] == "collecting"
    assert (await row(editor, "experiments", "drafted"))["result"] is None
    for key in ("bad", "open"):
        stopped = await editor.post(f"/api/experiments/{key}/stop", json={"learning": f"Of {key}."})
        assert stopped.status_code < 300, stopped.text
    assert (await row(editor, "experiments", "open"))["result"]["standing"] == "undecided"
    stands = {key: (await row(editor, "ideas", key))["state"] for key in ("bad", "open", "drafted")}
    assert stands == {"bad": "refuted", "open": "tested", "drafted": "planned"}
    said = {"name": "Idea bad", "experiment": "bad", "state": "shelved", "learning": "Not now."}
    town.define("idea", "bad", said)
    assert (await row(editor, "ideas", "bad"))["state"] == "shelved"
