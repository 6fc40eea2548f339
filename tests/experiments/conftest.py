"""A workspace with a programme: an experiment behind a public flag, a private flag, a hold-out; and its keys."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import msgspec
import pytest

from resa.app import create
from resa.collect.doors import Doors
from resa.collect.sources import Source, new_payload_key
from resa.experiments import Delivery
from resa.kernel import audit
from resa.kernel.workspace import Workspace
from resa.settings import Settings
from tests.experiments.making import METRIC, experiment, flag_of, save
from tests.serving import serving


class Programme:
    """A started application with a programme, its browser key and its server key."""

    def __init__(self, workspace: Workspace) -> None:
        """Make it."""
        self.app = create(workspace)
        self.workspace = workspace
        self.delivery: Delivery = self.app.state.delivery
        self.doors: Doors = self.app.state.doors
        self.browser = self.doors.sources.create(audit.SYSTEM, "Website", "browser").write_key
        self.server = self.doors.sources.create(audit.SYSTEM, "Backend", "server").write_key
        values = {"as-is": "as-is", "short": "short"}
        save(workspace, "metric", "orders", METRIC)
        save(workspace, "experiment", "form", experiment())
        self.delivery.lifecycle.start("form", audit.SYSTEM)
        save(workspace, "flag", "form", flag_of("form", values, public=True))
        rules = [{"id": "gold", "condition": {"plan": "gold"}, "then": {"type": "force", "value": 2.5}}]
        save(workspace, "flag", "discount", {"name": "D", "type": "number", "default": 0, "rules": rules})
        save(workspace, "flag", "plain", {"name": "P", "public": True, "default": True})

    def exposures(self, *devices: str) -> list[dict[str, Any]]:
        """What these devices were exposed to, as it stands in the log."""
        self.workspace.settle()
        query = "SELECT properties, anonymous_id, user_id FROM log WHERE name = 'Experiment Viewed' ORDER BY row"
        found = [
            {**msgspec.json.decode(row["properties"]), "device": row["anonymous_id"], "user": row["user_id"]}
            for row in self.workspace.body.query(query).to_pylist()
        ]
        return [each for each in found if each["device"] in devices]

    def encrypted(self, name: str) -> Source:
        """A source whose clients get encrypted flags."""
        made = self.doors.sources.create(audit.SYSTEM, name, "browser")
        return self.doors.sources.encrypt_payloads(audit.SYSTEM, made.key, new_payload_key())

    def flip(self, key: str) -> bool:
        """Change a public flag from what it was; its value now."""
        known = self.delivery.programme.flag(key)
        value = known is None or not known.default
        save(self.workspace, "flag", key, {"name": "Flipped", "public": True, "default": value})
        return value


@pytest.fixture(scope="module")
def programme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programme]:
    """The application in this process, one for all tests of a file: each has devices of its own."""
    opened = Workspace.open(Settings.of({}, data=tmp_path_factory.mktemp("programme") / "data"))
    made = Programme(opened)
    opened.start()
    yield made
    opened.close()


@pytest.fixture
async def web(programme: Programme) -> AsyncIterator[httpx.AsyncClient]:
    """A page or program that asks it."""
    app: Any = programme.app
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        yield client


@pytest.fixture
def served(programme: Programme) -> Iterator[str]:
    """Its address on a real server."""
    with serving(programme.app, lifespan="off") as base:
        yield base
