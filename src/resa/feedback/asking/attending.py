"""What becomes of an asking whose time has come: not for them, not now, kept for their next visit, or sent.

Channel and place are chosen in one transaction with what sends: either the person was asked and their budget says so, or
neither. Reads of who they are come before it; what they could change is decided by the row's state within it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple, Protocol
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from resa.experiences import Deciding
from resa.feedback.asking import places, whom
from resa.feedback.asking.book import Book
from resa.feedback.asking.places import Given, Later, Never, Place, Wish
from resa.feedback.asking.plans import DAY, Plan, Plans
from resa.feedback.asking.room import FULL, Room
from resa.feedback.asking.somebody import Somebody, behind
from resa.feedback.asking.tables import ASKED, DROPPED, WAITING, Ask
from resa.kernel import crash, profiles
from resa.kernel.contacts import Policy
from resa.kernel.workspace import Workspace

PATIENCE: Final = DAY
"""How long an asking waits for the customer to come to the site, where mail could reach them as well."""
AGAIN: Final = 5_000
"""Milliseconds until memberships that are being counted are looked at again."""
KINDS: Final = {"site": "survey", "email": "email"}
"""The contact ledger's kind of what each channel does."""


class Sender(Protocol):
    """Who brings an asking to somebody who is not here."""

    def ready(self) -> bool:
        """Whether it is set up."""
        ...

    def send(self, tx: sa.Connection, ask: Ask, plan: Plan, person: whom.Person, address: str) -> str | None:
        """Queue it within the transaction, its contact being reserved; why it is held back after all, None where it goes."""
        ...

    def suppressed(self, tx: sa.Connection) -> list[str]:
        """Addresses to which nothing is sent, as they are compared."""
        ...


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of somebody, by all that they and the business ever said. `audiences` is None: their own are asked for."""

    profile: int | None = None
    traits: dict[str, Any] = {}
    consent: dict[str, str] = {}
    audiences: frozenset[str] | None = None


class Seen(NamedTuple):
    """What an asking's person is like now."""

    somebody: Somebody
    person: whom.Person
    active: bool
    answered: str | None
    simulated: bool = False


class Attending:
    """Looks at askings one by one. Thread-safe: a row changes only from the state it was seen in."""

    def __init__(
        self,
        workspace: Workspace,
        deciding: Deciding,
        book: Book,
        current: Callable[[], Plans],
        zone: Callable[[], ZoneInfo],
        mail: Sender | None,
        room: Room,
    ) -> None:
        """With what is known of people; `mail` may be nobody."""
        self._workspace, self._deciding, self._book = workspace, deciding, book
        self._current, self._zone, self._mail, self._room = current, zone, mail, room

    def attend(self, ask: Ask) -> Ask | None:
        """Do what is to be done for an asking that is due; as it is then, None where somebody else was faster."""
        now = self._workspace.clock()
        plans = self._current()
        plan = plans.get(ask.survey)
        if ask.state != WAITING:
            return self._rest(ask, now)
        if plan is None:
            return self._drop(ask, now, "not live")
        if now > ask.until:
            return self._drop(ask, now, "too late")
        if self._room.full(plan):
            return self._drop(ask, now, FULL)
        seen = self.look(ask)
        if seen.simulated:
            return self._drop(ask, now, "simulated")
        why = whom.outside(plan, seen.somebody.name, seen.person, self._deciding.world)
        if why == "unknown":
            with self._workspace.state.write() as tx:
                return self._book.change(tx, ask, (WAITING,), next=now + AGAIN)
        if why is not None:
            return self._drop(ask, now, why)
        channel = self._channel(ask, plan, seen)
        if channel is None:
            return self._drop(ask, now, "not reachable")
        with self._workspace.state.write() as tx:
            brought = self._bring(tx, ask, plan, seen, channel, plans.policy, now)
            crash.reached("asking.bringing")
        crash.reached("asking.brought")
        return brought

    # -- inside ------------------------------------------------------------------------------------------------------

    def look(self, ask: Ask) -> Seen:
        """Who is to be asked, as they are now."""
        identities, state = self._workspace.identities, self._workspace.state
        with state.read() as tx:
            somebody = behind(tx, identities, ask.identity)
            answered = self._book.last_channel(tx, somebody.members)
            if somebody.profile is None:
                return Seen(somebody, Told(), False, answered)
            numbers = identities.members(tx, somebody.profile)
            found = profiles.read(state, tx, {somebody.profile: numbers})[somebody.profile]
        told = Told(
            profile=somebody.profile,
            traits={trait.name: trait.value for trait in found.traits},
            consent={each.purpose: each.state for each in found.consent},
        )
        active = found.last_time is not None and found.last_time > self._workspace.clock() - whom.ACTIVE
        return Seen(somebody, told, active, answered, found.simulated)

    def _channel(self, ask: Ask, plan: Plan, seen: Seen) -> str | None:
        possible = whom.reachable(plan, seen.person, written=self._mail is not None and self._mail.ready())
        if ask.channel == "site" and len(possible) > 1:  # they did not come: another way then
            possible = [each for each in possible if each != "site"]
        return whom.channel(possible, whom.preference(seen.person), seen.answered, active=seen.active)

    def _bring(
        self, tx: sa.Connection, ask: Ask, plan: Plan, seen: Seen, channel: str, policy: Policy, now: int
    ) -> Ask | None:
        if self._book.get(tx, ask.id) != ask:
            return None  # they answered meanwhile, or a page was faster: a place taken now would be nobody's
        if channel == "api":
            return self._book.change(tx, ask, (WAITING,), channel="api", next=ask.until, at=now)
        wish = wished(ask, plan, KINDS[channel], seen.person)
        place = places.take(tx, self._workspace.contacts, wish, now, policy, self._zone(), made=False)
        if isinstance(place, Never):
            return self._book.change(
                tx, ask, (WAITING,), state=DROPPED, next=None, at=now, why=place.reason, tries=place.tries, contact=None
            )
        held = {"contact": place.contact, "contact_at": place.at, "tries": place.tries, "channel": channel, "at": now}
        if channel == "site":
            return self._book.change(tx, ask, (WAITING,), next=self._fallback(plan, seen, ask, now), **held)
        if isinstance(place, Later):
            return self._book.change(tx, ask, (WAITING,), next=place.at, **held)
        asked = self._book.change(tx, ask, (WAITING,), state=ASKED, asked_at=now, told=False, next=None, **held)
        if asked is None or self._mail is None:
            return asked
        why = self._mail.send(tx, asked, plan, seen.person, whom.address(seen.person) or "")
        if why is None:
            return asked
        return self._book.change(tx, asked, (ASKED,), state=DROPPED, asked_at=None, told=True, why=why)

    def _fallback(self, plan: Plan, seen: Seen, ask: Ask, now: int) -> int:
        """When to look again at an asking that waits for a visit."""
        ways = whom.reachable(plan, seen.person, written=self._mail is not None and self._mail.ready())
        return min(ask.until + 1, now + PATIENCE) if len(ways) > 1 else ask.until + 1

    def _drop(self, ask: Ask, now: int, why: str) -> Ask | None:
        with self._workspace.state.write() as tx:
            if ask.contact is not None:
                self._workspace.contacts.release(tx, ask.contact)
            return self._book.change(tx, ask, (WAITING,), state=DROPPED, next=None, at=now, why=why)

    def _rest(self, ask: Ask, now: int) -> Ask | None:
        with self._workspace.state.write() as tx:
            return self._book.change(tx, ask, (ask.state,), next=None, at=now)


def wished(ask: Ask, plan: Plan, kind: str, person: whom.Person) -> Wish:
    """The place an asking wants."""
    zone = person.traits.get("timezone")
    return Wish(
        id=ask.id,
        identity=ask.identity,
        survey=ask.survey,
        kind=kind,
        until=ask.until,
        priority=plan.body.priority,
        rest=plan.body.rest,
        contact=ask.contact,
        tries=ask.tries,
        zone=zone if isinstance(zone, str) else None,
    )


def held(place: Place) -> tuple[str, str] | None:
    """Why there is no place now, in the ledger's words; None where there is one."""
    if isinstance(place, Given):
        return None
    return ("later", "") if isinstance(place, Later) else (place.reason, place.rule)
