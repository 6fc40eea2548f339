"""One API, whoever has the data directory open: this process, or a server by its socket (DECISIONS 13)."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final, Protocol, TypeVar

import httpx

from resa.kernel.errors import Conflict, ResaError
from resa.settings import Settings

T = TypeVar("T")

BASE: Final = "http://resa"
PATIENCE: Final = 600.0
"""Seconds a question may take before the caller gives up on a server."""


class Speak(Protocol):
    """Ask the API: method, path, JSON body; the answer as it came (`read` makes sense of it)."""

    def __call__(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """One call."""
        ...


def read(response: httpx.Response) -> Any:
    """The JSON of an answer; what the API refuses is raised as it says it."""
    if response.status_code < 400:
        return response.json()
    try:
        body = response.json()
    except json.JSONDecodeError:
        body = {}
    body.pop("code", None)
    error = ResaError(str(body.pop("message", f"Answered {response.status_code}.")), **body)
    error.status = response.status_code
    raise error


@contextmanager
def speaking(settings: Settings, *, started: bool = False) -> Iterator[Speak]:
    """Speak as the owner of the data directory: in this process if nobody has it open, else with the server that has.

    `started`: as a server would, with everything committed in the body and background work running.
    """
    from resa.kernel.workspace import Workspace  # noqa: PLC0415  # the command's help needs none of it

    try:
        workspace = Workspace.open(settings)
    except Conflict:
        socket = settings.data / "resa.sock"
        if not socket.exists():
            raise
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(socket)), base_url=BASE, timeout=PATIENCE) as client:
            yield lambda method, path, body=None: client.request(method, path, json=body)
        return
    with ExitStack() as stack:
        stack.callback(workspace.close)
        yield _within(workspace, settings, stack, started=started)


def _within(workspace: Any, settings: Settings, stack: ExitStack, *, started: bool) -> Speak:
    """The application in this process, on an event loop in a thread of its own: a notebook's thread has one already."""
    from resa import app  # noqa: PLC0415  # the whole application

    application = app.create(workspace)
    loop = stack.enter_context(_looping())

    def run(coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result()

    if started:
        workspace.start()
        living = _Living(application)
        run(living.begin())
        stack.callback(lambda: run(living.end()))
        workspace.settle()

    async def local(scope: Any, receive: Any, send: Any) -> None:
        scope["server"] = (str(settings.data / "resa.sock"), None)
        await application(scope, receive, send)

    async def call(method: str, path: str, body: Any) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(local), base_url=BASE) as client:
            return await client.request(method, path, json=body)

    return lambda method, path, body=None: run(call(method, path, body))


class _Living:
    """An application between its start and its end, both in one task as its framework wants it."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self._task: asyncio.Task[None] | None = None
        self._end = asyncio.Event()

    async def begin(self) -> None:
        begun = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._live(begun))
        await asyncio.wait((begun, self._task), return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            self._task.result()

    async def _live(self, begun: asyncio.Future[None]) -> None:
        async with self._application.lifespan():
            begun.set_result(None)
            await self._end.wait()

    async def end(self) -> None:
        self._end.set()
        if self._task is not None:
            await self._task


@contextmanager
def _looping() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop in a thread that does not keep a process alive."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="resa-python", daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()
