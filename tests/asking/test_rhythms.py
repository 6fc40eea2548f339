"""Each survey keeps its own rhythm: a seeded year of customers, with a survey after every order and one every 90 days.

Contacts go through the real ledger and its policy; who finds no place queues as `places.take` says. `eager` is the control:
the same without queueing, as most tools do it.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from resa.feedback.asking import places
from resa.feedback.asking.places import Given, Later, Never, Wish
from resa.kernel.contacts import Cap, Contact, Ledger, Policy, Reserved
from resa.kernel.contacts.ledger import contacts
from resa.kernel.identities import Identities
from resa.kernel.state import State, sqlite_url

UTC = ZoneInfo("UTC")
DAY = 86_400_000
BEGIN = 1_700_000_000_000 // DAY * DAY
REMEMBERED = 3 * DAY

TIGHT = Policy(caps=[Cap(kinds=["survey", "email"], most=1, per="7 days")])
AMPLE = Policy(caps=[Cap(kinds=["survey", "email"], most=4, per="30 days")])


@dataclass
class Year:
    """A year of some customers; everything within one transaction, which is rolled back."""

    tx: sa.Connection
    ledger: Ledger
    policy: Policy
    eager: bool = False
    asked: Counter[str] = field(default_factory=Counter)
    tried: Counter[str] = field(default_factory=Counter)
    delays: list[int] = field(default_factory=list)
    ids: Any = field(default_factory=itertools.count)

    def live(self, who: str, dice: random.Random, *, days: int, orders_every: float, rest: str) -> None:
        """One customer: orders by chance, each followed by a CES; an NPS every 90 days. Both go by mail."""
        due: list[tuple[int, int, str, Wish]] = []
        at = float(BEGIN)
        while (at := at + dice.expovariate(1 / orders_every) * DAY) < BEGIN + days * DAY:
            wish = Wish(f"o{next(self.ids)}", who, "ces", "email", round(at) + REMEMBERED, 50, rest)
            heapq.heappush(due, (round(at), next(self.ids), "ces", wish))
        first = dice.randrange(90 * DAY)
        for moment in range(BEGIN + first, BEGIN + days * DAY, 90 * DAY):
            wish = Wish(f"n{next(self.ids)}", who, "nps", "email", moment + 90 * DAY - 1, 50, "30 days")
            heapq.heappush(due, (moment, next(self.ids), "nps", wish))
        began: dict[str, int] = {}
        waiting: set[str] = set()
        while due:
            now, _, survey, wish = heapq.heappop(due)
            if wish.id not in began:
                began[wish.id] = now
                self.tried[survey] += 1
                if survey in waiting:  # one place per survey and person
                    continue
            if (again := self.take(wish, now)) is not None:
                waiting.add(survey)
                heapq.heappush(due, (again.at, next(self.ids), survey, again.wish))
                continue
            waiting.discard(survey)
            if self.last:
                self.asked[survey] += 1
                if survey == "nps":
                    self.delays.append(now - began[wish.id])

    def take(self, wish: Wish, now: int) -> Any:
        """A place now: None, and `last` says whether there was one; else the wish again, for when its place comes."""
        if self.eager:
            contact = Contact(wish.id, wish.identity, wish.kind, places.what(wish.survey), now)
            caps = (Cap(most=1, per=wish.rest),) if wish.rest else ()
            self.last = isinstance(
                self.ledger.reserve(self.tx, contact._replace(caps=caps), self.policy, UTC), Reserved
            )
            return None
        place = places.take(self.tx, self.ledger, wish, now, self.policy, UTC, made=True)
        if isinstance(place, Later):
            return _Again(place.at, wish._replace(contact=place.contact, tries=place.tries))
        self.last = isinstance(place, Given)
        return None


@dataclass
class _Again:
    at: int
    wish: Wish


PEOPLE, DAYS = 6, 540


def years(
    tmp_path: Path, policy: Policy, *, eager: bool, orders_every: float, rest: str
) -> tuple[Year, dict[str, list[int]]]:
    """Some customers' years, and when each was contacted."""
    state = State.open(sqlite_url(tmp_path))
    identities = Identities(state)
    names = [f"user:{n}" for n in range(PEOPLE)]
    with state.write() as tx:
        _, numbers = identities.resolve(tx, names, 0)
        identities.remember(numbers, PEOPLE)
        year = Year(tx, Ledger(state), policy, eager)
        for place, who in enumerate(names):
            year.live(who, random.Random(7 + place), days=DAYS, orders_every=orders_every, rest=rest)
        made: dict[str, list[int]] = {}
        for identity, at in tx.execute(
            sa.select(contacts.c.identity, contacts.c.at).where(contacts.c.state == "made").order_by(contacts.c.at)
        ):
            made.setdefault(identity, []).append(at)
    state.close()
    return year, made


def passed(made: dict[str, list[int]], most: int, per: int) -> int:
    """How many contacts there are of which `most` others lie within the period before."""
    return sum(sum(at - per < other <= at for other in moments) > most for moments in made.values() for at in moments)


def test_a_frequent_survey_does_not_starve_a_rare_one(tmp_path: Path) -> None:
    """An order every other day, one mail a week: the NPS keeps its 90 days, the CES gets all the rest, the cap holds."""
    planned = PEOPLE * DAYS / 90
    year, made = years(tmp_path, TIGHT, eager=False, orders_every=2, rest="1 day")
    assert passed(made, 1, 7 * DAY) == 0
    assert year.asked["nps"] >= 0.97 * planned
    assert max(year.delays) <= 14 * DAY, "it waits for its turn, and for no more than that"
    # Gaps between mails are at least 7 days, and an order comes within 2 more on average.
    assert year.asked["ces"] >= 0.9 * (PEOPLE * DAYS / 9 - planned)


def test_without_queueing_it_would_starve(tmp_path: Path) -> None:
    """The control: whoever asks more often takes every place."""
    year, made = years(tmp_path, TIGHT, eager=True, orders_every=2, rest="1 day")
    assert passed(made, 1, 7 * DAY) == 0
    assert year.asked["nps"] < 0.35 * PEOPLE * DAYS / 90


def test_where_there_is_room_for_all_each_reaches_what_it_plans(tmp_path: Path) -> None:
    """An order every 12 days with a rest of 3: four mails in 30 days are enough for both."""
    year, made = years(tmp_path, AMPLE, eager=False, orders_every=12, rest="3 days")
    assert passed(made, 4, 30 * DAY) == 0
    assert year.asked["nps"] >= 0.97 * year.tried["nps"]
    assert year.asked["ces"] >= 0.8 * year.tried["ces"]


@pytest.mark.parametrize("made", [True, False])
def test_who_can_wait_no_longer_is_never_asked(tmp_path: Path, made: bool) -> None:
    state = State.open(sqlite_url(tmp_path))
    ledger = Ledger(state)
    with state.write() as tx:
        first = places.take(
            tx, ledger, Wish("a", "user:1", "ces", "email", BEGIN + DAY, 50, "1 day"), BEGIN, TIGHT, UTC, made=made
        )
        late = places.take(
            tx, ledger, Wish("b", "user:1", "nps", "email", BEGIN + 3 * DAY, 50, "1 day"), BEGIN, TIGHT, UTC, made=made
        )
        kept = places.take(
            tx, ledger, Wish("c", "user:1", "nps", "email", BEGIN + 9 * DAY, 50, "1 day"), BEGIN, TIGHT, UTC, made=made
        )
    assert isinstance(first, Given)
    assert late == Never("cap", "at most 1 of survey, email per 7 days", 1)
    assert kept == Later("c.1", BEGIN + 7 * DAY, 2)
    state.close()
