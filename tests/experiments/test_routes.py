"""Experiments and flags over the API: an experiment's life, a ramp, what is refused and who is told."""

from __future__ import annotations

from typing import Any

import httpx

from tests.cast import Cast
from tests.experiments.making import METRIC, experiment, flag_of


async def made(editor: httpx.AsyncClient, kind: str, key: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await editor.post(f"/api/{kind}", json={"key": key, "body": body})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_an_experiments_life(
    editor: httpx.AsyncClient, viewer: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    await made(editor, "experiments", "form", experiment())
    await made(editor, "flags", "form", flag_of("form", {"as-is": "as-is", "short": "short"}, public=True))
    at = "/api/experiments/form"
    checklist = (await viewer.get(f"{at}/checklist")).json()
    assert checklist["ready"] is False
    assert [each["code"] for each in checklist["items"] if each["needed"] and not each["done"]] == ["metrics"]
    refused = await editor.post(f"{at}/start", json={})
    assert (refused.status_code, refused.json()["code"]) == (400, "not_ready")

    await made(editor, "metrics", "orders", METRIC)
    assert (await viewer.post(f"{at}/start", json={})).status_code == 403
    late = await editor.post(f"{at}/start", json={"expected_version": 7})
    assert late.status_code == 409
    started = (await editor.post(f"{at}/start", json={"expected_version": 1})).json()
    body = started["body"]
    assert (body["status"], body["phase"], body["pins"], started["version"]) == ("running", 1, {"metric:orders": 1}, 2)
    assert body["seed"].startswith("form-")
    assert (await editor.post(f"{at}/start", json={})).status_code == 409

    asked = {"attributes": {"id": "device-1"}}
    value = (await viewer.post("/api/flags/form/evaluate", json=asked)).json()
    assert (value["source"], value["experiment"], value["variation"]) == ("experiment", "form", value["value"])
    assert (await viewer.get("/api/flags/form")).json()["handed_out"] is True

    phase = (await editor.post(f"{at}/phase", json={"weights": {"short": 3}})).json()["body"]
    assert (phase["phase"], phase["seed"]) == (2, body["seed"])
    pieces = phase["allocation"]
    assert [(each["variation"], each["from"], each["to"]) for each in pieces] == [
        ("as-is", 0.0, 0.25),
        ("short", 0.25, 1.0),
    ]
    unknown = await editor.post(f"{at}/phase", json={"weights": {"gone": 3}})
    assert (unknown.status_code, unknown.json()["field"]) == (400, "weights")
    anew = (await editor.post(f"{at}/phase", json={"anew": True})).json()["body"]
    assert (anew["phase"], anew["version"], anew["allocation"]) == (3, 1, None)
    assert anew["seed"] != body["seed"]

    phases = (await viewer.get(f"{at}/phases")).json()["items"]
    assert [(each["phase"], each["weights"]["short"], each["anew"]) for each in phases] == [
        (1, 0.5, True),
        (2, 0.75, False),
        (3, 0.75, True),
    ]
    assert [each["ended"] for each in phases] == [phases[1]["started"], phases[2]["started"], None]
    assert (await viewer.get("/api/experiments/gone/phases")).status_code == 404

    paused = (await editor.post(f"{at}/pause", json={})).json()["body"]
    assert paused["status"] == "paused"
    assert (await editor.post(f"{at}/start", json={})).json()["body"]["phase"] == 3
    stopped = (await editor.post(f"{at}/stop", json={"learning": "Shorter is better."})).json()["body"]
    assert (stopped["status"], stopped["learning"], bool(stopped["ended"])) == ("stopped", "Shorter is better.", True)
    shipped = (await editor.post(f"{at}/ship", json={"variation": "short"})).json()["body"]
    assert (shipped["status"], shipped["shipped"], shipped["ended"]) == ("shipped", "short", stopped["ended"])
    rows = (await viewer.get("/api/experiments")).json()["items"]
    assert [(row["key"], row["status"], row["variations"]) for row in rows] == [("form", "shipped", ["as-is", "short"])]
    entries = (await admin.get("/api/audit")).json()["items"]
    told = [each["action"] for each in entries if each["object"] == "experiment:form"]
    assert {"experiment.started", "experiment.phase", "experiment.renewed", "experiment.shipped"} <= set(told)


async def test_a_ramp_over_the_api(editor: httpx.AsyncClient, viewer: httpx.AsyncClient) -> None:
    steps = [{"hours": 0, "coverage": 0.25}, {"hours": 24, "coverage": 1}]
    then = {"type": "ramp", "value": True, "steps": steps, "guardrails": ["errors"]}
    await made(editor, "flags", "fast", {"name": "Fast", "rules": [{"id": "up", "then": then}]})
    at = "/api/flags/fast/ramps/up"
    early = await editor.post(at, json={"action": "hold"})
    assert early.status_code == 409
    begun = (await editor.post(at, json={"action": "start"})).json()
    assert (begun["status"], begun["coverage"], bool(begun["next"])) == ("climbing", 0.25, True)
    assert (await editor.post(at, json={"action": "start"})).status_code == 409
    assert (await editor.post(at, json={"action": "hold"})).json()["status"] == "held"
    assert (await viewer.get("/api/flags/fast")).json()["ramps"][0]["coverage"] == 0.25
    assert (await editor.post(at, json={"action": "finish"})).json()["coverage"] == 1
    back = (await editor.post(at, json={"action": "roll_back"})).json()
    assert (back["coverage"], back["reason"], back["harmed"]) == (0, "by hand", None)
    assert (await editor.post("/api/flags/fast/ramps/gone", json={"action": "start"})).status_code == 404
    assert (await viewer.post(at, json={"action": "start"})).status_code == 403


async def test_a_fractional_design_says_what_it_can_tell_apart(editor: httpx.AsyncClient) -> None:
    factors = [{"key": f"f{each}", "levels": [{"key": f"a{each}"}, {"key": f"b{each}"}]} for each in range(5)]
    body = {"name": "Five", "factors": factors, "fraction": "half"}
    page = await made(editor, "experiments", "five", body)
    assert (page["resolution"], len(page["arms"]), page["arms"][0]) == (5, 16, "a0-a1-a2-a3-a4")
    refused = await editor.post("/api/experiments", json={"key": "x", "body": body | {"fraction": "eighth"}})
    assert (refused.status_code, refused.json()["field"]) == (400, "fraction")


async def test_what_is_refused_says_what_to_do(cast: Cast) -> None:
    editor = await cast.member("editor")
    force = {"type": "force", "value": True}
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("experiments", {"name": "E", "variations": [{"key": "a"}]}, "variations"),
        ("experiments", experiment(variations=[{"key": "a"}, {"key": "a"}]), "variations[1]"),
        ("experiments", experiment(condition={"age": {"$older": 3}}), "condition.age.$older"),
        ("experiments", experiment(condition={"$and": 3}), "condition.$and"),
        ("experiments", experiment(condition={"a": {"$regex": "("}}), "condition.a.$regex"),
        ("experiments", experiment(condition={"$or": [{"a": 1}, {"a": {"$in": []}}]}), "condition.$or[1].a.$in"),
        ("experiments", experiment(condition={"a": {"$regexi": ""}}), "condition.a.$regexi"),
        ("experiments", experiment(condition={"a": {"$gte": ""}}), "condition.a.$gte"),
        ("experiments", experiment(condition={"": "SE"}), "condition"),
        ("experiments", experiment(layer={"key": "l", "from": 0.5, "to": 0.5}), "layer.to"),
        ("experiments", experiment(schedule={"start": "tomorrow"}), "schedule.start"),
        ("experiments", experiment(status="running"), "status"),
        ("experiments", experiment(fraction="half"), "fraction"),
        ("flags", {"name": "F", "type": "number", "default": True}, "default"),
        ("flags", {"name": "F", "rules": [{"id": "r", "then": force}, {"id": "r", "then": force}]}, "rules[1]"),
        ("flags", {"name": "F", "type": "string", "default": "", "rules": [{"id": "r", "then": force}]}, "rules[0].then.value"),
        ("flags", {"name": "F", "public": True, "rules": [{"id": "r", "condition": {"email": 1}, "then": force}]},
         "rules[0].condition"),
        ("holdouts", {"name": "H", "share": 0.9}, "share"),
    ]  # fmt: skip
    for kind, body, field in cases:
        answer = await editor.post(f"/api/{kind}", json={"key": "odd", "body": body})
        assert (answer.status_code, answer.json()["field"]) == (400, field), (body, answer.text)
        assert answer.json()["remedy"]


async def test_flags_that_wait_for_each_other_are_refused(editor: httpx.AsyncClient) -> None:
    def waits(other: str) -> dict[str, Any]:
        rules = [{"id": "r", "prerequisites": [{"flag": other}], "then": {"type": "force", "value": True}}]
        return {"name": "F", "rules": rules}

    await made(editor, "flags", "one", waits("two"))
    refused = await editor.post("/api/flags", json={"key": "two", "body": waits("one")})
    assert (refused.status_code, refused.json()["field"]) == (400, "rules[0].prerequisites[0].flag")


async def test_a_layer_tells_who_holds_which_part_of_it(editor: httpx.AsyncClient, viewer: httpx.AsyncClient) -> None:
    await made(editor, "layers", "till", {"name": "Till"})
    await made(editor, "experiments", "late", experiment(layer={"key": "till", "from": 0.5, "to": 1}))
    await made(editor, "experiments", "early", experiment(layer={"key": "till", "from": 0, "to": 0.3}))
    row = (await viewer.get("/api/layers")).json()["items"][0]
    assert [(part["experiment"], part["from"], part["to"], part["status"]) for part in row["parts"]] == [
        ("early", 0, 0.3, "draft"),
        ("late", 0.5, 1, "draft"),
    ]
