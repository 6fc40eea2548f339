"""Working time: nights, weekends and the clock's changes don't count."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from resa.feedback.loops import hours
from resa.feedback.loops.definition import Hours
from resa.kernel.audiences.rules import milliseconds

STOCKHOLM = ZoneInfo("Europe/Stockholm")


@pytest.mark.parametrize(
    ("begins", "span", "due"),
    [
        ("2026-11-25 10:00", "4 hours", "2026-11-25 14:00"),  # a Wednesday
        ("2026-11-25 15:00", "4 hours", "2026-11-26 11:00"),
        ("2026-11-25 06:00", "30 minutes", "2026-11-25 09:30"),
        ("2026-11-27 16:30", "1 hour", "2026-11-30 09:30"),  # over a weekend
        ("2026-11-28 12:00", "1 hour", "2026-11-30 10:00"),
        ("2026-11-25 09:00", "2 days", "2026-11-26 17:00"),
        ("2026-03-27 16:00", "2 hours", "2026-03-30 10:00"),  # the clock goes forward in between
        ("2026-10-23 16:00", "2 hours", "2026-10-26 10:00"),  # and back
    ],
)
def test_only_open_hours_count(begins: str, span: str, due: str) -> None:
    assert hours.due(at(begins), milliseconds(span), Hours(), STOCKHOLM) == at(due)


def test_a_day_without_hours_is_the_clocks() -> None:
    assert hours.due(at("2026-11-28 12:00"), milliseconds("2 days"), None, STOCKHOLM) == at("2026-11-30 12:00")


def test_a_shop_may_be_open_until_midnight_on_sundays() -> None:
    told = Hours(days=[7], start="22:00", end="24:00")
    assert hours.due(at("2026-11-25 10:00"), milliseconds("1 hour"), told, STOCKHOLM) == at("2026-11-29 23:00")
    assert hours.due(at("2026-11-25 10:00"), milliseconds("3 hours"), told, STOCKHOLM) == at("2026-11-30 00:00")


def at(text: str) -> int:
    """A time in Stockholm as ms UTC."""
    return round(datetime.fromisoformat(text).replace(tzinfo=STOCKHOLM).timestamp() * 1000)
