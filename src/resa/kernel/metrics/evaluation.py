"""Values of metrics through a lens: now, against another period, by group and over time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from resa.kernel import calendar, preferences, proportions, sequences
from resa.kernel.definitions import Definition
from resa.kernel.errors import NotFound, Refused
from resa.kernel.lens import Lens
from resa.kernel.metrics import money, statistics, units
from resa.kernel.metrics.asking import Answers, ask
from resa.kernel.metrics.definition import Metric
from resa.kernel.metrics.money import Amounts, Counted, LeftOut
from resa.kernel.metrics.plan import KIND, Needs, Picked, Returns, Steps, additive, needs
from resa.kernel.metrics.sql import COLUMNS, EVERYTHING, Split, Writer
from resa.kernel.metrics.statistics import Change, Estimate, Moments
from resa.kernel.metrics.units import ROOM, Array, Begun
from resa.kernel.periods import Period
from resa.kernel.recent import Recent
from resa.kernel.workspace import Workspace

if TYPE_CHECKING:
    from resa.kernel.sequences import walk

Interval = Literal["day", "week", "month"]

MOST_GROUPS: Final = 12
"""The largest groups of a split are told apart; the rest is one more."""
MOST_POPULATIONS: Final = 24
MOST_BUCKETS: Final = 1_000
MOST_METRICS: Final = 100
_NOTHING: Final = Estimate(None, None, None, 0)


class Point(NamedTuple):
    """The value of one stretch of time, which begins at `at` (ms UTC)."""

    at: int
    value: float | None
    low: float | None
    high: float | None
    n: int


class Group(NamedTuple):
    """The value of one group, over time where it is a population; `rest`: all the smaller ones together."""

    group: str | None
    rest: bool
    estimate: Estimate
    previous: Estimate | None
    series: Sequence[Point] = ()


@dataclass(frozen=True)
class Asked:
    """A metric to be answered, saved (by key and version) or not."""

    key: str
    metric: Metric
    version: int = 0


@dataclass(frozen=True)
class Measured:
    """A metric answered; `refused` instead where it can't be of this lens."""

    asked: Asked
    estimate: Estimate = _NOTHING
    previous: Estimate | None = None
    change: Change | None = None
    groups: Sequence[Group] = ()
    series: Sequence[Point] = ()
    currency: str | None = None
    left_out: Sequence[LeftOut] = ()
    """Amounts of the period that are in other currencies: in no value."""
    counts_until: int | None = None
    """Customers who began later don't count yet, because their window is still open (ms UTC)."""
    refused: Refused | None = None


class Metrics:
    """Answers metrics of one workspace. Thread-safe; the answers asked for last are kept."""

    def __init__(self, workspace: Workspace) -> None:
        """Nothing is asked yet."""
        self._workspace = workspace
        workspace.definitions.register(KIND)
        self._labels = sequences.LabelStore(workspace.body, most=3)
        self._answers = Recent(24)

    # -- which -----------------------------------------------------------------------------------------------------

    def find(self, key: str) -> Metric:
        """The current metric of a key. Raises NotFound."""
        found: Definition[Metric] = self._workspace.definitions.get("metric", key)
        return found.body

    def check(self, metric: Metric) -> None:
        """Refuse a metric that names others in a way that can't be answered."""
        needs(metric, self.find)

    # -- values ----------------------------------------------------------------------------------------------------

    def values(
        self,
        asked: Sequence[Asked],
        lens: Lens,
        *,
        compare: Period | None = None,
        by: str | None = None,
        interval: Interval | None = None,
        zone: ZoneInfo,
    ) -> list[Measured]:
        """All of these through one lens; whatever they need together is asked of the body once."""
        if len(asked) > MOST_METRICS:
            raise Refused("keys", len(asked), f"at most {MOST_METRICS} metrics at once.", "Ask for fewer.")
        edges = edges_of(lens.period, interval, zone) if interval else ()
        groups = self._grouping(by, lens) if by else None
        plans = self._plans(asked, lens, compare)
        good = [plan for plan in plans if plan.needs is not None]
        asking = _Asking(self, [plan.needs for plan in good if plan.needs is not None])
        now = asking.sides(lens, groups)
        then = asking.sides(lens.during(compare), groups) if compare else None
        stretches = _Stretches.of(self, asking, lens, edges, groups) if edges else None
        return [
            Measured(plan.asked, refused=plan.refused)
            if plan.needs is None
            else replace(
                _measured(plan, plan.needs, now, then, stretches),
                counts_until=_ripe(plan.needs, lens.period, self._workspace.clock()),
            )
            for plan in plans
        ]

    def moments(self, metric: Metric, lens: Lens) -> Moments:
        """The sufficient statistics of a metric over the customers of a lens (in the measure totals are kept in)."""
        plan = additive(self.counted(metric, lens).needs)
        answers = _Asking(self, [plan]).answers(lens, EVERYTHING)
        sample = answers.sample(plan, answers.cap(plan))
        return Moments.of(sample.x, sample.y)

    def since(self, needed: Sequence[Needs], lens: Lens, begun: Begun, edges: tuple[int, ...]) -> Answers:
        """Totals of customers who have begun, each from then on, by stretch of time (and in stretch 0 from before)."""
        workspace = self._workspace
        return ask(needed, workspace.body, self._walk, lens, Split(edges=edges), workspace.clock(), begun)

    def counted(self, metric: Metric, lens: Lens, begun: Begun | None = None) -> Counted:
        """What a metric needs through a lens, its amounts in one currency. Raises Refused where it can't be answered."""
        plan = needs(metric, self.find)
        (found,) = self._in_one_currency([(metric, plan)], lens, None, begun)
        return found

    # -- inside ----------------------------------------------------------------------------------------------------

    def _plans(self, asked: Sequence[Asked], lens: Lens, compare: Period | None) -> list[_Plan]:
        plans = [self._plan(each) for each in asked]
        good = [(plan.asked.metric, plan.needs) for plan in plans if plan.needs is not None]
        counted = iter(self._in_one_currency(good, lens, compare, None))
        return [plan if plan.needs is None else plan.as_counted(next(counted)) for plan in plans]

    def _plan(self, each: Asked) -> _Plan:
        try:
            return _Plan(each, needs(each.metric, self.find))
        except Refused as refused:
            return _Plan(each, None, refused=refused)

    def _in_one_currency(
        self, metrics: Sequence[tuple[Metric, Needs]], lens: Lens, compare: Period | None, begun: Begun | None
    ) -> list[Counted]:
        """The needs of these with one currency each: the one named, the only one there is, or the workspace's."""
        sets = list(dict.fromkeys(plan.currency_of for _, plan in metrics if plan.currency_of))
        if not sets:
            return [Counted(plan, metric.currency) for metric, plan in metrics]
        amounts = dict(zip(sets, self._amounts(sets, lens, compare, begun), strict=True))
        several = any(len(found.of) > 1 for found in amounts.values())
        reporting = self._reporting() if several else None
        return [
            money.counted(metric, plan, amounts.get(plan.currency_of, Amounts()), reporting, self.find)
            for metric, plan in metrics
        ]

    def _amounts(
        self, sets: Sequence[tuple[Picked, ...]], lens: Lens, compare: Period | None, begun: Begun | None
    ) -> list[Amounts]:
        """How many amounts these sets of events have in each currency, asked once for all."""
        members = self._members(lens.population)
        found = [Amounts() for _ in sets]
        for during in (lens, lens.during(compare)) if compare else (lens,):
            writer = Writer(self._workspace.body.dialect, during, begun=begun)
            sql = writer.currencies(sets, by_customer=members is not None)
            table = self._kept(sql, partial(self._workspace.body.native, sql))
            mine = table if members is None else table.filter(np.isin(table.column("profile").to_numpy(), members))
            for number, amounts in enumerate(found):
                amounts.of |= set(money.amounts_of(table, f"e{number}"))
                if during is lens:
                    amounts.counts += money.amounts_of(mine, f"e{number}")
        return found

    def _reporting(self) -> str | None:
        """The currency money is in where there are several: what was chosen, if any money is in it, else the most frequent."""
        workspace = self._workspace
        with workspace.state.read() as tx:
            said = preferences.currency_said(tx)
        table = self._kept(money.REPORTING, lambda: workspace.body.native(money.REPORTING))
        found: list[str] = table.column("currency").to_pylist()
        return said if said in found else next(iter(found), None)

    def _grouping(self, by: str, lens: Lens) -> _Grouping:
        names = self._populations(by)
        if names is not None:
            return _Grouping(populations=names)
        kind, colon, name = by.partition(":")
        if not (by in COLUMNS or (kind == "property" and colon and 0 < len(name) <= 200)):
            remedy = f"Use {', '.join(sorted(COLUMNS))}, property:<name>, persona or audience:<key>,audience:<key>."
            raise Refused("by", by, "this is nothing to split by.", remedy)
        sql = Writer(self._workspace.body.dialect, lens, Split(by)).largest_groups(MOST_GROUPS)
        return _Grouping(split=Split(by, tuple(self._first_column(sql))))

    def _populations(self, by: str) -> list[str] | None:
        """The names of populations in `by`, if that is what it is."""
        if by == "persona":
            return self._workspace.populations.names(by)[:MOST_POPULATIONS]
        if by == "audience":
            try:
                found = self._workspace.definitions.all(by)
            except NotFound:
                return []
            return [f"{by}:{item.key}" for item in found][:MOST_POPULATIONS]
        names = [name.strip() for name in by.split(",")]
        if all(name.startswith(("persona:", "audience:")) for name in names):
            return names[:MOST_POPULATIONS]
        return None

    def _members(self, population: str | None) -> Array | None:
        return None if population is None else self._workspace.populations.get(population).profiles

    def _walk(self, label: str, fresh: Callable[[], walk.A], period: Period) -> walk.A:
        from resa.kernel.sequences import walk  # noqa: PLC0415  # loads numba: only the order of events needs the index

        labelled = self._labels.labelled(label, self._workspace.index.snapshot())
        identities = self._workspace.identities.map()
        reading = walk.Reading.of(labelled, identities, sequences.Labels.codes(), period.start, period.end)
        return walk.ask(fresh, reading)

    def _first_column(self, sql: str) -> list[str | None]:
        found: list[str | None] = self._kept(sql, lambda: self._workspace.body.native(sql).column(0).to_pylist())
        return found

    def _kept(self, key: Any, compute: Callable[[], Any]) -> Any:
        workspace = self._workspace
        whole = (key, workspace.body.landed(), workspace.index.next_row, workspace.identities.map())
        return self._answers.get(whole, compute)


@dataclass(frozen=True)
class _Plan:
    asked: Asked
    needs: Needs | None
    currency: str | None = None
    left_out: Sequence[LeftOut] = ()
    refused: Refused | None = None

    def as_counted(self, found: Counted) -> _Plan:
        """The same, its amounts in one currency."""
        return replace(self, needs=found.needs, currency=found.currency, left_out=found.left_out)


@dataclass(frozen=True)
class _Grouping:
    """Groups by a column of the events, or by whose events they are."""

    split: Split = EVERYTHING
    populations: Sequence[str] = ()


@dataclass(frozen=True)
class _Side:
    """One period: the answers to everything, and by group (split answers, or answers of each population)."""

    whole: Answers
    names: Sequence[tuple[str | None, bool]] = ()
    split: Answers | None = None
    populations: Sequence[Answers] = ()

    def groups(self, need: Needs, cap: float | None) -> list[Estimate]:
        """The values by group."""
        if self.split is not None:
            return estimates(need, self.split, cap, "group", len(self.names))
        return [estimate(need, each, cap) for each in self.populations]


@dataclass(frozen=True)
class _Stretches:
    """The answers to everything by stretch of time, and those of each population of a split."""

    edges: Sequence[int]
    whole: Answers
    populations: Sequence[Answers] = ()

    @classmethod
    def of(
        cls, metrics: Metrics, asking: _Asking, lens: Lens, edges: Sequence[int], groups: _Grouping | None
    ) -> _Stretches:
        """Asked once; the populations look at the same answers."""
        whole = asking.answers(lens, Split(edges=tuple(edges)))
        names = groups.populations if groups else ()
        return cls(edges, whole, [whole.within(metrics._members(name)) for name in names])

    def points(self, need: Needs, answers: Answers, cap: float | None) -> list[Point]:
        """The values of all stretches."""
        found = estimates(need, answers, cap, "bucket", len(self.edges))
        return [Point(at, *each) for at, each in zip(self.edges, found, strict=True)]


@dataclass(frozen=True)
class _Asking:
    """Everything the metrics of one call need."""

    metrics: Metrics
    needs: Sequence[Needs]

    def answers(self, lens: Lens, split: Split) -> Answers:
        """The answers of a lens, kept for a while; the population is looked at afterwards, so that all share them."""
        workspace, everyone = self.metrics._workspace, replace(lens, population=None)
        now = workspace.clock()
        key = (tuple(self.needs), everyone, split, now // 60_000 if self._has_windows() else 0)
        found: Answers = self.metrics._kept(
            key, lambda: ask(self.needs, workspace.body, self.metrics._walk, everyone, split, now)
        )
        return found.within(self.metrics._members(lens.population))

    def _has_windows(self) -> bool:
        """Whether what has been answered depends on the time of asking."""
        return any(hasattr(source, "within") for each in self.needs for source in each.sources)

    def sides(self, lens: Lens, groups: _Grouping | None) -> _Side:
        """The answers of a lens as a whole, and by group."""
        whole = self.answers(lens, EVERYTHING)
        if groups is None:
            return _Side(whole)
        if groups.populations:
            parts = [whole.within(self.metrics._members(name)) for name in groups.populations]
            return _Side(whole, [(name, False) for name in groups.populations], None, parts)
        names = [(name, False) for name in groups.split.groups]
        return _Side(whole, [*names, (None, True)], self.answers(lens, groups.split))


def _measured(plan: _Plan, need: Needs, now: _Side, then: _Side | None, stretches: _Stretches | None) -> Measured:
    cap = now.whole.cap(need)
    before = then.whole.cap(need) if then else None
    value = estimate(need, now.whole, cap)
    previous = estimate(need, then.whole, before) if then else None
    return Measured(
        plan.asked,
        value,
        previous,
        _change(need, (now.whole, value, cap), (then.whole, previous, before)) if then and previous else None,
        _groups(need, now, then, cap, before, stretches),
        stretches.points(need, stretches.whole, cap) if stretches else (),
        plan.currency,
        plan.left_out,
    )


def _ripe(need: Needs, period: Period, now: int) -> int | None:
    """Until when who began counts, if that is before the period ends."""
    source = need.x.source
    window = source.within if isinstance(source, Steps) else 0
    window = source.after + source.within if isinstance(source, Returns) else window
    return now - window if window and now - window < period.end else None


def estimate(need: Needs, answers: Answers, cap: float | None) -> Estimate:
    """The value of a metric from the answers to its needs, no unit counting as more than `cap`."""
    if need.quantile:
        return _quantile(need, answers.singles(need))
    if need.distinct:
        return _different(answers.singles(need))
    return _of_totals(need, answers.totals_of(need, cap))


def estimates(need: Needs, answers: Answers, cap: float | None, by: units.Split, count: int) -> list[Estimate]:
    """The values of each of `count` groups, or stretches of time, of answers that are split so."""
    if need.quantile:
        return [_quantile(need, part) for part in answers.singles(need).parts(by, count)]
    if need.distinct:
        return [_different(part) for part in answers.singles(need).parts(by, count)]
    return [_of_totals(need, part) for part in answers.totals_of(need, cap).parts(by, count)]


def _quantile(need: Needs, values: units.Values) -> Estimate:
    return statistics.quantile(values.value, values.times, need.quantile).divided(need.parts)


def _different(values: units.Values) -> Estimate:
    """How many different values; without an interval, for what was not seen says nothing of itself."""
    found = int(np.unique(values.value).size)
    return Estimate(float(found), None, None, found)


def _of_totals(need: Needs, totals: units.Units) -> Estimate:
    moments = Moments.of(totals.columns["x"], totals.columns["y"])
    return statistics.estimate(need.kind, moments).divided(need.parts)


_Read = tuple[Answers, Estimate, float | None]


def _change(need: Needs, now: _Read, then: _Read) -> Change | None:
    (after, value, cap), (before, previous, cap_before) = now, then
    if need.quantile or need.distinct:
        return statistics.change(value.value, previous.value, _variance(value), _variance(previous))
    one = statistics.influence(need.kind, after.sample(need, cap))
    other = statistics.influence(need.kind, before.sample(need, cap_before))
    scale = 1 / (need.parts * need.parts)
    together = statistics.shared(one, other) * scale
    return statistics.change(value.value, previous.value, one.variance * scale, other.variance * scale, together)


def _variance(of: Estimate) -> float:
    """Of a quantile, from the width of its interval; infinite where that has an open end."""
    if of.low is None or of.high is None:
        return float("inf")
    return ((of.high - of.low) / (2 * proportions.Z)) ** 2


def _groups(
    need: Needs, now: _Side, then: _Side | None, cap: float | None, before: float | None, stretches: _Stretches | None
) -> list[Group]:
    values = now.groups(need, cap)
    previous = then.groups(need, before) if then else [None] * len(values)
    parts = stretches.populations if stretches else ()
    series = [stretches.points(need, part, cap) for part in parts] if stretches and parts else [[] for _ in values]
    named = zip(now.names, values, previous, series, strict=True)
    found = [Group(name, rest, value, old, points) for (name, rest), value, old, points in named]
    return [group for group in found if not group.rest or group.estimate.n or (group.previous and group.previous.n)]


# -- stretches of time ---------------------------------------------------------------------------------------------


def edges_of(period: Period, interval: Interval, zone: ZoneInfo) -> tuple[int, ...]:
    """When the days, ISO weeks or months of the zone begin that the period touches; the first begins with the period."""
    day = _first(calendar.day_of(zone, period.start), interval)
    edges = [period.start]
    while (at := calendar.midnight(zone, day := _next(day, interval))) < period.end:
        edges.append(at)
        if len(edges) > min(MOST_BUCKETS, ROOM):
            raise Refused(
                "interval",
                interval,
                f"at most {MOST_BUCKETS} stretches of time.",
                "Choose a longer interval or a shorter period.",
            )
    return tuple(edges)


def _first(day: date, interval: Interval) -> date:
    if interval == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if interval == "month" else day


def _next(day: date, interval: Interval) -> date:
    if interval == "month":
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return day + timedelta(days=7 if interval == "week" else 1)


__all__ = [
    "Asked",
    "Counted",
    "Group",
    "Interval",
    "LeftOut",
    "Measured",
    "Metrics",
    "Point",
    "edges_of",
    "estimate",
    "estimates",
]
