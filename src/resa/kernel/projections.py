"""Projections follow the tail in order, each with a cursor saved in the transaction that saves its effect.

So an effect is applied exactly once, whatever dies when, and a projection can be rebuilt from the body.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import ClassVar, Final, Protocol

import pyarrow as pa
import sqlalchemy as sa

from resa.kernel import crash
from resa.kernel.state import State, metadata
from resa.kernel.tail import Tail

log: Final = logging.getLogger("resa.projections")

cursors: Final = sa.Table(
    "cursors",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("row", sa.BigInteger, nullable=False),
)


NOTED: Final = 2.0
"""Seconds between two notes of a place in the log up to which nothing changed: each is a transaction that others wait for."""

Effect = Callable[[sa.Connection], object]
"""What events change, written in the transaction that moves the cursor."""


class Projection(Protocol):
    """Something known that is kept up with the log."""

    name: str

    def position(self) -> int:
        """Rows below are applied."""
        ...

    def noted(self) -> int:
        """Rows below are applied for good: a process that dies now goes on from here."""
        ...

    def apply(self, events: pa.Table) -> None:
        """Apply the next events (`events.SCHEMA`, rows from `position()` on) and the new position, together."""
        ...

    def note(self) -> None:
        """Write the place down, where that was put off. Called when nothing comes, and at the end."""
        ...


class StateProjection:
    """A projection whose effect lies in the state store. Subclasses write `prepare`.

    `synced` is False where nothing outside the store may have seen an effect that a power cut takes back: cursor and effect go
    together, and what is applied anew is the same.
    """

    name: str
    synced: ClassVar[bool] = True

    def __init__(self, state: State, *, first_row: int = 0) -> None:
        """Follow from where the last process stopped; one that is new in this workspace begins at `first_row`.

        The tail of a workspace that has history no longer reaches back to row 0: what lies before it is in the body.
        """
        self.state = state
        with state.write() as tx:
            state.upsert(tx, cursors, [{"name": self.name, "row": first_row}], key=["name"], update=[])
            self._row = int(tx.execute(sa.select(cursors.c.row).where(cursors.c.name == self.name)).scalar_one())
        self._noted, self._noted_at = self._row, time.monotonic()

    def position(self) -> int:
        """Rows below are folded in."""
        return self._row

    def noted(self) -> int:
        """Rows below are folded in for good."""
        return self._noted

    def apply(self, events: pa.Table) -> None:
        """Fold the events and move the cursor in one transaction; events that change nothing cost one now and then only."""
        effect = self.prepare(events)
        upto = self._row + events.num_rows
        if effect is None:
            self._row = upto
            if time.monotonic() - self._noted_at > NOTED:
                self.note()
            return
        with self.state.write() if self.synced else self.state.write_unsynced() as tx:
            effect(tx)
            crash.reached(f"{self.name}.before-cursor")
            self._write_cursor(tx, upto)
        self._kept(upto)
        self.applied()

    def note(self) -> None:
        """Write down a place up to which nothing changed: what came before it is never looked at again."""
        if self._noted < (row := self._row):
            with self.state.write_unsynced() as tx:
                self._write_cursor(tx, row)
            self._kept(row)

    def _write_cursor(self, tx: sa.Connection, row: int) -> None:
        tx.execute(sa.update(cursors).where(cursors.c.name == self.name).values(row=row))

    def _kept(self, row: int) -> None:
        self._row = self._noted = row
        self._noted_at = time.monotonic()

    def prepare(self, events: pa.Table) -> Effect | None:
        """Work out, outside the transaction, what the events change; None for nothing."""
        raise NotImplementedError

    def applied(self) -> None:
        """Called when an effect is durable."""


class Follower:
    """One thread that keeps one projection up with the tail: `pause` seconds apart, or at once where a whole batch waits."""

    def __init__(self, projection: Projection, log_tail: Tail, *, pause: float, most: int) -> None:
        """`most` events at a time, about."""
        self.projection = projection
        self._tail = log_tail
        self._pause = pause
        self._most = most
        self._stopping = threading.Event()
        self.failure: str | None = None
        self._thread = threading.Thread(target=self._run, name=f"resa-{projection.name}", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """Catch up with what is committed, then end."""
        self._stopping.set()
        self._tail.wake()
        if self._thread.is_alive():
            self._thread.join(timeout=60)

    def _run(self) -> None:
        while not self._stopping.is_set():
            started = time.monotonic()
            if self._tail.wait(self.projection.position(), seconds=1.0):
                while self._step() and self._tail.next_row - self.projection.position() >= self._most:
                    pass
                self._stopping.wait(max(0.0, self._pause - (time.monotonic() - started)))
            else:
                self._note()
        self.catch_up()
        self._note()

    def _note(self) -> None:
        try:
            self.projection.note()
        except Exception:  # a process boundary: it is tried again, and what is read twice changes nothing twice
            log.exception("The projection %s could not write its place down.", self.projection.name)

    def catch_up(self) -> None:
        """Apply everything committed so far, in the caller's thread."""
        while self._tail.next_row > self.projection.position() and self._step():
            pass

    def _step(self) -> bool:
        try:
            events = self._tail.read(self.projection.position(), self._most)
            if events is not None:
                self.projection.apply(events)
            self.failure = None
        except Exception as error:  # a process boundary: the thread reports and tries again, nothing is skipped
            self.failure = f"{type(error).__name__}: {error}"
            log.exception(
                "The projection %s failed; it tries again from row %d.",
                self.projection.name,
                self.projection.position(),
            )
            self._stopping.wait(1.0)
            return False
        return events is not None
