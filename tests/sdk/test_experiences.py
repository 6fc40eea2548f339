"""Placements: what was decided is shown in time or not at all, without harm, and what became of it is reported with its token."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.sdk.conftest import PATIENT, WATCH, Site

Decide = Callable[[dict[str, Any]], dict[str, Any]]


def deciding(contents: Mapping[str, tuple[str, dict[str, Any]] | None]) -> Decide:
    """A server that shows these contents, by placement; None for the control."""

    def decide(asked: dict[str, Any]) -> dict[str, Any]:
        return {
            "success": True,
            "decisions": [
                decision(key, contents[key])
                for key in (contents if asked["placements"] is True else asked["placements"])
                if key in contents
            ],
            "flags": {},
            "ttl": 60,
        }

    return decide


def decision(key: str, content: tuple[str, dict[str, Any]] | None) -> dict[str, Any]:
    """One decision as `/v1/decide` answers it."""
    shown = content and {"key": f"c-{key}", "type": content[0], "body": content[1], "language": "en"}
    return {
        "placement": key,
        "id": f"d-{key}",
        "experience": f"e-{key}",
        "content": shown,
        "variation": "b" if content else "control",
        "experiment": None,
        "reason": {"code": "matched", "text": "because"},
        "probability": 0.5,
        "token": f"t-{key}",
    }


HOSTILE = (
    "<b>Safe</b><script>window.pwned=1</script><img src=x onerror='window.pwned=2'><a href='jav&#x09;ascript:window.pwned=3'>link</a>"
    "<svg onload='window.pwned=4'><animate onbegin='window.pwned=5'/></svg><iframe srcdoc='<script>parent.pwned=6</script>'></iframe>"
    "<math><mtext><table><mglyph><style><img src=x onerror='window.pwned=7'>"
)


def test_inline_content_replaces_the_default_and_is_reported_when_seen(site: Site) -> None:
    site.door.decide = deciding(
        {"home-hero": ("html", {"html": "<h2>Hello <em>again</em></h2><a href='#more'>More</a>"})}
    )
    site.add("/", "<div data-resa-placement=home-hero><h2>Default</h2></div>", options=f"{{{PATIENT}}}")
    page = site.open("/")
    expect(page.get_by_role("heading")).to_have_text("Hello again")
    expect(page.get_by_text("Default")).not_to_be_visible()
    page.get_by_role("link", name="More").click()
    page.evaluate("resa.flush()")
    rows = site.door_events(2)
    assert [row["event"] for row in rows] == ["Experience Viewed", "Experience Clicked"]
    assert rows[0]["properties"] == {
        "experience": "e-home-hero",
        "placement": "home-hero",
        "content": "c-home-hero",
        "variation": "b",
        "experiment": None,
        "decision": "t-home-hero",
        "probability": 0.5,
    }
    asked = site.door.posts("/v1/decide")[0]
    assert asked["placements"] == ["home-hero"]
    assert asked["context"]["page"]["path"] == "/"
    assert (asked["writeKey"], asked["anonymousId"]) == (site.source.write_key, rows[0]["anonymousId"])


@pytest.mark.full
def test_the_control_is_reported_too(site: Site) -> None:
    site.door.decide = deciding({"home-hero": None})
    site.add("/", "<div data-resa-placement=home-hero><h2>Default</h2></div>", options=f"{{{PATIENT}}}")
    page = site.open("/")
    expect(page.get_by_role("heading", name="Default")).to_be_visible()
    (seen,) = site.door_events(1)
    assert (seen["event"], seen["properties"]["variation"]) == ("Experience Viewed", "control")


@pytest.mark.full
def test_what_is_below_the_fold_is_seen_only_when_it_is(site: Site) -> None:
    site.door.decide = deciding({"foot": ("text", {"text": "Down here"})})
    site.add(
        "/", "<p style='height:3000px'>Long</p><div data-resa-placement=foot>Default</div>", options=f"{{{PATIENT}}}"
    )
    page = site.open("/")
    expect(page.get_by_text("Down here")).to_be_attached()
    page.evaluate("resa.track('Before'); resa.flush()")
    assert [event["event"] for event in site.door_events(1)] == ["Before"]
    page.get_by_text("Down here").scroll_into_view_if_needed()
    assert site.door_events(2)[1]["event"] == "Experience Viewed"


@pytest.mark.parametrize("slow", [0.0, pytest.param(2.0, marks=pytest.mark.full)])
def test_a_placement_is_hidden_no_longer_than_the_budget(site: Site, slow: float) -> None:
    """Not painted before the decision; with a slow server the default stays, and no late answer replaces it."""
    site.door.decide, site.door.slow = deciding({"hero": ("text", {"text": "Decided"})}), slow
    watch = """<script>window.shown = []; (function look() {
      const element = document.querySelector("[data-resa-placement]");
      if (element && getComputedStyle(element).visibility === "visible") shown.push([performance.now(), element.dataset.resaShown || ""]);
      requestAnimationFrame(look) })()</script>"""
    site.add(
        "/",
        "<div data-resa-placement=hero>Default</div>",
        head=watch,
        options="{flicker: 400, timeout: 500}" if slow else f"{{{PATIENT}}}",
    )
    page = site.open("/")
    page.wait_for_function("shown.length > 3 && shown.at(-1)[0] > 900")
    states = page.evaluate("[...new Set(shown.map((frame) => frame[1]))]")
    assert states == (["c-hero"] if not slow else [""]), "there was a flicker"
    if slow:
        page.wait_for_timeout(2500)
        assert page.evaluate("shown.at(-1)[1]") == ""


def test_hostile_html_is_inert(site: Site) -> None:
    """The server cleans it; here it comes uncleaned, and does nothing either."""
    site.door.decide = deciding(
        {
            "a": ("html", {"html": HOSTILE}),
            "b": ("text", {"text": HOSTILE}),
            "c": (
                "popup",
                {
                    "title": HOSTILE,
                    "html": HOSTILE,
                    "image": "javascript:window.pwned=8",
                    "buttons": [{"label": "Go", "url": "javascript:window.pwned=9"}],
                },
            ),
            "d": ("redirect", {"url": "javascript:window.pwned=10"}),
            "e": ("redirect", {"url": "//evil.test/"}),
        }
    )
    site.add(
        "/",
        "<div data-resa-placement=a></div><div data-resa-placement=b></div>",
        options=f"{{placements: ['c', 'd', 'e'], {PATIENT}}}",
    )
    page = site.open("/")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_role("button", name="Go").click()
    page.wait_for_timeout(200)
    assert page.evaluate("window.pwned === undefined && location.pathname") == "/"
    assert page.evaluate("document.querySelector('[data-resa-placement=a]').shadowRoot.innerHTML").startswith(
        '<b>Safe</b><img src="x"><a'
    )


def test_a_popup_keeps_the_focus_and_closes_by_escape(site: Site) -> None:
    body = {
        "title": "Ten percent",
        "text": "For you",
        "buttons": [{"label": "Use it", "url": "#use"}, {"label": "No thanks", "kind": "secondary"}],
    }
    site.door.decide = deciding({"site-popup": ("popup", body)})
    site.add("/", "<button id=before autofocus>Page</button>", options=f"{{placements: ['site-popup'], {PATIENT}}}")
    page = site.open("/")
    dialog = page.get_by_role("dialog", name="Ten percent")
    expect(dialog).to_be_visible()
    stops = set()
    for _ in range(4):
        page.keyboard.press("Tab")
        stops.add(focused(page))
    assert stops == {"Use it", "No thanks", "×"}
    page.keyboard.press("Escape")
    expect(dialog).not_to_be_attached()
    assert page.evaluate("document.activeElement.id") == "before"
    assert [event["event"] for event in site.door_events(2)] == ["Experience Viewed", "Experience Dismissed"]


def focused(page: Page) -> str:
    """The text of what has the focus."""
    return str(
        page.evaluate("document.activeElement.shadowRoot?.activeElement?.textContent ?? document.activeElement.id")
    )


def test_blocks_on_a_page_with_a_strict_policy(site: Site) -> None:
    """Styles are constructed: no policy is in their way, and nothing is reported against it."""
    contents: dict[str, tuple[str, dict[str, Any]] | None] = {
        "bar": ("banner", {"title": "Sale", "buttons": [{"label": "See it", "url": "/sale"}]}),
        "toast": ("notification", {"text": "Back in stock"}),
        "side": ("panel", {"title": "Help", "html": "<ul><li>One</li></ul>", "trigger": "delay", "delay": 0.1}),
    }
    site.door.decide = deciding(contents)
    policy = f"default-src 'none'; script-src 'nonce-n1'; connect-src {site.resa}; require-trusted-types-for 'script'; trusted-types resa"
    options = json.dumps({"placements": list(contents), "timeout": 20000, "flicker": 20000})
    tag = f"<script nonce=n1 src={site.resa}/sdk/resa.js data-write-key={site.source.write_key} data-options='{options}'></script>"
    html = f"<!doctype html><html lang=en><title>Strict</title>{WATCH}{tag}<body></body></html>"
    site.pages["/"] = (html, {"Content-Security-Policy": policy})
    page = site.open("/", ready=False)
    expect(page.locator("[data-resa-own=bar]")).to_have_css("position", "sticky")
    expect(page.get_by_role("region", name="Help")).to_have_css("position", "fixed")
    expect(page.get_by_role("status")).to_contain_text("Back in stock")
    expect(page.get_by_role("region", name="Help").get_by_role("listitem")).to_have_text("One")
    page.get_by_role("region", name="Sale").get_by_role("button", name="Close").click()
    names = sorted(event["event"] for event in site.door_events(4))
    assert names == ["Experience Dismissed", "Experience Viewed", "Experience Viewed", "Experience Viewed"]
    expect(page.locator("html[data-broken]")).to_have_count(0)
    assert site.errors == []


@pytest.mark.full
def test_a_redirect_leads_to_this_site_only_and_not_in_a_circle(site: Site) -> None:
    site.door.decide = deciding({"front": ("redirect", {"url": "/spring"})})
    site.add("/", "", options=f"{{placements: ['front'], {PATIENT}}}")
    site.add("/spring", "<h1>Spring</h1>", options=f"{{placements: ['front'], {PATIENT}}}")
    page = site.open("/?utm_source=ad", ready=False)
    page.wait_for_url("**/spring?utm_source=ad")
    expect(page.get_by_role("heading")).to_have_text("Spring")


@pytest.mark.full
def test_placements_that_come_later_are_asked_for_then(site: Site) -> None:
    """What a framework draws after a change of the address."""
    site.door.decide = deciding({"list": ("text", {"text": "For you"}), "popup": ("notification", {"text": "Hi"})})
    site.add("/", "<main></main>", options=f"{{placements: ['popup'], {PATIENT}}}")
    page = site.open("/")
    expect(page.get_by_role("status")).to_be_visible()
    page.evaluate(
        "history.pushState({}, '', '/list'); document.querySelector('main').innerHTML = '<div data-resa-placement=list>Default</div>'"
    )
    expect(page.get_by_text("For you")).to_be_visible()
    expect(page.get_by_role("status")).to_have_count(1)


def test_decide_for_the_pages_own_code(site: Site) -> None:
    """The answer, and the default when there is no answer in time."""
    site.door.decide = deciding({"data": ("json", {"data": {"n": 1}})})
    site.add("/", "", options=f"{{{PATIENT}}}")
    page = site.open("/")
    found = page.evaluate("resa.decide({placements: ['data', 'nowhere'], attributes: {cart: 3}})")
    assert (found["ok"], found["decisions"]["data"]["content"]["body"]) == (True, {"data": {"n": 1}})
    assert found["decisions"]["nowhere"]["content"] is None
    assert site.door.posts("/v1/decide")[0]["attributes"] == {"cart": 3}
    site.door.slow = 1.0
    late = page.evaluate("resa.decide({placements: ['data'], timeout: 100})")
    assert (late["ok"], late["decisions"]["data"]["content"]) == (False, None)
    assert late["decisions"]["data"]["reason"]["code"] == "timeout"
    assert json.loads(json.dumps(late["flags"])) == {}


@pytest.mark.full
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_blocks_are_accessible(site: Site, scheme: Literal["light", "dark"]) -> None:
    """By axe, with everything a block may have, in light and dark."""
    whole = {
        "title": "Ten percent",
        "text": "For you",
        "html": "<p>Only <a href='#x'>this week</a></p>",
        "buttons": [{"label": "Use it", "url": "#use"}, {"label": "No thanks", "kind": "secondary"}],
    }
    kinds = ("banner", "notification", "panel", "popup")
    site.door.decide = deciding({kind: (kind, whole) for kind in kinds})
    site.add(
        "/",
        "<main><h1>Shop</h1></main>",
        options=f"{{placements: ['banner', 'notification', 'panel', 'popup'], {PATIENT}}}",
    )
    page = site.open("/", site.visitor(color_scheme=scheme, reduced_motion="reduce"))
    expect(page.get_by_role("dialog", name="Ten percent")).to_be_visible()
    for kind in reversed(kinds):
        block = page.locator(f"[data-resa-own={kind}]")
        expect(block.get_by_role("button", name="Close")).to_be_attached()
        found = Axe().run(page, context=f"[data-resa-own={kind}]")
        assert found.response["violations"] == [], kind
        block.get_by_role("button", name="Close").click()
