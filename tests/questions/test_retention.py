"""Retention and stickiness of a workspace against the reference, and the people behind each figure."""

from __future__ import annotations

import random
from typing import Any

import httpx
import msgspec
import pytest

from resa.analytics import intervals, retention
from resa.analytics.retention import Retention, RetentionPeople
from resa.kernel import proportions, times
from resa.kernel.errors import Refused
from tests.questions import reference
from tests.questions.conftest import NAMES, World, a_lens, a_match, day


def as_question(said: dict[str, Any], kind: type[Retention] = Retention) -> Any:
    """A body as the API reads it."""
    return msgspec.convert(msgspec.to_builtins(said), kind)


def a_question(dice: random.Random) -> dict[str, Any]:
    """A random question."""
    said: dict[str, Any] = {"lens": a_lens(dice), "start": {"any": [a_match(dice)]}}
    if dice.random() < 0.6:
        said["back"] = {"any": [a_match(dice), a_match(dice)]}
    return {**said, "interval": dice.choice(("day", "week")), "kind": dice.choice(("retention", "stickiness"))}


def expected(world: World, question: Retention, group: Any = lambda _: 0) -> tuple[list[int], reference.Returning]:
    """The edges of the intervals, and who returned."""
    seen = world.asking.seen(question.lens)
    bounds = intervals.edges(seen.lens.period, seen.zone, question.interval, 400)
    return bounds, reference.returning(world.labelled(seen.lens, retention.roles(question)), bounds, group)


def assert_cohorts(cohorts: Any, bounds: list[int], found: reference.Returning, group: int, kind: str) -> None:
    """Every figure of one group."""
    number = len(bounds) - 1
    if kind == "stickiness":
        (cohort,) = cohorts
        whole = sum(len(who) for (mine, _), who in found.active.items() if mine == group)
        least = [
            sum(len(who) for (mine, n), who in found.active.items() if mine == group and n >= few)
            for few in range(1, number + 1)
        ]
        assert (cohort.size, cohort.returned) == (whole, least)
        return
    assert [cohort.at for cohort in cohorts] == [times.iso(at) for at in bounds[:-1]]
    for period, cohort in enumerate(cohorts):
        size = len(found.size.get((group, period), ()))
        back = [len(found.returned.get((group, period, later), ())) for later in range(number - period)]
        assert (cohort.size, cohort.returned) == (size, [*back, *[None] * period])
        between = [proportions.wilson(n, size) if size else None for n in back]
        assert cohort.low[: number - period] == [interval and interval.low for interval in between]


@pytest.mark.parametrize("seed", range(30))
def test_every_figure_is_what_the_reference_counts(world: World, seed: int) -> None:
    dice = random.Random(seed)
    question = as_question(a_question(dice))
    bounds, found = expected(world, question)
    answer = retention.numbers(world.asking, question)
    assert_cohorts(answer.cohorts, bounds, found, 0, question.kind)
    if question.kind == "retention":
        for later, (back, of) in enumerate(zip(answer.total.returned, answer.total.of, strict=True)):
            old = range(len(bounds) - 1 - later)
            assert back == sum(len(found.returned.get((0, cohort, later), ())) for cohort in old)
            assert of == sum(len(found.size.get((0, cohort), ())) for cohort in old)


@pytest.mark.parametrize("seed", range(100, 110))
def test_a_split_is_by_what_the_first_event_says(world: World, seed: int) -> None:
    dice = random.Random(seed)
    by = dice.choice(("channel", "property:plan"))
    question = as_question({**a_question(dice), "by": by})
    answer = retention.numbers(world.asking, question)
    names = list(dict.fromkeys(cohort.group for cohort in answer.cohorts))

    def group(event: Any) -> int:
        draft = world.draft(event.row)
        value = draft.channel if by == "channel" else msgspec.json.decode(draft.properties)["plan"]
        return names.index(value) if value in names else -1

    bounds, found = expected(world, question, group)
    for number, name in enumerate(names):
        mine = [cohort for cohort in answer.cohorts if cohort.group == name]
        assert_cohorts(mine, bounds, found, number, question.kind)
    assert sum(cohort.size for cohort in answer.cohorts) == answer.total.size


def test_overlapping_audiences_do_not_change_the_whole(world: World) -> None:
    said = {"lens": {"from": day(0), "to": day(30)}, "start": {"any": [{"name": NAMES[0]}]}}
    plain = retention.numbers(world.asking, as_question(said))
    split = retention.numbers(world.asking, as_question({**said, "by": "audience:keen,audience:shy"}))
    assert split.total == plain.total
    found = expected(world, as_question(said))[1]
    for name in ("audience:keen", "audience:shy"):
        sizes = [cohort.size for cohort in split.cohorts if cohort.group == name]
        assert sizes[0] == len(found.size[0, 0] & world.members[name])


@pytest.mark.parametrize("kind", ["retention", "stickiness"])
def test_the_people_behind_a_figure_are_as_many_as_it_says(world: World, kind: str) -> None:
    said = {
        "lens": {"from": day(0), "to": day(28)},
        "start": {"any": [{"name": NAMES[0]}]},
        "back": {"any": [{"name": NAMES[3]}]},
        "kind": kind,
    }
    answer = retention.numbers(world.asking, as_question(said))
    for number, cohort in enumerate(answer.cohorts):
        figures = {"cohort": number}, cohort.size
        wanted = [figures] if kind == "retention" else []
        for later, back in enumerate(cohort.returned):
            if back is not None:
                place = {"cohort": number, "offset": later} if kind == "retention" else {"least": later + 1}
                wanted.append((place, back))
        for place, figure in wanted:
            people = retention.people(world.asking, as_question({**said, **place}, RetentionPeople))
            assert people.total == figure
    with pytest.raises(Refused):
        retention.people(world.asking, as_question({**said, "cohort": 3, "offset": 3}, RetentionPeople))


def test_what_has_not_begun_is_not_said(world: World) -> None:
    """A cohort of next week is no cohort of nobody."""
    now = world.workspace.clock()
    start, end = times.iso(now - 10 * 86_400_000), times.iso(now + 30 * 86_400_000)
    said = {"lens": {"from": start, "to": end}, "start": {"any": [{"name": NAMES[0]}]}, "interval": "day"}
    assert len(retention.numbers(world.asking, as_question(said)).cohorts) == 11


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"start": {"any": []}}, "start.any"),
        ({"back": {"any": [{"type": "track"}]}}, "back.any[0].name"),
        ({"lens": {"from": "1990-01-01", "to": "2020-01-01"}, "interval": "day"}, "interval"),
    ],
)
def test_what_can_not_be_asked_is_refused_by_its_path(world: World, change: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        retention.numbers(world.asking, as_question({"start": {"any": [{"name": "A"}]}, **change}))
    assert refused.value.details["field"] == field


async def test_over_http(viewer: httpx.AsyncClient) -> None:
    said = {"start": {"any": [{"type": "track", "name": "A"}]}, "back": {"any": []}, "interval": "week"}
    for kind in ("retention", "stickiness"):
        answer = await viewer.post("/api/questions/retention", json={**said, "kind": kind})
        assert (answer.status_code, answer.json()["total"]["size"]) == (200, 0), answer.text
    people = await viewer.post("/api/questions/retention/people", json=said)
    assert people.json() == {"total": 0, "items": [], "next": None}
