"""Bytes to events: one fast decode for good bodies; what that refuses is taken apart event by event (`tolerant`)."""

from __future__ import annotations

from typing import Final

import msgspec

from resa.collect import tolerant
from resa.collect.wire import MOST_EVENTS, Batch, Envelope, Single, Unreadable
from resa.kernel.errors import Refused

_BATCH: Final = msgspec.json.Decoder(Batch)
_SINGLE: Final = msgspec.json.Decoder(Single)

NUL: Final = b"\\u0000"
"""The one escape that is valid JSON and poison later: PostgreSQL keeps no text with it."""


def fast(body: bytes, kind: str | None) -> Envelope | None:
    """Decode a flawless body (of a single event of `kind`, or a batch); None if there is any flaw."""
    if NUL in body:
        return None
    try:
        return _single(_SINGLE.decode(body), kind) if kind else _batch(_BATCH.decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def read(body: bytes, kind: str | None) -> Envelope:
    """Decode a body, flawed or not. Raises Unreadable if not even its parts can be told apart."""
    return fast(body, kind) or patient(body, kind)


def patient(body: bytes, kind: str | None) -> Envelope:
    """Decode a flawed body, event by event: bad events are named, their neighbours live."""
    if kind is None:
        return _bounded(tolerant.read_batch(body))
    envelope = tolerant.read_single(body)
    for item in envelope.items:
        if not isinstance(item, Refused):
            item.type = kind
    return envelope


def payload(envelope: Envelope, body: bytes, index: int, kind: str | None) -> bytes:
    """The bytes of one event of a body, to be kept with the reason why it failed."""
    if envelope.payloads is None:
        envelope.payloads = [body] if kind else tolerant.parts(body)
    return envelope.payloads[index]


def _single(event: Single, kind: str) -> Envelope:
    event.type = kind
    return Envelope([event], sent_at=event.sent_at, key=event.write_key or event.api_key or event.token)


def _batch(batch: Batch) -> Envelope:
    key = batch.write_key or batch.api_key or batch.token
    items: list[object] = batch.batch  # type: ignore[assignment]  # a list of Item is one of Item | Refused nobody adds to
    return _bounded(Envelope(items, sent_at=batch.sent_at, context=bytes(batch.context), key=key))  # type: ignore[arg-type]


def _bounded(envelope: Envelope) -> Envelope:
    if len(envelope.items) > MOST_EVENTS:
        error = Unreadable(
            f"A batch holds at most {MOST_EVENTS} events; this one has {len(envelope.items)}. Send several."
        )
        error.status, error.code = 413, "too_large"
        raise error
    return envelope
