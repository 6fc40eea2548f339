"""The server of the decide bench: the whole application on a seeded directory, with an API key."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.ingest_server import KEY
from resa import app
from resa.access import setup
from resa.kernel import memory
from resa.kernel.workspace import Workspace
from resa.server import Server, configuration, listen
from resa.settings import Settings


def main(data: Path, api_key: str) -> None:
    """Serve until terminated; prints the port."""
    memory.without_pandas()
    workspace = Workspace.open(Settings(data=data, write_key=KEY, api_key=api_key))
    application = app.create(workspace)
    setup.bootstrap(workspace)
    workspace.start()
    address = listen("127.0.0.1", 0)
    port = address.getsockname()[1]
    Server(configuration(application), lambda: print(port, flush=True)).run([address])


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
