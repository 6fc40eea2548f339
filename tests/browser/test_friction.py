"""The friction ledger: ranked rows, each with its reading, a door to the people and what they are judged by."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Shop

LEDGER = "/app/friction?period=90d"


def test_rows_tell_whom_they_struck_and_open_exactly_them(page: Page, shop: Shop) -> None:
    page.goto(f"{LEDGER}&by=signal")
    row = page.get_by_role("row", name=re.compile("Carts abandoned"))
    expect(row).to_be_visible()
    row.get_by_role("button", name="Carts abandoned", exact=True).click()
    evidence = page.get_by_role("dialog")
    expect(evidence).to_contain_text("A product was put in the cart and no order followed.")
    total = evidence.get_by_text(re.compile(r"^[\d,]+ customers?$"))
    expect(total).to_be_visible()
    struck = int(re.sub(r"\D", "", total.inner_text()))
    expect(row).to_contain_text(f"{struck:,} – {struck:,} customers met Carts abandoned", use_inner_text=False)
    assert struck > 20
    with shop.api() as api:
        people = api.get("/api/friction/cart-abandoned/people", params={"from": "2020-01-01", "to": "2040-01-01"})
    assert people.json()["total"] == struck
    evidence.get_by_role("listitem").first.get_by_role("link").click()
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()


def test_every_row_says_how_far_its_signal_can_be_trusted(page: Page) -> None:
    page.goto(f"{LEDGER}&by=signal")
    rows = page.get_by_role("region", name="Friction points").locator("tbody tr")
    expect(rows.first).to_be_visible()
    readings = re.compile(
        "lost more often than comparable customers|no more are lost than chance|too few customers to tell"
    )
    for row in rows.all():
        expect(row).to_contain_text(readings)


def test_places_and_signals_are_two_views_of_one_address(page: Page) -> None:
    page.goto(LEDGER)
    expect(page.get_by_role("region", name="Friction points")).to_be_visible()
    page.get_by_text("Signals", exact=True).click()
    expect(page).to_have_url(re.compile("by=signal"))
    page.reload()
    expect(page.get_by_role("radio", name="Signals")).to_be_checked()
    expect(page.get_by_text("everywhere").first).to_be_visible()


def test_what_counts_is_said_by_the_business_and_can_be_taken_back(page: Page, shop: Shop) -> None:
    page.goto(f"{LEDGER}&by=signal")
    expect(page.get_by_role("row", name=re.compile("Carts abandoned"))).to_be_visible()
    page.get_by_role("button", name="What counts").click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_role("switch", name="Carts abandoned").click(force=True)
    drawer.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Settings of the ledger saved")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Carts abandoned"))).to_have_count(0)
    with shop.api() as api:
        assert api.get("/api/friction/settings").json()["body"]["off"] == ["cart-abandoned"]
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_role("row", name=re.compile("Carts abandoned"))).to_be_visible()
        assert api.delete("/api/friction/settings").status_code == 200


def test_a_period_without_friction_says_what_would_be_found(page: Page) -> None:
    page.goto("/app/friction?period=custom&from=2001-01-01&to=2001-01-31")
    expect(page.get_by_role("heading", name="No friction found in this period")).to_be_visible()
    expect(page.get_by_role("link", name="See what your sources send")).to_be_visible()
