"""Personas over HTTP: drawn, checked, searched in the background, cancelled, adopted, edited by two at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from litestar import Litestar

from resa.app import create
from resa.kernel import work
from resa.kernel.workspace import Workspace
from resa.predictions.personas import jobs
from tests.cast import Cast
from tests.kernel.making import identify
from tests.personas import planted
from tests.personas.planted import NOW

BUYERS = {"all": [{"match": {"type": "track", "name": "Order Completed"}, "at_least": 5}]}


@pytest.fixture
def shop(fresh: Workspace) -> Litestar:
    """The application over 150 customers of three kinds."""
    drafts, _ = planted.events(150, seed=1)
    planted.fill(fresh, drafts)
    return create(fresh)


@pytest.fixture
async def people(shop: Litestar, fresh: Workspace) -> AsyncIterator[Cast]:
    """Everybody who may call."""
    async with AsyncExitStack() as stack:
        yield Cast(shop, fresh, stack)


async def ended(client: httpx.AsyncClient, number: int) -> dict[str, Any]:
    """The search once it runs no more."""
    for _ in range(600):
        found: dict[str, Any] = (await client.get(f"/api/personas/jobs/{number}")).json()
        if found["state"] not in ("waiting", "running"):
            return found
        await asyncio.sleep(0.1)
    raise TimeoutError(found)


async def test_found_in_the_background_adopted_and_asked_for_their_members(people: Cast) -> None:
    editor = await people.member("editor")
    begun = await editor.post("/api/personas/find", json={"most": 4, "seed": 3})
    assert begun.status_code == 201, begun.text
    found = await ended(editor, begun.json()["id"])
    assert (found["state"], found["progress"], found["error"]) == ("done", 1.0, None)
    kinds = found["result"]["kinds"]
    assert len(kinds) == 3
    assert (await editor.get("/api/personas")).json()["items"] == []  # found is not yet adopted

    adopted = await editor.post("/api/personas/adopt", json={"job": found["id"]})
    assert adopted.status_code == 200, adopted.text
    rows = adopted.json()["items"]
    assert {row["name"] for row in rows} == {kind["name"] for kind in kinds}
    assert sum(row["members"] for row in rows) == 150
    key = rows[0]["key"]
    page = (await editor.get(f"/api/personas/{key}")).json()
    assert page["found"]["differences"][0]["effect"]
    assert len(page["found"]["typical"]) == 5
    seen, cursor = [], None
    while True:
        answer = (
            await editor.get(
                f"/api/personas/{key}/members", params={"limit": 40} | ({"cursor": cursor} if cursor else {})
            )
        ).json()
        seen += [item["profile"] for item in answer["items"]]
        if (cursor := answer["next"]) is None:
            break
    assert len(seen) == len(set(seen)) == answer["total"] == rows[0]["members"]

    body = page["body"] | {"name": "Our favourites", "needs": ["A quick answer"]}
    await editor.put(f"/api/personas/{key}", json={"expected_version": 1, "body": body})
    again = await ended(editor, (await editor.post("/api/personas/find", json={"most": 4, "seed": 9})).json()["id"])
    assert [drift["reading"] for drift in again["result"]["drift"][:1]] == ["settled"]
    after = (await editor.post("/api/personas/adopt", json={"job": again["id"]})).json()["items"]
    assert len(after) == 3
    assert next(row for row in after if row["key"] == key)["name"] == "Our favourites"


async def test_some_kinds_may_be_adopted_and_the_rest_only_looked_at(people: Cast) -> None:
    editor = await people.member("editor")
    found = await ended(editor, (await editor.post("/api/personas/find", json={"most": 3})).json()["id"])
    keys = [kind["key"] for kind in found["result"]["kinds"]]
    wrong = await editor.post("/api/personas/adopt", json={"job": found["id"], "keys": ["nobody"]})
    assert (wrong.status_code, wrong.json()["field"]) == (400, "keys[0]")
    rows = (await editor.post("/api/personas/adopt", json={"job": found["id"], "keys": keys[:1]})).json()["items"]
    assert sorted(row["version"] for row in rows) == [0, *([0] * (len(keys) - 2)), 1]
    looked = (await editor.get(f"/api/personas/{keys[1]}")).json()
    assert (looked["version"], looked["body"]["found"]) == (0, found["result"]["kinds"][1]["id"])
    kept = await editor.put(f"/api/personas/{keys[1]}", json={"expected_version": 0, "body": looked["body"]})
    assert (kept.status_code, kept.json()["version"]) == (200, 1)


async def test_answers_are_split_by_the_personas_that_have_members(people: Cast) -> None:
    """A mere picture, or one whose audience was deleted, spoils nobody's question."""
    editor = await people.member("editor")
    found = await ended(editor, (await editor.post("/api/personas/find", json={"most": 3})).json()["id"])
    await editor.post("/api/personas/adopt", json={"job": found["id"]})
    for key, extra in (("picture", {}), ("lost", {"audience": "nobody"}), ("buyers", {"rule": BUYERS})):
        await editor.post("/api/personas", json={"key": key, "body": {"name": key} | extra})
    steps = [{"any": [{"type": "track", "name": "Product Viewed"}]}]
    asked = {"steps": steps, "by": "persona", "lens": {"from": "2025-06-01"}}
    answer = await editor.post("/api/questions/funnel", json=asked)
    assert answer.status_code == 200, answer.text
    customers = {group["group"]: group["steps"][0]["customers"] for group in answer.json()["groups"]}
    assert sum(customers[f"persona:{kind['key']}"] for kind in found["result"]["kinds"]) == 150
    assert 0 < customers["persona:buyers"] < 150
    assert customers.keys().isdisjoint({"persona:picture", "persona:lost"})


async def test_a_search_is_cancelled(people: Cast) -> None:
    editor, viewer = await people.member("editor"), await people.member("viewer")
    first = (await editor.post("/api/personas/find", json={})).json()["id"]
    second = (await editor.post("/api/personas/find", json={})).json()["id"]
    assert (await viewer.delete(f"/api/personas/jobs/{second}")).status_code == 403
    for number in (second, first):
        assert (await editor.delete(f"/api/personas/jobs/{number}")).status_code == 200
    assert [(await ended(editor, number))["state"] for number in (first, second)] == ["stopped", "stopped"]
    again = await editor.delete(f"/api/personas/jobs/{first}")
    assert (again.status_code, again.json()["state"]) == (409, "stopped")
    refused = await editor.post("/api/personas/adopt", json={"job": first})
    assert refused.status_code == 409
    assert [one["id"] for one in (await viewer.get("/api/personas/jobs")).json()["items"]] == [second, first]


async def seen(client: httpx.AsyncClient, number: int, state: str) -> dict[str, Any]:
    """The search once it is in this state."""
    for _ in range(1200):
        found: dict[str, Any] = (await client.get(f"/api/personas/jobs/{number}")).json()
        if found["state"] == state:
            return found
        await asyncio.sleep(0.05)
    raise TimeoutError(found)


class Held:
    """Lets a search come to a step and wait there until it is stopped or let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
        """Every search waits at this step."""
        self.there, self.go = threading.Event(), threading.Event()
        told = jobs._Telling.__call__

        def telling(telling: Any, said: str, share: float) -> None:
            told(telling, said, share)
            while said == step and not self.go.wait(0.01):
                self.there.set()
                work.check()

        monkeypatch.setattr(jobs._Telling, "__call__", telling)


async def test_a_running_search_shows_how_far_it_is_and_ends_where_it_is_when_stopped(
    people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor, viewer = await people.member("editor"), await people.member("viewer")
    held = Held(monkeypatch, "placing every customer")
    number = (await editor.post("/api/personas/find", json={"most": 3})).json()["id"]
    assert await asyncio.to_thread(held.there.wait, 60)
    found = (await viewer.get(f"/api/personas/jobs/{number}")).json()
    assert (found["state"], found["step"]) == ("running", "placing every customer")
    assert 0.75 <= found["progress"] < 1

    (listed,) = [one for one in (await viewer.get("/api/work")).json()["items"] if "personas/jobs" in one["what"]]
    assert (listed["what"], listed["mine"]) == (f"personas/jobs/{number}", False)
    assert (await viewer.delete(f"/api/work/{listed['id']}")).status_code == 403
    assert (await editor.delete(f"/api/work/{listed['id']}")).status_code == 200
    stopped = await seen(editor, number, "stopped")
    assert (stopped["result"], stopped["error"]) == (None, None)
    assert stopped["ended_at"] is not None
    assert not [one for one in (await viewer.get("/api/work")).json()["items"] if "personas/jobs" in one["what"]]


async def test_a_search_that_waits_is_stopped_before_its_turn_and_the_next_one_has_it(
    people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = await people.member("editor")
    held = Held(monkeypatch, "measuring a sample")
    first, second, third = [(await editor.post("/api/personas/find", json={"most": 3})).json()["id"] for _ in range(3)]
    assert await asyncio.to_thread(held.there.wait, 60)
    assert (await editor.delete(f"/api/personas/jobs/{second}")).status_code == 200
    assert (await seen(editor, second, "stopped"))["step"] == "waiting"
    states = [(await editor.get(f"/api/personas/jobs/{number}")).json()["state"] for number in (first, third)]
    assert states == ["running", "waiting"]
    await editor.delete(f"/api/personas/jobs/{first}")
    await seen(editor, first, "stopped")
    held.go.set()
    assert (await ended(editor, third))["state"] == "done"


async def test_a_persona_drawn_by_hand_is_checked_against_the_data(people: Cast, fresh: Workspace) -> None:
    editor = await people.member("editor")
    fresh.committer.submit_sync([identify(user=f"c{n}", age=35 if n % 10 else 60, time=NOW - 10) for n in range(150)])
    fresh.settle()
    body = {
        "name": "Greta the gardener",
        "face": "f3",
        "age": "30-39",
        "motivation": "Tomatoes of her own",
        "needs": ["Advice"],
        "pains": ["Heavy bags"],
        "channels": ["store", "chat"],
        "key_tasks": [{"text": "Find soil", "match": {"type": "track", "name": "Product Viewed"}}, {"text": "Dream"}],
        "quote": "Is it organic?",
        "rule": {
            "all": [
                {
                    "match": {
                        "type": "track",
                        "name": "Order Completed",
                        "where": [{"property": "category", "op": "is", "value": "Garden"}],
                    }
                }
            ]
        },
    }
    made = await editor.post("/api/personas", json={"key": "greta", "body": body})
    assert made.status_code == 201, made.text
    assert made.json()["members"] > 30
    checked = (await editor.get("/api/personas/greta/check")).json()
    assert checked["fit"]["n"] == 150
    assert checked["fit"]["low"] < checked["fit"]["share"] < checked["fit"]["high"]
    told = {(one["about"], one["assumed"]): one for one in checked["assumptions"]}
    assert told["channel", "store"]["verdict"] == "confirmed"
    assert told["channel", "chat"]["verdict"] == "contradicted"
    assert told["task", "Find soil"]["verdict"] == "confirmed"
    assert told["trait", "age is between 30 and 39"]["verdict"] == "confirmed"
    assert told["trait", "age is between 30 and 39"]["usual"][0] == "35"
    assert {"category:Garden", "channel:store"} <= {one["column"] for one in checked["differences"]}
    assert checked["worth"]["currency"] == "EUR"


async def test_what_can_not_be_is_refused_by_its_path(people: Cast) -> None:
    editor = await people.member("editor")
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"channels": ["fax"]}, "channels[0]"),
        ({"rule": {"all": []}}, "rule.all"),
        ({"rule": {"all": [{"match": {"type": "track"}}]}}, "rule.all[0].match.name"),
        ({"rule": {"all": [{"match": {"name": "X"}, "never": True}]}}, "rule.all"),
        ({"rule": BUYERS, "found": "k1"}, "rule"),
        ({"assumptions": [{"trait": "age"}]}, "assumptions[0].values"),
        ({"assumptions": [{"trait": "age", "low": 9, "high": 3}]}, "assumptions[0].low"),
        ({"face": "../etc"}, "face"),
        ({"quote": "a\x00b"}, "quote"),
        ({"hobby": "x"}, "hobby"),
    ]
    for extra, field in wrong:
        answer = await editor.post("/api/personas", json={"key": "x", "body": {"name": "X"} | extra})
        assert (answer.status_code, answer.json()["field"]) == (400, field), answer.text
        assert answer.json()["remedy"]
    assert (await editor.post("/api/personas", json={"key": "jobs", "body": {"name": "X"}})).json()["field"] == "key"
    for asked, field in (
        ({"lens": {"population": "persona:x"}}, "lens.population"),
        ({"lens": {"channel": "fax"}}, "channel"),
    ):
        assert (await editor.post("/api/personas/find", json=asked)).json()["field"] == field
    picture = await editor.post("/api/personas", json={"key": "picture", "body": {"name": "Picture"}})
    assert picture.json()["members"] is None
    assert (await editor.get("/api/personas/picture/check")).status_code == 400


async def test_two_who_edit_at_once_lose_nothing_and_what_was_deleted_comes_back(people: Cast) -> None:
    one, two = await people.member("editor", "one@example.com"), await people.member("editor", "two@example.com")
    body = {"name": "Anna", "rule": BUYERS}
    await one.post("/api/personas", json={"key": "anna", "body": body})
    saved = await one.put("/api/personas/anna", json={"expected_version": 1, "body": body | {"name": "Anna B."}})
    assert saved.json()["version"] == 2
    refused = await two.put("/api/personas/anna", json={"expected_version": 1, "body": body})
    assert (refused.status_code, refused.json()["current"]["version"]) == (409, 2)
    assert (await one.delete("/api/personas/anna")).status_code == 200
    assert (await one.get("/api/personas/anna")).status_code == 404
    back = await two.put("/api/personas/anna", json={"expected_version": 2, "body": body})
    assert back.json()["version"] == 4
    assert (await two.get("/api/personas/anna", params={"version": 2})).json()["body"]["name"] == "Anna B."


async def test_who_may_only_look_changes_nothing(people: Cast) -> None:
    viewer = await people.member("viewer")
    answers = [
        await viewer.post("/api/personas", json={"key": "x", "body": {"name": "X"}}),
        await viewer.put("/api/personas/x", json={"expected_version": 0, "body": {"name": "X"}}),
        await viewer.delete("/api/personas/x"),
        await viewer.post("/api/personas/find", json={}),
        await viewer.post("/api/personas/adopt", json={"job": 1}),
    ]
    assert [answer.status_code for answer in answers] == [403] * 5
    for path in ("nobody", "nobody/members", "nobody/check", "jobs/77", "jobs/99999999999"):
        assert (await viewer.get(f"/api/personas/{path}")).status_code == 404, path
