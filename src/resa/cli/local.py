"""One API for commands, whoever has the data directory open: this process, or a server by its socket (DECISIONS 13)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import httpx

from resa.kernel.errors import Conflict, ResaError
from resa.settings import Settings

_BASE = "http://resa"


class Speak(Protocol):
    """Ask the API: method, path, JSON body; the answer's JSON. ResaError if it refuses."""

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        """One call."""
        ...


@contextmanager
def speaking(settings: Settings) -> Iterator[Speak]:
    """Speak as the owner of the data directory."""
    from resa.kernel.workspace import Workspace  # noqa: PLC0415  # the command's help needs none of it

    try:
        workspace = Workspace.open(settings)
    except Conflict:
        socket = settings.data / "resa.sock"
        if not socket.exists():
            raise
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(socket)), base_url=_BASE, timeout=120) as client:
            yield lambda method, path, body=None: _answer(client.request(method, path, json=body))
        return
    try:
        yield _within(workspace, settings)
    finally:
        workspace.close()


def _within(workspace: Any, settings: Settings) -> Speak:
    from resa import app  # noqa: PLC0415

    application = app.create(workspace)

    async def local(scope: Any, receive: Any, send: Any) -> None:
        scope["server"] = (str(settings.data / "resa.sock"), None)
        await application(scope, receive, send)

    async def call(method: str, path: str, body: Any) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(local), base_url=_BASE) as client:
            return await client.request(method, path, json=body)

    return lambda method, path, body=None: _answer(asyncio.run(call(method, path, body)))


def _answer(response: httpx.Response) -> Any:
    body = response.json()
    if response.status_code >= 400:
        error = ResaError(str(body.pop("message", f"Answered {response.status_code}.")), **body)
        error.status = response.status_code
        raise error
    return body
