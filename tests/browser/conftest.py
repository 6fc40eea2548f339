"""One shop on one server and one Chromium for all tests of the console.

The browser lives as long as this folder's tests run and no longer: while playwright's synchronous side is up, the
main thread counts as running an event loop, which the other folders' tests need for themselves.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from resa.access import sessions, team
from resa.app import create
from resa.collect.sources import Sources
from resa.kernel import audit, preferences
from resa.kernel.workspace import Workspace
from resa.settings import Settings
from resa.web import BUILT
from tests.browser import history
from tests.browser.watching import ALONE, Watch
from tests.cast import PASSWORD, hashed_password
from tests.chromium import FLAGS
from tests.serving import serving

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
HERE = Path(__file__).parent
expect.set_options(timeout=20_000)  # machines can be busy


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder needs a Chromium and a built console."""
    missing = (
        "no Chromium on this machine"
        if CHROMIUM is None
        else None
        if (BUILT / "index.html").exists()
        else "the console is not built (make env)"
    )
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if missing:
                item.add_marker(pytest.mark.skip(reason=missing))


@dataclass(frozen=True)
class Shop:
    """A running Resa with a history."""

    address: str
    workspace: Workspace
    write_key: str
    email: str = "ada@example.com"
    password: str = PASSWORD

    def session(self, email: str | None = None) -> str:
        """A fresh session of the owner, or of another member."""
        with self.workspace.state.write() as tx:
            user = team.by_email(tx, email or self.email)
            assert user is not None
            return sessions.start(tx, user.id, self.workspace.clock())

    def api(self) -> httpx.Client:
        """The API as the owner's own program would use it."""
        token = self.session()
        return httpx.Client(
            base_url=self.address, cookies={"resa": token}, headers={"X-CSRF-Token": sessions.csrf(token)}, timeout=30
        )

    def send(self, path: str, payload: history.Event) -> None:
        """An event through the door, as the shop's server sends it."""
        answer = httpx.post(f"{self.address}/v1/{path}", json=payload, auth=(self.write_key, ""), timeout=30)
        assert answer.status_code == 200, answer.text


@pytest.fixture(scope="package")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The shop: sixty days of events through the door, an owner, one server source."""
    workspace = Workspace.open(Settings.of({}, data=tmp_path_factory.mktemp("shop")))
    with workspace.state.write() as tx:
        preferences.change(workspace.state, tx, {"name": "Hill & Harbour", "currency": "EUR"})
        team.add(tx, audit.SYSTEM, Shop.email, "Ada Berg", "owner", hashed_password(), workspace.clock())
    source = Sources(workspace.state, workspace.clock).create(audit.SYSTEM, "Shop back end", "server")
    app = create(workspace)
    workspace.start()
    with serving(app, lifespan="on") as address:
        with httpx.Client(base_url=address, auth=(source.write_key, ""), timeout=60) as door:
            for events in history.batches(datetime.now(UTC)):
                answer = door.post("/v1/batch", content=history.body(events))
                assert answer.status_code == 200, answer.text
        workspace.settle()
        yield Shop(address, workspace, source.write_key)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser, which can reach nothing but this machine."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, ALONE])
        yield browser
        browser.close()


@pytest.fixture
def watch(shop: Shop, chromium: Browser) -> Iterator[Watch]:
    """Pages of the shop's console under watch."""
    watching = Watch(chromium, shop.address)
    yield watching
    watching.close()


@pytest.fixture
def page(watch: Watch, shop: Shop) -> Page:
    """The owner's page at 1440 pixels."""
    return watch.page(shop.session())
