"""The planted shop as a workspace, made once for the tests that only read it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar

from resa.app import create
from resa.kernel.workspace import Workspace
from resa.settings import Settings
from tests.scores.world import Shop, shop


def filled(folder: Path, made: Shop) -> Workspace:
    """A workspace that has taken a shop's events."""
    workspace = Workspace.open(Settings.of({}, data=folder / "data")).start()
    for first in range(0, len(made.drafts), 5_000):
        workspace.committer.submit_sync(made.drafts[first : first + 5_000])
    workspace.settle()
    return workspace


@pytest.fixture(scope="session")
def planted() -> Shop:
    """What was planted."""
    return shop(6)


@pytest.fixture(scope="session")
def asked_shop(planted: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workspace, Litestar]]:
    """The shop's workspace and application."""
    workspace = filled(tmp_path_factory.mktemp("scores"), planted)
    yield workspace, create(workspace)
    workspace.close()
