"""SDK and server together: what the server gives out, the page shows; what the page reports, the server believes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import expect

from resa.kernel import audit
from tests.experiments.making import METRIC, experiment, flag_of, save
from tests.sdk.conftest import PATIENT, Resa, Site


@pytest.fixture(scope="module")
def programme(resa: Resa) -> Any:
    """A flag decided by an experiment, and an experiment on pages."""
    _, _, workspace, _, app = resa
    delivery = app.state.delivery
    save(workspace, "metric", "orders", METRIC)
    save(workspace, "experiment", "form", experiment())
    delivery.lifecycle.start("form", audit.SYSTEM)
    save(workspace, "flag", "form", flag_of("form", {"as-is": "long", "short": "short"}, public=True))
    change = {"mutations": [{"selector": "h1", "attribute": "html", "action": "set", "value": "Fewer fields"}]}
    pages = {"patterns": [{"pattern": "/form*"}], "changes": {"short": change, "shorter": change}}
    arms = [{"key": "as-is", "weight": 0}, {"key": "short"}, {"key": "shorter"}]
    save(workspace, "experiment", "title", experiment(name="Title", pages=pages, variations=arms))
    delivery.lifecycle.start("title", audit.SYSTEM)
    return delivery


def test_the_page_assigns_as_the_server_does_and_is_believed(site: Site, programme: Any) -> None:
    site.add("/", "", options=f"{{{PATIENT}}}")
    page = site.open("/")
    shown = page.evaluate(
        "async () => { const shown = (await resa.flags()).value('form', '?'); resa.flush(); return shown }"
    )
    (row,) = site.rows(1)
    seen = json.loads(row["properties"])
    assert (row["name"], row["source"]) == ("Experiment Viewed", "resa")
    assert seen["variation"] == {"long": "as-is", "short": "short"}[shown]
    assert (seen["experiment"], seen["phase"], seen["unit"], seen["probability"]) == (
        "form",
        1,
        row["anonymous_id"],
        0.5,
    )


def test_an_experiment_on_pages_changes_them_and_goes_when_it_is_stopped(site: Site, programme: Any) -> None:
    site.add("/form", "<h1>Many fields</h1>", options=f"{{visual: true, {PATIENT}}}")
    page = site.open("/form")
    expect(page.get_by_role("heading")).to_have_text("Fewer fields")
    page.evaluate("resa.flush()")
    (row,) = site.rows(1)
    seen = json.loads(row["properties"])
    assert seen["experiment"] == "title"
    assert seen["variation"] in ("short", "shorter")
    programme.lifecycle.pause("title", audit.SYSTEM)
    again = site.open("/form")
    expect(again.get_by_role("heading")).to_have_text("Many fields")


def save_shown(site: Site, key: str, kind: str, body: dict[str, Any], **more: Any) -> None:
    """A placement, its approved content, and a live experience for everybody."""
    workspace = site.workspace
    save(workspace, "placement", key, {"name": key, **more})
    version = {"language": "en", "body": body}
    content = {"name": key, "type": kind, "versions": [version], "approval": "approved"}
    save(workspace, "content", key, content)
    shown = {"name": key, "placement": key, "status": "live", "holdout": 0.0}
    save(workspace, "experience", key, {**shown, "variations": [{"key": "only", "content": key}]})


def test_what_is_decided_is_shown_and_what_is_reported_is_believed(site: Site) -> None:
    """From the definition to the log: content cleaned by the server, placed by selector, seen, clicked, closed."""
    hostile = (
        "<b>Hello</b> <a href='/more'>More</a><img src=/x onerror='window.pwned=1'><script>window.pwned=2</script>"
    )
    save_shown(site, "hero", "html", {"html": hostile})
    save_shown(site, "beside", "text", {"text": "By selector"}, selector="#anchor", position="after")
    save_shown(site, "bar", "banner", {"title": "Sale", "buttons": [{"label": "Later"}]})
    save(site.workspace, "placement", "nothing", {"name": "Nothing"})
    body = (
        "<div data-resa-placement=hero>Default</div><p id=anchor>Anchor</p><div data-resa-placement=nothing>Stays</div>"
    )
    site.add("/", body, options=f"{{placements: true, {PATIENT}}}")
    page = site.open("/")
    expect(page.get_by_text("Hello")).to_be_visible()
    expect(page.locator("#anchor + div")).to_have_text("By selector")
    expect(page.get_by_text("Stays")).to_be_visible()
    page.get_by_role("link", name="More").evaluate(
        "(link) => link.addEventListener('click', (event) => event.preventDefault())"
    )
    page.get_by_role("link", name="More").click()
    page.get_by_role("region", name="Sale").get_by_role("button", name="Later").click()
    page.evaluate("resa.flush()")
    site.door_events(5)
    rows = [row for row in site.rows(6) if row["name"].startswith("Experience ")]
    said = {(row["name"], json.loads(row["properties"])["experience"]) for row in rows}
    assert said == {
        ("Experience Viewed", "hero"),
        ("Experience Viewed", "beside"),
        ("Experience Viewed", "bar"),
        ("Experience Clicked", "hero"),
        ("Experience Dismissed", "bar"),
    }
    assert {row["source"] for row in rows} == {"resa"}
    clicked = next(json.loads(row["properties"]) for row in rows if row["name"] == "Experience Clicked")
    assert (clicked["element"], clicked["content"], clicked["variation"], clicked["probability"]) == (
        "More",
        "hero",
        "only",
        1.0,
    )
    assert page.evaluate("window.pwned === undefined")
    assert site.errors == []


def test_a_forged_report_is_not_believed(site: Site) -> None:
    site.add("/", "")
    page = site.open("/")
    page.evaluate(
        """() => { window.told = []; resa.on("error", ({error}) => told.push(error[0]?.field));
        resa.track("Experience Viewed", {experience: "hero", variation: "only", decision: "forged"}); resa.flush() }"""
    )
    page.wait_for_function("told.length")
    assert page.evaluate("told[0]").endswith("decision")
