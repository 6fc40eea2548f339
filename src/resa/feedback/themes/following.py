"""Follows the log: an event that carries a comment is read, held against the themes in force and kept, at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pyarrow as pa
import sqlalchemy as sa

from resa.feedback.themes import store
from resa.feedback.themes.reception import Reception
from resa.kernel.projections import Effect, StateProjection, cursors
from resa.kernel.state import State
from resa.kernel.tail import head, tail

if TYPE_CHECKING:
    from resa.feedback.themes.jobs import Comments


class Following(StateProjection):
    """The follower of the log that keeps the comments."""

    name = "comments"

    def __init__(self, reception: Reception, told: Callable[[], None], owner: Comments) -> None:
        """Begin where the tail still reaches; what lies before is found in the history. `told`: called after each batch kept."""
        self.owner = owner
        self._reception = reception
        self._told = told
        _begin(reception.state, self.name)
        super().__init__(reception.state)

    def prepare(self, events: pa.Table) -> Effect | None:
        """The comments among the events, read."""
        found = self._reception.found(events)
        if not found:
            return None
        rows, mentions = self._reception.read(found)
        return lambda tx: store.put(self.state, tx, rows, mentions, tell=True)

    def applied(self) -> None:
        """Say that comments were kept."""
        self._told()


def _begin(state: State, name: str) -> None:
    """Put the cursor no further back than the tail reaches: nothing between was a comment, or it is filled in."""
    with state.write() as tx:
        first = tx.execute(sa.select(sa.func.min(tail.c.first_row))).scalar()
        first = first if first is not None else tx.execute(sa.select(head.c.next_row)).scalar_one()
        state.upsert(tx, cursors, [{"name": name, "row": first}], key=["name"], update=[])
        behind = sa.update(cursors).where(cursors.c.name == name, cursors.c.row < first)
        tx.execute(behind.values(row=first))
