"""A server for the ingest bench in one of three shapes: one that writes nothing, one that only acknowledges, the whole."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from resa import app
from resa.kernel.events import Draft
from resa.kernel.tail import Receipt
from resa.kernel.workspace import Workspace
from resa.server import Server, configuration, listen
from resa.settings import Settings

KEY = "bench-write-key"


async def _nothing(drafts: Sequence[Draft], alongside: Any = None) -> Receipt:
    return Receipt(list(range(len(drafts))))


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
    address = listen("127.0.0.1", 0)
    port = address.getsockname()[1]
    Server(configuration(application), lambda: print(port, flush=True)).run([address])


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
