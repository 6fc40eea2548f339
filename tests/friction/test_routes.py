"""Friction over HTTP: the ledger, the people of a line, the settings and what is refused."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec
import numpy as np
import pytest

from resa.journeys.friction.definition import Friction, check
from resa.kernel.errors import Refused
from resa.kernel.populations import Population
from resa.kernel.workspace import Workspace
from tests.friction.world import BEGIN, DAY, DAYS, shop

PERIOD = {"from": "2023-11-15", "to": "2023-12-25"}


@pytest.fixture
def filled(workspace: Workspace) -> Workspace:
    """A small shop with friction."""
    workspace.start()
    workspace.committer.submit_sync(list(shop(3, 500)))
    workspace.settle()
    return workspace


async def ask(client: httpx.AsyncClient, path: str = "", **parameters: Any) -> dict[str, Any]:
    """What the API answers for the shop's period."""
    answer = await client.get(f"/api/friction{path}", params=PERIOD | parameters)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_line_leads_to_its_people_and_each_to_an_event(viewer: httpx.AsyncClient, filled: Workspace) -> None:
    ledger = await ask(viewer)
    assert {item["signal"] for item in ledger["items"]} >= {"slow-page", "rage-click", "empty-search", "repeated-error"}
    line = next(item for item in ledger["items"] if item["signal"] == "slow-page")
    assert (line["where"]["text"], line["where"]["page"]) == ("/checkout", "/checkout")
    first = await ask(viewer, "/slow-page/people", where=line["where"]["key"], limit=20)
    assert first["total"] == line["people"]
    rest = await ask(viewer, "/slow-page/people", where=line["where"]["key"], limit=200, cursor=first["next"])
    people = first["items"] + rest["items"]
    assert len({person["profile"] for person in people}) == line["people"]
    assert sum(person["hits"] for person in people) == line["events"]
    assert [person["time"] for person in people] == sorted((person["time"] for person in people), reverse=True)
    shown = filled.body.rows(np.array([person["row"] for person in people]))
    assert all("9000" in said for said in shown.column("properties").to_pylist())


async def test_the_lens_narrows_the_ledger(viewer: httpx.AsyncClient, filled: Workspace) -> None:
    assert (await ask(viewer, channel="store"))["items"] == []
    assert (await ask(viewer, **{"from": "2023-01-01", "to": "2023-02-01"}))["items"] == []
    everybody = await ask(viewer, "/slow-page/people", limit=200)
    some = sorted(int(person["profile"][2:]) for person in everybody["items"])[:3]
    members = Population(np.array(some, np.uint32), "three")
    filled.populations.register("audience", lambda _key: members)
    three = await ask(viewer, population="audience:three")
    assert next(line["people"] for line in three["signals"] if line["signal"] == "slow-page") == 3
    refused = await viewer.get("/api/friction", params={"population": "horoscope:x"})
    assert (refused.status_code, refused.json()["field"]) == (400, "population")


async def test_settings_are_defaults_until_somebody_saves_them(editor: httpx.AsyncClient, filled: Workspace) -> None:
    now = (await editor.get("/api/friction/settings")).json()
    assert (now["version"], now["body"]) == (0, now["defaults"])
    body = {"slow": {"measures": []}, "off": ["dead-click"], "outcome": {"days": 3}}
    saved = await editor.put("/api/friction/settings", json={"expected_version": 0, "body": body})
    assert (saved.status_code, saved.json()["version"]) == (200, 1)
    late = await editor.put("/api/friction/settings", json={"expected_version": 0, "body": {}})
    assert late.status_code == 409
    ledger = await ask(editor)
    assert not {"slow-page", "dead-click"} & {item["signal"] for item in ledger["items"]}
    assert ledger["outcome"]["days"] == 3
    again = await editor.delete("/api/friction/settings")
    assert again.json()["body"] == now["defaults"]
    back = await editor.put("/api/friction/settings", json={"expected_version": again.json()["version"], "body": body})
    assert back.status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"outcome": {"days": 0}}, "outcome.days"),
        ({"outcome": {"any": []}}, "outcome.any"),
        ({"outcome": {"value": {"amount": -1, "currency": "EUR"}}}, "outcome.value.amount"),
        ({"outcome": {"any": [{"type": "track"}]}}, "outcome.any[0].name"),
        ({"off": ["bad-luck"]}, "off[0]"),
        ({"outcomes": {"bad-luck": "return"}}, "outcomes"),
        ({"clicks": {"times": 1}}, "clicks.times"),
        (
            {"slow": {"measures": [{"match": {"type": "track"}, "property": "x", "above": 1}]}},
            "slow.measures[0].match.name",
        ),
        ({"carts": {"hours": 1e9}}, "carts.hours"),
        ({"forms": {"form": ["x"] * 21}}, "forms.form"),
    ],
)
def test_bad_settings_are_refused_with_their_path(body: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        check(msgspec.convert(body, Friction))
    assert refused.value.details["field"] == field


async def test_the_api_says_what_is_wrong_with_settings(editor: httpx.AsyncClient) -> None:
    body = {"clicks": {"seconds": 0}}
    answer = await editor.put("/api/friction/settings", json={"expected_version": 0, "body": body})
    assert (answer.status_code, answer.json()["field"]) == (400, "clicks.seconds")
    unknown = await editor.put("/api/friction/settings", json={"expected_version": 0, "body": {"luck": 1}})
    assert unknown.status_code == 400


async def test_what_is_not_there_is_said_so(viewer: httpx.AsyncClient, filled: Workspace) -> None:
    assert (await viewer.get("/api/friction/bad-luck/people")).status_code == 404
    missing = await viewer.get("/api/friction/slow-page/people", params=PERIOD | {"where": "0"})
    assert missing.status_code == 404
    wrong = await viewer.get("/api/friction/slow-page/people", params=PERIOD | {"cursor": "x"})
    assert (wrong.status_code, wrong.json()["field"]) == (400, "cursor")


async def test_a_viewer_looks_and_does_not_change(viewer: httpx.AsyncClient) -> None:
    assert (await viewer.put("/api/friction/settings", json={"expected_version": 0, "body": {}})).status_code == 403
    assert (await viewer.get("/api/friction")).json()["items"] == []


def test_the_shop_lies_in_its_period() -> None:
    assert all(BEGIN <= draft.time < BEGIN + DAYS * DAY for draft in shop(3, 50))
