"""Sessions of people in a browser: kept on the server under the digest of a random token that only the cookie holds."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from resa.access import tokens
from resa.access.tables import sessions, users
from resa.kernel.state import State

MINUTE: Final = 60_000
DAY: Final = 24 * 60 * MINUTE
IDLE: Final = 7 * DAY
ABSOLUTE: Final = 30 * DAY
TOUCH: Final = 5 * MINUTE
"""How stale `seen_at` may get before it is written again: reading a page must not cost a commit."""


@dataclass(frozen=True, slots=True)
class Found:
    """A session that holds, and whose it is."""

    token_hash: str
    user_id: str
    email: str
    name: str
    role: str


def start(tx: sa.Connection, user_id: str, now: int) -> str:
    """Begin a session and answer its token; those that ran out are forgotten on the way."""
    tx.execute(sessions.delete().where(_over(now)))
    token = tokens.new()
    tx.execute(sessions.insert().values(token_hash=tokens.digest(token), user_id=user_id, created_at=now, seen_at=now))
    tx.execute(users.update().where(users.c.id == user_id).values(seen_at=now))
    return token


def find(state: State, token: str, now: int) -> Found | None:
    """Whose session `token` opens, if it does."""
    query = (
        sa.select(sessions.c.token_hash, users.c.id, users.c.email, users.c.name, users.c.role, sessions.c.seen_at)
        .join(users, users.c.id == sessions.c.user_id)
        .where(sessions.c.token_hash == tokens.digest(token), ~_over(now))
    )
    with state.read() as tx:
        row = tx.execute(query).one_or_none()
    if row is None:
        return None
    if row.seen_at < now - TOUCH:
        _touch(state, row.token_hash, row.id, now)
    return Found(row.token_hash, row.id, row.email, row.name, row.role)


def end(tx: sa.Connection, token: str) -> None:
    """End the session of `token`, if there is one."""
    tx.execute(sessions.delete().where(sessions.c.token_hash == tokens.digest(token)))


def end_all(tx: sa.Connection, user_id: str) -> None:
    """End every session of a user."""
    tx.execute(sessions.delete().where(sessions.c.user_id == user_id))


def csrf(token: str) -> str:
    """What unsafe requests of this session carry in `X-CSRF-Token`; the cookie's token can't be had from it."""
    return hmac.new(token.encode("utf-8", "surrogatepass"), b"resa csrf", "sha256").hexdigest()


def same_csrf(given: str, csrf: str) -> bool:
    """Compare in constant time; what is not ASCII is never equal."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), csrf.encode())


def _over(now: int) -> sa.ColumnElement[bool]:
    return sa.or_(sessions.c.seen_at < now - IDLE, sessions.c.created_at < now - ABSOLUTE)


def _touch(state: State, token_hash: str, user_id: str, now: int) -> None:
    with state.write() as tx:
        tx.execute(sessions.update().where(sessions.c.token_hash == token_hash).values(seen_at=now))
        tx.execute(users.update().where(users.c.id == user_id).values(seen_at=now))
