"""Long work over HTTP: what runs is listed and can be stopped, and what nobody waits for any more ends.

`Asked` goes around the routes that only ask. A caller who gives its request a key of its own (`X-Resa-Work`) finds it
in the list under that key.
"""

from __future__ import annotations

import asyncio
import re
from typing import Final

import msgspec
from litestar import Router, delete, get
from litestar.di import NamedDependency
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.params import FromPath
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send
from litestar.types.asgi_types import ReceiveMessage

from resa.access.guards import Call, Forbidden, requires
from resa.kernel import times
from resa.kernel.work import Work
from resa.kernel.workspace import Workspace

HEADER: Final = b"x-resa-work"
_KEY: Final = re.compile(rb"[A-Za-z0-9-]{8,64}")
_WAITING: Final = 4
"""Messages of a body that are read ahead of the handler."""


class Asked(ASGIMiddleware):
    """Opens work for each request that only asks, and stops it when the client has gone."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Let the request be answered, or stopped."""
        if scope["type"] != ScopeType.HTTP or not _only_asks(scope):
            await next_app(scope, receive, send)
            return
        workspace: Workspace = scope["litestar_app"].state["workspace"]
        what = scope["path_template"].removeprefix("/api/")
        begun = workspace.works.begin(what, key=_key(scope))
        with workspace.works.doing(begun):
            ahead: asyncio.Queue[ReceiveMessage] = asyncio.Queue(_WAITING)
            listening = asyncio.create_task(_listen(receive, ahead, begun))
            try:
                await next_app(scope, ahead.get, send)
            finally:
                listening.cancel()


async def _listen(receive: Receive, ahead: asyncio.Queue[ReceiveMessage], begun: Work) -> None:
    """Hand on what the client sends; a client that has gone stops the work."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            begun.stop()
        await ahead.put(message)
        if message["type"] == "http.disconnect":
            return


def _only_asks(scope: HTTPScope) -> bool:
    """Whether a request changes nothing: then nothing is half done when it is stopped."""
    handler = scope["route_handler"]
    return scope["method"] == "GET" or (scope["method"] == "POST" and getattr(handler, "status_code", 0) == 200)


def _key(scope: HTTPScope) -> str | None:
    given = next((value for name, value in scope["headers"] if name == HEADER), b"")
    return given.decode() if _KEY.fullmatch(given) else None


class Running(msgspec.Struct, frozen=True):
    """Work that runs. `what`: the question, as in its path; `done` of `expected` events are read, as far as is known."""

    id: str
    what: str
    author: str | None
    mine: bool
    since: str
    seconds: float
    done: int
    expected: int


class RunningWork(msgspec.Struct, frozen=True):
    """What runs now, the longest first."""

    items: list[Running]
    next: None = None


@get("/api/work", sync_to_thread=False, guards=[requires("read")])
def list_work(workspace: NamedDependency[Workspace], request: Call) -> RunningWork:
    """What runs for the team now: questions that are being answered, searches for personas."""
    return RunningWork([_running(one, request) for one in workspace.works.all() if one.owner is not None])


@delete("/api/work/{key:str}", status_code=200, sync_to_thread=False, guards=[requires("read")])
def cancel_work(workspace: NamedDependency[Workspace], request: Call, key: FromPath[str]) -> Running:
    """Stop work: who asked learns that it was cancelled. One's own, or with the scope `admin` anybody's."""
    found = workspace.works.get(key)
    if not _mine(found, request) and not request.user.may("admin"):
        raise Forbidden("This was begun by somebody else.", remedy="Ask them, or an admin.")
    found.stop()
    return _running(found, request)


def _running(one: Work, request: Call) -> Running:
    author = one.owner.name if one.owner else None
    since, seconds = times.iso(one.since), round(one.seconds, 1)
    return Running(one.key, one.what, author, _mine(one, request), since, seconds, one.done, one.expected)


def _mine(one: Work, request: Call) -> bool:
    return one.owner is not None and one.owner.id == request.user.actor.id


routes: Final = [Router(path="/", tags=["work"], route_handlers=[list_work, cancel_work])]
