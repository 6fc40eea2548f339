"""Days, weeks and months of a workspace's zone as the edges between them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final, Literal

from resa.kernel.errors import Refused
from resa.kernel.periods import Period

Interval = Literal["day", "week", "month"]
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def edges(period: Period, zone: tzinfo, interval: Interval, most: int) -> list[int]:
    """Where the intervals of a period begin (the first where it begins, whenever that is), and its end. Raises Refused."""
    day = _first(_local(period.start, zone), interval)
    found = [period.start]
    while True:
        day = _following(day, interval)
        at = _midnight(day, zone)
        if at >= period.end:
            break
        if len(found) >= most:
            rule = f"an answer has at most {most} intervals."
            raise Refused("interval", interval, rule, "Choose a longer interval or a shorter period.")
        found.append(at)
    return [*found, period.end]


def _local(at: int, zone: tzinfo) -> date:
    return (_EPOCH + timedelta(milliseconds=at)).astimezone(zone).date()


def _midnight(day: date, zone: tzinfo) -> int:
    return (datetime(day.year, day.month, day.day, tzinfo=zone) - _EPOCH) // timedelta(milliseconds=1)


def _first(day: date, interval: Interval) -> date:
    """The first day of the interval a day is in; weeks begin on Monday."""
    if interval == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if interval == "month" else day


def _following(day: date, interval: Interval) -> date:
    if interval == "month":
        return (day + timedelta(days=31)).replace(day=1)
    return day + timedelta(days=7 if interval == "week" else 1)
