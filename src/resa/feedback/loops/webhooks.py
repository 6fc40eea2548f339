"""A webhook sent: signed as Standard Webhooks says, to an address that was looked at, never further than that.

Signature: HMAC-SHA256 over `id.timestamp.body`, in the headers `webhook-id`, `webhook-timestamp`, `webhook-signature`
(standardwebhooks.com, version 1). The host is resolved once, its addresses are judged, and the connection goes to the
address that was judged: a name that changes its mind in between (DNS rebinding) gains nothing. Redirects aren't followed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import ipaddress
import socket
import ssl
from collections.abc import Sequence
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from resa.kernel.decisions import Signer

SECONDS: Final = 10.0
MOST_READ: Final = 2_000
GONE: Final = 410
"""The receiver says that it wants no more: it isn't tried again."""

_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotAllowed(Exception):
    """The address leads to where no webhook may go."""


class Sent(NamedTuple):
    """What the receiver said: its status, and the beginning of its answer where it was none of success."""

    status: int
    said: str

    @property
    def well(self) -> bool:
        """Whether it was taken."""
        return 200 <= self.status < 300


def networks(text: str | None) -> list[Network]:
    """The networks of a setting such as `127.0.0.0/8,10.1.0.0/16`. Raises ValueError."""
    return [ipaddress.ip_network(part.strip(), strict=False) for part in (text or "").split(",") if part.strip()]


def key_of(signer: Signer, rule: str) -> bytes:
    """The secret that a rule's webhooks are signed with: its own, derived from the workspace's."""
    return signer.mac("webhook", f"feedback-rule/{rule}".encode())


def shown(key: bytes) -> str:
    """A secret as receivers are given it."""
    return f"whsec_{base64.b64encode(key).decode()}"


def signature(key: bytes, id_: str, at: int, body: bytes) -> str:
    """What goes into `webhook-signature`; `at` in seconds."""
    digest = hmac.new(key, b".".join([id_.encode(), str(at).encode(), body]), hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def send(url: str, id_: str, body: bytes, key: bytes, at: int, allowed: Sequence[Network]) -> Sent:
    """POST it. Raises `NotAllowed`, OSError or http.client.HTTPException."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    address = judged(host, port, allowed)
    connection = _Pinned(host, port, address, secured=parts.scheme == "https")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Resa-Webhooks/1",
        "webhook-id": id_,
        "webhook-timestamp": str(at),
        "webhook-signature": signature(key, id_, at, body),
    }
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        said = answer.read(MOST_READ).decode("utf-8", "replace")
        return Sent(answer.status, "" if 200 <= answer.status < 300 else said[:200])
    finally:
        connection.close()


def judged(host: str, port: int, allowed: Sequence[Network]) -> str:
    """An address of the host that may be spoken to. Raises `NotAllowed` where any of its addresses may not, OSError for no host."""
    found = {str(item[4][0]) for item in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    for text in sorted(found):
        address = ipaddress.ip_address(text.partition("%")[0])
        if not _may(address, allowed):
            raise NotAllowed(
                f"{host} is at {address}, inside a private network or this machine. "
                "If that is meant, name the network in RESA_WEBHOOK_NETWORKS."
            )
    return min(found, key=lambda text: (":" in text, text))


def _may(address: Address, allowed: Sequence[Network]) -> bool:
    plain = _plain(address)
    if any(plain.version == network.version and plain in network for network in allowed):
        return True
    return plain.is_global and not plain.is_multicast


def _plain(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for (mapped, 6to4, NAT64), else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


class _Pinned(http.client.HTTPConnection):
    """A connection to one address, whatever its name resolves to by then."""

    def __init__(self, host: str, port: int, address: str, *, secured: bool) -> None:
        super().__init__(host, port, timeout=SECONDS)
        self.default_port = 443 if secured else 80  # else the Host header names the usual port, which some refuse
        self._address, self._secured = address, secured

    def connect(self) -> None:
        """To the judged address; over TLS the certificate must be the host's."""
        plain = socket.create_connection((self._address, self.port), SECONDS)
        self.sock = plain
        if self._secured:
            self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)
