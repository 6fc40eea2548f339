"""Metrics as the API shows them: definitions in lists, and values with intervals, changes, groups and series."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import msgspec

from resa.analytics.asking import NONE, OTHER, Asking, LensBody, Span
from resa.definitions_routes import SavedVersion
from resa.kernel import times
from resa.kernel.definitions import Definition
from resa.kernel.errors import Refused
from resa.kernel.metrics import starters
from resa.kernel.metrics.definition import Direction, Metric, Shows, check_form, form_of, shown_as
from resa.kernel.metrics.evaluation import Asked, Interval, LeftOut, Measured, Metrics, Point
from resa.kernel.metrics.statistics import Change, Estimate
from resa.kernel.workspace import Workspace

# -- definitions ---------------------------------------------------------------------------------------------------


class MetricRow(msgspec.Struct, frozen=True, kw_only=True):
    """A metric in a list."""

    key: str
    name: str
    description: str
    form: str
    unit: str
    direction: Direction
    shows: Shows
    currency: str | None
    owner: str
    version: int
    author: str
    at: str


class MetricRows(msgspec.Struct, frozen=True):
    """All metrics, by key."""

    items: list[MetricRow]
    next: None = None


class SavedMetric(msgspec.Struct, frozen=True):
    """A metric with its history, newest first."""

    key: str
    version: int
    body: Metric
    author: str
    at: str
    history: list[SavedVersion]


class Starter(msgspec.Struct, frozen=True):
    """A metric to begin with: the set it belongs to, and the journey stages it says something about."""

    set: str
    key: str
    body: Metric
    stages: list[str]


class Starters(msgspec.Struct, frozen=True):
    """The starter sets."""

    items: list[Starter]
    next: None = None


def row(item: Definition[Metric]) -> MetricRow:
    """A metric as a list shows it."""
    body = item.body
    return MetricRow(
        key=item.key,
        name=body.name,
        description=body.description,
        form=form_of(body.measure),
        unit=body.unit,
        direction=body.direction,
        shows=shown_as(body),
        currency=body.currency,
        owner=body.owner,
        version=item.version,
        author=item.author,
        at=times.iso(item.at),
    )


def saved(item: Definition[Metric], history: list[SavedVersion]) -> SavedMetric:
    """A metric with its history."""
    return SavedMetric(item.key, item.version, item.body, item.author, times.iso(item.at), history)


def templates(named: str | None, stage: str | None) -> Starters:
    """The starter sets, or one of them, or what is suggested for a stage."""
    found = [Starter(one.set, one.key, one.body, list(one.stages)) for one in starters.all_of(named)]
    return Starters([one for one in found if stage is None or stage in one.stages])


# -- values --------------------------------------------------------------------------------------------------------


class Ask(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which metrics, through which lens, split by what, and in which steps of time."""

    keys: list[str]
    lens: LensBody = msgspec.field(default_factory=LensBody)
    by: str | None = None
    interval: Interval | None = None


class Preview(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A metric that is not saved, and how to ask it."""

    body: dict[str, Any]
    lens: LensBody = msgspec.field(default_factory=LensBody)
    by: str | None = None
    interval: Interval | None = None


class Figure(msgspec.Struct, frozen=True):
    """A value with its 95 % interval; `n`: how many units it rests on."""

    value: float | None
    low: float | None
    high: float | None
    n: int


class Difference(msgspec.Struct, frozen=True):
    """What changed: relatively (0.1: a tenth more) and plainly, each with its 95 % interval."""

    ratio: float | None
    low: float | None
    high: float | None
    difference: float | None
    difference_low: float | None
    difference_high: float | None


class At(msgspec.Struct, frozen=True):
    """The value of the stretch of time that begins `at`."""

    at: str
    value: float | None
    low: float | None
    high: float | None
    n: int


class GroupFigure(msgspec.Struct, frozen=True):
    """The value of one group; over time where it is an audience or a persona."""

    group: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    previous: Figure | None
    series: list[At]


class Problem(msgspec.Struct, frozen=True):
    """Why a metric has no value through this lens."""

    field: str
    value: str | int | float | bool | None
    rule: str
    remedy: str


class MetricValue(msgspec.Struct, frozen=True, kw_only=True):
    """One metric through the lens."""

    key: str
    name: str
    version: int
    form: str
    unit: str
    direction: Direction
    shows: Shows
    currency: str | None
    value: float | None
    low: float | None
    high: float | None
    n: int
    previous: Figure | None
    change: Difference | None
    groups: list[GroupFigure]
    series: list[At]
    counts_until: str | None
    """Customers who began later don't count yet: their window is still open."""
    left_out: list[LeftOut]
    """Amounts of the period that are in other currencies: nothing is converted."""
    refused: Problem | None


class MetricValues(msgspec.Struct, frozen=True):
    """Metrics through one lens, in the order asked for."""

    period: Span
    compare: Span | None
    as_of: str
    items: list[MetricValue]
    took_ms: int


def values(asking: Asking, keeper: Metrics, data: Ask) -> MetricValues:
    """The values of saved metrics. Raises NotFound for a key that is none."""
    keys = list(dict.fromkeys(data.keys))
    if not keys:
        raise Refused("keys", None, "name at least one metric.", "Send the keys of metrics.")
    found = [asking.workspace.definitions.get("metric", key) for key in keys]
    return _values(asking, keeper, [Asked(item.key, item.body, item.version) for item in found], data)


def preview(asking: Asking, keeper: Metrics, data: Preview) -> MetricValues:
    """The value of a metric that is not saved. Raises Refused."""
    return _values(asking, keeper, [Asked("", checked(asking.workspace, keeper, data.body))], data)


def checked(workspace: Workspace, keeper: Metrics, body: dict[str, Any]) -> Metric:
    """A metric as it is sent, with the metrics it names. Raises Refused."""
    check_form(body)
    metric: Metric = workspace.definitions.decode("metric", body)
    keeper.check(metric)
    return metric


def _values(asking: Asking, keeper: Metrics, asked: list[Asked], data: Ask | Preview) -> MetricValues:
    began = time.perf_counter()
    seen = asking.seen(data.lens)
    by = data.by or data.lens.by or None
    found = keeper.values(asked, seen.lens, compare=seen.compare, by=by, interval=data.interval, zone=seen.zone)
    return MetricValues(
        Span.of(seen.lens.period),
        Span.of(seen.compare) if seen.compare else None,
        times.iso(seen.now),
        [_item(one) for one in found],
        round((time.perf_counter() - began) * 1000),
    )


def _item(one: Measured) -> MetricValue:
    metric = one.asked.metric
    return MetricValue(
        key=one.asked.key,
        name=metric.name,
        version=one.asked.version,
        form=form_of(metric.measure),
        unit=metric.unit,
        direction=metric.direction,
        shows=shown_as(metric),
        currency=one.currency,
        **one.estimate._asdict(),
        previous=figure(one.previous),
        change=difference(one.change),
        groups=[
            GroupFigure(
                OTHER if group.rest else NONE if group.group is None else group.group,
                *group.estimate,
                figure(group.previous),
                points(group.series),
            )
            for group in one.groups
        ],
        series=points(one.series),
        counts_until=times.iso_or_none(one.counts_until),
        left_out=list(one.left_out),
        refused=problem(one.refused),
    )


def problem(refused: Refused | None) -> Problem | None:
    """Why a metric has no value, as the API says it."""
    if refused is None:
        return None
    said = refused.details
    return Problem(said["field"], said["value"], said["rule"], said["remedy"])


def points(series: Sequence[Point]) -> list[At]:
    """Values over time, as the API writes them."""
    return [At(times.iso(point.at), *point[1:]) for point in series]


def figure(estimate: Estimate | None) -> Figure | None:
    """A value, as the API writes it."""
    return None if estimate is None else Figure(*estimate)


def difference(change: Change | None) -> Difference | None:
    """Without infinities, which JSON can't carry."""
    return None if change is None else Difference(*(_finite(part) for part in change))


def _finite(value: float | None) -> float | None:
    return None if value is None or abs(value) == float("inf") else value
