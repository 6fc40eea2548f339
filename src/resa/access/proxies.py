"""Who is on the other side, seen through a reverse proxy on this machine: nobody else is believed about it."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

LOOPBACK: Final = ("127.0.0.1", "::1")
_FORWARDING: Final = (b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"forwarded", b"via")


def address(scope: Any) -> str:
    """The caller's address: the one next to us, or the one that a proxy on this machine says it speaks for."""
    peer = _peer(scope)
    forwarded = _header(scope, b"x-forwarded-for") if peer in LOOPBACK else b""
    return forwarded.rpartition(b",")[2].strip().decode("latin-1")[:64] or peer


def https(scope: Any, public_url: str | None) -> bool:
    """Whether the browser speaks https: to us, to a proxy on this machine, or to the one that `public_url` names."""
    if scope["scheme"] == "https":
        return True
    if _peer(scope) in LOOPBACK and _header(scope, b"x-forwarded-proto") == b"https":
        return True
    public = urlsplit(public_url or "")
    return public.scheme == "https" and _header(scope, b"host") == public.netloc.encode()


def forwarded(scope: Any) -> bool:
    """Whether a proxy passed the request on, so that what is next to us says nothing about who asks."""
    return any(name in _FORWARDING for name, _ in scope["headers"])


def _peer(scope: Any) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def _header(scope: Any, wanted: bytes) -> bytes:
    value: bytes
    for name, value in scope["headers"]:
        if name == wanted:
            return value
    return b""
