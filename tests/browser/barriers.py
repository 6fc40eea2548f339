"""What stands in the way of people who see, hear or move differently, as axe finds it: in light and in the dark."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

COLOURS: Final = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
"""Only colours differ in the dark: the structure is the same."""
FADED: Final = """async () => {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
  await Promise.allSettled(document.getAnimations().map((one) => one.finished))
}"""
"""Colours fade from the frame after the change on; a busy machine takes its time to draw that one."""


def barriers(page: Page, rules: Any = None, picture: str = "") -> list[str]:
    """What axe finds on a page as it stands, each with its first place. With `picture`, it is drawn in the dark if asked for."""
    page.emulate_media(color_scheme="light")
    found = axe_says(page, rules)
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    page.evaluate(FADED)
    if axe_says(page, COLOURS):  # a drawer may still be fading: what stays is what people see
        page.wait_for_timeout(1_500)
    found += axe_says(page, COLOURS)
    if picture:
        look(page, f"{picture}-dark")
    page.emulate_media(color_scheme="light")
    return found


def look(page: Page, name: str) -> None:
    """A picture of the page where somebody asked for one."""
    if folder := os.environ.get("RESA_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def axe_says(page: Page, rules: Any) -> list[str]:
    """The violations of some rules or of the rules with some tags; of all where none are named."""
    scheme = page.locator("html").get_attribute("data-mantine-color-scheme")
    asked = {"resultTypes": ["violations"]} | ({"runOnly": rules} if rules else {})
    answer = Axe().run(page, options=asked).response
    return [
        f"{scheme}: {one['id']} {len(one['nodes'])} times, {one['nodes'][0]['html'][:200]}"
        for one in answer["violations"]
    ]
