"""Surveys to begin with: each could go live, in both languages, and is begun from by its key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest

from resa.feedback.surveys import templates
from resa.feedback.surveys.templates import Template


def texts(value: Any) -> Iterator[dict[str, str]]:
    """Every text of a survey, by language."""
    if isinstance(value, dict):
        if value and set(value) <= {"en", "sv"}:
            yield value
        for inner in value.values():
            yield from texts(inner)
    for inner in value if isinstance(value, list) else ():
        yield from texts(inner)


@pytest.mark.parametrize("template", templates.every(), ids=lambda each: each.key)
def test_a_template_is_said_in_both_languages(template: Template) -> None:
    found = list(texts(msgspec.to_builtins(template.body)))
    assert found
    assert [each for each in found if set(each) != {"en", "sv"} or each["en"] == each["sv"]] == []


def test_there_are_templates_for_customers_and_for_employees() -> None:
    about = [each.body.about for each in templates.every()]
    assert (about.count("customers") >= 9, about.count("employees") >= 5) == (True, True)
    assert {each.body.metric.kind for each in templates.every() if each.body.metric} == {"nps", "csat", "ces"}
    assert len({each.key for each in templates.every()}) == len(about)


async def test_a_survey_begins_from_a_template(editor: httpx.AsyncClient) -> None:
    listed = (await editor.get("/api/survey-templates")).json()["items"]
    assert [each["key"] for each in listed] == [each.key for each in templates.every()]
    made = await editor.post("/api/survey-definitions", json={"key": "mine", "from_template": "nps"})
    assert (made.status_code, made.json()["body"].get("status", "draft")) == (201, "draft")
    unknown = await editor.post("/api/survey-definitions", json={"key": "x", "from_template": "nothing"})
    assert unknown.status_code == 404
