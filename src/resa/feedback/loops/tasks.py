"""Tasks: who does what about an answer by when; snoozed, handed on, done, each with its trace."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

import msgspec
import sqlalchemy as sa

from resa.feedback.loops import acting, inbox, tables
from resa.kernel import audit, foreign, periods, preferences, times
from resa.kernel.audit import Actor
from resa.kernel.errors import Conflict, NotFound
from resa.kernel.workspace import Workspace

State = Literal["open", "done", "dropped"]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=400)]
Moment = Annotated[str, msgspec.Meta(max_length=40)]
MOST: Final = 500


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A task. `answer` is the number of the answer it is about; `overdue` unless it is snoozed."""

    id: str
    title: str
    status: State
    owner: str | None
    due_at: str | None
    snoozed_until: str | None
    overdue: bool
    escalated_at: str | None
    rule: str | None
    answer: int | None
    created_at: str
    closed_at: str | None
    version: int


class Tasks(msgspec.Struct, frozen=True):
    """Tasks, what is due first first."""

    items: list[Task]
    next: None = None


class NewTask(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A task by hand; `answer` is the number of the answer it is about."""

    title: Title
    answer: int | None = None
    owner: str | None = None
    due_at: Moment | None = None


class ChangedTask(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is to change of a task: what isn't sent stays. Times as ISO 8601; `snoozed_until` null wakes it."""

    expected_version: int
    title: Title | msgspec.UnsetType = msgspec.UNSET
    status: State | msgspec.UnsetType = msgspec.UNSET
    owner: str | msgspec.UnsetType | None = msgspec.UNSET
    due_at: Moment | msgspec.UnsetType | None = msgspec.UNSET
    snoozed_until: Moment | msgspec.UnsetType | None = msgspec.UNSET


class TaskList:
    """The tasks of a workspace. Thread-safe."""

    def __init__(self, workspace: Workspace) -> None:
        """Over its state."""
        self._workspace = workspace

    def all(self, *, status: str | None, owner: str | None, answer: int | None) -> Tasks:
        """The tasks asked for, what is due first first."""
        t = tables.tasks.c
        query = sa.select(tables.tasks)
        if status is not None:
            query = query.where(t.status == status)
        if owner is not None:
            query = query.where(t.owner.is_(None) if owner == "none" else t.owner == owner)
        with self._workspace.state.read() as tx:
            if answer is not None:
                query = query.where(t.message_id == inbox.kept(tx, answer).message_id)
            ordered = query.order_by(sa.func.coalesce(t.due_at, 2**62), t.id).limit(MOST)
            return Tasks(self._shown(tx, tx.execute(ordered).all()))

    def one(self, key: str) -> Task:
        """A task. Raises NotFound."""
        with self._workspace.state.read() as tx:
            return self._shown(tx, [_row(tx, key)])[0]

    def add(self, wanted: NewTask, actor: Actor) -> Task:
        """A task by hand."""
        now, key = self._workspace.clock(), f"t_{secrets.token_hex(12)}"
        with self._workspace.state.write() as tx:
            about = None if wanted.answer is None else inbox.kept(tx, wanted.answer)
            values: dict[str, Any] = {
                "id": key,
                "message_id": None if about is None else about.message_id,
                "title": foreign.storable(wanted.title),
                "owner": inbox.known_user(tx, "owner", wanted.owner),
                "status": "open",
                "created_at": now,
                "due_at": None if wanted.due_at is None else self._moment("due_at", wanted.due_at),
                "escalate_to": "",
                "version": 1,
                "changed_at": now,
            }
            tx.execute(tables.tasks.insert().values(values))
            if about is not None:
                said = {
                    "task": key,
                    "rule": None,
                    "about": about.message_id,
                    "due": times.iso_or_none(values["due_at"]),
                }
                self._tell(tx, about, "Task Opened", f"task-opened-{key}", said)
            audit.record(tx, actor, "task.opened", f"task:{key}", {"title": wanted.title})
            return self._shown(tx, [_row(tx, key)])[0]

    def change(self, key: str, wanted: ChangedTask, actor: Actor) -> Task:
        """Change a task; Conflict if somebody else did meanwhile."""
        with self._workspace.state.write() as tx:
            before = _row(tx, key)
            values = self._values(tx, before, wanted)
            if values:
                self._save(tx, before, wanted.expected_version, values)
                said = {name: [getattr(before, name), value] for name, value in values.items()}
                audit.record(tx, actor, "task.changed", f"task:{key}", said)
                words = ", ".join(f"{name}: {old} → {new}" for name, (old, new) in said.items())
                inbox.write_note(tx, f"task:{key}", "change", words, actor, self._workspace.clock())
                self._tell_closed(tx, before, values)
            return self._shown(tx, [_row(tx, key)])[0]

    # -- inside ------------------------------------------------------------------------------------------------------

    def _values(self, tx: sa.Connection, before: Any, wanted: ChangedTask) -> dict[str, Any]:
        values: dict[str, Any] = {}
        if wanted.title is not msgspec.UNSET:
            values["title"] = foreign.storable(wanted.title)
        if wanted.status is not msgspec.UNSET:
            values["status"] = wanted.status
        if wanted.owner is not msgspec.UNSET:
            values["owner"] = inbox.known_user(tx, "owner", wanted.owner)
        for name in ("due_at", "snoozed_until"):
            if (text := getattr(wanted, name)) is not msgspec.UNSET:
                values[name] = None if text is None else self._moment(name, text)
        values = {name: value for name, value in values.items() if value != getattr(before, name)}
        if "status" in values:
            values["closed_at"] = None if values["status"] == "open" else self._workspace.clock()
        if "due_at" in values or values.get("status") == "open":
            values["escalated_at"] = None  # it may become overdue again
        return {name: value for name, value in values.items() if value != getattr(before, name)}

    def _save(self, tx: sa.Connection, before: Any, expected: int, values: Mapping[str, Any]) -> None:
        t = tables.tasks.c
        same = sa.update(tables.tasks).where(t.id == before.id, t.version == expected)
        saved = tx.execute(same.values(**values, version=expected + 1, changed_at=self._workspace.clock()))
        if saved.rowcount != 1:
            raise Conflict(
                "Somebody changed this task meanwhile.",
                remedy="Read it again.",
                current={"version": before.version, "status": before.status, "owner": before.owner},
            )

    def _tell_closed(self, tx: sa.Connection, before: Any, values: Mapping[str, Any]) -> None:
        if values.get("status") not in ("done", "dropped") or before.message_id is None:
            return
        a = tables.answers.c
        about = tx.execute(sa.select(tables.answers).where(a.message_id == before.message_id)).first()
        if about is not None:
            said = {
                "task": before.id,
                "rule": before.rule,
                "about": before.message_id,
                "outcome": values["status"],
                "late": before.due_at is not None and self._workspace.clock() > before.due_at,
            }
            self._tell(tx, about, "Task Closed", f"task-closed-{before.id}-{before.version + 1}", said)

    def _tell(self, tx: sa.Connection, about: Any, name: str, message: str, said: dict[str, Any]) -> None:
        now = self._workspace.clock()
        table, row = acting.told(about.identity, name, message, now, about.simulated, said)
        tx.execute(table.insert().values(row))

    def _moment(self, field: str, text: str) -> int:
        return periods.moment(field, text, preferences.zone(self._workspace.state))

    def _shown(self, tx: sa.Connection, rows: Sequence[Any]) -> list[Task]:
        a, now = tables.answers.c, self._workspace.clock()
        among = self._workspace.state.among(a.message_id, [row.message_id for row in rows if row.message_id])
        numbers = {row[0]: row[1] for row in tx.execute(sa.select(a.message_id, a.number).where(among))} if rows else {}
        return [_task(row, numbers.get(row.message_id), now) for row in rows]


def _task(row: Any, answer: int | None, now: int) -> Task:
    asleep = row.snoozed_until is not None and row.snoozed_until > now
    return Task(
        id=row.id,
        title=row.title,
        status=row.status,
        owner=row.owner,
        due_at=times.iso_or_none(row.due_at),
        snoozed_until=times.iso_or_none(row.snoozed_until if asleep else None),
        overdue=row.status == "open" and not asleep and row.due_at is not None and row.due_at < now,
        escalated_at=times.iso_or_none(row.escalated_at),
        rule=row.rule,
        answer=answer,
        created_at=times.iso(row.created_at),
        closed_at=times.iso_or_none(row.closed_at),
        version=row.version,
    )


def _row(tx: sa.Connection, key: str) -> Any:
    row = tx.execute(sa.select(tables.tasks).where(tables.tasks.c.id == foreign.storable(key)[:40])).first()
    if row is None:
        raise NotFound("task", key)
    return row
