"""Starting on an existing directory, and resting: seconds until it answers, megabytes it keeps, with a million profiles."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from resa.kernel.events import Draft
from resa.kernel.workspace import Workspace
from resa.settings import Settings

PROFILES = 1_000_000
REST = 20.0


def fill(data: Path, profiles: int) -> None:
    """One event of each of `profiles` customers, every hundredth with traits."""
    workspace = Workspace.open(Settings(data=data)).start()
    now = workspace.clock()
    for start in range(0, profiles, 10_000):
        workspace.committer.submit_sync([_event(number, now) for number in range(start, min(profiles, start + 10_000))])
    workspace.settle(600)
    workspace.close()


def _event(number: int, now: int) -> Draft:
    named = number % 100 == 0
    return Draft(
        message_id=f"m-{number}",
        type="identify" if named else "track",
        name="" if named else f"Event {number % 40}",
        time=now - number * 100,
        received_at=now,
        anonymous_id=f"visitor-{number}",
        channel="web",
        source="bench",
        properties=f'{{"name":"Customer {number}","email":"c{number}@shop.test"}}' if named else '{"price":12.5}',
    )


def main(profiles: int = PROFILES) -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        began = time.perf_counter()
        fill(data, profiles)
        print(f"filled with {profiles:,} profiles in {time.perf_counter() - began:.0f} s")
        for attempt in ("first start after that", "second start"):
            command = [
                sys.executable,
                "-c",
                "from resa.cli import main; main()",
                "serve",
                "--data",
                str(data),
                "--port",
                "0",
            ]
            environment = os.environ | {"PYTHONUNBUFFERED": "1"}
            environment.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed has its bytecode
            began = time.perf_counter()
            child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
            assert child.stdout is not None
            line = child.stdout.readline()
            ready = time.perf_counter() - began
            time.sleep(REST)
            memory = psutil.Process(child.pid).memory_info().rss / 2**20
            child.terminate()
            child.wait(timeout=60)
            print(
                f"{attempt:24} ready after {ready:.2f} s, {memory:,.0f} MB after {REST:.0f} s of rest ({line.strip()[:30]})"
            )


if __name__ == "__main__":
    main()
