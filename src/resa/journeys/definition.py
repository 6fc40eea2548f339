"""A journey map as a definition: stages, their touchpoints, and the rules by which events belong to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Final, Literal

import msgspec

from resa.kernel.definitions import Kind, key_rule
from resa.kernel.errors import Refused
from resa.kernel.events import CHANNELS

MAX_STAGES: Final = 64
MAX_TOUCHPOINTS: Final = 500
MAX_MATCHES: Final = 100
MAX_CONDITIONS: Final = 20
MAX_VALUES: Final = 200
EXACT: Final = 2**53  # whole numbers beyond are not told apart when compared

# Columns of `log` a condition may name; any other name is a property of the event.
TEXT_COLUMNS: Final = frozenset(
    {
        "source",
        "page_url",
        "page_path",
        "page_title",
        "referrer",
        "referrer_kind",
        "campaign_source",
        "campaign_medium",
        "campaign_name",
        "device",
        "os",
        "browser",
        "locale",
        "currency",
        "order_id",
    }
)
NUMBER_COLUMNS: Final = frozenset({"revenue"})

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_COLOR: Final = re.compile(r"#[0-9a-fA-F]{6}")

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Text = Annotated[str, msgspec.Meta(max_length=4000)]
Words = Annotated[str, msgspec.Meta(max_length=400)]
Listed = Annotated[list[Words], msgspec.Meta(max_length=50)]
Operator = Literal["is", "is_not", "contains", "starts_with", "exists", "greater", "less", "in"]
Value = str | int | float | bool


class Condition(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A test of one property or column of an event (docs/journeys.md says what each operator means)."""

    property: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    op: Operator
    value: Value | list[Value] | None = None


class Match(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Events of one type, and of one name, channel and further conditions where these are given."""

    type: Literal["track", "page", "screen", "identify", "group", "alias"] = "track"
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    where: list[Condition] = []
    channel: str | None = None


class Rule(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """An event belongs to the touchpoint if any of these matches."""

    any: list[Match]


class Touchpoint(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A kind of contact between customer and business. `by_hand`: kept by people, no event shows it."""

    key: str
    name: Name
    channel: str | None = None
    rule: Rule = msgspec.field(default_factory=lambda: Rule(any=[]))
    by_hand: bool = False
    wants: Text = ""
    feels: Text = ""
    does: Text = ""
    measures: Listed = []
    department: Words = ""
    people: Words = ""
    systems: Words = ""
    content: Words = ""
    pain_points: Listed = []
    opportunities: Listed = []
    owner: Words = ""
    moment_that_matters: bool = False


class Stage(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A phase of the journey, in the customer's terms."""

    key: str
    name: Name
    color: str | None = None
    situation: Text = ""
    needs: Text = ""
    expectations: Text = ""
    mindset: Text = ""
    feelings: Text = ""
    actions: Text = ""
    measures: Listed = []
    touchpoints: list[Touchpoint] = []


class Goal(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """What the map is worked on for: a metric, where it should be, by whom and when."""

    metric: Name
    target: Words = ""
    owner: Words = ""
    due: str | None = None


class Journey(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A journey map for one persona and one goal."""

    name: Name
    description: Text = ""
    persona: Words = ""
    goal: Goal | None = None
    stages: list[Stage]

    def touchpoints(self) -> Iterator[tuple[int, Stage, Touchpoint]]:
        """All touchpoints in map order, each with the number of its stage and the stage."""
        for place, stage in enumerate(self.stages):
            for touchpoint in stage.touchpoints:
                yield place, stage, touchpoint


def check(journey: Journey) -> None:
    """Refuse what the types can't: doubled keys, too much of something, rules that say nothing."""
    if not 1 <= len(journey.stages) <= MAX_STAGES:
        raise Refused("stages", len(journey.stages), f"a map has 1 to {MAX_STAGES} stages.", "Join some stages.")
    count = sum(len(stage.touchpoints) for stage in journey.stages)
    if count > MAX_TOUCHPOINTS:
        raise Refused("stages", count, f"a map has at most {MAX_TOUCHPOINTS} touchpoints.", "Join some touchpoints.")
    _printable(journey)
    if journey.goal is not None and journey.goal.due:
        _check_day("goal.due", journey.goal.due)
    stages: dict[str, str] = {}
    touchpoints: dict[str, str] = {}
    for place, stage in enumerate(journey.stages):
        at = f"stages[{place}]"
        _once(f"{at}.key", stage.key, stages)
        if stage.color is not None and not _COLOR.fullmatch(stage.color):
            raise Refused(f"{at}.color", stage.color, "a colour is # and six hex digits.", "Use one like #2f6f9f.")
        for number, touchpoint in enumerate(stage.touchpoints):
            under = f"{at}.touchpoints[{number}]"
            _once(f"{under}.key", touchpoint.key, touchpoints)
            _check_touchpoint(under, touchpoint)


def _once(field: str, key: str, seen: dict[str, str]) -> None:
    key_rule(field, key)
    if key in seen:
        raise Refused(
            field, key, f"this key is taken by {seen[key]}.", "Give each stage and each touchpoint a key of its own."
        )
    seen[key] = field.removesuffix(".key")


def _check_touchpoint(at: str, touchpoint: Touchpoint) -> None:
    _check_channel(f"{at}.channel", touchpoint.channel)
    if touchpoint.by_hand:
        if touchpoint.rule.any:
            raise Refused(
                f"{at}.rule", "a rule", "a touchpoint kept by hand has no rule.", "Take away the rule or by_hand."
            )
        return
    if not touchpoint.rule.any:
        raise Refused(
            f"{at}.rule",
            None,
            "a touchpoint needs a rule that says which events belong to it.",
            'Add one such as {"any": [{"type": "track", "name": "Order Completed"}]}, or set by_hand.',
        )
    if len(touchpoint.rule.any) > MAX_MATCHES:
        raise Refused(
            f"{at}.rule.any", len(touchpoint.rule.any), f"at most {MAX_MATCHES} in one rule.", "Split the touchpoint."
        )
    for number, match in enumerate(touchpoint.rule.any):
        _check_match(f"{at}.rule.any[{number}]", match)


def _check_match(at: str, match: Match) -> None:
    _check_channel(f"{at}.channel", match.channel)
    if match.type == "track" and match.name is None:
        raise Refused(
            f"{at}.name",
            None,
            "a track event is known by its name.",
            "Add the name, such as 'Order Completed'.",
        )
    if len(match.where) > MAX_CONDITIONS:
        raise Refused(f"{at}.where", len(match.where), f"at most {MAX_CONDITIONS} conditions.", "Leave some out.")
    for number, condition in enumerate(match.where):
        _check_condition(f"{at}.where[{number}]", condition)


def _check_condition(at: str, condition: Condition) -> None:
    op, value, field = condition.op, condition.value, f"{at}.value"
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if op == "exists":
        if value not in (None, ""):
            raise Refused(field, str(value), "'exists' takes no value.", "Leave the value out.")
    elif op in ("greater", "less"):
        if not number:
            raise Refused(field, _shown(value), f"'{op}' compares with a number.", "Use a number, not a text.")
    elif op in ("contains", "starts_with"):
        if not isinstance(value, str) or not value:
            raise Refused(
                field, _shown(value), f"'{op}' compares with a text.", "Use a text of at least one character."
            )
    elif op == "in":
        if not isinstance(value, list) or not 1 <= len(value) <= MAX_VALUES:
            raise Refused(
                field, _shown(value), f"'in' takes a list of 1 to {MAX_VALUES} values.", 'Use one like ["web", "app"].'
            )
    elif value is None or isinstance(value, list):
        raise Refused(field, _shown(value), f"'{op}' compares with one value.", "Use a text, a number, true or false.")
    _check_values(field, condition)


def _check_values(field: str, condition: Condition) -> None:
    for one in condition.value if isinstance(condition.value, list) else [condition.value]:
        if isinstance(one, int | float) and abs(one) > EXACT:
            raise Refused(field, one, "a number lies between -2^53 and 2^53.", "Compare identifiers as text.")
        if condition.property in NUMBER_COLUMNS and isinstance(one, str | bool):
            raise Refused(field, one, f"{condition.property} is a number.", "Compare it with a number.")


def _shown(value: object) -> str | None:
    return None if value is None else str(value)


def _check_channel(field: str, channel: str | None) -> None:
    if channel is not None and channel not in CHANNELS:
        raise Refused(field, channel, "there is no such channel.", f"Use one of {', '.join(CHANNELS)}, or none.")


def _check_day(field: str, text: str) -> None:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise Refused(field, text, "this is not a day.", "Write it like 2026-12-31.") from None


def _printable(journey: Journey) -> None:
    """Refuse control characters anywhere: no one can see them, and stores differ in what they do with them."""
    for path, text in _texts(msgspec.to_builtins(journey), ""):
        if _CONTROL.search(text):
            raise Refused(
                path, _CONTROL.sub("\ufffd", text), "a text holds no control characters.", "Type it again without them."
            )


def _texts(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _texts(inner, f"{path}[{place}]")


KIND: Final = Kind("journey", Journey, check)
