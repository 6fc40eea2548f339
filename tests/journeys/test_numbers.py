"""The numbers of a map against a slow and obvious reference, on random histories with merges; and its people."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from resa.customers import merging
from resa.journeys import templates
from resa.journeys.definition import Journey, Rule, Stage, Touchpoint
from resa.journeys.numbers import Maps, Numbers
from resa.journeys.rules import Matcher
from resa.kernel.audit import SYSTEM
from resa.kernel.errors import NotFound, Refused
from resa.kernel.events import Draft
from resa.kernel.identities import profile_id
from resa.kernel.lens import Lens
from resa.kernel.matching import Condition, Match
from resa.kernel.periods import Period
from resa.kernel.workspace import Workspace
from resa.settings import Settings

DAY = 86_400_000
START = 1_700_000_000_000
NAMES = ["Viewed", "Added", "Bought", "Wrote", "Praised", "Nothing"]
CHANNELS = ["web", "app", "store"]


def drafts(seed: int, people: int, events: int) -> list[Draft]:
    """A random history: few moments, so that there are ties; the last people are simulated."""
    dice = random.Random(seed)
    made = []
    for number in range(events):
        who = dice.randrange(people)
        type_ = dice.choice(["track"] * 5 + ["page"])
        made.append(
            Draft(
                message_id=f"m{seed}-{number}",
                type=type_,
                name=dice.choice(NAMES) if type_ == "track" else "",
                time=START + dice.randrange(40) * DAY // 2,
                received_at=START + 30 * DAY,
                anonymous_id=f"a{who}",
                channel=dice.choice(CHANNELS),
                source="test",
                simulated=who >= people - 10,
                properties=f'{{"basket": {dice.randrange(5)}}}',
            )
        )
    return made


@dataclass
class World:
    """A workspace with a random history, and the same history as plain lists by profile."""

    workspace: Workspace
    maps: Maps
    drafts: list[Draft]
    rows: list[int | None] = field(default_factory=list)

    def journeys(self) -> dict[int, list[tuple[int, int, Draft]]]:
        """(time, row, event) by profile as merged now, in order."""
        found: dict[int, list[tuple[int, int, Draft]]] = {}
        with self.workspace.state.read() as tx:
            numbers = self.workspace.identities.find(tx, {draft.identity for draft in self.drafts})
        for draft, row in zip(self.drafts, self.rows, strict=True):
            assert row is not None
            profile = self.workspace.identities.profile(numbers[draft.identity])
            found.setdefault(profile, []).append((draft.time, row, draft))
        return {profile: sorted(events, key=lambda event: event[:2]) for profile, events in found.items()}


def merge(workspace: Workspace, a: int, b: int) -> int:
    """Make two people one; the link's number."""
    with workspace.state.read() as tx:
        numbers = workspace.identities.find(tx, {f"anon:a{a}", f"anon:a{b}"})
    ids = [profile_id(workspace.identities.profile(number)) for number in numbers.values()]
    return merging.merge(workspace, ids, SYSTEM, "the same person")[0]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Three thousand events of ninety people, some of them merged."""
    folder: Path = tmp_path_factory.mktemp("numbers")
    workspace = Workspace.open(Settings.of({}, data=folder / "data")).start()
    happened = drafts(1, 90, 3_000)
    receipt = workspace.committer.submit_sync(happened)
    for a, b in ((3, 4), (4, 5), (10, 60), (20, 21)):
        merge(workspace, a, b)
    workspace.settle()
    yield World(workspace, Maps(workspace), happened, list(receipt.rows))
    workspace.close()


def a_map(seed: int) -> Journey:
    """A random map: stages with touchpoints, some kept by hand, some without a touchpoint at all."""
    dice = random.Random(seed)
    stages, number = [], 0
    for place in range(dice.randrange(1, 6)):
        touchpoints = []
        for _ in range(dice.randrange(4)):
            any_ = [a_match(dice) for _ in range(dice.randrange(3))]
            touchpoints.append(Touchpoint(key=f"t{number}", name=f"T{number}", rule=Rule(any=any_), by_hand=not any_))
            number += 1
        stages.append(Stage(key=f"s{place}", name=f"S{place}", touchpoints=touchpoints))
    return Journey(name="Random", stages=stages)


def a_match(dice: random.Random) -> Match:
    """A random match, some by channel, some by basket."""
    where = [Condition(property="basket", op="is", value=dice.randrange(5))] if dice.random() < 0.4 else []
    channel = dice.choice(CHANNELS) if dice.random() < 0.3 else None
    if dice.random() < 0.15:
        return Match(type="page", where=where, channel=channel)
    return Match(name=dice.choice(NAMES[:-1]), where=where, channel=channel)


def a_lens(seed: int) -> Lens:
    """A random period, mostly cutting through the history, of all channels or one."""
    dice = random.Random(seed)
    begin = START + dice.randrange(-5, 15) * DAY
    channel = dice.choice([None, None, *CHANNELS])
    return Lens(Period(begin, begin + dice.randrange(1, 25) * DAY), channel, dice.random() < 0.5)


@dataclass
class Expected:
    """What the reference counts."""

    people: dict[str, set[int]] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)
    gaps: dict[str, list[int]] = field(default_factory=dict)
    moves: dict[tuple[str, str], set[int]] = field(default_factory=dict)

    def count(self, figure: str, profile: int) -> None:
        """One event of a figure."""
        self.people.setdefault(figure, set()).add(profile)
        self.events[figure] = self.events.get(figure, 0) + 1


def reference(world: World, journey: Journey, lens: Lens) -> Expected:
    """docs/journeys.md, read aloud."""
    matcher, expected = Matcher(journey), Expected()
    order = [stage.key for stage in journey.stages]
    for profile, history in world.journeys().items():
        seen: list[tuple[int, str]] = []
        for time, _, draft in history:
            if not lens.period.start <= time < lens.period.end:
                continue
            if lens.channel not in (None, draft.channel) or (draft.simulated and not lens.simulated):
                continue
            place = matcher.place(as_event(draft))
            if place is None:
                continue
            stage, touchpoint = place[0].key, place[1].key
            for figure in (f"stage:{stage}", f"touchpoint:{touchpoint}", "any"):
                expected.count(figure, profile)
                expected.count(f"{figure}@{draft.channel}", profile)
            seen.append((time, stage))
        flow(expected, profile, seen, order)
    return expected


def flow(expected: Expected, profile: int, seen: list[tuple[int, str]], order: list[str]) -> None:
    """Who went on from each stage, and how soon."""
    for place, stage in enumerate(order):
        first = next((at for at, (_, here) in enumerate(seen) if here == stage), None)
        if first is None:
            continue
        later = seen[first + 1 :]
        if any(order.index(there) > place for _, there in later):
            expected.people.setdefault(f"forward:{stage}", set()).add(profile)
        else:
            expected.people.setdefault(f"dropped:{stage}", set()).add(profile)
        following = order[place + 1] if place + 1 < len(order) else None
        reached = next((time for time, there in later if there == following), None)
        if reached is not None:
            expected.people.setdefault(f"next:{stage}", set()).add(profile)
            expected.gaps.setdefault(stage, []).append(reached - seen[first][0])
    for (_, here), (_, there) in itertools.pairwise(seen):
        if here != there:
            expected.moves.setdefault((here, there), set()).add(profile)


def as_event(draft: Draft) -> dict[str, Any]:
    """A draft by the names of `log`'s columns."""
    return {name: getattr(draft, name) for name in Draft.__struct_fields__}


def figures(numbers: Numbers) -> dict[str, tuple[int, int | None]]:
    """Every figure of an answer that is not nothing: customers, and events where it has them."""
    found: dict[str, tuple[int, int | None]] = {}
    for stage in numbers.stages:
        found[f"stage:{stage.key}"] = (stage.customers, stage.events)
        found |= {f"stage:{stage.key}@{c.channel}": (c.customers, c.events) for c in stage.channels}
        found |= {f"{kind}:{stage.key}": (getattr(stage, kind), None) for kind in ("next", "forward")}
        found[f"dropped:{stage.key}"] = (stage.drop_off, None)
        for touchpoint in stage.touchpoints:
            found[f"touchpoint:{touchpoint.key}"] = (touchpoint.customers, touchpoint.events)
            found |= {f"touchpoint:{touchpoint.key}@{c.channel}": (c.customers, c.events) for c in touchpoint.channels}
    return {figure: both for figure, both in found.items() if both[0] or both[1]}


@pytest.mark.parametrize("seed", range(60))
def test_every_number_is_what_the_reference_counts(world: World, seed: int) -> None:
    """Random maps through random lenses."""
    journey, lens = a_map(seed), a_lens(seed)
    compare = a_lens(seed + 1_000).period
    numbers = world.maps.numbers(journey, lens, compare)
    expected = reference(world, journey, lens)
    assert figures(numbers) == {
        figure: (len(people), expected.events.get(figure))
        for figure, people in expected.people.items()
        if not figure.startswith("any")
    }
    assert numbers.customers == len(expected.people.get("any", ()))
    for stage in numbers.stages:
        gaps = expected.gaps.get(stage.key)
        assert stage.median_seconds == (median(gaps) / 1000 if gaps else None)
    assert {(move.start, move.end): move.customers for move in numbers.moves} == {
        pair: len(people) for pair, people in expected.moves.items()
    }
    then = reference(world, journey, lens.during(compare))
    for stage in numbers.stages:
        assert stage.previous is not None
        assert stage.previous.customers == len(then.people.get(f"stage:{stage.key}", ()))
        assert stage.previous.events == then.events.get(f"stage:{stage.key}", 0)
        assert stage.previous.next == len(then.people.get(f"next:{stage.key}", ()))
        for touchpoint in stage.touchpoints:
            assert touchpoint.previous is not None
            assert touchpoint.previous.customers == len(then.people.get(f"touchpoint:{touchpoint.key}", ()))


@pytest.mark.parametrize("seed", range(100, 106))
def test_the_people_of_ten_random_cells_are_the_cell(world: World, seed: int) -> None:
    """Whoever clicks a number finds exactly these people, page by page, newest first."""
    journey, dice = a_map(seed), random.Random(seed)
    lens = a_lens(seed)
    shown = figures(world.maps.numbers(journey, lens))
    expected = reference(world, journey, lens)
    for figure in dice.sample(sorted(shown), min(10, len(shown))):
        cell, _, channel = figure.partition("@")
        looked = Lens(lens.period, channel or lens.channel, lens.simulated)
        pages, cursor = [], None
        while True:
            page = world.maps.people(journey, looked, cell, limit=7, cursor=cursor)
            pages.append(page)
            if (cursor := page.next) is None:
                break
        found = [person for page in pages for person in page.items]
        assert {page.total for page in pages} == {shown[figure][0]}
        assert {person.profile for person in found} == {f"p_{profile}" for profile in expected.people[figure]}
        assert len(found) == len({person.profile for person in found}) == shown[figure][0]
        assert [person.last_time for person in found] == sorted((p.last_time for p in found), reverse=True)
        if shown[figure][1] is not None:
            assert sum(person.events for person in found) == shown[figure][1]


def test_a_figure_that_is_not_on_the_map_is_said_so(world: World) -> None:
    """By name."""
    journey = a_map(0)
    lens = a_lens(0)
    for figure in ("stage:nowhere", "touchpoint:nothing", "next:nowhere"):
        with pytest.raises(NotFound):
            world.maps.people(journey, lens, figure)
    for figure in ("", "stage", "moon:s0", "anyone:s0", "__class__:s0"):
        with pytest.raises((Refused, NotFound)):
            world.maps.people(journey, lens, figure)
    for cursor in ("x", "1", "1,2,3", f"{2**70},1", "1,-1"):
        with pytest.raises(Refused):
            world.maps.people(journey, lens, "stage:s0", cursor=cursor)


def test_what_no_touchpoint_mentions_is_proposed(world: World) -> None:
    """Counted through the same lens, without what is mentioned."""
    journey = Journey(
        name="Small",
        stages=[
            Stage(
                key="s",
                name="S",
                touchpoints=[
                    Touchpoint(key="v", name="V", rule=Rule(any=[Match(name="Viewed", channel="web")])),
                    Touchpoint(key="p", name="P", rule=Rule(any=[Match(type="page")])),
                ],
            )
        ],
    )
    lens = Lens(Period(START, START + 10 * DAY), "app", simulated=False)
    inside = [draft for draft in world.drafts if draft.channel == "app" and START <= draft.time < START + 10 * DAY]
    numbers = world.maps.numbers(journey, lens)
    assert {(item.type, item.name): item.events for item in numbers.unmapped} == {
        ("track", name): sum(draft.name == name and not draft.simulated for draft in inside) for name in NAMES[1:]
    }
    assert numbers.real_events == sum(not draft.simulated for draft in inside)
    assert numbers.simulated_events == sum(draft.simulated for draft in inside)


def test_an_undone_merge_gives_the_old_numbers_back(world: World) -> None:
    """Twice the same question, a merge and its undo in between."""
    journey, workspace = a_map(7), world.workspace
    lens = Lens(Period(START - DAY, START + 60 * DAY))
    before = figures(world.maps.numbers(journey, lens))
    link = merge(workspace, 30, 31)
    workspace.settle()
    assert figures(world.maps.numbers(journey, lens)) != before
    merging.undo(workspace, link, SYSTEM, "a mistake")
    workspace.settle()
    assert figures(world.maps.numbers(journey, lens)) == before


def test_new_events_are_in_the_next_answer(tmp_path: Path) -> None:
    """Labels grow with the log; nothing is asked twice."""
    with_events = Workspace.open(Settings.of({}, data=tmp_path / "data")).start()
    try:
        maps, journey = Maps(with_events), a_map(7)
        lens = Lens(Period(START - DAY, START + 60 * DAY))
        world = World(with_events, maps, [], [])
        for seed in range(3):
            more = drafts(50 + seed, 12, 40)
            world.rows += with_events.committer.submit_sync(more).rows
            world.drafts += more
            with_events.settle()
            expected = reference(world, journey, lens)
            assert maps.numbers(journey, lens).customers == len(expected.people["any"])
    finally:
        with_events.close()


@pytest.mark.parametrize("key", templates.KEYS)
def test_every_template_counts(world: World, key: str) -> None:
    """No event of a standard shop is needed for an answer."""
    numbers = world.maps.numbers(templates.load(key), Lens(Period(START, START + DAY)))
    assert [stage.key for stage in numbers.stages] == [stage.key for stage in templates.load(key).stages]
