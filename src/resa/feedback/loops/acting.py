"""What a rule that fires writes down, in the transaction that says it fired: a task, alerts, what is to be sent, what is to be told."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from resa.access import team
from resa.feedback.loops import hours, tables
from resa.feedback.loops.definition import FeedbackRule
from resa.feedback.loops.sources import Answer
from resa.kernel import times
from resa.kernel.audiences.rules import milliseconds

SIMULATED: Final = "The customer is simulated: nothing leaves this house."
ANONYMOUS: Final = "The answer is anonymous: there is nobody to write to."

_FIRE: Final = sa.text(
    "INSERT INTO loop_firings (rule, message_id, rule_version, at, arm, identity_number, actions) "
    "VALUES (:rule, :message_id, :rule_version, :at, :arm, :identity_number, :actions) ON CONFLICT DO NOTHING"
)
_BRING_UP: Final = sa.text("UPDATE loop_answers SET status = 'new' WHERE message_id = :message_id AND status = 'aside'")

Row = tuple[sa.Table, dict[str, Any]]


class Firing(NamedTuple):
    """A rule (its key, version and body) and the answer it is about; `arm` is `acted` or `held_out`."""

    key: str
    version: int
    rule: FeedbackRule
    answer: Answer
    arm: str

    @property
    def id(self) -> str:
        """The same for the same rule and answer, whenever it is worked out: what makes everything happen once."""
        return hashlib.sha256(f"{self.key}/{self.answer.message_id}".encode()).hexdigest()[:24]


def fire(tx: sa.Connection, firing: Firing, now: int, zone: ZoneInfo) -> bool:
    """Write down what is to be done; False (and nothing) where the rule had fired for that answer before."""
    names = firing.rule.then.names
    written = tx.execute(
        _FIRE,
        {
            "rule": firing.key,
            "message_id": firing.answer.message_id,
            "rule_version": firing.version,
            "at": now,
            "arm": firing.arm,
            "identity_number": firing.answer.number,
            "actions": msgspec.json.encode(names).decode(),
        },
    )
    if written.rowcount != 1:
        return False
    if firing.arm == "acted":
        tx.execute(_BRING_UP, {"message_id": firing.answer.message_id})
        owner = user_id(tx, firing.rule.then.task.owner) if firing.rule.then.task is not None else None
        for action in _ACTIONS:
            for table, values in action(firing, now, zone, owner):
                tx.execute(table.insert().values(values))
    return True


def user_id(tx: sa.Connection, email: str) -> str | None:
    """The id of the person of the team with this address; None where nobody has it."""
    found = team.by_email(tx, team.normal_email(email)) if email else None
    return None if found is None else str(found.id)


def told(answer_identity: str, name: str, message_id: str, at: int, simulated: bool, said: dict[str, Any]) -> Row:
    """An event of Resa's own, to be written to the log of the customer."""
    return tables.outbox, {
        "message_id": message_id,
        "identity": answer_identity,
        "name": name,
        "at": at,
        "simulated": simulated,
        "properties": msgspec.json.encode(said).decode(),
    }


def spoken(answer: Answer) -> dict[str, Any]:
    """An answer as other systems are told of it."""
    return {
        "id": answer.message_id,
        "event": answer.event,
        "at": times.iso(answer.at),
        "customer": None if answer.anonymous else answer.identity,
        "survey": answer.survey,
        "metric": answer.metric,
        "score": answer.score,
        "comment": answer.comment,
        "channel": answer.channel,
        "language": answer.language,
        "sentiment": answer.sentiment,
        "themes": list(answer.themes),
    }


def _alerts(firing: Firing, now: int, _zone: ZoneInfo, _owner: str | None) -> Iterator[Row]:
    alert = firing.rule.then.alert
    for address in dict.fromkeys(team.normal_email(each) for each in alert.to) if alert else ():
        yield (
            tables.alerts,
            {
                "to": address,
                "kind": "answer",
                "rule": firing.key,
                "message_id": firing.answer.message_id,
                "at": now,
            },
        )
        if alert is not None and alert.mail:
            said = {"rule": firing.rule.name, "answer": spoken(firing.answer)}
            yield _delivery(firing, "alert_mail", address, said, now)


def _task(firing: Firing, now: int, zone: ZoneInfo, owner: str | None) -> Iterator[Row]:
    task = firing.rule.then.task
    if task is None:
        return
    due = hours.due(firing.answer.received_at, milliseconds(task.due), task.hours, zone)
    key, answer = f"t_{firing.id}", firing.answer
    values = {
        "id": key,
        "rule": firing.key,
        "message_id": answer.message_id,
        "title": task.title or firing.rule.name,
        "owner": owner,
        "status": "open",
        "created_at": now,
        "due_at": due,
        "escalate_to": team.normal_email(task.escalate_to) if task.escalate_to else "",
        "version": 1,
        "changed_at": now,
    }
    yield tables.tasks, values
    said = {"task": key, "rule": firing.key, "about": answer.message_id, "due": times.iso(due)}
    yield told(answer.identity, "Task Opened", f"task-opened-{key}", now, answer.simulated, said)


def _follow_up(firing: Firing, now: int, _zone: ZoneInfo, _owner: str | None) -> Iterator[Row]:
    follow = firing.rule.then.follow_up
    if follow is not None:
        at = max(now, firing.answer.received_at + milliseconds(follow.after))
        said = {"template": follow.template, "answer": spoken(firing.answer)}
        problem = ANONYMOUS if firing.answer.anonymous else ""
        yield _delivery(firing, "follow_up", firing.answer.identity, said, at, problem)


def _webhook(firing: Firing, now: int, _zone: ZoneInfo, _owner: str | None) -> Iterator[Row]:
    hook = firing.rule.then.webhook
    if hook is not None:
        said = {
            "type": "feedback.rule",
            "id": f"d_{firing.id}_webhook",
            "at": times.iso(now),
            "rule": {"key": firing.key, "version": firing.version, "name": firing.rule.name},
            "answer": spoken(firing.answer),
        }
        yield _delivery(firing, "webhook", hook.url, said, now)


_ACTIONS: Final[tuple[Callable[[Firing, int, ZoneInfo, str | None], Iterator[Row]], ...]] = (
    _alerts,
    _task,
    _follow_up,
    _webhook,
)


def _delivery(firing: Firing, kind: str, to: str, said: dict[str, Any], at: int, problem: str = "") -> Row:
    if firing.answer.simulated and kind != "alert_mail":
        problem = SIMULATED
    mark = hashlib.sha256(to.encode()).hexdigest()[:6] if kind == "alert_mail" else kind
    return tables.deliveries, {
        "id": f"d_{firing.id}_{mark}",
        "kind": kind,
        "rule": firing.key,
        "message_id": firing.answer.message_id,
        "to": to,
        "body": msgspec.json.encode(said).decode(),
        "state": "held_back" if problem else "waiting",
        "attempts": 0,
        "next_at": at,
        "created_at": at,
        "problem": problem,
    }
