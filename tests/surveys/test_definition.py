"""What a survey may be: each refusal names its field; what is refused live may wait in a draft."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec
import pytest

from resa.feedback.surveys import checking
from resa.feedback.surveys.definition import KINDS, Survey
from resa.kernel.errors import Refused
from tests.surveys.making import question, survey


def decoded(body: dict[str, Any]) -> Survey:
    """As the store would take it. Raises Refused."""
    found = msgspec.convert(body, Survey)
    checking.survey(found)
    return found


def test_every_kind_of_question_can_be_asked() -> None:
    assert [each.kind for each in decoded(survey(*map(question, KINDS))).questions] == list(KINDS)


NPS, WHY = question("nps"), question("text", "why")
ASKED = [
    ("languages[0]", survey(languages=["klingon!"])),
    ("languages[1]", survey(languages=["en", "EN"])),
    ("questions[1].key", survey(NPS, NPS)),
    ("questions[0].key", survey(question("nps", "end"))),
    ("questions[0].options", survey(question("single", options="a"))),
    ("questions[0].options[1].key", survey(question("single", options="aa"))),
    ("questions[0].options", survey(question("nps", options="ab"))),
    ("questions[0].rows", survey(question("single", rows="xy"))),
    ("questions[0].text.en", survey(question("nps", text={"en": " "}))),
    ("questions[0].text.sv", survey(question("nps", text={"en": "How?", "sv": "Hur?"}))),
    ("questions[0].text.en", survey(question("nps", text={"en": "How, {answer.why}?"}), WHY)),
    ("questions[0].text.en", survey(question("nps", text={"en": "How, {trait.first name}?"}))),
    ("questions[0].text.en", survey(question("nps", text={"en": "How, {trait.name?"}))),
    ("questions[0].show_if[0].question", survey(question("nps", show_if=[{"question": "why"}]), WHY)),
    ("questions[1].show_if[0].value", survey(NPS, {**WHY, "show_if": [{"question": "nps", "op": "at_most"}]})),
    ("questions[1].show_if[0].value", survey(NPS, {**WHY, "show_if": [{"question": "nps", "op": "is", "value": "6"}]})),
    ("questions[1].show_if[0]", survey(NPS, {**WHY, "show_if": [{}]})),
    ("questions[1].show_if", survey(NPS, {**WHY, "show_if": [{"question": "nps"}]}, order="random")),
    ("questions[0].most", survey(question("multiple", least=3, most=2))),
    ("questions[0].latest", survey(question("date", earliest="2026-02-01", latest="2026-01-01"))),
    ("questions[0].trait", survey(question("single", trait="userId"))),
    ("questions[0].trait", survey(question("single", trait="plan"), anonymous=True)),
    ("questions[0].kind", survey(question("contact"), anonymous=True)),
    ("questions[0].rows", survey(question("matrix", options="abcdefghijk", rows="abcdefghijkl"))),
    ("branches[0].to", survey(NPS, WHY, branches=[{"after": "why", "to": "nps"}])),
    ("branches[0].after", survey(NPS, WHY, branches=[{"after": "what", "to": "end"}])),
    ("branches", survey(NPS, WHY, branches=[{"after": "nps", "to": "end"}], order="random")),
    ("rest", survey(rest="often")),
    ("trigger.events[0].name", survey(trigger={"kind": "transactional", "events": [{}]})),
    ("trigger.every", survey(trigger={"kind": "relational", "every": "0 days"})),
    ("pages[0].pattern", survey(pages=[{"type": "regex", "pattern": "(a+)+$"}])),
    ("questions", survey(questions=[])),
]


@pytest.mark.parametrize(("field", "body"), ASKED, ids=[str(number) for number in range(len(ASKED))])
def test_a_flaw_is_refused_where_it_is(field: str, body: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refusal:
        decoded(body)
    assert refusal.value.details["field"] == field
    assert refusal.value.details["remedy"]


def test_a_draft_may_be_unfinished() -> None:
    """No question, no text in the first language, one option."""
    assert decoded(survey(status="draft", questions=[])).questions == []
    decoded(survey(question("single", options="a", text={}), status="draft"))


async def test_surveys_are_made_listed_changed_and_taken_away(editor: httpx.AsyncClient) -> None:
    made = await editor.post("/api/survey-definitions", json={"key": "loyal", "body": survey()})
    assert (made.status_code, made.json()["version"]) == (201, 1)
    listed = (await editor.get("/api/survey-definitions")).json()["items"]
    assert [(row["key"], row["metric"], row["questions"]) for row in listed] == [("loyal", "nps", 2)]
    changed = {"expected_version": 1, "body": survey(status="paused")}
    assert (await editor.put("/api/survey-definitions/loyal", json=changed)).json()["version"] == 2
    assert (await editor.put("/api/survey-definitions/loyal", json=changed)).status_code == 409
    assert (await editor.delete("/api/survey-definitions/loyal")).status_code == 200
    unknown = await editor.post("/api/survey-definitions", json={"key": "x", "body": survey(audience="nobody")})
    assert (unknown.status_code, unknown.json()["field"]) == (400, "audience")
