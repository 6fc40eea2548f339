"""What metrics need: each declares columns of totals per customer, and equal needs of many metrics are asked for once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Final, NamedTuple

import msgspec

from resa.kernel.definitions import Kind
from resa.kernel.errors import NotFound, Refused
from resa.kernel.metrics.definition import (
    Band,
    Conversion,
    Count,
    Events,
    Mean,
    Metric,
    Quantile,
    Quantity,
    Ratio,
    Retention,
    Sum,
    Unique,
    check,
    form_of,
)
from resa.kernel.metrics.statistics import Figure

ACTIVITY: Final = ""
"""Stands for any activity of the customer where events could be named."""
REVENUE: Final = "revenue"
CENTS: Final = 10_000
"""Amounts of the column `revenue` are totalled in ten-thousandths, as they are kept."""
MICRO: Final = 1_000_000
"""Other numbers are totalled in millionths: whole numbers add up to the same on every engine, in any order."""

Picked = str
"""Events as JSON text, so that needs can be compared; ACTIVITY for any."""


class Number(NamedTuple):
    """A number of an event: a property (or the column `revenue`), in one currency if named, capped, in bands."""

    of: str
    currency: str = ""
    cap: float = 0.0
    bands: tuple[tuple[float, float, float], ...] = ()

    @property
    def scale(self) -> int:
        """How many of what is totalled make one."""
        return CENTS if self.of == REVENUE and not self.bands else MICRO


class Tally(NamedTuple):
    """A total per customer that the one scan of the body answers: events, events with a number, its sum, orders."""

    what: str
    events: Picked
    number: Number | None = None


class Steps(NamedTuple):
    """Customers who came to `start`, and those who came to `goal` within `within` ms of it (0: in the period)."""

    start: Picked
    goal: Picked
    within: int


class Returns(NamedTuple):
    """Customers who came to `start`, and those of them who came `back` from `after` ms after the first on, for `within`."""

    start: Picked
    back: Picked
    after: int
    within: int


class Visits(NamedTuple):
    """Sessions, those with such an event (`goal`), and those that began one with `start`."""

    goal: Picked
    start: Picked = ACTIVITY


class Each(NamedTuple):
    """The single values of orders, of events or (by `visit`) of sessions; of `value`, the number of each different text."""

    unit: str
    events: Picked
    number: Number | None
    visit: str = ""


Source = Tally | Steps | Returns | Visits | Each


class Column(NamedTuple):
    """A total per customer: where it comes from, its name there, and whether only if it is more than 0 counts, as 1."""

    source: Source
    name: str = "x"
    any: bool = False


class Needs(NamedTuple):
    """How a metric is answered: the kind of value, its one or two columns, and what they are multiplied by."""

    kind: Figure
    x: Column
    y: Column | None = None
    parts: float = 1.0
    """How many of what is totalled make one: the value is divided by it."""
    others: bool = False
    cap: float = 0.0
    winsorize: float = 0.0
    quantile: float = 0.0
    each_customer: bool = False
    """x is of customers who have y; the outlier rule and the quantile are over them."""
    distinct: bool = False
    """The different values of all units together are counted: nothing that customers add up to."""
    currency_of: tuple[Picked, ...] = ()
    """Events whose amounts are summed without a currency named: mixed, if they are in several."""

    @property
    def sources(self) -> list[Source]:
        """What has to be asked."""
        return [column.source for column in (self.x, self.y) if column is not None]


Find = Callable[[str], Metric]


def picked(events: Events | None) -> Picked:
    """Events as text."""
    return ACTIVITY if events is None else msgspec.json.encode(events).decode()


@cache
def events_of(text: Picked) -> Events | None:
    """Events back from text."""
    return None if text == ACTIVITY else msgspec.json.decode(text, type=Events)


def needs(metric: Metric, find: Find | None = None, *, money: str = "") -> Needs:
    """What a (checked) metric needs; `find` gives the metric of a key to a ratio that names one.

    `money`: the currency of amounts where none is named.
    """
    measure = metric.measure
    match measure:
        case Count():
            return Needs("total", Column(Tally("events", picked(measure.events))))
        case Sum():
            return _sum(metric, measure, money)
        case Unique():
            if measure.property is not None:
                said = Each("value", picked(measure.events), Number(measure.property))
                return Needs("number", Column(said), distinct=True)
            return Needs("number", _units(metric.unit, measure.events))
        case Mean() | Quantile():
            return _value(metric, measure, money)
        case Ratio():
            return _ratio(metric, measure, find, money)
        case Conversion():
            return _conversion(metric, measure)
        case Retention():
            source = Returns(picked(measure.start), picked(measure.back), measure.after * 1000, measure.within * 1000)
            return Needs("share", Column(source, "came"), Column(source, "entered"), others=measure.others)


def additive(needs: Needs) -> Needs:
    """The same needs, where they are totals of customers. Raises Refused: customers who share a value don't add up."""
    if needs.distinct:
        rule = "different values are no total of customers."
        raise Refused("metric", "unique", rule, "Use a metric that each customer has a number of.")
    return needs


def _sum(metric: Metric, measure: Sum, money: str) -> Needs:
    number = _number(metric, measure.property, money)
    column = Column(Tally("amount", picked(measure.events), number))
    return Needs("total", column, parts=number.scale, currency_of=_unnamed(number, measure.events))


def _number(metric: Metric, name: str, money: str, bands: Iterable[Band] = (), cap: float = 0.0) -> Number:
    ordered = tuple((band.at_least, band.at_most, band.value) for band in bands)
    return Number(name, metric.currency or (money if name == REVENUE else ""), cap, ordered)


def _unnamed(number: Number | None, *events: Events | None) -> tuple[Picked, ...]:
    """The events whose amounts have to be in one currency, because none is named."""
    money = number is not None and number.of == REVENUE and not number.currency
    return tuple(picked(each) for each in events) if money else ()


def _units(unit: str, events: Events | None, number: Number | None = None) -> Column:
    if unit == "session":
        return Column(Visits(picked(events)), "held")
    if unit == "order":
        return Column(Tally("orders", picked(events), number))
    return Column(Tally("events", picked(events)), any=True)


def _value(metric: Metric, measure: Mean | Quantile, money: str) -> Needs:
    q = measure.q if isinstance(measure, Quantile) else 0.0
    rule = metric.outliers
    cap, winsorize = (rule.cap or 0.0, rule.winsorize or 0.0) if rule else (0.0, 0.0)
    if metric.unit == "session":
        return _visit(measure, q, cap, winsorize)
    single = bool(q or winsorize or (cap and metric.unit == "order"))
    bands = measure.bands if isinstance(measure, Mean) else []
    early = cap if metric.unit == "event" and not single else 0.0
    number = None if measure.property is None else _number(metric, measure.property, money, bands, early)
    scale = number.scale if number else 1
    text, currency = picked(measure.events), _unnamed(number, measure.events)
    if metric.unit == "customer":
        x = Column(Tally("amount" if number else "events", text, number))
        y = Column(Tally("events", picked(measure.among)), any=True)
        return Needs("mean", x, y, scale, False, cap * scale, winsorize, q, True, currency_of=currency)
    if single:
        source = Each(metric.unit, text, number)
        return Needs(
            "mean",
            Column(source, "x"),
            Column(source, "y"),
            scale,
            False,
            cap * scale,
            winsorize,
            q,
            currency_of=currency,
        )
    x = Column(Tally("amount" if number else "events", text, number))
    y = Column(Tally("orders" if metric.unit == "order" else "numbers", text, number))
    return Needs("mean", x, y, scale, currency_of=currency)


def _visit(measure: Mean | Quantile, q: float, cap: float, winsorize: float) -> Needs:
    visit, text = measure.visit or "events", picked(measure.events)
    if visit in ("bounce", "exit"):
        source = Visits(text)
        return Needs("share", Column(source, visit), Column(source, "held"))
    scale = 1000 if visit == "seconds" else 1
    if q or cap or winsorize:
        each = Each("session", text, None, visit)
        return Needs("mean", Column(each, "x"), Column(each, "y"), scale, False, cap * scale, winsorize, q)
    source = Visits(text)
    return Needs("mean", Column(source, visit), Column(source, "held"), scale)


def _conversion(metric: Metric, measure: Conversion) -> Needs:
    goal = picked(measure.events)
    if metric.unit == "session":
        source = Visits(goal, picked(measure.start))
        return Needs("share", Column(source, "reached"), Column(source, "started"), others=measure.others)
    if measure.start is None:
        everyone, came = Column(Tally("events", ACTIVITY), any=True), Column(Tally("events", goal), any=True)
        return Needs("share", came, everyone, others=measure.others)
    steps = Steps(picked(measure.start), goal, (measure.within or 0) * 1000)
    return Needs("share", Column(steps, "came"), Column(steps, "entered"), others=measure.others)


def _ratio(metric: Metric, measure: Ratio, find: Find | None, money: str) -> Needs:
    x, above, one = _side(metric, "numerator", measure.numerator, find, money)
    y, below, other = _side(metric, "denominator", measure.denominator, find, money)
    if x == y:
        raise Refused(
            "measure.denominator",
            measure.denominator.metric,
            "a thing by itself is always 1.",
            "Divide by something else.",
        )
    return Needs("mean", x, y, above / below, currency_of=one + other)


def _side(
    metric: Metric, side: str, asked: Quantity, find: Find | None, money: str
) -> tuple[Column, float, tuple[Picked, ...]]:
    """The column of one side of a ratio, how many of it make one, and what must be in one currency."""
    match asked.of:
        case "metric":
            return _named(f"measure.{side}.metric", asked.metric or "", find, money)
        case "amount":
            number = _number(metric, asked.property or REVENUE, money)
            column = Column(Tally("amount", picked(asked.events), number))
            return column, number.scale, _unnamed(number, asked.events)
        case "events":
            return Column(Tally("events", picked(asked.events))), 1.0, ()
        case "orders":
            return _units("order", asked.events), 1.0, ()
        case "sessions":
            return _units("session", asked.events), 1.0, ()
        case _:
            return _units("customer", asked.events), 1.0, ()


def _named(at: str, key: str, find: Find | None, money: str) -> tuple[Column, float, tuple[Picked, ...]]:
    if find is None:
        raise Refused(at, key, "there are no other metrics to name here.", "Say what to count instead.")
    try:
        other = find(key)
    except NotFound:
        raise Refused(at, key, "there is no such metric.", "Name one that is there, or say what to count.") from None
    if not isinstance(other.measure, Count | Sum | Unique):
        raise Refused(
            at,
            key,
            f"it is a {form_of(other.measure)}; a ratio is of counts, sums or numbers of units (a ratio of ratios could be circular).",
            "Name a metric of one of these forms.",
        )
    check(other)
    found = needs(other, money=money)
    if found.distinct:
        raise Refused(
            at, key, "different values are no total of customers.", "Name a count, a sum or a number of units."
        )
    return found.x, found.parts, found.currency_of


def together(metrics: Mapping[str, Metric]) -> None:
    """Refuse metrics of which one names another that is not there, or can't be a side of a ratio."""

    def find(key: str) -> Metric:
        if key not in metrics:
            raise NotFound("metric", key)
        return metrics[key]

    for key, metric in metrics.items():
        try:
            needs(metric, find)
        except Refused as refused:
            said = refused.details
            raise Refused(f"{key}.{said['field']}", said["value"], said["rule"], said["remedy"]) from None


KIND: Final = Kind("metric", Metric, check, together)
