"""A survey as a page may read it: in one language, in the order of this response, without a word of whom it is for.

Conditions on audiences are decided here and leave no trace; traits are put into texts only with consent to personalisation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from resa.feedback.surveys import flow, piping, texts
from resa.feedback.surveys.definition import NUMBERS, Condition, Option, Question, Survey

WORDS: Final = (
    *("next", "send", "back", "dismiss", "optional", "progress", "words", "name", "email", "phone", "stars"),
    *("thanks", "e_required", "up", "down"),
)
"""The words that the card needs."""

_TRAIT: Final = re.compile(r"\{trait\.([^{}|]{1,100})(?:\|([^{}]{0,200}))?\}")

Said = Callable[[Mapping[str, str]], str]


def form(survey: Survey, seed: str, language: str, member: flow.Member, traits: Mapping[str, Any]) -> dict[str, Any]:
    """Questions and branches. A condition that does not hold leaves its question out; one that holds is not mentioned."""

    def say(said: Mapping[str, str]) -> str:
        return known_in(texts.said(said, survey, language), traits)

    asked = [question for question in flow.ordered(survey, seed) if possible(question.show_if, member)]
    branches = [
        {"after": branch.after, "to": _landing(survey, asked, branch.to), "when": _answers(branch.when)}
        for branch in survey.branches
        if possible(branch.when, member)
    ]
    return {"questions": [_question(question, seed, say) for question in asked], "branches": branches}


def possible(conditions: Iterable[Condition], member: flow.Member) -> bool:
    """Whether what is asked of audiences holds."""
    return all(member(each.audience) == each.member for each in conditions if each.audience is not None)


def _landing(survey: Survey, asked: Sequence[Question], to: str) -> str:
    """Where a branch leads: what it names, or what comes after that if it is left out."""
    keys = [question.key for question in survey.questions]
    kept = {question.key for question in asked}
    after = keys[keys.index(to) :] if to in keys else []
    return next((key for key in after if key in kept), flow.END)


def known_in(text: str, traits: Mapping[str, Any]) -> str:
    """The text with traits put in; earlier answers are put in on the page."""

    def one(found: re.Match[str]) -> str:
        known = traits.get(found[1])
        told = isinstance(known, str | int | float) and not isinstance(known, bool) and str(known).strip()
        return piping.visible(str(known))[: piping.LONGEST] if told else (found[2] or "")

    return _TRAIT.sub(one, text)


def words(language: str) -> dict[str, str]:
    """Buttons and the like in a language, English where we don't speak it."""
    return {name: texts.word(name, language) for name in WORDS}


def _question(question: Question, seed: str, say: Said) -> dict[str, Any]:
    found: dict[str, Any] = {
        "key": question.key,
        "kind": question.kind,
        "text": say(question.text),
        "help": say(question.help),
        "required": question.required,
        "options": [_option(option, say) for option in flow.options(question, seed)],
        "rows": [_option(row, say) for row in question.rows],
        "low": say(question.low),
        "high": say(question.high),
        "show_if": _answers(question.show_if),
    }
    if question.kind == "text":
        found["max_length"] = question.max_length
    if question.kind == "date":
        found |= {"earliest": question.earliest, "latest": question.latest}
    if question.kind == "contact":
        found["fields"] = question.fields
    kept = {name: value for name, value in found.items() if value}
    if question.kind in NUMBERS:
        kept["lowest"], kept["highest"] = question.span
    return kept


def _option(option: Option, say: Said) -> dict[str, Any]:
    return {
        "key": option.key,
        "text": say(option.text),
        **({"alone": True} if option.alone else {}),
        **({"write_in": True} if option.write_in else {}),
    }


def _answers(conditions: Iterable[Condition]) -> list[dict[str, Any]]:
    return [
        {"question": each.question, "op": each.op, **({"value": each.value} if each.value is not None else {})}
        for each in conditions
        if each.question is not None
    ]
