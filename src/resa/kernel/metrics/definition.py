"""A metric as a definition: a named question with one number per unit, and what may not be asked (docs/metrics.md)."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Final, Literal

import msgspec

from resa.kernel.definitions import key_rule
from resa.kernel.errors import Refused, shorten
from resa.kernel.matching import Match, check_match

MAX_MATCHES: Final = 20
MAX_BANDS: Final = 20
LONGEST_WINDOW: Final = 5 * 366 * 24 * 3600
"""Seconds; more than any journey takes."""
LARGEST: Final = 1e12
"""Numbers of events beyond are absurd; they are not counted and can't be asked for."""

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Text = Annotated[str, msgspec.Meta(max_length=4000)]
Property = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]

Unit = Literal["customer", "session", "event", "order"]
Direction = Literal["up", "down", "none"]
Shows = Literal["number", "share", "money", "seconds", "score"]
Visit = Literal["events", "seconds", "bounce", "exit"]


class Events(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Events that meet any of these matches."""

    any: list[Match]


class Band(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Answers from `at_least` to `at_most` (both included) count as `value`."""

    at_least: float
    at_most: float
    value: float


class Outliers(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A unit's value counts as at most `cap`, or as at most the quantile `winsorize` of the values other than 0."""

    cap: float | None = None
    winsorize: float | None = None


class Count(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True, tag_field="form", tag="count"):
    """How many such events."""

    events: Events


class Unique(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True, tag_field="form", tag="unique"):
    """How many different customers, sessions or orders with such an event; without `events` those with any activity.

    event: how many different values of `property` such events have.
    """

    events: Events | None = None
    property: Property | None = None


class Sum(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True, tag_field="form", tag="sum"):
    """A number of such events, summed."""

    events: Events
    property: Property = "revenue"


class Mean(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True, tag_field="form", tag="mean"):
    """What a unit has on average.

    event: the number `property`; order: its sum over the order's events; customer: its sum, or without `property` how
    many such events, over everyone of `among` (without it: everyone active); session: `visit`, of sessions with such
    an event. `bands` turns a number into another before it counts (NPS, CSAT).
    """

    events: Events | None = None
    property: Property | None = None
    bands: list[Band] = []
    visit: Visit | None = None
    among: Events | None = None


class Quantity(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A side of a ratio: something counted or summed, or another metric that is a count, a sum or a number of units."""

    of: Literal["events", "customers", "sessions", "orders", "amount", "metric"]
    events: Events | None = None
    property: Property | None = None
    metric: str | None = None


class Ratio(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True, tag_field="form", tag="ratio"):
    """One total by another."""

    numerator: Quantity
    denominator: Quantity


class Conversion(
    msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True, tag_field="form", tag="conversion"
):
    """Of the customers (sessions) with a `start` event, the share with such an event later, `within` seconds of it.

    Without `within`: later in the period (the session). Without `start`: of everyone active, in any order. `others`:
    the share of those without instead.
    """

    events: Events
    start: Events | None = None
    within: int | None = None
    others: bool = False


class Retention(
    msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True, tag_field="form", tag="retention"
):
    """Of the customers with a `start` event, the share who came `back` from `after` seconds after the first on, for `within`.

    Without `start` or `back`: any activity. `others`: the share of those who did not (churn).
    """

    start: Events | None = None
    back: Events | None = None
    after: int
    within: int
    others: bool = False


class Quantile(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True, tag_field="form", tag="quantile"):
    """The value that a share of `q` of the units does not exceed: an observed one, exact. The value is that of `mean`."""

    q: float
    events: Events | None = None
    property: Property | None = None
    visit: Visit | None = None
    among: Events | None = None


UNITS: Final[dict[type, frozenset[str]]] = {
    Count: frozenset({"event"}),
    Unique: frozenset({"customer", "session", "order", "event"}),
    Sum: frozenset({"event"}),
    Mean: frozenset({"customer", "session", "event", "order"}),
    Ratio: frozenset({"customer", "session", "event", "order"}),
    Conversion: frozenset({"customer", "session"}),
    Retention: frozenset({"customer"}),
    Quantile: frozenset({"customer", "session", "event", "order"}),
}
"""What each form can be asked by."""

Form = Count | Unique | Sum | Mean | Ratio | Conversion | Retention | Quantile


class Metric(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A metric. `where` narrows all its events; `currency` is the one its amounts are in, if there are several."""

    name: Name
    description: Text = ""
    unit: Unit
    measure: Form
    direction: Direction = "up"
    outliers: Outliers | None = None
    currency: str | None = None
    shows: Shows | None = None
    owner: Annotated[str, msgspec.Meta(max_length=400)] = ""


FORMS: Final = ("count", "unique", "sum", "mean", "ratio", "conversion", "retention", "quantile")
"""The names of the forms."""

# -- what is refused -----------------------------------------------------------------------------------------------


def check(metric: Metric) -> None:
    """Refuse what the types can't, with the path of what is wrong."""
    form, measure = form_of(metric.measure), metric.measure
    if _CONTROL.search(metric.name):
        raise Refused("name", metric.name, "a name is on one line.", "Take the control characters out.")
    if metric.unit not in UNITS[type(measure)]:
        raise Refused(
            "unit",
            metric.unit,
            f"a {form} is by {' or '.join(sorted(UNITS[type(measure)]))}.",
            "Use one of these, or another form.",
        )
    for at, events in events_of(metric):
        _check_events(at, events)
    _CHECKS.get(type(measure), _nothing)(metric)
    _check_outliers(metric)
    if metric.currency is not None:
        if not _CURRENCY.fullmatch(metric.currency):
            raise Refused(
                "currency", metric.currency, "is not an ISO 4217 code.", "Use three capital letters such as EUR."
            )
        if not sums_money(metric):
            raise Refused("currency", metric.currency, "nothing in money is summed here.", "Leave the currency out.")


def check_form(body: Mapping[str, Any]) -> None:
    """Refuse a form that is none, of a metric as it is sent: the types alone would not say which there are."""
    measure = body.get("measure")
    form = measure.get("form") if isinstance(measure, Mapping) else None
    if form is not None and form not in FORMS:
        raise Refused("measure.form", _shown(form), "there is no such form.", f"Use one of {', '.join(FORMS)}.")


def form_of(measure: Form) -> str:
    """The name of a measure's form."""
    return str(type(measure).__struct_config__.tag)


def events_of(metric: Metric) -> Iterator[tuple[str, Events]]:
    """Every set of events of the metric, with its path."""
    measure = metric.measure
    for name in ("events", "start", "back", "among"):
        if (found := getattr(measure, name, None)) is not None:
            yield f"measure.{name}", found
    if isinstance(measure, Ratio):
        for side in ("numerator", "denominator"):
            if (found := getattr(measure, side).events) is not None:
                yield f"measure.{side}.events", found


def sums_money(metric: Metric) -> bool:
    """Whether a number is added up that may be an amount of money."""
    measure = metric.measure
    if isinstance(measure, Ratio):
        return any(side.of == "amount" for side in (measure.numerator, measure.denominator))
    if isinstance(measure, Unique):
        return False  # different values are counted, whatever they are
    return isinstance(measure, Sum) or getattr(measure, "property", None) is not None


def shown_as(metric: Metric) -> Shows:
    """What the number is, where the metric does not say so itself."""
    measure = metric.measure
    if metric.shows is not None:
        return metric.shows
    if isinstance(measure, Conversion | Retention) or getattr(measure, "visit", None) in ("bounce", "exit"):
        return "share"
    if getattr(measure, "visit", None) == "seconds":
        return "seconds"
    if isinstance(measure, Ratio):
        money = [
            side.of == "amount" and side.property in (None, "revenue")
            for side in (measure.numerator, measure.denominator)
        ]
        return "money" if money == [True, False] else "number"
    if isinstance(measure, Unique):
        return "number"
    return "money" if getattr(measure, "property", None) == "revenue" or metric.currency else "number"


def _nothing(_metric: Metric) -> None:
    """Nothing more to check."""


def _check_events(at: str, events: Events) -> None:
    if not 1 <= len(events.any) <= MAX_MATCHES:
        raise Refused(
            f"{at}.any", len(events.any), f"1 to {MAX_MATCHES} kinds of events.", "Add one, such as 'Order Completed'."
        )
    for number, match in enumerate(events.any):
        check_match(f"{at}.any[{number}]", match)


def _check_unique(metric: Metric) -> None:
    measure = metric.measure
    assert isinstance(measure, Unique)
    if metric.unit != "event":
        if measure.property is not None:
            remedy = "Leave it out, or use the unit event."
            raise Refused("measure.property", measure.property, "only events have different values.", remedy)
    elif measure.events is None or measure.property is None:
        missing = "events" if measure.events is None else "property"
        rule = "of events, the different values of a property are counted."
        raise Refused(f"measure.{missing}", None, rule, "Name events and a property.")


def _check_conversion(metric: Metric) -> None:
    measure = metric.measure
    assert isinstance(measure, Conversion)
    if measure.within is not None:
        if metric.unit == "session":
            raise Refused("measure.within", measure.within, "a session is its own window.", "Leave the window out.")
        if measure.start is None:
            raise Refused(
                "measure.within", measure.within, "a window begins with an event.", "Say with which: add 'start'."
            )
        _check_window("measure.within", measure.within)


def _check_retention(metric: Metric) -> None:
    measure = metric.measure
    assert isinstance(measure, Retention)
    _check_window("measure.within", measure.within)
    if not 1 <= measure.after <= LONGEST_WINDOW:
        raise Refused(
            "measure.after",
            measure.after,
            f"1 to {LONGEST_WINDOW} seconds.",
            "Use 86400 for a day after the first event.",
        )


def _check_window(at: str, seconds: int) -> None:
    if not 1 <= seconds <= LONGEST_WINDOW:
        rule = "a window is not empty." if seconds < 1 else "a window is at most five years."
        raise Refused(at, seconds, rule, "Use seconds, such as 604800 for seven days.")


def _check_value(metric: Metric) -> None:
    """Of a mean or a quantile: that there is something a unit has, and that this unit can have it."""
    measure = metric.measure
    assert isinstance(measure, Mean | Quantile)
    if metric.unit == "session":
        if measure.visit is None:
            raise Refused("measure.visit", None, "a session has events, seconds, a bounce or an exit.", "Say which.")
        for name in ("property", "among"):
            if getattr(measure, name) is not None:
                raise Refused(
                    f"measure.{name}",
                    _shown(getattr(measure, name)),
                    "this is not asked of a session.",
                    "Leave it out.",
                )
        if measure.visit == "exit" and measure.events is None:
            raise Refused(
                "measure.events", None, "every session ends with some event.", "Say which events an exit is from."
            )
        if isinstance(measure, Quantile) and measure.visit in ("bounce", "exit"):
            raise Refused(
                "measure.visit", measure.visit, "a yes or no has no quantile.", "Use events or seconds, or a mean."
            )
        return
    if measure.visit is not None:
        raise Refused("measure.visit", measure.visit, "only sessions have it.", "Use the unit session.")
    if metric.unit != "customer" and measure.among is not None:
        raise Refused(
            "measure.among", None, "only customers are among others.", "Leave it out, or use the unit customer."
        )
    if measure.events is None and metric.unit != "event":
        raise Refused("measure.events", None, "a value comes from events.", "Say from which.")
    if metric.unit == "event" and (measure.events is None or measure.property is None):
        missing = "events" if measure.events is None else "property"
        raise Refused(
            f"measure.{missing}", None, "an event's value is a property of it.", "Name events and a property."
        )


def _check_mean(metric: Metric) -> None:
    measure = metric.measure
    assert isinstance(measure, Mean)
    _check_value(metric)
    if measure.bands and (metric.unit != "event"):
        raise Refused("measure.bands", len(measure.bands), "bands are of an event's number.", "Use the unit event.")
    if len(measure.bands) > MAX_BANDS:
        raise Refused("measure.bands", len(measure.bands), f"at most {MAX_BANDS} bands.", "Join some of them.")
    for number, band in enumerate(measure.bands):
        at = f"measure.bands[{number}]"
        _check_number(f"{at}.value", band.value)
        _check_number(f"{at}.at_least", band.at_least)
        _check_number(f"{at}.at_most", band.at_most)
        if band.at_most < band.at_least:
            raise Refused(f"{at}.at_most", band.at_most, "a band is not empty.", f"Use {band.at_least:g} or more.")
    ordered = sorted(measure.bands, key=lambda band: band.at_least)
    for one, other in itertools.pairwise(ordered):
        if other.at_least <= one.at_most:
            raise Refused(
                "measure.bands", other.at_least, "a number is in one band at most.", "Let no two bands overlap."
            )


def _check_quantile(metric: Metric) -> None:
    measure = metric.measure
    assert isinstance(measure, Quantile)
    if not 0 < measure.q < 1:
        raise Refused("measure.q", measure.q, "a quantile lies between 0 and 1.", "Use 0.5 for the median.")
    _check_value(metric)


def _check_ratio(metric: Metric) -> None:
    measure = metric.measure
    assert isinstance(measure, Ratio)
    for side in ("numerator", "denominator"):
        _check_quantity(f"measure.{side}", getattr(measure, side))
    if measure.numerator == measure.denominator:
        raise Refused(
            "measure.denominator",
            _shown(measure.denominator),
            "a thing by itself is always 1.",
            "Divide by something else.",
        )


def _check_quantity(at: str, side: Quantity) -> None:
    if (side.metric is not None) != (side.of == "metric"):
        raise Refused(
            f"{at}.metric",
            side.metric,
            "a side names a metric or what it counts.",
            "Use of: metric with a metric's key.",
        )
    if side.metric is not None:
        key_rule(f"{at}.metric", side.metric)
        if side.events is not None or side.property is not None:
            raise Refused(
                f"{at}.events", None, "the metric says itself what it counts.", "Leave events and property out."
            )
    elif side.of in ("events", "orders", "amount") and side.events is None:
        raise Refused(f"{at}.events", None, f"{side.of} come from events.", "Say from which.")
    if side.property is not None and side.of != "amount":
        raise Refused(f"{at}.property", side.property, "only an amount is of a property.", "Use of: amount.")


def _check_outliers(metric: Metric) -> None:
    rule = metric.outliers
    if rule is None:
        return
    if (rule.cap is None) == (rule.winsorize is None):
        raise Refused("outliers", None, "an outlier rule is one of two.", "Use cap or winsorize.")
    if not isinstance(metric.measure, Mean) or metric.measure.bands or metric.measure.visit in ("bounce", "exit"):
        raise Refused(
            "outliers",
            form_of(metric.measure),
            "only what units have on average has outliers.",
            "Leave the rule out, or ask for a mean.",
        )
    if rule.cap is not None:
        _check_number("outliers.cap", rule.cap)
        if rule.cap <= 0:
            raise Refused("outliers.cap", rule.cap, "a cap is more than nothing.", "Use the most that is believable.")
    if rule.winsorize is not None and not 0.5 <= rule.winsorize < 1:
        raise Refused("outliers.winsorize", rule.winsorize, "between 0.5 and 1.", "Use 0.99 for the highest hundredth.")


def _check_number(at: str, value: float) -> None:
    if not math.isfinite(value) or abs(value) > LARGEST:
        raise Refused(
            at,
            value if math.isfinite(value) else str(value),
            f"between -{LARGEST:g} and {LARGEST:g}.",
            "Use a smaller number.",
        )


def _shown(value: object) -> str:
    return shorten(msgspec.json.encode(value).decode())


_CHECKS: Final[dict[type, Callable[[Metric], None]]] = {
    Unique: _check_unique,
    Mean: _check_mean,
    Ratio: _check_ratio,
    Conversion: _check_conversion,
    Retention: _check_retention,
    Quantile: _check_quantile,
}
