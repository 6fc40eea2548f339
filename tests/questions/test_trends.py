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
from resa.analytics.metric_lines import MetricPoint, MetricTotal
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
        ({"series": [{"metric": "nothing"}]}, "series[0].metric"),
        ({"series": [{"metric": "No Key"}]}, "series[0].metric"),
        ({"series": [{"match": {"name": "A"}, "metric": "as"}]}, "series[0].metric"),
        ({"series": [{"match": {"name": "A"}}, {"metric": "as"}], "by": "channel"}, "by"),
        ({"series": [{"match": {"type": "track"}}]}, "series[0].match[0].name"),
        ({"lens": {"from": "1900-01-01", "to": "2190-01-01"}}, "interval"),
        ({"by": "property:"}, "by"),
    ],
)
def test_what_can_not_be_asked_is_refused_by_its_path(world: World, change: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        trends.numbers(world.asking, as_question({"series": [{"match": {"name": "A"}}], **change}))
    assert refused.value.details["field"] == field


# -- metrics beside events ------------------------------------------------------------------------------------------


VIEWED = NAMES[0]


@pytest.fixture
def counted(world: World) -> World:
    """With metrics that count what an event line counts."""
    events = {"any": [{"name": VIEWED}]}
    for key, measure, unit in (
        ("as", {"form": "count", "events": events}, "event"),
        ("a-customers", {"form": "unique", "events": events}, "customer"),
        ("a-customers-share", {"form": "conversion", "events": events}, "customer"),
    ):
        body = {"name": key.upper(), "measure": measure, "unit": unit}
        world.workspace.definitions.save("metric", key, body, expected=None, author="a test")
    return world


ALL = {"from": day(0), "to": day(40)}
BOTH = [{"metric": "as"}, {"match": {"name": VIEWED}}, {"metric": "a-customers", "label": "Who looked"}]


@pytest.mark.parametrize("seed", range(6))
def test_a_metric_beside_the_events_it_counts_has_their_figures_in_every_interval(counted: World, seed: int) -> None:
    dice = random.Random(seed)
    lens = {**a_lens(dice), "compare": f"{day(dice.randint(0, 5))}..{day(dice.randint(6, 20))}"}
    answer = trends.numbers(
        counted.asking, as_question({"series": BOTH, "lens": lens, "interval": dice.choice(("day", "week", "month"))})
    )
    (line,) = answer.series
    events, customers = answer.metrics
    assert [line.one, events.one, customers.one, customers.label] == [1, 0, 2, "Who looked"]
    for point, first, second in zip(line.points, events.points, customers.points, strict=True):
        assert point.at == first.at == second.at
        assert (first.value or 0, second.value or 0) == (point.events, point.customers)
        if point.previous_events is not None:
            assert first.previous_value in (point.previous_events, None if not point.previous_events else 0)
    assert (events.total.value or 0, customers.total.value or 0) == (line.total.events, line.total.customers)
    assert events.total.previous is not None
    assert (events.total.previous.value or 0) == line.total.previous_events


def test_a_metric_has_an_interval_at_every_point_and_over_all(counted: World) -> None:
    lens = {"from": day(0), "to": day(20), "compare": f"{day(20)}..{day(40)}"}
    said = {"series": [{"metric": "a-customers-share"}], "lens": lens, "interval": "week"}
    (line,) = trends.numbers(counted.asking, as_question(said)).metrics
    assert line.total.change is not None
    figures: list[MetricPoint | MetricTotal] = [*line.points, line.total]
    for one in figures:
        assert one.value is not None
        assert one.low is not None
        assert one.high is not None
        assert 0 <= one.low <= one.value <= one.high <= 1
        assert one.low < one.high


def test_a_metric_is_split_by_audiences_as_the_events_are(counted: World) -> None:
    by = ",".join(sorted(counted.members))
    answer = trends.numbers(
        counted.asking, as_question({"series": BOTH[:2], "lens": ALL, "by": by, "interval": "week"})
    )
    events = {line.group: line for line in answer.series}
    values = {line.group: line for line in answer.metrics}
    assert set(events) == set(values) == set(counted.members)
    for group, line in values.items():
        assert [point.value or 0 for point in line.points] == [point.events for point in events[group].points]
        assert line.total.value == events[group].total.events > 0


def test_the_people_of_events_are_told_by_their_place_also_behind_a_metric(counted: World) -> None:
    whole = trends.numbers(counted.asking, as_question({"series": BOTH, "lens": ALL}))
    found = trends.people(counted.asking, as_question({"series": BOTH, "lens": ALL, "one": 1}, TrendPeople))
    assert found.total == whole.series[0].total.customers > 0
    with pytest.raises(Refused) as refused:
        trends.people(counted.asking, as_question({"series": BOTH, "one": 0}, TrendPeople))
    assert refused.value.details["field"] == "one"


def test_a_file_has_both_kinds_of_lines_under_one_heading(counted: World) -> None:
    rows = trends.columns(trends.numbers(counted.asking, as_question({"series": BOTH, "lens": ALL})))
    assert len({tuple(row) for row in rows}) == 1
    assert {row["series"] for row in rows} == {"AS", VIEWED, "Who looked"}
    assert (
        "value"
        not in trends.columns(trends.numbers(counted.asking, as_question({"series": BOTH[1:2], "lens": ALL})))[0]
    )


async def test_over_http(viewer: httpx.AsyncClient) -> None:
    said = {"series": [{"label": "A", "match": {"type": "track", "name": "A"}}], "interval": "day", "by": "channel"}
    answer = await viewer.post("/api/questions/trends", json=said)
    assert (answer.status_code, answer.json()["series"]) == (200, [])
    people = await viewer.post("/api/questions/trends/people", json={"series": said["series"], "one": 0})
    assert people.json() == {"total": 0, "items": [], "next": None}
