"""The thread that keeps memberships current: it looks at the tail, at the clock, at audiences that must be filled."""

from __future__ import annotations

import logging
import threading
import time
from typing import Final

from resa.kernel.audiences.keeping import Memberships
from resa.kernel.tail import Committer, Tail

log: Final = logging.getLogger("resa.audiences")

MOST: Final = 20_000
PAUSE: Final = 0.2
"""Seconds between two looks around: at the tail and at the clock."""


class Keeper:
    """Like a `Follower`, but woken by time as well as by events."""

    def __init__(self, projection: Memberships, log_tail: Tail, committer: Committer) -> None:
        """Follow the tail on behalf of the memberships."""
        self.projection = projection
        self._tail = log_tail
        self._committer = committer
        self._stopping = threading.Event()
        self.failure: str | None = None
        self._thread = threading.Thread(target=self._run, name="resa-audiences", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """Catch up with what is committed, then end. What is to be told or filled waits for the next start."""
        self._stopping.set()
        self._tail.wake()
        if self._thread.is_alive():
            self._thread.join(timeout=60)

    def catch_up(self) -> None:
        """Do all that is to do now, in the caller's thread."""
        while self._step():
            pass

    def _run(self) -> None:
        while not self._stopping.is_set():
            started = time.monotonic()
            if not self._step() and not self._stopping.is_set():
                self._tail.wait(self.projection.position(), PAUSE)
            self._stopping.wait(max(0.0, PAUSE - (time.monotonic() - started)))
        while self._tail.next_row > self.projection.position() and self._step(fill=False):
            pass
        self.projection.note()

    def _step(self, *, fill: bool = True) -> bool:
        try:
            worked = self._look(fill=fill)
            self.failure = None
        except Exception as error:  # a process boundary: the thread reports and tries again, nothing is skipped
            self.failure = f"{type(error).__name__}: {error}"
            log.exception("Audiences failed; they try again from row %d.", self.projection.position())
            self._stopping.wait(1.0)
            return False
        return worked

    def _look(self, *, fill: bool) -> bool:
        kept = self.projection
        if kept.pass_by(self._tail.next_row):
            return kept.tell(self._committer)
        if fill and kept.filling:
            return kept.fill()  # where the body is behind, it comes up first
        events = self._tail.read(kept.position(), MOST) if self._tail.next_row > kept.position() else None
        worked = kept.look(events)
        return kept.tell(self._committer) or worked
