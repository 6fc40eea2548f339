"""One visit to a hosted survey: who may answer what, by the address they came with. Looking records nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

from resa.feedback.responses import taking, tokens
from resa.feedback.responses.answers import Responses
from resa.feedback.responses.tables import Response
from resa.feedback.responses.tokens import Continuation, Invitation, Stamp
from resa.feedback.surveys import flow, reading
from resa.feedback.surveys.definition import Survey

DAY: Final = 86_400_000
STAMP_LIVES: Final = 7 * DAY
CONTINUES: Final = 30 * DAY


class Sitting(Protocol):
    """What a page needs of whoever sits before it."""

    key: str
    survey: Survey
    response: Response
    preview: bool
    dismissible: bool

    @property
    def path(self) -> str:
        """Where it goes on."""
        ...

    @property
    def ended(self) -> bool:
        """Whether it was answered already."""
        ...

    def hidden(self) -> dict[str, str]:
        """What a form must send back beside the answer."""
        ...

    def pixel(self) -> str | None:
        """The address of an image that says the page was seen."""
        ...

    def traits(self) -> Mapping[str, Any]:
        """What texts may say of who answers."""
        ...

    def way(self) -> flow.Route:
        """How far it is, and what comes next."""
        ...

    def answer(self, given: Mapping[str, Any], language: str, *, again: bool) -> None:
        """Keep answers; opens the response if need be."""
        ...

    def finish(self) -> None:
        """That was all."""
        ...


class Kept:
    """A real one. Until the first answer there is no response in the store, only what it will be."""

    preview = False

    def __init__(
        self,
        responses: Responses,
        token: str,
        key: str,
        survey: Survey,
        response: Response,
        *,
        opened: bool,
        invitation: Invitation | None = None,
        stamp: Stamp | None = None,
        ticket: str | None = None,
    ) -> None:
        """`stamp` is there where the response has an id that only the form knows."""
        self._responses, self._token = responses, token
        self.key, self.survey, self.response = key, survey, response
        self.opened, self.invitation, self._stamp, self._ticket = opened, invitation, stamp, ticket
        self.dismissible = invitation is not None and not opened

    @property
    def stamp(self) -> Stamp | None:
        """When the form was shown, where a form said so."""
        return self._stamp

    @property
    def path(self) -> str:
        """The token it came by; of a response that only its form knew, a token of its own."""
        if self._stamp is None or not self.opened:
            return f"/s/{self._token}"
        until = self._responses.workspace.clock() + CONTINUES
        goes_on = Continuation(self.key, self.response.id, until, self._ticket)
        return f"/s/{self._responses.tokens.sign(goes_on)}"

    @property
    def ended(self) -> bool:
        """Whether it is closed."""
        return self.response.state != "open"

    def hidden(self) -> dict[str, str]:
        """The stamp, before there is a response."""
        return {} if self._stamp is None or self.opened else {"s": self._responses.tokens.sign(self._stamp)}

    def pixel(self) -> str | None:
        """Only of who was asked by name, and promised no anonymity."""
        named = self.invitation is not None and not self.survey.anonymous and not self.opened
        return f"/s/{self._token}/seen.gif" if named else None

    def traits(self) -> Mapping[str, Any]:
        """Of the person asked."""
        return self._responses.traits(self.response.identity)

    def way(self) -> flow.Route:
        """By the answers so far."""
        return taking.way(self.survey, self.response, self._responses.member(self.response.identity))

    def answer(self, given: Mapping[str, Any], language: str, *, again: bool) -> None:
        """Open it with the first answer; a flawed first one opens nothing."""
        if not self.opened:
            taking.take(self.survey, self.response, given)
            said = self.response
            self.response = self._responses.open(
                self.key,
                identity=said.identity,
                request=said.request,
                channel=said.channel,
                language=language,
                response=said.id,
                verified=said.verified,
                again=again,
            )
            self.opened = True
        self.response = self._responses.answer(self.response.id, given, language=language)

    def finish(self) -> None:
        """Close it, and use up the ticket of an anonymous invitation."""
        self.response = self._responses.finish(self.response.id, ticket=self._ticket)


def of_invitation(responses: Responses, token: str, stamp: Stamp | None) -> Kept | None:
    """By a personal link; None if it leads nowhere (any more)."""
    found = responses.tokens.read(token, Invitation)
    now = None if found is None else reading.current(responses.workspace.definitions, found.survey)
    if found is None or now is None:
        return None
    identity = responses.identity(found)
    if identity is None:
        return None
    if now.body.anonymous:
        ticket = responses.tokens.ticket(found)
        stamp = stamp if stamp is not None and stamp.survey == now.key else _stamp(responses, now.key)
        blank = _blank(responses, now, stamp.response, None, found.channel)
        blank.state = "complete" if responses.is_used(ticket) else "open"
        kept = responses.find(stamp.response)
        return Kept(
            responses,
            token,
            now.key,
            now.body,
            kept or blank,
            opened=kept is not None,
            invitation=found,
            stamp=stamp,
            ticket=ticket,
        )
    key = responses.tokens.response_id(found.survey, identity, found.request)
    kept = responses.find(key)
    if kept is not None:
        return Kept(responses, token, now.key, responses.survey(kept), kept, opened=True, invitation=found)
    blank = _blank(responses, now, key, identity, found.channel)
    blank.request = found.request
    return Kept(responses, token, now.key, now.body, blank, opened=False, invitation=found)


def of_continuation(responses: Responses, token: str) -> Kept | None:
    """By the link of a response that was begun."""
    found = responses.tokens.read(token, Continuation)
    kept = None if found is None else responses.find(found.response)
    if found is None or kept is None or kept.survey != found.survey:
        return None
    return Kept(responses, token, kept.survey, responses.survey(kept), kept, opened=True, ticket=found.ticket)


def of_open_link(responses: Responses, key: str, stamp: Stamp | None) -> Kept | None:
    """By a survey's own key, where anybody may answer it."""
    now = reading.current(responses.workspace.definitions, key)
    if now is None or not now.body.open_link:
        return None
    stamp = stamp if stamp is not None and stamp.survey == key else _stamp(responses, key)
    kept = responses.find(stamp.response)
    if kept is not None:
        return Kept(responses, key, key, responses.survey(kept), kept, opened=True, stamp=stamp)
    return Kept(
        responses, key, key, now.body, _blank(responses, now, stamp.response, None, "link"), opened=False, stamp=stamp
    )


def stamped(responses: Responses, text: str | None) -> Stamp | None:
    """What a form says of when it was shown; None for a form that is not ours or too old."""
    found = responses.tokens.read(text, Stamp)
    if found is None or found.at < responses.workspace.clock() - STAMP_LIVES:
        return None
    return found


def _stamp(responses: Responses, survey: str) -> Stamp:
    return Stamp(survey, tokens.fresh_id(), responses.workspace.clock())


def _blank(responses: Responses, now: reading.Live, key: str, identity: str | None, channel: str) -> Response:
    at = responses.workspace.clock()
    return Response(
        id=key,
        survey=now.key,
        version=now.version,
        identity=identity,
        request=None,
        channel=channel,
        language=now.body.languages[0],
        state="open",
        anonymous=now.body.anonymous,
        answers={},
        passed=[],
        held=[],
        started=at,
        touched=at,
    )
