"""Failed events: what was accepted as a request but could not become an event, kept with its reason.

They can be looked at, mended and driven again through the same checks, or discarded. Bounded: the newest count.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from resa.kernel import times
from resa.kernel.errors import Conflict, NotFound, Refused, shorten
from resa.kernel.state import metadata

_Number: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")

failed_events: Final = sa.Table(
    "failed_events",
    metadata,
    sa.Column("id", _Number, primary_key=True, autoincrement=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("type", sa.Text),  # what the path said, where the payload need not
    sa.Column("message_id", sa.Text, index=True),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False, index=True),
    sa.Column("value", sa.Text, nullable=False),  # JSON
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("remedy", sa.Text, nullable=False),
    sa.Column("behind", sa.BigInteger),  # the client's clock against ours, in milliseconds, if it said when it sent
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),  # open, redriven, discarded
    sqlite_autoincrement=True,
)

MOST_KEPT: Final = 100_000
MOST_BYTES: Final = 256 * 1024 * 1024
MOST_PAYLOAD: Final = 32 * 1024

OPEN: Final = "open"
REDRIVEN: Final = "redriven"
DISCARDED: Final = "discarded"


class Failure(msgspec.Struct, kw_only=True):
    """An event that failed: where in its request, why, and its text."""

    index: int
    reason: Refused
    payload: str
    kind: str | None
    message_id: str | None

    def answer(self) -> dict[str, Any]:
        """As the door's answer names it."""
        told = self.reason.details
        return {
            "index": self.index,
            "field": told.get("field"),
            "value": _kept(told.get("value")),
            "rule": told.get("rule"),
            "remedy": told.get("remedy"),
        }


class Reason(msgspec.Struct):
    """Why an event failed."""

    index: int
    field: str
    code: str
    value: Any
    rule: str
    remedy: str


class FailedEvent(msgspec.Struct, kw_only=True):
    """A failed event as the API shows it."""

    id: int
    at: str
    source: str
    type: str | None
    message_id: str | None
    reason: Reason
    payload: str
    state: str


def keep(tx: sa.Connection, failures: Sequence[Failure], source: str, at: int, behind: int | None) -> None:
    """Keep failures, in the transaction that commits their good neighbours."""
    rows = [
        {
            "at": at,
            "source": source,
            "type": failure.kind,
            "message_id": failure.message_id,
            "place": failure.index,
            "code": failure.reason.code,
            "field": str(failure.reason.details.get("field")),
            "value": msgspec.json.encode(_kept(failure.reason.details.get("value"))).decode(),
            "rule": _text(str(failure.reason.details.get("rule", ""))),
            "remedy": str(failure.reason.details.get("remedy", "")),
            "behind": behind,
            "payload": (payload := _text(failure.payload[:MOST_PAYLOAD])),
            "size": len(payload),
            "state": OPEN,
        }
        for failure in failures
    ]
    if rows:
        tx.execute(sa.insert(failed_events), rows)


def prune(tx: sa.Connection, *, most: int = MOST_KEPT, most_bytes: int = MOST_BYTES) -> int:
    """Drop the oldest beyond the bounds; returns how many went."""
    newest = failed_events.c.id.desc()
    held = sa.func.sum(failed_events.c.size).over(order_by=newest)
    place = sa.func.row_number().over(order_by=newest)
    ranked = sa.select(failed_events.c.id, held.label("held"), place.label("place")).subquery()
    beyond = sa.select(sa.func.max(ranked.c.id)).where(sa.or_(ranked.c.held > most_bytes, ranked.c.place > most))
    last = tx.execute(beyond).scalar()
    if last is None:
        return 0
    return int(tx.execute(sa.delete(failed_events).where(failed_events.c.id <= last)).rowcount)


def page(
    tx: sa.Connection, *, before: int | None, code: str | None, state: str | None, limit: int
) -> list[FailedEvent]:
    """The newest first; `code` leaves only failures for one reason, `state` only those in that state."""
    query = sa.select(failed_events).order_by(failed_events.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(failed_events.c.id < before)
    if code is not None:
        query = query.where(sa.or_(failed_events.c.code == _text(code), failed_events.c.field == _text(code)))
    if state is not None:
        query = query.where(failed_events.c.state == _text(state))
    return [_shown(row) for row in tx.execute(query)]


def get(tx: sa.Connection, number: int) -> FailedEvent:
    """One failed event."""
    row = tx.execute(sa.select(failed_events).where(failed_events.c.id == number)).first()
    if row is None:
        raise NotFound("failed event", number, "Only the newest are kept.")
    return _shown(row)


def skew(tx: sa.Connection, number: int) -> int | None:
    """How far the clock of a failed event's client was behind ours."""
    return tx.execute(sa.select(failed_events.c.behind).where(failed_events.c.id == number)).scalar()


def by_message_id(tx: sa.Connection, message_id: str) -> FailedEvent | None:
    """The newest failed event that had this message id."""
    query = sa.select(failed_events).where(failed_events.c.message_id == message_id)
    row = tx.execute(query.order_by(failed_events.c.id.desc()).limit(1)).first()
    return None if row is None else _shown(row)


def move(tx: sa.Connection, number: int, state: str, *, before: str = OPEN) -> None:
    """Change the state of a failed event from `before`; Conflict if it is in another one."""
    table = failed_events
    changed = tx.execute(sa.update(table).where(table.c.id == number, table.c.state == before).values(state=state))
    if changed.rowcount != 1:
        found = get(tx, number)
        raise Conflict(f"The failed event {number} is {found.state}, not {before}.", state=found.state)


def fail_again(tx: sa.Connection, number: int, reason: Refused, payload: str) -> None:
    """A second try failed as well: keep what was tried and why it failed."""
    told = reason.details
    values = {name: str(told.get(name, "")) for name in ("field", "rule", "remedy")}
    values |= {"code": reason.code, "value": msgspec.json.encode(_kept(told.get("value"))).decode()}
    values |= {"payload": _text(payload[:MOST_PAYLOAD])}
    tx.execute(sa.update(failed_events).where(failed_events.c.id == number).values(values))


def _shown(row: Any) -> FailedEvent:
    value = msgspec.json.decode(row.value)
    return FailedEvent(
        id=row.id,
        at=times.iso(row.at),
        source=row.source,
        type=row.type,
        message_id=row.message_id,
        reason=Reason(row.place, row.field, row.code, value, row.rule, row.remedy),
        payload=row.payload,
        state=row.state,
    )


def _kept(value: object) -> object:
    """A value as an error shows it, small and without what PostgreSQL refuses."""
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return shorten(str(value))  # JSON as others read it knows no such number
    return _text(value) if isinstance(value, str) else value


def _text(text: str) -> str:
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
