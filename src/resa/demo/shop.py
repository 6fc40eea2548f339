"""The demonstration shop's server: an origin of its own, so that its page can never act as the console.

It answers files only, sets no cookie, reads none; its page takes the SDK from Resa and may speak to
nobody but the doors. It keeps its opener: the console opens it to edit it (docs/sdk.md).
"""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Awaitable, Callable, Mapping
from importlib import resources
from typing import Any, Final

import uvicorn

from resa.access.setup import LOOPBACK

_TYPES: Final = {
    "css": "text/css",
    "js": "text/javascript",
    "svg": "image/svg+xml",
    "json": "application/json",
    "html": "text/html",
}
_FILES: Final = ("shop.css", "shop.js", "art.js", "analytics.js", "favicon.svg")
_HOST: Final = re.compile(r"[A-Za-z0-9.-]{1,253}|\[[0-9a-fA-F:]{2,39}\]")

Send = Callable[[Mapping[str, Any]], Awaitable[None]]


class Shop:
    """The shop as an ASGI application. `port` is that of Resa, known once it listens."""

    def __init__(self, catalogue: bytes, write_key: str, *, host: str, public_url: str | None) -> None:
        """Read the files once."""
        folder = resources.files(__package__) / "shop"
        self._files = {name: (folder / name).read_bytes() for name in _FILES} | {"catalogue.json": catalogue}
        self._page = (folder / "index.html").read_text("utf-8").replace("{{write_key}}", html.escape(write_key))
        self._local = host in LOOPBACK
        self._public_url = public_url
        self.port = 8000

    async def __call__(self, scope: Any, _receive: object, send: Send) -> None:
        """Answer GET with a file, or the page for any other path: it draws itself by its address."""
        if scope["type"] != "http":
            return
        if scope["method"] not in ("GET", "HEAD"):
            await self._answer(send, 405, "text/plain", b"Only GET.", "")
            return
        name = scope["path"].lstrip("/")
        resa = self._resa(scope)
        if name in self._files:
            body, kind = self._files[name], _TYPES[name.rsplit(".", 1)[-1]]
        else:
            page = self._page.replace("{{collect}}", resa).replace("{{console}}", f"{resa}/app/")
            body, kind = page.encode(), "text/html"
        await self._answer(send, 200, kind, body, resa)

    def _resa(self, scope: Any) -> str:
        """Resa's address as the visitor's browser reaches it: by the name it knows this machine by."""
        if self._public_url:
            return self._public_url.rstrip("/")
        told = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        match = _HOST.match(told)
        return f"http://{'127.0.0.1' if self._local or match is None else match[0]}:{self.port}"

    async def _answer(self, send: Send, status: int, kind: str, body: bytes, resa: str) -> None:
        policy = (
            f"default-src 'none'; script-src 'self' {resa}/sdk/; style-src 'self'; img-src 'self'; "
            f"connect-src 'self' {resa}/v1/ {resa}/api/features/; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
            "sandbox allow-scripts allow-forms allow-same-origin allow-popups allow-popups-to-escape-sandbox"
        )
        headers = {
            "content-type": f"{kind}; charset=utf-8",
            "content-length": str(len(body)),
            "content-security-policy": policy,
            "x-content-type-options": "nosniff",
            "referrer-policy": "strict-origin-when-cross-origin",
            "cache-control": "no-cache",
        }
        encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": encoded})
        await send({"type": "http.response.body", "body": body})


class ShopServer:
    """Serves the shop from a thread of its own."""

    def __init__(self, shop: Shop, host: str, port: int) -> None:
        """Listen; port 0 takes any free one."""
        config = uvicorn.Config(
            shop,
            host=host,
            port=port,
            http="httptools",
            ws="none",
            lifespan="off",
            log_level="error",
            access_log=False,
            server_header=False,
        )
        self.shop = shop
        self._server = uvicorn.Server(config)
        self._socket = config.bind_socket()
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="resa-shop", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """Stop answering."""
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._socket.close()
