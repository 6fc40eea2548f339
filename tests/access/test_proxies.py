"""Behind a reverse proxy: whom to believe about the caller's address and about https; and the local socket."""

from __future__ import annotations

import socket
from typing import Any

import httpx
import pytest
from litestar import Litestar

from resa.access import proxies
from resa.access.guards import SOCKET
from resa.kernel.workspace import Workspace


def scope(peer: str | None, scheme: str = "http", **headers: str) -> dict[str, Any]:
    """What the server hands over."""
    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"scheme": scheme, "client": (peer, 1) if peer else None, "headers": sent}


@pytest.mark.parametrize(
    ("asked", "address"),
    [
        (scope("192.0.2.1"), "192.0.2.1"),
        (scope("192.0.2.1", x_forwarded_for="198.51.100.7"), "192.0.2.1"),
        (scope("127.0.0.1", x_forwarded_for="198.51.100.7"), "198.51.100.7"),
        (scope("::1", x_forwarded_for="10.0.0.1, 198.51.100.7"), "198.51.100.7"),
        (scope("127.0.0.1", x_forwarded_for=""), "127.0.0.1"),
        (scope(None), ""),
    ],
)
def test_only_a_proxy_on_this_machine_is_believed_about_the_address(asked: dict[str, Any], address: str) -> None:
    """And only about whom it saw itself: what callers claim stands further left."""
    assert proxies.address(asked) == address


@pytest.mark.parametrize(
    ("asked", "public_url", "https"),
    [
        (scope("192.0.2.1"), None, False),
        (scope("192.0.2.1", scheme="https"), None, True),
        (scope("192.0.2.1", x_forwarded_proto="https"), None, False),
        (scope("127.0.0.1", x_forwarded_proto="https"), None, True),
        (scope("172.18.0.2", host="resa.example"), "https://resa.example", True),
        (scope("127.0.0.1", host="127.0.0.1:8000"), "https://resa.example", False),
        (scope("127.0.0.1", host="resa.example"), "http://resa.example", False),
    ],
)
def test_whether_the_browser_speaks_https(asked: dict[str, Any], public_url: str | None, https: bool) -> None:
    """Directly, to a proxy here, or to the public address."""
    assert proxies.https(asked, public_url) is https


@pytest.fixture
async def by_socket(app: Litestar, workspace: Workspace) -> httpx.AsyncClient:
    """A caller over the data directory's socket, as uvicorn describes one."""

    async def served(asked: Any, receive: Any, send: Any) -> None:
        asked["server"], asked["client"] = (str(workspace.settings.data / SOCKET), None), None
        await app(asked, receive, send)

    return httpx.AsyncClient(transport=httpx.ASGITransport(served), base_url="http://resa")


async def test_whoever_opens_the_data_directorys_socket_owns_the_data_anyway(by_socket: httpx.AsyncClient) -> None:
    """The command line needs no key; it is no person, though."""
    assert (await by_socket.get("/api/audit")).status_code == 200
    assert (await by_socket.post("/api/password", json={"old": "x", "new": "y"})).status_code == 403


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "Via", "X-Forwarded-Host"])
async def test_a_proxy_before_the_socket_makes_nobody_the_owner(by_socket: httpx.AsyncClient, header: str) -> None:
    """A mistake in a proxy's configuration must not open everything."""
    assert (await by_socket.get("/api/audit", headers={header: "x"})).status_code == 401


async def test_another_socket_or_a_claim_opens_nothing(app: Litestar, stranger: httpx.AsyncClient) -> None:
    """Only where the call really came in counts."""
    assert (await stranger.get("/api/audit", headers={"Host": SOCKET})).status_code == 401

    async def served(asked: Any, receive: Any, send: Any) -> None:
        asked["server"], asked["client"] = ("/tmp/resa.sock", None), None
        await app(asked, receive, send)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(served), base_url="http://resa") as other:
        assert (await other.get("/api/audit")).status_code == 401


def test_the_socket_is_its_owners_alone(tmp_path: Any) -> None:
    """Mode 0600 from the first moment."""
    from resa.server import _listen_locally

    listener = _listen_locally(tmp_path / SOCKET)
    assert isinstance(listener, socket.socket)
    assert (tmp_path / SOCKET).stat().st_mode & 0o777 == 0o600
    listener.close()
