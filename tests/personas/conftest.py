"""A workspace of planted customers, made once for all tests that only read it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from resa.app import create
from resa.kernel.lens import Lens
from resa.kernel.periods import Period
from resa.kernel.workspace import Workspace
from resa.settings import Settings
from tests.personas import planted


@dataclass(frozen=True)
class Planted:
    """An open workspace of customers of known kinds."""

    workspace: Workspace
    truth: list[int]
    lens: Lens


YEAR = Lens(Period(planted.NOW - 365 * planted.DAY, planted.NOW))


def opened(data: Path) -> Workspace:
    """A started workspace whose clock stands at the end of the planted events."""
    workspace = Workspace.open(Settings.of({}, data=data), clock=lambda: planted.NOW)
    create(workspace)  # registers what the application registers
    return workspace.start()


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planted]:
    """450 customers of three kinds."""
    workspace = opened(tmp_path_factory.mktemp("planted"))
    drafts, truth = planted.events(450, seed=1)
    planted.fill(workspace, drafts)
    yield Planted(workspace, truth, YEAR)
    workspace.close()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Workspace]:
    """A started workspace without anybody."""
    workspace = opened(tmp_path / "data")
    yield workspace
    workspace.close()
