"""One Resa, one foreign web site, one Chromium for all tests of the SDK; each test has its own visitor and its own rows."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from resa.app import create
from resa.collect.sources import Source, Sources
from resa.kernel import audit
from resa.kernel.workspace import Workspace
from resa.settings import Settings
from resa.web import SDK
from tests.chromium import FLAGS
from tests.serving import serving

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
HERE = Path(__file__).parent
RULES = "MAP shop.test 127.0.0.1, MAP resa.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
Row = dict[str, Any]

PATIENT = "timeout: 20000, flicker: 20000"
"""Options for machines that are busy: what is not about time waits as long as need be."""

WATCH = """<script nonce=n1>window.broken = []; addEventListener("securitypolicyviolation", (event) => {
  broken.push(event.violatedDirective + " " + event.blockedURI); document.documentElement.dataset.broken = broken.join() })</script>"""
"""Notes in the page whatever is against its policy."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests with a page need a Chromium, and a built SDK."""
    missing = (
        "no Chromium on this machine"
        if CHROMIUM is None
        else None
        if (SDK / "resa.js").exists()
        else "the SDK is not built (make env)"
    )
    for item in items:
        if HERE in item.path.parents and "site" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
            if missing:
                item.add_marker(pytest.mark.skip(reason=missing))


class Door:
    """Stands before the application: sheds what it is told to, answers decide for the server, and notes every request."""

    def __init__(self, inner: Any) -> None:
        """Pass everything on."""
        self.inner = inner
        self.reset()

    def reset(self) -> None:
        """As if nothing had been."""
        self.shed: list[tuple[int, dict[str, str]]] = []
        self.seen: list[tuple[str, str, bytes]] = []
        self.decide: Callable[[dict[str, Any]], dict[str, Any]] | None = None
        self.payload: dict[str, Any] | None = None
        self.slow = 0.0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer oneself, or pass on."""
        if scope["type"] != "http":
            await self.inner(scope, receive, send)
            return
        method, path = scope["method"], scope["path"]
        body = b""
        if method == "POST":
            more = True
            while more:
                message = await receive()
                body, more = body + message.get("body", b""), message.get("more_body", False)

            async def receive() -> Any:
                return {"type": "http.request", "body": body, "more_body": False}

        self.seen.append((method, path, body))
        if method == "POST" and path == "/v1/batch" and self.shed:
            await self._answer(scope, send, *self.shed.pop(0), b'{"code":"overloaded","message":"Later."}')
        elif method == "POST" and path == "/v1/decide" and self.decide is not None:
            answer = json.dumps(self.decide(json.loads(body))).encode()
            if self.slow:
                import anyio

                await anyio.sleep(self.slow)
            await self._answer(scope, send, 200, {}, answer)
        elif method == "GET" and path.startswith("/api/features/") and self.payload is not None:
            await self._answer(scope, send, 200, {}, json.dumps(self.payload).encode())
        else:
            await self.inner(scope, receive, send)

    async def _answer(self, scope: Any, send: Any, status: int, headers: dict[str, str], body: bytes) -> None:
        origin = dict(scope["headers"]).get(b"origin", b"*").decode()
        told = {
            "access-control-allow-origin": origin,
            "access-control-expose-headers": "Retry-After, ETag",
            "content-type": "application/json",
            **headers,
        }
        encoded = [(name.encode(), value.encode()) for name, value in told.items()]
        await send({"type": "http.response.start", "status": status, "headers": encoded})
        await send({"type": "http.response.body", "body": body})

    def posts(self, path: str = "/v1/batch") -> list[dict[str, Any]]:
        """The bodies sent to a path, in order."""
        return [json.loads(body) for method, where, body in list(self.seen) if (method, where) == ("POST", path)]


class Site:
    """Somebody's web site: pages by path, each with its own headers; and the Resa it sends to."""

    def __init__(self, resa: str, door: Door, workspace: Workspace, source: Source, browser: Browser) -> None:
        """Pages are added by the tests."""
        self.resa, self.door, self.workspace, self.source, self.browser = resa, door, workspace, source, browser
        self.pages: dict[str, tuple[str, dict[str, str]]] = {}
        self.first_row = workspace.tail.next_row
        self.contexts: list[BrowserContext] = []
        self.errors: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                html, headers = site.pages.get(self.path.partition("?")[0], ("", {}))
                self.send_response(200 if html else 404)
                kind = "text/javascript" if self.path.endswith(".js") else "text/html; charset=utf-8"
                for name, value in {"Content-Type": kind, **headers}.items():
                    self.send_header(name, value)
                body = html.encode()
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # as the base class names it
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://shop.test:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def add(self, path: str, body: str, *, options: str = "{}", head: str = "", **headers: str) -> None:
        """A page with the SDK as docs/sdk.md says; `options` in JavaScript."""
        snippet = SNIPPET.replace("HOST", self.resa).replace('"WRITE_KEY",{}', f'"{self.source.write_key}",{options}')
        if "content_security_policy" in headers:
            snippet = WATCH + snippet.replace("<script>", '<script nonce="n1">')
        html = f'<!doctype html><html lang="en"><head><title>Shop {path}</title>{head}{snippet}</head><body>{body}</body></html>'
        self.pages[path] = (html, {name.replace("_", "-"): value for name, value in headers.items()})

    def visitor(self, **options: Any) -> BrowserContext:
        """Somebody new."""
        context = self.browser.new_context(**options)
        context.set_default_timeout(20_000)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        self.contexts.append(context)
        return context

    def open(self, path: str = "/", context: BrowserContext | None = None, *, ready: bool = True) -> Page:
        """A visitor's page, once the SDK is there."""
        page = (context or self.visitor()).new_page()
        page.goto(f"{self.url}{path}")
        if ready:
            page.wait_for_function("window.resa && window.resa.started")
        return page

    def rows(self, count: int) -> list[Row]:
        """This test's rows in the log, once `count` are there."""
        until = time.monotonic() + 20
        while self.workspace.tail.next_row - self.first_row < count:
            assert time.monotonic() < until, f"{self.workspace.tail.next_row - self.first_row} of {count} events came"
            time.sleep(0.02)
        self.workspace.settle()
        found = self.workspace.body.query("SELECT * FROM log WHERE row >= ? ORDER BY row", [self.first_row])
        rows: list[Row] = found.to_pylist()
        return rows

    def named(self, name: str, among: int) -> list[dict[str, Any]]:
        """The properties of the events of one name, once there are `among` events in all."""
        return [json.loads(row["properties"]) for row in self.rows(among) if row["name"] == name]

    def door_events(self, count: int) -> list[dict[str, Any]]:
        """The events as they were sent, once there are `count`: also those the server would not believe."""
        until = time.monotonic() + 20
        while True:
            sent = {event["messageId"]: event for post in self.door.posts() for event in post["batch"]}
            if len(sent) >= count:
                return list(sent.values())
            assert time.monotonic() < until, f"{len(sent)} of {count} events were sent"
            self.contexts[-1].pages[-1].wait_for_timeout(20)

    def close(self) -> None:
        """End the site and its visitors."""
        for context in self.contexts:
            context.close()
        self._server.shutdown()
        self._server.server_close()


def snippet() -> str:
    """The loader as docs/sdk.md shows it: what people copy is what the tests run."""
    page = (HERE.parent.parent / "docs" / "sdk.md").read_text()
    return page.partition("```html\n")[2].partition("```")[0]


SNIPPET = snippet()


Resa = tuple[str, Door, Workspace, Source, Litestar]


@pytest.fixture(scope="package")
def resa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Resa]:
    """A real server with a browser source."""
    workspace = Workspace.open(Settings.of({}, data=tmp_path_factory.mktemp("sdk")))
    source = Sources(workspace.state, workspace.clock).create(audit.SYSTEM, "Web site", "browser")
    app = create(workspace)
    door = Door(app.asgi_handler)
    app.asgi_handler = door
    workspace.start()
    with serving(app, lifespan="on") as address:
        yield address.replace("127.0.0.1", "resa.test"), door, workspace, source, app


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser that can reach nothing but this machine."""
    with sync_playwright() as playwright:
        arguments = [*FLAGS, f"--host-resolver-rules={RULES}"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def site(resa: Resa, chromium: Browser) -> Iterator[Site]:
    """A web site with a visitor to come."""
    address, door, workspace, source, _ = resa
    door.reset()
    found = Site(address, door, workspace, source, chromium)
    yield found
    found.close()
    door.reset()
