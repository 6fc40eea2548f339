"""Pages of every type of question in a real browser, by day and by night, on phone and desk: clean for axe, nothing sticks out.

The page is put into the browser as it is written: as it is served, its sandbox would keep axe out too.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Final, Literal

import msgspec
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright

from resa.feedback.responses import page as pages
from resa.feedback.responses.page import Asked, Look
from resa.feedback.surveys.answering import Unfit
from resa.feedback.surveys.definition import Survey
from tests.chromium import FLAGS
from tests.surveys.making import KINDS, question, survey

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]
SEEN: Final[tuple[tuple[Literal["light", "dark"], int], ...]] = (("light", 375), ("dark", 1100))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def written(kind: str) -> str:
    """A page with all that a page may have: intro, help, an error, a way back, languages, progress."""
    asked = question(kind, required=True, help={"en": "Take your time."})
    more = {"intro": {"en": "Two minutes."}, "languages": ["en", "sv"]}
    body = msgspec.convert(survey(asked, question("text", "last"), **more), Survey)
    one = body.questions[0]
    return pages.question(
        Asked(
            survey=body,
            question=one,
            language="en",
            seed="r1",
            value=None,
            words={},
            known=lambda _source, _name: None,
            error=Unfit(one, "required", None, "this question needs an answer.", "Answer it."),
            progress=(0, 2),
            first=True,
            last=False,
            back="?q=before",
            languages={"en": "?lang=en", "sv": "?lang=sv"},
            hidden={"q": one.key, "lang": "en"},
            dismissible=True,
            preview=True,
        ),
        Look(name="Green Lane", foot="Main Street 1"),
    )


@pytest.mark.parametrize("scheme", SEEN, ids=lambda each: each[0])
def test_every_type_of_question_is_clean(scheme: tuple[Literal["light", "dark"], int], chromium: Browser) -> None:
    colours, width = scheme
    page = chromium.new_page(viewport={"width": width, "height": 780}, color_scheme=colours)
    for kind in KINDS:
        page.set_content(written(kind))
        found = Axe().run(page).response["violations"]
        assert [(flaw["id"], flaw["nodes"][0]["html"][:200]) for flaw in found] == [], kind
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, kind
    page.close()
