"""One workspace and application for all tests of access, emptied before each: to open one takes half a second."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from litestar import Litestar

from resa.access import tables
from resa.app import create
from resa.kernel import audit, preferences, times
from resa.kernel.workspace import Workspace
from resa.settings import Settings
from tests.serving import serving

KEPT = (
    tables.sessions,
    tables.users,
    tables.invitations,
    tables.api_keys,
    tables.login_attempts,
    tables.setup_tokens,
    audit.table,
    preferences.table,
)


@pytest.fixture(scope="session")
def shared_workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Open until the last test is done."""
    opened = Workspace.open(Settings.of({}, data=tmp_path_factory.mktemp("access")))
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def shared_app(shared_workspace: Workspace) -> Litestar:
    """Built once."""
    return create(shared_workspace)


@pytest.fixture
def workspace(shared_workspace: Workspace) -> Workspace:
    """Nobody is in it and nothing happened yet."""
    shared_workspace.clock = times.now
    with shared_workspace.state.write() as tx:
        for table in KEPT:
            tx.execute(table.delete())
    return shared_workspace


@pytest.fixture
def app(workspace: Workspace, shared_app: Litestar) -> Litestar:
    """The application over the emptied workspace."""
    assert shared_app.state.workspace is workspace
    return shared_app


@pytest.fixture
def server(app: Litestar) -> Iterator[str]:
    """The address of a real server that leaves the workspace open."""
    with serving(app, lifespan="off") as address:
        yield address
