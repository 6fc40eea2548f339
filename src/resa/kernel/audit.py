"""The audit log: who changed what and when. Written in the transaction of the change itself, never altered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from resa.kernel import times
from resa.kernel.state import metadata

table: Final = sa.Table(
    "audit",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("actor_name", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("object", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),  # JSON
    sqlite_autoincrement=True,  # a number is never used twice, so that a gap shows
)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: a stable id (`user:u_...`, `key:k_...`) and the name to show even after they have left."""

    id: str
    name: str


SYSTEM: Final = Actor("system", "Resa")


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the log, as the API shows it."""

    id: int
    at: str
    actor: str
    actor_id: str
    action: str
    object: str
    detail: dict[str, Any]


def record(tx: sa.Connection, actor: Actor, action: str, object: str, detail: Mapping[str, Any] | None = None) -> None:  # noqa: A002 - the word of the log
    """Keep that `actor` did `action` (`key.created`) to `object` (`key:k_12`). No secrets in `detail`."""
    tx.execute(
        table.insert().values(
            at=times.now(),
            actor=actor.id,
            actor_name=actor.name,
            action=action,
            object=object,
            detail=msgspec.json.encode(detail or {}).decode(),
        )
    )


def recording(actor: Actor, action: str, object: str) -> Callable[[sa.Connection], None]:  # noqa: A002 - the word of the log
    """What `record` would keep, for who has no transaction yet: to be done in that of the change."""
    return lambda tx: record(tx, actor, action, object)


def page(tx: sa.Connection, *, before: int | None = None, limit: int = 100) -> list[Entry]:
    """The newest entries first; `before` is the id of the last one seen."""
    query = sa.select(table).order_by(table.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(table.c.id < before)
    return [_entry(row) for row in tx.execute(query)]


def _entry(row: sa.Row[Any]) -> Entry:
    return Entry(
        id=row.id,
        at=times.iso(row.at),
        actor=row.actor_name,
        actor_id=row.actor,
        action=row.action,
        object=row.object,
        detail=msgspec.json.decode(row.detail),
    )
