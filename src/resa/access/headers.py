"""Security headers on every answer, whoever gives it; a handler that sets one of them itself is left its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from litestar.types import Message, Scope

from resa.access import proxies

_EVERYWHERE: Final = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"x-frame-options": b"DENY",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
}

_API: Final = {**_EVERYWHERE, b"cache-control": b"no-store"}

_CONSOLE: Final = {
    **_EVERYWHERE,
    # The visual editor runs in a window that the console opens on the customer's site, and answers to it (docs/sdk.md).
    b"cross-origin-opener-policy": b"same-origin-allow-popups",
    b"content-security-policy": (
        b"default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        b"font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
        b"frame-ancestors 'none'"
    ),
}

# Doors are called from customers' own pages, so other origins may read them; the doors say themselves to whom (CORS).
_DOORS: Final = ("/v1/", "/ofrep/", "/sdk/")
_DOOR: Final = ((b"x-content-type-options", b"nosniff"), (b"cross-origin-resource-policy", b"cross-origin"))

_HSTS: Final = (b"strict-transport-security", b"max-age=31536000")


class SecurityHeaders:
    """A `before_send` hook of the application: it also sees what the router itself answers (404, 405)."""

    def __init__(self, public_url: str | None) -> None:
        """`public_url` tells whether a proxy before us speaks https."""
        self._public_url = public_url

    async def __call__(self, message: Message, scope: Scope) -> None:
        """Add what is missing to the start of an answer."""
        if message["type"] != "http.response.start":
            return
        given, path = message.get("headers") or (), scope["path"]
        if path.startswith(_DOORS):
            message["headers"] = [*given, *_DOOR]
            return
        names = {name.lower() for name, _ in given}
        missing = [header for header in _room(path).items() if header[0] not in names]
        if proxies.https(scope, self._public_url):
            missing.append(_HSTS)
        message["headers"] = [*given, *missing]


def _room(path: str) -> Mapping[bytes, bytes]:
    path += "/"
    if path.startswith("/api/"):
        return _API
    return _CONSOLE if path.startswith("/app/") else _EVERYWHERE
