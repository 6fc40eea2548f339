"""A server for the ingest bench in one of four shapes: one that writes nothing, one that only acknowledges, the whole, and a slow one."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from resa import app
from resa.kernel.events import Draft
from resa.kernel.tail import Committer, Receipt
from resa.kernel.workspace import Workspace
from resa.server import Server, configuration, listen
from resa.settings import Settings

KEY = "bench-write-key"


async def _nothing(drafts: Sequence[Draft], alongside: Any = None) -> Receipt:
    return Receipt(list(range(len(drafts))))


def _slow(committer: Committer, rate: float) -> None:
    """Let each commit take as long as `rate` events/s asks for, with a small waiting room before it."""
    commit = committer._commit

    def slowly(batch: Any) -> None:
        time.sleep(sum(len(submission.drafts) for submission in batch) / rate)
        commit(batch)

    committer._commit = slowly  # type: ignore[method-assign]
    committer._most_waiting = 500


def main(shape: str, data: Path) -> None:
    """Serve until terminated; prints the port."""
    workspace = Workspace.open(Settings(data=data, write_key=KEY))
    application = app.create(workspace)
    if shape == "nothing":
        workspace.committer.submit = _nothing  # type: ignore[method-assign]  # the one thing this shape leaves out
    elif shape == "acknowledge":
        workspace.committer.start()
        workspace.tail._keep = 0  # nobody reads along
    else:
        workspace.start()
    if shape.startswith("slow:"):
        _slow(workspace.committer, float(shape.removeprefix("slow:")))
    address = listen("127.0.0.1", 0)
    port = address.getsockname()[1]
    Server(configuration(application), lambda: print(port, flush=True)).run([address])


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
