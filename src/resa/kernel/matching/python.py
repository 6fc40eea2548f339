"""A match held against one event at hand."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from resa.kernel.matching import NUMBER_COLUMNS, TEXT_COLUMNS, Condition, Match
from resa.kernel.matching.sql import NUMBER

COLUMNS: Final = TEXT_COLUMNS | NUMBER_COLUMNS

Event = Mapping[str, Any]
"""An event by the names of `log`'s columns; `properties` as JSON text or already read."""


def meets(match: Match, event: Event, said: Mapping[str, Any] | None = None) -> bool:
    """Whether an event is of that type and name and meets the rest; `said`: its properties, if they are read already."""
    if match.type != event["type"] or (match.name is not None and match.name != event["name"]):
        return False
    if match.channel is not None and match.channel != event.get("channel"):
        return False
    if not match.where:
        return True
    said = properties(event) if said is None else said
    return all(holds(condition, event, said) for condition in match.where)


def passes(match: Match) -> Callable[[Event, Mapping[str, Any]], bool]:
    """The same for events that are known to be of that type and name, made ready to be asked many times."""
    channel = match.channel
    tests = [(each.property, each.property in COLUMNS, _OPERATORS[each.op], each.value) for each in match.where]

    def met(event: Event, said: Mapping[str, Any]) -> bool:
        if channel is not None and channel != event.get("channel"):
            return False
        for name, column, holds, value in tests:  # noqa: SIM110 - `all` over a generator takes twice as long
            if not holds(event.get(name) if column else said.get(name), value):
                return False
        return True

    return met


def number_of(name: str, event: Event, said: Mapping[str, Any] | None = None) -> float | None:
    """A column or property as a number, None where it is none."""
    return _number(value_of(name, event, properties(event) if said is None else said))


def text_of(name: str, event: Event, said: Mapping[str, Any] | None = None) -> str | None:
    """A column or property as text, None where it is absent, an object or a list."""
    return _text(value_of(name, event, properties(event) if said is None else said))


def value_of(name: str, event: Event, said: Mapping[str, Any]) -> Any:
    """What a column of the event or, by any other name, one of its properties holds."""
    return event.get(name) if name in COLUMNS else said.get(name)


def properties(event: Event) -> dict[str, Any]:
    """The properties of an event, read; empty where what was sent is no JSON object."""
    found = event.get("properties") or {}
    if isinstance(found, str):
        try:
            found = _JSON.decode(found)
        except (ValueError, RecursionError):
            return {}
    return found if isinstance(found, dict) else {}


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) < 4_000 else digits


# Of two equal names the first counts; digits beyond those Python reads stay text.
_JSON: Final = json.JSONDecoder(object_pairs_hook=lambda pairs: dict(reversed(pairs)), parse_int=_whole)


def holds(condition: Condition, event: Event, said: Mapping[str, Any]) -> bool:
    """Whether an event with these properties passes one test."""
    return _OPERATORS[condition.op](value_of(condition.property, event, said), condition.value)


def _equals(found: object, value: object) -> bool:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(found) == float(value)
    return _text(found) == (_text(value) if isinstance(value, bool) else value)


def _compares(found: object, holds: Callable[[float], bool]) -> bool:
    number = _number(found)
    return number is not None and holds(number)


_OPERATORS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "is": _equals,
    "is_not": lambda found, value: not _equals(found, value),
    "in": lambda found, values: any(_equals(found, value) for value in values),
    "contains": lambda found, value: value in (_text(found) or ""),
    "starts_with": lambda found, value: (_text(found) or "").startswith(value),
    "exists": lambda found, _value: found is not None,
    "greater": lambda found, value: _compares(found, lambda number: number > value),
    "less": lambda found, value: _compares(found, lambda number: number < value),
}


def _text(found: object) -> str | None:
    if isinstance(found, str):
        return found
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, int | float):
        return msgspec.json.encode(found).decode()
    return None


def _number(found: object) -> float | None:
    if isinstance(found, float):
        return found
    if isinstance(found, bool):
        return None
    if isinstance(found, int | Decimal):
        return float(str(found))  # as text, for a whole number of 400 digits is infinite then and no error
    return float(found) if isinstance(found, str) and re.fullmatch(NUMBER, found) else None
