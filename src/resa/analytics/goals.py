"""Goals: a metric, a target, an owner and a day; and how far each is (docs/metrics.md)."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from resa.analytics import metrics
from resa.definitions_routes import SavedVersion
from resa.kernel import calendar, preferences, times
from resa.kernel.definitions import Definition, Kind, key_rule
from resa.kernel.errors import NotFound, Refused
from resa.kernel.lens import Lens
from resa.kernel.metrics.definition import LARGEST, Count, Metric, Sum, Unique, shown_as
from resa.kernel.metrics.evaluation import Asked, Measured, Metrics
from resa.kernel.metrics.money import LeftOut
from resa.kernel.metrics.plan import KIND as METRIC
from resa.kernel.periods import FIRST_YEAR, LAST_YEAR, Period
from resa.kernel.workspace import Workspace

Words = Annotated[str, msgspec.Meta(max_length=400)]


class Goal(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A goal. `due` and `start` are days, both included; without `start` it begins the day it was set.

    A number or sum is what comes together from start to due; anything else is looked at over the last `days`.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    metric: str
    target: float
    owner: Words = ""
    due: str
    start: str | None = None
    population: str | None = None
    days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 28
    description: Annotated[str, msgspec.Meta(max_length=4000)] = ""


def check(goal: Goal) -> None:
    """Refuse what the types can't."""
    key_rule("metric", goal.metric)
    if not math.isfinite(goal.target) or abs(goal.target) > LARGEST:
        raise Refused("target", str(goal.target), f"between -{LARGEST:g} and {LARGEST:g}.", "Use a smaller number.")
    due = _day("due", goal.due)
    if goal.start is not None and _day("start", goal.start) >= due:
        raise Refused("due", goal.due, "a goal is due after it begins.", f"Use a day after {goal.start}.")


KIND: Final = Kind("goal", Goal, check)


def register(workspace: Workspace) -> None:
    """Make metrics and goals known to the workspace's definitions."""
    workspace.definitions.register(METRIC)
    workspace.definitions.register(KIND)


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a goal is: `share` of the way from `start_value` to the target, `elapsed` of the time; null: not known."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    start_value: float | None = None
    share: float | None = None
    elapsed: float = 0.0
    reached: bool = False
    on_track: bool | None = None
    as_of: str = ""
    shows: Literal["number", "share", "money", "seconds", "score"] = "number"
    currency: str | None = None
    left_out: list[LeftOut] = []
    """Amounts that are in other currencies: nothing is converted."""
    refused: metrics.Problem | None = None


class GoalRow(msgspec.Struct, frozen=True, kw_only=True):
    """A goal with how far it is."""

    key: str
    name: str
    metric: str
    metric_name: str | None
    target: float
    owner: str
    due: str
    start: str
    population: str | None
    version: int
    progress: Progress


class GoalRows(msgspec.Struct, frozen=True):
    """All goals, those due first before others."""

    items: list[GoalRow]
    next: None = None


class SavedGoal(msgspec.Struct, frozen=True, kw_only=True):
    """A goal with how far it is and its history, newest first."""

    key: str
    version: int
    body: Goal
    author: str
    at: str
    progress: Progress
    history: list[SavedVersion]


class Goals:
    """The goals of one workspace, measured."""

    def __init__(self, workspace: Workspace, keeper: Metrics) -> None:
        """Measured by the metrics of the same workspace."""
        self._workspace = workspace
        self._keeper = keeper
        register(workspace)

    def rows(self) -> GoalRows:
        """All goals with their progress."""
        found = [self._row(item) for item in self._workspace.definitions.all("goal")]
        return GoalRows(sorted(found, key=lambda row: (row.due, row.key)))

    def saved(self, item: Definition[Goal], history: list[SavedVersion]) -> SavedGoal:
        """A goal with its progress and history."""
        return SavedGoal(
            key=item.key,
            version=item.version,
            body=item.body,
            author=item.author,
            at=times.iso(item.at),
            progress=self.progress(item),
            history=history,
        )

    def check(self, goal: Goal) -> None:
        """Refuse a goal whose metric or population is not there."""
        try:
            self._keeper.find(goal.metric)
        except NotFound:
            raise Refused("metric", goal.metric, "there is no such metric.", "Name one that is there.") from None
        if goal.population is not None:
            try:
                self._workspace.populations.get(goal.population)
            except NotFound:
                raise Refused(
                    "population", goal.population, "there is no such population.", "Name one that is there."
                ) from None

    def progress(self, item: Definition[Goal]) -> Progress:
        """How far a goal is now."""
        try:
            metric = self._keeper.find(item.body.metric)
        except NotFound:
            gone = Refused("metric", item.body.metric, "there is no such metric.", "Name one that is there.")
            return Progress(refused=metrics.problem(gone))
        return self._measured(item, metric)

    def _row(self, item: Definition[Goal]) -> GoalRow:
        goal = item.body
        try:
            name = self._keeper.find(goal.metric).name
        except NotFound:
            name = None
        return GoalRow(
            key=item.key,
            name=goal.name,
            metric=goal.metric,
            metric_name=name,
            target=goal.target,
            owner=goal.owner,
            due=goal.due,
            start=self._start(item).isoformat(),
            population=goal.population,
            version=item.version,
            progress=self.progress(item),
        )

    def _start(self, item: Definition[Goal]) -> date:
        if item.body.start is not None:
            return date.fromisoformat(item.body.start)
        first = self._workspace.definitions.history("goal", item.key)[-1]
        return calendar.day_of(preferences.zone(self._workspace.state), first.at)

    def _measured(self, item: Definition[Goal], metric: Metric) -> Progress:
        goal, zone, now = item.body, preferences.zone(self._workspace.state), self._workspace.clock()
        start, due = self._start(item), date.fromisoformat(goal.due)
        today = calendar.day_of(zone, now)
        began, ends = calendar.midnight(zone, start), calendar.midnight(zone, due + timedelta(days=1))
        elapsed = min(1.0, max(0.0, (now - began) / max(1, ends - began)))
        last = min(today, due) + timedelta(days=1)
        if isinstance(metric.measure, Count | Sum | Unique):
            found = self._value(goal, metric, zone, start, max(last, start + timedelta(days=1)))
            return _progress(goal, metric, found, 0.0, elapsed, now)
        found = self._value(goal, metric, zone, last - timedelta(days=goal.days), last)
        before = self._value(goal, metric, zone, start - timedelta(days=goal.days), start)
        return _progress(goal, metric, found, before.estimate.value, elapsed, now)

    def _value(self, goal: Goal, metric: Metric, zone: ZoneInfo, first: date, end: date) -> Measured:
        period = Period(calendar.midnight(zone, first), calendar.midnight(zone, end))
        lens = Lens(period, population=goal.population)
        try:
            return self._keeper.values([Asked(goal.metric, metric)], lens, zone=zone)[0]
        except NotFound:
            gone = Refused("population", goal.population, "there is no such population.", "Name one that is there.")
            return Measured(Asked(goal.metric, metric), refused=gone)


def _progress(goal: Goal, metric: Metric, found: Measured, before: float | None, elapsed: float, now: int) -> Progress:
    value = found.estimate.value
    share = None
    if value is not None and before is not None and goal.target != before:
        share = (value - before) / (goal.target - before)
    total = isinstance(metric.measure, Count | Sum | Unique)
    falls = metric.direction == "down"
    reached = value is not None and (value <= goal.target if falls else value >= goal.target)
    if total and falls:  # at most so many by the day: what is still allowed shrinks with time
        on_track = None if value is None else value <= goal.target * elapsed
        reached = reached and elapsed >= 1
    else:
        on_track = None if value is None else reached or (share is not None and share >= elapsed)
    return Progress(
        value=value,
        low=found.estimate.low,
        high=found.estimate.high,
        start_value=before,
        share=share,
        elapsed=elapsed,
        reached=reached,
        on_track=on_track,
        as_of=times.iso(now),
        shows=shown_as(metric),
        currency=found.currency,
        left_out=list(found.left_out),
        refused=metrics.problem(found.refused),
    )


def _day(field: str, text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Refused(field, text, "this is no day.", "Write 2026-12-31.") from None
    if not FIRST_YEAR < day.year < LAST_YEAR:
        raise Refused(
            field, text, f"a year lies between {FIRST_YEAR} and {LAST_YEAR}.", "Choose a later or earlier day."
        )
    return day
