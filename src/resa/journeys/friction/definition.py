"""What counts as friction, as a definition: which events play which part, the thresholds, the outcome and the windows.

Every name, property, threshold and window of docs/friction.md is a value here, with a default that follows what the
autocapture of the usual SDKs and the Segment specification send.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Final, Literal

import msgspec

from resa.journeys.friction.signals import KEYS
from resa.kernel.definitions import Kind
from resa.kernel.errors import Refused
from resa.kernel.matching import Condition, Match, check_match

KEY: Final = "friction"
"""The one definition of this kind that counts."""

MAX_MATCHES: Final = 100
MAX_NAMES: Final = 20

Names = list[Annotated[str, msgspec.Meta(min_length=1, max_length=200)]]


def _named(*names: str) -> Any:
    return msgspec.field(default_factory=lambda: [Match(name=name) for name in names])


def _listed(*names: str) -> Any:
    return msgspec.field(default_factory=lambda: list(names))


def _autocaptured(kind: str) -> Match:
    return Match(name="$autocapture", where=[Condition(property="$event_type", op="is", value=kind)])


class Money(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """What a conversion is worth, where the events don't say."""

    amount: float
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]


class Outcome(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """What a customer should do in the `days` after: convert (`any`), or come back in another session."""

    kind: Literal["conversion", "return"] = "conversion"
    any: list[Match] = _named("Order Completed")
    days: float = 7
    value: Money | None = None


class Clicks(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Clicks, and what tells elements apart; events that report a rage or dead click themselves.

    Clicks that are `watched` by an SDK, which sees also answers that send no event, are dead only if it reports so.
    """

    any: list[Match] = msgspec.field(
        default_factory=lambda: [
            *(Match(name=name) for name in ("Element Clicked", "Button Clicked", "Click", "Clicked", "$mp_click")),
            *(Match(name=name) for name in ("[Amplitude] Element Clicked", "[Auto] Element Click")),
            _autocaptured("click"),
        ]
    )
    element: Names = _listed(
        *("element", "element_id", "selector", "css_selector", "$el_selector", "element_text", "text", "$el_text"),
        *("[Amplitude] Element Selector", "[Amplitude] Element Text", "button", "label", "id"),
    )
    times: int = 3
    seconds: float = 2
    dead_seconds: float = 3
    rage: list[Match] = _named("Rage Click", "Rage Clicked", "$rageclick", "[Amplitude] Rage Click", "$mp_rage_click")
    watched: list[Match] = msgspec.field(
        default_factory=lambda: [
            Match(name="Element Clicked", where=[Condition(property="watched", op="is", value=True)])
        ]
    )
    dead: list[Match] = _named("Dead Click", "Dead Clicked", "$dead_click", "[Amplitude] Dead Click", "$mp_dead_click")


class Forms(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A form begun is abandoned if it isn't sent within `minutes`."""

    started: list[Match] = _named("Form Started", "Form Start", "form_start", "[Amplitude] Form Started")
    submitted: list[Match] = _named("Form Submitted", "Form Submit", "form_submit", "[Amplitude] Form Submitted")
    form: Names = _listed("form", "form_id", "form_name", "[Amplitude] Form ID", "[Amplitude] Form Name", "name", "id")
    minutes: float = 30


class Carts(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A cart is abandoned if no order follows the first product in it within `hours`."""

    added: list[Match] = _named("Product Added")
    ordered: list[Match] = _named("Order Completed")
    product: Names = _listed("name", "product_name", "product_id", "sku")
    hours: float = 24


class Loops(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Pages, and how short a look at each counts as pogo-sticking."""

    pages: list[Match] = msgspec.field(default_factory=lambda: [Match(type="page"), Match(type="screen")])
    seconds: float = 15


class Errors(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """The same customer meets `times` errors within `minutes` of one session."""

    any: list[Match] = _named(
        *("Error", "Error Occurred", "Error Shown", "Error Viewed", "JavaScript Error", "Exception", "$exception"),
        *("Form Error", "Payment Failed", "Payment Declined", "API Error", "Application Crashed"),
    )
    message: Names = _listed("message", "error", "error_message", "$exception_message", "code", "error_code", "reason")
    times: int = 2
    minutes: float = 10


class Measure(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """An event that says how long something took, or how bad it was, and from where on that is too much."""

    match: Match
    property: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    above: float


def _vital(event: str, vital: str, above: float) -> Measure:
    where = [Condition(property="name", op="is", value=vital)]
    return Measure(match=Match(name=event, where=where), property="value", above=above)


def _measures() -> list[Measure]:
    pages = [Measure(match=Match(type="page"), property=name, above=4000) for name in ("load_time", "page_load_time")]
    poor = (("LCP", 4000.0), ("INP", 500.0), ("CLS", 0.25))  # web.dev/vitals calls what is above "poor"
    return [*pages, *(_vital(event, *vital) for event in ("Web Vital", "Web Vitals") for vital in poor)]


class Slow(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Measurements of pages."""

    measures: list[Measure] = msgspec.field(default_factory=_measures)


class Searches(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Searches, their term, and the property that says how many results there were."""

    any: list[Match] = _named("Products Searched", "Search Performed", "Searched", "Site Searched", "search")
    term: Names = _listed("query", "search_term", "term", "q", "keyword")
    results: Names = _listed("results", "result_count", "results_count", "num_results", "number_of_results", "hits")
    empty: list[Match] = _named("Search Without Result", "No Results Found")


class Contacts(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Contacts with support; another one within `days` is a repeat. Events closer than `apart_minutes` are one contact."""

    any: list[Match] = _named(
        *("Live Chat Conversation Started", "Call Started", "Call Received", "Ticket Created", "Ticket Opened"),
        *("Ticket Submitted", "Support Ticket Created", "Support Requested", "Support Contacted", "Case Created"),
    )
    topic: Names = _listed("topic", "subject", "category", "reason")
    days: float = 7
    apart_minutes: float = 60


class HandOvers(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Steps that nobody should take twice on two channels within `hours`; events that hand a customer over."""

    steps: list[Match] = _named(
        *("Checkout Started", "Form Started", "Form Submitted", "Booking Started", "Application Started"),
        *("Live Chat Conversation Started", "Call Started", "Call Received", "Ticket Created", "Support Requested"),
    )
    hours: float = 48
    handed: list[Match] = _named(
        *("Handed Over", "Live Chat Transferred", "Conversation Transferred", "Call Transferred", "Ticket Escalated"),
        *("Callback Requested", "Store Pickup Selected", "Appointment Booked"),
    )
    lost_hours: float = 48


class Friction(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """All settings of the friction ledger; what isn't said keeps its default."""

    outcome: Outcome = msgspec.field(default_factory=Outcome)
    outcomes: dict[str, Literal["conversion", "return"]] = msgspec.field(
        default_factory=lambda: {"cart-abandoned": "return"}  # a missing order can't be told by a missing order
    )
    intent: list[Match] = _named("Product Added", "Cart Viewed", "Checkout Started")
    passive: list[Match] = _named(
        *(
            "Email Sent",
            "Email Delivered",
            "Email Bounced",
            "Email Deferred",
            "SMS Sent",
            "SMS Delivered",
            "SMS Failed",
        ),
        *("Push Notification Sent", "Push Notification Delivered", "Push Notification Bounced", "Order Shipped"),
    )
    session_minutes: float = 30
    history_days: float = 30
    least: int = 50
    false_discovery_rate: float = 0.1
    off: list[str] = []
    clicks: Clicks = msgspec.field(default_factory=Clicks)
    forms: Forms = msgspec.field(default_factory=Forms)
    carts: Carts = msgspec.field(default_factory=Carts)
    loops: Loops = msgspec.field(default_factory=Loops)
    errors: Errors = msgspec.field(default_factory=Errors)
    slow: Slow = msgspec.field(default_factory=Slow)
    searches: Searches = msgspec.field(default_factory=Searches)
    contacts: Contacts = msgspec.field(default_factory=Contacts)
    handovers: HandOvers = msgspec.field(default_factory=HandOvers)


def outcome_of(friction: Friction, signal: str) -> Literal["conversion", "return"]:
    """What customers struck by this signal should do."""
    return friction.outcomes.get(signal, friction.outcome.kind)


# -- the check -----------------------------------------------------------------------------------------------------

_RANGES: Final = {
    "outcome.days": (1 / 24, 365),
    "session_minutes": (1, 24 * 60),
    "history_days": (1, 365),
    "least": (20, 1_000_000),
    "false_discovery_rate": (0.001, 0.5),
    "clicks.times": (2, 50),
    "clicks.seconds": (0.1, 60),
    "clicks.dead_seconds": (0.1, 60),
    "forms.minutes": (1, 7 * 24 * 60),
    "carts.hours": (0.1, 90 * 24),
    "loops.seconds": (1, 600),
    "errors.times": (1, 50),
    "errors.minutes": (0.1, 24 * 60),
    "contacts.days": (0.1, 90),
    "contacts.apart_minutes": (0, 24 * 60),
    "handovers.hours": (0.1, 90 * 24),
    "handovers.lost_hours": (0.1, 90 * 24),
}


def check(friction: Friction) -> None:
    """Refuse what the types can't: windows that are absurd, matches that match nothing, signals that don't exist."""
    for path, (low, high) in _RANGES.items():
        value = _at(friction, path)
        if not low <= value <= high:
            raise Refused(path, value, f"lies between {low:g} and {high:g}.", "Choose a value in between.")
    for place, key in enumerate(friction.off):
        if key not in KEYS:
            raise Refused(f"off[{place}]", key, "there is no such signal.", f"Use some of {', '.join(KEYS)}.")
    for key in friction.outcomes:
        if key not in KEYS:
            raise Refused("outcomes", key, "there is no such signal.", f"Use some of {', '.join(KEYS)}.")
    for path in _LISTS:
        _check_matches(path, _at(friction, path))
    for path in _NAMES:
        _check_size(path, _at(friction, path), MAX_NAMES)
    _check_matches("slow.measures", [measure.match for measure in friction.slow.measures], ".match")
    if friction.outcome.kind == "conversion" and not friction.outcome.any:
        raise Refused(
            "outcome.any", None, "a conversion is known by events.", "Name one, or let outcome.kind be 'return'."
        )
    if friction.outcome.value is not None and not 0 < friction.outcome.value.amount < 1e12:
        amount = friction.outcome.value.amount
        raise Refused("outcome.value.amount", amount, "a value is above 0.", "Leave it out to take what events say.")


_LISTS: Final = (
    *("outcome.any", "intent", "passive", "clicks.any", "clicks.rage", "clicks.dead", "clicks.watched"),
    *("forms.started", "forms.submitted", "carts.added", "carts.ordered", "loops.pages", "errors.any", "searches.any"),
    *("searches.empty", "contacts.any", "handovers.steps", "handovers.handed"),
)
_NAMES: Final = (
    *("clicks.element", "forms.form", "carts.product", "errors.message", "searches.term", "searches.results"),
    "contacts.topic",
)


def _at(friction: Friction, path: str) -> Any:
    found: Any = friction
    for name in path.split("."):
        found = getattr(found, name)
    return found


def _check_size(path: str, found: list[Any], most: int) -> None:
    if len(found) > most:
        raise Refused(path, len(found), f"at most {most}.", "Leave some out.")


def _check_matches(path: str, found: Iterable[Match], inside: str = "") -> None:
    listed = list(found)
    _check_size(path, listed, MAX_MATCHES)
    for place, match in enumerate(listed):
        check_match(f"{path}[{place}]{inside}", match)


KIND: Final = Kind(KEY, Friction, check)
DEFAULT: Final = Friction()
