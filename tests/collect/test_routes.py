"""Sources, live events, traces and failed events as the console and programs see them."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from resa.collect import failed
from resa.collect.failed import Failure
from resa.collect.live import Milestones
from resa.kernel.errors import Refused
from resa.kernel.workspace import Workspace
from tests.collect.sending import track


@pytest.fixture
async def running(server: str, owner: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the whole application on a real server, as its owner."""
    async with httpx.AsyncClient(
        base_url=server, headers=dict(owner.headers), cookies=owner.cookies, timeout=60
    ) as client:
        client.headers.pop("host", None)
        yield client


@pytest.fixture
async def write_key(running: httpx.AsyncClient) -> str:
    """The write key of a server source named Backend."""
    made = await running.post("/api/sources", json={"name": "Backend", "kind": "server"})
    assert made.status_code == 201, made.text
    key: str = made.json()["write_key"]
    return key


async def send(client: httpx.AsyncClient, key: str, *events: dict[str, Any]) -> dict[str, Any]:
    """Send a batch through the door of the same server."""
    answer = await client.post("/v1/batch", json={"batch": list(events), "writeKey": key})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.both_states
async def test_a_source_is_made_renamed_given_another_key_and_revoked(
    running: httpx.AsyncClient, workspace: Workspace
) -> None:
    made = (await running.post("/api/sources", json={"name": "My Shop", "kind": "browser"})).json()
    assert (made["key"], made["environment"], made["events_24h"], made["last_seen"]) == (
        "my-shop",
        "production",
        0,
        None,
    )
    again = (await running.post("/api/sources", json={"name": "My Shop", "kind": "browser"})).json()
    assert again["key"] == "my-shop-2"
    await send(running, made["write_key"], track())
    workspace.settle()
    renamed = (await running.patch("/api/sources/my-shop", json={"name": "Shop", "environment": "staging"})).json()
    assert (renamed["name"], renamed["environment"], renamed["key"], renamed["events_24h"]) == (
        "Shop",
        "staging",
        "my-shop",
        1,
    )
    assert renamed["last_seen"]
    rotated = (await running.post("/api/sources/my-shop/rotate")).json()
    assert rotated["write_key"] != made["write_key"]
    assert (await running.delete("/api/sources/my-shop")).status_code == 204
    keys = [source["key"] for source in (await running.get("/api/sources")).json()["items"]]
    assert keys == ["my-shop-2"]
    assert (await running.post("/api/sources/my-shop/rotate")).status_code == 404


async def test_the_secret_of_identity_tokens_is_shown_to_those_who_may_change_sources_and_can_be_made_anew(
    running: httpx.AsyncClient, workspace: Workspace
) -> None:
    await running.post("/api/sources", json={"name": "Shop", "kind": "browser"})
    await running.post("/api/sources", json={"name": "Backend", "kind": "server"})
    assert (await running.post("/api/sources/shop/identity-secret")).status_code == 409
    on = (await running.patch("/api/sources/shop", json={"identity": "accepted"})).json()
    assert (on["identity"], len(on["identity_secret"])) == ("accepted", 43)
    required = (await running.patch("/api/sources/shop", json={"identity": "required"})).json()
    assert (required["identity"], required["identity_secret"]) == ("required", on["identity_secret"])
    anew = (await running.post("/api/sources/shop/identity-secret")).json()
    assert anew["identity_secret"] not in (None, on["identity_secret"])
    reader = (await running.post("/api/keys", json={"name": "reader", "scopes": ["read"]})).json()["key"]
    async with httpx.AsyncClient(base_url=running.base_url, headers={"Authorization": f"Bearer {reader}"}) as other:
        seen = {source["key"]: source for source in (await other.get("/api/sources")).json()["items"]}
        figures = (await other.get("/metrics")).text
    assert (seen["shop"]["identity"], seen["shop"]["identity_secret"]) == ("required", None)
    off = (await running.patch("/api/sources/shop", json={"identity": "off"})).json()
    assert (off["identity"], off["identity_secret"]) == ("off", None)
    refused = await running.patch("/api/sources/backend", json={"identity": "accepted"})
    assert (refused.status_code, refused.json()["field"]) == (400, "identity")
    assert "# TYPE resa_new_identities_alarm gauge" in figures


async def test_flags_of_a_source_are_encrypted_with_a_key_that_those_see_who_may_change_sources(
    running: httpx.AsyncClient, viewer: httpx.AsyncClient
) -> None:
    made = (await running.post("/api/sources", json={"name": "Shop", "kind": "browser"})).json()
    assert (made["encrypted"], made["payload_key"]) == (False, None)
    assert (await running.post("/api/sources/shop/payload-key")).status_code == 409
    on = (await running.patch("/api/sources/shop", json={"encrypted": True})).json()
    assert (on["encrypted"], len(base64.b64decode(on["payload_key"]))) == (True, 16)
    again = (await running.patch("/api/sources/shop", json={"encrypted": True, "name": "Our shop"})).json()
    assert (again["name"], again["payload_key"]) == ("Our shop", on["payload_key"])
    assert "encryptedFeatures" in (await running.get(f"/api/features/{made['write_key']}")).json()
    anew = (await running.post("/api/sources/shop/payload-key")).json()
    assert anew["payload_key"] not in (None, on["payload_key"])
    (seen,) = (await viewer.get("/api/sources")).json()["items"]
    assert (seen["encrypted"], seen["payload_key"]) == (True, None)
    off = (await running.patch("/api/sources/shop", json={"encrypted": False})).json()
    assert (off["encrypted"], off["payload_key"]) == (False, None)
    assert "encryptedFeatures" not in (await running.get(f"/api/features/{made['write_key']}")).json()


@pytest.mark.parametrize(
    "wish",
    [
        {"name": "", "kind": "server"},
        {"name": "x", "kind": "oracle"},
        {"name": "x"},
        {"name": "x\x00", "kind": "server"},
    ],
)
async def test_a_source_nobody_could_use_is_refused(wish: dict[str, str], running: httpx.AsyncClient) -> None:
    assert (await running.post("/api/sources", json=wish)).status_code == 400


async def test_a_viewer_does_not_see_write_keys(
    running: httpx.AsyncClient, write_key: str, viewer: httpx.AsyncClient
) -> None:
    (shown,) = (await viewer.get("/api/sources")).json()["items"]
    assert write_key not in shown["write_key"]


async def test_the_newest_events_are_shown_first_and_can_be_chosen(
    running: httpx.AsyncClient, write_key: str, workspace: Workspace
) -> None:
    events = [track(messageId=f"m{n}", event=f"E{n % 2}", userId=f"u{n % 3}") for n in range(6)]
    await send(running, write_key, *events)
    workspace.settle()

    async def shown(**wanted: Any) -> list[str]:
        answer = await running.get("/api/live", params=wanted)
        return [item["message_id"] for item in answer.json()["items"]]

    assert await shown() == ["m5", "m4", "m3", "m2", "m1", "m0"]
    assert await shown(limit=2) == ["m5", "m4"]
    assert await shown(after=3) == ["m5", "m4"]
    assert await shown(name="E1") == ["m5", "m3", "m1"]
    assert await shown(source="nobody") == []
    assert await shown(customer="user:u2") == ["m5", "m2"]
    assert await shown(customer="p_0") == ["m3", "m0"]
    assert (await running.get("/api/live", params={"customer": "?"})).status_code == 400
    item = (await running.get("/api/live")).json()["items"][0]
    assert (item["identity"], item["profile"], item["source"], item["channel"]) == (
        "user:u2",
        "p_2",
        "backend",
        "server",
    )


async def test_events_stream_as_they_are_committed(running: httpx.AsyncClient, write_key: str) -> None:
    async with running.stream("GET", "/api/live/stream") as stream:
        lines = stream.aiter_lines()
        assert "open" in await anext(lines)
        await send(running, write_key, track(messageId="live"))
        async with asyncio.timeout(60):
            async for line in lines:
                if line.startswith("data:"):
                    assert json.loads(line[5:])["message_id"] == "live"
                    break


async def test_a_trace_follows_an_event_from_the_door_to_the_journeys(
    running: httpx.AsyncClient, write_key: str, workspace: Workspace
) -> None:
    await send(running, write_key, track(messageId="a/b c"))
    workspace.settle()
    await asyncio.sleep(0.6)
    trace = (await running.get("/api/trace/a%2Fb%20c")).json()
    assert [step["step"] for step in trace["steps"]] == ["accepted", "committed", "profiled", "landed", "indexed"]
    times = [step["at"] for step in trace["steps"]]
    assert all(times)
    assert times == sorted(times)
    assert trace["event"]["name"] == "Product Viewed"


async def test_a_trace_tells_why_an_event_failed_or_that_it_never_came(
    running: httpx.AsyncClient, write_key: str
) -> None:
    await send(running, write_key, track(messageId="bad", timestamp="2999-01-01"))
    failed_trace = (await running.get("/api/trace/bad")).json()
    assert [step["step"] for step in failed_trace["steps"]] == ["accepted", "failed"]
    assert "timestamp" in failed_trace["steps"][1]["detail"]
    assert (await running.get("/api/trace/never")).json() == {"message_id": "never", "steps": [], "event": None}


@pytest.mark.both_states
async def test_a_failed_event_is_mended_and_driven_again(
    running: httpx.AsyncClient, write_key: str, workspace: Workspace
) -> None:
    event = track(messageId="bad", timestamp="2999-01-01T00:00:00Z")
    await send(
        running, write_key, event, track(messageId="odd", event="Order Completed", properties={"revenue": "much"})
    )
    items = (await running.get("/api/failed-events")).json()["items"]
    assert [item["reason"]["code"] for item in items] == ["bad_amount", "future"]
    (item,) = (await running.get("/api/failed-events", params={"reason": "timestamp"})).json()["items"]
    path = f"/api/failed-events/{item['id']}"

    again = await running.post(f"{path}/redrive", json={})
    assert (again.status_code, again.json()["field"]) == (400, "timestamp")
    mended = json.dumps({**event, "timestamp": "2020-01-01T00:00:00Z"})
    driven = await running.post(f"{path}/redrive", json={"payload": mended})
    assert (driven.status_code, driven.json()) == (200, {"id": item["id"], "row": 0, "state": "redriven"})
    assert (await running.post(f"{path}/redrive", json={})).status_code == 409
    workspace.settle()
    assert workspace.body.query("SELECT message_id, time FROM log").to_pylist() == [
        {"message_id": "bad", "time": 1577836800000}
    ]


async def test_a_failed_event_of_a_single_call_is_driven_again_as_its_path_said(
    running: httpx.AsyncClient, write_key: str
) -> None:
    await running.post("/v1/track", json={"event": "X", "writeKey": write_key})
    (item,) = (await running.get("/api/failed-events")).json()["items"]
    assert (item["type"], item["reason"]["code"]) == ("track", "no_identity")
    driven = await running.post(
        f"/api/failed-events/{item['id']}/redrive", json={"payload": '{"event": "X", "userId": "u"}'}
    )
    assert driven.json()["state"] == "redriven"


@pytest.mark.both_states
async def test_a_failed_event_is_discarded_and_restored(running: httpx.AsyncClient, write_key: str) -> None:
    await send(running, write_key, {"type": "nonsense"})
    (item,) = (await running.get("/api/failed-events")).json()["items"]
    path = f"/api/failed-events/{item['id']}"
    assert (await running.delete(path)).status_code == 204
    assert (await running.get("/api/failed-events", params={"state": "open"})).json()["items"] == []
    assert (await running.delete(path)).status_code == 409
    assert (await running.post(f"{path}/restore")).json()["state"] == "open"
    assert (await running.delete("/api/failed-events/999999")).status_code == 404


async def test_the_doors_stand_in_the_api_document(running: httpx.AsyncClient) -> None:
    paths = (await running.get("/schema/openapi.json")).json()["paths"]
    assert {"/v1/track", "/v1/batch", "/v1/import", "/v1/projects/{write_key}/settings"} <= paths.keys()


async def test_what_an_earlier_process_committed_is_in_the_live_view(
    running: httpx.AsyncClient, write_key: str, workspace: Workspace
) -> None:
    from resa.collect.doors import Doors

    await send(running, write_key, track(messageId="before"))
    workspace.settle()
    later = Doors(workspace)
    await send(running, write_key, track(messageId="after"))
    assert [event.message_id for event in later.view().newest(10)] == ["after", "before"]


def test_failed_events_are_bounded_by_number_and_bytes(workspace: Workspace) -> None:
    reason = Refused("x", 10**30, "is odd.", "Mend it.")
    workspace.state.create_missing()
    with workspace.state.write() as tx:
        for n in range(10):
            failure = Failure(index=0, reason=reason, payload="x" * 100, kind=None, message_id=str(n))
            failed.keep(tx, [failure], "s", n, None)
        assert failed.prune(tx, most=8) == 2
        assert failed.prune(tx, most_bytes=500) == 3
        assert [item.message_id for item in failed.page(tx, before=None, code=None, state=None, limit=10)] == [
            "9",
            "8",
            "7",
            "6",
            "5",
        ]


def test_milestones_know_when_a_row_was_passed() -> None:
    marks = Milestones()
    marks.mark("landed", 10, 1000)
    marks.mark("landed", 20, 2000)
    marks.mark("landed", 20, 3000)
    assert [marks.passed("landed", row) for row in (9, 10, 19, 20)] == [None, 2000, 2000, None]
