"""Links to surveys: signed, for one person, survey and asking, for a time; nothing else reads them, and they read nothing else.

Three kinds, each under a key of its own, so that none can be passed off as another: an *invitation* (who is asked what), a
*continuation* (which response goes on; it names nobody), a *stamp* (when a form was shown).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import Any, Final, TypeVar

import msgspec

from resa.feedback.surveys import reading
from resa.feedback.surveys.definition import Survey
from resa.kernel.audiences.rules import milliseconds
from resa.kernel.errors import NotFound
from resa.kernel.workspace import Workspace

_DIGEST: Final = 16
_LONGEST: Final = 1000
_INVITED, _GOING_ON, _STAMPED = "I", "C", "S"  # no survey's key begins with a capital letter


class Invitation(msgspec.Struct, frozen=True, array_like=True):
    """Somebody is asked: `who` is the number of their identity, or its text where it has none yet. `until` in ms UTC."""

    survey: str
    who: int | str
    request: str | None
    channel: str
    until: int


class Continuation(msgspec.Struct, frozen=True, array_like=True):
    """A response goes on. `ticket` is what an anonymous one uses up: it can't be turned back into a person."""

    survey: str
    response: str
    until: int
    ticket: str | None = None


class Stamp(msgspec.Struct, frozen=True, array_like=True):
    """A form was shown, for `response` to begin with."""

    survey: str
    response: str
    at: int


S = TypeVar("S", Invitation, Continuation, Stamp)


class Tokens:
    """Signs and reads the tokens of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        """The secret is the workspace's; each purpose has a key derived from it."""
        self._workspace = workspace

    def sign(self, body: Invitation | Continuation | Stamp) -> str:
        """A token, fit for addresses."""
        letter = _letter(type(body))
        raw = msgspec.msgpack.encode(body)
        return letter + base64.urlsafe_b64encode(self._digest(letter, raw) + raw).rstrip(b"=").decode()

    def read(self, token: object, kind: type[S]) -> S | None:
        """What was signed; None for anything else, and for what is past its time."""
        letter = _letter(kind)
        if not isinstance(token, str) or not token.startswith(letter) or len(token) > _LONGEST:
            return None
        try:
            raw = base64.b64decode(token[1:].encode("ascii") + b"=" * (-len(token[1:]) % 4), b"-_", validate=True)
            if not hmac.compare_digest(raw[:_DIGEST], self._digest(letter, raw[_DIGEST:])):
                return None
            found = msgspec.msgpack.decode(raw[_DIGEST:], type=kind)
        except (ValueError, binascii.Error, msgspec.DecodeError):
            return None
        until = getattr(found, "until", None)
        return None if until is not None and until < self._workspace.clock() else found

    def ticket(self, invitation: Invitation) -> str:
        """What an anonymous answer to this invitation uses up."""
        said = msgspec.msgpack.encode((invitation.survey, invitation.who, invitation.request))
        return self._workspace.decisions.signer.mac("survey-ticket", said).hex()[:40]

    def response_id(self, survey: str, identity: str, request: str | None) -> str:
        """The one response of a person to an asking."""
        said = msgspec.msgpack.encode((survey, identity, request))
        return "r" + self._workspace.decisions.signer.mac("survey-response", said).hex()[:30]

    def _digest(self, letter: str, raw: bytes) -> bytes:
        return self._workspace.decisions.signer.mac(f"survey-token-{letter}", raw)[:_DIGEST]


def fresh_id() -> str:
    """The id of a response that nothing leads back from."""
    return "r" + secrets.token_hex(15)


def browser(network: str, agent: str, survey: str, salt: bytes) -> str:
    """What a browser is told apart by for a day, in memory only; without the salt nothing can be read from it."""
    return hmac.new(salt, f"{survey}\0{network}\0{agent}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:24]


def link(
    workspace: Workspace,
    survey: str,
    identity: str,
    request: str | None = None,
    *,
    channel: str = "link",
    answer: Any = None,
    language: str | None = None,
) -> str:
    """The address under which one person answers a survey; with `answer` its first question is answered there beforehand.

    Raises NotFound for a survey that is not there.
    """
    found = reading.current(workspace.definitions, survey)
    if found is None:
        raise NotFound("survey", survey)
    return address(workspace, invite(workspace, found.body, survey, identity, request, channel), answer, language)


def invite(
    workspace: Workspace, body: Survey, survey: str, identity: str, request: str | None, channel: str = "link"
) -> str:
    """The token of a person's link. It names them by a number, so that a log of addresses holds no user ids."""
    with workspace.state.read() as tx:
        number = workspace.identities.find(tx, [identity]).get(identity)
    until = workspace.clock() + milliseconds(body.link_lives)
    who = identity if number is None else number
    return Tokens(workspace).sign(Invitation(survey, who, request, channel, until))


def address(workspace: Workspace, token: str, answer: Any = None, language: str | None = None) -> str:
    """The whole address of a token or of an open survey's key."""
    settings = workspace.settings
    base = (settings.public_url or f"http://{settings.host}:{settings.port}").rstrip("/")
    said = [f"{name}={value}" for name, value in (("a", answer), ("lang", language)) if value is not None]
    return f"{base}/s/{token}" + ("?" + "&".join(said) if said else "")


def _letter(kind: type[Any]) -> str:
    return _INVITED if kind is Invitation else _GOING_ON if kind is Continuation else _STAMPED
