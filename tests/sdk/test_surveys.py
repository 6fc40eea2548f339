"""Surveys on the site, in a real Chromium, by the events that arrive: shown once when it should, not at all when it should not."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.sdk.conftest import WATCH, Site

NPS = {"key": "nps", "kind": "nps", "text": {"en": "Would you recommend us?", "sv": "Skulle du rekommendera oss?"}, "required": True,
       "low": {"en": "Not at all"}, "high": {"en": "Very much"}}  # fmt: skip
WHY = {"key": "why", "kind": "text", "text": {"en": "You gave {answer.nps}: what was wrong?"},
       "show_if": [{"question": "nps", "op": "at_most", "value": 6}]}  # fmt: skip
OPTIONS = [{"key": key, "text": {"en": key.title()}} for key in ("price", "quality", "service")]
FREE = {"name": "Free", "caps": [], "quiet": []}
OPTIONED = "{surveys: true}"


@pytest.fixture(autouse=True)
def alone(site: Site) -> Iterator[None]:
    """No survey of another test is live, and no budget stands in the way."""
    known = site.workspace.definitions
    known.save("contact-policy", "global", FREE, expected=None, author="a test")
    yield
    for item in known.all("survey"):
        known.delete("survey", item.key, author="a test")


def live(site: Site, key: str, *questions: dict[str, Any], **body: Any) -> None:
    """A survey that is asked on the site."""
    usual: dict[str, Any] = {
        "name": key,
        "status": "live",
        "languages": ["en", "sv"],
        "questions": list(questions) or [NPS, WHY],
        "channels": ["site"],
    }
    usual |= {"appearing": {"when": "at_once"}}
    if not questions:
        usual["thanks"] = {"en": "Thanks for the {answer.nps}"}
    site.workspace.definitions.save("survey", key, {**usual, **body}, expected=None, author="a test")


def card(page: Page) -> Locator:
    """The card of a survey."""
    return page.locator("[data-resa-own=survey]").get_by_role("dialog")


def events(site: Site, count: int, *names: str) -> list[dict[str, Any]]:
    """The properties of this test's events of these names, once there are so many of them."""
    until = time.monotonic() + 20
    while True:
        site.workspace.settle()
        query = "SELECT name, source, anonymous_id, properties FROM log WHERE row >= ? AND name LIKE 'Survey %' ORDER BY row"
        rows = site.workspace.body.query(query, [site.first_row]).to_pylist()
        found = [{**row, **json.loads(row["properties"])} for row in rows if not names or row["name"] in names]
        if len(found) >= count:
            return found
        assert time.monotonic() < until, f"{[row['name'] for row in rows]}"
        site.contexts[-1].pages[-1].wait_for_timeout(50)


def test_a_survey_is_shown_branches_pipes_and_its_answer_arrives_once(site: Site) -> None:
    live(site, "nps")
    site.add("/", "<h1>Shop</h1><button id=before>Page</button>", options=OPTIONED)
    page = site.open("/")
    expect(card(page)).to_be_visible()
    assert page.evaluate("document.activeElement.tagName") == "BODY", "it takes nobody's focus"
    expect(card(page)).to_have_accessible_name("Would you recommend us?")
    card(page).get_by_role("button", name="Next").click()
    expect(card(page).get_by_role("alert")).to_have_text("Please answer this question.")
    card(page).get_by_role("radio", name="3", exact=True).check()
    card(page).get_by_role("button", name="Next").click()
    text = card(page).get_by_role("textbox", name="You gave 3: what was wrong?")
    text.fill("Slow delivery")
    card(page).get_by_role("button", name="Send").click()
    expect(card(page)).to_contain_text("Thanks for the 3")
    found = events(site, 3)
    assert [each["name"] for each in found] == ["Survey Requested", "Survey Shown", "Survey Answered"]
    assert {each["request"] for each in found} == {found[0]["request"]}
    answer = found[2]
    assert (answer["score"], answer["comment"], answer["complete"], answer["channel"]) == (
        3,
        "Slow delivery",
        True,
        "site",
    )
    assert answer["anonymous_id"] == found[1]["anonymous_id"] == page.evaluate("resa.user().anonymousId")
    assert found[1]["source"] == site.source.key
    page.reload()
    page.wait_for_function("window.resa && window.resa.started")
    page.wait_for_timeout(600)
    expect(card(page)).to_have_count(0)
    assert len(events(site, 3)) == 3
    assert site.errors == []


def test_a_satisfied_customer_is_not_asked_what_was_wrong_and_may_go_back(site: Site) -> None:
    live(site, "nps", NPS, WHY, {"key": "what", "kind": "single", "text": {"en": "What matters?"}, "options": OPTIONS})
    site.add("/", "<h1>Shop</h1>", options=OPTIONED)
    page = site.open("/")
    card(page).get_by_role("radio", name="2", exact=True).check()
    card(page).get_by_role("button", name="Next").click()
    card(page).get_by_role("textbox").fill("Never mind")
    card(page).get_by_role("button", name="Back").click()
    expect(card(page).get_by_role("radio", name="2", exact=True)).to_be_checked()
    card(page).get_by_role("radio", name="10, Very much").check()
    card(page).get_by_role("button", name="Next").click()
    card(page).get_by_role("radio", name="Quality").check()
    card(page).get_by_role("button", name="Send").click()
    answer = events(site, 1, "Survey Answered")[0]
    assert (answer["score"], answer["answer_what"], "comment" in answer) == (10, "quality", False)


def test_answers_survive_a_closed_tab(site: Site) -> None:
    """What was answered and what was being written: there again in the next tab, and with the server when the tab died."""
    live(site, "nps")
    site.add("/", "<h1>Shop</h1>", options=OPTIONED)
    visitor = site.visitor()
    page = site.open("/", visitor)
    card(page).get_by_role("radio", name="4", exact=True).check()
    card(page).get_by_role("button", name="Next").click()
    card(page).get_by_role("textbox").fill("It came la")
    page.close(run_before_unload=True)
    again = site.open("/", visitor)
    expect(card(again).get_by_role("textbox", name="You gave 4: what was wrong?")).to_have_value("It came la")
    sent = [json.loads(body) for method, path, body in site.door.seen if path == "/v1/surveys/answers"]
    assert {"nps": 4} in [each["answers"] for each in sent]
    card(again).get_by_role("textbox").fill("It came late")
    card(again).get_by_role("button", name="Send").click()
    (answer,) = events(site, 1, "Survey Answered")
    assert (answer["score"], answer["comment"], answer["complete"]) == (4, "It came late", True)
    assert len(events(site, 2, "Survey Requested", "Survey Shown")) == 2


def test_a_survey_with_a_placement_stands_in_it_and_only_on_pages_that_have_it(site: Site) -> None:
    known = site.workspace.definitions
    known.save("placement", "help-foot", {"name": "Below the help"}, expected=None, author="a test")
    live(site, "nps", placement="help-foot")
    site.add("/", "<h1>Shop</h1>", options=OPTIONED)
    site.add("/help", "<h1>Help</h1><div data-resa-placement=help-foot><p>Was it of use?</p></div>", options=OPTIONED)
    visitor = site.visitor()
    page = site.open("/", visitor)
    page.wait_for_timeout(2_000)  # longer than the page is given to put its placements up
    expect(page.locator("[data-resa-own=survey]")).to_have_count(0)
    page = site.open("/help", visitor)
    inside = page.locator("[data-resa-placement='help-foot']")
    shown = inside.locator("[data-resa-own=survey]").get_by_role("region", name="Would you recommend us?")
    expect(shown).to_be_visible()
    expect(inside).to_contain_text("Was it of use?")
    assert shown.evaluate("card => getComputedStyle(card).position") == "relative", "it stands in the page, not over it"
    shown.get_by_role("radio", name="9", exact=True).check()
    shown.get_by_role("button", name="Send").or_(shown.get_by_role("button", name="Next")).click()
    found = events(site, 3)
    assert [each["name"] for each in found] == ["Survey Requested", "Survey Shown", "Survey Answered"]
    assert site.errors == []


def test_a_placement_that_comes_late_is_found(site: Site) -> None:
    """A page put together by its own program, and an element chosen in the picker."""
    known = site.workspace.definitions
    spot = {"name": "Under the list", "selector": "#list", "position": "after"}
    known.save("placement", "list-end", spot, expected=None, author="a test")
    live(site, "nps", placement="list-end")
    later = "setTimeout(() => document.body.insertAdjacentHTML('beforeend', '<ul id=list><li>One</li></ul>'), 700)"
    site.add("/", f"<h1>Shop</h1><script>{later}</script>", options=OPTIONED)
    page = site.open("/")
    expect(page.locator("#list + [data-resa-own=survey]").get_by_role("region")).to_be_visible()


def test_what_was_sent_away_stays_away_and_part_of_an_answer_is_kept(site: Site) -> None:
    live(site, "nps")
    site.add("/", "<h1>Shop</h1>", options=OPTIONED)
    page = site.open("/")
    expect(card(page)).to_be_visible()
    events(site, 2, "Survey Requested", "Survey Shown")
    card(page).get_by_role("button", name="No, thank you").click()
    expect(card(page)).to_have_count(0)
    assert [each["name"] for each in events(site, 3)][2] == "Survey Dismissed"
    other = site.open("/")
    card(other).get_by_role("radio", name="6", exact=True).check()
    card(other).get_by_role("button", name="Next").click()
    card(other).get_by_role("textbox").press("Escape")
    (answer,) = events(site, 1, "Survey Answered")
    assert (answer["score"], answer["complete"]) == (6, False)


@pytest.mark.parametrize(
    "reason", ["paused", "other page", "not sampled", "rests", "no budget", "denied", "option off"]
)
def test_it_is_not_shown_when_it_should_not(site: Site, reason: str) -> None:
    live(
        site,
        "nps",
        status="paused" if reason == "paused" else "live",
        pages=[{"pattern": "*/help*"}] if reason == "other page" else [],
        sample=0.0 if reason == "not sampled" else 1.0,
        purpose="marketing" if reason == "denied" else None,
    )
    if reason == "no budget":
        policy = {**FREE, "caps": [{"kinds": ["survey"], "most": 0, "per": "1 day"}]}
        site.workspace.definitions.save("contact-policy", "global", policy, expected=None, author="a test")
    site.add("/", "<h1>Shop</h1>", options="{}" if reason == "option off" else OPTIONED)
    visitor = site.visitor()
    page = site.open("/", visitor)
    if reason == "rests":
        card(page).get_by_role("button", name="No, thank you").click()
        events(site, 1, "Survey Dismissed")
        page.reload()
    page.evaluate("resa.track('Looked'); resa.flush()")
    page.wait_for_timeout(500)
    expect(card(page)).to_have_count(0)
    asked = [path for _, path, _ in site.door.seen if path == "/v1/surveys/due"]
    assert bool(asked) == (reason != "option off")
    loaded = [path for _, path, _ in site.door.seen if path.startswith("/sdk/surveys")]
    assert bool(loaded) == (reason == "rests"), "the add-on is loaded when it is needed"
    shown = [each["name"] for each in events(site, 0)]
    assert shown == (["Survey Requested", "Survey Shown", "Survey Dismissed"] if reason == "rests" else [])


def test_it_is_asked_after_the_event_of_this_very_page(site: Site) -> None:
    trigger = {"kind": "transactional", "events": [{"type": "track", "name": "Order Completed"}]}
    live(site, "ces", {"key": "ces", "kind": "ces", "text": {"en": "How easy was it?"}}, trigger=trigger)
    site.add("/", "<h1>Thank you for your order</h1>", options=OPTIONED)
    page = site.open("/")
    page.wait_for_timeout(300)
    expect(card(page)).to_have_count(0)
    page.evaluate("resa.track('Order Completed', {order_id: 'o1'}); resa.flush()")
    expect(card(page)).to_have_accessible_name("How easy was it? (optional)")


@pytest.mark.parametrize("when", ["scroll", "exit", "delay"])
def test_it_waits_for_its_moment_and_only_then_was_shown(site: Site, when: str) -> None:
    live(site, "nps", appearing={"when": when, "scrolled": 0.5, "seconds": 1})
    site.add("/", "<p style='height:4000px'>Long</p>", options=OPTIONED)
    page = site.open("/")
    events(site, 1, "Survey Requested")
    page.wait_for_timeout(300)
    expect(card(page)).to_have_count(0)
    assert events(site, 0, "Survey Shown") == []
    if when == "scroll":
        page.mouse.wheel(0, 3000)
    elif when == "exit":
        page.evaluate("document.dispatchEvent(new MouseEvent('mouseout', {clientY: -1}))")
    expect(card(page)).to_be_visible()
    events(site, 1, "Survey Shown")


KINDS: list[dict[str, Any]] = [
    {"kind": "csat"},
    {"kind": "scale", "lowest": 0, "highest": 4},
    {"kind": "rating", "highest": 5},
    {"kind": "multiple", "options": [*OPTIONS, {"key": "other", "text": {"en": "Other"}, "write_in": True}]},
    {"kind": "ranking", "options": OPTIONS},
    {
        "kind": "matrix",
        "options": OPTIONS[:2],
        "rows": [{"key": "r1", "text": {"en": "Web"}}, {"key": "r2", "text": {"en": "Store"}}],
    },
    {"kind": "date", "help": {"en": "Roughly is fine."}},
    {"kind": "contact", "fields": ["name", "email", "phone"]},
    {"kind": "text"},
    {"kind": "single", "options": OPTIONS, "randomise": True},
    {"kind": "ces", "low": {"en": "Hard"}, "high": {"en": "Easy"}},
]


def test_every_kind_of_question_by_keyboard_and_for_axe_under_a_strict_policy(site: Site) -> None:
    """One after the other, without a mouse; each is looked at by axe; the page's policy forbids all but our origin."""
    live(
        site,
        "all",
        *({"key": f"q{n}", "text": {"en": f"Question {n}"}, **kind} for n, kind in enumerate(KINDS)),
        intro={"en": "Hello"},
    )
    policy = f"default-src 'none'; script-src 'nonce-n1'; connect-src {site.resa}; require-trusted-types-for 'script'; trusted-types resa"
    tag = f"<script nonce=n1 src={site.resa}/sdk/resa.js data-write-key={site.source.write_key} data-options='{{\"surveys\":true}}'></script>"
    html = (
        f"<!doctype html><html lang=en><title>Strict</title>{WATCH}{tag}<body><main><h1>Shop</h1></main></body></html>"
    )
    site.pages["/strict"] = (html, {"Content-Security-Policy": policy})
    page = site.open("/strict", site.visitor(bypass_csp=False, viewport={"width": 360, "height": 700}), ready=False)
    expect(card(page)).to_be_visible()
    card(page).get_by_role("button", name="No, thank you").focus()
    page.keyboard.press("Shift+Tab")
    for number, kind in enumerate(KINDS):
        expect(card(page)).to_have_accessible_name(f"Question {number} (optional)")
        _by_keyboard(page, kind["kind"])
        page.keyboard.press("Enter")
    (answer,) = events(site, 1, "Survey Answered")
    given = {name.removeprefix("answer_"): value for name, value in answer.items() if name.startswith("answer_q")}
    kinds = {f"q{n}": kind["kind"] for n, kind in enumerate(KINDS)}
    assert {kinds[name.partition("_")[0]] for name in given} == {kind["kind"] for kind in KINDS}
    assert given["q5"] == {"r1": "price", "r2": "price"}
    assert given["q4"] == ["quality", "price", "service"]
    assert given["q7"]["email"] == "ada@example.com"
    expect(page.locator("html[data-broken]")).to_have_count(0)
    assert site.errors == []


def _by_keyboard(page: Page, kind: str) -> None:
    """Answer what has the focus, and go to the button that leads on."""
    first = card(page).locator("input,textarea,.move:not([disabled])").first
    first.focus()
    if kind in ("text", "date"):
        first.fill("2026-11-30" if kind == "date" else "Fine")
    elif kind == "contact":
        page.keyboard.type("Ada")
        page.keyboard.press("Tab")
        page.keyboard.type("ada@example.com")
    elif kind == "ranking":
        page.keyboard.press("Enter")
    elif kind == "matrix":
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
    else:
        page.keyboard.press("Space")
    card(page).locator(".primary").focus()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_kind_of_question(site: Site, scheme: Any) -> None:
    live(site, "axe", *({"key": f"q{n}", "text": {"en": f"Question {n}"}, **kind} for n, kind in enumerate(KINDS)))
    site.add("/", "<main><h1>Shop</h1></main>", options=OPTIONED)
    page = site.open("/", site.visitor(color_scheme=scheme, reduced_motion="reduce"))
    for number in range(len(KINDS)):
        expect(card(page)).to_have_accessible_name(f"Question {number} (optional)")
        found = Axe().run(page, options={"rules": {"region": {"enabled": False}}})
        assert found.violations_count == 0, found.generate_report()
        card(page).locator(".primary").click()


def test_it_speaks_the_visitors_language(site: Site) -> None:
    live(site, "nps")
    site.add("/", "<h1>Butik</h1>", options=OPTIONED)
    page = site.open("/", site.visitor(locale="sv-SE"))
    expect(card(page)).to_have_accessible_name("Skulle du rekommendera oss?")
    expect(card(page).get_by_role("button", name="Nästa")).to_be_visible()
    assert card(page).get_attribute("lang") == "sv"
