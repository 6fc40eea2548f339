"""Trends of a workspace against the reference: every point through every lens, its people, and the days of a zone."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest

from resa.analytics import intervals, trends
from resa.analytics.trends import TrendPeople, Trends
from resa.kernel import times
from resa.kernel.errors import Refused
from resa.kernel.lens import Lens
from resa.kernel.periods import Period
from tests.questions import reference
from tests.questions.conftest import NAMES, World, a_lens, a_match, day


def as_question(said: dict[str, Any], kind: type[Trends] = Trends) -> Any:
    """A body as the API reads it."""
    return msgspec.convert(msgspec.to_builtins(said), kind)


def a_trend(dice: random.Random) -> dict[str, Any]:
    """A random question."""
    series = [{"match": a_match(dice)} for _ in range(dice.randint(1, 3))]
    return {"lens": a_lens(dice), "series": series, "interval": dice.choice(("day", "week", "month"))}


def bounds_of(world: World, question: Trends, period: Period) -> list[int]:
    """The edges of the intervals."""
    return intervals.edges(period, world.asking.seen(question.lens).zone, question.interval, 1_000)


def expected(world: World, question: Trends, lens: Lens) -> tuple[Any, Any]:
    """Events and customers by series, group 0 and interval."""
    found = world.labelled(lens, trends.roles(question))
    return reference.series(found, len(question.series), bounds_of(world, question, lens.period), lambda _: 0)


@pytest.mark.parametrize("seed", range(30))
def test_every_point_is_what_the_reference_counts(world: World, seed: int) -> None:
    """Random series through random lenses, against other days."""
    dice = random.Random(seed)
    said = a_trend(dice)
    said["lens"]["compare"] = f"{day(dice.randint(0, 5))}..{day(dice.randint(6, 20))}"
    question = as_question(said)
    seen = world.asking.seen(question.lens)
    assert seen.compare is not None
    events, customers = expected(world, question, seen.lens)
    before, then = expected(world, question, seen.lens.during(seen.compare))
    number = len(bounds_of(world, question, seen.compare)) - 1
    answer = trends.numbers(world.asking, question)
    edges = bounds_of(world, question, seen.lens.period)
    for one, line in enumerate(answer.series):
        assert [point.at for point in line.points] == [times.iso(at) for at in edges[:-1]]
        for at, point in enumerate(line.points):
            assert (point.events, point.customers) == (events.get((one, 0, at), 0), customers.get((one, 0, at), 0))
            past = (before.get((one, 0, at), 0), then.get((one, 0, at), 0)) if at < number else (None, None)
            assert (point.previous_events, point.previous_customers) == past
        whole = (one, 0, len(edges) - 1)
        assert (line.total.events, line.total.customers) == (events.get(whole, 0), customers.get(whole, 0))
        assert line.total.previous_customers == then.get((one, 0, number), 0)


@pytest.mark.parametrize("seed", range(100, 112))
def test_a_split_by_what_events_say_adds_up_to_the_whole(world: World, seed: int) -> None:
    dice = random.Random(seed)
    by = dice.choice(("channel", "device", "property:plan", "property:value", "property:nothing"))
    said = a_trend(dice)
    question = as_question({**said, "by": by})
    lens = world.asking.seen(question.lens).lens
    answer = trends.numbers(world.asking, question)
    names = list(dict.fromkeys(line.group for line in answer.series))

    def group(event: Any) -> int:
        draft = world.draft(event.row)
        told = msgspec.json.decode(draft.properties) | {"channel": draft.channel, "device": draft.device}
        value = told.get(by.removeprefix("property:"))
        return names.index("" if value is None else str(value))

    edges = bounds_of(world, question, lens.period)
    events, customers = reference.series(
        world.labelled(lens, trends.roles(question)), len(question.series), edges, group
    )
    for number, line in enumerate(answer.series):
        one, place = divmod(number, len(names))
        for at, point in enumerate(line.points):
            figures = events.get((one, place, at), 0), customers.get((one, place, at), 0)
            assert (point.events, point.customers) == figures
    whole = trends.numbers(world.asking, as_question(said))
    for one in range(len(question.series)):
        mine = answer.series[one * len(names) : (one + 1) * len(names)]
        assert sum(line.total.events for line in mine) == whole.series[one].total.events


def test_a_split_by_audiences_counts_each_of_its_members(world: World) -> None:
    said = {
        "lens": {"from": day(0), "to": day(40), "population": "audience:shy"},
        "series": [{"match": {"name": NAMES[0]}}],
        "by": "audience:keen,audience:shy",
    }
    question = as_question(said)
    found = world.labelled(world.asking.seen(question.lens).lens, trends.roles(question))
    answer = trends.numbers(world.asking, question)
    assert [line.group for line in answer.series] == ["audience:keen", "audience:shy"]
    for line in answer.series:
        assert line.total.customers == len(world.members[line.group or ""] & set(found))


@pytest.mark.parametrize("by", [None, "channel", "audience:keen,audience:shy"])
def test_the_people_behind_a_point_are_as_many_as_it_says(world: World, by: str | None) -> None:
    said: dict[str, Any] = {
        "lens": {"from": day(0), "to": day(21)},
        "series": [{"match": {"name": name}} for name in NAMES[:2]],
        "interval": "week",
        "by": by,
    }
    answer = trends.numbers(world.asking, as_question(said))
    for number, line in enumerate(answer.series):
        one = number // (len(answer.series) // 2)
        for point in line.points:
            asked = {**said, "one": one, "at": point.at, "group": line.group}
            assert trends.people(world.asking, as_question(asked, TrendPeople)).total == point.customers
        everybody = trends.people(world.asking, as_question({**said, "one": one, "group": line.group}, TrendPeople))
        assert everybody.total == line.total.customers


def test_days_weeks_and_months_are_those_of_the_zone_also_when_the_clock_changes() -> None:
    zone = ZoneInfo("Europe/Berlin")
    start, end = 1_711_580_400_000, 1_711_922_399_999  # 28 March 2024, 00:00, to 1 April, a moment before midnight
    days = intervals.edges(Period(start, end + 1), zone, "day", 100)
    assert [b - a for a, b in pairwise(days)] == [86_400_000] * 3 + [82_800_000]
    assert intervals.edges(Period(start, end + 1), zone, "week", 100) == [start, end + 1]
    assert intervals.edges(Period(start, end + 1 + 86_400_000), zone, "week", 100) == [start, end + 1, end + 86_400_001]
    assert intervals.edges(Period(start, end + 1 + 86_400_000), zone, "month", 100)[1] == end + 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"series": []}, "series"),
        ({"series": [{"label": "x"}]}, "series[0].match"),
        ({"series": [{"metric": "revenue"}]}, "series[0].metric"),
        ({"series": [{"match": {"type": "track"}}]}, "series[0].match[0].name"),
        ({"lens": {"from": "1900-01-01", "to": "2190-01-01"}}, "interval"),
        ({"by": "property:"}, "by"),
    ],
)
def test_what_can_not_be_asked_is_refused_by_its_path(world: World, change: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        trends.numbers(world.asking, as_question({"series": [{"match": {"name": "A"}}], **change}))
    assert refused.value.details["field"] == field


async def test_over_http(viewer: httpx.AsyncClient) -> None:
    said = {"series": [{"label": "A", "match": {"type": "track", "name": "A"}}], "interval": "day", "by": "channel"}
    answer = await viewer.post("/api/questions/trends", json=said)
    assert (answer.status_code, answer.json()["series"]) == (200, [])
    people = await viewer.post("/api/questions/trends/people", json={"series": said["series"], "one": 0})
    assert people.json() == {"total": 0, "items": [], "next": None}
