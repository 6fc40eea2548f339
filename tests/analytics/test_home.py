"""The home page's numbers against a plain count."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from resa.analytics.home import home
from resa.kernel import calendar
from resa.kernel.workspace import Workspace
from resa.settings import Settings
from tests.kernel.making import DAY, draft

NOW = int(datetime(2026, 3, 30, 10, tzinfo=UTC).timestamp() * 1000)


@pytest.fixture
def workspace(settings: Settings) -> Workspace:
    """A workspace whose clock stands still."""
    return Workspace.open(settings, clock=lambda: NOW).start()


def test_days_are_counted_in_the_time_zone_of_the_workspace(workspace: Workspace) -> None:
    events = [
        draft(anon="a", time=NOW, revenue="10.0000", currency="EUR", order_id="o1"),
        draft(anon="a", time=NOW - DAY, simulated=True),
        draft(anon="b", time=NOW - DAY),
        draft(anon="b", time=NOW - 7 * DAY, revenue="4.0000", currency="EUR", order_id="o2"),
        draft(anon="c", time=NOW, bot=True),
    ]
    workspace.committer.submit_sync(events)
    workspace.settle()
    page = home(workspace, 7, simulated=True)
    assert [(d.day, d.events, d.customers, d.simulated) for d in page.trend[-2:]] == [
        ("2026-03-29", 2, 2, 1),
        ("2026-03-30", 1, 1, 0),
    ]
    assert (page.totals.customers, page.totals.events, page.totals.orders, page.totals.revenue[0].total) == (
        2,
        3,
        1,
        "10.0000",
    )
    assert (page.previous.events, page.previous.revenue[0].total) == (1, "4.0000")
    assert home(workspace, 7, simulated=False).totals.events == 2
    workspace.close()


@pytest.mark.parametrize(
    "zone", ["UTC", "Europe/Stockholm", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia"]
)
def test_offsets_of_a_zone_are_exact_at_each_change(zone: str) -> None:
    place = ZoneInfo(zone)
    first, last = NOW - 400 * DAY, NOW
    changes = calendar.offsets(place, first, last)
    for at in range(first, last, 3_600_000 * 7):
        ruling = [change for change in changes if change.start <= at][-1]
        assert ruling.offset == calendar.offset_at(place, at)
    for change in changes[1:]:
        assert calendar.offset_at(place, change.start - 1) != change.offset == calendar.offset_at(place, change.start)
