"""Comments: how good the readings are is told by language, before and after learning from scores."""

from __future__ import annotations

import random
from datetime import UTC, datetime

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Shop
from tests.browser.watching import Watch

SAID = {10: ["wonderful", "friendly", "fast"], 2: ["broken", "rude", "late"]}


def test_how_good_the_readings_are_is_shown_by_language(shop: Shop, page: Page) -> None:
    dice = random.Random(1)
    for at in range(70):
        score = dice.choice([10, 2])
        words = f"The parcel was {dice.choice(SAID[score])} and the shop {dice.choice(SAID[score])}, order {at}"
        said = {"survey": "nps", "metric": "nps", "score": score, "comment": words, "channel": "email"}
        now = datetime.now(UTC).isoformat()
        shop.send("track", {"userId": f"reader-{at}", "event": "Survey Answered", "timestamp": now, "properties": said})
    shop.workspace.settle()
    page.goto("/app/feedback/comments")
    page.get_by_text("How good it is").click()
    shipped = page.get_by_role("region", name="Shipped with Resa")
    expect(shipped.get_by_role("row", name="Hungarian")).to_contain_text("a part it did not learn from")
    expect(shipped.get_by_role("row", name="English").first).to_contain_text("learned without it")
    page.get_by_role("button", name="Learn from scores").click()
    own = page.get_by_role("region", name="Learned from your scores")
    expect(own.get_by_role("row", name="All languages")).to_contain_text("Your own scored comments")
    expect(page.get_by_role("region", name="Your comments by language")).to_contain_text("English")
    assert [violation["id"] for violation in Axe().run(page).response["violations"]] == []


def test_it_fits_a_phone(shop: Shop, watch: Watch) -> None:
    page = watch.page(shop.session(), viewport={"width": 390, "height": 844})
    page.goto("/app/feedback/comments")
    page.get_by_text("How good it is").click()
    expect(page.get_by_role("region", name="Shipped with Resa")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
