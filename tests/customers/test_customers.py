"""The profile page through the API: search, traits with their source, timeline, merge, undo."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from resa.kernel.workspace import Workspace
from tests.cast import Cast
from tests.kernel.making import BEGINNING, DAY, draft, identify


@pytest.fixture
def shop(workspace: Workspace) -> Workspace:
    """Anna on two devices, Bo on one, a visitor without a name."""
    workspace.start()
    workspace.committer.submit_sync(
        [
            draft("Product Viewed", anon="phone", time=BEGINNING, channel="app"),
            identify(user="42", anon="phone", name="Anna Bok", email="anna@shop.test", plan="free"),
            draft("Order Completed", user="42", time=BEGINNING + DAY, revenue="19.9000", currency="EUR", order_id="o1"),
            draft("Email Opened", user="42", time=BEGINNING + 2 * DAY, channel="email"),
            identify(user="7", anon="laptop", name="Bo Ek", email="bo@shop.test", plan="pro"),
            draft("Product Viewed", anon="nobody", time=BEGINNING + 3 * DAY),
        ]
    )
    workspace.settle()
    return workspace


async def found(client: httpx.AsyncClient, q: str) -> list[Any]:
    """Names a search gives."""
    return [item["name"] for item in (await client.get("/api/customers", params={"q": q})).json()["items"]]


@pytest.mark.parametrize(
    ("q", "names"), [("anna", ["Anna Bok"]), ("BOK", ["Anna Bok"]), ("bo", ["Anna Bok", "Bo Ek"]), ("42", ["Anna Bok"])]
)
async def test_customers_are_found_by_name_address_and_id(
    shop: Workspace, viewer: httpx.AsyncClient, q: str, names: list[str]
) -> None:
    assert sorted(await found(viewer, q)) == names


@pytest.mark.parametrize("q", ["phone", "user:42", "anna@shop", "p_1"])
async def test_every_identifier_finds_its_customer(shop: Workspace, viewer: httpx.AsyncClient, q: str) -> None:
    assert await found(viewer, q) == ["Anna Bok"]


async def test_without_a_search_the_latest_come_first(shop: Workspace, viewer: httpx.AsyncClient) -> None:
    first = (await viewer.get("/api/customers", params={"limit": 2})).json()
    assert [item["events"] for item in first["items"]] == [1, 4]
    rest = (await viewer.get("/api/customers", params={"limit": 2, "cursor": first["next"]})).json()
    assert ([item["name"] for item in rest["items"]], rest["next"]) == (["Bo Ek"], None)


async def test_what_resa_did_is_no_activity_of_the_customer(shop: Workspace, viewer: httpx.AsyncClient) -> None:
    told = [
        draft("Email Sent", user="42", time=BEGINNING + 4 * DAY, channel="sms", source="resa"),
        draft("Experiment Viewed", user="42", time=BEGINNING + 4 * DAY, source="resa"),
    ]
    shop.committer.submit_sync(told)
    shop.settle()
    anna = (await viewer.get("/api/customers/p_0")).json()
    channels = {one["channel"]: one["events"] for one in anna["channels"]}
    assert (anna["events"], channels) == (4, {"web": 2, "app": 1, "email": 1, "sms": 0})
    latest = (await viewer.get("/api/customers")).json()["items"]
    assert [one["last_seen"] for one in latest] == sorted((one["last_seen"] for one in latest), reverse=True)
    assert latest[0]["name"] is None


async def test_a_profile_tells_where_each_trait_comes_from(shop: Workspace, viewer: httpx.AsyncClient) -> None:
    anna = (await viewer.get("/api/customers/p_0")).json()
    assert {t["name"]: (t["value"], t["identity"], t["source"]) for t in anna["traits"]}["plan"] == (
        "free",
        "user:42",
        "test",
    )
    assert [i["identity"] for i in anna["identities"]] == ["anon:phone", "user:42"]
    assert anna["revenue"] == [{"currency": "EUR", "total": "19.9000", "orders": 1}]
    assert {c["channel"]: c["events"] for c in anna["channels"]} == {"web": 2, "app": 1, "email": 1}
    assert [c["state"] for c in anna["consent"]] == ["unknown"] * 4


async def test_a_timeline_goes_back_page_by_page_across_channels(shop: Workspace, viewer: httpx.AsyncClient) -> None:
    page = (await viewer.get("/api/customers/p_1/timeline", params={"limit": 3})).json()
    rest = (await viewer.get("/api/customers/p_1/timeline", params={"limit": 3, "before": page["next"]})).json()
    names = [item["name"] or item["type"] for item in page["items"] + rest["items"]]
    assert names == ["Email Opened", "Order Completed", "identify", "Product Viewed"]
    assert rest["next"] is None
    mails = (await viewer.get("/api/customers/p_1/timeline", params={"channel": "email"})).json()
    assert [item["name"] for item in mails["items"]] == ["Email Opened"]


async def test_a_merge_shows_its_blast_radius_is_made_and_is_undone(shop: Workspace, editor: httpx.AsyncClient) -> None:
    two = {"profiles": ["p_0", "p_2"]}
    blast = (await editor.post("/api/merges/preview", json=two)).json()
    assert (blast["into"], blast["identities"], blast["events"]) == ("p_0", 4, 5)
    assert {"name": "plan", "keeps": "pro", "gives_way": "free"} in blast["traits"]
    assert "two people" in blast["warnings"][0]
    before = [(await editor.get(f"/api/customers/{p}")).json() for p in two["profiles"]]
    merged = (await editor.post("/api/merges", json=two | {"reason": "same household"})).json()
    both = (await editor.get("/api/customers/p_2")).json()
    assert (both["canonical"], both["events"], len(both["identities"])) == ("p_0", 5, 4)
    apart = (await editor.post("/api/unlink/preview", json={"link": merged["link"]})).json()
    assert [(part["profile"], part["events"]) for part in apart["parts"]] == [("p_0", 4), ("p_2", 1)]
    undone = await editor.post("/api/unlink", json={"link": merged["link"], "reason": "no"})
    assert undone.json() == {"profiles": ["p_0", "p_2"]}
    shop.settle()
    after = [(await editor.get(f"/api/customers/{p}")).json() for p in two["profiles"]]
    for one, other in zip(before, after, strict=True):
        assert {k: v for k, v in one.items() if k not in ("links", "channels")} == {
            k: v for k, v in other.items() if k not in ("links", "channels")
        }


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/merges", {"profiles": ["p_0"]}, 400),
        ("/api/merges", {"profiles": ["p_0", "p_1"]}, 400),
        ("/api/merges", {"profiles": ["p_0", "p_99"]}, 404),
        ("/api/merges", {"profiles": ["p_0", "drop table"]}, 404),
        ("/api/unlink", {"link": 4711}, 404),
        ("/api/relink", {"link": 1}, 409),
    ],
)
async def test_what_makes_no_sense_is_refused(
    shop: Workspace, editor: httpx.AsyncClient, path: str, body: dict[str, Any], status: int
) -> None:
    answer = await editor.post(path, json=body)
    assert (answer.status_code, "message" in answer.json()) == (status, True)


async def test_consent_and_traits_are_set_by_hand_through_the_log(shop: Workspace, editor: httpx.AsyncClient) -> None:
    told = await editor.patch("/api/customers/p_0/consent", json={"purpose": "marketing", "state": "denied"})
    assert {c["purpose"]: c["state"] for c in told.json()["consent"]}["marketing"] == "denied"
    changed = await editor.patch("/api/customers/p_0/traits", json={"plan": "vip", "email": None})
    traits = {t["name"]: t["value"] for t in changed.json()["traits"]}
    assert (traits["plan"], "email" in traits) == ("vip", False)
    own = shop.body.query("SELECT name, type FROM events WHERE source = 'resa' ORDER BY \"row\"").to_pylist()
    assert [(e["name"], e["type"]) for e in own] == [
        ("Consent Changed", "track"),
        ("Consent Changed", "track"),
        ("", "identify"),
    ]


async def test_a_viewer_may_look_and_not_touch(shop: Workspace, viewer: httpx.AsyncClient, cast: Cast) -> None:
    assert (await viewer.post("/api/merges", json={"profiles": ["p_0", "p_2"]})).status_code == 403
    assert (await (await cast.stranger()).get("/api/customers/p_0")).status_code == 401
