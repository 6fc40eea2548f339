"""One process: the workspace, the application over it, and the sockets it answers on."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import uvicorn

from resa import app
from resa.access import setup
from resa.kernel import memory
from resa.kernel.errors import Refused
from resa.kernel.workspace import Workspace
from resa.settings import Settings

SOCKET_NAME: Final = "resa.sock"


class Server(uvicorn.Server):
    """A uvicorn server that says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        """`ready` is called once, when requests are answered."""
        super().__init__(config)
        self._ready = ready
        self._settling: memory.Settling | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        if self.started:
            self._ready()
            self._settling = memory.Settling()

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: whether to stop."""
        if self._settling is not None and counter % 10 == 0:
            self._settling.look()
        return await super().on_tick(counter)


def serve(
    settings: Settings, *, ready: Callable[[str, str | None], None], extend: Callable[[Workspace], Any] | None = None
) -> None:
    """Serve until told to stop. `ready` gets the address and, until there is an owner, the one-time set-up token.

    `extend` may start something on the open workspace (the demonstration's visitors); what it returns is closed
    before the workspace is.
    """
    address = listen(settings.host, settings.port)
    if settings.lake is None:  # Spark's sessions make data frames
        memory.without_pandas()
    workspace = Workspace.open(settings)
    with contextlib.ExitStack() as stack:
        stack.callback(workspace.close)
        application = app.create(workspace)
        setup.bootstrap(workspace)
        workspace.start()
        if extend is not None and (running := extend(workspace)) is not None:
            stack.callback(running.close)
        own = _listen_locally(settings.data / SOCKET_NAME)
        stack.callback((settings.data / SOCKET_NAME).unlink, missing_ok=True)
        token = setup.token(workspace)
        url = settings.public_url or f"http://{settings.host}:{address.getsockname()[1]}"
        Server(configuration(application), lambda: ready(url, token)).run([address, own])


def configuration(application: Any) -> uvicorn.Config:
    """How uvicorn serves it."""
    return uvicorn.Config(
        application,
        http="httptools",
        loop="uvloop",
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        timeout_keep_alive=65,
        timeout_graceful_shutdown=5,
        backlog=2048,
    )


def listen(host: str, port: int) -> socket.socket:
    """A bound socket, port 0 for any free one; Refused if it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        remedy = "Choose another with --port, or stop what listens there."
        raise Refused("port", port, f"can't be listened on ({error.strerror}).", remedy) from None
    listener.setblocking(False)
    return listener


def _listen_locally(path: Path) -> socket.socket:
    """A socket for this user's own commands; the folder's lock says that no other server can be using it."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    listener.setblocking(False)
    return listener
