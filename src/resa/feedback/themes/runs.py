"""Work on comments that takes a while, kept in state: what was begun, how far it is, what came of it."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import sqlalchemy as sa

from resa.feedback.themes.model import Model
from resa.kernel.errors import NotFound
from resa.kernel.state import State, metadata

table: Final = sa.Table(
    "comment_runs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String(10), nullable=False),  # fill, find, learn, read
    sa.Column("state", sa.String(10), nullable=False),  # waiting, running, done, failed, stopped
    sa.Column("step", sa.String(40), nullable=False),
    sa.Column("progress", sa.Float, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("started_at", sa.BigInteger, nullable=False),
    sa.Column("ended_at", sa.BigInteger),
    sa.Column("error", sa.Text),
    sa.Column("result", sa.Text),  # JSON
    sa.Column("model", sa.LargeBinary),
)

KINDS: Final = ("fill", "find", "learn", "read", "ask")

_SHOWN: Final = tuple(column for column in table.c if column.name != "model")


class Run(msgspec.Struct, frozen=True):
    """One piece of work."""

    id: int
    kind: str
    state: str
    step: str
    progress: float
    author: str
    started_at: int
    ended_at: int | None
    error: str | None
    result: dict[str, Any] | None


def begin(state: State, kind: str, author: str, now: int) -> Run:
    """New work, waiting for its turn."""
    values = {"kind": kind, "state": "waiting", "step": "waiting", "progress": 0.0, "author": author, "started_at": now}
    with state.write() as tx:
        number = tx.execute(sa.insert(table).values(values).returning(table.c.id)).scalar_one()
        return _load(tx, number)


def get(state: State, number: int) -> Run:
    """One of them. Raises NotFound."""
    with state.read() as tx:
        return _load(tx, number)


def recent(state: State, limit: int = 20) -> list[Run]:
    """The newest first."""
    with state.read() as tx:
        return [_run(row) for row in tx.execute(sa.select(*_SHOWN).order_by(table.c.id.desc()).limit(limit))]


def last_done(state: State, kind: str) -> Run | None:
    """The newest of a kind that came to its end."""
    query = sa.select(*_SHOWN).where(table.c.kind == kind, table.c.state == "done").order_by(table.c.id.desc()).limit(1)
    with state.read() as tx:
        row = tx.execute(query).first()
    return None if row is None else _run(row)


def last_ended(state: State, kind: str) -> Run | None:
    """The newest of a kind that ended, however it did."""
    query = sa.select(*_SHOWN).where(table.c.kind == kind, table.c.ended_at.is_not(None))
    with state.read() as tx:
        row = tx.execute(query.order_by(table.c.id.desc()).limit(1)).first()
    return None if row is None else _run(row)


def change(store: State, number: int, **values: Any) -> None:
    """Say how it stands. `result` is written as JSON."""
    if "result" in values:
        values["result"] = msgspec.json.encode(values["result"]).decode()
    with store.write() as tx:
        tx.execute(sa.update(table).where(table.c.id == number).values(**values))


def interrupted(state: State, now: int) -> None:
    """At the start of a server: what ran when the last one ended does not run any more."""
    ended = {"state": "stopped", "ended_at": now, "error": "The server stopped meanwhile. Begin it again."}
    with state.write() as tx:
        tx.execute(sa.update(table).where(table.c.state.in_(("waiting", "running"))).values(**ended))


def newest_model(state: State) -> Model | None:
    """The themes that were found last, if any were."""
    query = sa.select(table.c.model).where(table.c.model.is_not(None)).order_by(table.c.id.desc()).limit(1)
    with state.read() as tx:
        blob = tx.execute(query).scalar()
    return None if blob is None else msgspec.msgpack.decode(blob, type=Model)


def _load(tx: sa.Connection, number: int) -> Run:
    row = tx.execute(sa.select(*_SHOWN).where(table.c.id == number)).first() if 0 < number < 2**31 else None
    if row is None:
        raise NotFound("work on comments", number)
    return _run(row)


def _run(row: sa.Row[Any]) -> Run:
    values = row._asdict()
    values["result"] = None if values["result"] is None else msgspec.json.decode(values["result"])
    return Run(**values)
