"""The contact ledger: never over budget, whoever asks at once, whoever is merged and parted; on both stores."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resa.kernel.contacts import Cap, Contact, Held, Ledger, Policy, Reserved
from resa.kernel.contacts.policy import DEFAULT, Quiet, check
from resa.kernel.errors import Refused
from resa.kernel.identities import Assertion, Identities
from resa.kernel.state import State

UTC = ZoneInfo("UTC")
HOUR = 3_600_000
DAY = 24 * HOUR
NOON = 1_700_000_000_000 // DAY * DAY + 12 * HOUR
POLICY = Policy(caps=[Cap(kinds=["popup"], most=2, per="1 day"), Cap(most=4, per="7 days")])
PEOPLE = ("anon:a", "anon:b", "user:c", "anon:d")


@dataclass
class World:
    """A ledger, and who is the same as whom."""

    state: State
    ledger: Ledger
    identities: Identities
    numbers: dict[str, int]
    links: dict[tuple[int, int], int] = field(default_factory=dict)
    ids: count[int] = field(default_factory=count)

    @classmethod
    def of(cls, state: State) -> World:
        identities = Identities(state)
        with state.write() as tx:
            _, numbers = identities.resolve(tx, PEOPLE, 0)
        identities.remember(numbers, len(PEOPLE))
        return cls(state, Ledger(state), identities, numbers)

    def reserve(
        self, who: str, kind: str = "popup", at: int = NOON, policy: Policy = POLICY, **more: Any
    ) -> Reserved | Held:
        contact = Contact(f"c{next(self.ids)}", who, kind, "experience:x", at)._replace(**more)
        with self.state.write() as tx:
            return self.ledger.reserve(tx, contact, policy, UTC)

    def merge(self, one: str, other: str) -> None:
        a, b = sorted((self.numbers[one], self.numbers[other]))
        if a == b or self.linked(a, b):
            return
        with self.state.write() as tx:
            self.links[a, b] = self.identities.link(tx, a, b, at=NOON, by="a test", reason="")
        self.identities.commit()

    def claim(self, device: str, user: str, *, verified: bool = False) -> None:
        a, b = sorted((self.numbers[device], self.numbers[user]))
        row = next(self.ids)
        said = [Assertion(a, b, "identify", verified, row, NOON, f"m{row}", device)]
        with self.state.write() as tx:
            self.identities.assert_links(tx, said)
        self.identities.commit(said)

    def part(self, one: str, other: str) -> None:
        a, b = sorted((self.numbers[one], self.numbers[other]))
        if not self.linked(a, b):
            return
        with self.state.write() as tx:
            self.identities.unlink(tx, self.links[a, b], by="a test", reason="")
        self.identities.commit()

    def linked(self, a: int, b: int) -> bool:
        if (a, b) not in self.links:
            return False
        with self.state.read() as tx:
            return self.identities.get_link(tx, self.links[a, b])["state"] == "linked"

    def members(self, who: str) -> set[str]:
        profile = self.identities.profile(self.numbers[who])
        return {key for key, number in self.numbers.items() if self.identities.profile(number) == profile}


@pytest.fixture
def world(state: State) -> World:
    return World.of(state)


def test_what_fits_the_budget_is_reserved_and_the_next_is_held_back_with_rule_and_end(world: World) -> None:
    assert isinstance(world.reserve("anon:a", at=NOON), Reserved)
    assert isinstance(world.reserve("anon:a", at=NOON + HOUR), Reserved)
    held = world.reserve("anon:a", at=NOON + 2 * HOUR)
    assert held == Held("cap", "at most 2 of popup per 1 day", NOON + DAY)
    assert isinstance(world.reserve("anon:a", at=NOON + DAY), Reserved)


def test_one_budget_counts_every_kind(world: World) -> None:
    kinds = ["popup", "email", "push", "survey"]
    assert all(isinstance(world.reserve("anon:a", kind), Reserved) for kind in kinds)
    assert world.reserve("anon:a", "sms") == Held("cap", "at most 4 of all kinds per 7 days", NOON + 7 * DAY)
    assert isinstance(world.reserve("anon:a", "banner"), Reserved)  # interrupts nobody


def test_a_merge_makes_one_budget_and_its_undo_gives_each_their_own_back(world: World) -> None:
    world.reserve("anon:a")
    world.reserve("anon:b")
    world.merge("anon:a", "anon:b")
    assert isinstance(world.reserve("anon:b"), Held)
    world.part("anon:a", "anon:b")
    assert isinstance(world.reserve("anon:a"), Reserved)
    assert isinstance(world.reserve("anon:b"), Reserved)
    assert isinstance(world.reserve("anon:b"), Held)


def test_what_a_device_that_only_claims_a_user_gets_is_not_taken_from_the_user_until_it_is_proven(
    world: World,
) -> None:
    world.claim("anon:d", "user:c", verified=True)
    world.claim("anon:a", "user:c")
    world.claim("anon:b", "user:c")
    assert [type(world.reserve(who)) for who in ("anon:a", "anon:b", "anon:a", "anon:b")] == [Reserved] * 2 + [Held] * 2
    assert [type(world.reserve("user:c")) for _ in range(3)] == [Reserved, Reserved, Held]
    world.claim("anon:a", "user:c", verified=True)
    assert isinstance(world.reserve("anon:a", "push"), Reserved), "the fourth: two of the user's, and what it was shown"
    assert [type(world.reserve(who, "push")) for who in ("user:c", "anon:a", "anon:b")] == [Held] * 3


def test_what_goes_to_an_address_is_the_users_and_a_claim_pushes_nothing_of_theirs_aside(world: World) -> None:
    once = Policy(caps=[Cap(most=1, per="7 days")])
    world.claim("anon:d", "user:c", verified=True)
    world.claim("anon:a", "user:c")
    assert isinstance(world.reserve("anon:a", "email", policy=once, id="mail", made=False, priority=10), Reserved)
    assert isinstance(world.reserve("anon:a", "popup", policy=once, priority=90), Held)
    assert isinstance(world.reserve("user:c", "popup", policy=once, priority=5), Held), "the mail is the user's"
    with world.state.write() as tx:
        assert [entry.identity for entry in world.ledger.of(tx, ["user:c"]) if entry.id == "mail"] == ["user:c"]
        assert world.ledger.confirm(tx, "mail"), "it was not displaced"


def test_a_visitor_without_a_number_has_a_budget_too_and_keeps_it_when_numbered(world: World) -> None:
    assert [type(world.reserve("anon:new")) for _ in range(3)] == [Reserved, Reserved, Held]
    with world.state.write() as tx:
        _, found = world.identities.resolve(tx, ["anon:new"], len(PEOPLE))
    world.identities.remember(found, len(PEOPLE) + 1)
    world.numbers |= found
    world.merge("anon:new", "anon:a")
    assert isinstance(world.reserve("anon:a"), Held)


def test_the_same_contact_counts_once(world: World) -> None:
    again = [world.reserve("anon:a", id="mail-1") for _ in range(5)]
    assert again == [Reserved("mail-1")] * 5
    assert isinstance(world.reserve("anon:a"), Reserved)


def test_a_limit_of_its_own_holds_for_that_experience_only(world: World) -> None:
    once = (Cap(most=1, per="30 days"),)
    assert isinstance(world.reserve("anon:a", "banner", caps=once), Reserved)
    assert world.reserve("anon:a", "banner", caps=once) == Held(
        "own_cap", "at most 1 per 30 days of this", NOON + 30 * DAY
    )
    assert isinstance(world.reserve("anon:a", "banner", caps=once, what="experience:y"), Reserved)


def test_quiet_hours_are_the_customers_own(world: World) -> None:
    policy = Policy(quiet=[Quiet(kinds=["sms"], start="21:00", end="08:00")])
    midnight = NOON + 12 * HOUR
    assert world.reserve("anon:a", "sms", midnight, policy) == Held("quiet_hours", "quiet hours", midnight + 8 * HOUR)
    assert isinstance(world.reserve("anon:a", "sms", midnight, policy, zone="Asia/Tokyo"), Reserved)  # 9 in the morning
    assert world.reserve("anon:a", "sms", NOON, policy, zone="Asia/Tokyo") == Held(
        "quiet_hours", "quiet hours", NOON + 11 * HOUR
    )
    assert isinstance(world.reserve("anon:a", "sms", midnight, policy, priority=100), Reserved)


def test_what_is_more_important_displaces_what_is_only_queued(world: World) -> None:
    world.reserve("anon:a", id="letter", made=False, priority=10)
    world.reserve("anon:a", id="shown", priority=10)
    assert world.reserve("anon:a", id="cart", made=False, priority=60) == Reserved("cart")
    with world.state.write() as tx:
        assert not world.ledger.confirm(tx, "letter")
        assert world.ledger.confirm(tx, "cart")
        entries = {entry.id: entry for entry in world.ledger.of(tx, ["anon:a"]) if entry.state == "held_back"}
    assert entries["letter"].reason == "displaced"
    assert isinstance(world.reserve("anon:a", priority=70), Held)  # what was made does not give way
    assert world.reserve("anon:a", id="letter").reason == "released"  # type: ignore[union-attr]


def test_what_is_released_counts_no_more(world: World) -> None:
    world.reserve("anon:a", id="one", made=False)
    world.reserve("anon:a")
    with world.state.write() as tx:
        assert world.ledger.release(tx, "one")
        assert not world.ledger.release(tx, "one")
    assert isinstance(world.reserve("anon:a"), Reserved)


def test_the_ledger_answers_what_a_person_got_and_what_was_held_back(world: World) -> None:
    for hour in range(3):
        world.reserve("anon:a", at=NOON + hour * HOUR)
    with world.state.read() as tx:
        told = [(entry.state, entry.reason, entry.at) for entry in world.ledger.of(tx, ["anon:a", "anon:b"])]
        counts = world.ledger.counts(tx, NOON)
    assert told == [("held_back", "cap", NOON + 2 * HOUR), ("made", None, NOON + HOUR), ("made", None, NOON)]
    assert counts == [("popup", "cap", "experience:x", 1), ("popup", "made", "experience:x", 2)]


def test_what_is_erased_or_old_is_gone(world: World) -> None:
    for who in ("anon:a", "anon:b"):
        world.reserve(who)
    with world.state.write() as tx:
        world.ledger.forget(tx, ["anon:a"])
        assert world.ledger.of(tx, ["anon:a"]) == []
        assert len(world.ledger.of(tx, ["anon:b"])) == 1
    world.ledger.forget_old(NOON + 500 * DAY)
    with world.state.read() as tx:
        assert world.ledger.of(tx, ["anon:b"]) == []


def test_many_who_ask_at_once_get_no_more_than_there_is(world: World) -> None:
    world.merge("anon:a", "anon:b")
    got: list[Reserved | Held] = []

    def ask(who: str) -> None:
        got.extend(world.reserve(who) for _ in range(5))

    threads = [threading.Thread(target=ask, args=[who]) for who in ("anon:a", "anon:b") * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 30
    assert sum(isinstance(each, Reserved) for each in got) == 2


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("reserve"), st.sampled_from(PEOPLE), st.sampled_from(["popup", "email"]), st.integers(0, 30)),
        st.tuples(st.just("merge"), st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)),
        st.tuples(st.just("part"), st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)),
    ),
    min_size=10,
    max_size=40,
)


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_no_history_of_merges_and_partings_goes_over_budget(state: State, steps: list[tuple[object, ...]]) -> None:
    """Against a reference that counts everything anew; time only goes on."""
    with state.write() as tx:
        for table in ("contacts", "contacts_held_back", "links", "identities"):
            tx.exec_driver_sql(f"DELETE FROM {table}")
    world, now = World.of(state), NOON
    made: list[tuple[str, str, int]] = []
    for step in steps:
        if step[0] == "merge":
            world.merge(str(step[1]), str(step[2]))
        elif step[0] == "part":
            world.part(str(step[1]), str(step[2]))
        else:
            who, kind, hours = str(step[1]), str(step[2]), int(str(step[3]))
            now += hours * HOUR
            theirs = [(k, at) for person, k, at in made if person in world.members(who)]
            popups = sum(k == "popup" and at > now - DAY for k, at in theirs)
            full = (kind == "popup" and popups >= 2) or sum(at > now - 7 * DAY for _, at in theirs) >= 4
            answer = world.reserve(who, kind, now)
            assert isinstance(answer, Held) == full
            if not full:
                made.append((who, kind, now))


@pytest.mark.parametrize(
    ("policy", "field"),
    [
        (Policy(caps=[Cap(kinds=["letter"], most=1, per="1 day")]), "caps[0].kinds"),
        (Policy(caps=[Cap(kinds=[], most=1, per="1 day")]), "caps[0].kinds"),
        (Policy(caps=[Cap(most=-1, per="1 day")]), "caps[0].most"),
        (Policy(caps=[Cap(most=1, per="often")]), "caps[0].per"),
        (Policy(caps=[Cap(most=1, per="400 days")]), "caps[0].per"),
        (Policy(quiet=[Quiet(kinds=["sms"], start="21:00", end="25:00")]), "quiet[0].end"),
        (Policy(quiet=[Quiet(kinds=["sms"], start="21:00", end="21:00")]), "quiet[0].end"),
        (Policy(timezone="Nowhere"), "timezone"),
    ],
)
def test_an_impossible_policy_is_refused_by_name(policy: Policy, field: str) -> None:
    with pytest.raises(Refused) as refusal:
        check(policy)
    assert refusal.value.details["field"] == field


def test_the_policy_without_one_is_possible() -> None:
    check(DEFAULT)
