"""One rule, three answers: held against one profile, asked of everyone, and worked out slowly. They are the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from resa.customers import merging
from resa.kernel.audiences import bulk, histories, plan, rules
from resa.kernel.audiences.facts import Facts, View, decode, encode
from resa.kernel.audiences.rules import Audience
from resa.kernel.audit import SYSTEM
from resa.kernel.errors import Conflict
from resa.kernel.identities import profile_id
from resa.kernel.workspace import Workspace
from resa.settings import Settings
from tests.audiences import reference
from tests.audiences.histories import HOUR, NOW, Chance, stages, told
from tests.kernel.making import DAY
from tests.kernel.test_twins import bring_up


@pytest.fixture
def still(tmp_path: Path) -> Iterator[Workspace]:
    """A workspace whose clock stands still and that moves only when told to."""
    workspace = Workspace.open(Settings(data=tmp_path / "data"), clock=lambda: NOW)
    workspace.committer.start()
    yield workspace
    workspace.committer.stop()
    workspace.close()


def lived(workspace: Workspace, chance: Chance, people: list[str]) -> None:
    """Events, merges of two, sometimes undone, and events after that."""
    for _ in range(chance.randint(1, 3)):
        workspace.committer.submit_sync([chance.event(people) for _ in range(chance.randint(1, 25))])
        bring_up(workspace)
        roots = sorted({workspace.identities.profile(n) for n in range(workspace.identities.count)})
        if len(roots) > 1 and chance.random() < 0.5:
            link = merging.merge(workspace, list(map(profile_id, chance.sample(roots, 2))), SYSTEM, "")[0]
            if chance.random() < 0.4:
                try:
                    merging.undo(workspace, link, SYSTEM, "")
                except Conflict:
                    continue
    bring_up(workspace)


def one_by_one(workspace: Workspace, audiences: dict[str, Audience], now: int) -> dict[str, set[int]]:
    """The members of each audience by holding it against each profile."""
    numbers: dict[str, int] = {}
    made = plan.compile_all(
        audiences, dict.fromkeys(audiences, 1), lambda _, text: numbers.setdefault(text, len(numbers)), stages
    )
    body = workspace.body
    facts = histories.read(body, made.terms, histories.everybody, body.landed(), now)
    found: dict[str, set[int]] = {key: set() for key in audiences}
    for profile in told(workspace):
        members = [int(member) for member in workspace.identities.map().members(profile)]
        view = View([decode(encode(facts[member])) if member in facts else Facts() for member in members])
        truths = sum(1 << leaf.number for leaf in made.leaves.values() if leaf.test.verdict(view, now)[0])
        within = 0
        for member in made.members.values():
            if member.holds(truths, within):
                within |= 1 << member.number
                found[member.key].add(profile)
    return found


def asked_of_everyone(workspace: Workspace, audiences: dict[str, Audience], now: int) -> dict[str, set[int]]:
    """The members of each audience by asking the log."""
    size = workspace.identities.count
    found = bulk.everyone(workspace.body, audiences, stages, now, size)
    return {key: set(np.flatnonzero(mask).tolist()) for key, mask in found.items()}


def worked_out(workspace: Workspace, audiences: dict[str, Audience], now: int) -> dict[str, set[int]]:
    """The members of each audience, slowly."""
    known = told(workspace)
    return {
        key: {
            profile
            for profile, events in known.items()
            if reference.holds(audience.rule, events, now, audiences, stages)
        }
        for key, audience in audiences.items()
    }


def drawn(chance: Chance, count: int) -> dict[str, Audience]:
    """Audiences that refer to those before them."""
    found: dict[str, Audience] = {}
    while len(found) < count:
        audience = Audience(name="x", rule=chance.rule(list(found)))
        rules.check(audience)
        found[f"a{len(found)}"] = audience
    rules.check_together(found)
    return found


def agree(workspace: Workspace, chance: Chance, count: int) -> int:
    """Compare the three on some rules; answers how many of them told customers apart."""
    audiences = drawn(chance, count)
    apart, everybody = 0, len(told(workspace))
    for now in (NOW, NOW + chance.choice([1, HOUR, DAY, 40 * DAY])):
        slow = worked_out(workspace, audiences, now)
        assert one_by_one(workspace, audiences, now) == slow
        assert asked_of_everyone(workspace, audiences, now) == slow
        apart += sum(0 < len(found) < everybody for found in slow.values())
    return apart


@pytest.mark.parametrize("seed", range(4))
def test_both_evaluators_say_what_the_reference_says(still: Workspace, seed: int) -> None:
    chance, apart = Chance(seed), 0
    for number in range(2):
        lived(still, chance, [f"v{number}-{who}" for who in range(4)])
        apart += agree(still, chance, 16)
    assert apart > 5


@pytest.mark.full
@pytest.mark.parametrize("seed", range(100, 120))
def test_both_evaluators_say_what_the_reference_says_at_length(still: Workspace, seed: int) -> None:
    chance = Chance(seed)
    for number in range(4):
        lived(still, chance, [f"v{number}-{who}" for who in range(4)])
        agree(still, chance, 40)
