"""Results of a survey in the console: what a tired reader takes away, where each figure leads, and what holds on every width."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from resa.access import sessions, team
from resa.app import create
from resa.kernel import audit
from resa.kernel.workspace import Workspace
from resa.settings import Settings
from tests.browser.watching import Watch
from tests.cast import hashed_password
from tests.scores.world import BEGIN, DAY, DAYS, shop
from tests.serving import serving

RESULTS = "/app/feedback/results?period=90d"
SHOTS = os.environ.get("RESA_TEST_SHOTS")


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A server whose customers answered until three weeks ago, and an owner's session."""
    workspace = Workspace.open(Settings.of({}, data=tmp_path_factory.mktemp("asked")))
    with workspace.state.write() as tx:
        user = team.add(tx, audit.SYSTEM, "ada@example.com", "Ada", "owner", hashed_password(), workspace.clock())
        token = sessions.start(tx, user, workspace.clock())
    app = create(workspace)
    workspace.start()
    later = (workspace.clock() - BEGIN) // DAY * DAY - (DAYS + 25) * DAY
    drafts = [
        msgspec.structs.replace(draft, time=draft.time + later, received_at=draft.time + later)
        for draft in shop(6).drafts
    ]
    with serving(app, lifespan="on") as address:
        for first in range(0, len(drafts), 5_000):
            workspace.committer.submit_sync(drafts[first : first + 5_000])
        workspace.settle()
        yield address, token


@pytest.fixture
def page(asked: tuple[str, str], chromium: Browser) -> Iterator[Page]:
    """The owner's page."""
    watching = Watch(chromium, asked[0])
    yield watching.page(asked[1])
    watching.close()


def shot(page: Page, name: str) -> None:
    """A picture for whoever asks for it."""
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def test_a_reader_with_a_minute_learns_how_it_stands_and_why(page: Page) -> None:
    page.goto(RESULTS)
    score = page.get_by_role("region", name="Score", exact=True)
    expect(score).to_contain_text("Net Promoter Score")
    expect(score).to_contain_text(re.compile(r"\d+ answers of \d+ customers"))
    expect(score).to_contain_text("Had everybody answered who was asked, it would be about")
    drivers = page.get_by_role("region", name="What goes with the score")
    expect(drivers).to_contain_text("Support Contacted")
    before = page.get_by_role("region", name="Before the answer")
    expect(before).to_contain_text("more before bad")
    expect(page.get_by_role("region", name="What a point is worth")).to_contain_text("For each step up the scale")
    expect(page.get_by_role("region", name="Every question")).to_contain_text("mean")
    shot(page, "results-light")


def test_a_score_leads_to_the_comments_behind_it(page: Page) -> None:
    page.goto(RESULTS)
    themes = page.get_by_role("region", name="What the comments are about")
    expect(themes.get_by_role("link", name="All its comments")).to_be_visible()
    page.get_by_role("link", name="Comments of those who answered 9").click()
    expect(page).to_have_url(re.compile(r"/app/feedback/comments\?.*score=9"))
    expect(page.get_by_text(re.compile("Of the survey .*, answered 9"))).to_be_visible()
    page.get_by_role("button", name="Show all comments").click()
    expect(page).not_to_have_url(re.compile("score="))


def test_figures_open_their_customers(page: Page) -> None:
    page.goto(RESULTS)
    row = page.get_by_role("region", name="Answers given").get_by_role("row", name=re.compile("^9"))
    count = row.get_by_role("button")
    number = int(count.inner_text())
    count.click()
    dialog = page.get_by_role("dialog", name="Latest answer: 9")
    expect(dialog).to_contain_text(f"{number} customers")
    page.keyboard.press("Escape")
    page.get_by_text("Language", exact=True).click()
    groups = page.get_by_role("region", name="By whom, and after what")
    expect(groups.get_by_role("row", name=re.compile("^sv"))).to_be_visible()
    groups.get_by_role("row", name=re.compile("^sv")).get_by_role("button").click()
    expect(page.get_by_role("dialog", name="sv")).to_contain_text("customers")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_has_no_barrier_and_fits_a_phone(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(RESULTS)
    expect(page.get_by_role("region", name="What a point is worth")).to_contain_text("step")
    expect(page.get_by_role("region", name="Before the answer")).to_contain_text("odds")
    page.wait_for_timeout(400)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    shot(page, f"results-{scheme}-wide")
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(400)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shot(page, f"results-{scheme}-phone")


def test_an_empty_workspace_says_what_to_do(page: Page) -> None:
    page.goto("/app/feedback/results?period=custom&from=2001-01-01&to=2001-01-31")
    expect(page.get_by_role("heading", name=re.compile("No results yet|No answers in this period"))).to_be_visible()
