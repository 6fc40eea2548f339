"""The first run: a server without an owner prints a link, and whoever opens it sets up the workspace."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.watching import Watch


@pytest.fixture
def printed(tmp_path: Path) -> Iterator[str]:
    """The set-up link as `resa serve` prints it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RESA_")}
    serve = [sys.executable, "-u", "-c", "from resa.cli import main; main()", "serve", "--port", "0"]
    serve += ["--data", str(tmp_path / "data")]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout
        line = next(line for line in process.stdout if line.startswith("Set up the owner: "))
        yield line.removeprefix("Set up the owner: ").strip()
        process.terminate()


def test_the_printed_link_makes_the_owner_of_an_empty_workspace(printed: str, chromium: Browser) -> None:
    address = printed.split("/app/", maxsplit=1)[0]
    watch = Watch(chromium, address)
    page = watch.page()
    page.goto("/app/")
    expect(page.get_by_role("heading", name="Welcome to Resa")).to_be_visible()
    page.goto("about:blank")
    page.goto(printed)
    assert page.get_by_label("One-time token").input_value() == printed.split("#")[1]
    page.get_by_label("Workspace").fill("Hill & Harbour")
    page.get_by_label("Your name").fill("Ada Berg")
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_role("textbox", name="Password").fill("a quiet blue harbour")
    page.get_by_role("button", name="Set up Resa").click()
    expect(page.get_by_role("heading", name="Hello, Ada")).to_be_visible()
    expect(page.get_by_text("Nothing has happened yet")).to_be_visible()
    for path, words in (
        ("customers", "No customers yet"),
        ("data/sources", "No sources yet"),
        ("data/imports", "No imports yet"),
        ("data/failed", "Every event was taken"),
        ("settings/keys", "No API keys yet"),
    ):
        page.goto(f"/app/{path}")
        expect(page.get_by_role("heading", name=words)).to_be_visible()
    watch.close()
