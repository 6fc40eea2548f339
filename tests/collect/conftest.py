"""A workspace that takes events, its doors, and a client in front of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from resa.collect.doors import Doors
from resa.collect.sources import Source
from resa.kernel import audit
from resa.kernel.workspace import Workspace


@pytest.fixture
def taking(workspace: Workspace) -> Workspace:
    """The workspace, started."""
    workspace.state.create_missing()
    workspace.start()
    return workspace


@pytest.fixture
def doors(taking: Workspace) -> Doors:
    """The doors of the workspace."""
    return Doors(taking)


@pytest.fixture
def server_source(doors: Doors) -> Source:
    """A source whose write key is a secret."""
    return doors.sources.create(audit.SYSTEM, "Backend", "server")


@pytest.fixture
def browser_source(doors: Doors) -> Source:
    """A source whose write key is public."""
    return doors.sources.create(audit.SYSTEM, "Website", "browser")


@pytest.fixture
async def door(doors: Doors) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the Segment door."""
    application: Any = doors.segment
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://resa.test") as client:
        yield client


def landed(workspace: Workspace) -> list[dict[str, Any]]:
    """Everything in the body, in order."""
    workspace.settle()
    found: list[dict[str, Any]] = workspace.body.query("SELECT * FROM log ORDER BY row").to_pylist()
    return found
