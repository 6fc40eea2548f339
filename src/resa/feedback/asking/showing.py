"""What a page is given of an asking, and what it sends back: answers as they come, that it was seen, that it was sent away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from resa.feedback.asking import public
from resa.feedback.asking.book import Book
from resa.feedback.asking.plans import Plan
from resa.feedback.asking.tables import ANSWERED, ASKED, DISMISSED, SHOWN, Ask
from resa.feedback.responses import tokens
from resa.feedback.responses.answers import Responses
from resa.feedback.responses.tokens import Continuation, Invitation
from resa.feedback.surveys import flow, texts
from resa.feedback.surveys.answering import Unfit
from resa.feedback.surveys.definition import Survey
from resa.kernel.errors import Refused

LIVES: Final = 7 * 86_400_000
"""Milliseconds for which an answering begun on a page may be finished: a tab may stay open over a week-end."""

Styles = Callable[[Survey], Mapping[str, str]]
"""The brand's custom properties for a survey."""


class Reader(NamedTuple):
    """Who reads it, as far as this page may know them."""

    locale: str | None
    member: flow.Member
    traits: Mapping[str, Any]
    verified: bool


class Showing:
    """Makes and reads what travels between a page and the server."""

    def __init__(self, responses: Responses, book: Book, styles: Styles) -> None:
        """Answers go into `responses`."""
        self._responses, self._book, self._styles = responses, book, styles
        self._state = responses.workspace.state

    def payload(self, ask: Ask, plan: Plan, reader: Reader) -> dict[str, Any]:
        """All that a page needs to ask; nothing of whom it is for."""
        body, signed = plan.body, self._responses.tokens
        language = texts.spoken(body, [reader.locale] if reader.locale else [])
        invitation = self._invitation(ask, plan)
        if body.anonymous:
            response, ticket = tokens.fresh_id(), signed.ticket(invitation)
        else:
            response, ticket = signed.response_id(plan.key, ask.identity, ask.id), None
        known = None if body.anonymous else self._responses.find(response)
        return {
            "request": ask.id,
            "ask": signed.sign(invitation),
            "token": signed.sign(Continuation(plan.key, response, ask.until + LIVES, ticket)),
            "language": language,
            "dir": texts.direction(language),
            "appearing": {
                "when": body.appearing.when,
                "seconds": body.appearing.seconds,
                "scrolled": body.appearing.scrolled,
            },
            "place": None if plan.spot is None else {"selector": plan.spot.selector, "position": plan.spot.position},
            "intro": public.known_in(texts.said(body.intro, body, language), reader.traits),
            "thanks": public.known_in(texts.said(body.thanks, body, language), reader.traits),
            "form": public.form(body, response, language, reader.member, reader.traits),
            "words": public.words(language),
            "style": dict(self._styles(body)),
            "answers": known.answers if known is not None else {},
            "passed": known.passed if known is not None else [],
        }

    def asking(self, token: object) -> tuple[Invitation, str]:
        """What a page's proof says, and whose it is. Raises Refused for one that we did not give, or gave for something else."""
        found = self._responses.tokens.read(token, Invitation)
        identity = self._responses.identity(found) if found is not None else None
        if found is None or identity is None or found.channel != "site" or found.request is None:
            raise Refused(
                "ask", None, "is no asking of this server.", "Send what /v1/surveys/due gave.", code="not_asked"
            )
        return found, identity

    def take(self, body: Mapping[str, Any], *, verified: bool) -> None:
        """Keep answers, and close the response if they say so. Raises Refused, Unfit among them, and what `Responses` raises."""
        invitation, identity = self.asking(body.get("ask"))
        going = self._responses.tokens.read(body.get("token"), Continuation)
        if going is None or going.survey != invitation.survey:
            raise Refused(
                "token", None, "is no answering of this server.", "Send what /v1/surveys/due gave.", code="not_asked"
            )
        answers = body.get("answers")
        if not isinstance(answers, dict):
            raise Refused("answers", None, "is no object.", "Send answers by question key.")
        language = body.get("language")
        if self._responses.find(going.response) is None:
            self._responses.open(
                invitation.survey,
                identity=identity,
                request=invitation.request,
                channel="site",
                language=language if isinstance(language, str) else None,
                response=going.response,
                verified=verified,
            )
        self._responses.answer(going.response, answers)
        if body.get("final") is True:
            self._responses.finish(going.response, ticket=going.ticket)
        elif body.get("closed") is True:
            self._responses.finish(going.response, complete=False)
        else:
            return
        self._ended(invitation.request or "")

    def _ended(self, request: str) -> None:
        """That they answered is known; when, is not kept (an anonymous answer could be found by it)."""
        with self._state.write() as tx:
            ask = self._book.get(tx, request)
            if ask is not None:
                self._book.change(tx, ask, (ASKED, SHOWN, DISMISSED), state=ANSWERED, next=None)

    def _invitation(self, ask: Ask, plan: Plan) -> Invitation:
        identities = self._responses.workspace.identities
        with self._state.read() as tx:
            number = identities.find(tx, [ask.identity]).get(ask.identity)
        return Invitation(plan.key, ask.identity if number is None else number, ask.id, "site", ask.until + LIVES)


def refused(error: Unfit, language: str) -> dict[str, str]:
    """What a page shows beside the question."""
    key = error.details["field"].removeprefix("answers.")
    return {key: texts.word(f"e_{error.code}", language).format(limit=error.limit)}
