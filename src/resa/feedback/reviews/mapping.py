"""The mapping that brings answers in, from which column is what."""

from __future__ import annotations

from typing import Any

from resa.collect.imports.mappings import EventRule, Mapping
from resa.collect.imports.values import Rule, Value
from resa.feedback.reviews.guessing import METRICS, Columns
from resa.kernel.definitions import key_rule
from resa.kernel.errors import Refused


def mapping(columns: Columns) -> Mapping:
    """The mapping of these choices. Raises Refused for what can't be brought in."""
    if columns.score is None and columns.comment is None:
        raise Refused("score", None, "an answer has a score or a comment.", "Choose a column for one of them.")
    if columns.score is not None and columns.scale is None:
        raise Refused("scale", None, "a score has a scale.", "Choose 0-10, 1-5 or 1-7.")
    if columns.date is None and columns.on is None:
        raise Refused("date", None, "an answer has a time.", "Choose a column, or say on which day they all were.")
    who = columns.customer or columns.email
    rule = EventRule(
        time=_time(columns),
        name="Product Reviewed" if columns.what == "review" else "Survey Answered",
        user_id=None if who is None else _place(who),
        nobody=True,
        channel="review" if columns.what == "review" else "other",
        properties=_review(columns) if columns.what == "review" else _survey(columns),
    )
    return Mapping(event=[rule], name="feedback", title="Reviews" if columns.what == "review" else "Survey answers")


def _survey(columns: Columns) -> dict[str, Value]:
    found: dict[str, Value] = {"survey": key_rule("survey", columns.survey), "complete": True}
    if columns.score is not None and columns.scale is not None:
        found["metric"] = METRICS[columns.scale]
        found["score"] = _score(columns.score)
    if columns.comment is not None:
        found["comment"] = _place(columns.comment)
    found["channel"] = "import" if columns.channel is None else _place(columns.channel)
    return found | _email(columns)


def _review(columns: Columns) -> dict[str, Value]:
    found: dict[str, Value] = {}
    if columns.score is not None:
        found["rating"] = _score(columns.score)
    for name, column in (("review_body", columns.comment), ("title", columns.title), ("product_id", columns.product)):
        if column is not None:
            found[name] = _place(column)
    return found | _email(columns)


def _email(columns: Columns) -> dict[str, Value]:
    return {} if columns.email is None or columns.customer is None else {"email": _place(columns.email)}


def _time(columns: Columns) -> Value:
    if columns.date is None:
        return Rule(const=columns.on)
    if columns.date_format is not None:
        return Rule(source=_place(columns.date), format=columns.date_format)
    return _place(columns.date)


def _score(column: str) -> Rule:
    told: dict[str, Any] = {"source": _place(column), "kind": "number"}
    return Rule(**told)


def _place(column: str) -> str:
    if "{" in column or "}" in column:
        raise Refused("column", column, "a column's name has no braces here.", "Rename it in the file.")
    return f"{{{column}}}"
