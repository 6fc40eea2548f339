"""Ctrl-C is how people stop a server: no failure, and nothing to worry about on the screen."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path


def test_a_server_stopped_by_hand_ends_quietly_and_as_a_success(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RESA_")}
    command = [sys.executable, "-u", "-c", "from resa.cli import main; main()", "serve", "--port", "0"]
    with subprocess.Popen(
        [*command, "--data", str(tmp_path / "data")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as server:
        assert server.stdout is not None
        assert "Resa is ready" in server.stdout.readline()
        server.send_signal(signal.SIGINT)
        rest, complaints = server.communicate(timeout=60)
    assert (server.returncode, complaints) == (0, "")
    assert "Aborted" not in rest
