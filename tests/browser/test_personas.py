"""Personas: drawn by hand and checked against the data; searched for with progress, stopped, found again."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Shop

PERSONAS = "/app/customers/personas"


@pytest.fixture(autouse=True)
def _tidy(shop: Shop) -> Iterator[None]:
    """No persona is left behind."""
    yield
    with shop.api() as api:
        for row in api.get("/api/personas").json()["items"]:
            if row["version"]:
                assert api.delete(f"/api/personas/{row['key']}").status_code == 200


def test_a_persona_is_drawn_by_hand_and_held_against_the_data(page: Page, shop: Shop) -> None:
    page.goto(PERSONAS)
    page.get_by_role("link", name="Draw a persona").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("Careful Clara")
    page.get_by_text("Face 2", exact=True).click(force=True)
    page.get_by_role("textbox", name="In one sentence").fill("Compares for a week, then orders by mail.")
    goal = page.get_by_role("textbox", name="Add a goal")
    goal.fill("A table that fits")
    goal.press("Enter")
    page.get_by_text("E-mail", exact=True).click()
    page.get_by_label("Members are").select_option("those who did certain things")
    event = page.get_by_role("combobox", name="Event name")
    event.click()
    event.fill("Order Completed")
    page.get_by_role("option", name="Order Completed", exact=True).click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Careful Clara", level=1)).to_be_visible()
    expect(page.get_by_text("A table that fits")).to_be_visible()
    checked = page.get_by_role("region", name="Checked against the data")
    expect(checked).to_contain_text(re.compile(r"\d+ customers fit"))
    expect(checked.get_by_role("listitem").filter(has_text="E-mail")).to_contain_text(
        re.compile("confirmed|contradicted|still open")
    )
    with shop.api() as api:
        members = api.get("/api/personas/careful-clara/members").json()["total"]
    expect(page.get_by_role("region", name="All of them")).to_contain_text(f"{members:,} customers")
    page.get_by_role("link", name="See their journey").click()
    expect(page).to_have_url(re.compile("population=persona%3Acareful-clara"))


def test_a_persona_nobody_can_be_told_by_says_how_to_change_that(page: Page, shop: Shop) -> None:
    with shop.api() as api:
        assert api.post("/api/personas", json={"key": "dreamer", "body": {"name": "Dreamer"}}).status_code == 201
    page.goto(f"{PERSONAS}/dreamer")
    expect(page.get_by_text("Nothing says yet who is one of them.")).to_be_visible()
    page.get_by_role("link", name="Edit", exact=True).click()
    expect(page.get_by_role("textbox", name="Name", exact=True)).to_have_value("Dreamer")


def test_a_removed_persona_comes_back_by_undo(page: Page, shop: Shop) -> None:
    with shop.api() as api:
        assert api.post("/api/personas", json={"key": "dreamer", "body": {"name": "Dreamer"}}).status_code == 201
    page.goto(f"{PERSONAS}/dreamer")
    page.get_by_role("button", name="More for this persona").click()
    page.get_by_role("menuitem", name="Remove this persona").click()
    expect(page.get_by_text("Dreamer was removed")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name=re.compile("Dreamer"))).to_be_visible()


def test_a_search_shows_how_far_it_is_and_can_be_left_and_found_again(page: Page) -> None:
    page.goto(PERSONAS)
    page.get_by_role("button", name="Find them in the data").click()
    search = page.get_by_role("region", name="Search for personas")
    expect(search).to_be_visible()
    page.goto("/app/")
    page.goto(PERSONAS)
    expect(search).to_contain_text(re.compile(r"kinds? of customers found|No stable kinds"), timeout=120_000)
    search.get_by_text("Why this number?").click()
    expect(search.get_by_role("table").filter(has_text="Came out again")).to_be_visible()
