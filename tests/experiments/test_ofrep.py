"""The OpenFeature Remote Evaluation Protocol: one flag, all flags, changes, exposures, against the protocol's own document."""

from __future__ import annotations

import asyncio
import os
from functools import cache
from pathlib import Path
from typing import Any, Final

import httpx
import jsonschema_rs
import msgspec
import pytest
import schemathesis
import yaml
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from tests.experiments.conftest import Programme
from tests.experiments.making import save

SUITE: Final = Path(os.environ.get("RESA_TEST_SUITES", Path(__file__).parents[3] / "shared" / "suites")) / "ofrep"
FLAGS: Final = "/ofrep/v1/evaluate/flags"


@cache
def document() -> dict[str, Any]:
    path = SUITE / "ofrep-openapi.patched.yaml"
    if not path.exists():
        pytest.skip(f"the protocol's document is not in {SUITE} (RESA_TEST_SUITES)")
    with path.open() as file:
        found: dict[str, Any] = yaml.safe_load(file)
    return found


def valid(body: Any, schema: str) -> Any:
    """`body`, if it is what the protocol calls `schema`."""
    whole = {**document(), "$ref": f"#/components/schemas/{schema}"}
    jsonschema_rs.validator_for(whole).validate(body)
    return body


def key(write_key: str) -> dict[str, str]:
    return {"X-API-Key": write_key}


async def one(web: httpx.AsyncClient, programme: Programme, flag: str, **context: Any) -> httpx.Response:
    return await web.post(f"{FLAGS}/{flag}", json={"context": context}, headers=key(programme.server))


async def test_a_flag_says_its_value_and_why(programme: Programme, web: httpx.AsyncClient) -> None:
    found = {
        name: valid((await one(web, programme, flag, **context)).json(), "serverEvaluationSuccess")
        for name, flag, context in (
            ("static", "plain", {}),
            ("default", "discount", {"targetingKey": "device-1"}),
            ("matched", "discount", {"targetingKey": "device-1", "plan": "gold"}),
            ("split", "form", {"targetingKey": "device-2"}),
            ("nobody", "form", {}),
        )
    }
    assert {name: (each["value"], each["reason"]) for name, each in found.items() if name != "split"} == {
        "static": (True, "STATIC"),
        "default": (0.0, "DEFAULT"),
        "matched": (2.5, "TARGETING_MATCH"),
        "nobody": ("as-is", "DEFAULT"),
    }
    assert (found["split"]["reason"], found["split"]["variant"]) == ("SPLIT", found["split"]["value"])
    assert found["split"]["metadata"] == {"rule": "test", "experiment": "form", "phase": "1"}


async def test_numbers_of_a_flag_are_all_of_one_kind(programme: Programme, web: httpx.AsyncClient) -> None:
    save(programme.workspace, "flag", "whole", {"name": "W", "type": "number", "default": 3})
    assert b'"value":3,' in (await one(web, programme, "whole")).content
    assert b'"value":0.0,' in (await one(web, programme, "discount")).content


async def test_what_is_wrong_is_said_in_the_protocols_words(programme: Programme, web: httpx.AsyncClient) -> None:
    unknown = await one(web, programme, "gone")
    assert unknown.status_code == 404
    assert valid(unknown.json(), "flagNotFound")["errorCode"] == "FLAG_NOT_FOUND"
    broken = await web.post(f"{FLAGS}/form", content=b"{", headers=key(programme.server))
    assert broken.status_code == 400
    assert valid(broken.json(), "evaluationFailure")["errorCode"] == "PARSE_ERROR"
    bulk = await web.post(FLAGS, json={"context": 7}, headers=key(programme.server))
    assert (bulk.status_code, valid(bulk.json(), "bulkEvaluationFailure")["errorCode"]) == (400, "PARSE_ERROR")


async def test_all_flags_come_at_once_and_again_only_when_something_changed(
    programme: Programme, web: httpx.AsyncClient
) -> None:
    async def bulk(device: str, etag: str = "") -> httpx.Response:
        headers = {"Authorization": f"Bearer {programme.browser}", "If-None-Match": etag}
        return await web.post(FLAGS, json={"context": {"targetingKey": device}}, headers=headers)

    first = await bulk("device-1")
    body = valid(first.json(), "bulkEvaluationSuccess")
    assert {each["key"] for each in body["flags"]} >= {"form", "discount", "plain"}
    etag = first.headers["etag"]
    assert (await bulk("device-1", etag)).status_code == 304
    programme.flip("flipped")
    assert (await bulk("device-1", etag)).status_code == 200
    assert programme.exposures("device-1") == []


async def test_evaluating_one_flag_exposes_and_evaluating_all_does_not(
    programme: Programme, web: httpx.AsyncClient
) -> None:
    value = (await one(web, programme, "form", targetingKey="device-4", userId="ada")).json()["value"]
    async with asyncio.timeout(10):
        while not (found := programme.exposures("device-4")):
            await asyncio.sleep(0.02)
    assert [(each["variation"], each["device"], each["user"], each["via"]) for each in found] == [
        (value, "device-4", "ada", "ofrep")
    ]


async def test_a_client_that_fetched_all_tells_what_it_showed(programme: Programme, web: httpx.AsyncClient) -> None:
    def track(body: dict[str, Any]) -> Any:
        return web.post("/ofrep/v1/track", json=body, headers=key(programme.browser))

    context = {"targetingKey": "device-3"}
    assert (await track({"context": context, "flag": "form"})).json()["accepted"] == 1
    assert (await track({"context": context, "flag": "plain"})).json()["accepted"] == 0
    details = {"value": 12.5, "currency": "EUR"}
    bought = {"context": context, "trackingEventName": "Order Completed", "trackingEventDetails": details}
    assert (await track(bought)).json()["accepted"] == 1
    (found,) = programme.exposures("device-3")
    assert (found["experiment"], found["device"]) == ("form", "device-3")
    query = "SELECT CAST(revenue AS DOUBLE) AS revenue FROM log WHERE name = 'Order Completed'"
    assert programme.workspace.body.query(query).to_pylist() == [{"revenue": 12.5}]


async def test_the_stream_says_when_to_fetch_again(programme: Programme, served: str) -> None:
    async with httpx.AsyncClient(base_url=served, timeout=20) as client:
        bulk = await client.post(FLAGS, json={"context": {}}, headers=key(programme.browser))
        at = bulk.json()["eventStreams"][0]["endpoint"]["requestUri"]
        async with client.stream("GET", at) as stream, asyncio.timeout(10):
            lines = stream.aiter_lines()
            assert await anext(lines) == ": open"
            programme.flip("flipped")
            said = [line async for line in _until(lines, "data: ")]
    assert "event: message" in said
    event = msgspec.json.decode(said[-1][6:])
    assert valid(event, "sseEventData")["type"] == "refetchEvaluation"


async def _until(lines: Any, prefix: str) -> Any:
    async for line in lines:
        yield line
        if line.startswith(prefix):
            return


@pytest.mark.full
def test_no_call_fits_the_protocol_and_gets_what_does_not(programme: Programme, served: str) -> None:
    """Schemathesis against the protocol's document: random calls, the edges of every schema, calls without a key."""
    whole = document()
    scheme = {"ApiKeyAuth": {"api_key": programme.server}}
    settings = {
        "base-url": served,
        "continue-on-failure": True,
        "auth": {"openapi": scheme},
        "checks": {name: {"enabled": False} for name in UNSUITABLE},
        "phases": {"examples": {"enabled": False}, "stateful": {"enabled": False}},
        "generation": {"mode": "all", "max-examples": 30, "deterministic": True, "no-shrink": True, "database": "none"},
    }
    schema = schemathesis.openapi.from_dict(whole, config=SchemathesisConfig.from_dict(settings))
    failures: dict[str, str] = {}
    calls = 0
    for event in from_schema(schema).execute():
        assert not isinstance(event, events.FatalError), event.exception
        if isinstance(event, events.NonFatalError):
            failures[event.label] = str(event.value)
        if isinstance(event, events.ScenarioFinished):
            for number, call in event.recorder.interactions.items():
                calls += 1
                for check in event.recorder.checks.get(number, []):
                    if check.failure_info is not None:
                        said = check.failure_info.failure
                        failures[said.title] = f"{said.message} {call.request.uri} {call.request.body!r}"[:1500]
    assert failures == {}
    assert calls > 100


UNSUITABLE: Final = (
    "positive_data_acceptance",  # a flag of that key need not exist
    "negative_data_rejection",  # a context with odd values is one: they match no condition
    "unsupported_method",  # OPTIONS is answered, as browsers need
    "missing_required_header",
)
