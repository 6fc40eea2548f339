"""What happened that somebody is to be asked about: a follower of the log.

An asking is written in the transaction that moves the cursor, under an id made of the event: exactly once per event,
whatever dies when. Answers are followed too, whichever page or program they came through.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from resa.feedback.asking import sampling, tables
from resa.feedback.asking.book import Book
from resa.feedback.asking.plans import REMEMBERED, Plan, Plans
from resa.feedback.asking.somebody import Somebody, behind
from resa.feedback.asking.tables import ANSWERED, ASKED, DISMISSED, DROPPED, SHOWN, WAITING
from resa.kernel.contacts import Ledger
from resa.kernel.identities import Identities
from resa.kernel.matching import python as matching
from resa.kernel.projections import Effect, StateProjection
from resa.kernel.state import State

_SAID: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "Survey Shown": (SHOWN, (ASKED,)),
    "Survey Dismissed": (DISMISSED, (ASKED, SHOWN)),
    "Survey Answered": (ANSWERED, (ASKED, SHOWN, DISMISSED)),
}
"""What an event makes of the asking it names, and from which states."""
_COLUMNS: Final = (
    "message_id", "identity", "type", "name", "time", "channel", "source", "page_url", "page_path", "page_title", "referrer",
    "referrer_kind", "campaign_source", "campaign_medium", "campaign_name", "device", "os", "browser", "locale", "revenue",
    "currency", "order_id", "user_id", "anonymous_id", "properties", "bot", "simulated",
)  # fmt: skip

Row = dict[str, Any]


class Triggers(StateProjection):
    """Follows the tail from the moment the first survey could have been asked: the past is asked about no more."""

    name = "asking"

    def __init__(
        self,
        state: State,
        identities: Identities,
        ledger: Ledger,
        book: Book,
        current: Callable[[], Plans],
        clock: Callable[[], int],
        *,
        first_row: int,
        woken: Callable[[], None],
    ) -> None:
        """A workspace that never had surveys begins at `first_row`. `woken` is called when askings came."""
        super().__init__(state, first_row=first_row)
        self._identities, self._ledger, self._book = identities, ledger, book
        self._current, self._clock, self._woken = current, clock, woken

    def prepare(self, events: pa.Table) -> Effect | None:
        """Find what is followed; the rest of a batch costs a look at its names."""
        following = self._current().following
        rows = self._rows(events, following)
        if not rows:
            return None

        def effect(tx: sa.Connection) -> None:
            began = [self._one(tx, row, following) for row in rows]
            if any(began):
                self._woken()

        return effect

    def _rows(self, events: pa.Table, following: tuple[Plan, ...]) -> list[Row]:
        names, types = events.column("name"), events.column("type")
        tracks = {match.name for plan in following for match in plan.events if match.type == "track"} | _SAID.keys()
        others = {match.type for plan in following for match in plan.events if match.type != "track"}
        mask = pc.and_(pc.equal(types, "track"), pc.is_in(names, pa.array(sorted(filter(None, tracks)))))
        if others:
            mask = pc.or_(mask, pc.is_in(types, pa.array(sorted(others))))
        mask = pc.and_(mask, pc.invert(events.column("bot")))
        found: list[Row] = events.select(_COLUMNS).filter(mask).to_pylist()
        return found

    def _one(self, tx: sa.Connection, row: Row, following: tuple[Plan, ...]) -> bool:
        said = matching.properties(row)
        if row["name"] in _SAID and row["type"] == "track":
            self._answered(tx, row, said)
        if row["simulated"] or row["time"] < self._clock() - REMEMBERED:
            return False  # history that is imported, or people who are not there
        began = False
        for plan in following:
            if plan.meets(row, said):
                began |= self._begin(tx, plan, row)
        return began

    def _begin(self, tx: sa.Connection, plan: Plan, row: Row) -> bool:
        identity = _identity(row)
        somebody = behind(tx, self._identities, identity)
        if not sampling.sampled(plan.key, somebody.name, plan.body.sample):
            return False
        due = row["time"] + plan.delay
        ask = tables.new(
            plan.key,
            identity,
            f"event:{row['message_id']}",
            due=due,
            until=due + plan.life,
            version=plan.version,
            probability=plan.body.sample,
        )
        return self._book.begin(tx, ask, somebody.members)

    def _answered(self, tx: sa.Connection, row: Row, said: Mapping[str, Any]) -> None:
        """What became of an asking; who answered by another way is not asked for the same any more."""
        state, before = _SAID[row["name"]]
        now = self._clock()
        request = said.get("request")
        ask = self._book.get(tx, request[:32]) if isinstance(request, str) else None
        if ask is not None and ask.survey == said.get("survey"):
            if state == SHOWN and ask.contact is not None:
                self._ledger.confirm(tx, ask.contact)
            self._book.change(tx, ask, before, state=state, next=None, at=now)
        if state == ANSWERED and isinstance(said.get("survey"), str):
            somebody: Somebody = behind(tx, self._identities, _identity(row))
            for ask in self._book.of(tx, somebody.members, now - 2 * 366 * 86_400_000):
                if ask.survey == said["survey"] and ask.state == WAITING:
                    if ask.contact is not None:
                        self._ledger.release(tx, ask.contact)
                    self._book.change(tx, ask, (WAITING,), state=DROPPED, next=None, at=now, why="answered already")


def _identity(row: Row) -> str:
    """The device where there is one: there the customer is, and there an unproved user may be shown something."""
    device, user = row["anonymous_id"], row["user_id"]
    return f"anon:{device}" if device else f"user:{user}"
