"""Segments: written in plain words with their size beside them, opened to their people, explained for each of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Shop
from tests.browser.watching import Watch

SEGMENTS = "/app/customers/segments"


@pytest.fixture(autouse=True)
def _tidy(shop: Shop) -> Iterator[None]:
    """The shop has no segments before and after."""
    yield
    with shop.api() as api:
        for row in api.get("/api/audiences").json()["items"]:
            assert api.delete(f"/api/audiences/{row['key']}").status_code == 200


@pytest.fixture
def buyers(shop: Shop) -> int:
    """Everybody who ordered, as a segment; how many they are."""
    rule = {"did": {"any": [{"type": "track", "name": "Order Completed"}], "at_least": 1}}
    with shop.api() as api:
        body = {"name": "Buyers", "description": "Ordered at least once.", "rule": {"all": [rule]}}
        assert api.post("/api/audiences", json={"key": "buyers", "body": body}).status_code == 201
        members: int = api.get("/api/audiences/buyers/members").json()["total"]
    assert members > 30
    return members


def panel(page: Page) -> Locator:
    """The number beside the rule."""
    return page.get_by_role("region", name="How many").get_by_role("status")


def count(page: Page) -> int:
    """What the panel says."""
    expect(panel(page)).to_have_text(re.compile(r"[\d,]+ customers?"))
    return int(re.sub(r"\D", "", panel(page).inner_text()))


def choose_event(page: Page, name: str, place: int = 0) -> None:
    """Pick an event by typing its name."""
    field = page.get_by_role("combobox", name="Event name").nth(place)
    field.click()
    field.fill(name)
    page.get_by_role("option", name=name, exact=True).click()


def test_without_segments_the_page_says_what_one_is_and_offers_ready_made_ones(page: Page) -> None:
    page.goto(SEGMENTS)
    expect(page.get_by_role("heading", name="No segments yet")).to_be_visible()
    page.get_by_role("link", name=re.compile("At risk")).click()
    expect(page.get_by_role("textbox", name="Name", exact=True)).to_have_value("At risk")
    count(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="At risk", level=1)).to_be_visible()


def test_a_rule_written_in_words_shows_its_size_at_once_and_is_kept(page: Page, shop: Shop) -> None:
    page.goto(f"{SEGMENTS}/new")
    page.get_by_role("textbox", name="Name", exact=True).fill("Bought, but not by coupon")
    page.get_by_role("button", name="Add a condition", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("Did something, or did not")).click()
    choose_event(page, "Order Completed")
    bought = count(page)
    page.get_by_role("button", name="Add a condition", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("Did something, or did not")).click()
    expect(page.get_by_text("A condition is not finished yet")).to_be_visible()
    page.get_by_role("combobox", name="How often").nth(1).select_option("did not")
    choose_event(page, "Coupon Applied", 1)
    expect(panel(page)).not_to_have_text(f"{bought:,} customers")
    fewer = count(page)
    assert 0 < fewer < bought
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Bought, but not by coupon", level=1)).to_be_visible()
    rule = page.get_by_role("region", name="The rule")
    expect(rule).to_contain_text("did Order Completed in the last 30 days")
    expect(rule).to_contain_text("did not do Coupon Applied in the last 30 days")
    with shop.api() as api:
        (row,) = api.get("/api/audiences").json()["items"]
    assert row["name"] == "Bought, but not by coupon"
    assert row["members"] == fewer


def test_a_refusal_stands_beside_its_field(page: Page, watch: Watch) -> None:
    watch.expect("status of 400")
    page.goto(f"{SEGMENTS}/new")
    page.get_by_role("button", name="Add a condition", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("Did something, or did not")).click()
    choose_event(page, "Order Completed")
    count(page)
    period = page.get_by_role("textbox", name="Period", exact=True)
    period.fill("0")
    refusal = page.get_by_text("this window is empty.")
    expect(refusal).to_be_visible()
    expect(period).to_have_attribute("aria-invalid", "true")
    period.fill("7")
    expect(refusal).to_be_hidden()


def test_the_number_opens_its_people_each_with_the_reason(page: Page, buyers: int) -> None:
    page.goto(SEGMENTS)
    row = page.get_by_role("link", name=re.compile("Buyers"))
    expect(row).to_contain_text(f"{buyers:,}")
    row.click()
    members = page.get_by_role("region", name="Who is in").get_by_role("listitem")
    expect(members.first).to_be_visible()
    page.get_by_role("button", name=re.compile("^Why: ")).first.click()
    why = page.get_by_role("dialog")
    expect(why.get_by_text(re.compile(r"^In since "))).to_be_visible()
    expect(why.get_by_role("listitem").first).to_contain_text("by Order Completed")
    page.keyboard.press("Escape")
    members.first.get_by_role("link").click()
    segments = page.get_by_role("region", name="Segments")
    expect(segments.get_by_role("link", name="Buyers")).to_be_visible()
    segments.get_by_role("button", name="Why: Buyers").click()
    expect(page.get_by_role("dialog")).to_contain_text("by Order Completed")


@pytest.mark.usefixtures("buyers")
def test_a_removed_segment_comes_back_by_undo(page: Page, shop: Shop) -> None:
    page.goto(f"{SEGMENTS}/buyers")
    page.get_by_role("button", name="More for this segment").click()
    page.get_by_role("menuitem", name="Remove this segment").click()
    expect(page.get_by_text("Buyers was removed")).to_be_visible()
    expect(page.get_by_role("heading", name="No segments yet")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name=re.compile("Buyers"))).to_be_visible()
    with shop.api() as api:
        assert api.get("/api/audiences/buyers").status_code == 200


def test_the_journey_is_seen_through_a_segment(page: Page, buyers: int) -> None:
    page.goto(f"{SEGMENTS}/buyers")
    page.get_by_role("link", name="See their journey").click()
    expect(page).to_have_url(re.compile("population=audience%3Abuyers"))
    door = page.get_by_role("button", name=re.compile(r"customers? in Purchase\. Show them"))
    expect(door).to_be_visible()
    found = re.search(r"([\d,]+) customers? in Purchase", door.text_content() or "")
    assert found
    assert 0 < int(found[1].replace(",", "")) <= buyers


def test_a_group_within_a_group_is_written_turned_round_counted_and_kept(page: Page, shop: Shop) -> None:
    page.goto(f"{SEGMENTS}/new")
    page.get_by_role("textbox", name="Name", exact=True).fill("Nested")
    page.get_by_role("button", name="Add a condition", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("Did something, or did not")).click()
    choose_event(page, "Product Viewed")
    looked = count(page)
    page.get_by_role("button", name="Add a condition", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("A group of alternatives")).click()
    choose_event(page, "Coupon Applied", 1)
    group = page.get_by_role("group", name="Group: any of these")
    group.get_by_role("button", name="Add a condition to the group: any of these").click()
    page.get_by_role("menuitem", name=re.compile("A group of alternatives")).click()
    choose_event(page, "Order Completed", 2)
    inner = group.get_by_role("group", name="Group: any of these")
    inner.get_by_role("combobox", name="How many of them must hold").select_option("all of these")
    inner = group.get_by_role("group", name="Group: all of these")
    inner.get_by_role("button", name="Add a condition to the group: all of these").click()
    page.get_by_role("menuitem", name=re.compile("Did something, or did not")).click()
    choose_event(page, "Product Viewed", 3)
    expect(page.get_by_text("A condition is not finished yet")).not_to_be_visible()
    either = count(page)
    group.get_by_role("button", name="More for this condition").last.click()
    page.get_by_role("menuitem", name="Turn round: not so").click()
    expect(panel(page)).not_to_have_text(f"{either:,} customers")
    members = count(page)
    assert members <= looked
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Nested", level=1)).to_be_visible()
    with shop.api() as api:
        (row,) = api.get("/api/audiences").json()["items"]
        rule = api.get(f"/api/audiences/{row['key']}").json()["body"]["rule"]
    assert row["members"] == members
    outer = rule["all"][1]["any"]
    assert [next(iter(part)) for part in outer] == ["did", "not"]
    assert [part["did"]["any"][0]["name"] for part in outer[1]["not"]["all"]] == ["Order Completed", "Product Viewed"]
