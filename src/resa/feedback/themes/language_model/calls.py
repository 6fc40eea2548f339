"""Calls of a language model: kept with what was sent and what came back, and counted against the day's budget."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import sqlalchemy as sa

from resa.kernel.state import State, metadata

table: Final = sa.Table(
    "language_model_calls",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False, index=True),
    sa.Column("use", sa.String(20), nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("sent", sa.Text, nullable=False),
    sa.Column("got", sa.Text, nullable=False),
    sa.Column("characters", sa.BigInteger, nullable=False),  # sent
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("error", sa.Text),
)

DAY: Final = 86_400_000
KEPT: Final = 30 * DAY
MOST_KEPT: Final = 4_000
"""Characters of an answer that are kept."""


class Call(msgspec.Struct, frozen=True):
    """One call, as it was made."""

    id: int
    at: int
    use: str
    model: str
    sent: str
    got: str
    characters: int
    seconds: float
    error: str | None


def reserve(state: State, at: int, use: str, model: str, sent: str, *, calls: int, characters: int) -> int | None:
    """Count a call against the budget of its day before it is made; None where there is none left."""
    c = table.c
    day = at // DAY * DAY
    with state.write() as tx:
        made, said = tx.execute(
            sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(c.characters), 0)).where(c.at >= day)
        ).one()
        if made >= calls or said + len(sent) > characters:
            return None
        tx.execute(sa.delete(table).where(c.at < at - KEPT))
        values = {
            "at": at,
            "use": use,
            "model": model,
            "sent": sent,
            "got": "",
            "characters": len(sent),
            "seconds": 0.0,
        }
        return int(tx.execute(sa.insert(table).values(values).returning(c.id)).scalar_one())


def finish(state: State, number: int, got: str, seconds: float, error: str | None) -> None:
    """What came of it."""
    values = {"got": got[:MOST_KEPT].replace("\x00", ""), "seconds": round(seconds, 3), "error": error}
    with state.write() as tx:
        tx.execute(sa.update(table).where(table.c.id == number).values(**values))


def recent(state: State, limit: int = 50) -> list[Call]:
    """The newest first."""
    with state.read() as tx:
        rows = tx.execute(sa.select(table).order_by(table.c.id.desc()).limit(limit)).all()
    return [Call(**row._mapping) for row in rows]


def today(state: State, at: int) -> tuple[int, int]:
    """Calls made and characters sent since the day (UTC) began."""
    query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(table.c.characters), 0))
    with state.read() as tx:
        made, said = tx.execute(query.where(table.c.at >= at // DAY * DAY)).one()
    return int(made), int(said)


def forget_words(state: State) -> None:
    """Somebody was erased: what was sent and said may hold their words. The counts stay."""
    with state.write() as tx:
        changed: dict[str, Any] = {"sent": "", "got": ""}
        tx.execute(sa.update(table).values(**changed))
