"""Flags and visual experiments in the page, from a payload as the server gives it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.sdk.conftest import PATIENT, Site

FLAGS = {
    "status": 200,
    "features": {
        "plain": {"defaultValue": "blue"},
        "for-shoes": {"defaultValue": False, "rules": [{"condition": {"path": {"$regex": "^/shoes"}}, "force": True}]},
        "split": {
            "defaultValue": "a",
            "rules": [
                {
                    "key": "checkout",
                    "variations": ["a", "b"],
                    "meta": [{"key": "control"}, {"key": "new"}],
                    "hashVersion": 2,
                }
            ],
        },
    },
    "experiments": [],
}


def visual(status: str = "running", **more: Any) -> dict[str, Any]:
    """A payload with one visual experiment in which everybody gets the change."""
    changes = [
        {"selector": "h1", "action": "set", "attribute": "html", "value": "New title"},
        {"selector": "#buy", "action": "append", "attribute": "class", "value": "big"},
        {"selector": "#buy", "action": "append", "attribute": "style", "value": "color: rgb(1, 2, 3)"},
        {"selector": "#link", "action": "set", "attribute": "href", "value": "/new"},
        {"selector": "#link", "action": "set", "attribute": "onclick", "value": "window.pwned = 1"},
        {
            "selector": "#last",
            "action": "set",
            "attribute": "position",
            "parentSelector": "main",
            "insertBeforeSelector": "h1",
        },
        {
            "selector": "ul",
            "action": "append",
            "attribute": "html",
            "value": "<li>Three</li><img src=x onerror='window.pwned=2'>",
        },
    ]
    experiment = {
        "key": "title",
        "status": status,
        "urlPatterns": [{"type": "simple", "pattern": "/", "include": True}],
        "weights": [0, 1],
        "hashVersion": 2,
        "meta": [{"key": "control"}, {"key": "new"}],
        "variations": [{}, {"domMutations": changes, "css": "h1{letter-spacing:3px}", "js": "window.pwned = 3"}],
        **more,
    }
    return {"status": 200, "features": {}, "experiments": [experiment]}


PAGE = "<main><h1>Old title</h1><button id=buy class=small>Buy</button><a id=link href=/old>Go</a><ul><li>One</li></ul><p id=last>Last</p></main>"


def test_flags_are_evaluated_here_and_exposures_told_once(site: Site) -> None:
    site.door.payload = FLAGS
    site.add("/shoes", "", options=f"{{{PATIENT}}}")
    page = site.open("/shoes")
    found = page.evaluate(
        """async () => { const flags = await resa.flags({plan: "gold"});
        return [flags.value("plain", "x"), flags.on("for-shoes"), flags.value("missing", 7), flags.value("split", ""), flags.value("split", "")] }"""
    )
    assert found[:3] == ["blue", True, 7]
    (seen,) = site.door_events(1)
    arm = {"a": "control", "b": "new"}[found[3]]
    assert (seen["event"], seen["properties"]) == (
        "Experiment Viewed",
        {"experimentId": "checkout", "variationId": arm, "hashAttribute": "id", "hashValue": seen["anonymousId"]},
    )


@pytest.mark.full
def test_the_assignment_stays_when_weights_change(site: Site) -> None:
    """Kept on the device, as the payload asks for."""
    site.door.payload = FLAGS
    site.add("/", "", options=f"{{{PATIENT}}}")
    context = site.visitor()
    ask = "async () => (await resa.flags()).value('split', '')"
    before = site.open("/", context).evaluate(ask)
    rule = FLAGS["features"]["split"]["rules"][0]  # type: ignore[index]
    turned = {**rule, "weights": [0, 1] if before == "a" else [1, 0]}
    site.door.payload = {**FLAGS, "features": {"split": {"defaultValue": "a", "rules": [turned]}}}
    assert site.open("/", context).evaluate(ask) == before


@pytest.mark.full
def test_without_an_answer_the_flags_of_the_last_visit_serve(site: Site) -> None:
    site.door.payload = FLAGS
    site.add("/", "", options=f"{{{PATIENT}}}")
    context = site.visitor()
    site.open("/", context).evaluate("async () => (await resa.flags()).value('plain', '')")
    page = site.open("/", context)
    site.door.payload = None
    page.route("**/api/features/**", lambda route: route.abort())
    assert page.evaluate("async () => (await resa.flags()).value('plain', 'x')") == "blue"


def test_a_visual_experiment_changes_the_page_keeps_it_changed_and_leaves_it_as_it_was(site: Site) -> None:
    site.door.payload = visual()
    policy = f"default-src 'none'; script-src 'nonce-n1'; style-src 'none'; connect-src {site.resa}"
    site.add("/", PAGE, options=f"{{visual: true, {PATIENT}}}", content_security_policy=policy)
    page = site.open("/")
    title = page.get_by_role("heading")
    expect(title).to_have_text("New title")
    expect(title).to_have_css("letter-spacing", "3px")
    expect(page.locator("#buy")).to_have_class("small big")
    expect(page.locator("#buy")).to_have_css("color", "rgb(1, 2, 3)")
    expect(page.locator("#link")).to_have_attribute("href", "/new")
    expect(page.get_by_role("listitem")).to_have_text(["One", "Three"])
    assert (
        page.evaluate("[...document.querySelector('main').children].map((one) => one.id || one.tagName)[0]") == "last"
    )
    page.evaluate(
        "document.querySelector('h1').replaceWith(Object.assign(document.createElement('h1'), {textContent: 'Drawn anew'}))"
    )
    expect(title).to_have_text("New title")
    (seen,) = site.door_events(1)
    assert (seen["event"], seen["properties"]["variationId"]) == ("Experiment Viewed", "new")
    page.evaluate("history.pushState({}, '', '/elsewhere')")
    expect(title).to_have_text("Drawn anew")
    expect(page.locator("#buy")).to_have_class("small")
    expect(page.locator("#link")).to_have_attribute("href", "/old")
    expect(page.get_by_role("listitem")).to_have_text(["One"])
    order = "[...document.querySelector('main').children].map((one) => one.id || one.tagName)"
    assert page.evaluate(order) == ["H1", "buy", "link", "UL", "last"]
    assert page.evaluate("window.pwned === undefined && document.getElementById('link').onclick === null")
    assert site.errors == []


@pytest.mark.full
def test_a_page_that_insists_wins(site: Site) -> None:
    """No endless fight: after some rounds the page's own content stays."""
    site.door.payload = visual()
    site.add("/", PAGE, options=f"{{visual: true, {PATIENT}}}")
    page = site.open("/")
    expect(page.get_by_role("heading")).to_have_text("New title")
    rounds = page.evaluate(
        """() => new Promise((done) => {
          const title = document.querySelector("h1"); let rounds = 0;
          new MutationObserver(() => {
            if (title.textContent === "Mine") return setTimeout(() => done(rounds), 300);
            rounds++; title.textContent = "Mine" }).observe(title, {childList: true, characterData: true, subtree: true});
          title.textContent = "Mine" })"""
    )
    assert 1 <= rounds <= 12
    expect(page.get_by_role("heading")).to_have_text("Mine")
