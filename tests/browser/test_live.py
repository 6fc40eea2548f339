"""Events as they arrive, and where one of them is."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Shop

STEPS = ["Accepted", "Safe on disk", "With its customer", "In the body", "In the journeys"]


def test_an_event_shows_the_moment_it_is_accepted_without_a_reload(page: Page, shop: Shop) -> None:
    page.goto("/app/data/live")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    page.evaluate("window.stayed = true")
    shop.send(
        "track", {"event": "Gift Wrapped", "userId": "c1420", "messageId": "gift-1", "properties": {"bow": "red"}}
    )
    row = page.get_by_role("main").get_by_role("button", name=re.compile("Gift Wrapped"))
    expect(row).to_be_visible(timeout=5_000)
    assert page.evaluate("window.stayed") is True
    row.click()
    expect(page.get_by_text("gift-1")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("Open customer p_"))).to_be_visible()


def test_a_pause_holds_the_list_and_counts_what_waits(page: Page, shop: Shop) -> None:
    page.goto("/app/data/live")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    shop.send("track", {"event": "Doorbell Rung", "userId": "c1420"})
    expect(page.get_by_text("Paused, 1 new event waits")).to_be_visible()
    assert page.get_by_text("Doorbell Rung").count() == 0
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("Doorbell Rung")).to_be_visible()


def test_the_way_of_an_event_is_told_from_the_door_to_the_journeys(page: Page, shop: Shop) -> None:
    shop.send("track", {"event": "Gift Unwrapped", "userId": "c1420", "messageId": "gift-2"})
    shop.workspace.settle()
    page.goto("/app/data/live")
    page.get_by_label("Where is my event? Message id").fill("gift-2")
    page.get_by_role("button", name="Find").click()
    way = page.get_by_role("dialog").get_by_role("listitem")
    expect(way).to_have_count(len(STEPS))
    for place, step in enumerate(STEPS):
        expect(way.nth(place)).to_contain_text(step)
        expect(way.nth(place)).to_have_attribute("data-state", "done")


def test_an_event_that_never_came_is_said_not_to_have_come(page: Page) -> None:
    page.goto("/app/data/live?message=nothing-like-it")
    expect(page.get_by_text("This event never came, or too long ago")).to_be_visible()
