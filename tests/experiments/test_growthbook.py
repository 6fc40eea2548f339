"""GrowthBook's protocol: what its clients are given, and what of theirs is believed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest
import sqlalchemy as sa

from resa.collect.sources import new_payload_key
from resa.experiments import engine, foreign
from resa.experiments.engine import Asking, encryption
from resa.kernel import audit
from resa.kernel.decisions import Decided
from tests.experiments.conftest import Programme
from tests.experiments.making import experiment, flag_of, save


def assigned(programme: Programme, device: str) -> str:
    found = programme.delivery.programme.assign("form", engine.Asking({"id": device}))
    assert found is not None
    return found.variation


def other(variation: str) -> str:
    return "short" if variation == "as-is" else "as-is"


async def test_the_payload_is_fetched_once_and_then_only_when_it_changed(
    programme: Programme, web: httpx.AsyncClient
) -> None:
    at = f"/api/features/{programme.browser}"
    first = await web.get(at, headers={"Origin": "https://shop.example"})
    assert first.status_code == 200
    parts = {"status", "features", "experiments", "savedGroups", "contextualBandits", "dateUpdated"}
    assert set(first.json()) == parts
    assert {"form", "plain"} <= set(first.json()["features"])
    assert "discount" not in first.json()["features"]
    assert first.headers["x-sse-support"] == "enabled"
    assert first.headers["access-control-allow-origin"] == "https://shop.example"
    assert "ETag" in first.headers["access-control-expose-headers"]
    again = await web.get(at, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    programme.flip("flipped")
    assert (await web.get(at, headers={"If-None-Match": first.headers["etag"]})).status_code == 200


async def test_an_encrypted_payload_says_the_same_to_who_has_the_key_and_nothing_to_others(
    programme: Programme, web: httpx.AsyncClient
) -> None:
    sealed, plain = programme.encrypted("Sealed"), (await web.get(f"/api/features/{programme.browser}")).json()
    at = f"/api/features/{sealed.write_key}"
    answer = await web.get(at)
    told = answer.json()
    parts = ("features", "experiments", "savedGroups", "contextualBandits")
    assert {name: part for name, part in told.items() if not name.startswith("encrypted")} == {
        "status": 200,
        "features": {},
        "experiments": [],
        "dateUpdated": plain["dateUpdated"],
    }
    for name in parts:
        text = encryption.decrypt(told[f"encrypted{name[0].upper()}{name[1:]}"], str(sealed.payload_key))
        assert msgspec.json.decode(text or "") == plain[name], name
    mark = {"If-None-Match": answer.headers["etag"]}
    assert (await web.get(at, headers=mark)).status_code == 304
    programme.doors.sources.encrypt_payloads(audit.SYSTEM, sealed.key, new_payload_key())
    renewed = await web.get(at, headers=mark)
    assert renewed.status_code == 200
    assert encryption.decrypt(renewed.json()["encryptedFeatures"], str(sealed.payload_key)) is None
    programme.doors.sources.encrypt_payloads(audit.SYSTEM, sealed.key, None)
    assert (await web.get(at)).json() == plain


async def test_who_has_no_key_gets_nothing(programme: Programme, web: httpx.AsyncClient) -> None:
    answers = [
        await web.get("/api/features/sdk-nobody"),
        await web.get("/sub/sdk-nobody"),
        await web.post("/api/eval/sdk-nobody", json={}),
        await web.post("/track?client_key=sdk-nobody", content=b"[]"),
        await web.post("/ofrep/v1/evaluate/flags", json={}),
    ]
    assert [each.status_code for each in answers] == [401] * 5
    assert all("code" in each.json() and "message" in each.json() for each in answers)


async def test_other_methods_and_preflights(programme: Programme, web: httpx.AsyncClient) -> None:
    at = f"/api/eval/{programme.browser}"
    assert (await web.get(at)).status_code == 405
    found = await web.options(at, headers={"Origin": "https://x.example", "Access-Control-Request-Headers": "x-a"})
    assert (found.status_code, found.headers["access-control-allow-headers"]) == (204, "x-a")


async def test_remote_evaluation_tells_values_and_no_rules(programme: Programme, web: httpx.AsyncClient) -> None:
    asked = {"attributes": {"id": "device-1", "plan": "gold"}, "url": "https://shop.example/", "forcedFeatures": []}
    found = (await web.post(f"/api/eval/{programme.browser}", json=asked)).json()
    features = found["features"]
    assert features["discount"] == {"defaultValue": 2.5}
    assert "gold" not in str({key: value for key, value in features.items() if key != "discount"})
    rule = features["form"]["rules"][0]
    assert rule["force"] == assigned(programme, "device-1")
    assert rule["tracks"][0]["result"]["hashValue"] == "device-1"
    client = engine.compile(found)
    told: list[tuple[Any, str]] = []
    value = client.feature("form", {}, exposed=lambda each, result: told.append((each["key"], result.key))).value
    assert told == [("form", value)]


async def test_overrides_of_a_developer_are_heeded_and_not_counted(
    programme: Programme, web: httpx.AsyncClient
) -> None:
    wanted = other(assigned(programme, "device-1"))
    asked = {
        "attributes": {"id": "device-1"},
        "forcedVariations": {"form": ["as-is", "short"].index(wanted)},
        "forcedFeatures": [["plain", "forced"]],
    }
    features = (await web.post(f"/api/eval/{programme.browser}", json=asked)).json()["features"]
    assert features["form"] == {"defaultValue": wanted}
    assert features["plain"] == {"defaultValue": "forced"}


async def test_an_exposure_counts_if_the_bucket_says_the_same(programme: Programme, web: httpx.AsyncClient) -> None:
    def viewed(device: str, variation: str) -> dict[str, Any]:
        said = {"experimentId": "form", "variationId": variation, "hashAttribute": "id", "hashValue": device}
        return {"event_name": "Experiment Viewed", "properties_json": said, "device_id": device, "utm_source": "mail"}

    right = assigned(programme, "device-1")
    events = [
        viewed("device-1", right),
        viewed("device-1", other(right)),
        viewed("device-2", str(["as-is", "short"].index(assigned(programme, "device-2")))),
        {"event_name": "Feature Evaluated", "properties_json": {"feature": "form"}, "device_id": "device-1"},
        {"event_name": "Coupon Used", "properties_json": '{"code": "SPRING"}', "device_id": "device-1"},
    ]
    answer = await web.post(
        f"/track?client_key={programme.browser}",
        content=msgspec.json.encode(events),
        headers={"Content-Type": "text/plain"},
    )
    assert answer.json()["accepted"] == 3, answer.text
    (failed,) = answer.json()["failed"]
    assert (failed["index"], failed["field"]) == (1, "properties.variation")
    found = programme.exposures("device-1", "device-2")
    assert found[0] == {
        "experiment": "form",
        "variation": right,
        "phase": 1,
        "unit_kind": "device",
        "unit": "device-1",
        "probability": 0.5,
        "decision": None,
        "via": "growthbook",
        "device": "device-1",
        "user": None,
    }
    assert (len(found), found[1]["variation"]) == (2, assigned(programme, "device-2"))
    other_events = programme.workspace.body.query("SELECT name FROM log WHERE name = 'Coupon Used'")
    assert other_events.num_rows == 1


async def track(web: httpx.AsyncClient, key: str, device: str, **properties: Any) -> dict[str, Any]:
    sent = {"event": "Experiment Viewed", "anonymousId": device, "properties": properties, "writeKey": key}
    found: dict[str, Any] = (await web.post("/v1/track", json=sent)).json()
    return found


async def test_a_browser_is_believed_with_the_signed_decision(programme: Programme, web: httpx.AsyncClient) -> None:
    signer = programme.workspace.decisions.signer
    token = signer.sign(Decided("d7", "experiment:form", "short", 0.8, "device", "device-9", 1))
    stolen = await track(web, programme.browser, "device-8", decision=token)
    forged = await track(
        web, programme.browser, "device-9", decision=token[:-2] + "AA", experiment="form", variation="x"
    )
    good = await track(web, programme.browser, "device-9", decision=token)
    assert (stolen["accepted"], forged["accepted"], good["accepted"]) == (0, 0, 1)
    (found,) = programme.exposures("device-8", "device-9")
    assert (found["variation"], found["probability"], found["decision"], found["via"]) == ("short", 0.8, "d7", "sdk")


async def test_a_browser_tells_of_its_own_device_and_user_only(programme: Programme, web: httpx.AsyncClient) -> None:
    right = assigned(programme, "hashed-1")
    said = {"experiment": "form", "variation": right, "hashAttribute": "id", "hashValue": "hashed-1"}
    another = await track(web, programme.browser, "hashed-2", **said)
    assert (another["accepted"], another["failed"][0]["field"]) == (0, "properties.hashValue")
    assert (await track(web, programme.browser, "hashed-1", **said))["accepted"] == 1
    assert (await track(web, programme.server, "hashed-3", **said))["accepted"] == 1
    plugin = {"event_name": "Experiment Viewed", "properties_json": said, "device_id": "hashed-4"}
    sent = [plugin, {**plugin, "user_id": "hashed-1"}]
    answer = (await web.post(f"/track?client_key={programme.browser}", json=sent)).json()
    assert (answer["accepted"], [each["index"] for each in answer["failed"]]) == (1, [0])


async def test_a_decision_counts_in_the_phase_it_was_made_in(programme: Programme, web: httpx.AsyncClient) -> None:
    signer = programme.workspace.decisions.signer
    save(programme.workspace, "experiment", "slow", experiment())
    programme.delivery.lifecycle.start("slow", audit.SYSTEM)
    programme.delivery.lifecycle.reweigh("slow", audit.SYSTEM, weights={"as-is": 1, "short": 9})
    token = signer.sign(Decided("d8", "experiment:slow", "as-is", 0.5, "device", "slow-1", 1, phase=1))
    assert (await track(web, programme.browser, "slow-1", decision=token))["accepted"] == 1
    assert [each["phase"] for each in programme.exposures("slow-1")] == [1]


def test_a_customer_who_is_not_known_is_assigned_as_a_device(programme: Programme) -> None:
    save(programme.workspace, "experiment", "people", experiment(unit="customer"))
    programme.delivery.lifecycle.start("people", audit.SYSTEM)
    stickies = programme.delivery.stickies
    kinds = []
    for attributes in ({"id": "phone-9"}, {"id": "phone-9", "userId": "ada-9"}):
        found = programme.delivery.programme.assign("people", engine.Asking(attributes, stickies=stickies))
        assert found is not None
        kinds.append((found.unit_kind, found.unit))
    assert kinds == [("device", "phone-9"), ("customer", "ada-9")]


async def test_a_browser_does_not_choose_what_another_user_keeps(programme: Programme, web: httpx.AsyncClient) -> None:
    """Beside a device of its own in the wanted variation it names a user who was never assigned: nothing is kept of them."""
    body = experiment(unit="customer") | {"name": "By customer"}
    save(programme.workspace, "experiment", "kept", body)
    programme.delivery.lifecycle.start("kept", audit.SYSTEM)
    values = {"as-is": "as-is", "short": "short"}
    save(programme.workspace, "flag", "kept", flag_of("kept", values))
    assigned = programme.delivery.programme.assign("kept", Asking({"userId": "victim-7"}))
    assert assigned is not None

    async def got(key: str, device: str, user: str | None) -> Any:
        attributes = {"id": device} | ({} if user is None else {"userId": user})
        answer = await web.post(f"/api/eval/{key}", json={"attributes": attributes})
        return answer.json()["features"]["kept"]["defaultValue"]

    devices = {f"eve-{number}": await got(programme.browser, f"eve-{number}", None) for number in range(20)}
    other = next(device for device, given in devices.items() if given != assigned.variation)
    assert await got(programme.browser, other, "victim-7") != assigned.variation, (
        "the device's own stays after a log-in"
    )
    nothing = programme.delivery.stickies.get("userId||victim-7")
    assert nothing is not None
    assert nothing["assignments"] == {}
    assert await got(programme.browser, "victims-phone", "victim-7") == assigned.variation
    assert await got(programme.server, other, "trusted-7") != assigned.variation
    kept = programme.delivery.stickies.get("userId||trusted-7")
    assert kept is not None
    assert list(kept["assignments"].values()) == [devices[other]], "a server's word is kept, on every device"


def test_what_changes_while_the_programme_is_compiled_is_not_missed(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled, read = programme.delivery.programme, programme.delivery.programme.ramps
    rounds: list[int] = []

    def meanwhile() -> Any:
        found = read()
        rounds.append(1)
        if len(rounds) == 1:
            compiled.forget()  # a ramp was rolled back just after it was read
        return found

    monkeypatch.setattr(compiled, "ramps", meanwhile)
    compiled.forget()
    for _ in range(3):
        compiled.current()
    assert len(rounds) == 2


def test_a_state_store_that_is_away_leaves_the_programme_in_force(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = programme.delivery.programme
    before = compiled.current()
    monkeypatch.setattr("resa.experiments.programme._FRESH_SECONDS", 0.0)

    def away(_kind: str) -> Any:
        raise sa.exc.OperationalError("SELECT", None, OSError("gone"))

    with monkeypatch.context() as broken:
        broken.setattr(programme.workspace.definitions, "all", away)
        compiled.forget()
        assert compiled.current() is before
    assert compiled.current().changed >= before.changed
    assert compiled.current() is not before


async def test_who_has_not_fetched_the_new_phase_yet_is_believed(programme: Programme, web: httpx.AsyncClient) -> None:
    save(programme.workspace, "experiment", "late", experiment())
    programme.delivery.lifecycle.start("late", audit.SYSTEM)
    devices = [f"late-{number}" for number in range(40)]

    def assignments() -> dict[str, str]:
        found = {each: programme.delivery.programme.assign("late", engine.Asking({"id": each})) for each in devices}
        return {device: each.variation for device, each in found.items() if each is not None}

    before = assignments()
    programme.delivery.lifecycle.reweigh("late", audit.SYSTEM, weights={"as-is": 1, "short": 9})
    now = assignments()
    moved = next(device for device in devices if before[device] != now[device])
    stayed = next(device for device in devices if before[device] == now[device])
    for device in (moved, stayed):
        sent = {"experiment": "late", "variation": before[device]}
        assert (await track(web, programme.browser, device, **sent))["accepted"] == 1
    wrong = {"experiment": "late", "variation": other(now[stayed])}
    assert (await track(web, programme.browser, stayed, **wrong))["accepted"] == 0
    found = {each["device"]: (each["phase"], each["probability"]) for each in programme.exposures(moved, stayed)}
    assert found[moved] == (1, 0.5)
    assert found[stayed][0] == 2


async def test_a_server_is_believed_if_there_is_such_a_variation(programme: Programme, web: httpx.AsyncClient) -> None:
    wrong = other(assigned(programme, "device-5"))
    assert (await track(web, programme.server, "device-5", experiment_id="form", variation_id=wrong))["accepted"] == 1
    assert (await track(web, programme.server, "device-5", experiment="form", variation="gone"))["accepted"] == 0
    assert (await track(web, programme.server, "device-5", experiment="gone", variation="short"))["accepted"] == 0
    (found,) = programme.exposures("device-5")
    assert (found["variation"], found["via"]) == (wrong, "server")


async def test_other_events_of_resa_stay_closed_to_browsers(programme: Programme, web: httpx.AsyncClient) -> None:
    sent = {"event": "Merge Undone", "anonymousId": "a", "writeKey": programme.browser}
    assert (await web.post("/v1/track", json=sent)).json()["failed"][0]["field"] == "event"


async def test_odd_bodies_are_refused_or_harmless(programme: Programme, web: httpx.AsyncClient) -> None:
    for body in (b"", b"{", b"[1]", b'"x"', b"[[[", b"\xff\xfe", b'{"attributes": 7}', b'{"url": {"a": 1}}'):
        evaluated = await web.post(f"/api/eval/{programme.browser}", content=body)
        tracked = await web.post(f"/track?client_key={programme.browser}", content=body)
        asked = await web.post(f"/ofrep/v1/evaluate/flags?key={programme.browser}", content=body)
        assert {evaluated.status_code, tracked.status_code, asked.status_code} <= {200, 400}, body
    large = await web.post(f"/api/eval/{programme.browser}", content=b" " * 200_000)
    assert large.status_code == 413


async def test_a_stream_brings_the_payload_when_it_changes(programme: Programme, served: str) -> None:
    async with (
        httpx.AsyncClient(base_url=served, timeout=20) as client,
        client.stream("GET", f"/sub/{programme.browser}") as stream,
    ):
        lines = stream.aiter_lines()
        assert await anext(lines) == ": open"
        value = programme.flip("flipped")
        async with asyncio.timeout(10):
            async for line in lines:
                if line.startswith("data: "):
                    break
        assert msgspec.json.decode(line[6:])["features"]["flipped"]["defaultValue"] is value


async def test_a_stream_of_an_encrypted_source_is_encrypted_with_the_key_it_has_then(
    programme: Programme, served: str
) -> None:
    sealed = programme.encrypted("Streamed")
    async with (
        httpx.AsyncClient(base_url=served, timeout=20) as client,
        client.stream("GET", f"/sub/{sealed.write_key}") as stream,
    ):
        lines = stream.aiter_lines()
        assert await anext(lines) == ": open"
        key = new_payload_key()
        programme.doors.sources.encrypt_payloads(audit.SYSTEM, sealed.key, key)
        async with asyncio.timeout(10):
            told = [msgspec.json.decode(line[6:]) async for line in _first(lines)]
    assert told[0]["features"] == {}
    features = msgspec.json.decode(encryption.decrypt(told[0]["encryptedFeatures"], key) or "")
    assert features["plain"]["defaultValue"] is True


async def _first(lines: AsyncIterator[str]) -> AsyncIterator[str]:
    """The first line that carries data."""
    async for line in lines:
        if line.startswith("data: "):
            yield line
            return


async def test_while_a_change_is_compiled_others_do_not_wait_and_it_is_compiled_once_for_all(
    programme: Programme, web: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled, read, going_on = programme.delivery.programme, programme.delivery.programme.ramps, threading.Event()
    compiled.current()
    rounds: list[bool] = []

    def slowly() -> Any:
        rounds.append(going_on.wait(20))
        return read()

    monkeypatch.setattr(compiled, "ramps", slowly)
    value = programme.flip("slow")
    key, evaluate = programme.browser, "/ofrep/v1/evaluate/flags/slow"
    asked = [asyncio.ensure_future(web.get(f"/api/features/{key}")) for _ in range(12)]
    asked.append(asyncio.ensure_future(web.post(f"{evaluate}?key={key}", json={"context": {"targetingKey": "d"}})))
    other = await web.post(f"/track?client_key={key}", content=b"[]")
    assert other.status_code == 200
    assert not any(each.done() for each in asked)
    going_on.set()
    *features, evaluated = await asyncio.gather(*asked)
    assert {each.json()["features"]["slow"]["defaultValue"] for each in features} == {value}
    assert evaluated.json()["value"] is value
    assert rounds == [True]


async def test_streams_push_once_for_each_change(programme: Programme, served: str) -> None:
    async def told(client: httpx.AsyncClient, until: bool) -> list[bool]:
        """The values of a flag in the order they were pushed, up to the third change."""
        values: list[bool] = []
        async with client.stream("GET", f"/sub/{programme.browser}") as stream:
            async for line in stream.aiter_lines():
                if line == ": open":
                    opened.append(until)
                if line.startswith("data: "):
                    values.append(msgspec.json.decode(line[6:])["features"]["thrice"]["defaultValue"])
                    seen.append(until)
                if len(values) == 3:
                    break
        return values

    opened: list[bool] = []
    seen: list[bool] = []
    programme.flip("thrice")
    async with httpx.AsyncClient(base_url=served, timeout=20) as client, asyncio.timeout(20):
        both = asyncio.ensure_future(asyncio.gather(told(client, True), told(client, False)))
        changes = []
        for number in range(3):
            while min(len(opened), len(seen) - 2 * number + 2) < 2:
                await asyncio.sleep(0.01)
            changes.append(programme.flip("thrice"))
        assert list(await both) == [changes, changes]


async def test_one_visitor_can_not_take_the_streams_of_all(
    programme: Programme, served: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreign, "MOST_STREAMS_OF_AN_ADDRESS", 1)
    here, there = {"X-Forwarded-For": "203.0.113.7"}, {"X-Forwarded-For": "203.0.113.8"}
    at = f"/sub/{programme.browser}"
    async with (
        httpx.AsyncClient(base_url=served, timeout=20) as client,
        client.stream("GET", at, headers=here) as first,
    ):
        assert await anext(first.aiter_lines()) == ": open"
        assert (await client.get(at, headers=here)).status_code == 429
        async with client.stream("GET", at, headers=there) as other_visitor:
            assert other_visitor.status_code == 200
        async with client.stream("GET", f"/sub/{programme.server}", headers=here) as server:
            assert server.status_code == 200


async def test_streams_of_a_key_are_capped_and_counted_out(
    programme: Programme, served: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreign, "MOST_STREAMS_OF_A_KEY", 1)
    at = f"/sub/{programme.server}"
    async with httpx.AsyncClient(base_url=served, timeout=20) as client:
        async with client.stream("GET", at) as first:
            assert first.status_code == 200
            assert await anext(first.aiter_lines()) == ": open"
            refused = await client.get(at)
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
        async with asyncio.timeout(10):
            while (await client.send(client.build_request("GET", at), stream=True)).status_code == 429:
                await asyncio.sleep(0.05)
