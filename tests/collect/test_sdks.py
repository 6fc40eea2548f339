"""Real SDKs, unmodified, by their public host option alone: every call lands once, also when the server is busy first."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from playwright.sync_api import Page, sync_playwright

from resa.collect.sources import Source, Sources
from resa.kernel import audit
from resa.kernel.workspace import Workspace
from tests import npm
from tests.chromium import FLAGS
from tests.serving import serving

SDKS = Path(__file__).parent.parent / "sdks"
ORDER = {"order_id": "o-1", "revenue": 12.5, "currency": "EUR"}
ALL_TYPES = {"identify": 1, "track": 2, "page": 1, "screen": 1, "group": 1, "alias": 1}


class Busy:
    """An application that sheds its first POSTs the way a full server does, and notes every request."""

    def __init__(self, inner: Any, times: int) -> None:
        """Answer 503 with Retry-After to the first `times` POSTs."""
        self.inner, self.times = inner, times
        self.seen: list[tuple[str, str, dict[str, str]]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Shed or pass on."""
        if scope["type"] == "http":
            headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
            self.seen.append((scope["method"], scope["path"], headers))
            if scope["method"] == "POST" and self.times > 0:
                self.times -= 1
                await self._shed(headers, send)
                return
        await self.inner(scope, receive, send)

    async def _shed(self, headers: dict[str, str], send: Any) -> None:
        origin = headers.get("origin", "*").encode()
        allowed = [(b"access-control-allow-origin", origin), (b"access-control-allow-credentials", b"true")]
        more = [(b"retry-after", b"1"), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 503, "headers": [*allowed, *more]})
        await send({"type": "http.response.body", "body": b'{"code":"overloaded","message":"Later."}'})

    def asked(self, method: str, path: str) -> list[dict[str, str]]:
        """The headers of every request for a path."""
        return [headers for way, where, headers in self.seen if (way, where) == (method, path)]


class Running:
    """A server that takes events, and what it has taken."""

    def __init__(self, url: str, workspace: Workspace, busy: Busy) -> None:
        """The address and what stands behind it."""
        self.url, self.workspace, self.busy = url, workspace, busy

    def rows(self, events: int) -> list[dict[str, Any]]:
        """Everything in the log, once at least `events` are there."""
        until = time.monotonic() + 60
        while self.workspace.tail.next_row < events:
            assert time.monotonic() < until, f"{self.workspace.tail.next_row} of {events} events came"
            time.sleep(0.02)
        self.workspace.settle()
        found: list[dict[str, Any]] = self.workspace.body.query("SELECT * FROM log ORDER BY row").to_pylist()
        return found


@pytest.fixture
def source(workspace: Workspace) -> Callable[[str], Source]:
    """Makes a source of a kind."""
    workspace.state.create_missing()
    sources = Sources(workspace.state, workspace.clock)
    return lambda kind: sources.create(audit.SYSTEM, f"{kind} side", kind)


@pytest.fixture
def backend(source: Callable[[str], Source]) -> Source:
    """A server source."""
    return source("server")


@pytest.fixture
def website(source: Callable[[str], Source]) -> Source:
    """A browser source."""
    return source("browser")


@pytest.fixture
def running(backend: Source, website: Source, app: Litestar, workspace: Workspace) -> Iterator[Running]:
    """A real server that is busy for the first two POSTs."""
    busy = Busy(app.asgi_handler, times=2)
    app.asgi_handler = busy
    workspace.start()
    with serving(app, lifespan="on") as url:
        yield Running(url, workspace, busy)


def once_each(rows: list[dict[str, Any]], types: dict[str, int]) -> dict[str, dict[str, Any]]:
    """The rows by message id, after looking that each call landed exactly once."""
    assert Counter(row["type"] for row in rows) == types
    by_id = {row["message_id"]: row for row in rows}
    assert len(by_id) == len(rows)
    return by_id


def call_everything(client: Any, user: str) -> None:
    """Each call of a Segment-like SDK for Python, one of them twice with the same message id."""
    client.identify(user, {"plan": "gold"}, anonymous_id="py-device", message_id="p-identify")
    for _ in range(2):
        client.track(user, "Order Completed", ORDER, message_id="p-order")
    client.page(user, "Shop", "Shoes", {"url": "https://shop.test/shoes"}, message_id="p-page")
    client.screen(user, "Shop", "Cart", message_id="p-screen")
    client.group(user, "g-1", {"size": 9}, message_id="p-group")
    client.alias("py-before", user, message_id="p-alias")
    client.track(user, "Odd Numbers", {"not a number": float("nan")}, message_id="p-nan")
    client.flush()


def looks_right(by_id: dict[str, dict[str, Any]], user: str) -> None:
    """What the calls above must have become."""
    order = by_id["p-order"]
    assert (order["user_id"], str(order["revenue"]), order["currency"], order["order_id"]) == (
        user,
        "12.5000",
        "EUR",
        "o-1",
    )
    assert (order["channel"], order["verified"]) == ("server", True)
    assert abs(order["time"] - order["received_at"]) < 30_000
    assert json.loads(by_id["p-identify"]["properties"]) == {"plan": "gold"}
    assert json.loads(by_id["p-nan"]["properties"]) == {"not a number": None}
    assert by_id["p-page"]["page_path"] == "/shoes"
    assert by_id["p-group"]["group_id"] == "g-1"


def one_customer(running: Running, *keys: str) -> None:
    """The identifiers belong to one profile."""
    with running.workspace.state.read() as tx:
        numbers = running.workspace.identities.find(tx, keys)
    assert numbers.keys() == set(keys)
    assert len({running.workspace.identities.profile(number) for number in numbers.values()}) == 1


@pytest.mark.parametrize("packed", [False, True])
def test_segment_analytics_python(packed: bool, running: Running, backend: Source) -> None:
    """PyPI segment-analytics-python: `host`, with and without gzip."""
    from segment.analytics.client import Client

    errors: list[Any] = []
    client = Client(backend.write_key, host=running.url, gzip=packed, on_error=lambda *error: errors.append(error))
    call_everything(client, "py-user")
    client.join()
    assert errors == []
    looks_right(once_each(running.rows(7), ALL_TYPES), "py-user")
    one_customer(running, "user:py-user", "anon:py-device", "anon:py-before")
    posts = running.busy.asked("POST", "/v1/batch")
    assert len(posts) >= 3
    assert {post.get("content-encoding") for post in posts} == ({"gzip"} if packed else {None})


def test_rudder_sdk_python(running: Running, backend: Source) -> None:
    """PyPI rudder-sdk-python: `host`; gzip always, the key only in the header, anything but 200 is sent again."""
    from rudderstack.analytics.client import Client

    errors: list[Any] = []
    client = Client(backend.write_key, host=running.url, on_error=lambda *error: errors.append(error))
    call_everything(client, "py-user")
    client.join()
    assert errors == []
    looks_right(once_each(running.rows(7), ALL_TYPES), "py-user")
    assert len(running.busy.asked("POST", "/v1/batch")) == 3


@pytest.mark.full
def test_a_burst_that_is_more_than_can_be_taken_arrives_whole(
    running: Running, backend: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six SDKs at once against a committer with room for one batch: they are told to wait, and nothing is lost or doubled."""
    from rudderstack.analytics.client import Client as Rudder
    from segment.analytics.client import Client as Segment

    monkeypatch.setattr(running.workspace.committer, "_most_waiting", 100)
    monkeypatch.setattr("resa.collect.segment._PATIENCE", (0.01,))
    errors: list[Any] = []
    clients = [
        maker(backend.write_key, host=running.url, on_error=lambda *e: errors.append(e))
        for maker in (Segment, Rudder) * 3
    ]
    for n in range(1000):
        for number, client in enumerate(clients):
            client.track(f"u-{n % 50}", "Burst", {"n": n}, message_id=f"{number}-{n}")
    for client in clients:
        client.flush()
        client.join()
    assert errors == []
    ids = [row["message_id"] for row in running.rows(6000)]
    assert len(ids) == len(set(ids)) == 6000
    assert len(running.busy.asked("POST", "/v1/batch")) > 62, "nobody was told to wait"


@pytest.fixture(scope="session")
def packages() -> Path:
    """The folder with the JavaScript SDKs, installed once per lock file."""
    return npm.installed(SDKS)


@pytest.mark.node
def test_segment_analytics_node(running: Running, backend: Source, packages: Path) -> None:
    """npm @segment/analytics-node: `host`."""
    command = [
        npm.node(),
        str(SDKS / "node.mjs"),
        str(packages),
        running.url,
        backend.write_key,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    by_id = once_each(running.rows(7), ALL_TYPES)
    assert str(by_id["n-order"]["revenue"]) == "12.5000"
    (late,) = [row for row in by_id.values() if row["name"] == "Späte Bestellung"]
    assert abs(late["time"] - 1580608922000) < 30_000
    one_customer(running, "user:node-user", "anon:node-device", "anon:node-before")
    assert any("x-retry-count" in headers for headers in running.busy.asked("POST", "/v1/batch"))


@contextmanager
def shop(packages: Path) -> Iterator[int]:
    """A shop's own web server with the SDK's bundle: another origin than Resa's."""
    umd = packages / "node_modules" / "@segment" / "analytics-next" / "dist" / "umd"

    class Handler(SimpleHTTPRequestHandler):
        def translate_path(self, path: str) -> str:
            name = path.partition("?")[0].rpartition("/")[2]
            return str(umd / name if "/umd/" in path else SDKS / "page.html")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # as the base class names it
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@contextmanager
def visiting(running: Running, packages: Path, key: str, mode: str = "") -> Iterator[Page]:
    """A visitor's browser on the shop's page; no host but the shop's and Resa's resolves."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on this machine")
    rules = "MAP shop.test 127.0.0.1, MAP resa.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    arguments = [*FLAGS, f"--host-resolver-rules={rules}"]
    port = running.url.rpartition(":")[2]
    with shop(packages) as shop_port, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        page = browser.new_context().new_page()
        query = "?utm_source=search&utm_medium=cpc&utm_campaign=autumn"
        page.goto(f"http://shop.test:{shop_port}/{query}#key={key}&host=http://resa.test:{port}&batching={mode}")
        yield page
        browser.close()


@pytest.mark.node
@pytest.mark.browser
@pytest.mark.parametrize("mode", ["", "batching"])
def test_segment_analytics_next_in_a_browser(mode: str, running: Running, website: Source, packages: Path) -> None:
    """npm @segment/analytics-next in Chromium: `cdnURL` alone; real preflights, and 503 first."""
    with visiting(running, packages, website.write_key, mode) as page:
        page.wait_for_function("window.loaded", timeout=60_000)
        page.evaluate("analytics.page('Shoes')")
        page.evaluate("analytics.track('Product Viewed', {sku: 'A-1'})")
        page.evaluate("analytics.track('Order Completed', {order_id: 'o-9', total: 40, currency: 'SEK'})")
        page.evaluate("analytics.identify('shopper', {plan: 'gold'})")
        page.evaluate("analytics.group('g-1')")
        rows = running.rows(5)
        time.sleep(0.5)  # whatever a retry might send twice has time to come
        rows = running.rows(5)
    once_each(rows, {"page": 1, "track": 2, "identify": 1, "group": 1})
    seen = next(row for row in rows if row["type"] == "page")
    assert (seen["campaign_source"], seen["campaign_medium"], seen["referrer_kind"]) == ("search", "cpc", "ad")
    assert (seen["page_title"], seen["page_path"], seen["channel"], seen["device"]) == ("Shoes", "/", "web", "desktop")
    assert (seen["ip"], seen["verified"], seen["bot"]) == ("127.0.0.0", False, False)
    order = next(row for row in rows if row["name"] == "Order Completed")
    assert str(order["revenue"]) == "40.0000"
    one_customer(running, "user:shopper", f"anon:{seen['anonymous_id']}")
    path = "/v1/b" if mode else "/v1/t"
    assert running.busy.asked("OPTIONS", path)
    assert {headers["content-type"] for headers in running.busy.asked("POST", path)} == {"text/plain"}


@pytest.mark.node
@pytest.mark.browser
def test_a_wrong_write_key_stops_a_browser_sdk_before_it_sends(running: Running, packages: Path) -> None:
    """The settings document answers 404; the SDK rejects and nothing is sent."""
    with visiting(running, packages, "nobody") as page:
        page.evaluate("void analytics.track('Lost').catch(() => {})")
        assert page.evaluate("analytics.then(() => 'loaded', () => 'rejected')") == "rejected"
    assert running.busy.asked("POST", "/v1/t") == []
