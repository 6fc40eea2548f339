"""Metrics the slow, obvious way: plain lists of events, one customer after the other, exact fractions."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from resa.kernel.lens import Lens
from resa.kernel.matching import python
from resa.kernel.metrics.definition import (
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
)

Event = Mapping[str, Any]
Here = Callable[[Event], bool]
PAUSE = 30 * 60 * 1000


class Answer(NamedTuple):
    """A value and what it rests on; x and y per customer where a metric is a ratio of totals."""

    value: Fraction | None
    n: int
    totals: Mapping[int, tuple[Fraction, int | Fraction]]


class Reference:
    """The events a lens shows, by customer as known now."""

    def __init__(
        self,
        events: Sequence[Event],
        profiles: Mapping[int, int],
        lens: Lens,
        now: int,
        members: set[int] | None = None,
    ) -> None:
        self.lens, self.now = lens, now
        self.of: dict[int, list[Event]] = defaultdict(list)
        for event in sorted(events, key=lambda event: (event["time"], event["row"])):
            profile = profiles.get(event["identity"], -1)
            if profile >= 0 and (members is None or profile in members) and self._shows(event):
                self.of[profile].append(event)

    def _shows(self, event: Event) -> bool:
        channel = self.lens.channel is None or (event["channel"] or "other") == self.lens.channel
        return bool(not event["bot"] and channel and (self.lens.simulated or not event["simulated"]))

    def _inside(self, event: Event) -> bool:
        return bool(self.lens.period.start <= event["time"] < self.lens.period.end)

    def _some(self, profile: int, events: Events | None, here: Here) -> list[Event]:
        return [e for e in self.of[profile] if self._inside(e) and here(e) and is_of(events, e)]

    # -- forms -----------------------------------------------------------------------------------------------------

    def answer(self, metric: Metric, here: Here = lambda _event: True, cap: Fraction | None = None) -> Answer:
        """The value of a metric of the events that are `here`; `cap`: what the whole lens gives a winsorized unit."""
        measure = metric.measure
        match measure:
            case Count():
                return self._total({p: Fraction(len(self._some(p, measure.events, here))) for p in self.of})
            case Sum():
                return self._total(
                    {
                        p: sum(
                            (
                                n
                                for e in self._some(p, measure.events, here)
                                if (n := amount(metric, measure.property, e)) is not None
                            ),
                            Fraction(0),
                        )
                        for p in self.of
                    }
                )
            case Unique(property=str(name)):
                said = {python.text_of(name, e) for p in self.of for e in self._some(p, measure.events, here)} - {None}
                return Answer(Fraction(len(said)), len(said), {})
            case Unique():
                units = sum(self._number(metric.unit, p, measure.events, here) for p in self.of)
                return Answer(Fraction(units), units, {})
            case Ratio():
                return self._ratio(metric, measure, here)
            case Conversion():
                return self._share(measure.others, {p: self._converts(metric, measure, p, here) for p in self.of})
            case Retention():
                return self._share(measure.others, {p: self._returns(measure, p, here) for p in self.of})
            case Quantile():
                return self._quantile(
                    sorted(v for p in self.of for v in self._values(metric, measure, p, here)), measure.q
                )
            case Mean():
                rule = metric.outliers
                most = Fraction(repr(rule.cap)) if rule and rule.cap else cap
                had = {p: self._values(metric, measure, p, here) for p in self.of}
                kept = {p: [v if most is None else min(v, most) for v in values] for p, values in had.items()}
                return _by({p: (sum(values, Fraction(0)), len(values)) for p, values in kept.items()})

    def _quantile(self, values: list[Fraction], q: float) -> Answer:
        if not values:
            return Answer(None, 0, {})
        size = len(values)
        smallest = min(k for k in range(1, size + 1) if Fraction(k, size) >= Fraction(repr(q)))
        return Answer(values[smallest - 1], size, {})

    def cap(self, metric: Metric) -> Fraction | None:
        """What a winsorized unit's value counts at most."""
        if metric.outliers is None or metric.outliers.winsorize is None:
            return None
        assert isinstance(metric.measure, Mean)
        values = sorted(v for p in self.of for v in self._values(metric, metric.measure, p, lambda _event: True) if v)
        if not values:
            return None
        return values[max(1, math.ceil(Fraction(repr(metric.outliers.winsorize)) * len(values))) - 1]

    def _total(self, each: Mapping[int, Fraction]) -> Answer:
        return Answer(
            sum(each.values(), Fraction(0)),
            sum(1 for v in each.values() if v),
            {p: (v, 1) for p, v in each.items() if v},
        )

    def _share(self, others: bool, each: Mapping[int, tuple[int, int]]) -> Answer:
        """From (came, entered) per customer."""
        return _by({p: (Fraction(entered - came if others else came), entered) for p, (came, entered) in each.items()})

    def _number(self, unit: str, profile: int, events: Events | None, here: Here) -> int:
        if unit == "session":
            return sum(1 for s in self._sessions(profile, here) if any(is_of(events, e) for e in s))
        found = self._some(profile, events, here)
        return len({order(e) for e in found}) if unit == "order" else min(1, len(found))

    def _ratio(self, metric: Metric, measure: Ratio, here: Here) -> Answer:
        def side(asked: Quantity, profile: int) -> Fraction:
            if asked.of == "amount":
                found = (
                    amount(metric, asked.property or "revenue", e) for e in self._some(profile, asked.events, here)
                )
                return sum((n for n in found if n is not None), Fraction(0))
            if asked.of == "events":
                return Fraction(len(self._some(profile, asked.events, here)))
            return Fraction(self._number(asked.of.rstrip("s"), profile, asked.events, here))

        each = {p: (side(measure.numerator, p), side(measure.denominator, p)) for p in self.of}
        return _by(each)

    def _values(self, metric: Metric, measure: Mean | Quantile, profile: int, here: Here) -> list[Fraction]:
        """What each unit of a customer has."""
        if metric.unit == "session":
            held = [s for s in self._sessions(profile, here) if any(is_of(measure.events, e) for e in s)]
            return [visit(measure.visit or "", measure.events, s) for s in held]
        bands = measure.bands if isinstance(measure, Mean) else []
        found = self._some(profile, measure.events, here)
        numbers = [
            (e, Fraction(1) if measure.property is None else amount(metric, measure.property, e, bands)) for e in found
        ]
        known = [(e, n) for e, n in numbers if n is not None]
        if metric.unit == "event":
            return [n for _, n in known]
        if metric.unit == "order":
            orders: dict[str, Fraction] = defaultdict(Fraction)
            for event, number in known:
                orders[order(event)] += number
            return list(orders.values())
        among = self._some(profile, measure.among, here)
        return [sum((n for _, n in known), Fraction(0))] if among else []

    def _sessions(self, profile: int, here: Here) -> list[list[Event]]:
        """Stretches of a customer's activity in the period with no pause over half an hour, those that begin here."""
        found: list[list[Event]] = []
        for event in self._some(profile, None, lambda _event: True):
            if not found or event["time"] - found[-1][-1]["time"] > PAUSE:
                found.append([])
            found[-1].append(event)
        return [session for session in found if here(session[0])]

    def _converts(self, metric: Metric, measure: Conversion, profile: int, here: Here) -> tuple[int, int]:
        if metric.unit == "session":
            return self._visits_convert(measure, profile, here)
        if measure.start is None:
            return int(bool(self._some(profile, measure.events, here))), int(bool(self._some(profile, None, here)))
        within = None if measure.within is None else measure.within * 1000
        came = entered = 0
        events = self.of[profile]
        for place, event in enumerate(events):
            ripe = within is None or event["time"] + within <= self.now
            if self._inside(event) and here(event) and is_of(measure.start, event) and ripe:
                entered = 1
                for later in events[place + 1 :]:
                    close = self._inside(later) if within is None else later["time"] - event["time"] <= within
                    came |= is_of(measure.events, later) and close
        return came, entered

    def _visits_convert(self, measure: Conversion, profile: int, here: Here) -> tuple[int, int]:
        came = entered = 0
        for session in self._sessions(profile, here):
            places = range(len(session))
            starts = [k for k in places if measure.start is not None and is_of(measure.start, session[k])]
            goals = [k for k in places if is_of(measure.events, session[k])]
            if measure.start is None:
                entered, came = entered + 1, came + bool(goals)
            elif starts:
                entered, came = entered + 1, came + bool(goals and goals[-1] > starts[0])
        return came, entered

    def _returns(self, measure: Retention, profile: int, here: Here) -> tuple[int, int]:
        starts = self._some(profile, measure.start, here)
        if not starts:
            return 0, 0
        low = starts[0]["time"] + measure.after * 1000
        high = low + measure.within * 1000
        if high > self.now:
            return 0, 0
        return int(any(low <= e["time"] < high and is_of(measure.back, e) for e in self.of[profile])), 1


def _by(each: Mapping[int, tuple[Fraction, int | Fraction]]) -> Answer:
    """Totals of x by totals of y."""
    some = {p: (x, y) for p, (x, y) in each.items() if x or y}
    below = sum(y for _, y in some.values())
    if not below:
        return Answer(None, 0, some)
    return Answer(sum((x for x, _ in some.values()), Fraction(0)) / Fraction(below), round(below), some)


def is_of(events: Events | None, event: Event) -> bool:
    """Whether an event is one of these; any activity is what Resa did not write."""
    if events is None:
        return str(event["source"]) != "resa"
    return any(python.meets(match, event) for match in events.any)


def order(event: Event) -> str:
    """The order of an event; its own where it names none."""
    return event["order_id"] or f"#{event['row']}"


def amount(metric: Metric, name: str, event: Event, bands: Iterable[Any] = ()) -> Fraction | None:
    """The number of an event, to a millionth (money as it is kept), in the metric's currency, capped if by event."""
    if metric.currency is not None and event["currency"] != metric.currency:
        return None
    if name == "revenue":
        return None if event["revenue"] is None else Fraction(Decimal(event["revenue"]))
    number = python.number_of(name, event)
    if number is None or abs(number) > 1e12:
        return None
    for band in (some := list(bands)):
        if band.at_least <= number <= band.at_most:
            return Fraction(repr(band.value))
    return None if some else Fraction(math.floor(number * 1e6 + 0.5), 10**6)


def visit(what: str, events: Events | None, session: Sequence[Event]) -> Fraction:
    """What a session has."""
    match what:
        case "bounce":
            return Fraction(len(session) == 1)
        case "exit":
            return Fraction(is_of(events, session[-1]))
        case "seconds":
            return Fraction(session[-1]["time"] - session[0]["time"], 1000)
        case _:
            return Fraction(len(session))


def largest(events: Iterable[Event], value: Callable[[Event], str | None], most: int) -> list[str | None]:
    """The groups with most events."""
    counted = Counter(value(event) for event in events)
    return [name for name, _ in sorted(counted.items(), key=lambda item: (-item[1], item[0] is None, item[0] or ""))][
        :most
    ]
