"""Askings for senders of somebody else's: they fetch what is due and bring it by a channel that Resa does not have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from resa.feedback.asking import places, whom
from resa.feedback.asking.attending import Attending, wished
from resa.feedback.asking.book import Book
from resa.feedback.asking.mailing import spoken
from resa.feedback.asking.places import Given, Later
from resa.feedback.asking.plans import Plan, Plans
from resa.feedback.asking.room import Room
from resa.feedback.asking.tables import ASKED, DROPPED, WAITING, Ask
from resa.feedback.responses import tokens
from resa.kernel.workspace import Workspace

SENDERS: Final = ("sms", "push", "chat", "call", "email")


class Taken(NamedTuple):
    """An asking, and what its sender needs."""

    ask: Ask
    profile: int | None
    link: str
    language: str | None


class Fetching:
    """Hands askings out, each to one sender."""

    def __init__(
        self,
        workspace: Workspace,
        book: Book,
        attending: Attending,
        current: Callable[[], Plans],
        zone: Callable[[], ZoneInfo],
        room: Room,
    ) -> None:
        """Over the askings of a workspace."""
        self._workspace, self._book, self._attending = workspace, book, attending
        self._current, self._zone, self._room = current, zone, room

    def take(self, kind: str, surveys: Sequence[str] | None, most: int) -> list[Taken]:
        """At most so many that are due and whose person's budget has room for this kind of contact now."""
        plans = self._current()
        wanted = [plan for plan in plans.all if plan.on("api") and (surveys is None or plan.key in surveys)]
        keys = [plan.key for plan in wanted if not self._room.full(plan)]
        with self._workspace.state.read() as tx:
            ready = self._book.ready(tx, keys, most)
        found = [self._one(ask, plans, kind) for ask in ready]
        return [each for each in found if each is not None]

    def _one(self, ask: Ask, plans: Plans, kind: str) -> Taken | None:
        plan = plans.get(ask.survey)
        now = self._workspace.clock()
        if plan is None or now > ask.until:
            return None
        seen = self._attending.look(ask)
        if not whom.agreed(plan, "api", seen.person.consent):
            return None
        with self._workspace.state.write() as tx:
            if self._book.get(tx, ask.id) != ask:
                return None  # another sender was faster: a contact counted now would be nobody's
            wish = wished(ask, plan, kind, seen.person)
            place = places.take(tx, self._workspace.contacts, wish, now, plans.policy, self._zone(), made=True)
            if not isinstance(place, Given):
                self._later(tx, ask, place, now)
                return None
            kept = {"contact": place.contact, "contact_at": place.at, "tries": place.tries, "next": None, "at": now}
            asked = self._book.change(tx, ask, (WAITING,), state=ASKED, asked_at=now, told=False, **kept)
        return None if asked is None else self._taken(asked, plan, seen.somebody.profile, seen.person)

    def _later(self, tx: sa.Connection, ask: Ask, place: places.Place, now: int) -> None:
        if isinstance(place, Later):
            held = {"contact": place.contact, "contact_at": place.at}
            self._book.change(tx, ask, (WAITING,), tries=place.tries, at=now, **held)
        elif isinstance(place, places.Never):
            gone = {"state": DROPPED, "next": None, "why": place.reason, "contact": None}
            self._book.change(tx, ask, (WAITING,), tries=place.tries, at=now, **gone)

    def _taken(self, ask: Ask, plan: Plan, profile: int | None, person: whom.Person) -> Taken:
        language = next(iter(spoken(person)), None)
        link = tokens.link(self._workspace, plan.key, ask.identity, ask.id, channel="api")
        return Taken(ask, profile, link, language)
