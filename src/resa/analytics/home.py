"""The home page: how much came in, from whom, on which channels, against the days before."""

from __future__ import annotations

import time
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from resa.kernel import calendar, preferences, times
from resa.kernel.identity_map import IdentityMap
from resa.kernel.workspace import Workspace


class Money(msgspec.Struct):
    """A sum in one currency; decimal text, exact."""

    currency: str | None
    total: str


class Totals(msgspec.Struct, kw_only=True):
    """The period in a few numbers."""

    customers: int
    events: int
    orders: int
    revenue: list[Money]


class Day(msgspec.Struct, kw_only=True):
    """One day: customers and events, and how many of the events were simulated."""

    day: str
    events: int
    customers: int
    simulated: int


class Count(msgspec.Struct, kw_only=True):
    """Events and customers of one channel, name or source."""

    key: str
    type: str | None = None
    events: int
    customers: int


class Span(msgspec.Struct):
    """A period: from its first day to its last."""

    first: str
    last: str


class Home(msgspec.Struct, kw_only=True):
    """The whole page."""

    totals: Totals
    previous: Totals
    events_today: int
    trend: list[Day]
    channels: list[Count]
    names: list[Count]
    sources: list[Count]
    period: Span
    compare: Span
    as_of: str


KEPT_SECONDS: Final = 5.0
"""The page says as of when it is; within this time another visitor gets the same."""


class HomePages:
    """The pages asked for lately. Two who ask at once may both compute one; the answer is the same."""

    def __init__(self, workspace: Workspace) -> None:
        """Nothing is kept yet."""
        self._workspace = workspace
        self._kept: dict[tuple[int, bool], tuple[float, IdentityMap, Home]] = {}

    def get(self, days: int, simulated: bool) -> Home:
        """The kept page if it is fresh and nobody was merged or parted since, else a new one."""
        now = self._workspace.identities.map()
        at, then, page = self._kept.get((days, simulated), (0.0, None, None))
        if page is None or then is not now or time.monotonic() - at > KEPT_SECONDS:
            page = home(self._workspace, days, simulated)
            self._kept = {key: kept for key, kept in self._kept.items() if time.monotonic() - kept[0] < KEPT_SECONDS}
            self._kept[days, simulated] = (time.monotonic(), now, page)
        return page


def home(workspace: Workspace, days: int, simulated: bool) -> Home:
    """The last `days` days, today included, against as many before."""
    with workspace.state.read() as tx:
        zone = ZoneInfo(preferences.load(tx).timezone)
    now = workspace.clock()
    today = calendar.day_of(zone, now)
    first, before = today - timedelta(days=days - 1), today - timedelta(days=2 * days - 1)
    start, middle, end = (calendar.midnight(zone, day) for day in (before, first, today + timedelta(days=1)))
    trend = _trend(workspace, zone, middle, end, simulated)
    return Home(
        totals=_totals(workspace, middle, end, simulated),
        previous=_totals(workspace, start, middle, simulated),
        events_today=trend.get(today, Day(day="", events=0, customers=0, simulated=0)).events,
        trend=[
            trend.get(day) or Day(day=day.isoformat(), events=0, customers=0, simulated=0) for day in _days(first, days)
        ],
        channels=_counts(workspace, ["channel"], middle, end, simulated, 12),
        names=_counts(workspace, ["name", "type"], middle, end, simulated, 12),
        sources=_counts(workspace, ["source"], middle, end, simulated, 12),
        period=Span(first.isoformat(), today.isoformat()),
        compare=Span(before.isoformat(), (first - timedelta(days=1)).isoformat()),
        as_of=times.iso(now),
    )


def _days(first: date, days: int) -> list[date]:
    return [first + timedelta(days=n) for n in range(days)]


def _during(simulated: bool) -> str:
    """What counts: no bots, nothing Resa did itself, in a period of two parameters."""
    return "time >= ? AND time < ? AND NOT bot AND source <> 'resa'" + ("" if simulated else " AND NOT simulated")


def _totals(workspace: Workspace, start: int, end: int, simulated: bool) -> Totals:
    which = f"FROM log WHERE {_during(simulated)}"
    whole = workspace.body.query(
        f"SELECT count(*) AS events, count(DISTINCT profile) AS customers, count(DISTINCT order_id) AS orders {which}",
        [start, end],
    ).to_pylist()[0]
    sums = workspace.body.query(
        f"SELECT currency, sum(revenue) AS total {which} AND revenue IS NOT NULL GROUP BY currency", [start, end]
    ).to_pylist()
    revenue = [Money(row["currency"], str(row["total"])) for row in sorted(sums, key=lambda row: -row["total"])]
    return Totals(customers=whole["customers"], events=whole["events"], orders=whole["orders"], revenue=revenue)


def _trend(workspace: Workspace, zone: ZoneInfo, start: int, end: int, simulated: bool) -> dict[date, Day]:
    day = calendar.day_number("time", calendar.offsets(zone, start, end))
    counted = workspace.body.query(
        f"SELECT {day} AS day, count(*) AS events, count(DISTINCT profile) AS customers, "
        f"count(CASE WHEN simulated THEN 1 END) AS simulated FROM log WHERE {_during(simulated)} GROUP BY 1",
        [start, end],
    )
    rows = {date(1970, 1, 1) + timedelta(days=row.pop("day")): row for row in counted.to_pylist()}
    return {day: Day(day=day.isoformat(), **row) for day, row in rows.items()}


def _counts(workspace: Workspace, keys: list[str], start: int, end: int, simulated: bool, most: int) -> list[Count]:
    named = ", ".join(keys)
    rows = workspace.body.query(
        f"SELECT {named}, count(*) AS events, count(DISTINCT profile) AS customers FROM log WHERE {_during(simulated)} "
        f"GROUP BY {named} ORDER BY events DESC, {named} LIMIT {most}",
        [start, end],
    ).to_pylist()
    return [
        Count(key=r[keys[0]] or r.get("type") or "", type=r.get("type"), events=r["events"], customers=r["customers"])
        for r in rows
    ]
