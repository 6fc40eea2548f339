"""Answers taken into a response: pure steps that page, SDK, API and preview share. Nothing is stored here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from resa.feedback.responses.tables import Response
from resa.feedback.surveys import answering, flow
from resa.feedback.surveys.answering import Unfit
from resa.feedback.surveys.definition import Question, Survey
from resa.kernel.errors import Refused


def way(survey: Survey, response: Response, member: flow.Member = flow.nobody) -> flow.Route:
    """How far the response is, and what it is asked next."""
    return flow.route(survey, response.id, response.answers, response.passed, member)


def take(survey: Survey, response: Response, given: Mapping[str, Any]) -> dict[str, Any]:
    """Take answers, by question key, into the response; None or "" skips. Answers what was changed. Raises Refused."""
    cleaned: dict[str, Any] = {}
    for key, value in given.items():
        name = key.removesuffix(answering.WORDS)
        question = survey.question(name)
        if question is None:
            rule = "the survey has no such question."
            raise Refused(f"answers.{key}", key, rule, "Use the keys of its questions.", code="unknown")
        cleaned[key] = answering.words(question, value) if key != name else answering.clean(question, value)
    for key, value in cleaned.items():
        if value in (None, {}):
            response.answers.pop(key, None)
        else:
            response.answers[key] = value
        if survey.question(key) is not None and key not in response.passed:
            response.passed.append(key)
    return {key: value for key, value in cleaned.items() if survey.question(key) is not None}


def complete(survey: Survey, response: Response, member: flow.Member) -> None:
    """Go to the end of the way: what is left must be optional, and is skipped. Raises Unfit for what must be answered."""
    while (asked := way(survey, response, member).next) is not None:
        if asked.required:
            raise Unfit(asked, "required", None, "this question needs an answer.", "Answer it.")
        response.passed.append(asked.key)


def on_way(survey: Survey, response: Response, member: flow.Member) -> dict[str, Any]:
    """The answers that count: those of questions on the way as it is now, written words only beside their pick."""
    found: dict[str, Any] = {}
    for question in way(survey, response, member).passed:
        if question.key not in response.answers:
            continue
        answer = found[question.key] = response.answers[question.key]
        words = response.answers.get(question.key + answering.WORDS, {})
        picked = {answer} if isinstance(answer, str) else set(answer) if isinstance(answer, list) else set()
        if kept := {key: said for key, said in words.items() if key in picked}:
            found[question.key + answering.WORDS] = kept
    return found


def quotas(survey: Survey, answers: Mapping[str, Any]) -> dict[str, tuple[int, Question]]:
    """The quotas of options that answers draw on: `<question>/<option>` -> how many there are, and whose it is."""
    found: dict[str, tuple[int, Question]] = {}
    for question in survey.questions:
        answer = answers.get(question.key)
        picked: Iterable[Any] = answer if isinstance(answer, list) else [answer]
        for option in question.options:
            if option.quota is not None and option.key in picked:
                found[f"{question.key}/{option.key}"] = (option.quota, question)
    return found


def gates(survey: Survey) -> list[dict[str, int]]:
    """The quotas that all together shut a survey: those of the first question, where it must be answered by one of its options."""
    if survey.order == "random" or not survey.questions:
        return []
    first = survey.questions[0]
    if first.kind not in ("single", "multiple") or not first.required or first.show_if:
        return []
    quotas = {f"{first.key}/{option.key}": option.quota for option in first.options}
    found = {what: most for what, most in quotas.items() if most is not None}
    return [found] if found and len(found) == len(quotas) else []
