"""What clients send: one event (`Item`), a single call, a batch. Decoded fast; nested objects stay bytes (`Raw`)."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Raw

from resa.kernel.errors import Refused, ResaError

MOST_BODY: Final = 500 * 1024
MOST_EVENT: Final = 32 * 1024
MOST_EVENTS: Final = 10_000
DEEPEST: Final = 64

Id = str | int | float | None
Moment = str | int | float | None


class Item(msgspec.Struct, gc=False, rename="camel"):
    """One event as the Segment protocol writes it; what is not named here is not kept."""

    type: str | None = None
    message_id: Id = None
    user_id: Id = None
    anonymous_id: Id = None
    group_id: Id = None
    previous_id: Id = None
    event: str | None = None
    name: str | None = None
    category: str | None = None
    channel: str | None = None
    timestamp: Moment = None
    original_timestamp: Moment = None
    sent_at: Moment = None
    identity_token: str | None = None
    properties: Raw = Raw()
    traits: Raw = Raw()
    context: Raw = Raw()


class Single(Item, gc=False, rename="camel"):
    """The body of `/v1/track` and its like: an event and, if the header has none, the write key."""

    write_key: str | None = None
    api_key: str | None = msgspec.field(default=None, name="api_key")
    token: str | None = None


class Batch(msgspec.Struct, gc=False, rename="camel"):
    """The body of `/v1/batch`: events, the time of sending, a context for those without one."""

    batch: list[Item]
    sent_at: Moment = None
    context: Raw = Raw()
    write_key: str | None = None
    api_key: str | None = msgspec.field(default=None, name="api_key")
    token: str | None = None


class Unreadable(ResaError):
    """The body as a whole can't be understood; nothing of it was kept."""

    code = "unreadable"


class Envelope(msgspec.Struct):
    """One decoded body: its events in order, each an `Item` or the reason why it is none."""

    items: list[Item | Refused]
    payloads: list[bytes] | None = None
    """The bytes of each event, where they were told apart; else `decode.payload` finds them."""
    sent_at: Moment = None
    context: bytes = b""
    key: str | None = None
