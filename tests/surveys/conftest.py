"""A workspace that takes answers, callers of its pages, and a clock that goes when it is told to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
from litestar import Litestar

from resa.feedback import responses
from resa.feedback.responses import Responses
from resa.kernel.workspace import Workspace
from resa.settings import Settings
from tests.surveys.making import survey

NOON = 1_800_000_000_000


class Clock:
    """A clock."""

    def __init__(self) -> None:
        """Noon, somewhere in 2027."""
        self.now = NOON

    def __call__(self) -> int:
        """Milliseconds UTC."""
        return self.now

    def on(self, minutes: float = 0, *, seconds: float = 0) -> None:
        """So much later."""
        self.now += round(minutes * 60_000 + seconds * 1000)


@pytest.fixture
def clock() -> Clock:
    """The workspace's clock."""
    return Clock()


@pytest.fixture
def workspace(settings: Settings, clock: Clock) -> Iterator[Workspace]:
    """An open workspace that goes by the clock."""
    opened = Workspace.open(settings, clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def taking(workspace: Workspace) -> Responses:
    """What answers are taken by, over a workspace that takes events."""
    workspace.state.create_missing()
    workspace.start()
    return responses.register(workspace).responses


@pytest.fixture
def saved(workspace: Workspace, taking: Responses) -> Callable[..., int]:
    """Saves a survey and answers its version: `saved("loyal", question("nps"), anonymous=True)`."""
    del taking

    def save(key: str, *questions: dict[str, Any], **more: Any) -> int:
        return workspace.definitions.save("survey", key, survey(*questions, **more), expected=None, author="me").version

    return save


@pytest.fixture
async def visitor(app: Litestar, taking: Responses) -> AsyncIterator[httpx.AsyncClient]:
    """A customer's browser: it follows no redirect by itself and keeps no cookie."""
    del taking
    transport = httpx.ASGITransport(app, client=("203.0.113.7", 50_000))  # type: ignore[arg-type]  # one protocol, two types
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        yield client


def logged(workspace: Workspace, name: str = "Survey Answered") -> list[dict[str, Any]]:
    """The events of a name, in order, with their properties."""
    workspace.settle()
    found = workspace.body.query("SELECT * FROM log WHERE name = ? OR type = ? ORDER BY row", [name, name])
    return [row for row in found.to_pylist()]


__all__ = ["Clock", "logged", "responses"]
