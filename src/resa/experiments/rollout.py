"""Ramps: a value for a growing share, step by step by the clock, rolled back by itself when a guardrail gets worse.

Where a ramp stands is state, no definition: it changes with time. While it is underway a ramp is an experiment of its own in the
payload (`ramp:<flag>:<rule>`, variations `on` and `off`), so its guardrails are read from exposures as those of any other.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Final

import sqlalchemy as sa

from resa.experiments.definition import Flag, Ramp
from resa.experiments.payload import Ramping, covered, stepped
from resa.kernel import audit
from resa.kernel.audit import Actor
from resa.kernel.errors import Conflict, NotFound
from resa.kernel.state import metadata
from resa.kernel.workspace import Workspace

log: Final = logging.getLogger(__name__)

ramps: Final = sa.Table(
    "ramps",
    metadata,
    sa.Column("flag", sa.String(64), primary_key=True),
    sa.Column("rule", sa.String(64), primary_key=True),
    sa.Column("started", sa.BigInteger, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),  # climbing, held, rolled_back, done
    sa.Column("coverage", sa.Float, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("changed", sa.BigInteger, nullable=False),
)

GOT_WORSE: Final = " got worse"
"""What a ramp says after the guardrail's key when it took itself back."""

Guard = Callable[[str, str, str, int], bool | None]
"""Whether a guardrail (a metric's key) of a ramp (flag, rule) got worse since a time (ms UTC); None: it can't be said yet."""


def unguarded(_metric: str, _flag: str, _rule: str, _since: int) -> bool | None:
    """Nobody reads guardrails: nothing can be said."""
    return None


def harmed(state: Ramping) -> str | None:
    """The guardrail that took a ramp back; None where none did."""
    reason = state.reason
    return reason.removesuffix(GOT_WORSE) if state.status == "rolled_back" and reason.endswith(GOT_WORSE) else None


class Ramps:
    """The ramps of a workspace."""

    def __init__(self, workspace: Workspace, changed: Callable[[], None]) -> None:
        """`changed` is called after every change of where a ramp stands."""
        self._workspace = workspace
        self._changed = changed
        self.guard: Guard = unguarded
        """Reads guardrails; whoever reads results puts it here."""

    def all(self) -> dict[tuple[str, str], Ramping]:
        """Where each ramp stands, by flag and rule."""
        c = ramps.c
        with self._workspace.state.read() as tx:
            rows = tx.execute(sa.select(c.flag, c.rule, c.started, c.status, c.coverage, c.reason))
            return {(row.flag, row.rule): Ramping(row.started, row.status, row.coverage, row.reason) for row in rows}

    def start(self, flag: str, rule: str, actor: Actor) -> Ramping:
        """Let it climb from its first step on; one that was rolled back begins again."""
        self._ramp(flag, rule)
        before = self.all().get((flag, rule))
        if before is not None and before.status == "climbing":
            raise Conflict(f"The ramp of {flag!r}, rule {rule!r}, is climbing already.")
        return self._put(flag, rule, Ramping(self._workspace.clock()), actor, "started")

    def hold(self, flag: str, rule: str, actor: Actor) -> Ramping:
        """Keep the share that it covers now."""
        state, ramp = self._state(flag, rule), self._ramp(flag, rule)
        share = covered(ramp, state, self._workspace.clock())[0]
        return self._put(flag, rule, Ramping(state.started, "held", share, "held by hand"), actor, "held")

    def finish(self, flag: str, rule: str, actor: Actor) -> Ramping:
        """Give it to everybody."""
        state = self._state(flag, rule)
        return self._put(flag, rule, Ramping(state.started, "done", 1.0, "finished by hand"), actor, "finished")

    def roll_back(self, flag: str, rule: str, actor: Actor, reason: str = "by hand") -> Ramping:
        """Give it to nobody."""
        state = self._state(flag, rule)
        return self._put(flag, rule, Ramping(state.started, "rolled_back", 0.0, reason), actor, "rolled_back")

    def look(self) -> list[tuple[str, str, str]]:
        """Ask the guardrails of every ramp underway, and roll back where one got worse; flag, rule and metric of those.

        They are read since the last step: over several, those who have it came later than those who don't, and would seem to do less.
        """
        found, now = [], self._workspace.clock()
        for (flag, rule), state in self.all().items():
            if state.status not in ("climbing", "held"):
                continue
            try:
                ramp = self._ramp(flag, rule)
            except NotFound:
                continue
            since = stepped(ramp, state, now)
            for metric in ramp.guardrails:
                if self.guard(metric, flag, rule, since):
                    log.warning("The flag %s (rule %s) was rolled back: %s got worse.", flag, rule, metric)
                    self.roll_back(flag, rule, audit.SYSTEM, f"{metric}{GOT_WORSE}")
                    found.append((flag, rule, metric))
                    break
        return found

    def _ramp(self, flag: str, rule: str) -> Ramp:
        body: Flag = self._workspace.definitions.get("flag", flag).body
        for each in body.rules:
            if each.id == rule and isinstance(each.then, Ramp):
                return each.then
        raise NotFound("ramp", f"{flag}/{rule}", "Give the flag a rule of that id which is a ramp.")

    def _state(self, flag: str, rule: str) -> Ramping:
        self._ramp(flag, rule)
        state = self.all().get((flag, rule))
        if state is None:
            raise Conflict(f"The ramp of {flag!r}, rule {rule!r}, was not started yet.", remedy="Start it first.")
        return state

    def _put(self, flag: str, rule: str, state: Ramping, actor: Actor, did: str) -> Ramping:
        row: Mapping[str, object] = {
            "flag": flag,
            "rule": rule,
            "started": state.started,
            "status": state.status,
            "coverage": state.coverage,
            "reason": state.reason,
            "changed": self._workspace.clock(),
        }
        with self._workspace.state.write() as tx:
            self._workspace.state.upsert(tx, ramps, [row], key=["flag", "rule"])
            audit.record(tx, actor, f"ramp.{did}", f"flag:{flag}", {"rule": rule, "reason": state.reason})
        self._changed()
        return state
