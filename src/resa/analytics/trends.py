"""Trends: events and customers, or the values of metrics, by day, week or month, split and compared."""

from __future__ import annotations

import time
from typing import Annotated, Any, Final, NamedTuple

import msgspec
import numpy as np

from resa.analytics import asking, bits, intervals, metric_lines
from resa.analytics.asking import Asking, Question, Span
from resa.analytics.intervals import Interval
from resa.analytics.metric_lines import MetricLine, MetricPoint, Wanted
from resa.kernel import sequences, times
from resa.kernel.behind import Customers, Found, page
from resa.kernel.definitions import key_rule
from resa.kernel.errors import NotFound, Refused
from resa.kernel.lens import Lens
from resa.kernel.matching import Match

MOST_SERIES: Final = 10
MOST_INTERVALS: Final = 1_000


class One(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A line: events that meet a match, or the values of a metric."""

    label: Annotated[str, msgspec.Meta(max_length=200)] = ""
    match: Match | None = None
    metric: str | None = None


class Trends(Question, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A question of how much there was, and when."""

    series: list[One]
    interval: Interval = "day"


class TrendPeople(Trends, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Whose names to list: those of a series by its number, of one interval (`at`, as the answer says it) or of all."""

    one: Annotated[int, msgspec.Meta(ge=0)] = 0
    at: str | None = None
    group: str | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50
    cursor: str | None = None


class Point(msgspec.Struct, frozen=True):
    """One interval, and as many days into the period compared with."""

    at: str
    events: int
    customers: int
    previous_events: int | None
    previous_customers: int | None


class Total(msgspec.Struct, frozen=True):
    """The whole period; customers are counted once."""

    events: int
    customers: int
    previous_events: int | None
    previous_customers: int | None


class Line(msgspec.Struct, frozen=True):
    """A series of events, or one group of it; `one`: its number in the question."""

    label: str
    group: str | None
    points: list[Point]
    total: Total
    one: int


class TrendNumbers(msgspec.Struct, frozen=True):
    """What POST /api/questions/trends answers: the lines of events in `series`, those of metrics in `metrics`."""

    period: Span
    compare: Span | None
    interval: str
    series: list[Line]
    as_of: str
    took_ms: int
    metrics: list[MetricLine]


def check(question: Trends) -> None:
    """Refuse what the types can't."""
    if not 1 <= len(question.series) <= MOST_SERIES:
        raise Refused("series", len(question.series), f"an answer has 1 to {MOST_SERIES} series.", "Leave some out.")
    for number, one in enumerate(question.series):
        if one.match is not None and one.metric is not None:
            rule = "a series is of events or of a metric, not of both."
            raise Refused(f"series[{number}].metric", one.metric, rule, "Make two series of it.")
        if one.metric is not None:
            key_rule(f"series[{number}].metric", one.metric)
        elif one.match is None:
            raise Refused(f"series[{number}].match", None, "a series needs a match or a metric.", "Say which events.")
        else:
            bits.check_any(f"series[{number}].match", [one.match])


def _metrics_of(question: Trends) -> list[Wanted]:
    named = [(place, one) for place, one in enumerate(question.series) if one.metric is not None]
    return [Wanted(place, one.metric or "", one.label) for place, one in named]


def roles(question: Trends) -> list[list[Match]]:
    """The bits of a label: the series of events."""
    return [[one.match] for one in question.series if one.match is not None]


def numbers(asked: Asking, question: Trends) -> TrendNumbers:
    """The answer."""
    began = time.perf_counter()
    check(question)
    seen = asked.seen(question.lens)
    bounds = intervals.edges(seen.lens.period, seen.zone, question.interval, MOST_INTERVALS)
    lines: list[Line] = []
    if roles(question):
        now = _counted(asked, question, seen.lens, bounds, None)
        then = None
        if seen.compare:
            before = intervals.edges(seen.compare, seen.zone, question.interval, MOST_INTERVALS)
            then = _counted(asked, question, seen.lens.during(seen.compare), before, now)
        lines = _lines(question, bounds, now, then)
    return TrendNumbers(
        period=Span.of(seen.lens.period),
        compare=Span.of(seen.compare) if seen.compare else None,
        interval=question.interval,
        series=lines,
        as_of=times.iso(seen.now),
        took_ms=round(1000 * (time.perf_counter() - began)),
        metrics=metric_lines.lines(asked, _metrics_of(question), question.split, question.interval, seen),
    )


def people(asked: Asking, question: TrendPeople) -> Customers:
    """Everybody behind a point of a line, or behind the whole line."""
    check(question)
    if question.one >= len(question.series):
        raise Refused("one", question.one, f"there are {len(question.series)} series.", "Count from 0.")
    if question.series[question.one].metric is not None:
        rule = "a metric's line is no list of people."
        raise Refused("one", question.one, rule, "Ask for the people of the events it counts.")
    seen = asked.seen(question.lens)
    lens = seen.lens
    if question.at is not None:
        bounds = intervals.edges(lens.period, seen.zone, question.interval, MOST_INTERVALS)
        starts = [times.iso(bound) for bound in bounds[:-1]]
        if question.at not in starts:
            raise NotFound("interval", question.at, "Use the 'at' of a point.")
        place = starts.index(question.at)
        lens = lens.during(lens.period._replace(start=bounds[place], end=bounds[place + 1]))
    key = ("attendants", _essence(question), question.split, asked.token(question.split), question.group, question.one)
    found = asked.found(key, lens, lambda: _behind(asked, question, seen.lens, lens))
    return page(asked.workspace, found, question.limit, question.cursor)


# -- counting ------------------------------------------------------------------------------------------------------


class _Counted(NamedTuple):
    """By series, group and interval; the interval after the last is the whole period."""

    names: list[str | None]
    events: Any
    customers: Any


def _essence(question: Trends) -> bytes:
    return msgspec.json.encode((roles(question), question.interval))


def _counted(asked: Asking, question: Trends, lens: Lens, bounds: list[int], same: _Counted | None) -> _Counted:
    """All figures; of a period compared with in the same groups as those of the period itself."""
    by = question.split
    key = ("trends", _essence(question), by, asked.token(by), tuple(bounds), tuple(same.names) if same else None)

    def compute() -> _Counted:
        walk = _walk(asked, question, lens)
        number = len(roles(question))
        names: list[str | None] = []
        events, customers = [], []
        for split, population, groups in _splits(asked, question, walk, lens, same.names if same else None):
            part = sequences.series(*walk, number, bounds, split=split, population=population)
            names += groups
            events.append(part.events)
            customers.append(part.customers)
        return _Counted(names, np.concatenate(events, axis=1), np.concatenate(customers, axis=1))

    return asked.answer(key, lens, compute)


def _walk(asked: Asking, question: Trends, lens: Lens) -> asking.Walk:
    snapshot, labels = asked.labelled(roles(question), lens)
    return snapshot, asked.workspace.identities.map(), labels


def _splits(
    asked: Asking, question: Trends, walk: asking.Walk, lens: Lens, names: list[str | None] | None = None
) -> Any:
    matches = [match for one in roles(question) for match in one]
    return asking.splits(asked, question.split, walk, (1 << len(roles(question))) - 1, matches, lens, names)


def _behind(asked: Asking, question: TrendPeople, whole: Lens, lens: Lens) -> Found:
    """Groups are those of the whole period, people those of the interval."""
    walk = _walk(asked, question, lens)
    for split, population, names in _splits(asked, question, walk, whole):
        if question.group in names:
            group = -1 if split.group_of.size == 1 else names.index(question.group)
            how = {**lens.period._asdict(), "population": population}
            bit = sum(one.match is not None for one in question.series[: question.one])
            return Found.of(*sequences.attendants(*walk, bit, split=split, group=group, **how).columns())
    raise NotFound("group", question.group)


# -- the answer ----------------------------------------------------------------------------------------------------


def _lines(question: Trends, bounds: list[int], now: _Counted, then: _Counted | None) -> list[Line]:
    lines = []
    counted = [(place, one) for place, one in enumerate(question.series) if one.match is not None]
    for number, (place, one) in enumerate(counted):
        label = one.label or (one.match and (one.match.name or one.match.type)) or ""
        for group, name in enumerate(now.names):
            mine = now.events[number, group].tolist(), now.customers[number, group].tolist()
            its = (then.events[number, group].tolist(), then.customers[number, group].tolist()) if then else None
            points = [
                Point(times.iso(bounds[at]), mine[0][at], mine[1][at], *_at(its, at)) for at in range(len(bounds) - 1)
            ]
            whole = Total(mine[0][-1], mine[1][-1], *((its[0][-1], its[1][-1]) if its else (None, None)))
            lines.append(Line(label, name, points, whole, place))
    return lines


def _at(its: tuple[list[int], list[int]] | None, at: int) -> tuple[int | None, int | None]:
    """Events and customers in the interval of the same number before; nothing where there was none."""
    if its is None or at >= len(its[0]) - 1:
        return None, None
    return its[0][at], its[1][at]


def columns(answer: TrendNumbers) -> list[dict[str, object]]:
    """The answer as rows of a table, for a file."""
    nothing = dict.fromkeys((*Point.__struct_fields__, *(MetricPoint.__struct_fields__ if answer.metrics else ())))
    lines: list[Line | MetricLine] = [*answer.series, *answer.metrics]
    return [
        {"series": line.label, "group": line.group, **nothing, **msgspec.structs.asdict(point)}
        for line in lines
        for point in line.points
    ]
