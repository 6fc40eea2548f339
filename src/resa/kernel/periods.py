"""Periods as a reader means them: days of the workspace's time zone, the period before, the year before."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final, NamedTuple

from resa.kernel.errors import Refused

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2199
DEFAULT_DAYS: Final = 30
DAY: Final = 86_400_000


class Period(NamedTuple):
    """From `start` up to, not including, `end`; ms UTC."""

    start: int
    end: int


def read(start: str | None, end: str | None, zone: tzinfo, now: int) -> Period:
    """A period from two days or times, the end not included; without them the last 30 days, today included."""
    tomorrow = _day(now, zone) + timedelta(days=1)
    upto = moment("to", end, zone) if end else _midnight(tomorrow, zone)
    begin = moment("from", start, zone) if start else _midnight(_day(upto, zone) - timedelta(days=DEFAULT_DAYS), zone)
    if begin >= upto:
        raise Refused("from", start, "a period begins before it ends.", "Let 'from' be earlier than 'to'.")
    return Period(begin, upto)


def compared(choice: str | None, period: Period, zone: tzinfo, *, since: int | None = None) -> Period | None:
    """What a period is compared with: `previous`, `year`, `none` or `<from>..<to>`.

    Nothing where `previous` or `year` begins before the data do (`since`): part of a period is no measure of a whole one.
    """
    if choice in (None, "", "none"):
        return None
    if choice in ("previous", "year"):
        year = Period(_year_before(period.start, zone), _year_before(period.end, zone))
        found = _previous(period, zone) if choice == "previous" else year
        return found if since is None or found.start >= since - DAY else None
    start, dots, end = (choice or "").partition("..")
    if not dots or not start or not end:
        raise Refused(
            "compare",
            choice,
            "this is no comparison.",
            "Use previous, year, none, or two days as 2026-10-01..2026-11-01.",
        )
    return read(start, end, zone, 0)


def moment(field: str, text: str, zone: tzinfo) -> int:
    """A day (its midnight) or an ISO 8601 time as ms UTC; without an offset it is the workspace's time."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(
            field, text, "this is neither a day nor a time.", "Write 2026-11-21 or 2026-11-21T10:00:00Z."
        ) from None
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise Refused(
            field, text, f"a year lies between {FIRST_YEAR} and {LAST_YEAR}.", "Choose a later or earlier day."
        )
    at = at.replace(tzinfo=zone) if at.tzinfo is None else at
    return (at - _EPOCH) // timedelta(milliseconds=1)


def _day(at: int, zone: tzinfo) -> date:
    return (_EPOCH + timedelta(milliseconds=at)).astimezone(zone).date()


def _midnight(day: date, zone: tzinfo) -> int:
    return (datetime(day.year, day.month, day.day, tzinfo=zone) - _EPOCH) // timedelta(milliseconds=1)


def _previous(period: Period, zone: tzinfo) -> Period:
    """As many days right before it, where it is whole days (the clock may change in between); else as many ms."""
    first, last = _day(period.start, zone), _day(period.end, zone)
    if period == (_midnight(first, zone), _midnight(last, zone)):
        return Period(_midnight(first - (last - first), zone), period.start)
    return Period(2 * period.start - period.end, period.start)


def _year_before(at: int, zone: tzinfo) -> int:
    local = (_EPOCH + timedelta(milliseconds=at)).astimezone(zone)
    try:
        return (local.replace(year=local.year - 1) - _EPOCH) // timedelta(milliseconds=1)
    except ValueError:  # 29 February
        return (local.replace(year=local.year - 1, day=28) - _EPOCH) // timedelta(milliseconds=1)
