"""One workspace of planted customers, spoken to in both ways: in this process, and over the socket of a server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import resa
from resa.kernel import times
from resa.kernel.workspace import Workspace
from resa.settings import Settings
from tests.crash.client import Server
from tests.personas import planted

DAY = planted.DAY


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """A directory of 180 customers whose events end last midnight. Its name is short, as a socket in it needs."""
    with TemporaryDirectory(prefix="resa-") as folder:
        path = Path(folder) / "data"
        midnight = times.now() // DAY * DAY
        drafts, _ = planted.events(180, seed=4, now=midnight)
        workspace = Workspace.open(Settings.of({}, data=path)).start()
        planted.fill(workspace, drafts)
        workspace.close()
        yield path


@pytest.fixture(scope="module", params=["in this process", "over the socket"])
def ws(request: pytest.FixtureRequest, data: Path) -> Iterator[resa.Workspace]:
    """The workspace, opened in either way."""
    server = Server(data) if request.param == "over the socket" else None
    try:
        with resa.open(data) as opened:
            yield opened
    finally:
        if server is not None:
            server.stop()


@pytest.fixture(scope="module")
def answers() -> list[object]:
    """What was answered in one way, for the other to be compared with."""
    return []
