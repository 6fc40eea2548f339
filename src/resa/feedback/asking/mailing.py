"""Surveys by mail: the first question stands in the mail, and each of its answers is a link to the hosted page.

Pressing one opens the page with that answer chosen; it counts once it is sent there, for programs that look into mail open
every link of it.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from resa.channels.email import Email, Mail, Queued
from resa.feedback.asking import public, whom
from resa.feedback.asking.places import what
from resa.feedback.asking.plans import Plan
from resa.feedback.asking.tables import Ask
from resa.feedback.responses import tokens
from resa.feedback.surveys import piping, texts
from resa.feedback.surveys.definition import NUMBERS, Question, Survey
from resa.kernel import sensitive

TEMPLATE: Final = "survey"
MOST_LINKS: Final = 11
LONGEST_SUBJECT: Final = 120
LOCALES: Final = ("locale", "language", "lang")


class Mailing:
    """Brings askings by the channel `email`."""

    def __init__(self, email: Email) -> None:
        """The channel need not be set up yet."""
        self._email = email

    def ready(self) -> bool:
        """Whether somebody said how mail goes out."""
        return self._email.sender() is not None

    def send(self, tx: sa.Connection, ask: Ask, plan: Plan, person: whom.Person, address: str) -> str | None:
        """Queue the mail, its contact being reserved; why it is held back after all, None where it goes."""
        body = plan.body
        language = texts.spoken(body, spoken(person))
        queued = self._email.outbox.queue(
            tx,
            Mail(
                to_identity=ask.identity,
                address=address,
                what=what(plan.key),
                template=TEMPLATE,
                values=self._values(ask, plan, person, language),
                language=language,
                purpose=body.purpose or whom.PURPOSES["email"],
                consent="not_denied" if body.about == "employees" else "granted",
                contact=ask.contact,
                priority=body.priority,
                brand=body.brand,
            ),
        )
        return None if isinstance(queued, Queued) else queued.reason

    def suppressed(self, tx: sa.Connection) -> list[str]:
        """Addresses to which nothing is sent, as they are compared."""
        return self._email.suppressed(tx)

    def _values(self, ask: Ask, plan: Plan, person: whom.Person, language: str) -> dict[str, Any]:
        body, workspace = plan.body, self._email.workspace
        token = tokens.invite(workspace, body, plan.key, ask.identity, ask.id, "email")
        agreed = person.consent.get("personalisation") == "granted"
        traits = sensitive.insertable(person.traits) if agreed else {}

        def say(said: Any) -> str:
            return piping.visible(public.known_in(texts.said(said, body, language), traits))

        first = opening(body)
        asked = say(first.text) if first is not None else say(body.intro) or body.name
        links = answers(first, body, language) if first is not None else []
        return {
            "subject": " ".join(asked.split())[:LONGEST_SUBJECT],
            "intro": say(body.intro),
            "question": asked,
            "links": [
                {"label": label, "url": tokens.address(workspace, token, answer, language)} for label, answer in links
            ],
            "low": say(first.low) if first is not None else "",
            "high": say(first.high) if first is not None else "",
            "page_url": tokens.address(workspace, token, None, language),
            "page_label": texts.word("begin", language),
        }


def opening(survey: Survey) -> Question | None:
    """The question that stands in the mail: the first one, where everybody begins with it."""
    if survey.order == "random" or not survey.questions or survey.questions[0].show_if:
        return None
    return survey.questions[0]


def answers(question: Question, survey: Survey, language: str) -> list[tuple[str, Any]]:
    """Its answers, as (what is read, what is answered); none where there are too many, or where it is not one choice."""
    if question.kind in NUMBERS:
        lowest, highest = question.span
        return [(str(number), number) for number in range(lowest, highest + 1)]
    if question.kind == "single" and len(question.options) <= MOST_LINKS:
        return [(texts.said(option.text, survey, language), option.key) for option in question.options]
    return []


def spoken(person: whom.Person) -> list[str]:
    """The languages a customer is known to speak, the surest first."""
    found = [person.traits.get(name) for name in LOCALES]
    return [each for each in found if isinstance(each, str)]
