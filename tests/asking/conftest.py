"""A workspace that asks: the whole application, its clock moved by hand where a test needs other days.

One workspace serves all tests of a module; each test has a device and surveys of its own, and leaves nothing behind.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar

from resa.access import keys
from resa.app import create
from resa.collect.sources import Sources
from resa.feedback.asking.service import Asking
from resa.feedback.asking.tables import asks, rounds
from resa.kernel import audit, times
from resa.kernel.contacts import Policy
from resa.kernel.contacts.ledger import contacts, held_back
from resa.kernel.events import Draft
from resa.kernel.workspace import Workspace
from resa.settings import Settings

BROWSER_KEY, SERVER_KEY = "wk_browser", "wk_server"
DAY = 86_400_000
NPS = {
    "key": "nps",
    "kind": "nps",
    "text": {"en": "How likely are you to recommend us?", "sv": "Hur troligt?"},
    "required": True,
}
WHY = {"key": "why", "kind": "text", "text": {"en": "You gave {answer.nps}. Why, {trait.firstName|friend}?"}}
ORDERED = {"kind": "transactional", "events": [{"type": "track", "name": "Order Completed"}]}

_numbers = itertools.count(1)


class Clock:
    """Milliseconds UTC, with some days added."""

    def __init__(self) -> None:
        """Today."""
        self.ahead = 0

    def __call__(self) -> int:
        """Now."""
        return times.now() + self.ahead


class Shop:
    """Saves surveys, sends events, asks as pages do."""

    def __init__(self, workspace: Workspace, app: Litestar, client: httpx.AsyncClient, clock: Clock) -> None:
        """Everything happens when the test says so: no thread sweeps."""
        self.workspace, self.client, self.clock = workspace, client, clock
        self.device = f"device-{next(_numbers)}"
        self.first_row = workspace.tail.next_row
        self.asking: Asking = app.state["asking"]

    def save(self, kind: str, key: str, **body: Any) -> None:
        """Save a definition, whatever was there."""
        self.workspace.definitions.save(kind, key, body, expected=None, author="a test")

    def survey(self, key: str, **body: Any) -> None:
        """A live survey of two questions on the site, shown at once."""
        usual = {
            "name": key,
            "status": "live",
            "languages": ["en", "sv"],
            "questions": [NPS, WHY],
            "channels": ["site"],
            "appearing": {"when": "at_once"},
        }
        self.save("survey", key, **{**usual, **body})

    def policy(self, policy: Policy) -> None:
        """The contact policy."""
        self.save("contact-policy", "global", **msgspec.to_builtins(policy))

    def event(self, who: str | None = None, name: str = "Order Completed", **more: Any) -> Draft:
        """Something that happens now."""
        kind, _, value = (who or f"anon:{self.device}").partition(":")
        at = self.clock()
        identity = {"user_id": value} if kind == "user" else {"anonymous_id": value}
        usual = {"message_id": f"m-{next(_numbers)}", "type": "track", "name": name, "time": at, "received_at": at}
        return Draft(**{**usual, **identity, "source": "shop", **more})

    def identify(self, device: str, **traits: Any) -> Draft:
        """Traits of a device, as a server tells them."""
        return self.event(f"anon:{device}", "", type="identify", properties=msgspec.json.encode(traits).decode())

    def commit(self, *drafts: Draft) -> None:
        """Write events; followers and the sweeper see to them."""
        self.workspace.committer.submit_sync(list(drafts))
        self.workspace.settle()
        self.sweep()

    def sweep(self) -> None:
        """What the sweeper's thread does."""
        self.asking.sweeper._swept_at = 0
        while self.asking.sweeper.sweep() or self.asking.sweeper._held:
            self.workspace.settle()  # what it waits for: that customers are known
        self.workspace.settle()

    async def post(self, what: str, key: str = BROWSER_KEY, **body: Any) -> dict[str, Any]:
        """Call a door of surveys."""
        response = await self.client.post(f"/v1/surveys/{what}?key={key}", json=body)
        assert response.status_code < 500, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def key(self, *scopes: str) -> str:
        """An API key."""
        with self.workspace.state.write() as tx:
            return keys.create(tx, audit.SYSTEM, "a test", scopes, self.clock()).key

    async def due(
        self, device: str | None = None, url: str = "https://shop.example/", **more: Any
    ) -> dict[str, Any] | None:
        """What a page is given to ask."""
        context = {"page": {"url": url}, "locale": "en-GB", **more.pop("context", {})}
        answer = await self.post("due", **{"anonymousId": device or self.device, "context": context, **more})
        found: dict[str, Any] | None = answer["survey"]
        return found

    def logged(self, name: str) -> list[dict[str, Any]]:
        """The properties of the events of a name, with who they are of."""
        self.sweep()
        rows = self.workspace.body.query(
            "SELECT * FROM log WHERE name = ? AND row >= ? ORDER BY row", [name, self.first_row]
        ).to_pylist()
        return [{**msgspec.json.decode(row["properties"]), "_row": row} for row in rows]

    def asks(self, survey: str, state: str | None = None) -> list[Any]:
        """The askings of a survey."""
        with self.workspace.state.read() as tx:
            return sorted(self.asking.book.listed(tx, survey, state, 500), key=lambda ask: ask.due)

    def leave(self) -> None:
        """As if nothing had been asked."""
        for kind in ("survey", "contact-policy", "experience", "audience"):
            for item in self.workspace.definitions.all(kind):
                self.workspace.definitions.delete(kind, item.key, author="a test")
        with self.workspace.state.write() as tx:
            for table in (asks, rounds, contacts, held_back):
                tx.execute(table.delete())


Opened = tuple[Workspace, Litestar, Clock]


def opened(settings: Settings) -> Iterator[Opened]:
    """A workspace that takes events; nothing sweeps by itself."""
    clock = Clock()
    workspace = Workspace.open(settings, clock=clock)
    app = create(workspace)
    workspace.start()
    sources: Sources = app.state["doors"].sources
    sources.ensure(BROWSER_KEY)
    sources.ensure(SERVER_KEY, "Backend", "server")
    yield workspace, app, clock
    workspace.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """For all tests of a module."""
    yield from opened(Settings.of({}, data=tmp_path_factory.mktemp("asking")))


@asynccontextmanager
async def shopping(known: Opened) -> AsyncIterator[Shop]:
    """A customer's and a business's way in."""
    workspace, app, clock = known
    clock.ahead = 0
    transport: Any = httpx.ASGITransport(app, client=("127.0.0.1", 50_000))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://resa.test") as client:
        shop = Shop(workspace, app, client, clock)
        yield shop
        shop.leave()


@pytest.fixture
async def shop(shared: Opened) -> AsyncIterator[Shop]:
    """The module's workspace, with nothing asked yet."""
    async with shopping(shared) as found:
        yield found
