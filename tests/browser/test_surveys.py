"""Surveys: a marketer's way from nothing to an answer that counts, by role and label only; what the builder does by keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FrameLocator, Page, expect

from tests.browser.conftest import Shop
from tests.browser.watching import Watch

ROOM = "/app/feedback"
ASKED = "How likely are you to recommend us?"
FOLLOWED = "What should we do better?"


@pytest.fixture(autouse=True)
def _tidy(shop: Shop) -> Iterator[None]:
    """Nobody is asked anything before and after."""
    yield
    with shop.api() as api:
        for row in api.get("/api/survey-definitions").json()["items"]:
            assert api.delete(f"/api/survey-definitions/{row['key']}").status_code == 200


def add(page: Page, kind: str, text: str) -> None:
    """Add a question of a kind, and word it."""
    page.get_by_role("button", name="Add a question").click()
    page.get_by_role("menuitem", name=kind).click()
    page.get_by_role("textbox", name="Question", exact=True).fill(text)


def phone(page: Page) -> FrameLocator:
    """What the preview shows on a phone. It is drawn smaller, where the driver's clicks miss: it is used by keyboard."""
    return page.frame_locator("iframe[title='The survey on a phone']")


def test_a_marketer_asks_detractors_why_and_sees_the_answer_counted(page: Page, shop: Shop, watch: Watch) -> None:
    page.goto(ROOM)
    page.get_by_role("link", name="Begin with an empty survey").click()
    page.get_by_role("textbox", name="Name", exact=True).fill("Would they recommend us")
    add(page, "Recommendation (NPS)", ASKED)
    add(page, "Own words", FOLLOWED)
    page.get_by_role("button", name="After an earlier answer").click()
    second = page.get_by_role("region", name="Question 2")
    expect(second.get_by_text(f"Asked only if “{ASKED}” is at most 6.").first).to_be_visible()

    seen = phone(page)
    page.wait_for_timeout(2_000)  # the preview follows what was written last
    expect(seen.get_by_text("1 of about 2")).to_be_visible()
    seen.get_by_role("radio", name="3").press("Space")
    seen.get_by_role("button", name="Next").or_(seen.get_by_role("button", name="Send")).press("Enter")
    expect(seen.get_by_text(FOLLOWED).first).to_be_visible()
    page.get_by_role("button", name="Phone: from the start").click()
    expect(seen.get_by_role("radio", name="9")).to_be_visible()
    seen.get_by_role("radio", name="9").press("Space")
    seen.get_by_role("button", name="Next").or_(seen.get_by_role("button", name="Send")).press("Enter")
    expect(seen.get_by_text("Thank you").first).to_be_visible()

    expect(page.get_by_text("Saved, version")).to_be_visible()  # a draft keeps itself
    page.get_by_role("button", name="Launch", exact=True).click()
    expect(page.get_by_role("region", name="In words")).to_contain_text("Anybody with the link may answer.")
    page.get_by_role("button", name="Start asking").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    link = page.get_by_role("region", name="By link")
    expect(link.get_by_role("img", name="QR code of")).to_be_visible()
    address = link.get_by_role("link").get_attribute("href")
    assert address == f"{shop.address}/s/would-they-recommend-us"

    customer = watch.page(viewport={"width": 390, "height": 844}, has_touch=True)
    customer.goto(address)
    assert customer.evaluate("document.documentElement.scrollWidth") <= 390
    customer.get_by_role("radio", name="2").check()
    customer.wait_for_timeout(1_500)  # nobody answers faster than they read
    customer.get_by_role("button").filter(has_text="Next").or_(customer.get_by_role("button", name="Send")).click()
    customer.get_by_role("textbox").fill("The parcel came late.")
    customer.get_by_role("button", name="Send").click()
    expect(customer.get_by_text("Thank you").first).to_be_visible()

    shop.workspace.settle()
    page.goto(ROOM)
    row = page.get_by_role("list", name="Surveys").get_by_role("listitem").filter(has_text="Would they recommend us")
    expect(row).to_contain_text("Asking")
    expect(row).to_contain_text("1 answer in 30 days")


def test_in_swedish_a_survey_is_built_and_answered_with_texts_to_fall_back_on(shop: Shop, watch: Watch) -> None:
    """The console in Swedish; a visitor whose browser speaks Swedish; one question that nobody translated."""
    page = watch.page(shop.session(), locale="sv-SE")
    page.goto(f"{ROOM}/surveys/new")
    page.get_by_role("textbox", name="Namn", exact=True).fill("Efter besöket")
    page.get_by_role("button", name="Texter och regler").click()
    page.get_by_label("Ett språk till").fill("en")
    page.get_by_role("button", name="Lägg till språket").click()
    page.get_by_role("button", name="Sätt en först").click()
    page.get_by_role("button", name="Frågor", exact=True).click()
    for kind, texts in (
        ("Rekommendation (NPS)", {"en": ASKED, "sv": "Hur troligt är det att du rekommenderar oss?"}),
        ("Egna ord", {"en": FOLLOWED}),
    ):
        page.get_by_role("button", name="Lägg till en fråga").click()
        page.get_by_role("menuitem", name=kind).click()
        for language, text in texts.items():
            page.get_by_role("textbox", name=f"Fråga ({language})", exact=True).fill(text)
    expect(page.get_by_text("Sparad, version")).to_be_visible()
    page.get_by_role("button", name="Starta", exact=True).click()
    page.get_by_role("button", name="Börja fråga").click()
    expect(page.get_by_role("button", name="Pausa")).to_be_visible()
    with shop.api() as api:
        (row,) = api.get("/api/survey-definitions").json()["items"]

    visitor = watch.page(locale="sv-SE", viewport={"width": 390, "height": 844})
    visitor.goto(f"{shop.address}/s/{row['key']}")
    expect(visitor.get_by_text("Hur troligt är det att du rekommenderar oss?").first).to_be_visible()
    visitor.get_by_role("radio", name="9").check()
    visitor.wait_for_timeout(1_500)  # nobody answers faster than they read
    visitor.get_by_role("button", name="Nästa").click()
    expect(visitor.get_by_text(FOLLOWED).first).to_be_visible()  # the first language, where there is no Swedish
    visitor.get_by_role("textbox").fill("Längre öppettider, tack.")
    visitor.get_by_role("button", name="Skicka").click()
    expect(visitor.get_by_text("Tack").first).to_be_visible()
    shop.workspace.settle()
    with shop.api() as api:
        (given,) = api.get(f"/api/surveys/{row['key']}/responses").json()["items"]
    assert (given["language"], given["state"]) == ("sv", "complete")


def test_questions_are_put_in_order_by_keyboard_and_come_back_when_removed(page: Page) -> None:
    page.goto(f"{ROOM}/surveys/new")
    page.get_by_role("textbox", name="Name", exact=True).fill("Three questions")
    for text in ("First", "Second", "Third"):
        add(page, "Own words", text)
    order = page.get_by_role("list", name="Questions").get_by_role("region")
    expect(order).to_have_count(3)
    expect(page.get_by_text("Saved, version 1")).to_be_visible()
    handle = page.get_by_role("button", name="Move Third")
    handle.press("ArrowUp")
    expect(order.nth(1)).to_contain_text("Third")
    expect(page.get_by_text("Third is now number 2 of 3.")).to_be_attached()
    expect(handle).to_be_focused()
    expect(page.get_by_text("Saved, version 2")).to_be_visible()  # and is at rest
    page.get_by_role("button", name="Move Third").drag_to(page.get_by_role("button", name="Move First"))
    expect(order.first).to_contain_text("Third")
    page.get_by_role("button", name="Remove question 2").click()
    expect(order).to_have_count(2)
    page.get_by_role("region", name="Messages").get_by_role("button", name="Undo").click()
    expect(order).to_have_count(3)


def test_a_template_stays_when_its_other_parts_are_looked_at(page: Page) -> None:
    page.goto("/app/feedback/surveys/new?template=nps")
    expect(page.get_by_role("heading", name="Net Promoter Score", level=1)).to_be_visible()
    page.get_by_role("button", name="Who and when").click()
    expect(page).to_have_url(re.compile("part=who"))
    expect(page.get_by_role("heading", name="Net Promoter Score", level=1)).to_be_visible()


def test_a_survey_branches_without_json_and_says_what_nobody_comes_to(page: Page, shop: Shop) -> None:
    page.goto(f"{ROOM}/surveys/new")
    page.get_by_role("textbox", name="Name", exact=True).fill("Ways on")
    add(page, "Recommendation (NPS)", ASKED)
    add(page, "Own words", FOLLOWED)
    add(page, "Own words", "What do you like?")
    page.get_by_role("button", name=f"1. {ASKED}").click()
    first = page.get_by_role("region", name="Question 1")
    first.get_by_role("button", name="Go on elsewhere if").click()
    way = first.get_by_role("region", name="Way on 1")
    expect(way).to_contain_text(f"If “{ASKED}” is at most 6, go on with question 3, “What do you like?”.")
    way.get_by_label("Comparison").select_option("at_least")
    expect(way).to_contain_text("is at least 9, go on with question 3")
    expect(page.get_by_text("Nobody comes to this question")).to_have_count(0)
    way.get_by_role("button", name="Remove condition 1").click()
    expect(way).to_contain_text("Whatever was answered, go on with question 3")
    expect(page.get_by_role("region", name="Question 2")).to_contain_text("Nobody comes to this question")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Nobody comes to this question")).to_have_count(0)
    expect(page.get_by_text("Saved, version")).to_be_visible()
    with shop.api() as api:
        (branch,) = api.get("/api/survey-definitions/ways-on").json()["body"]["branches"]
    when = [{"question": "nps", "op": "at_least", "value": 9}]
    assert branch == {"after": "nps", "to": "text-1", "when": when}

    seen = phone(page)
    seen.get_by_role("radio", name="10").press("Space")
    seen.get_by_role("button", name="Next").or_(seen.get_by_role("button", name="Send")).press("Enter")
    expect(seen.get_by_text("What do you like?").first).to_be_visible()


def bound(page: Page) -> None:
    """Say where it is not asked, how long people have, and between which days an answer lies."""
    page.get_by_role("button", name="Add pages").click()
    first = page.get_by_role("group", name="Pages 1")
    first.get_by_label("Address", exact=True).fill("/help*")
    page.get_by_role("button", name="Add pages").click()
    second = page.get_by_role("group", name="Pages 2")
    second.get_by_label("Asked there or not").select_option("no")
    second.get_by_label("How the address is written").select_option("regex")
    second.get_by_label("Address", exact=True).fill("^https://[^/]+/help/internal")
    rests = page.get_by_role("group", name="Unfinished answers are closed after")
    rests.get_by_role("textbox").fill("2")
    rests.get_by_role("combobox").select_option("hour")
    page.get_by_role("group", name="A personal link works for").get_by_role("textbox").fill("14")
    page.get_by_role("button", name="Words and rules").click()
    page.get_by_label("Who looks after it").fill("Ada")
    page.get_by_role("button", name="Questions", exact=True).click()
    add(page, "Date", "When did it happen?")
    page.get_by_label("Not before").fill("2026-01-01")
    page.get_by_label("Not after").fill("2026-12-31")


def test_a_draft_goes_on_being_written_where_it_was_after_it_kept_itself(page: Page, shop: Shop) -> None:
    shop.workspace.definitions.save(
        "placement", "help-foot", {"name": "Below the help"}, expected=None, author="a test"
    )
    page.goto(f"{ROOM}/surveys/new")
    page.get_by_role("textbox", name="Name", exact=True).fill("Kept by itself")
    add(page, "Own words", "What did you lo")
    text = page.get_by_role("textbox", name="Question", exact=True)
    expect(page.get_by_text("Saved, version 1")).to_be_visible()
    expect(page).to_have_url(f"{shop.address}{ROOM}/surveys/kept-by-itself?part=questions")
    expect(text).to_be_focused()
    text.press_sequentially("ok for?")
    expect(page.get_by_text("Saved, version 2")).to_be_visible()
    page.get_by_role("button", name="Who and when").click()
    page.get_by_text("On the site", exact=True).click()
    page.get_by_label("Where on the page").select_option("help-foot")
    page.get_by_role("textbox", name="Priority").fill("70")
    page.get_by_label("Needs consent to").select_option("personalisation")
    bound(page)
    expect(page.get_by_text("Saved, version")).to_be_visible()
    with shop.api() as api:
        saved = api.get("/api/survey-definitions/kept-by-itself").json()
    body = saved["body"]
    assert len(saved["history"]) <= 3, "what one hand wrote within ten minutes is one version"
    assert body["questions"][0]["text"] == {"en": "What did you look for?"}
    assert (body["questions"][1]["earliest"], body["questions"][1]["latest"]) == ("2026-01-01", "2026-12-31")
    assert body["pages"] == [
        {"pattern": "/help*"},
        {"pattern": "^https://[^/]+/help/internal", "type": "regex", "include": False},
    ]
    assert (body["partial_after"], body["link_lives"], body["owner"]) == ("2 hours", "14 days", "Ada")
    assert (body["placement"], body["priority"], body["purpose"]) == ("help-foot", 70, "personalisation")
    page.get_by_role("button", name="Launch", exact=True).click()
    words = page.get_by_role("region", name="In words")
    expect(words).to_contain_text("On the site it stands in Below the help, on pages that have it.")
    expect(words).to_contain_text("Only who agreed to personalisation is asked.")


def test_what_a_language_lacks_is_told_and_what_the_server_refuses_stands_beside_its_field(
    page: Page, watch: Watch
) -> None:
    watch.expect("400|422")
    page.goto(f"{ROOM}/surveys/new")
    page.get_by_role("textbox", name="Name", exact=True).fill("Two languages")
    add(page, "Recommendation (NPS)", ASKED)
    page.get_by_role("button", name="Words and rules").click()
    page.get_by_label("Another language").fill("sv")
    page.get_by_role("button", name="Add the language").click()
    expect(page.get_by_role("region", name="One text is not translated")).to_be_visible()
    page.get_by_role("button", name="Questions", exact=True).click()
    page.get_by_role("textbox", name="Question (sv)", exact=True).fill("Hur troligt är det att du rekommenderar oss?")
    expect(page.get_by_role("region", name="One text is not translated")).to_have_count(0)
    page.get_by_label("Language of the preview").select_option("sv")
    expect(phone(page).get_by_text("Hur troligt är det").first).to_be_visible()
    page.get_by_label("Keep the answer as a trait").fill("no trait at all")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("this is no name of a trait", exact=False).first).to_be_visible()
    page.get_by_label("Keep the answer as a trait").fill("")
    page.get_by_role("button", name="Who and when").click()
    page.get_by_text("On the site", exact=True).click()
    page.get_by_role("button", name="Add pages").click()
    pages = page.get_by_role("group", name="Pages 1")
    pages.get_by_label("How the address is written").select_option("regex")
    pages.get_by_label("Address", exact=True).fill("(")
    page.get_by_role("button", name="Save", exact=True).click()
    address = pages.get_by_label("Address", exact=True)
    expect(address).to_have_attribute("aria-invalid", "true")
    expect(address).to_have_attribute("aria-describedby", re.compile("error"))


def test_who_saves_over_a_newer_version_is_asked(page: Page, shop: Shop, watch: Watch) -> None:
    watch.expect("409")
    body = {"name": "Together", "questions": [{"key": "q", "kind": "text", "text": {"en": "Well?"}}]}
    with shop.api() as api:
        assert api.post("/api/survey-definitions", json={"key": "together", "body": body}).status_code == 201
        page.goto(f"{ROOM}/surveys/together")
        page.get_by_role("textbox", name="Name", exact=True).fill("Mine")
        saved = api.put(
            "/api/survey-definitions/together", json={"expected_version": 1, "body": {**body, "name": "Theirs"}}
        )
        assert saved.status_code == 200
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_role("button", name="Save mine as the newest").click()
        expect(page.get_by_text("Saved, version 3")).to_be_visible()
        assert api.get("/api/survey-definitions/together").json()["body"]["name"] == "Mine"


def test_before_the_start_it_says_whom_it_reaches(page: Page, shop: Shop) -> None:
    with shop.api() as api:
        rule = {"trait": {"property": "club", "op": "is", "value": "reach"}}
        assert (
            api.post("/api/audiences", json={"key": "club", "body": {"name": "The club", "rule": rule}}).status_code
            == 201
        )
        sender = {"host": "127.0.0.1", "port": 9, "from_address": "shop@example.com", "security": "none"}
        assert api.post("/api/email-senders", json={"key": "default", "body": sender}).status_code == 201
        body = {
            "name": "The club's",
            "languages": ["en"],
            "questions": [{"key": "nps", "kind": "nps", "text": {"en": "Would you?"}}],
            "channels": ["email"],
            "audience": "club",
            "trigger": {"kind": "relational", "every": "90 days"},
        }
        assert api.post("/api/survey-definitions", json={"key": "clubs", "body": body}).status_code == 201
    try:
        page.goto("/app/feedback/surveys/clubs?part=launch")
        reach = page.get_by_role("region", name="Whom it reaches now")
        expect(reach).to_contain_text("It is for nobody")
        for number in range(3):
            agreed = {"consent": {"categoryPreferences": {"marketing": number < 2}}}
            traits = {"club": "reach", **({"email": f"club{number}@example.com"} if number else {})}
            shop.send("identify", {"userId": f"club-{number}", "traits": traits, "context": agreed})
        shop.workspace.settle()
        page.reload()
        expect(reach).to_contain_text("It is for 3 customers.")
        expect(reach).to_contain_text("1 can be mailed now.")
        expect(reach).to_contain_text("1 has not agreed")
        expect(reach).to_contain_text("no address that takes mail")
        assert [violation["id"] for violation in Axe().run(page).response["violations"]] == []
    finally:
        with shop.api() as api:
            for path in ("survey-definitions/clubs", "audiences/club", "email-senders/default"):
                assert api.delete(f"/api/{path}").status_code == 200
