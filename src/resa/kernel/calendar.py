"""Days of a workspace's time zone as arithmetic on milliseconds, so that every engine counts the same days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAY = 86_400_000


class Offset(NamedTuple):
    """From `start` (ms UTC) on, local time is UTC plus `offset` ms."""

    start: int
    offset: int


def offset_at(zone: ZoneInfo, at: int) -> int:
    """How far local time is ahead of UTC at `at`, in ms."""
    difference = datetime.fromtimestamp(at / 1000, UTC).astimezone(zone).utcoffset()
    return round((difference or timedelta()).total_seconds() * 1000)


def offsets(zone: ZoneInfo, first: int, last: int) -> list[Offset]:
    """The zone's offsets in [first, last), exact to the ms at each change."""
    found = [Offset(first, offset_at(zone, first))]
    at = first
    while at < last:
        step = min(at + 7 * DAY, last)
        if (there := offset_at(zone, step)) != found[-1].offset:
            found.append(Offset(_change(zone, at, step), there))
        at = step
    return found


def _change(zone: ZoneInfo, low: int, high: int) -> int:
    before = offset_at(zone, low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if offset_at(zone, middle) == before else (low, middle)
    return high


def day_number(time: str, changes: list[Offset]) -> str:
    """SQL for the days since 1970 in local time of a column of ms UTC, for a zone with these offsets in the period."""
    rules = "".join(f" WHEN {time} >= {change.start} THEN {change.offset}" for change in reversed(changes[1:]))
    shift = f"CASE{rules} ELSE {changes[0].offset} END" if rules else str(changes[0].offset)
    return f"CAST(floor(({time} + {shift}) / {DAY}.0) AS INTEGER)"


def midnight(zone: ZoneInfo, day: date) -> int:
    """The first millisecond (UTC) of a day in the zone."""
    return round(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000)


def day_of(zone: ZoneInfo, at: int) -> date:
    """The day `at` falls on."""
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(zone).date()
