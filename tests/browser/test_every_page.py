"""What holds on every page: no barrier by axe in light and dark, nothing wider than a phone, no complaint of the browser."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from resa.journeys import DEFAULT_KEY
from tests.browser import history
from tests.browser.conftest import Shop
from tests.browser.test_explore import FUNNEL, PATHS, RETENTION, TRENDS
from tests.browser.test_explore import address as explore
from tests.browser.watching import Watch

BOARD = f"/app/journeys/{DEFAULT_KEY}"
PAGES = {
    "home": "/app/",
    "journeys": "/app/journeys",
    "board": BOARD,
    "table": f"{BOARD}?view=table",
    "people": f"{BOARD}?cell=stage%3Apurchase",
    "about a touchpoint": f"{BOARD}?point=product",
    "editing": f"{BOARD}?edit=true",
    "editing a touchpoint": f"{BOARD}?edit=true&point=product",
    "notes": f"{BOARD}?notes=true",
    "layer": f"{BOARD}?layer=value",
    "attribution": "/app/attribution",
    "friction": "/app/friction?by=signal",
    "evidence": "/app/friction?by=signal&signal=cart-abandoned",
    "customers": "/app/customers",
    "segments": "/app/customers/segments",
    "segment": "/app/customers/segments/buyers",
    "editing a segment": "/app/customers/segments/buyers?edit=true",
    "new segment": "/app/customers/segments/new?template=cart-abandoners",
    "personas": "/app/customers/personas",
    "persona": "/app/customers/personas/clara",
    "drawing a persona": "/app/customers/personas/clara?edit=true",
    "customer": "/app/customers/{maja}",
    "explore": "/app/explore",
    "sql": "/app/explore/sql",
    "no funnel yet": "/app/explore/funnels",
    "funnel": explore("funnels", FUNNEL, period="90d", by="device"),
    "funnel as a table": explore("funnels", FUNNEL, period="90d", view="table"),
    "people of a funnel": explore("funnels", FUNNEL, period="90d", people="reached:1"),
    "trends": explore("trends", TRENDS, period="90d"),
    "trends as a table": explore("trends", TRENDS, period="90d", view="table"),
    "retention": explore("retention", RETENTION, period="90d"),
    "paths": explore("paths", PATHS, period="90d"),
    "paths as a table": explore("paths", PATHS, period="90d", view="table"),
    "searches": "/app/explore/search",
    "metrics": "/app/metrics",
    "new metric": "/app/metrics/new",
    "sources": "/app/data/sources?source=shop-back-end",
    "live": "/app/data/live",
    "trace": "/app/data/live?message=shop-420-0",
    "imports": "/app/data/imports",
    "failed": "/app/data/failed",
    "workspace": "/app/settings/workspace",
    "team": "/app/settings/team",
    "keys": "/app/settings/keys",
    "audit": "/app/settings/audit",
    "you": "/app/settings/you",
    "lost": "/app/nowhere",
}
DOORS = {"sign-in": "/app/sign-in", "setup": "/app/setup#token", "invite": "/app/invite#token"}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PICTURES = Path(__file__).parents[2] / "docs" / "pictures"


@pytest.fixture(scope="module")
def maja(shop: Shop) -> str:
    """The profile of the customer who went every step."""
    with shop.api() as api:
        (found,) = api.get("/api/customers", params={"q": "Maja Lindqvist"}).json()["items"]
    profile: str = found["profile"]
    return profile


@pytest.fixture(scope="module", autouse=True)
def _furnished(shop: Shop) -> Iterator[None]:
    """A segment, a persona and notes, so that there is something on every page."""
    bought = {"any": [{"type": "track", "name": "Order Completed"}]}
    used = {"says": "uses", "than": "more", "share": 0.1, "touchpoint": "product"}
    persona = {
        "name": "Careful Clara",
        "face": "f2",
        "goals": ["A table that fits"],
        "channels": ["email"],
        "rule": {"all": [{"match": bought["any"][0]}]},
    }
    notes = [
        {"kind": "assumption", "on": "touchpoint:product", "text": "Most look at a product.", "claim": used},
        {"kind": "experience", "on": "stage:purchase", "text": "It went quickly.", "good": True},
        {"kind": "vote", "on": "touchpoint:product"},
    ]
    with shop.api() as api:
        body = {"name": "Buyers", "rule": {"all": [{"did": bought}, {"not": {"any": [{"segment": "lost"}]}}]}}
        lost = {"name": "Lost", "rule": {"time": {"which": "last", "longer_ago": "50 days"} | bought}}
        made = [api.post("/api/audiences", json={"key": "lost", "body": lost})]
        made += [api.post("/api/audiences", json={"key": "buyers", "body": body})]
        made += [api.post("/api/personas", json={"key": "clara", "body": persona})]
        made += [api.post(f"/api/journeys/{DEFAULT_KEY}/notes", json=note) for note in notes]
        assert [answer.status_code for answer in made] == [201] * len(made), [answer.text for answer in made]
        yield
        for path in ("audiences/buyers", "audiences/lost", "personas/clara"):
            assert api.delete(f"/api/{path}").status_code == 200
        for answer in made[3:]:
            assert api.delete(f"/api/journeys/{DEFAULT_KEY}/notes/{answer.json()['id']}").status_code == 200


def opened(page: Page, path: str) -> Page:
    """The page at `path`, once nothing on it is still loading."""
    page.goto(path)
    expect(page.get_by_role("heading").first).to_be_visible()
    expect(page.locator("[class*=Skeleton], [role=status]:has-text('Loading')")).to_have_count(0)
    return page


def barriers(page: Page, path: str) -> list[str]:
    """What axe finds at `path` in light and in dark, each with its first place."""
    page.emulate_media(color_scheme="light")
    found = axe_says(opened(page, path), RULES)
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    page.evaluate("() => Promise.allSettled(document.getAnimations().map((one) => one.finished))")  # colours fade
    # Only colours differ in the dark: the structure is the same.
    return found + axe_says(page, {"type": "rule", "values": ["color-contrast", "link-in-text-block"]})


def axe_says(page: Page, rules: Any) -> list[str]:
    """The violations of some rules or of the rules with some tags."""
    scheme = page.locator("html").get_attribute("data-mantine-color-scheme")
    answer = Axe().run(page, options={"resultTypes": ["violations"], "runOnly": rules}).response
    return [
        f"{scheme}: {one['id']} {len(one['nodes'])} times, {one['nodes'][0]['html'][:200]}"
        for one in answer["violations"]
    ]


@pytest.mark.parametrize("name", [*PAGES, *DOORS])
def test_no_page_has_a_barrier_in_light_or_dark(name: str, watch: Watch, shop: Shop, maja: str) -> None:
    page = watch.page(None if name in DOORS else shop.session())
    assert barriers(page, (PAGES | DOORS)[name].format(maja=maja)) == []


def test_no_page_is_wider_than_a_phone(watch: Watch, shop: Shop, maja: str) -> None:
    page = watch.page(shop.session(), viewport={"width": 390, "height": 844}, has_touch=True)
    wide = {}
    for name, path in (PAGES | DOORS).items():
        opened(page, path.format(maja=maja))
        if (width := page.evaluate("document.documentElement.scrollWidth")) > 390:
            wide[name] = width
    assert wide == {}


def test_a_phone_shows_the_rooms_behind_its_menu(watch: Watch, shop: Shop) -> None:
    page = watch.page(shop.session(), viewport={"width": 390, "height": 844}, has_touch=True)
    opened(page, "/app/")
    rooms = page.get_by_role("navigation", name="Rooms")
    expect(rooms).to_be_hidden()
    page.get_by_role("button", name="Menu", exact=True).click()
    rooms.get_by_role("link", name="Journeys").click()
    expect(page.get_by_role("heading", name="Journeys", level=1)).to_be_visible()


def arrive(shop: Shop) -> None:
    """A few seconds of an evening, so that the picture is not of a whole history arriving at once."""
    for step in history.evening():
        shop.send(step.pop("type"), step)
        time.sleep(0.4)


@pytest.mark.parametrize("name", ["journeys-light", "journeys-dark", "home-light", "customer-light", "live-light"])
def test_the_docs_have_their_pictures(name: str, watch: Watch, shop: Shop, maja: str, tmp_path: Path) -> None:
    """As a reader would see the pages; with RESA_PICTURES=1 written over those of the docs."""
    if name.startswith("live"):
        arrive(shop)
    room, theme = name.rsplit("-", 1)
    path = {"journeys": BOARD, "home": "/app/", "customer": f"/app/customers/{maja}", "live": "/app/data/live"}[room]
    page = opened(watch.page(shop.session(), color_scheme=theme), path)
    page.wait_for_timeout(1_000)  # charts draw themselves
    assert (PICTURES / f"{name}.png").is_file()
    file = (PICTURES if os.environ.get("RESA_PICTURES") else tmp_path) / f"{name}.png"
    page.screenshot(path=file)
    assert file.stat().st_size < 300_000
