"""A shop with placements, content and experiences, and who asks it; one workspace for all tests of a module."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import msgspec
import pytest

from resa import experiences, journeys
from resa.collect.doors import Doors
from resa.experiences import Deciding
from resa.experiments import Delivery
from resa.kernel.events import Draft
from resa.kernel.workspace import Workspace
from resa.predictions import personas
from resa.settings import Settings

BROWSER_KEY, SERVER_KEY = "wk_browser", "wk_server"
PAGE = {"page": {"url": "https://shop.example/", "path": "/"}, "locale": "sv-SE"}

BODIES: dict[str, dict[str, Any]] = {
    "text": {"text": "Welcome"},
    "html": {"html": "<b>Welcome</b>"},
    "json": {"data": {"colour": "red"}},
    "banner": {"title": "Sale"},
    "popup": {"title": "Join us"},
    "notification": {"title": "Back in stock"},
    "panel": {"title": "Help"},
    "redirect": {"url": "/spring"},
}


class Shop:
    """Saves definitions and asks for decisions."""

    def __init__(self, workspace: Workspace, deciding: Deciding, client: httpx.AsyncClient) -> None:
        """Everything is live at once."""
        self.workspace = workspace
        self.deciding = deciding
        self.client = client

    def save(self, kind: str, key: str, **body: Any) -> None:
        """Save a definition, whatever was there."""
        self.workspace.definitions.save(kind, key, body, expected=None, author="a test")

    def placement(self, key: str, **body: Any) -> None:
        """A placement of that key."""
        self.save("placement", key, **{"name": key, **body})

    def content(self, key: str, type: str = "text", body: Any = None, **more: Any) -> None:  # noqa: A002 - the field's name
        """Approved content in English."""
        versions = more.pop("versions", [{"language": "en", "body": body or BODIES[type]}])
        self.save("content", key, **{"name": key, "type": type, "versions": versions, "approval": "approved", **more})

    def experience(self, key: str, placement: str, content: str | None = None, **body: Any) -> None:
        """A live experience with one variation and no hold-out, unless said otherwise."""
        variations = [{"key": "only", "content": content}]
        values = {"name": key, "placement": placement, "status": "live", "holdout": 0.0, "variations": variations}
        self.save("experience", key, **{**values, **body})

    def show(self, placement: str, type: str = "text", body: Any = None, **experience: Any) -> None:  # noqa: A002
        """A placement, content and a live experience, all of the same key."""
        self.placement(placement)
        self.content(placement, type, body)
        self.experience(placement, placement, placement, **experience)

    async def ask(self, *placements: str, key: str = BROWSER_KEY, **more: Any) -> dict[str, dict[str, Any]]:
        """The decisions by placement."""
        answer = await self.answer(*placements, key=key, **more)
        return {each["placement"]: each for each in answer["decisions"]}

    async def answer(self, *placements: str, key: str = BROWSER_KEY, **more: Any) -> dict[str, Any]:
        """The whole answer."""
        body = {"writeKey": key, "anonymousId": "device-1", "placements": list(placements), "context": PAGE, **more}
        response = await self.client.post("/v1/decide", json=body)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def commit(self, *drafts: Draft) -> None:
        """Write events, and let everything know them."""
        self.workspace.committer.submit_sync(list(drafts))
        self.workspace.settle()

    def live(self, *audiences: str) -> None:
        """Wait until these audiences are kept in real time."""
        until = time.monotonic() + 20
        while not all(self.workspace.audiences.live(key) for key in audiences):
            assert time.monotonic() < until
            time.sleep(0.01)

    async def logged(self, name: str = "Decision Made") -> list[dict[str, Any]]:
        """Decisions in the log."""
        await self.deciding.logbook.flush()
        self.workspace.settle()
        sql = "SELECT properties FROM log WHERE name = ? ORDER BY row"
        return [msgspec.json.decode(row["properties"]) for row in self.workspace.body.query(sql, [name]).to_pylist()]


@pytest.fixture(scope="module")
def shop_workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Taking events."""
    settings = Settings.of({}, data=tmp_path_factory.mktemp("shop"), write_key=BROWSER_KEY)
    opened = Workspace.open(settings)
    personas.register(opened)
    journeys.register(opened)
    Delivery(opened)
    opened.state.create_missing()
    opened.start()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def delivery(shop_workspace: Workspace) -> Delivery:
    """Its experiments and flags."""
    return Delivery(shop_workspace)


@pytest.fixture
def doors(shop_workspace: Workspace) -> Doors:
    """Its doors."""
    return Doors(shop_workspace)


@pytest.fixture
async def shop(shop_workspace: Workspace, delivery: Delivery, doors: Doors) -> AsyncIterator[Shop]:
    """A client of its doors."""
    doors.sources.ensure(SERVER_KEY, "Backend", "server")
    doors.segment.decider = deciding = experiences.register(shop_workspace, delivery, budget=20)
    application: Any = doors.segment
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://resa.test") as client:
        yield Shop(shop_workspace, deciding, client)
    await deciding.stop()
