"""A server as the docs' reader has it: a process of its own, scripted by the environment, with its data beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Served:
    """A running server, and the environment of somebody who works with it."""

    url: str
    write_key: str
    api_key: str
    environment: dict[str, str]

    def fill(self, code: str) -> str:
        """What the reader does before running an example: the server's address, their own keys."""
        for said in ("http://localhost:8000", "http://127.0.0.1:8000"):
            code = code.replace(said, self.url)
        return code.replace("YOUR_WRITE_KEY", self.write_key).replace("YOUR_API_KEY", self.api_key)


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    """One server for all pages. Its folder has a short name, as a socket inside it needs."""
    with TemporaryDirectory(prefix="resa-") as data:
        write_key, api_key = "wk_" + "d" * 24, "resa_" + "d" * 43
        environment = {name: value for name, value in os.environ.items() if not name.startswith("RESA_")}
        environment |= {
            "PATH": f"{BIN}{os.pathsep}{environment['PATH']}",
            "RESA_DATA": data,
            "RESA_OWNER_EMAIL": "owner@example.com",
            "RESA_OWNER_PASSWORD": "a quiet blue harbour",
            "RESA_WRITE_KEY": write_key,
            "RESA_API_KEY": api_key,
        }
        server = subprocess.Popen(
            [BIN / "resa", "serve", "--port", "0"], env=environment, stdout=subprocess.PIPE, text=True
        )
        assert server.stdout is not None
        ready = server.stdout.readline()
        if "http" not in ready:
            server.kill()
            raise RuntimeError(f"the server did not come up; it said {ready!r}")
        url = "http" + ready.partition("http")[2].strip().removesuffix("/app/")
        yield Served(url, write_key, api_key, environment)
        server.terminate()
        server.wait(timeout=30)
