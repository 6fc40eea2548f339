"""Funnels of a workspace against the reference: every figure, through every lens, and the people behind each."""

from __future__ import annotations

import random
from statistics import median
from typing import Any

import httpx
import msgspec
import pytest

from resa.analytics import funnels
from resa.analytics.funnels import Funnel, FunnelPeople
from resa.kernel import proportions
from resa.kernel.errors import NotFound, Refused
from resa.kernel.lens import Lens
from tests.questions import reference
from tests.questions.conftest import NAMES, START, World, a_lens, a_match, day
from tests.questions.reference import Chain


def a_funnel(dice: random.Random) -> dict[str, Any]:
    """A random funnel as a body says it."""
    steps = dice.randint(1, 4)
    order = dice.choice(("ordered", "strict", "any"))
    said: dict[str, Any] = {
        "lens": a_lens(dice),
        "steps": [{"any": [a_match(dice) for _ in range(dice.choice((1, 1, 2)))]} for _ in range(steps)],
        "window_seconds": dice.choice((1, 3_600, 86_400, 7 * 86_400, 10**7)),
        "order": order,
    }
    if order != "any" and steps > 1 and dice.random() < 0.5:
        after = dice.randrange(steps - 1)
        said["exclude"] = [{"any": [a_match(dice)], "after": after, "before": dice.randint(after + 1, steps - 1)}]
    if order == "any":
        kept = []
        for step in said["steps"]:
            if step not in kept:
                kept.append(step)
        said["steps"] = kept
    return said


def as_question(said: dict[str, Any], kind: type[Funnel] = Funnel) -> Any:
    """A body as the API reads it."""
    return msgspec.convert(msgspec.to_builtins(said), kind)


def expected(world: World, question: Funnel, lens: Lens) -> dict[int, Chain]:
    """The chain that counts of each customer."""
    found = {}
    for who, journey in world.labelled(lens, funnels.roles(question)).items():
        between = [(e.after, e.before) for e in question.exclude]
        window = question.window_seconds * 1000
        best = reference.chain(journey, len(question.steps), window, question.order, between)
        if best is not None:
            found[who] = best
    return found


def assert_figures(steps: Any, chains: list[Chain]) -> None:
    """Every figure of a funnel."""
    for number, step in enumerate(steps):
        there = [chain for chain in chains if chain.level > number]
        assert step.customers == len(there)
        assert step.share_of_first == (len(there) / len(chains) if chains else None)
        gaps = [(chain.moments[number] - chain.moments[number - 1]) / 1000 for chain in there]
        assert step.median_seconds == (median(gaps) if gaps and number else None)
        whole = [(chain.moments[number] - chain.moments[0]) / 1000 for chain in there]
        assert step.median_seconds_from_first == (median(whole) if whole and number else None)
        if number and chains:
            assert (step.low, step.high) == proportions.wilson(len(there), len(chains))


@pytest.mark.parametrize("seed", range(60))
def test_every_figure_is_what_the_reference_counts(world: World, seed: int) -> None:
    """Random funnels through random lenses, against the days before."""
    dice = random.Random(seed)
    said = a_funnel(dice)
    said["lens"]["compare"] = f"{day(0)}..{day(dice.randint(3, 20))}"
    question = as_question(said)
    seen = world.asking.seen(question.lens)
    answer = funnels.numbers(world.asking, question)
    now = list(expected(world, question, seen.lens).values())
    assert_figures(answer.steps, now)
    assert seen.compare is not None
    then = list(expected(world, question, seen.lens.during(seen.compare)).values())
    assert_figures([step.previous for step in answer.steps], then)
    for number, step in enumerate(answer.steps[1:], start=1):
        counts = sum(c.level > number for c in now), len(now), sum(c.level > number for c in then), len(then)
        found = proportions.compared(*counts)
        assert (step.difference is None) == (found is None)
        if step.difference and found:
            assert msgspec.structs.astuple(step.difference) == tuple(found)


@pytest.mark.parametrize("seed", range(100, 115))
def test_a_split_by_what_the_first_step_says(world: World, seed: int) -> None:
    """By channel, device or property of the event that began the chain; looked up once per customer."""
    dice = random.Random(seed)
    by = dice.choice(("channel", "device", "property:plan", "property:value", "property:nothing"))
    question = as_question({**a_funnel(dice), "by": by})
    chains = expected(world, question, world.asking.seen(question.lens).lens)
    groups: dict[str, list[Chain]] = {}
    for best in chains.values():
        draft = world.draft(best.row)
        said = msgspec.json.decode(draft.properties) | {"channel": draft.channel, "device": draft.device}
        value = said.get(by.removeprefix("property:"))
        groups.setdefault("" if value is None else str(value), []).append(best)
    answer = funnels.numbers(world.asking, question)
    assert {group.group for group in answer.groups} == set(groups)
    for group in answer.groups:
        assert_figures(group.steps, groups[group.group])
    sizes = [group.steps[0].customers for group in answer.groups if group.group != ""]
    assert sizes == sorted(sizes, reverse=True)


def test_a_split_by_audiences_may_overlap_and_says_how_each_differs_from_the_rest(world: World) -> None:
    question = as_question(
        {
            "lens": {"from": day(0), "to": day(40)},
            "steps": [{"any": [{"name": name}]} for name in NAMES[:2]],
            "by": "audience:keen,audience:shy",
        }
    )
    chains = expected(world, question, world.asking.seen(question.lens).lens)
    answer = funnels.numbers(world.asking, question)
    for group in answer.groups:
        mine = [best for who, best in chains.items() if who in world.members[group.group]]
        rest = [best for who, best in chains.items() if who not in world.members[group.group]]
        assert_figures(group.steps, mine)
        found = proportions.compared(
            sum(c.level > 1 for c in mine), len(mine), sum(c.level > 1 for c in rest), len(rest)
        )
        assert (group.steps[1].difference and group.steps[1].difference.ratio) == (found and found.ratio)


@pytest.mark.parametrize("seed", range(200, 212))
def test_the_people_behind_a_figure_are_as_many_as_it_says(world: World, seed: int) -> None:
    """Page by page, newest first, each once."""
    dice = random.Random(seed)
    said = a_funnel(dice)
    step, kind = dice.randrange(len(said["steps"])), dice.choice(("reached", "dropped"))
    question = as_question({**said, "step": step, "kind": kind, "limit": 3}, FunnelPeople)
    chains = expected(world, question, world.asking.seen(question.lens).lens)
    wanted = {
        f"p_{who}"
        for who, best in chains.items()
        if (best.level > step if kind == "reached" else best.level == step + 1)
    }
    found, cursor = [], None
    while True:
        answer = funnels.people(world.asking, msgspec.structs.replace(question, cursor=cursor))
        assert answer.total == len(wanted)
        found += answer.items
        if (cursor := answer.next) is None:
            break
    assert len(found) == len(wanted)
    assert {person.profile for person in found} == wanted
    assert [person.last_time for person in found] == sorted((p.last_time for p in found), reverse=True)


def test_the_people_of_a_group_are_those_of_its_figure(world: World) -> None:
    said = {
        "lens": {"from": day(0), "to": day(40)},
        "steps": [{"any": [{"name": name}]} for name in NAMES[:3]],
        "by": "property:plan",
    }
    answer = funnels.numbers(world.asking, as_question(said))
    for group in answer.groups:
        for number, step in enumerate(group.steps):
            asked = {**said, "group": group.group, "step": number}
            assert funnels.people(world.asking, as_question(asked, FunnelPeople)).total == step.customers
    with pytest.raises(NotFound):
        funnels.people(world.asking, as_question({**said, "group": "z"}, FunnelPeople))


def test_an_answer_changes_with_a_merge_and_is_the_old_one_after_its_undo(world: World) -> None:
    question = as_question(
        {"lens": {"from": day(0), "to": day(12)}, "steps": [{"any": [{"name": name}]} for name in NAMES[:3]]}
    )
    before = [step.customers for step in funnels.numbers(world.asking, question).steps]
    link = world.merge(40, 41)
    merged = funnels.numbers(world.asking, question)
    assert merged.steps[0].customers == before[0] - 1
    assert_figures(merged.steps, list(expected(world, question, world.asking.seen(question.lens).lens).values()))
    world.part(link)
    assert [step.customers for step in funnels.numbers(world.asking, question).steps] == before


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"steps": []}, "steps"),
        ({"steps": [{"any": []}]}, "steps[0].any"),
        ({"steps": [{"any": [{"type": "track"}]}]}, "steps[0].any[0].name"),
        ({"steps": [{"any": [{"name": "A"}]}] * 16}, "steps"),
        ({"exclude": [{"any": [{"name": "X"}], "after": 1, "before": 1}]}, "exclude[0].before"),
        ({"exclude": [{"any": [{"name": "X"}], "after": 0, "before": 2}]}, "exclude[0].before"),
        ({"order": "any", "exclude": [{"any": [{"name": "X"}]}]}, "exclude"),
        ({"order": "any", "steps": [{"any": [{"name": "A"}]}] * 2}, "steps[1].any"),
        ({"by": "weather"}, "by"),
        ({"lens": {"population": "moon:x"}}, "population"),
        ({"lens": {"channel": "pigeon"}}, "channel"),
        ({"lens": {"from": "2024-01-02", "to": "2024-01-01"}}, "from"),
    ],
)
def test_what_can_not_be_asked_is_refused_by_its_path(world: World, change: dict[str, Any], field: str) -> None:
    said = {"steps": [{"any": [{"name": "A"}]}, {"any": [{"name": "B"}]}], **change}
    with pytest.raises(Refused) as refused:
        funnels.numbers(world.asking, as_question(said))
    assert refused.value.details["field"] == field
    assert refused.value.details["remedy"]


async def test_over_http(viewer: httpx.AsyncClient) -> None:
    """As the console asks."""
    said: dict[str, Any] = {
        "lens": {"from": "2023-11-15", "to": "2023-12-15", "compare": "previous", "channel": None, "simulated": True},
        "steps": [{"label": "Look", "any": [{"type": "track", "name": "A", "where": [], "channel": None}]}] * 2,
        "window_seconds": 604_800,
        "order": "ordered",
        "exclude": [],
    }
    answer = await viewer.post("/api/questions/funnel", json=said)
    assert answer.status_code == 200, answer.text
    assert [step["label"] for step in answer.json()["steps"]] == ["Look", "Look"]
    people = await viewer.post("/api/questions/funnel/people", json={**said, "step": 0, "kind": "reached"})
    assert people.json() == {"total": 0, "items": [], "next": None}
    said["steps"][0]["any"] = []
    refused = await viewer.post("/api/questions/funnel", json=said)
    assert (refused.status_code, refused.json()["field"]) == (400, "steps[0].any")


def test_the_period_begins_at_midnight_of_the_workspace(world: World) -> None:
    question = as_question({"lens": {"from": day(0), "to": day(1)}, "steps": [{"any": [{"name": NAMES[0]}]}]})
    assert world.asking.seen(question.lens).lens.period.start == START
