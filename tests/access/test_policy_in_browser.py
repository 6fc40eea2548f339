"""The console lives under its content security policy: a real browser opens its pages and blocks nothing."""

from __future__ import annotations

import shutil

import pytest
from playwright.async_api import async_playwright

from resa.web import BUILT
from tests.cast import Cast
from tests.chromium import FLAGS

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="no Chromium on this machine"),
    pytest.mark.skipif(not (BUILT / "index.html").exists(), reason="the console is not built (make console)"),
]

PAGES = ("", "journeys", "customers", "explore", "data/sources", "data/live", "settings/team", "settings/keys")

WATCH = """
window.blocked = [];
document.addEventListener("securitypolicyviolation", (event) => window.blocked.push(event.violatedDirective + " " + event.blockedURI));
"""


async def test_no_page_of_the_console_is_hindered_by_the_policy(server: str, cast: Cast) -> None:
    """And a script that somebody smuggled in would neither run nor reach the session."""
    token = cast.session("owner", "ada@example.com")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        context = await browser.new_context()
        await context.add_cookies(
            [{"name": "resa", "value": token, "url": server, "httpOnly": True, "sameSite": "Strict"}]
        )
        page = await context.new_page()
        await page.add_init_script(WATCH)
        for path in PAGES:
            await page.goto(f"{server}/app/{path}")
            await page.get_by_role("heading").first.wait_for()
            await page.wait_for_timeout(300)  # what a page loads after its first paint
            assert await page.evaluate("window.blocked") == [], path
            assert page.url == f"{server}/app/{path}"
        await page.evaluate(
            """() => {
                const inline = document.createElement("script");
                inline.textContent = "window.pwned = true";
                document.body.append(inline);
            }"""
        )
        assert await page.evaluate("window.pwned") is None
        assert await page.evaluate("document.cookie") == ""  # the session's is out of reach of any script
        await browser.close()
