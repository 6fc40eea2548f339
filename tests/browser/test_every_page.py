"""What holds on every page: no barrier by axe in light and dark, nothing wider than a phone, no complaint of the browser."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from resa.journeys import DEFAULT_KEY
from tests.browser import history, trials
from tests.browser.barriers import barriers
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
    "surveys": "/app/feedback",
    "templates of surveys": "/app/feedback?new=true",
    "new survey": "/app/feedback/surveys/new",
    "questions of a survey": "/app/feedback/surveys/loyal",
    "words of a survey": "/app/feedback/surveys/loyal?part=look",
    "who is asked": "/app/feedback/surveys/loyal?part=who",
    "launch of a survey": "/app/feedback/surveys/loyal?part=launch",
    "metrics": "/app/metrics",
    "new metric": "/app/metrics/new",
    "inbox": "/app/feedback/inbox",
    "feedback rules": "/app/feedback/rules",
    "what customers were told": "/app/feedback/told",
    "recovery": "/app/feedback/recovery",
    "import feedback": "/app/feedback/import",
    "experiences": "/app/experiences",
    "experience": "/app/experiences/log-in",
    "new experience": "/app/experiences/new",
    "content library": "/app/experiences/content",
    "coverage": "/app/experiences/content?view=coverage",
    "content": "/app/experiences/content/log-in",
    "placements": "/app/experiences/placements",
    "placement": "/app/experiences/placements/top",
    "offers": "/app/experiences/offers",
    "offer": "/app/experiences/offers/shipping",
    "ads and pages": "/app/experiences/campaigns",
    "changes on pages": "/app/experiences/visual",
    "changes of an experiment": "/app/experiences/visual/warmer",
    "contact policy": "/app/settings/contacts",
    "brand": "/app/settings/brand",
    "e-mail": "/app/settings/email",
    "language model": "/app/settings/model",
    "e-mail template": "/app/settings/email/survey",
    "experiments": "/app/experiments",
    "ideas": "/app/experiments/ideas",
    "idea": "/app/experiments/ideas?idea=returns",
    "new experiment": "/app/experiments/new?friction=cart-abandoned",
    "variations": "/app/experiments/checkout?step=variations",
    "people of a draft": "/app/experiments/checkout?step=people",
    "metrics of a draft": "/app/experiments/checkout?step=metrics",
    "plan": "/app/experiments/checkout?step=plan",
    "launch": "/app/experiments/checkout?step=launch",
    "result": f"/app/experiments/{trials.KEY}?by=channel",
    "result as a table": f"/app/experiments/{trials.KEY}?view=table",
    "people of a variation": f"/app/experiments/{trials.KEY}?people=dated&metric=ordered",
    "flags": "/app/experiments/flags",
    "hold-outs": "/app/experiments/holdouts",
    "flag": f"/app/experiments/flags/{trials.KEY}",
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
LOYAL: dict[str, Any] = {
    "name": "How loyal are customers?",
    "languages": ["en", "sv"],
    "open_link": True,
    "trigger": {"kind": "relational", "every": "90 days"},
    "thanks": {"en": "Thank you."},
    "questions": [
        {
            "key": "recommend",
            "kind": "nps",
            "required": True,
            "text": {
                "en": "How likely are you to recommend us to a friend?",
                "sv": "Hur troligt är det att du rekommenderar oss till en vän?",
            },
            "low": {"en": "Not at all", "sv": "Inte alls"},
            "high": {"en": "Very likely", "sv": "Mycket troligt"},
        },
        {
            "key": "why",
            "kind": "multiple",
            "text": {"en": "What should we mend first?", "sv": "Vad ska vi rätta till först?"},
            "show_if": [{"question": "recommend", "op": "at_most", "value": 6}],
            "options": [
                {"key": "search", "text": {"en": "The search", "sv": "Sökningen"}},
                {"key": "delivery", "text": {"en": "The delivery", "sv": "Leveransen"}},
            ],
        },
        {"key": "more", "kind": "text", "text": {"en": "Anything else?"}},
    ],
}
SHOWN: list[tuple[str, dict[str, Any]]] = [
    ("survey-definitions", {"key": "loyal", "body": LOYAL}),
    (
        "experiments",
        {"key": "warmer", "body": {"name": "Warmer", "variations": [{"key": "as-it-is"}, {"key": "warmer"}]}},
    ),
    ("offers", {"key": "shipping", "body": {"name": "Free shipping", "codes": "single"}}),
    (
        "content",
        {
            "key": "log-in",
            "body": {
                "name": "Log in",
                "type": "banner",
                "approval": "approved",
                "versions": [{"language": "en", "body": {"title": "Welcome back", "buttons": [{"label": "Log in"}]}}],
            },
        },
    ),
    ("placements", {"key": "top", "body": {"name": "Top of the page", "default": "log-in"}}),
    (
        "experiences",
        {
            "key": "log-in",
            "body": {
                "name": "Log in",
                "placement": "top",
                "audience": "buyers",
                "status": "live",
                "variations": [{"key": "a", "content": "log-in"}, {"key": "b"}],
            },
        },
    ),
]
"""An experiment, an offer, content, a placement and an experience, each needing those before it."""
PICTURED = ["journeys-light", "journeys-dark", "home-light", "customer-light", "live-light", "survey-builder-light"]
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
    trials.begin(shop)
    learned = {
        "state": "refuted",
        "learning": "Nobody read it.",
        "evidence": [{"kind": "friction", "ref": "dead-click"}],
    }
    with shop.api() as api:
        body = {"name": "Buyers", "rule": {"all": [{"did": bought}, {"not": {"any": [{"segment": "lost"}]}}]}}
        lost = {"name": "Lost", "rule": {"time": {"which": "last", "longer_ago": "50 days"} | bought}}
        made = [api.post("/api/audiences", json={"key": "lost", "body": lost})]
        made += [api.post("/api/audiences", json={"key": "buyers", "body": body})]
        made += [api.post("/api/personas", json={"key": "clara", "body": persona})]
        made += [api.post(f"/api/{kind}", json=one) for kind, one in SHOWN]
        made += [
            api.post("/api/ideas", json={"key": "returns", "body": {"name": "Free returns in the cart"} | learned})
        ]
        made += [api.post("/api/experiments", json={"key": "checkout", "body": trials.DRAFT})]
        made += [api.post(f"/api/journeys/{DEFAULT_KEY}/notes", json=note) for note in notes]
        assert [answer.status_code for answer in made] == [201] * len(made), [answer.text for answer in made]
        yield
        for kind, one in reversed(SHOWN):
            assert api.delete(f"/api/{kind}/{one['key']}").status_code == 200
        for path in ("ideas/returns", "experiments/checkout", "audiences/buyers", "audiences/lost", "personas/clara"):
            assert api.delete(f"/api/{path}").status_code == 200
        for answer in made[-len(notes) :]:
            assert api.delete(f"/api/journeys/{DEFAULT_KEY}/notes/{answer.json()['id']}").status_code == 200
    trials.end(shop)


def opened(page: Page, path: str) -> Page:
    """The page at `path`, once nothing on it is still loading."""
    page.goto(path)
    expect(page.get_by_role("heading").first).to_be_visible()
    expect(page.locator("[class*=Skeleton], [role=status]:has-text('Loading')")).to_have_count(0)
    return page


@pytest.mark.parametrize("name", [*PAGES, *DOORS])
def test_no_page_has_a_barrier_in_light_or_dark(name: str, watch: Watch, shop: Shop, maja: str) -> None:
    page = watch.page(None if name in DOORS else shop.session())
    opened(page, (PAGES | DOORS)[name].format(maja=maja))
    assert barriers(page, RULES) == []


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


@pytest.mark.parametrize("name", PICTURED)
def test_the_docs_have_their_pictures(name: str, watch: Watch, shop: Shop, maja: str, tmp_path: Path) -> None:
    """As a reader would see the pages; with RESA_PICTURES=1 written over those of the docs."""
    if name.startswith("live"):
        arrive(shop)
    room, theme = name.rsplit("-", 1)
    rooms = {"journeys": BOARD, "home": "/app/", "customer": f"/app/customers/{maja}", "live": "/app/data/live"}
    path = (rooms | {"survey-builder": PAGES["questions of a survey"]})[room]
    page = opened(watch.page(shop.session(), color_scheme=theme), path)
    page.wait_for_timeout(1_000)  # charts draw themselves
    assert (PICTURES / f"{name}.png").is_file()
    file = (PICTURES if os.environ.get("RESA_PICTURES") else tmp_path) / f"{name}.png"
    page.screenshot(path=file)
    assert file.stat().st_size < 300_000
