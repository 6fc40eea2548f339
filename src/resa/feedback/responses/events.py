"""What answering writes to the log: acts of the customer, under names that metrics, audiences and journeys know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from resa.feedback.responses.tables import Response
from resa.feedback.surveys import answering, flow
from resa.feedback.surveys.definition import Survey
from resa.kernel.events import Draft

SOURCE: Final = "surveys"
"""The source of what hosted pages and the API bring."""
LONGEST_COMMENT: Final = 4000
HOUR: Final = 3_600_000
_CHANNELS: Final = {"site": "web", "link": "web", "email": "email", "api": "server"}

_encode: Final = msgspec.json.Encoder().encode


def hour(at: int) -> int:
    """The hour a time lies in: all that is kept of when somebody answered anonymously."""
    return at - at % HOUR


def whose(response: Response) -> str:
    """The identity that the log knows a response by; of an anonymous or open one nobody else has it."""
    return response.identity or f"anon:survey-{response.id[1:]}"


def answered(response: Response, survey: Survey) -> Draft:
    """The one `Survey Answered` of a response that has ended."""
    ended = response.ended or response.touched
    properties = {
        "survey": response.survey,
        "version": response.version,
        "response": response.id,
        "channel": response.channel,
        "language": response.language,
        "complete": response.state == "complete",
        **({"request": response.request} if response.request is not None else {}),
        **({} if response.anonymous else {"seconds": max(0, round((ended - response.started) / 1000))}),
        **score(survey, response.answers),
        **said(survey, response.answers),
    }
    return _draft(response, "Survey Answered", f"survey-answered-{response.id}", ended, properties)


def shown(response: Response, name: str, at: int) -> Draft:
    """`Survey Shown` or `Survey Dismissed`, once per asking."""
    properties = {
        "survey": response.survey,
        "version": response.version,
        "channel": response.channel,
        **({"request": response.request} if response.request is not None else {}),
    }
    return _draft(response, name, f"{name.lower().replace(' ', '-')}-{response.request or response.id}", at, properties)


def traits(response: Response, survey: Survey, changed: Mapping[str, Any], at: int) -> Draft | None:
    """What answers say of who gave them; None if no question is about that."""
    found: dict[str, Any] = {}
    claimed = False
    for question in survey.questions:
        if question.trait is None or question.key not in changed or changed[question.key] is None:
            continue
        answer = changed[question.key]
        found |= answer if question.kind == "contact" else {question.trait: answer}
        claimed |= question.kind == "contact"
    if not found or response.anonymous:
        return None
    draft = _draft(response, "", f"survey-traits-{response.id}-{at}", at, found)
    draft.type = "identify"
    draft.verified = response.verified and not claimed
    return draft


def score(survey: Survey, answers: flow.Answers) -> dict[str, Any]:
    """`metric` and `score`, if a question that measures was answered."""
    asked = survey.metric
    if asked is None or asked.key not in answers:
        return {}
    return {"metric": asked.kind, "score": answers[asked.key]}


def said(survey: Survey, answers: flow.Answers) -> dict[str, Any]:
    """`answer_<key>` for every answer, and the first text as `comment`."""
    found: dict[str, Any] = {}
    for question in survey.questions:
        if question.key in answers:
            answer = answers[question.key]
            found[f"answer_{question.key}"] = answer
            if question.kind == "text":
                found.setdefault("comment", str(answer)[:LONGEST_COMMENT])
        if (words := answers.get(question.key + answering.WORDS)) is not None:
            found[f"answer_{question.key}_words"] = words
    return found


def shown_value(answer: Any) -> str:
    """An answer as a line of text."""
    if isinstance(answer, Mapping):
        return "; ".join(f"{key}: {value}" for key, value in answer.items())
    return "; ".join(map(str, answer)) if isinstance(answer, list) else str(answer)


def _draft(response: Response, name: str, message_id: str, at: int, properties: Mapping[str, Any]) -> Draft:
    kind, _, value = whose(response).partition(":")
    at = hour(at) if response.anonymous else at
    return Draft(
        message_id=message_id,
        type="track",
        name=name,
        time=at,
        received_at=at,
        user_id=value if kind == "user" else None,
        anonymous_id=None if kind == "user" else value,
        channel=_CHANNELS.get(response.channel, "other"),
        source=SOURCE,
        locale=None if response.anonymous else response.language,
        simulated=response.simulated,
        verified=response.verified,
        properties=_encode(properties).decode(),
    )
