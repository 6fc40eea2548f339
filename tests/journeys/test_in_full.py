"""What is asked of a map beyond its numbers, against slow and obvious references on random histories with merges."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from statistics import median
from typing import Any

import numpy as np
import pytest

from resa import journeys
from resa.journeys import against, discovery, layers
from resa.journeys.claims import Claim, Claims
from resa.journeys.definition import Journey, Rule, Stage, Touchpoint
from resa.journeys.discovery import Discoveries
from resa.journeys.handovers import Channels
from resa.journeys.layers import Layer, Layers, StageLayer, Struggle
from resa.journeys.numbers import Maps
from resa.kernel import times
from resa.kernel.errors import NotFound, Refused
from resa.kernel.events import Draft
from resa.kernel.lens import Lens
from resa.kernel.matching import Match
from resa.kernel.periods import Period
from tests.journeys import worlds
from tests.journeys.worlds import DAY, HOUR, MAP, START, World

PLACE = {"Viewed": ("look", 0), "Added": ("choose", 1), "Bought": ("buy", 2), "Wrote": ("praise", 3)}
TOUCHPOINT = {"Viewed": "viewed", "Added": "added", "Bought": "bought", "Wrote": "wrote"}
KEYS = ["look", "choose", "buy", "praise"]
EVERYTHING = Lens(Period(START, START + 41 * DAY))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Five thousand events of four hundred people, some merged, some merged and taken apart, some late."""
    with worlds.world(tmp_path_factory.mktemp("full"), worlds.drafts(11, 400, 4_500)) as made:
        journeys.register(made.workspace)
        links = [link for who in ((3, 4, 5), (10, 360), (20, 21), (30, 31)) for link in made.merge(*who)]
        made.workspace.settle()
        made.undo(links[-1])
        made.add(worlds.drafts(12, 400, 500))
        made.add(answers())
        made.workspace.settle()
        yield made


def answers() -> list[Draft]:
    """Answers to surveys, one with a score that is none."""
    said = [(n % 40, "NPS" if n % 2 else "csat", n % 11) for n in range(60)] + [(1, "nps", "many"), (2, "mood", 5)]
    return [
        Draft(
            message_id=f"answer-{n}",
            type="track",
            name="Survey Answered",
            time=START + (5 + n % 30) * DAY + n,
            received_at=START + 60 * DAY,
            anonymous_id=f"a{who}",
            channel="web",
            source="test",
            properties=f'{{"metric": "{metric}", "score": {score!r}}}'.replace("'", '"'),
        )
        for n, (who, metric, score) in enumerate(said)
    ]


def on_map(history: list[tuple[int, int, Draft]]) -> list[tuple[int, Draft]]:
    """The events of a journey that are on the map."""
    return [(time, draft) for time, _, draft in history if draft.type == "track" and draft.name in PLACE]


def stage_of(draft: Draft) -> int:
    """Its stage's place."""
    return PLACE[draft.name][1]


# -- hand-overs ----------------------------------------------------------------------------------------------------


def crossings(world: World, lens: Lens) -> tuple[Counter[Any], Counter[Any], Counter[Any]]:
    """docs/journeys.md, read aloud: (left, crossed, went on)."""
    left: Counter[Any] = Counter()
    crossed: Counter[Any] = Counter()
    went_on: Counter[Any] = Counter()
    for history in world.seen(lens).values():
        events = on_map(history)
        for stage in range(3):
            entered = next((at for at, (_, d) in enumerate(events) if stage_of(d) == stage), None)
            if entered is None:
                continue
            came = next((at for at in range(entered + 1, len(events)) if stage_of(events[at][1]) == stage + 1), None)
            inside = [d for _, d in events[:came] if stage_of(d) == stage]
            left[stage, inside[-1].channel] += 1
            if came is not None:
                pair = (stage, inside[-1].channel, events[came][1].channel)
                crossed[pair] += 1
                went_on[pair] += any(stage_of(d) > stage + 1 for _, d in events[came + 1 :])
    return left, crossed, went_on


@pytest.mark.parametrize("seed", range(3))
def test_the_people_of_every_hand_over_are_its_figure(world: World, seed: int) -> None:
    """Whoever clicks a number of the comparison between channels finds as many customers, each once."""
    lens, channels = worlds.a_lens(seed) if seed else EVERYTHING, Channels(world.workspace, Maps(world.workspace))

    def behind(figure: str) -> set[str]:
        people, cursor = [], None
        while True:
            page = channels.people(MAP, lens, figure, limit=200, cursor=cursor)
            people += [person.profile for person in page.items]
            if (cursor := page.next) is None:
                assert len(set(people)) == len(people) == page.total
                return set(people)

    for transition in channels.handovers(MAP, lens).transitions:
        stage = transition.start
        for channel in transition.channels:
            assert len(behind(f"left:{stage}:{channel.channel}")) == channel.customers
            assert len(behind(f"crossed:{stage}:{channel.channel}")) == channel.crossed
        crossed = behind(f"crossed:{stage}")
        assert (len(behind(f"left:{stage}")), len(crossed)) == (transition.customers, transition.crossed)
        for pair in transition.pairs:
            mine = behind(f"crossed:{stage}:{pair.start}:{pair.end}")
            assert len(mine) == pair.customers
            assert mine <= crossed
            crossed -= mine
            on = behind(f"went_on:{stage}:{pair.start}:{pair.end}")
            assert len(on) == (pair.went_on or 0)
            assert on <= mine
        assert not crossed  # the pairs have everybody, each once


def test_the_people_of_a_hand_over_tell_when_they_left_and_arrived(world: World) -> None:
    found = Channels(world.workspace, Maps(world.workspace)).people(MAP, EVERYTHING, "crossed:look:web:app", limit=200)
    histories = {f"p_{profile}": on_map(history) for profile, history in world.seen(EVERYTHING).items()}
    assert found.items
    for person in found.items:
        events = histories[person.profile]
        entered = next(at for at, (_, d) in enumerate(events) if stage_of(d) == 0)
        came = next(at for at in range(entered + 1, len(events)) if stage_of(events[at][1]) == 1)
        left = max(time for time, d in events[:came] if stage_of(d) == 0)
        assert (person.first_time, person.last_time) == (times.iso(left), times.iso(events[came][0]))


@pytest.mark.parametrize("figure", ["left:praise", "crossed:nowhere", "left:look:fax", "left:look:web:app", "crossed"])
def test_a_hand_over_that_is_not_on_the_map_is_said_so(world: World, figure: str) -> None:
    with pytest.raises((Refused, NotFound)):
        Channels(world.workspace, Maps(world.workspace)).people(MAP, EVERYTHING, figure)


@pytest.mark.parametrize("seed", range(6))
def test_crossings_between_channels_equal_the_reference(world: World, seed: int) -> None:
    lens = worlds.a_lens(seed) if seed else EVERYTHING
    found = Channels(world.workspace, Maps(world.workspace)).handovers(MAP, lens)
    left, crossed, went_on = crossings(world, lens)
    for stage, transition in enumerate(found.transitions):
        assert {c.channel: c.customers for c in transition.channels} == {
            c: n for (s, c), n in left.items() if s == stage
        }
        pairs = {(p.start, p.end): (p.customers, p.went_on) for p in transition.pairs}
        expected = {
            (a, b): (n, went_on[s, a, b] if stage < 2 else None) for (s, a, b), n in crossed.items() if s == stage
        }
        assert pairs == expected
        assert transition.crossed == sum(n for n, _ in expected.values())


def handed_over(people: int, lost: float) -> list[Draft]:
    """Half look on the web and half in the store; all choose in the store; of those from the web a share is lost there."""
    made = []
    for who in range(people):
        from_web = who % 2 == 0
        goes_on = (who // 2) % 10 >= (10 * lost if from_web else 2)
        for number, (name, channel) in enumerate(
            [
                ("Viewed", "web" if from_web else "store"),
                ("Added", "store"),
                *([("Bought", "store")] if goes_on else []),
            ]
        ):
            made.append(
                Draft(
                    message_id=f"h{who}-{number}",
                    type="track",
                    name=name,
                    time=START + number * HOUR,
                    received_at=START,
                    anonymous_id=f"a{who}",
                    channel=channel,
                )
            )
    return made


@pytest.mark.parametrize(("lost", "broken"), [(0.6, 1), (0.2, 0)])
def test_a_planted_break_is_found_and_an_equal_hand_over_is_not(
    tmp_path_factory: pytest.TempPathFactory, lost: float, broken: int
) -> None:
    with worlds.world(tmp_path_factory.mktemp("break"), handed_over(400, lost)) as made:
        found = Channels(made.workspace, Maps(made.workspace)).handovers(MAP, EVERYTHING)
    assert (found.compared, found.broken) == (1, broken)
    pair = next(p for p in found.transitions[0].pairs if p.start == "web")
    assert (pair.end, pair.customers, pair.broken) == ("store", 200, bool(broken))
    assert pair.difference is not None
    assert pair.difference.value == pytest.approx(0.2 - lost)
    assert pair.difference.low < 0.2 - lost < pair.difference.high


# -- steps off the map ---------------------------------------------------------------------------------------------


def step_of(draft: Draft) -> tuple[str, str] | None:
    """The step an event is, on the map or off it."""
    if draft.source == "resa" and draft.name not in PLACE:
        return None
    return (draft.type, draft.name or draft.page_path or "")


def steps(world: World, lens: Lens) -> tuple[int, dict[Any, Counter[Any]], Counter[Any]]:
    """(customers, by step the stages around its first time, nearest stages)."""
    around: dict[Any, Counter[Any]] = defaultdict(Counter)
    near: Counter[Any] = Counter()
    customers = 0
    for history in world.seen(lens).values():
        events = [(time, draft) for time, _, draft in history if step_of(draft) is not None]
        customers += bool(events)
        done = set()
        for at, (time, draft) in enumerate(events):
            step = step_of(draft)
            if draft.name in PLACE or step in done:
                continue
            done.add(step)
            before = next((e for e in reversed(events[:at]) if e[1].name in PLACE), None)
            after = next((e for e in events[at + 1 :] if e[1].name in PLACE), None)
            around[step][tuple(None if e is None else PLACE[e[1].name][0] for e in (before, after))] += 1
            if before or after:
                first = after is None or (before is not None and time - before[0] <= after[0] - time)
                chosen = before if first else after
                assert chosen is not None
                near[step, PLACE[chosen[1].name][0]] += 1
    return customers, around, near


@pytest.fixture(scope="module")
def finder(world: World) -> Discoveries:
    """One for all: what it was asked before must not change what it answers."""
    return Discoveries(world.workspace, Maps(world.workspace))


@pytest.mark.parametrize("seed", range(6))
def test_steps_off_the_map_equal_the_reference(world: World, finder: Discoveries, seed: int) -> None:
    lens = worlds.a_lens(seed + 20) if seed else EVERYTHING
    found = finder.discovered(MAP, lens, least=0)
    customers, around, near = steps(world, lens)
    assert found.customers == customers
    assert {(s.type, s.name): s.customers for s in found.items} == {step: n.total() for step, n in around.items()}
    for step in found.items:
        places = around[step.type, step.name]
        assert step.share == pytest.approx(places.total() / customers)
        for between in step.between:
            assert places[between.after, between.before] == between.customers
        nearest = {key: near[(step.type, step.name), key] for key in KEYS}
        assert nearest[step.proposal.stage] == max(nearest.values())


def test_a_period_with_fewer_steps_knows_only_those(
    world: World, finder: Discoveries, monkeypatch: pytest.MonkeyPatch
) -> None:
    finder.discovered(MAP, EVERYTHING, least=0)
    monkeypatch.setattr(discovery, "MOST_STEPS", 2)
    short = Lens(Period(START, START + 2 * DAY))
    found = finder.discovered(MAP, short, least=0)
    alone = Discoveries(world.workspace, Maps(world.workspace)).discovered(MAP, short, least=0)
    assert len(found.items) == 2
    assert (found.customers, found.items) == (alone.customers, alone.items)


def test_a_proposal_is_ready_to_be_added_and_then_is_on_the_map(world: World, finder: Discoveries) -> None:
    found = finder.discovered(MAP, EVERYTHING)
    names = {step.name for step in found.items}
    assert {"Searched", "Shared", "Survey Answered", "/p0", "/p1", "/p2"} == names
    stages = MAP.stages
    for step in found.items:
        stages = [
            _with(stage, step.proposal.touchpoint) if stage.key == step.proposal.stage else stage for stage in stages
        ]
    larger = Journey(name="Larger", stages=stages)
    journeys.definition.check(larger)
    assert finder.discovered(larger, EVERYTHING).items == []
    numbers = Maps(world.workspace).numbers(larger, EVERYTHING)
    counted = {t.key: t.customers for stage in numbers.stages for t in stage.touchpoints}
    # Resa's own events are no steps of a customer, but a rule that names them counts them.
    assert all(0 <= counted[s.proposal.touchpoint.key] - s.customers < 10 for s in found.items)


def _with(stage: Stage, touchpoint: Touchpoint) -> Stage:
    return Stage(key=stage.key, name=stage.name, touchpoints=[*stage.touchpoints, touchpoint])


def test_a_key_is_like_the_name_and_free() -> None:
    assert discovery._key("Ordered — again!", set()) == "ordered-again"
    assert discovery._key("Ordered again", {"ordered-again"}) == "ordered-again-2"
    assert discovery._key("日本", set()) == "step"
    assert len(discovery._key("x" * 300, {"x" * 56})) <= 64


# -- layers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_the_value_of_cells_is_that_of_their_customers(world: World, seed: int) -> None:
    lens = worlds.a_lens(seed + 40) if seed else EVERYTHING
    found = Layers(world.workspace, Maps(world.workspace), lambda: None).layers(MAP, lens)
    expected: dict[Any, Decimal] = defaultdict(Decimal)
    for history in world.seen(lens).values():
        worth: dict[Any, Decimal] = defaultdict(Decimal)
        for _, _, draft in history:
            if draft.revenue is not None and draft.source != "resa":
                worth[draft.currency] += Decimal(draft.revenue)
        cells = {PLACE[d.name][0] for _, d in on_map(history)} | {TOUCHPOINT[d.name] for _, d in on_map(history)}
        for cell in [*cells, *(["map"] if cells else [])]:
            for currency, amount in worth.items():
                expected[cell, currency] += amount
    shown = {("map", money.currency): Decimal(money.total) for money in found.value}
    for stage in found.stages:
        cells_of: list[StageLayer | Layer] = [stage, *stage.touchpoints]
        for layer in cells_of:
            shown |= {(layer.key, money.currency): Decimal(money.total) for money in layer.value}
    assert shown == {cell: amount for cell, amount in expected.items() if amount}


def test_answers_count_for_the_touchpoint_before_them(world: World) -> None:
    expected: dict[str, list[int]] = defaultdict(list)
    for history in world.seen(EVERYTHING).values():
        last = None
        for _, _, draft in history:
            if draft.name == "Survey Answered":
                metric, score = draft.properties.split('"')[3], draft.properties.rpartition(": ")[2].rstrip("}")
                if last and metric == "NPS" and score.isdigit():
                    expected[last].append(int(score))
            elif draft.type == "track" and draft.name in PLACE:
                last = TOUCHPOINT[draft.name]
    found = Layers(world.workspace, Maps(world.workspace), lambda: None).layers(MAP, EVERYTHING)
    shown = {layer.key: layer for stage in found.stages for layer in stage.touchpoints}
    assert expected
    for key, scores in expected.items():
        said = next(s for s in shown[key].satisfaction or [] if s.metric == "nps")
        assert said.answers == len(scores)
        assert said.mean == pytest.approx(sum(scores) / len(scores))
        promoters, detractors = sum(s >= 9 for s in scores), sum(s <= 6 for s in scores)
        assert said.nps == pytest.approx(100 * (promoters - detractors) / len(scores))
    assert shown["friends"].satisfaction is None


def test_without_answers_and_friction_nothing_is_said_of_them(world: World) -> None:
    early = Lens(Period(START - 9 * DAY, START + DAY))
    found = Layers(world.workspace, Maps(world.workspace), lambda: None).layers(MAP, early)
    assert all(stage.satisfaction is None and stage.friction is None for stage in found.stages)


def test_friction_is_what_the_one_who_knows_says(world: World) -> None:
    def knows(_journey: Journey, _lens: Lens) -> dict[str, Struggle]:
        return {"stage:buy": Struggle(7, 2), "touchpoint:added": Struggle(3, 1)}

    found = Layers(world.workspace, Maps(world.workspace), lambda: knows).layers(MAP, EVERYTHING)
    assert [stage.friction for stage in found.stages] == [None, None, Struggle(7, 2), None]
    assert found.stages[1].touchpoints[0].friction == Struggle(3, 1)


@pytest.mark.parametrize("seed", range(4))
def test_moments_of_friction_stand_at_the_touchpoint_before_them(world: World, seed: int) -> None:
    """Random moments of random customers, many at the very time of an event."""
    lens = worlds.a_lens(seed + 80) if seed else EVERYTHING
    dice = random.Random(seed)
    seen = {who: on_map(history) for who, history in world.seen(lens).items()}
    moments = [
        (who, START + dice.randrange(40 * 48) * HOUR // 2 - dice.randrange(2), dice.randrange(5))
        for who in world.journeys()
        for _ in range(dice.randrange(3))
    ]
    struck: dict[str, set[int]] = defaultdict(set)
    signals: dict[str, set[int]] = defaultdict(set)
    for who, at, signal in moments:
        before = [draft for time, draft in seen.get(who, []) if time <= at]
        for cell in (
            (f"touchpoint:{TOUCHPOINT[before[-1].name]}", f"stage:{PLACE[before[-1].name][0]}") if before else ()
        ):
            struck[cell].add(who)
            signals[cell].add(signal)
    columns = tuple(np.array(column) for column in zip(*moments, strict=True))
    found = layers.struggles(Maps(world.workspace), MAP, lens, (columns[0], columns[1], columns[2]))
    assert found == {cell: Struggle(len(who), len(signals[cell])) for cell, who in struck.items()}


# -- whose journey -------------------------------------------------------------------------------------------------


def test_numbers_and_people_of_a_population_are_those_of_its_members(world: World) -> None:
    maps = Maps(world.workspace)
    lens = Lens(EVERYTHING.period, population="audience:third")
    numbers = maps.numbers(MAP, lens)
    shown = {who: on_map(history) for who, history in world.seen(lens).items() if on_map(history)}
    assert all(who % 3 == 0 for who in shown)
    assert numbers.customers == len(shown)
    assert numbers.population == "audience:third"
    for stage in numbers.stages:
        inside = [who for who, events in shown.items() if any(PLACE[d.name][0] == stage.key for _, d in events)]
        assert stage.customers == len(inside) == maps.people(MAP, lens, f"stage:{stage.key}").total
    real = sum(not d.simulated and d.source != "resa" for h in world.seen(lens).values() for _, _, d in h)
    assert numbers.real_events == real
    with pytest.raises(Refused):
        maps.numbers(MAP, Lens(EVERYTHING.period, population="weather:fine"))


# -- claims --------------------------------------------------------------------------------------------------------


def held(world: World, claim: Claim, lens: Lens) -> Any:
    """What data say of it."""
    maps = Maps(world.workspace)
    return Claims(maps, Channels(world.workspace, maps)).test(claim, MAP, lens)


@pytest.mark.parametrize("seed", range(3))
def test_what_a_claim_is_held_against_equals_the_reference(world: World, seed: int) -> None:
    lens = worlds.a_lens(seed + 60) if seed else EVERYTHING
    seen = [events for history in world.seen(lens).values() if (events := on_map(history))]
    entered = [next((n for n, (_, d) in enumerate(e) if stage_of(d) == 1), None) for e in seen]
    on = [any(stage_of(d) == 3 for _, d in e[n + 1 :]) for e, n in zip(seen, entered, strict=True) if n is not None]
    goes = held(world, Claim(says="goes_on", than="fewer", stage="choose", to="praise", share=0.5), lens)
    assert (goes.n, goes.value) == (len(on), pytest.approx(sum(on) / len(on)))
    used = [any(d.name == "Added" for _, d in e) for e in seen]
    uses = held(world, Claim(says="uses", than="more", touchpoint="added", share=0.5), lens)
    assert (uses.n, uses.value) == (len(used), pytest.approx(sum(used) / len(used)))
    first = [e[0][1].channel == "app" for e in seen]
    comes = held(world, Claim(says="comes_by", than="more", channel="app", share=0.5), lens)
    assert (comes.n, comes.value) == (len(first), pytest.approx(sum(first) / len(first)))
    buying = [next((d.channel for _, d in e if stage_of(d) == 2), None) for e in seen]
    there = [channel == "app" for channel in buying if channel]
    comes = held(world, Claim(says="comes_by", than="more", channel="app", stage="buy", share=0.5), lens)
    assert (comes.n, comes.value) == (len(there), pytest.approx(sum(there) / len(there)))
    gaps = []
    for events in seen:
        start = next((n for n, (_, d) in enumerate(events) if d.name == "Added"), None)
        if start is not None:
            later = next((time for time, d in events[start + 1 :] if d.name != "Added"), None)
            gaps += [] if later is None else [later - events[start][0]]
    takes = held(world, Claim(says="takes", than="more", touchpoint="added", seconds=60), lens)
    assert (takes.n, takes.value) == (len(gaps), pytest.approx(median(gaps) / 1000))
    assert takes.low <= takes.value <= takes.high


@pytest.mark.parametrize(
    ("than", "share", "verdict"),
    [
        ("more", 0.05, "confirmed"),
        ("fewer", 0.05, "contradicted"),
        ("fewer", 0.9, "confirmed"),
        ("more", 0.9, "contradicted"),
        ("more", 0.25, "undecided"),
    ],
)
def test_a_claim_is_confirmed_or_contradicted_only_beyond_chance(
    world: World, than: Any, share: float, verdict: str
) -> None:
    """A quarter of all events is on each channel."""
    found = held(world, Claim(says="comes_by", than=than, channel="web", share=share), EVERYTHING)
    assert found.verdict == verdict
    assert found.low < found.value < found.high


def test_a_claim_of_nobody_and_one_of_what_is_gone_say_so(world: World) -> None:
    nobody = Lens(Period(START - 90 * DAY, START - 80 * DAY))
    assert held(world, Claim(says="takes", than="more", touchpoint="added", seconds=1), nobody).verdict == "no data"
    assert held(world, Claim(says="uses", than="more", touchpoint="added", share=0.1), nobody).verdict == "no data"
    assert held(world, Claim(says="uses", than="more", touchpoint="lost", share=0.1), EVERYTHING).verdict == "gone"


# -- the intended map ----------------------------------------------------------------------------------------------


def test_the_intended_map_beside_the_current_one(world: World) -> None:
    viewed, added, bought, wrote = (stage.touchpoints[0] for stage in MAP.stages)
    intended = Journey(
        name="Soon",
        stages=[
            Stage(key="look", name="Look around", touchpoints=[viewed]),
            Stage(key="picking", name="CHOOSE", touchpoints=[]),
            Stage(key="buy", name="Buy", touchpoints=[added, _renamed(bought)]),
            Stage(
                key="share",
                name="Share",
                touchpoints=[
                    Touchpoint(key="shared", name="Shared", rule=Rule(any=[Match(name="Shared")])),
                    Touchpoint(key="gift", name="Gift sent", rule=Rule(any=[Match(name="Gift Sent")])),
                ],
            ),
        ],
    )
    found = against.opposed(world.workspace, Maps(world.workspace), ("now", MAP), ("soon", intended), EVERYTHING)
    assert [(s.key, s.where) for s in found.stages] == [
        ("look", "both"),
        ("picking", "both"),
        ("buy", "both"),
        ("share", "intended"),
        ("praise", "current"),
    ]
    assert [c.field for c in found.stages[0].changes] == ["name"]
    by_key = {t.key: t for t in found.touchpoints}
    assert (by_key["added"].moved, by_key["added"].current_stage, by_key["added"].intended_stage) == (
        True,
        "choose",
        "buy",
    )
    assert (by_key["viewed"].moved, by_key["bought"].changes[0].field) == (False, "name")
    assert {key for key, t in by_key.items() if t.where == "current"} == {"friends", "wrote"}
    shared = [
        d for h in world.seen(Lens(EVERYTHING.period, simulated=False)).values() for _, _, d in h if d.name == "Shared"
    ]
    assert (by_key["shared"].real_events, by_key["gift"].real_events) == (len(shared), 0)
    assert (found.added, found.removed, found.moved, found.changed, found.realised) == (2, 2, 1, 1, 4)
    assert wrote.key in by_key


def _renamed(touchpoint: Touchpoint) -> Touchpoint:
    return Touchpoint(key=touchpoint.key, name="Ordered", rule=touchpoint.rule)


def test_a_missing_map_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        world.workspace.definitions.get("journey", "nowhere")
