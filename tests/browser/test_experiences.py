"""Experiences: a marketer's two minutes from nothing to what customers see, by role and label only; and what was held back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser import trials
from tests.browser.conftest import Shop

ROOM = "/app/experiences"
PAGE = """<!doctype html><html lang=en><title>Shop</title><main><h1>Old title</h1><button>Buy</button></main>
<script nonce=n1 src="{resa}/sdk/resa.js" data-write-key="{key}"></script></html>"""
POPUP = {
    "type": "popup",
    "approval": "approved",
    "versions": [{"language": "en", "body": {"title": "Spring is here"}}],
}
SHOWN = {"status": "live", "holdout": 0.0, "variations": [{"key": "a", "content": "spring"}]}


@pytest.fixture(autouse=True)
def _tidy(shop: Shop) -> Iterator[None]:
    """The shop shows nothing before and after."""
    yield
    with shop.api() as api:
        for kind in (
            "experiences",
            "placements",
            "content",
            "offers",
            "contact-policies",
            "audiences",
            "experiments",
            "metrics",
        ):
            for row in api.get(f"/api/{kind}").json()["items"]:
                assert api.delete(f"/api/{kind}/{row['key']}").status_code == 200


@pytest.fixture
def foreign(shop: Shop) -> Iterator[str]:
    """Somebody's site at an origin of its own, whose policy lets nothing in but Resa's script."""
    page = PAGE.format(resa=shop.address, key=shop.write_key).encode()
    policy = f"default-src 'none'; script-src 'nonce-n1'; style-src 'none'; connect-src {shop.address}"

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path.partition("?")[0] == "/" else 204)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(page if self.path.partition("?")[0] == "/" else b"")

        def log_message(self, *_: object) -> None:
            """Quietly."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def members(shop: Shop) -> str:
    """A customer with an account who allows personalisation, and the segment of such."""
    consent = {"context": {"consent": {"categoryPreferences": {"personalization": True}}}}
    shop.send("identify", {"userId": "member-1", "traits": {"account": "yes", "name": "Vera Member"}, **consent})
    shop.send("page", {"userId": "member-1", "name": "Home", "context": {"page": {"url": "https://shop.example/"}}})
    shop.workspace.settle()
    rule = {"all": [{"trait": {"property": "account", "op": "is", "value": "yes"}}]}
    with shop.api() as api:
        made = api.post("/api/audiences", json={"key": "members", "body": {"name": "Has an account", "rule": rule}})
    assert made.status_code == 201, made.text
    shop.workspace.settle()
    return "member-1"


def decided(shop: Shop, placement: str, **who: Any) -> str | None:
    """The title of what a server is told to show at a placement."""
    asked = {"placements": [placement], "context": {"page": {"url": "https://shop.example/"}}}
    answer = httpx.post(f"{shop.address}/v1/decide", json={**asked, **who}, auth=(shop.write_key, ""), timeout=30)
    content = answer.json()["decisions"][0]["content"]
    return str(content["body"]["title"]) if content else None


def write(page: Page, name: str, title: str) -> None:
    """Write new content in the window that is open."""
    window = page.get_by_role("dialog", name="New content")
    window.get_by_label("Name").fill(name)
    window.get_by_label("Title").fill(title)
    expect(window.get_by_role("img", name="How it looks in en")).to_contain_text(title)
    window.get_by_role("button", name="Save").click()
    expect(window).to_be_hidden()


def test_a_marketer_shows_log_in_to_those_with_an_account(page: Page, shop: Shop, members: str) -> None:
    page.goto(ROOM)
    page.get_by_role("link", name="New experience").click()
    where = page.get_by_role("region", name="Where", exact=True)
    where.get_by_label("Name").fill("Log in")
    where.get_by_role("button", name="New placement").click()
    window = page.get_by_role("dialog", name="New placement")
    window.get_by_label("Name").fill("Top of the page")
    window.get_by_text("Banner", exact=True).click()
    window.get_by_role("button", name="Save").click()
    expect(window).to_be_hidden()
    page.get_by_label("Who sees it").select_option("Has an account")
    page.get_by_text("Only on certain visits").click()
    page.get_by_role("button", name="Add a condition").click()
    condition = page.get_by_role("group", name="Condition 1")
    condition.get_by_role("combobox", name="What").select_option("Segment")
    page.get_by_role("button", name="Write new").click()
    write(page, "Log in", "Welcome back, log in")
    page.get_by_label("Held out").fill("0")
    words = page.get_by_role("region", name="In words")
    expect(words).to_contain_text("At “Top of the page”, for: Has an account.")
    expect(words).to_contain_text("When they are in Has an account.")
    expect(words).to_contain_text("Only customers who allow personalisation.")
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_role("heading", name="Log in", level=1)).to_be_visible()

    dry = page.get_by_role("region", name="Dry run")
    dry.get_by_role("button", name="Try it").click()
    expect(dry).to_contain_text("would have seen it")
    dry.get_by_role("button", name="1 customer – Variation a").click()
    expect(page.get_by_role("dialog", name="Variation a").get_by_role("link", name="Vera Member")).to_be_visible()
    page.keyboard.press("Escape")
    preview = page.get_by_role("region", name="Preview")
    preview.get_by_role("button", name="Show").click()
    expect(preview.get_by_role("img", name="What they see")).to_contain_text("Welcome back, log in")
    preview.get_by_label("As whom").select_option("Somebody nobody knows")
    preview.get_by_role("button", name="Show").click()
    expect(preview).to_contain_text("They see the page as it is.")
    expect(preview).to_contain_text("No consent to it")

    assert decided(shop, "top-of-the-page", userId=members) is None, "a draft is nobody's"
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_role("button", name="Turn off")).to_be_visible()
    assert decided(shop, "top-of-the-page", userId=members) == "Welcome back, log in"
    assert decided(shop, "top-of-the-page", anonymousId="nobody") is None
    for name in ("Viewed", "Clicked"):
        said = {"experience": "log-in", "variation": "a"}
        shop.send("track", {"userId": members, "event": f"Experience {name}", "properties": said})
    shop.workspace.settle()
    page.reload()
    reached = page.get_by_role("region", name="What came of it")
    expect(reached.get_by_role("row", name="a 1 – a: Saw it 1 – a: Clicked 100% 0")).to_be_visible()
    reached.get_by_role("button", name="a: Clicked").click()
    expect(page.get_by_role("dialog", name="a: Clicked").get_by_role("link", name="Vera Member")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Turn off").click()
    page.get_by_role("region", name="Messages").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Turn off")).to_be_visible()
    assert decided(shop, "top-of-the-page", userId=members) == "Welcome back, log in"


def test_a_split_is_measured_with_one_click_and_leads_to_its_result(page: Page, shop: Shop) -> None:
    with shop.api() as api:
        for path, key, body in (
            ("metrics", "ordered", trials.METRICS["ordered"]),
            ("metrics", "looked", trials.METRICS["looked"]),
            ("placements", "split", {"name": "Split"}),
            ("content", "loud", {"name": "Loud", "type": "text", "approval": "approved",
                                 "versions": [{"language": "en", "body": {"text": "Loud"}}]}),
            ("experiences", "split", {"name": "Louder", "placement": "split", "status": "live",
                                      "variations": [{"key": "calm"}, {"key": "loud", "content": "loud"}]}),
        ):  # fmt: skip
            made = api.post(f"/api/{path}", json={"key": key, "body": body})
            assert made.status_code == 201, made.text
    page.goto(f"{ROOM}/split")
    page.get_by_role("button", name="Find out which is better").click()
    window = page.get_by_role("dialog")
    window.get_by_role("combobox", name="What decides").select_option("Ordered")
    window.get_by_role("group", name="What must not get worse").get_by_text("Looked at products").click()
    window.get_by_role("button", name="Start").click()
    expect(page.get_by_role("region", name="Verdict")).to_contain_text("Nobody has been shown it yet")
    page.goto(f"{ROOM}/split")
    expect(page.get_by_role("link", name="See which variation is better")).to_be_visible()
    with shop.api() as api:
        body = api.get("/api/experiments/split").json()["body"]
        assert (body["status"], body["metrics"]["guardrails"]) == ("running", ["looked"])
        assert api.post("/api/experiments/split/stop", json={}).status_code == 200


def test_what_is_missing_is_begun_from_the_coverage(page: Page, shop: Shop) -> None:
    page.goto(f"{ROOM}/content?view=coverage")
    stages = page.get_by_role("region", name="Stages")
    expect(stages.get_by_role("listitem").filter(has_text="Purchase")).to_contain_text("Nothing speaks to it yet")
    stages.get_by_role("link", name="Write some for Purchase").click()
    expect(page.get_by_role("checkbox", name="Purchase")).to_be_checked()
    page.get_by_label("Name").fill("Safe payment")
    page.get_by_label("Title").fill("Pay safely")
    page.get_by_label("Another language").fill("sv")
    page.get_by_role("button", name="Add the language").click()
    swedish = page.get_by_role("region", name="In sv")
    swedish.get_by_label("Title").fill("Betala tryggt")
    expect(page.get_by_role("region", name="In en").get_by_label("Title")).to_have_value("Pay safely")
    page.get_by_text("Approved", exact=True).click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Safe payment", level=1)).to_be_visible()
    page.goto(f"{ROOM}/content?view=coverage")
    expect(
        page.get_by_role("region", name="Stages").get_by_role("listitem").filter(has_text="Purchase")
    ).to_contain_text("1 piece, 1 approved")


def test_the_contact_policy_is_a_form_that_is_taken_back(page: Page, shop: Shop) -> None:
    page.goto("/app/settings/contacts")
    page.get_by_role("button", name="Add a limit").click()
    fifth = page.get_by_role("group", name="Limit 5")
    fifth.get_by_label("At most").fill("2")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("region", name="Messages")).to_contain_text("Contact policy saved")
    with shop.api() as api:
        caps = api.get("/api/contacts").json()["policy"]["caps"]
        assert caps[4] == {"kinds": ["popup"], "most": 2, "per": "1 day"}
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_role("group", name="Limit 5")).to_have_count(0)
        assert len(api.get("/api/contacts").json()["policy"]["caps"]) == 4


def test_a_variation_is_built_on_a_foreign_page_by_role_and_label(page: Page, shop: Shop, foreign: str) -> None:
    variations = [{"key": "control", "name": "As it is"}, {"key": "b", "name": "Warmer"}]
    body = {"name": "A warmer welcome", "variations": [{**one, "weight": 1} for one in variations]}
    with shop.api() as api:
        assert api.post("/api/experiments", json={"key": "welcome", "body": body}).status_code == 201
    page.goto(f"{ROOM}/visual")
    page.get_by_role("link", name="A warmer welcome").click()
    warmer = page.get_by_role("region", name="Warmer")
    warmer.get_by_label("Page of your site").fill(f"{foreign}/?utm_source=mail")
    with page.context.expect_page() as waiting:
        warmer.get_by_role("button", name="Build Warmer on the page").click()
    site = waiting.value
    editor = site.get_by_role("dialog", name="Resa editor")
    site.get_by_role("heading", name="Old title").click()
    editor.get_by_label("Text", exact=True).fill("Good to see you")
    editor.get_by_label("Text", exact=True).press("Tab")
    editor.get_by_role("button", name="Choose another").click()
    site.get_by_role("button", name="Buy").click()
    editor.get_by_label("Hide it").check()
    editor.get_by_role("button", name="Done").click()
    changes = warmer.get_by_role("list", name="Changes").get_by_role("listitem")
    expect(changes).to_have_count(2)
    expect(changes.first).to_contain_text("Text of h1: Good to see you")
    expect(page.get_by_role("region", name="On which pages it runs")).to_contain_text(f"{foreign}/")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("region", name="Messages")).to_contain_text("A warmer welcome saved")
    with shop.api() as api:
        pages = api.get("/api/experiments/welcome").json()["body"]["pages"]
        assert api.delete("/api/experiments/welcome").status_code == 200
    assert [one["pattern"] for one in pages["patterns"]] == [f"{foreign}/"]
    made = pages["changes"]["b"]["mutations"]
    told = {"selector": "h1", "action": "set", "attribute": "html", "value": "Good to see you"}
    assert made[0] == {**made[0], **told}
    assert made[1]["attribute"] == "style"


def test_a_placement_is_pointed_at_on_the_page(page: Page, shop: Shop, foreign: str) -> None:
    page.goto(f"{ROOM}/placements/new")
    page.get_by_label("Name").fill("Below the title")
    page.get_by_label("Page of your site").fill(foreign)
    with page.context.expect_page() as waiting:
        page.get_by_role("button", name="Choose it on the page").click()
    site = waiting.value
    editor = site.get_by_role("dialog", name="Resa editor")
    site.get_by_role("heading", name="Old title").click()
    editor.get_by_label("Where the content goes").select_option("after")
    editor.get_by_role("button", name="Done").click()
    expect(page.get_by_role("group", name="Where on the page")).to_contain_text("After: h1")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Below the title", level=1)).to_be_visible()
    with shop.api() as api:
        saved = api.get("/api/placements/below-the-title").json()["body"]
    assert (saved["selector"], saved["position"]) == ("h1", "after")


def test_a_customers_page_tells_what_was_held_back(page: Page, shop: Shop, members: str) -> None:
    with shop.api() as api:
        for kind, key, body in (
            ("contact-policies", "global", {"caps": [{"kinds": ["popup"], "most": 1, "per": "1 day"}]}),
            ("placements", "over", {"name": "Over the page"}),
            ("content", "spring", {**POPUP, "name": "Spring"}),
            ("experiences", "spring", {**SHOWN, "name": "Spring", "placement": "over"}),
        ):
            made = api.post(f"/api/{kind}", json={"key": key, "body": body})
            assert made.status_code == 201, made.text
        assert [decided(shop, "over", userId=members) for _ in range(2)] == ["Spring is here", None]
        profile = api.get("/api/customers", params={"q": "Vera Member"}).json()["items"][0]["profile"]
    shop.workspace.settle()
    page.goto(f"/app/customers/{profile}")
    contacts = page.get_by_role("region", name="Contacts")
    expect(contacts.get_by_role("listitem").filter(has_text="Held back: Enough contacts for now")).to_have_count(1)
    expect(contacts.get_by_role("listitem").filter(has_text="Got it")).to_have_count(1)


def test_a_campaign_whose_promise_no_page_keeps_gets_its_experience_begun(page: Page, shop: Shop) -> None:
    with shop.api() as api:
        assert api.post("/api/placements", json={"key": "hero", "body": {"name": "Hero"}}).status_code == 201
    page.goto(f"{ROOM}/campaigns")
    row = page.get_by_role("row").filter(has_text="warm-rooms")
    expect(row).to_contain_text("The same as everybody")
    row.get_by_role("link", name="Keep the promise of warm-rooms on /").click()
    expect(page.get_by_role("textbox", name="Name").first).to_have_value("For those who come by warm-rooms")
    expect(page.get_by_role("region", name="In words")).to_contain_text("warm-rooms")
    with shop.api() as api:
        context = {"campaign": {"source": ["pinterest"], "medium": ["social"], "name": ["warm-rooms"]}}
        body = {"name": "Warm", "placement": "hero", "context": context, "promise": "Warm rooms", "status": "draft"}
        content = {"key": "spring", "body": {"name": "Spring", **POPUP}}
        assert api.post("/api/content", json=content).status_code == 201
        made = api.post("/api/experiences", json={"key": "warm", "body": {**SHOWN, **body}})
        assert made.status_code == 201, made.text
        page.goto(f"{ROOM}/campaigns")
        expect(row).to_contain_text("not on yet")
        live = api.put(
            "/api/experiences/warm", json={"expected_version": 1, "body": {**SHOWN, **body, "status": "live"}}
        )
        assert live.status_code == 200, live.text
    page.reload()
    expect(row).to_contain_text("The ad said: Warm rooms")
