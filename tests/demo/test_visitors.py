"""Simulated visitors: the same from the same seed, always marked, never in the way of a real event."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from resa.demo.catalogue import Product
from resa.demo.simulation import Simulation
from resa.demo.traffic import Traffic
from resa.kernel.workspace import Workspace

ZONE = ZoneInfo("America/New_York")
PRODUCTS = [
    Product(str(n), f"Thing {n}", "fruit", "Fruit", "brand", "", 1.0 + n, "apple", "#000", 10 * n) for n in range(1, 20)
]
DAY = date(2026, 11, 18)


@pytest.fixture
def simulation() -> Simulation:
    """A simulation over a few products."""
    return Simulation(PRODUCTS, ZONE, source="shop")


def test_a_day_is_the_same_each_time_and_differs_from_the_next(simulation: Simulation) -> None:
    first = simulation.day(DAY)
    assert first == Simulation(PRODUCTS, ZONE, source="shop").day(DAY)
    assert {draft.message_id for draft in first}.isdisjoint(
        draft.message_id for draft in simulation.day(date(2026, 11, 19))
    )


def test_every_simulated_event_says_so(simulation: Simulation) -> None:
    assert all(draft.simulated for draft in simulation.day(DAY))


def test_fewer_and_fewer_visitors_reach_each_step(simulation: Simulation) -> None:
    steps = ("Product Viewed", "Product Added", "Checkout Started", "Order Completed")
    reached = [len({draft.anonymous_id for draft in simulation.day(DAY) if draft.name == step}) for step in steps]
    assert reached == sorted(reached, reverse=True)
    assert reached[-1] > 0


def test_some_log_in_and_come_by_campaigns_and_on_several_devices(simulation: Simulation) -> None:
    events = simulation.day(DAY)
    assert any(draft.type == "identify" for draft in events)
    assert {draft.device for draft in events} >= {"mobile", "desktop"}
    assert {draft.referrer_kind for draft in events} >= {"search", "social", "ad", "direct"}
    assert {draft.campaign_name for draft in events if draft.referrer_kind == "ad"} - {None}


def test_weeks_are_caught_up_once_and_go_on_from_there(workspace: Workspace, simulation: Simulation) -> None:
    now = 1_795_200_000_000
    workspace.clock = lambda: now
    workspace.state.create_missing()
    workspace.start()
    traffic = Traffic(workspace, simulation, ZONE)
    done = traffic.catch_up()
    assert done > 10_000
    assert Traffic(workspace, simulation, ZONE).catch_up() == 0
    now += 3_600_000
    assert Traffic(workspace, simulation, ZONE).tick() > 0
    workspace.settle()
    row = workspace.body.query(
        "SELECT count(*) AS n, count(DISTINCT message_id) AS ids, max(time) AS last FROM log"
    ).to_pylist()[0]
    assert row["n"] == row["ids"] == workspace.tail.next_row
    assert row["last"] <= now
