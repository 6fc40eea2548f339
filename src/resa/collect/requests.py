"""What the doors read of an HTTP request: the headers they care for, the body up to a bound, the write key."""

from __future__ import annotations

import asyncio
import binascii
import zlib
from base64 import b64decode
from typing import Any, Final
from urllib.parse import parse_qs

import msgspec

from resa.collect.limits import LOCAL
from resa.collect.wire import MOST_BODY, Unreadable
from resa.kernel.errors import ResaError

Scope = Any
Receive = Any
Send = Any

GZIP: Final = b"\x1f\x8b"
PATIENCE: Final = 20.0
"""Seconds a client may take to send its body."""

_HEADERS: Final = {
    b"authorization": "authorization",
    b"origin": "origin",
    b"content-length": "content_length",
    b"x-write-key": "write_key",
    b"user-agent": "user_agent",
    b"sentat": "sent_at",
    b"host": "host",
    b"x-forwarded-for": "forwarded_for",
    b"access-control-request-headers": "asked_headers",
}


class Headers(msgspec.Struct):
    """The headers the doors look at; ignored: Content-Type (SDKs lie), Content-Encoding (the body tells), cookies."""

    authorization: bytes | None = None
    origin: bytes | None = None
    content_length: bytes | None = None
    write_key: bytes | None = None
    user_agent: bytes | None = None
    sent_at: bytes | None = None
    host: bytes | None = None
    forwarded_for: bytes | None = None
    asked_headers: bytes | None = None


class TooLarge(ResaError):
    """The body is larger than a door takes."""

    status = 413
    code = "too_large"


class Slow(ResaError):
    """The body did not come in time."""

    status = 408
    code = "timeout"


def headers(scope: Scope) -> Headers:
    """The headers of a request."""
    found = Headers()
    for name, value in scope["headers"]:
        field = _HEADERS.get(name)
        if field is not None:
            setattr(found, field, value)
    return found


def path(scope: Scope) -> str:
    """The whole path, also where a mount has cut its prefix off."""
    raw: bytes | None = scope.get("raw_path")
    return raw.partition(b"?")[0].decode("latin-1") if raw else scope.get("root_path", "") + scope["path"]


def address(scope: Scope, found: Headers) -> str:
    """The client's address; a proxy on this very machine is believed when it names whom it speaks for."""
    peer: str = scope["client"][0] if scope.get("client") else ""
    if found.forwarded_for is not None and peer in LOCAL:
        return found.forwarded_for.rpartition(b",")[2].strip().decode("latin-1")[:64]
    return peer


def declared_size(found: Headers) -> int:
    """The size the client announces (as large as may be, if it does not); refuses one that no door takes, unread."""
    if found.content_length is None or not found.content_length.isdigit():
        return MOST_BODY
    size = int(found.content_length[:12])
    if size > MOST_BODY:
        raise _too_large()
    return size


async def body(receive: Receive) -> bytes:
    """The body, unpacked if it is gzip. Reading stops at the bound."""
    message = await receive()
    data: bytes = message.get("body", b"")
    if message.get("more_body"):
        try:
            async with asyncio.timeout(PATIENCE):
                data = await _rest(data, receive)
        except TimeoutError:
            raise Slow(f"The body took longer than {PATIENCE:g} seconds.") from None
    elif message["type"] == "http.disconnect":
        raise Slow("The client went away.")
    if len(data) > MOST_BODY:
        raise _too_large()
    return unpack(data) if data[:2] == GZIP else data


async def _rest(first: bytes, receive: Receive) -> bytes:
    parts, size, more = [first], len(first), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Slow("The client went away.")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MOST_BODY:
            raise _too_large()
        more = message.get("more_body", False)
    return b"".join(parts)


def unpack(data: bytes) -> bytes:
    """Unpacked gzip, at most as large as a body may be, however small it came."""
    parts: list[bytes] = []
    room = MOST_BODY
    try:
        while data[:2] == GZIP:
            stream = zlib.decompressobj(wbits=31)
            parts.append(stream.decompress(data, room + 1))
            room -= len(parts[-1])
            if room < 0:
                raise _too_large()
            if not stream.eof:
                raise Unreadable("The gzip body ends too early.")
            data = stream.unused_data
    except zlib.error as error:
        raise Unreadable(f"The body begins like gzip and is none: {error}.") from None
    return b"".join(parts)


def write_key(scope: Scope, found: Headers) -> str | None:
    """The write key of the header or the address, if one is there; else it may be in the body."""
    if found.authorization is not None and (key := authorization_key(found.authorization)):
        return key
    if found.write_key:
        return found.write_key.decode("latin-1").strip() or None
    query = scope.get("query_string", b"")
    if b"riteKey=" in query:
        named = parse_qs(query.decode("latin-1")[:2048], max_num_fields=50) if query.count(b"&") < 50 else {}
        return next((named[name][0] for name in ("writeKey", "WriteKey") if name in named), None)
    return None


def authorization_key(header: bytes) -> str | None:
    """The user name of Basic authorization, or the token of Bearer."""
    scheme, _, value = header.partition(b" ")
    if scheme.lower() == b"bearer":
        return value.strip().decode("latin-1") or None
    if scheme.lower() != b"basic":
        return None
    try:
        return b64decode(value.strip()).partition(b":")[0].decode() or None
    except (binascii.Error, ValueError):
        return None


def _too_large() -> TooLarge:
    return TooLarge(f"A body has at most {MOST_BODY} bytes, unpacked. Send fewer events at once.")
