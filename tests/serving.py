"""The application on a real server with the configuration of `resa serve`, in a thread of the test's process."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import uvicorn
from litestar import Litestar

from resa.server import configuration


@contextmanager
def serving(app: Litestar, *, lifespan: Literal["on", "off"]) -> Iterator[str]:
    """The address while it runs. With `lifespan="on"` the application closes its workspace at the end."""
    config = configuration(app)
    config.port, config.lifespan = 0, lifespan
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=30)
