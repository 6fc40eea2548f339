"""Memberships kept event by event are what the rules say of the whole history, whatever happens in between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from resa.customers import merging
from resa.kernel.audiences import rules
from resa.kernel.audiences.rules import Audience, Rule
from resa.kernel.audit import SYSTEM
from resa.kernel.identities import profile_id
from resa.kernel.workspace import Workspace
from resa.settings import Settings
from tests.audiences.histories import DAY, HOUR, NOW, Chance, stages
from tests.audiences.test_evaluators import drawn, worked_out


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
