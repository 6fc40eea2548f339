"""What the log learns of askings: `Survey Requested` from us, `Survey Shown` and `Survey Dismissed` from the customer's door."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from resa.feedback.asking.tables import Ask
from resa.kernel.events import Draft

REQUESTED: Final = "Survey Requested"
SHOWN: Final = "Survey Shown"
DISMISSED: Final = "Survey Dismissed"

CHANNELS: Final = {"site": "web", "email": "email", "api": "other", "link": "web"}
"""The channel of the log for each of a survey's."""

_encode: Final = msgspec.json.Encoder().encode


def said(ask: Ask) -> dict[str, Any]:
    """What every event about an asking says."""
    return {"survey": ask.survey, "version": ask.version, "channel": ask.channel, "request": ask.id}


def requested(ask: Ask) -> Draft:
    """Somebody was asked. The probability with which they were sampled is kept, so that who was not asked can be weighed."""
    at = ask.asked_at if ask.asked_at is not None else ask.at
    draft = _draft(ask, REQUESTED, at, said(ask) | {"sampled_probability": ask.probability})
    draft.source, draft.channel = "resa", CHANNELS.get(ask.channel or "", "other")
    return draft


def seen(ask: Ask, name: str, half: Draft, source: str, at: int) -> Draft:
    """The customer saw it, or sent it away, on a page that `half` describes."""
    draft = _draft(ask, name, at, said(ask), half)
    draft.source, draft.verified = source, False
    return draft


def _draft(ask: Ask, name: str, at: int, properties: dict[str, Any], half: Draft | None = None) -> Draft:
    kind, _, value = ask.identity.partition(":")
    draft: Draft = (
        half.__copy__()  # type: ignore[attr-defined]  # every msgspec Struct has it
        if half is not None
        else Draft(message_id="", type="track", name=name, time=at, received_at=at)
    )
    draft.message_id = f"{name.lower().replace(' ', '-')}-{ask.id}"
    draft.type, draft.name, draft.time, draft.received_at = "track", name, at, at
    draft.user_id, draft.anonymous_id = (value, None) if kind == "user" else (None, value)
    draft.properties = _encode(properties).decode()
    return draft
