"""You told us, we did: a theme is chosen, who would hear it is seen, it is told once; and what getting back to customers did."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from resa.feedback.loops import tables
from tests.browser.barriers import barriers, look
from tests.browser.conftest import Shop

WORDS = "The parcel came too late"


@pytest.fixture(autouse=True)
def _tidy(shop: Shop) -> Iterator[None]:
    """No theme and no sender stay."""
    yield
    with shop.api() as api:
        for path in ("themes", "email-senders"):
            for row in api.get(f"/api/{path}").json()["items"]:
                api.delete(f"/api/{path}/{row['key']}")


def wrote(shop: Shop, who: str, *, agrees: bool) -> None:
    """Somebody complains in a survey."""
    said: dict[str, Any] = {"survey": "nps", "metric": "nps", "score": 3, "comment": WORDS, "channel": "email"}
    context = {"consent": {"categoryPreferences": {"marketing": agrees}}}
    traits = {"name": who.title(), "email": f"{who}@example.com", "language": "sv" if who == "ylva" else "en"}
    shop.send("identify", {"userId": who, "traits": traits, "context": context})
    now = datetime.now(UTC).isoformat()
    shop.send("track", {"userId": who, "event": "Survey Answered", "timestamp": now, "properties": said})


def test_those_who_mentioned_a_theme_hear_once_what_changed(shop: Shop, page: Page) -> None:
    page.goto("/app/feedback/told")
    expect(page.get_by_role("heading", name="Nobody was told yet")).to_be_visible()
    assert barriers(page) == []
    look(page, "told-empty")
    with shop.api() as api:
        body = {"name": "Late parcels", "phrases": ["too late"]}
        assert api.post("/api/themes", json={"key": "late-parcels", "body": body}).status_code == 201
        sender = {"host": "127.0.0.1", "port": 9, "from_address": "shop@example.com", "security": "none"}
        answer = api.post("/api/email-senders", json={"key": "default", "body": sender})
        assert answer.status_code == 201, answer.text
    for who, agrees in (("xena", True), ("ylva", True), ("zoe", False)):
        wrote(shop, who, agrees=agrees)
    shop.workspace.settle()

    page.reload()
    page.get_by_role("button", name="Tell customers what changed").click()
    expect(page.get_by_text("by e-mail only")).to_be_visible()
    page.get_by_label("Theme they mentioned").select_option("Late parcels")
    hearers = page.get_by_role("region", name="2. Who will hear it")
    expect(hearers.get_by_role("link", name="Xena")).to_be_visible()
    expect(hearers.get_by_role("listitem").filter(has_text="Zoe")).to_contain_text("No consent")
    page.get_by_role("textbox", name="Title").fill("Faster deliveries")
    page.get_by_label("Subject").fill("We are faster now")
    page.get_by_role("textbox", name="Text", exact=True).fill("Parcels arrive within two days.")
    mail = page.frame_locator("iframe[title='What they will read']")
    expect(mail.get_by_text("Parcels arrive within two days.")).to_be_visible()
    expect(mail.get_by_role("link", name="Avsluta prenumerationen")).to_be_visible()
    assert barriers(page, picture="told-composer") == []
    look(page, "told-composer")
    page.get_by_role("button", name="Tell 2 customers").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Each hears it once")
    dialog.get_by_role("button", name="Send it").click()
    card = page.get_by_role("listitem").filter(has_text="Faster deliveries")
    card.get_by_role("button", name="Who heard what").click()
    expect(card.get_by_role("link", name="Ylva")).to_be_visible()
    expect(card).to_contain_text("We are faster now")
    assert barriers(page) == []
    look(page, "told-list")

    page.get_by_role("button", name="Tell customers what changed").click()
    expect(page.get_by_role("button", name="Tell nobody")).to_be_disabled()
    expect(page.get_by_role("listitem").filter(has_text="Xena")).to_contain_text("Told before")


def test_a_theme_is_split_by_phrases_and_made_whole_again(shop: Shop, page: Page) -> None:
    with shop.api() as api:
        body = {"name": "Late parcels", "phrases": ["too late"]}
        assert api.post("/api/themes", json={"key": "late-parcels", "body": body}).status_code == 201
        wrote(shop, "sven", agrees=False)
        shop.workspace.settle()
        page.goto("/app/feedback/comments")
        page.get_by_role("button", name="Decide about Late parcels").click()
        page.get_by_role("menuitem", name="Split").click()
        dialog = page.get_by_role("dialog", name="Split")
        dialog.get_by_label("Name of the new theme").fill("Parcels only")
        dialog.get_by_label("Phrases of your own").fill("parcel came too late")
        assert barriers(page) == []
        look(page, "split")
        dialog.get_by_role("button", name="Split it off").click()
        told = page.get_by_text("Parcels only is a theme of its own now, split off Late parcels.")
        expect(told).to_be_visible()
        made = api.get("/api/themes/parcels-only").json()["body"]
        assert (made["out_of"], made["phrases"]) == ("late-parcels", ["parcel came too late"])
        page.get_by_role("button", name="Undo").click()
        expect(told).to_be_hidden()
        expect(page.get_by_role("button", name="Decide about Parcels only")).to_have_count(0)
        assert "parcels-only" not in [row["key"] for row in api.get("/api/themes").json()["items"]]


def test_what_getting_back_to_customers_did_is_said_with_its_doubt(shop: Shop, page: Page) -> None:
    page.goto("/app/feedback/recovery?days=14")
    expect(page.get_by_role("heading", name="Too few to say anything")).to_be_visible()
    assert barriers(page) == []
    look(page, "recovery-few")
    long_ago = datetime.now(UTC) - timedelta(days=30)
    batch: list[dict[str, Any]] = []
    for number in range(160):
        who, at = f"recovered-{number}", long_ago + timedelta(minutes=number)
        said = {"survey": "nps", "metric": "nps", "score": 2, "comment": "", "channel": "email"}
        batch.append(
            {
                "type": "track",
                "userId": who,
                "event": "Survey Answered",
                "timestamp": at.isoformat(),
                "properties": said,
            }
        )
        if number % 2 == 0 or number % 8 == 1:  # who is contacted comes back, of the others one in four
            later = (at + timedelta(days=6)).isoformat()
            batch.append({"type": "page", "userId": who, "name": "Home", "timestamp": later})
    for start in range(0, len(batch), 100):
        shop.send("batch", {"batch": batch[start : start + 100]})
    shop.workspace.settle()
    a = tables.answers.c
    with shop.workspace.state.write() as tx:
        for number in range(0, 160, 2):
            called = sa.update(tables.answers).where(a.identity == f"user:recovered-{number}")
            tx.execute(called.values(contacted_at=a.at + 3_600_000, contacted_by="hand"))
    page.reload()
    card = page.get_by_role("listitem").filter(has_text="Came back within 14 days")
    expect(card).to_contain_text("Better")
    expect(card).to_contain_text("with 95 % certainty between")
    assert barriers(page) == []
    look(page, "recovery")
    page.set_viewport_size({"width": 390, "height": 844})
    look(page, "recovery-phone")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
