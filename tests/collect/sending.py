"""What the tests of the doors send: events with usual values, and how a body becomes drafts without a server."""

from __future__ import annotations

import json
from typing import Any

from resa.collect import decode, moments
from resa.collect.drafting import Arrival, Drafter
from resa.collect.enrichment import Origin
from resa.kernel.errors import Refused
from resa.kernel.events import Draft

NOW = moments.milliseconds("2026-11-21T10:00:00.000Z", "now")
SERVER = Origin("backend", browser=False)
BROWSER = Origin("website", browser=True, address="203.0.113.77")


def track(**fields: Any) -> dict[str, Any]:
    """A track event; `fields` replace or add."""
    return {"type": "track", "event": "Product Viewed", "messageId": "m-1", "userId": "u-1", **fields}


def outcomes(
    body: bytes, kind: str | None = None, origin: Origin = SERVER, drafter: Drafter | None = None
) -> list[Draft | Refused]:
    """What becomes of each event of a body."""
    drafter = drafter or Drafter()
    envelope = decode.read(body, kind)
    behind = moments.skew(envelope.sent_at, NOW)
    arrival = Arrival(
        origin, NOW, envelope.sent_at, envelope.context, not origin.browser, len(body) > 32 * 1024, behind
    )
    return [_outcome(item, arrival, drafter) for item in envelope.items]


def _outcome(item: Any, arrival: Arrival, drafter: Drafter) -> Draft | Refused:
    if isinstance(item, Refused):
        return item
    try:
        return drafter.draft(item, arrival)
    except Refused as refused:
        return refused


def draft(origin: Origin = SERVER, drafter: Drafter | None = None, **fields: Any) -> Draft:
    """The draft of one accepted event."""
    event = {"messageId": "m-1", "userId": "u-1", **fields}
    (outcome,) = outcomes(json.dumps(event).encode(), event.get("type", "track"), origin, drafter)
    assert isinstance(outcome, Draft), outcome
    return outcome


def refusal(origin: Origin = SERVER, **fields: Any) -> dict[str, Any]:
    """Why one event is refused."""
    event = {"messageId": "m-1", "userId": "u-1", **fields}
    (outcome,) = outcomes(json.dumps(event).encode(), event.get("type", "track"), origin)
    assert isinstance(outcome, Refused), outcome
    return {"code": outcome.code, **outcome.details}
