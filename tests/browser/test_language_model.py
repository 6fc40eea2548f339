"""The language model's page: off at first, tried against an endpoint of this machine, honest where it is not there. Sources, hidden themes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.barriers import barriers, look
from tests.browser.conftest import Shop
from tests.browser.watching import Watch
from tests.themes.test_language_model import Endpoint, endpoint

__all__ = ["endpoint"]


@pytest.fixture(autouse=True)
def _tidy(shop: Shop) -> Iterator[None]:
    """Nothing is on afterwards, and what was made is gone."""
    yield
    with shop.api() as api:
        told = api.get("/api/language-model").json()
        if told["body"] is not None:
            body = {**told["body"], "on": False}
            api.put("/api/language-model", json={"expected_version": told["version"], "body": body})
        api.delete("/api/comment-sources/notes-of-calls")
        api.delete("/api/themes/quiet")


def test_a_model_is_named_tried_and_switched_on_and_it_is_said_what_leaves(
    shop: Shop, page: Page, endpoint: Endpoint, watch: Watch
) -> None:
    watch.expect("status of 502")
    page.goto("/app/settings/model")
    expect(page.get_by_text("Nothing leaves this machine")).to_be_visible()
    page.get_by_role("textbox", name="Address").fill("http://127.0.0.1:9/v1")
    page.get_by_label("Name of the model").fill("small")
    page.get_by_label("Variable that holds the key").fill("RESA_MODEL_KEY_TEST")
    page.get_by_label("Names for themes").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("RESA_MODEL_KEY_TEST is not set on the server")).to_be_visible()
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("It does not work yet")).to_be_visible()

    page.get_by_role("textbox", name="Address").fill(endpoint.url)
    page.get_by_label("Switched on").check()
    expect(page.get_by_text("Words of your customers go to")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("It called two made-up comments “Late parcels”", exact=False)).to_be_visible()
    assert barriers(page) == []
    look(page, "language-model")
    page.get_by_text("A try", exact=True).first.click()
    expect(page.get_by_text("The parcel came two days late.").first).to_be_visible()


def test_a_source_is_added_and_a_hidden_theme_shown_again(shop: Shop, page: Page) -> None:
    shop.send("track", {"userId": "vera", "event": "Call Ended", "properties": {"notes": "The line was too quiet"}})
    with shop.api() as api:
        body = {"name": "Too quiet", "phrases": ["quiet"], "hidden": True}
        assert api.post("/api/themes", json={"key": "quiet", "body": body}).status_code == 201
    shop.workspace.settle()
    page.goto("/app/feedback/comments")
    page.get_by_role("button", name="Add a source").click()
    editor = page.get_by_role("dialog")
    editor.get_by_role("textbox", name="Name").fill("Notes of calls")
    editor.get_by_label("Which events carry a comment").fill("Call Ended")
    page.get_by_role("option", name="Call Ended").click()
    editor.get_by_label("Property with the text").first.fill("notes")
    assert barriers(page) == []
    look(page, "comment-source")
    editor.get_by_role("button", name="Save").click()
    expect(page.get_by_role("switch", name="Notes of calls")).to_be_checked()
    expect(page.get_by_text("The line was too quiet").first).to_be_visible()

    expect(page.get_by_role("button", name="Too quiet", exact=True)).to_be_hidden()
    page.get_by_label("Show hidden themes").check()
    card = page.get_by_role("listitem").filter(has=page.get_by_role("button", name="Too quiet", exact=True))
    card.get_by_role("button", name="Decide about Too quiet").click()
    page.get_by_role("menuitem", name="Show again").click()
    page.get_by_label("Show hidden themes").uncheck()
    expect(page.get_by_role("button", name="Too quiet", exact=True)).to_be_visible()
    look(page, "comments")
