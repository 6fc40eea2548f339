"""Who is asking, and may they? `requires(scope)` on a handler or router; what has no guard pays nothing.

A person comes with the session cookie (and, to change something, the session's CSRF token), a program with an API key.
`closed` proves at start that no `/api` route was left open by mistake.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from litestar import Litestar, Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.routes import ASGIRoute, BaseRoute, HTTPRoute, WebSocketRoute

from resa.access import keys, proxies, roles, sessions, threads
from resa.kernel import work
from resa.kernel.audit import Actor
from resa.kernel.errors import ResaError
from resa.kernel.workspace import Workspace

Connection = ASGIConnection[Any, Any, Any, Any]

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})

SOCKET: Final = "resa.sock"
"""The socket in the data directory that this machine's own commands speak to."""

PUBLIC: Final = frozenset(
    {
        ("GET", "/api/session"),
        ("POST", "/api/session"),
        ("POST", "/api/setup"),
        ("POST", "/api/invite"),
    }
)
"""The routes under /api that a stranger may call; any other one there without a guard stops the start."""


class NotLoggedIn(ResaError):
    """Nobody, or nobody known."""

    status = 401
    code = "unauthenticated"


class Forbidden(ResaError):
    """Somebody known, who may not."""

    status = 403
    code = "forbidden"


@dataclass(frozen=True, slots=True)
class Caller:
    """A person or a key, as `request.user`."""

    kind: str
    """`user`, `key` or `local` (the command line of this machine)."""
    id: str
    name: str
    scopes: frozenset[str]
    email: str | None = None
    role: str | None = None
    csrf: str | None = None

    @property
    def actor(self) -> Actor:
        """As the audit log names them."""
        return Actor(f"{self.kind}:{self.id}", self.email or self.name)

    def may(self, scope: str) -> bool:
        """Whether they have a scope."""
        return scope in self.scopes

    def may_give(self, scopes: frozenset[str]) -> bool:
        """Whether they have all of `scopes` themselves: nobody gives more than they have."""
        return scopes <= self.scopes


Call = Request[Caller, Any, Any]
"""The request of a handler behind a guard: `request.user` is the `Caller`."""


@dataclass(frozen=True, slots=True)
class Requires:
    """A guard: lets pass whoever has `scope` (None: whoever is known)."""

    scope: str | None
    people_only: bool = False

    async def __call__(self, connection: Connection, _handler: BaseRouteHandler) -> None:
        """Find out who is asking and raise `NotLoggedIn` or `Forbidden` unless they may."""
        caller = await authenticate(connection)
        if self.scope is not None and not caller.may(self.scope):
            raise _lacking(caller, self.scope)
        if self.people_only and caller.kind != "user":
            raise Forbidden("An API key can't do this.", remedy="Log in as a person.")


def requires(scope: str) -> Requires:
    """A guard for `@get(..., guards=[requires("read")])`. Raises ValueError for a scope that does not exist."""
    if scope not in roles.SCOPES:
        raise ValueError(f"{scope!r} is no scope; there are {roles.SCOPES}")
    return Requires(scope)


person: Final = Requires(None, people_only=True)
"""A guard for what everybody who is logged in may do, such as changing their own password."""


async def authenticate(connection: Connection) -> Caller:
    """Who is asking; kept as `connection.user`. Raises `NotLoggedIn`, or `Forbidden` for a forged request."""
    caller = await _by_key(connection) or await _by_session(connection) or _by_socket(connection)
    if caller is None:
        raise NotLoggedIn(
            "You are not logged in.", remedy="Log in, or send an API key as 'Authorization: Bearer <key>'."
        )
    connection.scope["user"] = caller
    if (begun := work.current()) is not None:
        begun.owner = caller.actor
    connection.scope["auth"] = caller.kind
    return caller


async def known(connection: Connection) -> Caller | None:
    """The person of the session cookie, if any: for routes that strangers may call too. Safe methods only."""
    return await _by_session(connection)


def local(connection: Connection) -> bool:
    """Whether the call came over the data directory's own socket: who can open it (mode 0600) owns the data anyway.

    Not so if a proxy was set before that socket by mistake: then anybody would be the owner.
    """
    server = connection.scope.get("server")
    if server is None or server[1] is not None or proxies.forwarded(connection.scope):
        return False
    return server[0] == str(workspace_of(connection).settings.data / SOCKET)


def same_origin(connection: Connection) -> None:
    """Raise `Forbidden` if a browser says that another site made it send this. Programs send neither header."""
    site, origin = connection.headers.get("sec-fetch-site"), connection.headers.get("origin")
    if site is None:  # an old browser, or http on another host than localhost
        site = "same-origin" if origin is None or urlsplit(origin).netloc in _own_hosts(connection) else "cross-site"
    if site not in ("same-origin", "none"):
        raise Forbidden(
            "Another site sent this request.",
            remedy="Open Resa at its own address; behind a proxy, keep the Host header or set RESA_PUBLIC_URL.",
        )


def secure(connection: Connection) -> bool:
    """Whether the browser speaks https to us, directly or to a proxy before us."""
    return proxies.https(connection.scope, workspace_of(connection).settings.public_url)


def cookie_name(connection: Connection) -> str:
    """`__Host-` binds the cookie to this host over https; browsers refuse such a name over http."""
    return "__Host-resa" if secure(connection) else "resa"


def workspace_of(connection: Connection) -> Workspace:
    """The workspace, for what runs before dependencies are there."""
    workspace: Workspace = connection.app.state.workspace
    return workspace


def closed(app: Litestar) -> None:
    """Raise RuntimeError if a route under /api has no guard and is not PUBLIC."""
    left_open = [
        f"{method} {route.path}"
        for route, handler, methods in api_routes(app)
        if not guarded(handler)
        for method in sorted(methods)
        if (method, route.path) not in PUBLIC
    ]
    if left_open:
        raise RuntimeError(f"These routes need guards=[requires(...)]: {', '.join(left_open)}")


def guarded(handler: BaseRouteHandler) -> bool:
    """Whether a handler has one of our guards, of its own or from a router or the application."""
    return any(isinstance(guard, Requires) for guard in handler.resolve_guards())


def api_routes(app: Litestar) -> Iterator[tuple[BaseRoute, BaseRouteHandler, frozenset[str]]]:
    """Every handler under /api with its route and methods (of a raw ASGI handler or socket: `*`)."""
    for route in app.routes:
        if not (route.path == "/api" or route.path.startswith("/api/")):
            continue
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                if methods := frozenset(str(method) for method in handler.http_methods) - {"OPTIONS"}:
                    yield route, handler, methods
        elif isinstance(route, ASGIRoute | WebSocketRoute):
            yield route, route.route_handler, frozenset({"*"})


async def _by_key(connection: Connection) -> Caller | None:
    scheme, _, key = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    workspace = workspace_of(connection)
    found = await threads.lookup(keys.find, workspace.state, key.strip(), workspace.clock())
    if found is None:
        raise NotLoggedIn(
            "This API key is not valid.", remedy="Make a new one under Settings, Keys. A write key only sends events."
        )
    return Caller("key", found.id, found.name, found.scopes)


def _by_socket(connection: Connection) -> Caller | None:
    return Caller("local", "socket", "the command line", roles.ROLES["owner"]) if local(connection) else None


async def _by_session(connection: Connection) -> Caller | None:
    token = connection.cookies.get(cookie_name(connection))
    if not token:
        return None
    caller = await threads.lookup(caller_of, workspace_of(connection), token)
    if caller is not None and connection.scope.get("method") not in SAFE:
        _not_forged(connection, caller.csrf or "")
    return caller


def caller_of(workspace: Workspace, token: str) -> Caller | None:
    """Whose session a cookie's `token` opens, if it does."""
    found = sessions.find(workspace.state, token, workspace.clock())
    if found is None:
        return None
    scopes, csrf = roles.ROLES[found.role], sessions.csrf(token)
    return Caller("user", found.user_id, found.name, scopes, found.email, found.role, csrf)


def _not_forged(connection: Connection, csrf: str) -> None:
    same_origin(connection)
    if not sessions.same_csrf(connection.headers.get("x-csrf-token", ""), csrf):
        raise Forbidden(
            "The X-CSRF-Token header is missing or not of this session.",
            remedy="Send what GET /api/session answers as csrf.",
            reason="csrf",
        )


def _own_hosts(connection: Connection) -> set[str]:
    public = workspace_of(connection).settings.public_url
    return {connection.headers.get("host", ""), urlsplit(public).netloc if public else ""} - {""}


def _lacking(caller: Caller, scope: str) -> Forbidden:
    if caller.kind == "key":
        return Forbidden(f"This API key lacks the scope {scope}.", remedy="Make a key that has it.")
    return Forbidden(f"A {caller.role} may not do this.", remedy="Ask an owner or admin for another role.")
