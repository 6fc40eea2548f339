"""The way through a survey, by cases written down, and by properties that hold for any answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resa.feedback.surveys import flow, piping, texts
from resa.feedback.surveys.definition import Survey
from tests.surveys.making import question, survey

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors" / "survey_ways.json").read_text())


@pytest.mark.parametrize("case", VECTORS["routes"], ids=lambda case: str(case["name"]))
def test_the_way_is_that_of_the_vectors(case: dict[str, Any]) -> None:
    body = msgspec.convert(VECTORS["surveys"][case["survey"]], Survey)
    way = flow.route(body, case["seed"], case["answers"], case["passed"], case.get("audiences", []).__contains__)
    next_key = None if way.next is None else way.next.key
    assert ([each.key for each in way.passed], next_key) == (case["expected"]["passed"], case["expected"]["next"])


@pytest.mark.parametrize("case", VECTORS["orders"], ids=lambda case: str(case["seed"]))
def test_the_order_is_that_of_the_vectors(case: dict[str, Any]) -> None:
    body = msgspec.convert(VECTORS["surveys"]["shuffled"], Survey)
    assert [each.key for each in flow.ordered(body, case["seed"])] == case["questions"]
    assert [each.key for each in flow.options(body.questions[0], case["seed"])] == case["options"]


def test_every_order_comes_about_equally_often() -> None:
    body = msgspec.convert(survey(*(question("nps", key) for key in ("q1", "q2", "q3")), order="random"), Survey)
    counted: dict[str, int] = {}
    for number in range(6000):
        found = "".join(each.key for each in flow.ordered(body, f"r{number:x}"))
        counted[found] = counted.get(found, 0) + 1
    assert len(counted) == 6
    assert max(abs(count - 1000) for count in counted.values()) < 120  # four standard deviations


LONG = msgspec.convert(
    survey(
        question("nps", "a"),
        question("single", "b", options="xyz", show_if=[{"question": "a", "op": "at_most", "value": 6}]),
        question("text", "c"),
        question("multiple", "d", options="xyz"),
        question("text", "e"),
        branches=[
            {"after": "b", "to": "e", "when": [{"question": "b", "op": "in", "value": ["x", "y"]}]},
            {"after": "d", "to": "end", "when": [{"question": "d", "op": "is", "value": "z"}]},
        ],
    ),
    Survey,
)
ANSWERS = {
    "a": st.integers(0, 10),
    "b": st.sampled_from("xyz"),
    "c": st.just("words"),
    "d": st.lists(st.sampled_from("xyz"), min_size=1, unique=True),
    "e": st.just("more"),
}


def steps(answers: dict[str, Any]) -> Iterator[flow.Route]:
    """Every step of somebody who gives these answers and skips what has none."""
    passed: list[str] = []
    while True:
        way = flow.route(LONG, "seed", answers, passed)
        yield way
        if way.next is None:
            return
        passed.append(way.next.key)


@settings(max_examples=150, deadline=None)
@given(st.fixed_dictionaries({}, optional=ANSWERS))
def test_a_way_asks_each_question_once_in_order_and_ends(answers: dict[str, Any]) -> None:
    order = [each.key for each in LONG.questions]
    asked = [way.next.key for way in steps(answers) if way.next is not None]
    assert asked == sorted(set(asked), key=order.index)
    assert ("b" in asked) == (answers.get("a", 10) <= 6)
    assert [way.progress for way in steps(answers)] == sorted(way.progress for way in steps(answers))


def test_languages_are_chosen_by_their_relatives_and_fall_back() -> None:
    body = msgspec.convert(survey(languages=["sv", "pt-BR", "en"]), Survey)
    wishes = {("sv-FI",): "sv", ("pt",): "pt-BR", ("pt-PT", "en"): "pt-BR", ("de", "en"): "en", ("de",): "sv", (): "sv"}
    assert {wish: texts.spoken(body, wish) for wish in wishes} == wishes
    assert texts.wished("de;q=0.1, en-GB;q=0.9, *, xx;q=0, sv") == ["sv", "en-GB", "de"]
    assert texts.said({"en": "Hello"}, body, "pt-BR") == "Hello"


def test_what_is_not_known_is_said_by_its_fall_back() -> None:
    told = {("trait", "name"): "Ada\u202e"}
    filled = piping.fill("Hi {trait.name|you}, {trait.city|there}{answer.x}. {not.one}", lambda *name: told.get(name))
    assert filled == "Hi Ada, there. {not.one}"
