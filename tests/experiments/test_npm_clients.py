"""Unmodified clients from npm against a running Resa: GrowthBook's in Node and in Chromium, OpenFeature's on a server."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import sync_playwright

from resa.experiments.definition import Context
from resa.experiments.engine import Asking
from resa.kernel import audit
from tests import npm
from tests.chromium import FLAGS
from tests.experiments.conftest import Programme
from tests.experiments.making import experiment, flag_of, save

CLIENTS: Final = Path(__file__).parent / "clients"
pytestmark = [pytest.mark.node, pytest.mark.full]


@pytest.fixture(scope="module")
def packages() -> Path:
    """The folder with the clients."""
    return npm.installed(CLIENTS)


def assigned(programme: Programme, device: str, key: str = "form") -> str:
    found = programme.delivery.programme.assign(key, Asking({"id": device}))
    assert found is not None
    return found.variation


def test_growthbook_and_openfeature_in_node(programme: Programme, served: str, packages: Path) -> None:
    """npm @growthbook/growthbook, @openfeature/server-sdk with @openfeature/ofrep-provider."""
    leaves = [
        Context(condition={"deviceType": "mobile"}, weights={"as-is": 0.2, "short": 0.8}),
        Context(condition={}, weights={"as-is": 0.7, "short": 0.3}),
    ]
    save(programme.workspace, "experiment", "leafy", experiment())
    save(programme.workspace, "flag", "leafy", flag_of("leafy", {"as-is": "as-is", "short": "short"}, public=True))
    programme.delivery.lifecycle.start("leafy", audit.SYSTEM)
    programme.delivery.lifecycle.reweigh("leafy", audit.SYSTEM, contexts=leaves)
    on_page = experiment(
        pages={"patterns": [{"pattern": "/encrypted"}], "changes": {"short": {"css": "b { color: red }"}}}
    )
    save(programme.workspace, "experiment", "looks", on_page)
    programme.delivery.lifecycle.start("looks", audit.SYSTEM)
    sealed = programme.encrypted("Encrypted in Node")
    keys = [programme.browser, sealed.write_key, str(sealed.payload_key)]
    command = [npm.node(), str(CLIENTS / "node.mjs"), str(packages), served, *keys]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    for device, each in found["growthbook"].items():
        assert each == {"value": assigned(programme, device), "told": [["form", each["value"]]]}
    for device, kind, *told in found["contexts"]:
        leaf, weights = (1, [0.2, 0.8]) if kind == "mobile" else (2, [0.7, 0.3])
        ours = programme.delivery.programme.assign("leafy", Asking({"id": device, "deviceType": kind}))
        assert ours is not None
        assert told == [ours.variation, leaf, weights, 2]
    mine = assigned(programme, "device-3")
    assert found["encrypted"] == [[mine, 1, ["looks"]], ["missing", None, []]]
    assert found["remote"] == {"discount": 2.5, "form": mine, "told": ["form", mine]}
    said = {key: (each["value"], each["reason"]) for key, each in found["openfeature"].items()}
    assert said == {
        "form": (mine, "SPLIT"),
        "discount": (2.5, "TARGETING_MATCH"),
        "plain": (True, "STATIC"),
        "gone": (True, "ERROR"),
    }
    assert found["openfeature"]["gone"]["errorCode"] == "FLAG_NOT_FOUND"


@contextmanager
def shop(packages: Path) -> Iterator[int]:
    """A shop's own web server with GrowthBook's script: another origin than Resa's."""
    script = packages / "node_modules/@growthbook/growthbook/dist/bundles/auto.min.js"

    class Handler(SimpleHTTPRequestHandler):
        def translate_path(self, path: str) -> str:
            return str(script if path.startswith("/auto.min.js") else CLIENTS / "page.html")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # as the base class names it
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.mark.browser
def test_growthbooks_script_runs_an_experiment_on_a_page(programme: Programme, served: str, packages: Path) -> None:
    """GrowthBook's auto.min.js in Chromium: changes without a line of code, and exposures that are believed."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on this machine")
    mutation = {"selector": "h1", "attribute": "html", "action": "set", "value": "Nearly yours"}
    pages = {
        "patterns": [{"pattern": "*/cart"}],
        "changes": {"short": {"css": "h1 { color: rgb(1, 2, 3) }", "mutations": [mutation]}},
    }
    save(programme.workspace, "experiment", "cart", experiment(pages=pages))
    programme.delivery.lifecycle.start("cart", audit.SYSTEM)
    rules = "MAP shop.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    seen: dict[str, str] = {}
    with shop(packages) as port, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=[*FLAGS, f"--host-resolver-rules={rules}"])
        for _ in range(12):
            if len(set(seen.values())) == 2:
                break
            page = browser.new_context().new_page()
            page.goto(f"http://shop.test:{port}/cart#key={programme.browser}&host={served}")
            page.wait_for_function("window._growthbook && window._growthbook.ready", timeout=30_000)
            device = page.evaluate("window._growthbook.getAttributes().id")
            if assigned(programme, device, "cart") == "short":
                page.wait_for_selector("text=Nearly yours", timeout=30_000)
                assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(1, 2, 3)"
                seen[device] = "short"
            else:
                page.wait_for_timeout(300)
                assert page.text_content("h1") == "Your cart"
                seen[device] = "as-is"
            page.close(run_before_unload=True)
        until = time.monotonic() + 20
        while len(found := programme.exposures(*seen)) < len(seen) and time.monotonic() < until:
            time.sleep(0.2)
        browser.close()
    assert set(seen.values()) == {"as-is", "short"}
    assert {each["device"]: (each["experiment"], each["variation"], each["via"]) for each in found} == {
        device: ("cart", variation, "growthbook") for device, variation in seen.items()
    }
