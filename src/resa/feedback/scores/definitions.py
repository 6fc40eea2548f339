"""What is known of a survey's questions: from its definition, or where there is none (imported answers) from the answers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from resa.feedback.surveys.definition import NUMBERS, Survey
from resa.kernel.errors import NotFound
from resa.kernel.workspace import Workspace

PREFIX: Final = "answer_"
MOST_CHOICES: Final = 12
MOST_QUESTIONS: Final = 200
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")

__all__ = ["MOST_CHOICES", "NUMBERS", "PREFIX", "Known", "Question", "all_known", "guessed", "known"]


@dataclass(frozen=True)
class Question:
    """A question: its kind, its words, and the words of its options and rows by key."""

    key: str
    kind: str
    text: str
    options: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Known:
    """A survey as far as it is known; `questions` None where only its answers are."""

    key: str
    name: str
    about: str = "customers"
    anonymous: bool = False
    status: str | None = None
    questions: Sequence[Question] | None = None


def known(workspace: Workspace, key: str) -> Known | None:
    """The survey of that key; None where there is no definition of it."""
    try:
        body: Survey = workspace.definitions.get("survey", key).body
    except NotFound:
        return None
    languages = body.languages
    questions = [
        Question(
            each.key,
            each.kind,
            _said(each.text, languages) or each.key,
            {option.key: _said(option.text, languages) or option.key for option in each.options},
            {row.key: _said(row.text, languages) or row.key for row in each.rows},
        )
        for each in body.questions
    ]
    return Known(key, body.name, body.about, body.anonymous, body.status, questions)


def all_known(workspace: Workspace) -> list[Known]:
    """Every survey that is defined, by key."""
    try:
        items = workspace.definitions.all("survey")
    except NotFound:
        return []
    return [found for item in items if (found := known(workspace, item.key)) is not None]


def guessed(said: Sequence[Mapping[str, Any]]) -> list[Question]:
    """The questions that answers name, in the order they first come up, with what their values look like."""
    values: dict[str, list[Any]] = {}
    for each in said:
        for name, value in each.items():
            if name.startswith(PREFIX) and value is not None and (name in values or len(values) < MOST_QUESTIONS):
                values.setdefault(name, []).append(value)
    return [
        Question(name.removeprefix(PREFIX), _kind(found), name.removeprefix(PREFIX)) for name, found in values.items()
    ]


def _said(text: Mapping[str, str] | None, languages: Sequence[str]) -> str:
    """In the survey's first language, or any."""
    if not text:
        return ""
    return next((text[language] for language in languages if text.get(language)), next(iter(text.values()), ""))


def _kind(values: Sequence[Any]) -> str:
    shapes = Counter(type(value).__name__ for value in values)
    shape = shapes.most_common(1)[0][0]
    if shape == "list":
        return "multiple"
    if shape == "dict":
        return "matrix"
    if shape in ("int", "float"):
        return "scale"
    texts = [value for value in values if isinstance(value, str)]
    if texts and all(_DAY.fullmatch(text[:10]) for text in texts):
        return "date"
    different = len(set(texts))
    few = different <= MOST_CHOICES and (different < len(texts) / 2 or shape == "bool")
    return "single" if few or shape == "bool" else "text"
