"""The time of an event: what the client wrote, corrected by how wrong its clock is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from resa.collect.wire import Moment
from resa.kernel.errors import Refused

HOUR: Final = 3_600_000
DAY: Final = 24 * HOUR
MOST_AHEAD: Final = HOUR
MOST_BEHIND: Final = 7 * DAY
"""How far back a browser key may date an event; server keys may go back to 1970."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_LAST: Final = 253_402_300_799_999  # the end of the year 9999
_parse: Final = datetime.fromisoformat


def milliseconds(value: str | int | float, field: str) -> int:
    """Milliseconds since 1970 UTC of an ISO 8601 text (without a zone: UTC) or of a number of seconds or milliseconds."""
    if isinstance(value, str):
        try:
            moment = _parse(value)
        except ValueError:
            raise Refused(
                field, value, "is no time in ISO 8601.", "Send it like 2026-11-21T10:00:00.000Z.", code="bad_time"
            ) from None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return (moment - _EPOCH) // _MILLISECOND
    try:
        return int(value if abs(value) > 100_000_000_000 else value * 1000)
    except (OverflowError, ValueError):
        raise Refused(
            field, str(value), "is no time.", "Send it like 2026-11-21T10:00:00.000Z.", code="bad_time"
        ) from None


def skew(sent_at: Moment, received_at: int) -> int | None:
    """How far the client's clock is behind ours, by the time it says it sent; None if it does not say, or says nonsense."""
    if sent_at is None or sent_at == "":
        return None
    try:
        return received_at - milliseconds(sent_at, "sentAt")
    except Refused:
        return None


def of_event(value: Moment, received_at: int, behind: int | None, *, back_dating: bool) -> int:
    """The corrected time of an event. Refuses what lies ahead, and what lies too far back for a browser key."""
    if value is None or value == "":
        return received_at
    at = milliseconds(value, "timestamp")
    if behind is not None:
        at += behind
    if at > received_at + MOST_AHEAD:
        raise Refused(
            "timestamp",
            value,
            "lies more than an hour ahead, also after correcting the clock.",
            "Set the clock, or send sentAt.",
            code="future",
        )
    if at < 0 or at > _LAST:
        raise Refused("timestamp", value, "lies before 1970.", "Send the time at which it happened.", code="bad_time")
    if not back_dating and at < received_at - MOST_BEHIND:
        raise Refused(
            "timestamp",
            value,
            "lies more than 7 days back, which a browser key may not write.",
            "Import old events with a server key.",
            code="too_old",
        )
    return at
