"""Every route under /api, found by walking the application: a stranger, a write key, a viewer, a forged request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar, get
from litestar.handlers import BaseRouteHandler
from litestar.routes import BaseRoute

from resa.access import guards, roles
from resa.access.guards import PUBLIC, Requires, api_routes
from tests.cast import Cast

SAFE = {"GET", "HEAD"}


def calls(app: Litestar) -> Iterator[tuple[str, str, BaseRouteHandler]]:
    """(method, a path that leads there, handler) for every route under /api."""
    for route, handler, methods in api_routes(app):
        for method in sorted(methods):
            yield ("GET" if method == "*" else method), example(route), handler


def example(route: BaseRoute) -> str:
    """A path that the router takes for `route`."""
    return re.sub(r"\{[^}:]+(:\w+)?\}", lambda found: "7" if found[1] in (":int", ":uuid") else "x", route.path)


def scope_of(handler: BaseRouteHandler) -> str | None:
    """The scope a route asks for."""
    return next(guard.scope for guard in handler.resolve_guards() if isinstance(guard, Requires))


async def test_every_route_is_closed_or_named_public(app: Litestar) -> None:
    """What `create` checks at start, said once more."""
    guards.closed(app)
    assert {(method, path) for method, path, handler in calls(app) if not guards.guarded(handler)} == PUBLIC


def test_a_route_left_open_stops_the_start() -> None:
    """Forgetting the guard is found before the first request."""

    @get("/api/leak", sync_to_thread=False)
    def leak() -> str:
        return "all customers"

    with pytest.raises(RuntimeError, match="GET /api/leak"):
        guards.closed(Litestar([leak], openapi_config=None))


async def test_a_stranger_gets_401_everywhere(app: Litestar, stranger: httpx.AsyncClient) -> None:
    """Nobody known: the answer says how to become known, whatever the body."""
    for method, path, _ in closed_calls(app):
        answer = await stranger.request(method, path, content=b"not json")
        assert answer.status_code == 401, (method, path)
        assert answer.json()["code"] == "unauthenticated"
        assert answer.json()["message"]
        assert answer.json()["remedy"]
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Bearer", "Bearer nonsense", "Bearer resa_" + "x" * 43, "Basic cmVzYTo="])
async def test_a_wrong_key_gets_401_everywhere(app: Litestar, stranger: httpx.AsyncClient, header: str) -> None:
    """An empty, invented or wrongly sent key opens nothing."""
    for method, path, _ in closed_calls(app):
        answer = await stranger.request(method, path, headers={"Authorization": header})
        assert answer.status_code == 401, (method, path)


async def test_a_viewer_changes_nothing_but_their_own_session_and_password(
    app: Litestar, viewer: httpx.AsyncClient
) -> None:
    """403 for every unsafe method elsewhere; a question with a body is asked by POST and changes nothing."""
    for method, path, handler in closed_calls(app):
        if method in SAFE or path in ("/api/session", "/api/password") or scope_of(handler) == "read":
            continue
        answer = await viewer.request(method, path)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), (method, path)


async def test_a_key_without_the_scope_gets_403_everywhere(app: Litestar, cast: Cast) -> None:
    """Each route refuses a key that has every scope but the one it asks for; routes for people refuse any key."""
    for method, path, handler in closed_calls(app):
        needed = scope_of(handler)
        others = [scope for scope in roles.SCOPES if scope != needed] or ["read"]
        key = await cast.key(*others)
        answer = await key.request(method, path)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), (method, path)


async def test_a_request_without_the_csrf_token_is_refused_everywhere(app: Litestar, cast: Cast) -> None:
    """An owner's cookie alone changes nothing."""
    owner = await cast.member("owner")
    for token in ("", "0" * 64, "é"):
        owner.headers["X-CSRF-Token"] = token
        for method, path, _ in closed_calls(app):
            if method in SAFE:
                continue
            answer = await owner.request(method, path)
            assert (answer.status_code, answer.json().get("reason")) == (403, "csrf"), (method, path)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8001"},
    ],
)
async def test_another_site_is_refused_everywhere(app: Litestar, owner: httpx.AsyncClient, headers: Any) -> None:
    """Even with cookie and token; log-in, set-up and invitations are no exception."""
    for method, path, handler in calls(app):
        if method in SAFE:
            continue
        body = None if guards.guarded(handler) else PUBLIC_BODIES[path]
        answer = await owner.request(method, path, headers=headers, json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), (method, path)


def test_every_scope_asked_for_exists(app: Litestar) -> None:
    """`requires` refuses other names."""
    assert {scope_of(handler) for _, _, handler in closed_calls(app)} <= {*roles.SCOPES, None}
    with pytest.raises(ValueError, match="no scope"):
        guards.requires("everything")


def test_the_test_sees_the_routes(app: Litestar) -> None:
    """A walk that finds nothing proves nothing."""
    assert len(list(closed_calls(app))) >= 11
    assert Path("/api/team/x") in {Path(path) for _, path, _ in calls(app)}


PUBLIC_BODIES: dict[str, Any] = {
    "/api/session": {"email": "owner@example.com", "password": "x"},
    "/api/setup": {"token": "x", "email": "a@example.com", "password": "x", "name": "x"},
    "/api/invite": {"token": "x", "name": "x", "password": "x"},
}


def closed_calls(app: Litestar) -> Iterator[tuple[str, str, BaseRouteHandler]]:
    """The calls that need somebody."""
    return (call for call in calls(app) if guards.guarded(call[2]))
