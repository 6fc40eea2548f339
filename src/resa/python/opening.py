"""Open a workspace from Python."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import httpx

from resa.kernel.errors import Refused
from resa.python import speaking
from resa.python.workspace import Workspace
from resa.settings import Settings

_LOOK_SECONDS: Final = 0.2


def open(data: str | Path | None = None, *, create: bool = False) -> Workspace:  # noqa: A001  # read as `resa.open`
    """The workspace of a data directory (default: `RESA_DATA`, else `./resa-data`).

    Nobody has it open: this process takes it until `close()` or the end of a `with` block. A server has it: that one
    is asked over its socket. Both speak the same API and give the same numbers. `create`: make the directory if missing.
    """
    settings = Settings.of(data=None if data is None else Path(data))
    if not create and not (settings.data / "lock").exists():
        raise Refused(
            "data",
            settings.data,
            "there is no workspace in this directory.",
            "Check the path, or make a new one: resa.open(path, create=True).",
        )
    with ExitStack() as stack:
        speak = stack.enter_context(speaking.speaking(settings, started=True))
        return Workspace(speak, _closed_at_the_latest_when_the_program_ends(stack.pop_all()))


def _closed_at_the_latest_when_the_program_ends(stack: ExitStack) -> Callable[[], None]:
    """A program that forgets to close ends all the same: a thread waits for its main one and closes then.

    `atexit` would come too late: by then Python has waited for threads that only closing ends.
    """
    closed = threading.Event()

    def watch() -> None:
        while not closed.wait(_LOOK_SECONDS):
            if not threading.main_thread().is_alive():
                close()

    def close() -> None:
        closed.set()
        stack.close()

    threading.Thread(target=watch, name="resa-python-end").start()
    return close


def connect(url: str, key: str) -> Workspace:
    """The workspace of a server elsewhere, by an API key (Settings, Keys)."""
    client = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=speaking.PATIENCE)
    return Workspace(lambda method, path, body=None: client.request(method, path, json=body), client.close)
