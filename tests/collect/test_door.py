"""The Segment door over a real workspace: keys, limits, CORS, answers, and what is in the log after them."""

from __future__ import annotations

import asyncio
import gzip
import json
from base64 import b64encode
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resa.collect import failed
from resa.collect.doors import Doors
from resa.collect.limits import Limits, Rate
from resa.collect.segment import KINDS, Door
from resa.collect.sources import Source
from resa.kernel.errors import Overloaded
from resa.kernel.workspace import Workspace
from tests.collect.conftest import landed
from tests.collect.sending import track

GOOD = b'{"success":true,"accepted":1,"failed":[]}'


def basic(source: Source) -> dict[str, str]:
    """The header every Segment SDK sends."""
    return {"Authorization": f"Basic {b64encode(f'{source.write_key}:'.encode()).decode()}"}


@pytest.mark.parametrize("path", sorted(KINDS))
async def test_every_path_takes_its_event(
    path: str, door: httpx.AsyncClient, server_source: Source, taking: Workspace
) -> None:
    event: dict[str, Any] = track(name="N", groupId="g", previousId="p")
    if KINDS[path] is not None:
        del event["type"]
    body = {"batch": [event]} if KINDS[path] is None else event
    answer = await door.post(path, json=body, headers=basic(server_source))
    assert (answer.status_code, answer.content) == (200, GOOD)
    assert [row["type"] for row in landed(taking)] == [KINDS[path] or "track"]


@pytest.mark.parametrize("way", ["basic", "bearer", "writeKey", "api_key", "token", "query", "header"])
@pytest.mark.parametrize("path", ["/v1/track", "/v1/batch"])
async def test_a_write_key_is_found_wherever_sdks_put_it(
    way: str, path: str, door: httpx.AsyncClient, server_source: Source
) -> None:
    key = server_source.write_key
    headers = {
        "basic": basic(server_source),
        "bearer": {"Authorization": f"Bearer {key}"},
        "header": {"X-Write-Key": key},
    }.get(way, {})
    body: dict[str, Any] = track() if path == "/v1/track" else {"batch": [track()]}
    if way in ("writeKey", "api_key", "token"):
        body[way] = key
    params = {"writeKey": key} if way == "query" else {}
    answer = await door.post(path, json=body, headers=headers, params=params)
    assert answer.content == GOOD


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Basic %%%"}, {"Authorization": "Basic bm9ib2R5Og=="}, {"X-Write-Key": "nobody"}]
)
async def test_without_a_key_in_force_it_answers_401(headers: dict[str, str], door: httpx.AsyncClient) -> None:
    answer = await door.post("/v1/track", json=track(), headers=headers)
    assert answer.status_code == 401
    assert set(answer.json()) >= {"code", "message"}


async def test_a_revoked_or_rotated_key_writes_no_more(
    door: httpx.AsyncClient, doors: Doors, server_source: Source
) -> None:
    from resa.kernel import audit

    rotated = doors.sources.rotate(audit.SYSTEM, server_source.key)
    assert (await door.post("/v1/track", json=track(), headers=basic(server_source))).status_code == 401
    assert (await door.post("/v1/track", json=track(), headers=basic(rotated))).status_code == 200
    doors.sources.revoke(audit.SYSTEM, server_source.key)
    assert (await door.post("/v1/track", json=track(), headers=basic(rotated))).status_code == 401


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "nonsense", ""])
async def test_any_content_type_and_gzip_without_saying_so(
    content_type: str, door: httpx.AsyncClient, server_source: Source
) -> None:
    body = gzip.compress(json.dumps({"batch": [track()]}).encode())
    answer = await door.post("/v1/batch", content=body, headers={**basic(server_source), "Content-Type": content_type})
    assert answer.content == GOOD


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"not json", 400),
        (b"{}", 400),
        (b"\x1f\x8bnot gzip", 400),
        (gzip.compress(b'{"batch": []}', mtime=0)[:-4], 400),
        (b'{"batch": [' + b" " * 512_000 + b"]}", 413),
        (gzip.compress(b'{"batch": [' + b" " * 50_000_000 + b"]}", mtime=0), 413),
        (b'{"batch": [' + b",".join([b"{}"] * 10_001) + b"]}", 413),
    ],
)
async def test_what_can_not_be_read_or_is_too_large_is_refused_as_a_whole(
    body: bytes, status: int, door: httpx.AsyncClient, server_source: Source
) -> None:
    answer = await door.post("/v1/batch", content=body, headers=basic(server_source))
    assert answer.status_code == status
    assert set(answer.json()) >= {"code", "message"}


@pytest.mark.both_states
async def test_good_neighbours_land_and_the_bad_event_is_kept_with_its_reason(
    door: httpx.AsyncClient, server_source: Source, taking: Workspace
) -> None:
    batch = [track(messageId="a"), track(messageId="b", timestamp="2999-01-01T00:00:00Z"), track(messageId="c")]
    answer = await door.post("/v1/batch", json={"batch": batch}, headers=basic(server_source))
    assert answer.status_code == 200
    assert answer.json()["accepted"] == 2
    (told,) = answer.json()["failed"]
    assert (told["index"], told["field"], told["value"]) == (1, "timestamp", "2999-01-01T00:00:00Z")
    assert told["rule"]
    assert told["remedy"]
    assert [row["message_id"] for row in landed(taking)] == ["a", "c"]
    with taking.state.read() as tx:
        (kept,) = failed.page(tx, before=None, code=None, state=None, limit=10)
    assert (kept.message_id, kept.reason.code, kept.source, json.loads(kept.payload)) == (
        "b",
        "future",
        "backend",
        batch[1],
    )


@pytest.mark.both_states
async def test_the_same_message_id_lands_once(
    door: httpx.AsyncClient, server_source: Source, taking: Workspace
) -> None:
    for _ in range(2):
        body = {"batch": [track(messageId="x"), track(messageId="x")]}
        answer = await door.post("/v1/batch", json=body, headers=basic(server_source))
        assert answer.json()["accepted"] == 2
    assert len(landed(taking)) == 1


async def test_only_a_server_key_imports(
    door: httpx.AsyncClient, server_source: Source, browser_source: Source, taking: Workspace
) -> None:
    body = {"batch": [track(timestamp="2009-12-01T08:26:00Z")]}
    assert (await door.post("/v1/import", json=body, headers=basic(browser_source))).status_code == 403
    assert (await door.post("/v1/import", json=body, headers=basic(server_source))).json()["accepted"] == 1
    (row,) = landed(taking)
    assert (row["time"], row["verified"]) == (1259655960000, True)


async def test_a_browser_event_is_enriched_by_its_connection(
    door: httpx.AsyncClient, browser_source: Source, taking: Workspace
) -> None:
    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36 Edg/124.0.0.0"
    headers = {**basic(browser_source), "User-Agent": agent, "X-Forwarded-For": "10.0.0.1, 198.51.100.9"}
    await door.post("/v1/t", json=track(), headers=headers)
    (row,) = landed(taking)
    assert (row["device"], row["os"], row["browser"], row["bot"]) == ("desktop", "Windows", "Edge", False)
    assert (row["ip"], row["verified"], row["channel"], row["source"]) == ("198.51.100.0", False, "web", "website")


async def test_a_crawler_is_marked(door: httpx.AsyncClient, browser_source: Source, taking: Workspace) -> None:
    agent = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    await door.post("/v1/t", json=track(), headers={**basic(browser_source), "User-Agent": agent})
    (row,) = landed(taking)
    assert (row["bot"], row["device"], row["code"]) == (True, "bot", 0)


async def test_a_page_of_another_origin_may_write_and_read_the_answer(
    door: httpx.AsyncClient, browser_source: Source
) -> None:
    asked = {
        "Origin": "https://shop.test",
        "Access-Control-Request-Headers": "authorization,x-anything",
        "Access-Control-Request-Method": "POST",
    }
    preflight = await door.options("/v1/t", headers=asked)
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-headers"] == "authorization,x-anything"
    assert int(preflight.headers["access-control-max-age"]) > 0
    for key, status in ((browser_source.write_key, 200), ("nobody", 401)):
        answer = await door.post("/v1/t", json=track(writeKey=key), headers={"Origin": "https://shop.test"})
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == "https://shop.test"
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert "Retry-After" in answer.headers["access-control-expose-headers"]
        assert answer.headers["vary"] == "Origin"


async def test_browser_sdks_get_their_settings(door: httpx.AsyncClient, browser_source: Source) -> None:
    key = browser_source.write_key
    segment = await door.get(f"/v1/projects/{key}/settings", headers={"Origin": "https://shop.test"})
    assert segment.json()["integrations"].keys() == {"Segment.io"}
    told = segment.json()["integrations"]["Segment.io"]
    assert told["apiHost"] == "resa.test/v1"
    assert {told["httpConfig"][each]["maxRetryCount"] for each in ("rateLimitConfig", "backoffConfig")} == {100}
    rudder = await door.get("/sourceConfig/", params={"writeKey": key})
    assert rudder.json()["source"]["enabled"] is True
    assert (await door.get("/v1/projects/nobody/settings")).status_code == 404
    assert (await door.get("/sourceConfig/", params={"writeKey": "nobody"})).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/track", 405),
        ("PUT", "/v1/track", 405),
        ("POST", "/v1/nothing", 404),
        ("POST", "/sourceConfig/", 405),
        ("GET", "/v1/x", 404),
    ],
)
async def test_other_paths_and_methods_are_named(method: str, path: str, status: int, door: httpx.AsyncClient) -> None:
    answer = await door.request(method, path)
    assert answer.status_code == status
    assert answer.json()["code"]


async def test_metrics_of_the_browser_sdk_are_taken_and_dropped(door: httpx.AsyncClient) -> None:
    assert (await door.post("/v1/m", content=b"anything")).status_code == 200


# -- too much ------------------------------------------------------------------------------------------------------


def limited(doors: Doors, taking: Workspace, **limits: Any) -> httpx.AsyncClient:
    """A client of a door with other limits, from an address of the internet."""
    application: Any = Door(taking.committer, doors.sources, taking.settings, taking.clock, limits=Limits(**limits))
    transport = httpx.ASGITransport(application, client=("203.0.113.5", 999))
    return httpx.AsyncClient(transport=transport, base_url="http://resa.test")


async def test_a_key_that_sends_too_much_is_told_to_wait(
    doors: Doors, taking: Workspace, server_source: Source, browser_source: Source
) -> None:
    async with limited(doors, taking, key=Rate(per_second=0.5, at_once=2)) as client:
        for source, status in ((server_source, 429), (browser_source, 503)):
            statuses = []
            for n in range(4):
                answer = await client.post("/v1/t", json=track(messageId=f"{source.key}{n}"), headers=basic(source))
                statuses.append(answer.status_code)
            assert statuses == [200, 200, status, status]
            assert 1 <= int(answer.headers["retry-after"]) <= 3


async def test_an_address_that_sends_too_much_is_told_to_wait(
    doors: Doors, taking: Workspace, browser_source: Source, server_source: Source
) -> None:
    async with limited(doors, taking, address=Rate(per_second=0.01, at_once=1)) as client:
        first = await client.post("/v1/t", json=track(messageId="1"), headers=basic(browser_source))
        second = await client.post("/v1/t", json=track(messageId="2"), headers=basic(browser_source))
        server = await client.post("/v1/t", json=track(messageId="3"), headers=basic(server_source))
    assert [answer.status_code for answer in (first, second, server)] == [200, 503, 200]


async def test_bodies_beyond_the_memory_set_aside_are_turned_away_unread(
    doors: Doors, taking: Workspace, browser_source: Source
) -> None:
    async with limited(doors, taking, body_bytes=10) as client:
        answer = await client.post("/v1/t", json=track(), headers=basic(browser_source))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


class Full:
    """A committer that is full for its first calls."""

    def __init__(self, inner: Any, times: int) -> None:
        self.inner, self.times = inner, times

    async def submit(self, drafts: Any, alongside: Any = None) -> Any:
        self.times -= 1
        if self.times >= 0:
            raise Overloaded("Full.", retry_after=3)
        return await self.inner.submit(drafts, alongside)


@pytest.mark.parametrize(("times", "status"), [(2, 200), (99, 503)])
async def test_a_full_committer_is_waited_for_and_then_passed_on(
    times: int, status: int, doors: Doors, taking: Workspace, browser_source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resa.collect.segment._PATIENCE", (0.001, 0.001, 0.001))
    application: Any = Door(Full(taking.committer, times), doors.sources, taking.settings, taking.clock)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://resa.test") as client:
        answer = await client.post("/v1/t", json=track(), headers=basic(browser_source))
    assert answer.status_code == status
    assert status == 200 or answer.headers["retry-after"] == "3"


async def test_a_body_that_never_ends_is_cut_off(doors: Doors, server_source: Source) -> None:
    sent: list[dict[str, Any]] = []
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/batch",
        "headers": [(b"authorization", basic(server_source)["Authorization"].encode())],
        "query_string": b"",
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b" " * 100_000, "more_body": True}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await asyncio.wait_for(doors.segment(scope, receive, send), 5)
    assert sent[0]["status"] == 413


# -- anything at all ------------------------------------------------------------------------------------------------

parts = st.lists(
    st.sampled_from(
        [
            b"{",
            b"}",
            b"[",
            b"]",
            b'"batch"',
            b":",
            b",",
            b'"',
            b"\\u0000",
            b"\\ud800",
            b"NaN",
            b"1e999",
            b"\xff",
            b"\x00",
            b'{"type":"track"}',
            b'"event":"X"',
            b'"userId":"u"',
            b"[" * 2000,
        ]
    )
    | st.binary(max_size=5),
    max_size=30,
)


@given(
    body=parts,
    path=st.sampled_from([*sorted(KINDS), "/v1/x"]),
    packed=st.booleans(),
    agent=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_body_makes_the_server_fail(
    body: list[bytes], path: str, packed: bool, agent: str, door: httpx.AsyncClient, browser_source: Source
) -> None:
    content = b'{"batch":[' + b"".join(body) if path == "/v1/batch" else b"".join(body)
    headers = {**basic(browser_source), "User-Agent": agent}
    answer = await door.post(path, content=gzip.compress(content, mtime=0) if packed else content, headers=headers)
    assert answer.status_code < 500
    assert answer.json()["success"] is (answer.status_code == 200)


@pytest.mark.both_states
async def test_the_write_key_of_the_settings_makes_a_source_once_and_never_comes_back(taking: Workspace) -> None:
    from resa.collect.sources import Sources
    from resa.kernel import audit

    sources = Sources(taking.state, taking.clock)
    made = sources.ensure("wk_1")
    assert made is not None
    assert (made.key, made.kind, made.write_key) == ("website", "browser", "wk_1")
    assert sources.ensure("wk_1") == made
    sources.rotate(audit.SYSTEM, "website")
    assert sources.ensure("wk_1") is None
    assert sources.ensure(None) is None
    assert len(sources.listed()) == 1
