"""Team, keys, questions in SQL, language."""

from __future__ import annotations

import re

import httpx
from playwright.sync_api import Page, expect

from tests.browser.conftest import Shop
from tests.browser.watching import Watch


def test_an_invitation_brings_a_colleague_in_with_the_role_they_were_given(page: Page, watch: Watch) -> None:
    page.goto("/app/settings/team")
    page.get_by_role("button", name="Invite someone").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("E-mail").fill("kim@example.com")
    dialog.get_by_label("Role").select_option("viewer")
    dialog.get_by_role("button", name="Make the link").click()
    link = dialog.get_by_role("region", name="Invitation link").inner_text().strip()
    colleague = watch.page()
    colleague.goto(link)
    colleague.get_by_label("Your name").fill("Kim Holm")
    colleague.get_by_role("textbox", name="Password").fill("a lantern by the sea")
    colleague.get_by_role("button", name="Join").click()
    expect(colleague.get_by_role("heading", name="Hello, Kim")).to_be_visible()
    colleague.goto("/app/journeys/customer-journey")
    expect(colleague.get_by_role("button", name="More for this journey")).to_be_visible()
    expect(colleague.get_by_role("button", name="Edit", exact=True)).to_have_count(0)  # a viewer looks
    dialog.get_by_role("button", name="Done").click()
    page.reload()
    expect(page.get_by_role("listitem").filter(has_text="Kim Holm")).to_contain_text("kim@example.com")
    again = watch.page()
    watch.expect("status of 4")
    again.goto(link)
    again.get_by_label("Your name").fill("Somebody Else")
    again.get_by_role("textbox", name="Password").fill("another lantern by the sea")
    again.get_by_role("button", name="Join").click()
    expect(again.get_by_role("alert")).to_be_visible()  # it works once


def test_an_api_key_is_shown_once_and_does_what_its_scopes_say(page: Page, shop: Shop) -> None:
    page.goto("/app/settings/keys")
    page.get_by_role("button", name="New API key").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Reporting notebook")
    dialog.get_by_role("button", name="Create the key").click()
    key = dialog.get_by_role("region", name="The new API key").inner_text().strip()
    bearer = {"Authorization": f"Bearer {key}"}
    assert httpx.get(f"{shop.address}/api/journeys", headers=bearer).status_code == 200
    assert httpx.post(f"{shop.address}/api/sql", json={"sql": "SELECT 1"}, headers=bearer).status_code == 403
    dialog.get_by_role("button", name="I have kept it").click()
    expect(dialog).to_be_hidden()
    page.reload()
    row = page.get_by_role("listitem").filter(has_text="Reporting notebook")
    expect(row).to_be_visible()
    assert key not in page.content()
    row.get_by_role("button", name="Revoke Reporting notebook").click()
    row.get_by_role("button", name="Revoke", exact=True).click()
    expect(page.get_by_text("Reporting notebook no longer works")).to_be_visible()
    assert httpx.get(f"{shop.address}/api/journeys", headers=bearer).status_code == 401


def test_sql_is_answered_and_an_error_says_what_is_wrong(page: Page, watch: Watch) -> None:
    page.goto("/app/explore/sql")
    editor = page.get_by_role("textbox", name="SQL")
    editor.fill("SELECT channel, count(*) AS events FROM events GROUP BY channel ORDER BY channel")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("cell", name="store", exact=True)).to_be_visible()
    watch.expect("status of 400")
    editor.fill("SELECT nothing_like_it FROM events")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("alert")).to_contain_text("nothing_like_it")


def test_swedish_once_chosen_holds_from_page_to_page(page: Page) -> None:
    page.goto("/app/settings/you")
    page.get_by_label("Language").select_option("sv")
    expect(page.get_by_role("link", name="Resor")).to_be_visible()
    page.goto("/app/journeys/customer-journey")
    expect(page.get_by_role("button", name=re.compile("Visa dem")).first).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "sv"
    page.goto("/app/customers")
    expect(page.get_by_role("heading", name="Kunder", level=1)).to_be_visible()


def test_how_mail_goes_out_is_said_with_what_the_domain_has_to_say(page: Page, shop: Shop) -> None:
    page.goto("/app/settings/email")
    form = page.get_by_role("form", name="Sender")
    form.get_by_role("textbox", name="Mail server").fill("smtp.hill.example")
    form.get_by_role("textbox", name="Address of the sender").fill("hello@hill.example")
    form.get_by_label("Mails per minute, at most").fill("120")
    form.get_by_role("switch", name="Sign mails here (DKIM)").press("Space")
    expect(form.get_by_label("Domain that signs")).to_have_value("hill.example")
    records = form.get_by_role("region", name="What to set in the domain’s DNS").last
    expect(records).to_contain_text("resa._domainkey.hill.example")
    expect(records).to_contain_text("v=spf1 a:smtp.hill.example ~all")
    expect(records).to_contain_text("_dmarc.hill.example")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The sender is saved")).to_be_visible()
    with shop.api() as api:
        body = api.get("/api/email-senders/default").json()["body"]
        assert (body["per_minute"], body["dkim"]["selector"]) == (120, "resa")
        assert api.delete("/api/email-senders/default").status_code == 200
