"""Memberships kept event by event are what the rules say of the whole history, whatever happens in between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from resa.customers import merging
from resa.kernel.audiences import rules, tables
from resa.kernel.audiences.rules import Audience, Did, Rule, Without
from resa.kernel.audit import SYSTEM
from resa.kernel.identities import profile_id
from resa.kernel.matching import Match
from resa.kernel.workspace import Workspace
from resa.settings import Settings
from tests.audiences.histories import HOUR, NOW, Chance, stages
from tests.audiences.test_evaluators import drawn, worked_out
from tests.kernel.making import DAY, draft, identify


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


@contextmanager
def opened(data: Path, clock: Clock) -> Iterator[Workspace]:
    """A workspace that moves only when told to."""
    workspace = Workspace.open(Settings(data=data), clock=clock)
    workspace.memberships.stages = stages
    workspace.committer.start()
    try:
        yield workspace
    finally:
        workspace.committer.stop()
        workspace.close()


def settled(workspace: Workspace) -> None:
    """Until nothing is left to do: what memberships write into the log included."""
    while True:
        row = workspace.tail.next_row
        for follower in workspace.followers:
            follower.catch_up()
            assert follower.failure is None
        workspace.lander.refresh()
        if workspace.tail.next_row == row and not workspace.memberships.filling:
            return


def save(workspace: Workspace, key: str, rule: Rule) -> None:
    workspace.definitions.save("audience", key, Audience(name=key, rule=rule), expected=None, author="test")


def members(workspace: Workspace) -> dict[str, set[int]]:
    """Who belongs to what, as kept."""
    found = {}
    for item in workspace.definitions.all("audience"):
        roll = workspace.memberships.roll(item.key)
        assert roll is not None, f"{item.key} is not live"
        assert workspace.memberships.count(item.key) == len(roll[0])
        found[item.key] = set(roll[0].tolist())
    return found


def audiences(workspace: Workspace) -> dict[str, Audience]:
    return {item.key: item.body for item in workspace.definitions.all("audience")}


def entered(workspace: Workspace, name: str = "Segment Entered") -> list[tuple[int, str, int]]:
    """(profile, audience, time) of what memberships wrote into the log."""
    found = workspace.body.query(f"SELECT profile, properties, time FROM log WHERE name = '{name}' ORDER BY \"row\"")
    return [(r["profile"], msgspec.json.decode(r["properties"])["audience"], r["time"]) for r in found.to_pylist()]


def happened(workspace: Workspace, chance: Chance, clock: Clock, links: list[int]) -> None:
    """One thing of many that may happen."""
    kind = chance.random()
    roots = sorted({p for n in range(workspace.identities.count) if (p := workspace.identities.profile(n)) >= 0})
    if kind < 0.55:
        people = [f"v{n}" for n in range(5)]
        workspace.committer.submit_sync([chance.event(people, clock.now) for _ in range(chance.choice([1, 2, 5, 15]))])
    elif kind < 0.75:
        clock.now += chance.choice([1, HOUR - 1, HOUR, 5 * HOUR, DAY, 7 * DAY])
    elif kind < 0.85 and len(roots) > 1:
        links.append(merging.merge(workspace, list(map(profile_id, chance.sample(roots, 2))), SYSTEM, "")[0])
    elif kind < 0.9 and links:
        merging.undo(workspace, links.pop(), SYSTEM, "")
    elif kind < 0.95:
        known = list(audiences(workspace))
        place = chance.randrange(len(known))
        rule = chance.rule(known[:place])
        rules.check(Audience(name="x", rule=rule))
        save(workspace, known[place], rule)


def lives(data: Path, chance: Chance, steps: int) -> None:
    clock, links = Clock(), list[int]()
    with opened(data, clock) as workspace:
        for key, audience in drawn(chance, 12).items():
            save(workspace, key, audience.rule)
    for _ in range(3):  # each life of the process takes up what the one before left
        with opened(data, clock) as workspace:
            for _ in range(steps):
                happened(workspace, chance, clock, links)
                if chance.random() < 0.4:
                    settled(workspace)
                    assert members(workspace) == worked_out(workspace, audiences(workspace), clock.now)


@pytest.mark.parametrize("seed", range(3))
def test_memberships_are_what_the_reference_says_at_every_moment(tmp_path: Path, seed: int) -> None:
    lives(tmp_path / "data", Chance(seed), 12)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(100, 112))
def test_memberships_are_what_the_reference_says_at_every_moment_of_long_lives(tmp_path: Path, seed: int) -> None:
    lives(tmp_path / "data", Chance(seed), 40)


BOUGHT = [Match(name="Bought")]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def still(tmp_path: Path, clock: Clock) -> Iterator[Workspace]:
    with opened(tmp_path / "data", clock) as workspace:
        yield workspace


def bought(workspace: Workspace, clock: Clock, *people: str, ago: int = 0) -> None:
    """These people bought something."""
    time = clock.now - ago
    workspace.committer.submit_sync([draft("Bought", anon=who, time=time, received_at=clock.now) for who in people])
    settled(workspace)


def test_entering_and_leaving_stand_in_the_log_once_each(still: Workspace, clock: Clock) -> None:
    save(still, "buyers", Rule(did=Did(any=BOUGHT, within="30 days")))
    bought(still, clock, "a")
    bought(still, clock, "a")
    assert entered(still) == [(0, "buyers", clock.now)]
    clock.now += 30 * DAY
    settled(still)
    assert entered(still, "Segment Left") == [(0, "buyers", clock.now)]
    bought(still, clock, "a")
    assert len(entered(still)) == 2


def test_a_window_that_ran_out_while_nobody_ran_is_dated_when_it_did(tmp_path: Path, clock: Clock) -> None:
    with opened(tmp_path / "data", clock) as workspace:
        save(workspace, "buyers", Rule(did=Did(any=BOUGHT, within="1 day")))
        bought(workspace, clock, "a")
    began = clock.now
    clock.now += 3 * DAY
    with opened(tmp_path / "data", clock) as workspace:
        settled(workspace)
        assert entered(workspace, "Segment Left") == [(0, "buyers", began + DAY)]


def test_nobody_enters_an_audience_by_its_being_made_or_edited(still: Workspace, clock: Clock) -> None:
    bought(still, clock, "a", "b")
    save(still, "buyers", Rule(did=Did(any=BOUGHT)))
    settled(still)
    assert members(still) == {"buyers": {0, 1}}
    save(still, "buyers", Rule(did=Did(any=BOUGHT, at_least=2)))
    settled(still)
    assert members(still) == {"buyers": set()}
    assert entered(still) == entered(still, "Segment Left") == []
    bought(still, clock, "a")
    assert entered(still) == [(0, "buyers", clock.now)]


def test_a_merge_joins_and_its_undo_parts_without_a_second_entry(still: Workspace, clock: Clock) -> None:
    save(still, "once", Rule(did=Did(any=BOUGHT)))
    save(still, "twice", Rule(did=Did(any=BOUGHT, at_least=2)))
    bought(still, clock, "a", "b")
    link, _ = merging.merge(still, ["p_0", "p_1"], SYSTEM, "")
    settled(still)
    assert members(still) == {"once": {0}, "twice": {0}}
    merging.undo(still, link, SYSTEM, "")
    settled(still)
    assert members(still) == {"once": {0, 1}, "twice": set()}
    assert sorted(entered(still)) == [(0, "once", clock.now), (0, "twice", clock.now), (1, "once", clock.now)]
    assert {audience for _, audience, _ in entered(still, "Segment Left")} == {"twice"}


def test_the_erased_are_in_no_audience_and_leave_nothing_behind(still: Workspace, clock: Clock) -> None:
    save(still, "buyers", Rule(did=Did(any=BOUGHT)))
    bought(still, clock, "a", "b")
    still.identities._moving = {0: -1}  # what an erasure will write; nothing erases a whole customer yet
    still.identities.commit()
    settled(still)
    assert members(still) == {"buyers": {1}}
    found = still.state
    with found.read() as tx:
        assert list(tables.read_facts(found, tx, [0, 1])) == [1]
        assert list(tables.read_standings(found, tx, [0, 1])) == [1]


def test_a_cart_is_abandoned_an_hour_later_without_an_event(still: Workspace, clock: Clock) -> None:
    cart = Without(any=[Match(name="Added")], without=BOUGHT, after="1 hour", within="7 days")
    save(still, "left", Rule(without=cart))
    still.committer.submit_sync([draft("Added", anon=who, time=clock.now, received_at=clock.now) for who in "ab"])
    settled(still)
    bought(still, clock, "b")
    assert members(still) == {"left": set()}
    clock.now += HOUR
    settled(still)
    assert (members(still), entered(still)) == ({"left": {0}}, [(0, "left", clock.now)])


def test_an_audience_follows_those_it_refers_to(still: Workspace, clock: Clock) -> None:
    save(still, "buyers", Rule(did=Did(any=BOUGHT)))
    save(still, "others", Rule(not_=Rule(segment="buyers")))
    still.committer.submit_sync([identify(anon="a"), identify(anon="b")])
    settled(still)
    assert members(still) == {"buyers": set(), "others": {0, 1}}
    bought(still, clock, "a")
    assert members(still) == {"buyers": {0}, "others": {1}}


def test_questions_take_an_audience_by_its_name(still: Workspace, clock: Clock) -> None:
    save(still, "buyers", Rule(did=Did(any=BOUGHT)))
    before = still.populations.get("audience:buyers")
    bought(still, clock, "a", "b")
    found = still.populations.get("audience:buyers")
    assert (found.profiles.tolist(), found.profiles.dtype.name) == ([0, 1], "uint32")
    assert found.token != before.token
