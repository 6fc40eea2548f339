"""The doors of one workspace: sources, the Segment door, the live view, and the trace of an event, held together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from resa.collect import failed, live
from resa.collect.limits import Limits
from resa.collect.live import LiveEvent, LiveView, Step
from resa.collect.newcomers import Newcomers
from resa.collect.segment import ELSEWHERE, PREFIXES, Door, Pairs
from resa.collect.sources import Sources
from resa.kernel import times
from resa.kernel.workspace import Workspace

log: Final = logging.getLogger(__name__)

_SAMPLED: Final = 0.25
_PRUNED: Final = 600.0

_STEPS: Final = (
    ("accepted", "the door took it"),
    ("committed", "it is in the log, durably"),
    ("profiled", "the customer's profile has it"),
    ("landed", "questions in SQL see it"),
    ("indexed", "journeys count it"),
)

Application = Callable[[Any, Any, Any], Awaitable[None]]


class Trace(msgspec.Struct):
    """Where an event is."""

    message_id: str
    steps: list[Step]
    event: LiveEvent | None


class Doors:
    """Open with the workspace, `start` in the event loop, `stop` before the workspace closes."""

    def __init__(self, workspace: Workspace, *, limits: Limits | None = None) -> None:
        """Make the doors; a write key of the settings becomes a browser source."""
        self._workspace = workspace
        self.sources = Sources(workspace.state, workspace.clock)
        self.sources.ensure(workspace.settings.write_key)
        self.segment = Door(
            workspace.committer,
            self.sources,
            workspace.settings,
            workspace.clock,
            limits=limits,
            decisions=workspace.decisions,
            proven=self._proven,
        )
        self.newcomers = Newcomers(workspace.clock, workspace.identities.count)
        self.live = LiveView(workspace.clock, workspace.identities.profiles)
        self._first_row = workspace.tail.next_row
        self._seeding = threading.Lock()
        self._seeded = False
        self._tasks: list[asyncio.Task[None]] = []
        self.open = True
        self.streams = 0
        self.live.milestones.mark("committed", self._first_row, workspace.clock())
        workspace.tail.listen(self.live.apply)
        workspace.tail.listen(self.newcomers.apply)

    async def start(self) -> None:
        """Warm up, and begin to note how far each projection is."""
        self._sample()
        self._tasks = [asyncio.create_task(self._watch()), asyncio.create_task(self._prune())]
        await asyncio.to_thread(self.segment.drafter.agents.warm)

    async def stop(self) -> None:
        """End what `start` began; open streams end by themselves."""
        self.open = False
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def around(self, application: Application) -> Application:
        """An ASGI application that answers the doors' paths itself and leaves the rest to `application`."""
        door = self.segment

        async def routed(scope: Any, receive: Any, send: Any) -> None:
            path = scope["path"] if scope["type"] == "http" else ""
            if path.startswith(PREFIXES) and not path.startswith(ELSEWHERE):
                await door(scope, receive, send)
            else:
                await application(scope, receive, send)

        return routed

    def view(self) -> LiveView:
        """The live view, with what earlier processes committed. Reads the body the first time."""
        with self._seeding:
            if not self._seeded:
                self.live.seed(self._before())
                self._seeded = True
        return self.live

    def trace(self, message_id: str) -> Trace:
        """Where an event is, by its message id. Asks the body if it is not among the newest."""
        event = self.view().by_message_id(message_id) or self._landed(message_id)
        if event is not None:
            return Trace(message_id, self._steps(event), event)
        with self._workspace.state.read() as tx:
            failure = (
                None if "\x00" in message_id else failed.by_message_id(tx, message_id)
            )  # PostgreSQL has no such text
        if failure is None:
            return Trace(message_id, [], None)
        reason = f"{failure.reason.field}: {failure.reason.rule} {failure.reason.remedy}"
        return Trace(
            message_id, [Step("accepted", failure.at, "the door took it"), Step("failed", failure.at, reason)], None
        )

    def _steps(self, event: LiveEvent) -> list[Step]:
        positions = self._positions() | {"accepted": event.row + 1, "committed": event.row + 1}
        steps = []
        for step, meaning in _STEPS:
            if positions.get(step, 0) > event.row and not (event.bot and step in ("profiled", "indexed")):
                at = self.live.milestones.passed(step, event.row)
                steps.append(Step(step, event.received_at if step == "accepted" else times.iso_or_none(at), meaning))
        return steps

    def _positions(self) -> dict[str, int]:
        """How far each step is: rows below are done."""
        named = {follower.projection.name: follower.projection.position() for follower in self._workspace.followers}
        return {
            "profiled": named.get("profiles", 0),
            "landed": named.get("lander", 0),
            "indexed": self._workspace.index.next_row,
        }

    def _landed(self, message_id: str) -> LiveEvent | None:
        found = self._workspace.body.query(
            "SELECT row FROM log WHERE message_id = ? ORDER BY row LIMIT 1", [message_id]
        )
        if not found.num_rows:
            return None
        events = self._workspace.body.rows(found.column("row").to_numpy())
        return next(iter(self.live.show(events)), None)

    def _before(self) -> pa.Table:
        """The newest events from before this process: those landed, then those still in the tail."""
        first = max(0, self._first_row - live.MOST)
        landed = min(self._workspace.body.landed(), self._first_row)
        parts = [live.nothing()]
        if landed > first:
            # By number: on a lake that needs no cluster, and a server is ready before its cluster is.
            found = self._workspace.body.rows(np.arange(first, landed))
            parts.append(found.select(parts[0].column_names).cast(parts[0].schema))
        if self._first_row > landed and (waiting := self._workspace.tail.read(landed, live.MOST)) is not None:
            parts.append(waiting.filter(pc.less(waiting.column("row"), self._first_row)))
        return pa.concat_tables(parts)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_SAMPLED)
            self._sample()

    def _sample(self) -> None:
        now = self._workspace.clock()
        for step, row in self._positions().items():
            self.live.milestones.mark(step, row, now)

    async def _prune(self) -> None:
        while True:
            await asyncio.sleep(_PRUNED)
            try:
                await asyncio.to_thread(self._forget)
            except Exception:  # a process boundary: said in the log, tried again
                log.exception("Forgetting old failed events failed; it is tried again.")

    def _proven(self, pairs: Pairs) -> set[tuple[str, str]]:
        with self._workspace.state.read() as tx:
            return self._workspace.identities.proven(tx, pairs)

    def _forget(self) -> None:
        with self._workspace.state.write() as tx:
            failed.prune(tx)
