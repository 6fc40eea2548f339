"""What all tests share: a workspace in a folder of its own, the application over it, and a cast of callers.

The cast: `owner`, `admin`, `editor`, `viewer` (people, logged in), `stranger` (nobody); keys by `await cast.key("read")`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from resa.app import create
from resa.kernel.workspace import Workspace
from resa.settings import Settings
from tests.cast import Cast
from tests.serving import serving

pytest_plugins = ["tests.servers.plugin"]


@pytest.fixture
def settings(tmp_path: Path, state_setting: str | None) -> Settings:
    """Settings with a data directory of the test's own and nothing from the environment."""
    return Settings.of({}, data=tmp_path / "data", state=state_setting)


@pytest.fixture
def workspace(settings: Settings) -> Iterator[Workspace]:
    """An open workspace."""
    opened = Workspace.open(settings)
    yield opened
    opened.close()


@pytest.fixture
def app(workspace: Workspace) -> Litestar:
    """The whole application."""
    return create(workspace)


@pytest.fixture
async def cast(app: Litestar, workspace: Workspace) -> AsyncIterator[Cast]:
    """Everybody who may call."""
    async with AsyncExitStack() as stack:
        yield Cast(app, workspace, stack)


@pytest.fixture
async def stranger(cast: Cast) -> httpx.AsyncClient:
    """Nobody known."""
    return await cast.stranger()


@pytest.fixture
async def viewer(cast: Cast) -> httpx.AsyncClient:
    """May look."""
    return await cast.member("viewer")


@pytest.fixture
async def editor(cast: Cast) -> httpx.AsyncClient:
    """May change definitions and profiles."""
    return await cast.member("editor")


@pytest.fixture
async def admin(cast: Cast) -> httpx.AsyncClient:
    """May change the team and keys too."""
    return await cast.member("admin")


@pytest.fixture
async def owner(cast: Cast) -> httpx.AsyncClient:
    """May everything."""
    return await cast.member("owner")


@pytest.fixture
def server(app: Litestar, workspace: Workspace) -> Iterator[str]:
    """The address of the application on a real server, taking events."""
    workspace.start()
    with serving(app, lifespan="on") as address:
        yield address
