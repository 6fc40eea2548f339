"""The lines of metrics in a trend: values over time with their intervals, by population, beside those of before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from resa.analytics import metrics
from resa.analytics.asking import Asking, Seen
from resa.kernel import times
from resa.kernel.definitions import Definition
from resa.kernel.errors import NotFound, Refused
from resa.kernel.lens import Lens
from resa.kernel.metrics.definition import Direction, Metric, Shows, shown_as
from resa.kernel.metrics.evaluation import Asked, Interval, LeftOut, Measured, Point
from resa.kernel.periods import Period


class MetricPoint(msgspec.Struct, frozen=True):
    """A metric's value in one interval with its 95 % interval, and as many days into the period compared with."""

    at: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    previous_value: float | None


class MetricTotal(msgspec.Struct, frozen=True):
    """A metric's value over the whole period. A group has its value of before, and no change with an interval."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    previous: metrics.Figure | None
    change: metrics.Difference | None


class MetricLine(msgspec.Struct, frozen=True, kw_only=True):
    """A metric over time, or one group of it; `one`: its number in the question. `refused`: why there is no value."""

    one: int
    key: str
    label: str
    group: str | None
    unit: str
    shows: Shows
    direction: Direction
    currency: str | None
    points: list[MetricPoint]
    total: MetricTotal
    left_out: list[LeftOut]
    """Amounts of the period that are in other currencies: nothing is converted."""
    refused: metrics.Problem | None


class Wanted(NamedTuple):
    """A metric in a question: the number of its series, its key, and what the line is called."""

    place: int
    key: str
    label: str


def lines(asked: Asking, wanted: Sequence[Wanted], by: str | None, interval: Interval, seen: Seen) -> list[MetricLine]:
    """The lines of all metrics, answered together; in a split those of its audiences or personas. Raises Refused."""
    if not wanted:
        return []
    if by is not None and asked.groups(by) is None:
        rule = "a metric's line is not split by what events say."
        raise Refused("by", by, rule, "Split by persona or audiences, or ask the metric by itself.")
    found = [_found(asked, one) for one in wanted]

    def values(lens: Lens, compare: Period | None) -> list[Measured]:
        how: dict[str, Any] = {"compare": compare, "by": by, "interval": interval, "zone": seen.zone}
        return asked.metrics.values(found, lens, **how)

    now = values(seen.lens, seen.compare)
    then = values(seen.lens.during(seen.compare), None) if seen.compare else [None] * len(now)
    told = zip(wanted, now, [_comparable(*sides) for sides in zip(now, then, strict=True)], strict=True)
    return [line for one, here, before in told for line in _lines_of(one, here, before, split=by is not None)]


def _comparable(now: Measured, then: Measured | None) -> Measured | None:
    """What was before, if it is in the same currency."""
    same = then is not None and (then.currency == now.currency or not then.currency)
    return then if same else None


def _found(asked: Asking, one: Wanted) -> Asked:
    try:
        item: Definition[Metric] = asked.workspace.definitions.get("metric", one.key)
    except NotFound:
        field = f"series[{one.place}].metric"
        raise Refused(field, one.key, "there is no such metric.", "Name one that is there.") from None
    return Asked(item.key, item.body, item.version)


def _lines_of(one: Wanted, now: Measured, then: Measured | None, *, split: bool) -> list[MetricLine]:
    if not split or now.refused is not None:
        change = metrics.difference(now.change)
        whole = MetricTotal(*now.estimate, metrics.figure(now.previous), change)
        return [_line(one, now, None, _compared(now.series, then.series if then else ()), whole)]
    before = {group.group: group.series for group in then.groups} if then else {}
    return [
        _line(
            one,
            now,
            group.group,
            _compared(group.series, before.get(group.group, ())),
            MetricTotal(*group.estimate, metrics.figure(group.previous), None),
        )
        for group in now.groups
    ]


def _line(one: Wanted, now: Measured, group: str | None, points: list[MetricPoint], total: MetricTotal) -> MetricLine:
    metric = now.asked.metric
    return MetricLine(
        one=one.place,
        key=one.key,
        label=one.label or metric.name,
        group=group,
        unit=metric.unit,
        shows=shown_as(metric),
        direction=metric.direction,
        currency=now.currency,
        points=points,
        total=total,
        left_out=list(now.left_out),
        refused=metrics.problem(now.refused),
    )


def _compared(now: Sequence[Point], then: Sequence[Point]) -> list[MetricPoint]:
    previous = [point.value for point in then]
    return [
        MetricPoint(times.iso(point.at), *point[1:], previous[place] if place < len(previous) else None)
        for place, point in enumerate(now)
    ]
