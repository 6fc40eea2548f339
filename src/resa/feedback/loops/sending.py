"""The thread that sends what rules queued, tells the log what was done, and minds what is overdue."""

from __future__ import annotations

import http.client
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple, Protocol

import sqlalchemy as sa

from resa.feedback.loops import tables, webhooks
from resa.kernel import crash
from resa.kernel.audiences.rules import MINUTE
from resa.kernel.errors import Overloaded, ResaError
from resa.kernel.events import Draft
from resa.kernel.workspace import Workspace

log: Final = logging.getLogger("resa.feedback.loops")

PAUSE: Final = 2.0
"""Seconds between two looks where nobody woke it."""
AT_ONCE: Final = 20
TOLD_AT_ONCE: Final = 1_000
WIDE: Final = 4
"""Deliveries under way at the same time."""
PAUSES: Final = (MINUTE // 2, 2 * MINUTE, 10 * MINUTE, 60 * MINUTE, 360 * MINUTE, 1440 * MINUTE)
"""Before the second attempt, the third, and so on; after the last one a delivery is dead until somebody tries it again."""


class Outcome(NamedTuple):
    """`state` is `sent`, `dead`, `held_back` or `waiting` (try again); `problem` says why it is not sent."""

    state: str
    problem: str = ""


class Mailing(Protocol):
    """How mail leaves the house. Both write into the caller's transaction and answer at once."""

    def follow_up(self, tx: sa.Connection, delivery: Any) -> Outcome:
        """Write to the customer a delivery is for, with their consent and within their budget."""
        ...

    def alert(self, tx: sa.Connection, delivery: Any) -> Outcome:
        """Write to somebody of the team."""
        ...


class NoMail:
    """Where no mail can be sent: everything waits, visibly."""

    def follow_up(self, tx: sa.Connection, delivery: Any) -> Outcome:
        """It can't."""
        del tx, delivery
        return Outcome("dead", "No e-mail sender is set up.")

    alert = follow_up


class Sending:
    """One thread of a running server."""

    def __init__(
        self, workspace: Workspace, mailing: Mailing | None = None, besides: Callable[[], bool] = lambda: False
    ) -> None:
        """Nothing is sent before `start`. `besides` does some of what else is to be sent; whether there may be more."""
        self._besides = besides
        self._workspace = workspace
        self.mailing: Mailing = mailing or NoMail()
        self._allowed = webhooks.networks(workspace.settings.webhook_networks)
        self._woken = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="resa-loops-sending", daemon=True)

    async def start(self) -> None:
        """With the server."""
        self._thread.start()

    async def stop(self) -> None:
        """After what is under way; the rest waits in state."""
        self._stopping = True
        self.wake()
        if self._thread.is_alive():
            self._thread.join(timeout=webhooks.SECONDS + 5)

    def wake(self) -> None:
        """There is something to do."""
        self._woken.set()

    def _run(self) -> None:
        while not self._stopping:
            self._woken.wait(PAUSE)
            self._woken.clear()
            try:
                while not self._stopping and self.step():
                    pass
            except Exception:  # a process boundary: said in the log, tried again
                log.exception("Closing the loop failed; it tries again.")

    def step(self) -> bool:
        """Do what is due now; whether there may be more."""
        self._mind_overdue()
        told = self._tell()
        sent = self._send()
        return self._besides() or told or sent

    # -- the log -----------------------------------------------------------------------------------------------------

    def _tell(self) -> bool:
        with self._workspace.state.read() as tx:
            waiting = tx.execute(sa.select(tables.outbox).order_by(tables.outbox.c.at).limit(TOLD_AT_ONCE)).all()
        if not waiting:
            return False
        now = self._workspace.clock()
        ids = [item.message_id for item in waiting]

        def alongside(tx: sa.Connection) -> None:
            tx.execute(sa.delete(tables.outbox).where(self._workspace.state.among(tables.outbox.c.message_id, ids)))

        crash.reached("loops.telling")
        try:
            self._workspace.committer.submit_sync([_draft(item, now) for item in waiting], alongside)
        except Overloaded:
            return False
        crash.reached("loops.told")
        return len(waiting) == TOLD_AT_ONCE

    # -- what is overdue ---------------------------------------------------------------------------------------------

    def _mind_overdue(self) -> None:
        """Tell, once, whom a task names for that."""
        t, now = tables.tasks.c, self._workspace.clock()
        late = sa.and_(
            t.status == "open",
            t.due_at < now,
            t.escalated_at.is_(None),
            sa.or_(t.snoozed_until.is_(None), t.snoozed_until <= now),
        )
        with self._workspace.state.read() as tx:
            if tx.execute(sa.select(t.id).where(late).limit(1)).first() is None:
                return
        with self._workspace.state.write() as tx:
            for task in tx.execute(sa.select(tables.tasks).where(late).limit(AT_ONCE * 10)).all():
                claimed = sa.update(tables.tasks).where(t.id == task.id, t.escalated_at.is_(None))
                if tx.execute(claimed.values(escalated_at=now)).rowcount == 1 and task.escalate_to:
                    values = {"to": task.escalate_to, "kind": "overdue", "rule": task.rule, "at": now}
                    tx.execute(tables.alerts.insert().values(**values, message_id=task.message_id, task=task.id))

    # -- deliveries --------------------------------------------------------------------------------------------------

    def _send(self) -> bool:
        d, now = tables.deliveries.c, self._workspace.clock()
        due = (
            sa.select(tables.deliveries)
            .where(d.state == "waiting", d.next_at <= now)
            .order_by(d.next_at)
            .limit(AT_ONCE)
        )
        with self._workspace.state.read() as tx:
            found = tx.execute(due).all()
        hooks = [item for item in found if item.kind == "webhook"]
        for item in found:
            if item.kind != "webhook":
                self._mail(item, now)
        if hooks:
            with ThreadPoolExecutor(WIDE, "resa-webhook") as threads:
                list(threads.map(lambda item: self._hook(item, now), hooks))
        return len(found) == AT_ONCE

    def _mail(self, delivery: Any, now: int) -> None:
        write: Callable[[sa.Connection, Any], Outcome] = (
            self.mailing.follow_up if delivery.kind == "follow_up" else self.mailing.alert
        )
        try:
            with self._workspace.state.write() as tx:
                _note(tx, delivery, write(tx, delivery), now)
                if delivery.kind == "follow_up":
                    _contacted(tx, delivery, now)
                crash.reached("loops.mailing")
            crash.reached("loops.mailed")
        except ResaError as error:
            with self._workspace.state.write() as tx:
                _note(tx, delivery, Outcome("dead", error.message), now)

    def _hook(self, delivery: Any, now: int) -> None:
        crash.reached("loops.posting")
        outcome = self._post(delivery, now)
        crash.reached("loops.posted")
        with self._workspace.state.write() as tx:
            _note(tx, delivery, outcome, self._workspace.clock())

    def _post(self, delivery: Any, now: int) -> Outcome:
        try:
            key = webhooks.key_of(self._workspace.decisions.signer, delivery.rule or "")
            sent = webhooks.send(delivery.to, delivery.id, delivery.body.encode(), key, now // 1000, self._allowed)
        except webhooks.NotAllowed as refused:
            return Outcome("dead", str(refused))
        except (OSError, http.client.HTTPException, ValueError) as error:
            return Outcome("waiting", f"It can't be reached: {error}"[:300])
        if sent.well:
            return Outcome("sent")
        return Outcome("dead" if sent.status == webhooks.GONE else "waiting", f"It answered {sent.status}. {sent.said}")


def _note(tx: sa.Connection, delivery: Any, outcome: Outcome, now: int) -> None:
    """Keep what became of an attempt."""
    d = tables.deliveries.c
    attempts = delivery.attempts + 1
    state, next_at = outcome.state, now
    if state == "waiting":
        if attempts > len(PAUSES):
            state = "dead"
        else:
            next_at = now + PAUSES[attempts - 1]
    ended = None if state == "waiting" else now
    same = sa.update(tables.deliveries).where(
        d.id == delivery.id, d.state == "waiting", d.attempts == delivery.attempts
    )
    tx.execute(
        same.values(state=state, attempts=attempts, next_at=next_at, ended_at=ended, problem=outcome.problem[:500])
    )


def _contacted(tx: sa.Connection, delivery: Any, now: int) -> None:
    """A follow-up that is on its way is a contact; what was held back is none."""
    a, d = tables.answers.c, tables.deliveries.c
    sent = sa.select(d.id).where(d.id == delivery.id, d.state == "sent").exists()
    tx.execute(
        sa.update(tables.answers)
        .where(a.message_id == delivery.message_id, a.contacted_at.is_(None), sent)
        .values(contacted_at=now, contacted_by="follow_up")
    )


def _draft(item: Any, now: int) -> Draft:
    kind, _, value = item.identity.partition(":")
    return Draft(
        message_id=item.message_id,
        type="track",
        name=item.name,
        time=min(item.at, now),
        received_at=now,
        user_id=value if kind == "user" else None,
        anonymous_id=value if kind == "anon" else None,
        channel="server",
        source="resa",
        simulated=item.simulated,
        properties=item.properties,
    )
