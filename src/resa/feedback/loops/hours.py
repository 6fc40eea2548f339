"""Working time: when something is due that may take so many open hours. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from resa.feedback.loops.definition import Hours
from resa.kernel.calendar import DAY

MINUTE: Final = 60_000
MOST_DAYS: Final = 3_700


def minutes(text: str) -> int:
    """Minutes since midnight of `09:30`."""
    hour, _, minute = text.partition(":")
    return int(hour) * 60 + int(minute)


def due(start: int, span: int, told: Hours | None, zone: ZoneInfo) -> int:
    """When `span` ms of work that begins at `start` (ms UTC) are over. Without hours, the clock counts.

    Whole days of a span are working days, "2 days" of eight hours sixteen open hours; what is left is at most one of them.
    """
    if told is None:
        return start + span
    length = (minutes(told.end) - minutes(told.start)) * MINUTE
    left = span // DAY * length + min(span % DAY, length)
    day = datetime.fromtimestamp(start / 1000, UTC).astimezone(zone).date()
    for _ in range(MOST_DAYS):
        if day.isoweekday() in told.days:
            opens, closes = _at(zone, day, told.start), _at(zone, day, told.end)
            room = closes - max(opens, start)
            if room >= left and closes > start:
                return max(opens, start) + left
            left -= max(0, room)
        day += timedelta(days=1)
    return start + span


def _at(zone: ZoneInfo, day: date, text: str) -> int:
    """A time of day in ms UTC; 24:00 is the next day's midnight."""
    days, rest = divmod(minutes(text), 24 * 60)
    moment = datetime(day.year, day.month, day.day, rest // 60, rest % 60, tzinfo=zone) + timedelta(days=days)
    return round(moment.timestamp() * 1000)
