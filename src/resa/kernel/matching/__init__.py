"""What an event must be like: its type and name, its channel, and tests of its properties and columns (docs/journeys.md).

The words in which rules of maps, audiences, metrics and questions speak of events. `sql` and `python` are their two
equal forms; a property-based test holds them equal on DuckDB and Spark.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec

from resa.kernel.errors import Refused
from resa.kernel.events import CHANNELS

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


def check_match(at: str, match: Match) -> None:
    """Refuse what the types can't; `at` is the path of the match in what is checked."""
    check_channel(f"{at}.channel", match.channel)
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
        check_condition(f"{at}.where[{number}]", condition)


def check_condition(at: str, condition: Condition) -> None:
    """Refuse an operator with a value it can't be used with."""
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


def check_channel(field: str, channel: str | None) -> None:
    """Refuse a channel that is none."""
    if channel is not None and channel not in CHANNELS:
        raise Refused(field, channel, "there is no such channel.", f"Use one of {', '.join(CHANNELS)}, or none.")
