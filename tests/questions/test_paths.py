"""Paths of a workspace against the reference: nodes, links and top paths, what they hide, and the people behind them."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from itertools import pairwise
from typing import Any

import httpx
import msgspec
import pytest

from resa.analytics import paths
from resa.analytics.paths import PathPeople, Paths
from resa.kernel.errors import Refused
from resa.kernel.matching import Match
from tests.questions import reference
from tests.questions.conftest import NAMES, World, a_lens, a_match, bits, day
from tests.sequences.reference import Event

MORE = 99


def as_question(said: dict[str, Any], kind: type[Paths] = Paths) -> Any:
    """A body as the API reads it."""
    return msgspec.convert(msgspec.to_builtins(said), kind)


def a_question(dice: random.Random) -> dict[str, Any]:
    """A random question."""
    direction = dice.choice(("from", "to", "between"))
    said: dict[str, Any] = {
        "lens": a_lens(dice),
        "direction": direction,
        "steps": dice.randint(2, 6),
        "fold": dice.random() < 0.6,
        "gap_seconds": dice.choice((600, 3_600, 7 * 86_400)),
        "by_page": dice.random() < 0.4,
        "most": dice.choice((2, 12)),
    }
    if direction == "between" or dice.random() < 0.7:
        said["anchor"] = {"match": a_match(dice)}
    if direction == "between":
        said["to"] = {"match": a_match(dice)}
    return said


class Taken:
    """Every customer's paths, as words."""

    def __init__(self, world: World, question: Paths) -> None:
        roles: list[list[Match]] = [
            [question.anchor.match] if question.anchor else [],
            [question.to.match] if question.to and question.direction == "between" else [],
        ]
        words: dict[str, int] = {}
        self.own: dict[int, tuple[str, ...]] = {}
        self.times: Counter[tuple[str, ...]] = Counter()
        for who, events in world.journeys(world.asking.seen(question.lens).lens).items():
            journey = []
            for time, row, draft in events:
                word = draft.name or (draft.page_path if question.by_page else None) or draft.type
                number = words.setdefault(word, len(words) + 1)
                journey.append(Event(time, row, 0, 0, number * 4 + bits(draft, roles)))
            found = reference.paths(
                journey,
                question.direction,
                question.steps,
                question.gap_seconds * 1000,
                MORE,
                anchored=question.anchor is not None,
                fold=question.fold,
            )
            named = {number: word for word, number in words.items()} | {MORE: "Other"}
            taken = [tuple(named[number] for number in path.names) for path in found]
            self.times.update(taken)
            if taken:
                self.own[who] = taken[-1 if question.direction == "to" else 0]


def drawn(path: tuple[str, ...], question: Paths) -> list[str | None]:
    """A path on its steps."""
    missing = question.steps - len(path)
    if question.direction == "to":
        return [*[None] * (missing - 1), *["Start"] * min(1, missing), *path]
    return [*path, *(["End"] if question.direction == "from" and missing else [])]


def drawings(taken: Taken, question: Paths, answer: paths.PathNumbers) -> dict[int, list[str | None]]:
    """Each customer's path, with Other for what the answer does not name at a step."""
    shown = defaultdict(set)
    for node in answer.nodes:
        shown[node.step].add(node.name)
    return {
        who: [
            name if name is None or name in shown[step] else "Other" for step, name in enumerate(drawn(path, question))
        ]
        for who, path in taken.own.items()
    }


@pytest.mark.parametrize("seed", range(40))
def test_every_node_and_link_is_what_the_reference_counts(world: World, seed: int) -> None:
    dice = random.Random(seed)
    question = as_question(a_question(dice))
    taken, answer = Taken(world, question), paths.numbers(world.asking, question)
    assert answer.customers == len(taken.own)
    mine = drawings(taken, question, answer)
    nodes = Counter((step, name) for path in mine.values() for step, name in enumerate(path) if name)
    assert {(node.step, node.name): node.customers for node in answer.nodes} == nodes
    links = Counter(
        (step, one, other)
        for path in mine.values()
        for step, (one, other) in enumerate(pairwise(path))
        if one and other
    )
    assert {(link.step, link.start, link.end): link.customers for link in answer.links} == links
    whole = Counter(taken.own.values())
    for top in answer.top:
        assert (top.customers, top.times) == (whole[tuple(top.names)], taken.times[tuple(top.names)])
    assert [top.customers for top in answer.top] == sorted(whole.values(), reverse=True)[:20]
    for step in range(question.steps):
        named = [node for node in answer.nodes if node.step == step and node.name not in ("Other", "End", "Start")]
        every = Counter(path[step] for path in (drawn(p, question) for p in taken.own.values()) if step < len(path))
        every = Counter({name: n for name, n in every.items() if name not in (None, "Other", "End", "Start")})
        assert len(named) == min(question.most, len(every))
        assert (
            sorted((node.customers for node in named), reverse=True)
            == sorted(every.values(), reverse=True)[: len(named)]
        )


@pytest.mark.parametrize("seed", range(100, 106))
def test_the_people_behind_a_node_or_link_are_as_many_as_it_says(world: World, seed: int) -> None:
    dice = random.Random(seed)
    said = a_question(dice)
    answer = paths.numbers(world.asking, as_question(said))
    taken = drawings(Taken(world, as_question(said)), as_question(said), answer)
    for node in answer.nodes:
        people = paths.people(
            world.asking, as_question({**said, "step": node.step, "name": node.name, "limit": 200}, PathPeople)
        )
        wanted = {f"p_{who}" for who, path in taken.items() if path[node.step : node.step + 1] == [node.name]}
        assert {person.profile for person in people.items} == wanted
        assert people.total == node.customers
    for link in answer.links:
        asked = {**said, "step": link.step, "name": link.start, "next": link.end}
        assert paths.people(world.asking, as_question(asked, PathPeople)).total == link.customers


def test_what_flows_into_a_step_flows_out_of_it(world: World) -> None:
    """Each customer has one path, so that a drawing adds up."""
    said = {"lens": {"from": day(0), "to": day(30)}, "anchor": {"match": {"name": NAMES[0]}}, "steps": 5}
    answer = paths.numbers(world.asking, as_question(said))
    for node in answer.nodes:
        out = sum(link.customers for link in answer.links if (link.step, link.start) == (node.step, node.name))
        into = sum(link.customers for link in answer.links if (link.step + 1, link.end) == (node.step, node.name))
        assert node.step == 0 or into == node.customers
        assert node.name == "End" or node.step == 4 or out == node.customers


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"direction": "between", "anchor": {"match": {"name": "A"}}}, "to"),
        ({"direction": "between", "to": {"match": {"name": "A"}}}, "anchor"),
        ({"anchor": {"match": {"type": "track"}}}, "anchor.match[0].name"),
        ({"by": "channel"}, "by"),
    ],
)
def test_what_can_not_be_asked_is_refused_by_its_path(world: World, change: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        paths.numbers(world.asking, as_question(change))
    assert refused.value.details["field"] == field


def test_more_different_paths_than_fit_are_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from resa.kernel.sequences import routing

    monkeypatch.setattr(routing, "MOST_PATHS", -1)
    said = {"lens": {"from": day(0), "to": day(29)}, "steps": 6, "gap_seconds": 86_401}
    with pytest.raises(Refused, match="different paths"):
        paths.numbers(world.asking, as_question(said))


async def test_over_http(viewer: httpx.AsyncClient) -> None:
    said = {"anchor": None, "direction": "from", "steps": 5, "fold": True, "gap_seconds": 1800, "most": 12}
    answer = await viewer.post("/api/questions/paths", json=said)
    assert (answer.status_code, answer.json()["customers"]) == (200, 0), answer.text
    people = await viewer.post("/api/questions/paths/people", json={**said, "step": 0, "name": "End"})
    assert people.json() == {"total": 0, "items": [], "next": None}
