"""Customers: found, followed across channels, merged and taken apart again."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Shop


@pytest.fixture
def maja(page: Page) -> Page:
    """The page of the customer who went every step, found by her name."""
    page.goto("/app/customers")
    page.get_by_role("searchbox").fill("maja lind")
    page.get_by_role("main").get_by_role("link", name=re.compile("Maja Lindqvist")).click()
    expect(page.get_by_role("heading", name="Maja Lindqvist", level=1)).to_be_visible()
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    return page


def test_the_search_finds_by_name_mail_and_id_and_says_when_nobody_fits(page: Page) -> None:
    page.goto("/app/customers")
    search = page.get_by_role("searchbox")
    found = page.get_by_role("main").get_by_role("listitem")
    for asked in ("Maja Lindqvist", "maja.420@example.com", "c1420"):
        search.fill(asked)
        expect(page).to_have_url(re.compile("q="))
        expect(found).to_have_count(1)
        expect(found.first).to_contain_text("Maja Lindqvist")
    search.fill("nobody of this name")
    expect(page.get_by_text("Nobody matches “nobody of this name”")).to_be_visible()


def test_a_timeline_runs_across_channels_and_can_be_narrowed_to_one(maja: Page) -> None:
    moments = maja.get_by_role("region", name="Timeline").locator("ol > li")
    expect(moments.first).to_be_visible()
    whole = moments.count()
    channel = maja.get_by_label("Channel", exact=True)
    offered = set(channel.locator("option").evaluate_all("options => options.map((option) => option.value)"))
    assert offered >= {"", "web", "app", "email", "chat", "store"}
    channel.select_option("email")
    expect(maja).to_have_url(re.compile("channel=email"))
    expect(moments).to_have_count(3)
    assert whole > 20
    expect(moments.filter(has_text="Email Link Clicked")).to_have_count(1)
    maja.get_by_role("button", name=re.compile("Email Opened")).click()
    expect(maja.get_by_text("How is it?").first).to_be_visible()


def test_a_profile_tells_traits_with_their_source_and_what_was_spent(maja: Page) -> None:
    expect(maja.get_by_role("region", name="Traits")).to_contain_text("Harbour Club")
    expect(maja.get_by_role("region", name="Traits")).to_contain_text("shop-back-end")
    expect(maja.get_by_role("region", name="Identities")).to_contain_text("user:c1420")
    expect(maja.get_by_text("Revenue, 2 orders")).to_be_visible()
    expect(maja.get_by_text("€253")).to_be_visible()


def test_a_merge_looks_at_its_consequences_once_though_the_page_learns_of_it_first(maja: Page, shop: Shop) -> None:
    profile = maja.url.rsplit("/", 1)[1].split("?")[0]
    asked: list[str] = []

    def hold(_: Route) -> None:
        """Leave it without an answer."""

    maja.on("request", lambda request: asked.append(request.url))
    with shop.api() as api:
        elder = api.get("/api/customers/p_0").json()  # the lower number stays: Maja's gives way
    maja.get_by_role("button", name="Merge with another").click()
    dialog = maja.get_by_role("dialog")
    dialog.get_by_label("The other customer").fill(elder["profile"])
    dialog.get_by_role("button", name=re.compile(elder["name"])).click()
    maja.route(re.compile("/timeline"), hold)  # the page hears of the merge while the rest is on its way
    dialog.get_by_role("button", name="Merge", exact=True).click()
    expect(maja.get_by_text(re.compile("^Merged with"))).to_be_visible()
    maja.unroute(re.compile("/timeline"))
    assert sum(url.endswith("/api/merges/preview") for url in asked) == 1
    maja.goto(f"/app/customers/{profile}")
    expect(maja.get_by_text(f"{profile} was merged into another customer")).to_be_visible()
    maja.get_by_role("listitem").filter(has_text="merged by hand").get_by_role("button", name="Undo").click()
    maja.get_by_role("button", name="Take apart").click()
    expect(maja.get_by_text("Taken apart into 2 customers")).to_be_visible()
    expect(maja.get_by_text(f"{profile} was merged into another customer")).to_have_count(0)


def test_two_are_merged_after_a_look_at_the_consequences_and_taken_apart_again(maja: Page, shop: Shop) -> None:
    profile = maja.url.rsplit("/", 1)[1].split("?")[0]
    with shop.api() as api:
        before = api.get(f"/api/customers/{profile}").json()
        others = api.get("/api/customers", params={"q": "eklund"}).json()["items"]
        other = next(one for one in others if one["email"])
        maja.get_by_role("button", name="Merge with another").click()
        dialog = maja.get_by_role("dialog")
        dialog.get_by_label("The other customer").fill(other["email"])
        dialog.get_by_role("button", name=re.compile(other["name"])).click()
        both = before["events"] + other["events"]
        expect(dialog.get_by_text(re.compile(rf"become one, p_\d+: .* and {both} events together"))).to_be_visible()
        expect(dialog.get_by_role("columnheader", name="Gives way")).to_be_visible()
        assert api.get(f"/api/customers/{profile}").json()["events"] == before["events"]  # so far only looked at
        dialog.get_by_label("Reason (for the audit log)").fill("The same person on the phone")
        dialog.get_by_role("button", name="Merge", exact=True).click()
        expect(maja.get_by_text(re.compile("^Merged with"))).to_be_visible()
        into = maja.url.rsplit("/", 1)[1].split("?")[0]
        assert api.get(f"/api/customers/{into}").json()["events"] == both
        identities = maja.get_by_role("region", name="Identities")
        merged = identities.get_by_role("listitem").filter(has_text="The same person on the phone")
        expect(merged).to_contain_text("merged by hand")
        merged.get_by_role("button", name="Undo").click()
        expect(maja.get_by_text("These 2 customers come apart")).to_be_visible()
        maja.get_by_role("button", name="Take apart").click()
        expect(maja.get_by_text("Taken apart into 2 customers")).to_be_visible()
        after = api.get(f"/api/customers/{profile}").json()
    for told in ("name", "email", "events", "traits", "revenue", "channels", "first_seen", "last_seen"):
        assert after[told] == before[told], told
