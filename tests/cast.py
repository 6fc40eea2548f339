"""The cast of a permissions test: people of every role, keys by scope, and a stranger."""

from __future__ import annotations

from contextlib import AsyncExitStack
from functools import cache
from typing import Any

import httpx
from litestar import Litestar

from resa.access import keys, passwords, sessions, team
from resa.kernel import audit
from resa.kernel.workspace import Workspace

BASE = "http://127.0.0.1:8000"
PASSWORD = "a quiet blue harbour"  # the cast's; hashed once, for argon2 is slow on purpose


class Cast:
    """Clients of one application, each somebody."""

    def __init__(self, app: Litestar, workspace: Workspace, stack: AsyncExitStack) -> None:
        """Nobody is there yet; each comes when called."""
        self.app = app
        self.workspace = workspace
        self._stack = stack

    async def stranger(self, base: str = BASE) -> httpx.AsyncClient:
        """A browser that nobody logged in with."""
        app: Any = self.app  # httpx and Litestar name the same protocol by different types
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("127.0.0.1", 50_000))
        return await self._stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url=base))

    async def member(self, role: str, email: str | None = None) -> httpx.AsyncClient:
        """A person of `role`, logged in: cookie and CSRF token are set."""
        token = self.session(role, email or f"{role}@example.com")
        client = await self.stranger()
        client.cookies.set("resa", token)
        client.headers["X-CSRF-Token"] = sessions.csrf(token)
        return client

    async def key(self, *scopes: str) -> httpx.AsyncClient:
        """A program with an API key of `scopes`."""
        with self.workspace.state.write() as tx:
            made = keys.create(tx, audit.SYSTEM, "a test", scopes, self.workspace.clock())
        client = await self.stranger()
        client.headers["Authorization"] = f"Bearer {made.key}"
        return client

    def session(self, role: str, email: str) -> str:
        """A session's token for the person of that e-mail, who is made if new."""
        now = self.workspace.clock()
        with self.workspace.state.write() as tx:
            known = team.by_email(tx, email)
            user = known.id if known else team.add(tx, audit.SYSTEM, email, role.title(), role, hashed_password(), now)
            return sessions.start(tx, user, now)


@cache
def hashed_password() -> str:
    """The hash of `PASSWORD`."""
    return passwords.make_hash(PASSWORD)
