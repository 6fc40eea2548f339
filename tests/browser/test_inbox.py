"""The inbox: a rule is made and tried, an answer comes in, is taken, noted and closed by keyboard, and opened again; a file is brought in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.barriers import barriers
from tests.browser.conftest import Shop
from tests.browser.watching import Watch

CSV = "betyg,kommentar,datum\n" + "\n".join(
    f"{number % 5 + 1},Leveransen var sen och paketet var trasigt,2025-03-{number + 1:02d}" for number in range(20)
)


@pytest.fixture(autouse=True)
def _tidy(shop: Shop) -> Iterator[None]:
    """No rule, template or sender stays."""
    yield
    with shop.api() as api:
        for path in ("feedback-rules", "reply-templates", "email-senders"):
            for row in api.get(f"/api/{path}").json()["items"]:
                assert api.delete(f"/api/{path}/{row['key']}").status_code == 200


def answer(shop: Shop, who: str, score: int, comment: str) -> None:
    """Somebody answers the shop's survey."""
    said: dict[str, Any] = {"survey": "nps", "metric": "nps", "score": score, "comment": comment, "channel": "email"}
    now = datetime.now(UTC).isoformat()
    shop.send("identify", {"userId": who, "traits": {"name": who.title()}})
    shop.send("track", {"userId": who, "event": "Survey Answered", "timestamp": now, "properties": said})


def test_an_unhappy_answer_is_brought_up_and_worked_by_keyboard(shop: Shop, page: Page) -> None:
    page.goto("/app/feedback/rules")
    page.get_by_role("button", name="New rule").first.click()
    page.get_by_role("textbox", name="Name").fill("Unhappy customers")
    page.get_by_label("What is to be done").fill("Call them")
    page.get_by_role("button", name="Try on the last 30 days").click()
    expect(page.get_by_text("It would have fired", exact=False)).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Unhappy customers")).to_be_visible()

    answer(shop, "vera", 9, "Lovely")
    answer(shop, "otto", 2, "The parcel never came")
    shop.workspace.settle()
    page.goto("/app/feedback/inbox")
    page.get_by_label("Which answers").select_option("low")
    expect(page.get_by_role("button", name="The parcel never came")).to_be_visible()
    page.keyboard.press("j")
    panel = page.get_by_role("article", name="Otto")
    expect(panel.get_by_text("The parcel never came")).to_be_visible()
    expect(panel.get_by_text("unhappy-customers")).to_be_visible()
    expect(panel.get_by_text("Call them")).to_be_visible()
    panel.get_by_label("Who takes care of it").select_option("Ada Berg")
    expect(panel.get_by_label("Status")).to_have_value("open")
    panel.get_by_label("A note for the team").fill("She waits for a call")
    panel.get_by_role("button", name="Add").click()
    expect(panel.get_by_text("She waits for a call")).to_be_visible()
    assert barriers(page) == []

    page.get_by_role("heading", name="Otto").click()
    page.keyboard.press("e")
    expect(page.get_by_role("button", name="The parcel never came")).to_be_hidden()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="The parcel never came")).to_be_visible()


def test_several_answers_are_closed_at_once_and_opened_again(shop: Shop, page: Page) -> None:
    for who in ("ines", "iris"):
        answer(shop, who, 4, "Bulk matters")
    shop.workspace.settle()
    page.goto("/app/feedback/inbox")
    page.get_by_label("Search comments").fill("Bulk matters")
    expect(page.get_by_role("button", name="Bulk matters")).to_have_count(2)
    page.get_by_label("Mark all").check()
    expect(page.get_by_label("2 marked")).to_be_checked()
    assert barriers(page) == []
    page.get_by_label("Set status").select_option("Closed")
    expect(page.get_by_role("button", name="Bulk matters")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Bulk matters")).to_have_count(2)


def test_a_reply_begins_from_a_template_is_looked_at_and_sent(shop: Shop, page: Page, watch: Watch) -> None:
    watch.expect("400")
    with shop.api() as api:
        sender = {"host": "127.0.0.1", "port": 9, "from_address": "shop@example.com", "security": "none"}
        assert api.post("/api/email-senders", json={"key": "default", "body": sender}).status_code == 201
    answer(shop, "petra", 2, "The lamp was broken")
    shop.send("identify", {"userId": "petra", "traits": {"name": "Petra Lind", "email": "petra@example.com"}})
    shop.workspace.settle()
    page.goto("/app/feedback/inbox")
    page.get_by_role("button", name="The lamp was broken").click()
    page.get_by_role("button", name="Reply by mail").click()
    page.get_by_role("button", name="Make a template").click()
    dialog = page.get_by_role("dialog", name="Templates for replies")
    dialog.get_by_label("Name").fill("Sorry for what was broken")
    dialog.get_by_label("Subject").fill("About your {{ answer.score }}")
    text = dialog.get_by_label("Text")
    text.fill("{% if %}")
    dialog.get_by_role("button", name="Save").click()
    expect(text).to_have_attribute("aria-invalid", "true")
    text.fill("Dear ")
    dialog.get_by_role("button", name="Put something in").click()
    page.get_by_role("menuitem", name="First name").click()
    expect(text).to_have_value('Dear {{ customer.first_name | default: "there" }}')
    expect(dialog.get_by_text("Dear Petra")).to_be_visible()
    assert barriers(page, picture="reply-template") == []
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Sorry for what was broken is saved.")).to_be_visible()
    dialog.get_by_role("button", name="Close").click()

    form = page.get_by_role("form", name="Reply by mail")
    form.get_by_label("Begin with").select_option("Sorry for what was broken")
    expect(form.get_by_label("Subject")).to_have_value("About your 2")
    expect(form.get_by_label("Text")).to_have_value("Dear Petra")
    form.get_by_label("Text").fill("Dear Petra,\na new lamp is on its way.")
    form.get_by_role("button", name="See the mail").click()
    mail = page.frame_locator("iframe[title='The mail as it will be']")
    expect(mail.get_by_text("a new lamp is on its way.")).to_be_visible()
    assert barriers(page) == []
    form.get_by_role("button", name="Send").click()
    expect(page.get_by_role("article", name="Petra Lind").get_by_text("a new lamp is on its way.")).to_be_visible()


def test_past_answers_come_in_from_a_file(shop: Shop, page: Page) -> None:
    page.goto("/app/feedback/import")
    file: Any = {"name": "svar.csv", "mimeType": "text/csv", "buffer": CSV.encode()}
    page.get_by_label("Choose a file").set_input_files(file)
    expect(page.get_by_label("Score", exact=True)).to_have_value("betyg")
    expect(page.get_by_label("Comment", exact=True)).to_have_value("kommentar")
    expect(page.get_by_text("20 answers of the first 20 lines would come in")).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("list", name="Imported before").get_by_text("20 events", exact=False)).to_be_visible()
    shop.workspace.settle()
    page.goto("/app/feedback/inbox")
    page.get_by_role("button", name="Closed", exact=False).click()
    page.get_by_label("Search comments").fill("Leveransen")  # the shop's own answers are newer and fill the first page
    expect(page.get_by_role("button", name="Leveransen var sen").first).to_be_visible()


def test_an_open_answer_has_an_address_its_source_a_name_and_its_score_a_scale(shop: Shop, page: Page) -> None:
    with shop.api() as api:
        body = {"name": "Relationship", "questions": [{"key": "nps", "kind": "nps", "text": {"en": "Would you?"}}]}
        made = api.post("/api/survey-definitions", json={"key": "web_reviews", "body": body})
        assert made.status_code == 201, made.text
    for who, comment in (("olga", "A link for Olga"), ("omar", "A link for Omar")):
        said: dict[str, Any] = {
            "survey": "web_reviews",
            "metric": "nps",
            "score": 3,
            "comment": comment,
            "channel": "link",
        }
        shop.send("identify", {"userId": who, "traits": {"name": who.title()}})
        shop.send("track", {"userId": who, "event": "Survey Answered", "properties": said})
    shop.workspace.settle()
    page.goto("/app/feedback/inbox")
    page.get_by_label("Search comments").fill("A link for")
    row = page.get_by_role("button", name="A link for Olga")
    expect(row).to_contain_text("NPS: 3 of 10")
    row.click()
    panel = page.get_by_role("article", name="Olga")
    expect(panel.get_by_text("Relationship, by link")).to_be_visible()
    address = page.url
    assert "answer=" in address
    page.get_by_role("button", name="A link for Omar").click()
    expect(page.get_by_role("article", name="Omar")).to_be_visible()
    page.go_back()
    expect(panel).to_be_visible()
    panel.get_by_role("button", name="Close", exact=True).click()  # it leaves the list, and the link still leads to it
    expect(page.get_by_role("button", name="A link for Olga")).to_be_hidden()
    page.goto(address)
    expect(page.get_by_role("article", name="Olga")).to_contain_text("A link for Olga")
    assert barriers(page) == []
    with shop.api() as api:
        assert api.delete("/api/survey-definitions/web_reviews").status_code == 200
