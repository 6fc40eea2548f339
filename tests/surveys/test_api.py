"""Answering, reading and exporting by API, and the preview of what is being edited."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from resa.kernel.metrics import starters
from resa.kernel.workspace import Workspace
from tests.cast import Cast
from tests.surveys.conftest import Clock, logged
from tests.surveys.making import GIVEN, KINDS, question, survey
from tests.surveys.test_hosted import form, hidden, title

Save = Callable[..., int]


async def test_a_server_answers_for_its_customer_all_at_once_or_in_parts(
    saved: Save, cast: Cast, workspace: Workspace
) -> None:
    saved("loyal", question("nps", required=True), question("text"))
    server = await cast.key("events:write")
    at = "/api/surveys/loyal/responses"
    whole = await server.post(at, json={"user_id": "ada", "answers": {"nps": 9, "text": "Good."}, "request": "r-1"})
    assert (whole.status_code, whole.json()["state"], whole.json()["next"]) == (200, "complete", None)
    begun = await server.post(at, json={"user_id": "bo", "answers": {"nps": 2}, "complete": False})
    assert (begun.json()["state"], begun.json()["next"]) == ("open", "text")
    going_on = {"user_id": "bo", "answers": {"text": "Late."}, "response": begun.json()["response"]}
    for _ in range(2):  # a call that is repeated counts once
        assert (await server.post(at, json=going_on)).json()["state"] == "complete"
    assert [json.loads(event["properties"])["score"] for event in logged(workspace)] == [9, 2]
    assert [event["channel"] for event in logged(workspace)] == ["server", "server"]
    missing = await server.post(at, json={"user_id": "cy", "answers": {"text": "?"}})
    assert (missing.status_code, missing.json()["code"], missing.json()["field"]) == (400, "required", "answers.nps")


async def test_a_survey_that_is_not_answered_by_api_says_so(saved: Save, editor: httpx.AsyncClient) -> None:
    saved("site", channels=["site"])
    saved("ended", status="ended")
    told = await editor.post("/api/surveys/site/responses", json={"answers": {}})
    assert (told.status_code, told.json()["field"]) == (400, "channel")
    assert (await editor.post("/api/surveys/ended/responses", json={"answers": {}})).json()["code"] == "closed"
    assert (await editor.post("/api/surveys/nothing/responses", json={"answers": {}})).status_code == 404


async def test_responses_are_listed_paged_and_exported(
    saved: Save, editor: httpx.AsyncClient, workspace: Workspace, clock: Clock
) -> None:
    saved("loyal", quota=10)
    for number in range(3):
        clock.on(1)
        answers = {"nps": number, "text": f"=cmd|{number}"}
        await editor.post("/api/surveys/loyal/responses", json={"user_id": f"u{number}", "answers": answers})
    workspace.settle()
    first = (await editor.get("/api/surveys/loyal/responses?limit=2")).json()
    assert ([row["score"] for row in first["items"]], first["total"], first["taken"]) == ([2, 1], 3, {"": 3})
    rest = (await editor.get(f"/api/surveys/loyal/responses?limit=2&cursor={first['next']}")).json()
    assert ([row["score"] for row in rest["items"]], rest["next"]) == ([0], None)
    one = (await editor.get(f"/api/survey-responses/{rest['items'][0]['response']}")).json()
    assert (one["answers"], one["profile"][:2]) == ({"nps": 0, "text": "=cmd|0"}, "p_")
    rows = list(csv.DictReader(io.StringIO((await editor.get("/api/surveys/loyal/responses/export")).text)))
    assert (rows[0]["answer_nps"], rows[0]["answer_text"]) == ("2", "'=cmd|2")
    parquet = await editor.get("/api/surveys/loyal/responses/export?form=parquet")
    assert parquet.content[:4] == b"PAR1"


async def test_a_preview_walks_through_what_is_not_saved_and_records_nothing(
    editor: httpx.AsyncClient, visitor: httpx.AsyncClient, workspace: Workspace
) -> None:
    why = question("text", "why", show_if=[{"audience": "loyal"}])
    body = survey(*map(question, KINDS), why, status="draft")
    made = (await editor.post("/api/survey-previews", json={"body": body, "audiences": ["loyal"]})).json()
    at = made["url"]
    page = await visitor.get(at)
    assert "Preview: nothing is recorded." in page.text
    assert "frame-ancestors 'self'" in page.headers["content-security-policy"]
    assert page.headers["x-frame-options"] == "SAMEORIGIN"
    for kind in KINDS:
        sent = await visitor.post(at, data={**hidden(page), **form(kind, GIVEN[kind])})
        page = await visitor.get(sent.headers["location"])
    assert title(page).startswith("The question why?")
    sent = await visitor.post(at, data={**hidden(page), "v": "x"})
    assert title(await visitor.get(sent.headers["location"])) == "Thank you"
    assert title(await visitor.get(at)).startswith("The question nps?")  # from the beginning
    assert logged(workspace) == []
    assert (await editor.get("/api/survey-definitions")).json()["items"] == []
    flawed = await editor.post("/api/survey-previews", json={"body": {**body, "languages": ["??"]}})
    assert (flawed.status_code, flawed.json()["field"]) == (400, "languages[0]")


async def test_a_preview_of_a_survey_without_questions_says_something(
    editor: httpx.AsyncClient, visitor: httpx.AsyncClient
) -> None:
    made = (await editor.post("/api/survey-previews", json={"body": survey(questions=[], status="draft")})).json()
    assert (await visitor.get(made["url"])).status_code == 200


async def test_a_link_is_made_for_one_person(
    saved: Save, editor: httpx.AsyncClient, visitor: httpx.AsyncClient
) -> None:
    saved("loyal")
    made = await editor.post("/api/surveys/loyal/links", json={"user_id": "ada", "request": "r-1"})
    assert title(await visitor.get(made.json()["url"])).startswith("The question nps?")
    assert (await editor.post("/api/surveys/loyal/links", json={})).status_code == 400


@pytest.mark.parametrize(
    ("metric", "answers", "value"), [("nps", (10, 9, 7, 3), 25), ("csat", (5, 4, 2, 1), 0.5), ("ces", (7, 6, 5, 2), 5)]
)
async def test_answers_are_the_ready_made_metrics(
    metric: str,
    answers: tuple[int, ...],
    value: float,
    saved: Save,
    editor: httpx.AsyncClient,
    workspace: Workspace,
    clock: Clock,
) -> None:
    saved("ask", question(metric))
    for number, answer in enumerate(answers):
        body = {"user_id": f"u{number}", "answers": {metric: answer}}
        assert (await editor.post("/api/surveys/ask/responses", json=body)).is_success
    workspace.settle()
    clock.on(5)
    definition: Any = starters.one("shop", metric).body
    saved_metric = workspace.definitions.save("metric", metric, definition, expected=0, author="me")
    assert saved_metric.version == 1
    told = (await editor.post("/api/metrics/values", json={"keys": [metric], "lens": {}})).json()
    assert told["items"][0]["value"] == pytest.approx(value), told
