"""Decisions written to the log as events of Resa's own: in batches, after the answer, never in its way (DECISIONS 25)."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final

import msgspec

from resa.collect.limits import Buckets, Limits, Rate
from resa.kernel.errors import Overloaded
from resa.kernel.events import EMPTY, Draft
from resa.kernel.tail import Committer

log: Final = logging.getLogger("resa.experiences")

PAUSE: Final = 1.0
"""Seconds that decisions gather: what a crash can lose of them. What is counted is the exposure, which carries its own proof."""
AT_ONCE: Final = 100
"""Decisions in one commit: a contact that is to be counted waits for no more than that."""
MOST_WAITING: Final = 50_000
NOTES: Final = Limits().address
"""As many as it may send events."""

_encode: Final = msgspec.json.Encoder().encode


class Logbook:
    """Used by one event loop."""

    def __init__(self, committer: Committer, notes: Rate = NOTES) -> None:
        """`notes`: how many one address may cause with a browser's key, where anybody may ask for devices they made up."""
        self._committer = committer
        self._notes = Buckets(notes)
        self._waiting: list[Draft] = []
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None
        self.lost = 0

    def add(
        self,
        half: Draft,
        at: int,
        identity: str | None,
        name: str,
        decision: str,
        properties: dict[str, Any],
        *,
        address: str | None = None,
    ) -> None:
        """Write down soon what was decided at a time; `half` is what the visit is known by, `address` whose share it is of, if limited."""
        kind, _, value = (identity or "").partition(":")
        if not value:
            return  # nobody it could be told of
        if len(self._waiting) >= MOST_WAITING:
            self.lost += 1
            return
        if address is not None:
            if self._notes.wait(address):
                self.lost += 1
                return
            self._notes.take(address, 1)
        draft: Draft = half.__copy__()  # type: ignore[attr-defined]  # every msgspec Struct has it
        draft.message_id = f"resa-{name.partition(' ')[0].lower()}-{decision}"
        draft.type, draft.name = "track", name
        draft.time = draft.received_at = at
        draft.source, draft.verified, draft.context = "resa", True, EMPTY
        draft.user_id, draft.anonymous_id = (value, None) if kind == "user" else (None, value)
        draft.group_id = draft.ip = None
        draft.properties = _encode(properties).decode()
        self._waiting.append(draft)
        if len(self._waiting) == AT_ONCE:
            self._due()  # many come: as they come, so that once a second there is no heap of them that all others wait for
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(PAUSE, self._due)

    def _due(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting and (self._writing is None or self._writing.done()):
            self._writing = asyncio.ensure_future(self._write())

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            try:
                await self._committer.submit(batch)
            except Overloaded:
                self._waiting = batch + self._waiting
                break
            except Exception:  # a process boundary: what can't be written must not stop what comes after it
                self.lost += len(batch)
                log.exception("%d decisions could not be written to the log.", len(batch))
        if self._waiting and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(PAUSE, self._due)

    async def flush(self) -> None:
        """Write all that waits, now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._writing is not None:
            await self._writing
        await self._write()
