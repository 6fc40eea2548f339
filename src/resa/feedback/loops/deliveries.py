"""What was sent and what could not be: webhooks and mail of rules, with the reason, to be tried again; alerts in the console."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from resa.feedback.loops import tables
from resa.kernel import audit, foreign, times
from resa.kernel.audit import Actor
from resa.kernel.errors import Conflict, NotFound
from resa.kernel.workspace import Workspace

MOST = 200


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a rule sends. `problem` says why it has not arrived."""

    id: str
    kind: Literal["webhook", "follow_up", "alert_mail"]
    rule: str | None
    answer: int | None
    to: str
    state: Literal["waiting", "sent", "dead", "held_back"]
    attempts: int
    next_at: str | None
    at: str
    problem: str


class Deliveries(msgspec.Struct, frozen=True):
    """Deliveries, the newest first."""

    items: list[Delivery]
    next: None = None


class LoopAlert(msgspec.Struct, frozen=True, kw_only=True):
    """Something to look at: an answer that a rule brought up, or a task that is overdue."""

    id: int
    kind: Literal["answer", "overdue"]
    rule: str | None
    answer: int | None
    task: str | None
    comment: str
    score: float | None
    at: str
    seen: bool


class LoopAlerts(msgspec.Struct, frozen=True):
    """One's own alerts, the newest first."""

    items: list[LoopAlert]
    next: None = None


def listed(workspace: Workspace, *, state: str | None, rule: str | None, answer: int | None) -> Deliveries:
    """The newest deliveries, of one state, rule or answer if asked."""
    d, a = tables.deliveries.c, tables.answers.c
    query = sa.select(tables.deliveries, a.number).outerjoin(tables.answers, a.message_id == d.message_id)
    for column, wanted in ((d.state, state), (d.rule, rule), (a.number, answer)):
        if wanted is not None:
            query = query.where(column == wanted)
    with workspace.state.read() as tx:
        rows = tx.execute(query.order_by(d.created_at.desc(), d.id).limit(MOST)).all()
    return Deliveries([_shown(row) for row in rows])


def again(workspace: Workspace, key: str, actor: Actor) -> Delivery:
    """Try a dead delivery once more, now. Raises NotFound, or Conflict for one that is not dead."""
    d, a = tables.deliveries.c, tables.answers.c
    now, known = workspace.clock(), foreign.storable(key)[:40]
    with workspace.state.write() as tx:
        revived = sa.update(tables.deliveries).where(d.id == known, d.state == "dead")
        done = tx.execute(revived.values(state="waiting", attempts=0, next_at=now, ended_at=None, problem=""))
        query = sa.select(tables.deliveries, a.number).outerjoin(tables.answers, a.message_id == d.message_id)
        row = tx.execute(query.where(d.id == known)).first()
        if row is None:
            raise NotFound("delivery", key)
        if done.rowcount != 1:
            raise Conflict(f"This delivery is {row.state}.", remedy="Only what is dead is tried again.")
        audit.record(tx, actor, "delivery.retried", f"delivery:{known}", {"to": row.to})
    return _shown(row)


def alerts(workspace: Workspace, address: str) -> LoopAlerts:
    """The newest alerts of the person with this e-mail address."""
    n, a = tables.alerts.c, tables.answers.c
    query = (
        sa.select(tables.alerts, a.number.label("answer"), a.comment, a.score)
        .outerjoin(tables.answers, a.message_id == n.message_id)
        .where(n.to == address)
        .order_by(n.number.desc())
        .limit(MOST)
    )
    with workspace.state.read() as tx:
        rows = tx.execute(query).all()
    return LoopAlerts(
        [
            LoopAlert(
                id=row.number,
                kind=row.kind,
                rule=row.rule,
                answer=row.answer,
                task=row.task,
                comment=(row.comment or "")[:200],
                score=row.score,
                at=times.iso(row.at),
                seen=row.seen_at is not None,
            )
            for row in rows
        ]
    )


def seen(workspace: Workspace, address: str) -> None:
    """All alerts of this person were looked at."""
    n = tables.alerts.c
    with workspace.state.write() as tx:
        tx.execute(
            sa.update(tables.alerts).where(n.to == address, n.seen_at.is_(None)).values(seen_at=workspace.clock())
        )


def _shown(row: Any) -> Delivery:
    return Delivery(
        id=row.id,
        kind=row.kind,
        rule=row.rule,
        answer=row.number,
        to=row.to,
        state=row.state,
        attempts=row.attempts,
        next_at=times.iso(row.next_at) if row.state == "waiting" else None,
        at=times.iso(row.created_at),
        problem=row.problem,
    )
