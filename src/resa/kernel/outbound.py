"""The way out: one HTTP request to one configured host. Resolved, checked, connected to that very address; no redirects.

What a name resolves to is looked at before anything is sent, and the connection goes to what was looked at, so a name
that answers differently the next moment (DNS rebinding) leads nowhere. Proxies of the environment are not asked.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from resa.kernel.errors import Refused, ResaError

MOST_BYTES: Final = 1_000_000
_CHUNK: Final = 16_384
_LOOPBACK: Final = ("localhost", "ip6-localhost")


class Unreachable(ResaError):
    """The other side did not answer as it should."""

    status = 502
    code = "unreachable"


class Answer(NamedTuple):
    """What the other side said."""

    status: int
    body: bytes


class Target(NamedTuple):
    """Where a request goes: `loopback` addresses only, or public ones only."""

    secure: bool
    host: str
    port: int
    path: str
    loopback: bool


def target(field: str, url: str) -> Target:
    """A URL as a target. Raises Refused unless it is https, or http to this very machine, and nothing else is in it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refused(field, url, "this is no URL.", "Write something like https://models.example.com/v1.") from None
    host = (parts.hostname or "").lower()
    if parts.scheme not in ("https", "http") or not host or parts.username is not None or parts.query or parts.fragment:
        rule = "an address is https, a host and a path, without a name, a password or a question."
        raise Refused(field, url, rule, "Write something like https://models.example.com/v1.")
    loopback = host in _LOOPBACK or _is_loopback(host)
    if parts.scheme == "http" and not loopback:
        raise Refused(field, url, "only this machine is spoken to without encryption.", "Use https.")
    secure = parts.scheme == "https"
    return Target(secure, host, port or (443 if secure else 80), parts.path, loopback)


def post(
    to: Target, path: str, body: bytes, headers: Mapping[str, str], *, seconds: float, private: bool = False
) -> Answer:
    """Send a body and wait for the answer, `seconds` in all. `private`: addresses of one's own network are allowed.

    Raises Unreachable: no such host, an address that is not allowed, too slow, too long.
    """
    deadline = time.monotonic() + seconds
    address = _address(to, private=private)
    connection = _Pinned(to, address, seconds)
    try:
        connection.request("POST", to.path.rstrip("/") + path, body, dict(headers))
        answer = connection.getresponse()
        return Answer(answer.status, _read(answer, connection, deadline))
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(
            f"{to.host} did not answer: {type(error).__name__}.", remedy="Is it up, and the address right?"
        ) from None
    finally:
        connection.close()


def _read(answer: http.client.HTTPResponse, connection: http.client.HTTPConnection, deadline: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if connection.sock is not None:
            connection.sock.settimeout(left)
        part = answer.read1(_CHUNK)
        if not part:
            return b"".join(parts)
        size += len(part)
        if size > MOST_BYTES:
            raise http.client.HTTPException
        parts.append(part)


def _address(to: Target, *, private: bool) -> str:
    """The first allowed address of the host."""
    try:
        found = socket.getaddrinfo(to.host, to.port, type=socket.SOCK_STREAM)
    except OSError:
        raise Unreachable(f"{to.host} is not known.", remedy="Check the name.") from None
    for *_, place in found:
        if allowed(str(place[0]), loopback=to.loopback, private=private):
            return str(place[0])
    remedy = "Use a host on the internet, or allow addresses of your own network in the settings."
    raise Unreachable(f"{to.host} leads to an address that is not allowed.", remedy=remedy)


def allowed(text: str, *, loopback: bool, private: bool) -> bool:
    """Whether an address may be connected to."""
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    address = mapped or address
    if loopback:
        return address.is_loopback
    if address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified:
        return False
    return address.is_global or (private and address.is_private and not address.is_reserved)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _Pinned(http.client.HTTPConnection):
    """A connection to an address that was looked at, under the name that was asked for."""

    def __init__(self, to: Target, address: str, seconds: float) -> None:
        super().__init__(to.host, to.port, timeout=seconds)
        self._to = to
        self._address = address

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self._to.port), self.timeout)
        if self._to.secure:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self._to.host)
