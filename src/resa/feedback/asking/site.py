"""Which survey a page shows somebody now, if any: what waits for them, longest first; what they have begun; whose turn it is.

A page asks with its public key. It is told of askings of its own device only, or of the user it proved to be
(DECISIONS 28), and of those nothing but the questions: no audience, no reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from resa.collect.enrichment import Remembered
from resa.feedback.asking import places, rounds, tables, whom
from resa.feedback.asking.attending import wished
from resa.feedback.asking.book import Book
from resa.feedback.asking.places import Later, Never
from resa.feedback.asking.plans import DAY, Plan, Plans
from resa.feedback.asking.room import Room
from resa.feedback.asking.somebody import Somebody, behind
from resa.feedback.asking.tables import ASKED, DISMISSED, DROPPED, OPEN, SHOWN, WAITING, Ask
from resa.kernel.contacts import Policy
from resa.kernel.workspace import Workspace

SPENT_MS: Final = 60_000
"""How long a survey that found no place is passed over without asking the ledger again."""
MOST_SPENT: Final = 50_000
HOLDS: Final = 14 * DAY
"""How long an asking keeps a place in the budget while the customer does not come by its page: others wait behind it."""
LOOKS_BACK: Final = 2 * 366 * DAY


class Visit(NamedTuple):
    """Somebody on a page. `person` is what may be known of them; `told` what this very page says of consent."""

    identity: str
    person: Any
    url: str
    told: Mapping[str, str]
    placements: frozenset[str] = frozenset()
    """Those that the page says it has."""


class Due(NamedTuple):
    """What is to be shown."""

    ask: Ask
    plan: Plan
    again: bool
    """Whether the customer was given it before, and has neither answered nor sent it away."""


class _Candidate(NamedTuple):
    due: int
    plan: Plan
    ask: Ask
    new: bool


class OnSite:
    """Answers pages. Thread-safe; a call may write one transaction."""

    def __init__(
        self,
        workspace: Workspace,
        book: Book,
        known: whom.Known,
        current: Callable[[], Plans],
        zone: Callable[[], ZoneInfo],
        room: Room,
    ) -> None:
        """`known` answers who belongs to what, from memory."""
        self._workspace, self._book, self._known = workspace, book, known
        self._current, self._zone, self._room = current, zone, room
        self._spent = Remembered(MOST_SPENT)

    def events(self) -> list[str]:
        """The names of events after which a page does well to ask again: it sent them itself."""
        plans = [plan for plan in self._current().on_site if plan.events and not plan.delay]
        return sorted({match.name for plan in plans for match in plan.events if match.type == "track" and match.name})

    def places(self) -> dict[str, str]:
        """The placements that surveys stand in, by key, and the selector a page looks for: it says which of them it has."""
        plans = self._current().on_site
        return {plan.body.placement or "": plan.spot.selector for plan in plans if plan.spot is not None}

    def due(self, visit: Visit) -> Due | None:
        """What is to be shown on this page now; asked from then on."""
        plans = self._current()
        if not plans.on_site:
            return None
        now = self._workspace.clock()
        with self._workspace.state.read() as tx:
            somebody = behind(tx, self._workspace.identities, visit.identity)
            asks = self._book.of(tx, somebody.members, now - LOOKS_BACK)
            launched = self._book.launched(tx)
        mine = readable(visit, somebody)
        if (found := self._begun(asks, mine, plans, visit, now)) is not None:
            return found
        for each in sorted(self._candidates(asks, mine, plans, visit, somebody, launched, now), key=_order):
            if (found := self._ask(each, visit, somebody, plans.policy, now)) is not None:
                return found
        return None

    # -- inside ------------------------------------------------------------------------------------------------------

    def _begun(self, asks: Sequence[Ask], mine: frozenset[str], plans: Plans, visit: Visit, now: int) -> Due | None:
        for ask in asks:
            if ask.state not in (ASKED, SHOWN) or ask.channel != "site" or ask.identity not in mine or ask.until < now:
                continue
            plan = plans.get(ask.survey)
            if plan is None or (ask.state == SHOWN and ask.at < now - plan.stays):
                continue  # it was there long enough, and ignored
            if here(plan, visit) and self._may(plan, visit) and not self._room.shut(plan, ask):
                return Due(ask, plan, again=True)
        return None

    def _candidates(
        self,
        asks: Sequence[Ask],
        mine: frozenset[str],
        plans: Plans,
        visit: Visit,
        somebody: Somebody,
        launched: Mapping[str, int],
        now: int,
    ) -> Iterator[_Candidate]:
        for ask in asks:
            plan = plans.get(ask.survey)
            if ask.state != WAITING or ask.identity not in mine or not ask.due <= now <= ask.until:
                continue
            if plan is not None and plan.on("site"):
                yield _Candidate(ask.due, plan, ask, new=False)
        for plan in plans.on_site:
            earlier = [ask for ask in asks if ask.survey == plan.key]
            if plan.events or any(ask.state in OPEN and ask.until >= now for ask in earlier):
                continue
            made = self._visiting(plan, visit, somebody, earlier, launched, now)
            if made is not None:
                yield _Candidate(made.due, plan, made, new=True)

    def _visiting(
        self,
        plan: Plan,
        visit: Visit,
        somebody: Somebody,
        earlier: Sequence[Ask],
        launched: Mapping[str, int],
        now: int,
    ) -> Ask | None:
        """An asking for whom being there is reason enough, or whose turn has come."""
        made: dict[str, Any] = {"version": plan.version, "probability": plan.body.sample}
        if plan.every is None:
            if any(ask.asked_at is not None and ask.asked_at > now - plan.rest for ask in earlier):
                return None
            cause = f"visit:{len(earlier)}"
            return tables.new(plan.key, visit.identity, cause, due=now, until=now + plan.rest, **made)
        since = launched.get(plan.key)
        if somebody.profile is None or since is None:
            return None
        number, begin = rounds.round_of(plan.key, somebody.profile, plan.every, now)
        if begin < since or any(ask.due >= begin for ask in earlier):
            return None
        return tables.new(plan.key, visit.identity, f"round:{number}", due=begin, until=begin + plan.life, **made)

    def _may(self, plan: Plan, visit: Visit) -> bool:
        return whom.agreed(plan, "site", visit.person.consent, visit.told)

    def _ask(self, each: _Candidate, visit: Visit, somebody: Somebody, policy: Policy, now: int) -> Due | None:
        plan, ask = each.plan, each.ask
        if not self._may(plan, visit) or whom.outside(plan, somebody.name, visit.person, self._known) is not None:
            return None
        present = here(plan, visit)
        if not present and (plan.on_visit or _holds(ask, now)):
            return None  # it holds a place already, or has no claim to one elsewhere
        spent = self._spent.get((visit.identity, plan.key))
        if spent is not None and spent[0] > now and spent[1] == plan.version:
            return None
        if self._room.full(plan):
            return None  # what waits is dropped by whoever looks after it
        with self._workspace.state.write() as tx:
            if each.new and not self._book.begin(tx, ask, somebody.members):
                return None
            if not each.new and self._book.get(tx, ask.id) != ask:
                return None  # somebody else was faster: a place taken now would be nobody's
            wish = wished(ask, plan, "survey", visit.person)
            place = places.take(tx, self._workspace.contacts, wish, now, policy, self._zone(), made=False)
            if isinstance(place, Never) and plan.on_visit:
                self._book.remove(tx, ask)  # the ledger says why; the next visit is as good a reason
            elif isinstance(place, Never):
                gone = {"state": DROPPED, "next": None, "why": place.reason, "contact": None}
                self._book.change(tx, ask, (WAITING,), at=now, tries=place.tries, **gone)
            else:
                held = {"contact": place.contact, "contact_at": place.at, "tries": place.tries, "channel": "site"}
                if present and not isinstance(place, Later):
                    asked = self._book.change(
                        tx, ask, (WAITING,), state=ASKED, asked_at=now, told=False, next=None, at=now, **held
                    )
                    return None if asked is None else Due(asked, plan, again=False)
                self._book.change(tx, ask, (WAITING,), next=ask.until + 1, at=now, **held)
        if not present:
            return None
        until = min(now + SPENT_MS, place.at) if isinstance(place, Later) else now + SPENT_MS
        self._spent.put((visit.identity, plan.key), (until, plan.version))
        return None

    def see(self, request: str, identities: frozenset[str], *, dismissed: bool) -> Ask | None:
        """The customer saw it, or sent it away; the asking, None where that changes nothing."""
        now = self._workspace.clock()
        with self._workspace.state.write() as tx:
            ask = self._book.get(tx, request)
            if ask is None or ask.identity not in identities or ask.channel != "site":
                return None
            if dismissed:
                return self._book.change(tx, ask, (ASKED, SHOWN), state=DISMISSED, next=None, at=now)
            if ask.contact is not None:
                self._workspace.contacts.confirm(tx, ask.contact)
            return self._book.change(tx, ask, (ASKED,), state=SHOWN, at=now)


def readable(visit: Visit, somebody: Somebody) -> frozenset[str]:
    """The identities whose askings this caller may see: all of a person where everything of them may be read, else the device's own."""
    whole = visit.person.verified or (visit.person.profile is not None and visit.person.audiences is None)
    return frozenset(somebody.members) if whole else frozenset((visit.identity,))


def here(plan: Plan, visit: Visit) -> bool:
    """Whether this page is one of its own: by its address, and by having its placement."""
    placement = plan.body.placement
    return (placement is None or placement in visit.placements) and plan.on_page(visit.url)


def _order(each: _Candidate) -> tuple[int, int, str]:
    return each.due, -each.plan.body.priority, each.plan.key


def _holds(ask: Ask, now: int) -> bool:
    """Whether its place in the budget is still worth something while it waits for the right page, or it waited long enough."""
    return now > ask.due + HOLDS or (ask.contact_at is not None and ask.contact_at > now - DAY)
