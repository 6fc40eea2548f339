"""The lander: moves what is committed from the tail into the body and the journey index, exactly once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pyarrow as pa

from resa.kernel.body import Body
from resa.kernel.identities import Identities
from resa.kernel.identity_map import IdentityMap

if TYPE_CHECKING:
    from resa.kernel.sequences.index import JourneyIndex


class Lander:
    """A projection whose cursor commits inside the body, with its rows; the index follows the body."""

    name = "lander"

    def __init__(self, body: Body, index: JourneyIndex, identities: Identities) -> None:
        """Catch the index up with the body: its head is lost with the process, by design."""
        self._body = body
        self._index = index
        self._identities = identities
        self._told: IdentityMap | None = None
        self._applying = threading.RLock()  # so that who waits for a refresh finds body and index at the same row
        self._follow()

    def position(self) -> int:
        """Rows below are landed."""
        return self._body.landed()

    def noted(self) -> int:
        """The same: what has landed is durable."""
        return self.position()

    def note(self) -> None:
        """Nothing was put off."""

    def apply(self, events: pa.Table) -> None:
        """Land the events; tell the body who belongs together now; append to the index."""
        with self._applying:
            self._follow()
            self.refresh()
            self._body.land(events)
            self._append(events)
            self.refresh()
        self._body.tidy()

    def refresh(self) -> None:
        """Tell the body of merges and undone merges, if there were any."""
        with self._applying:
            now = self._identities.map()
            if now is not self._told:
                self._body.set_identity_map(*now.moved())
                self._told = now

    def _follow(self) -> None:
        """Rows the body has and the index lacks: after a restart, or when an append failed after a landing."""
        if self._index.next_row < self._body.landed():
            for part in self._body.sequence(self._index.next_row):
                self._append(part)

    def _append(self, events: pa.Table) -> None:
        columns = (events.column(name).to_numpy() for name in ("row", "time", "code", "identity"))
        self._index.append(*columns)
        self._index.publish()
