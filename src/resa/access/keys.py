"""API keys: for programs, with scopes; shown once, kept as a digest."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from resa.access import roles, tokens
from resa.access.tables import api_keys
from resa.kernel import audit, times
from resa.kernel.errors import NotFound, Refused
from resa.kernel.state import State

PREFIX: Final = 12
"""Characters of a key that may be shown: `resa_` and seven more."""
TOUCH: Final = 5 * 60_000


@dataclass(frozen=True, slots=True)
class Found:
    """A key that holds."""

    id: str
    name: str
    scopes: frozenset[str]


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A key as it is listed: never the key itself."""

    id: str
    name: str
    prefix: str
    scopes: list[str]
    created_at: str
    created_by: str
    used_at: str | None
    from_environment: bool


class NewKey(msgspec.Struct, frozen=True, kw_only=True):
    """The one answer that holds the key."""

    id: str
    name: str
    prefix: str
    scopes: list[str]
    key: str


def find(state: State, key: str, now: int) -> Found | None:
    """What `key` opens, if it does."""
    query = sa.select(api_keys).where(api_keys.c.prefix == prefix_of(key))
    given = tokens.digest(key)
    with state.read() as tx:
        row = next((row for row in tx.execute(query) if hmac.compare_digest(row.key_hash, given)), None)
    if row is None:
        return None
    if (row.used_at or 0) < now - TOUCH:
        with state.write() as tx:
            tx.execute(api_keys.update().where(api_keys.c.id == row.id).values(used_at=now))
    return Found(row.id, row.name, roles.expand(row.scopes.split()))


def create(tx: sa.Connection, actor: audit.Actor, name: str, scopes: Sequence[str], now: int) -> NewKey:
    """Make a key. Raises `Refused` for a scope that does not exist."""
    checked = check_scopes(scopes)
    key = f"resa_{tokens.new()}"
    key_id = insert(tx, actor, name, checked, key, now)
    return NewKey(id=key_id, name=name, prefix=prefix_of(key), scopes=checked, key=key)


def insert(
    tx: sa.Connection,
    actor: audit.Actor,
    name: str,
    scopes: Sequence[str],
    key: str,
    now: int,
    *,
    from_environment: bool = False,
) -> str:
    """Keep the digest of `key`; answers its id."""
    key_id = tokens.new_id("k")
    tx.execute(
        api_keys.insert().values(
            id=key_id,
            name=name,
            prefix=prefix_of(key),
            key_hash=tokens.digest(key),
            scopes=" ".join(scopes),
            created_by=actor.name,
            created_at=now,
            from_environment=from_environment,
        )
    )
    audit.record(tx, actor, "key.created", f"key:{key_id}", {"name": name, "scopes": list(scopes)})
    return key_id


def revoke(tx: sa.Connection, actor: audit.Actor, key_id: str) -> None:
    """Make a key worthless at once. Raises `NotFound`."""
    name = tx.scalar(sa.select(api_keys.c.name).where(api_keys.c.id == key_id))
    if name is None:
        raise NotFound("key", key_id)
    tx.execute(api_keys.delete().where(api_keys.c.id == key_id))
    audit.record(tx, actor, "key.revoked", f"key:{key_id}", {"name": name})


def scopes_of(tx: sa.Connection, key_id: str) -> frozenset[str]:
    """What a key may do. Raises `NotFound`."""
    scopes = tx.scalar(sa.select(api_keys.c.scopes).where(api_keys.c.id == key_id))
    if scopes is None:
        raise NotFound("key", key_id)
    return roles.expand(scopes.split())


def listed(tx: sa.Connection) -> list[Key]:
    """Every key, the newest first."""
    return [_key(row) for row in tx.execute(sa.select(api_keys).order_by(api_keys.c.created_at.desc(), api_keys.c.id))]


def check_scopes(scopes: Sequence[str]) -> list[str]:
    """`scopes` without repetition. Raises `Refused`."""
    known = (*roles.SCOPES, roles.EVERYTHING)
    for scope in scopes:
        if scope not in known:
            raise Refused("scopes", scope, "is no scope.", f"Choose from {', '.join(known)}.")
    if not scopes:
        raise Refused("scopes", None, "must name at least one scope.", f"Choose from {', '.join(known)}.")
    return list(dict.fromkeys(scopes))


def prefix_of(key: str) -> str:
    """The part of a key that may be shown; of a short one (from the environment) less than half."""
    return key[: min(PREFIX, len(key) // 3)]


def _key(row: sa.Row[Any]) -> Key:
    return Key(
        id=row.id,
        name=row.name,
        prefix=row.prefix,
        scopes=row.scopes.split(),
        created_at=times.iso(row.created_at),
        created_by=row.created_by,
        used_at=times.iso_or_none(row.used_at),
        from_environment=row.from_environment,
    )
