"""A map's rules in two equal forms: SQL over `log` for everyone's events, Python for the one event at hand.

An event belongs to the first touchpoint, in the order of the map, whose rule it meets. A property-based test holds
the two forms equal on DuckDB; docs/journeys.md says what each operator means.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from resa.journeys.definition import NUMBER_COLUMNS, TEXT_COLUMNS, Condition, Journey, Match, Stage, Touchpoint
from resa.kernel.events import CHANNELS

NUMBER: Final = r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?"  # what counts as a number, also when sent as text

Scalar = str | int | float | bool


# -- labels: one number per event says touchpoint, channel and whether it is simulated -----------------------------

VARIANTS: Final = 2 * len(CHANNELS)


class Label(NamedTuple):
    """What a label says: the touchpoint's number in map order, the channel's in CHANNELS, and if it is simulated."""

    touchpoint: int
    channel: int
    simulated: bool


def read(label: int) -> Label | None:
    """What `label` says; 0 says nothing."""
    if label == 0:
        return None
    touchpoint, variant = divmod(label - 1, VARIANTS)
    return Label(touchpoint, variant // 2, variant % 2 == 1)


# -- SQL -----------------------------------------------------------------------------------------------------------


class Engine(Protocol):
    """How one engine writes what the rules need; everything else is SQL that all of them read."""

    def literal(self, text: str) -> str: ...
    def raw(self, name: str) -> str: ...
    def text(self, name: str) -> str: ...
    def number(self, text: str) -> str: ...
    def contains(self, text: str, part: str) -> str: ...
    def starts_with(self, text: str, part: str) -> str: ...


class DuckDB:
    """DuckDB's SQL. A property is found by JSON pointer, which any name can be written in."""

    def literal(self, text: str) -> str:
        """A text constant."""
        return "'" + text.replace("'", "''") + "'"

    def _pointer(self, name: str) -> str:
        return self.literal("/" + name.replace("~", "~0").replace("/", "~1"))

    def raw(self, name: str) -> str:
        """A property as text, whatever it is; NULL if absent, null, or if what was sent is no JSON."""
        return f"TRY(json_extract_string(properties, {self._pointer(name)}))"

    def text(self, name: str) -> str:
        """A property as text; NULL for objects and lists."""
        kind = f"TRY(json_type(properties, {self._pointer(name)}))"
        return f"CASE WHEN {kind} NOT IN ('OBJECT', 'ARRAY') THEN {self.raw(name)} END"

    def number(self, text: str) -> str:
        """A text as a number; NULL for what is none."""
        return f"CASE WHEN regexp_full_match({text}, '{NUMBER}') THEN TRY_CAST({text} AS DOUBLE) END"

    def contains(self, text: str, part: str) -> str:
        """Whether a text has a part."""
        return f"contains({text}, {part})"

    def starts_with(self, text: str, part: str) -> str:
        """Whether a text begins so."""
        return f"starts_with({text}, {part})"


class Spark:
    """Spark's SQL. A path can't hold every name, so a name with a quote in it is looked up in a map."""

    def literal(self, text: str) -> str:
        """A text constant (backslashes escape)."""
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

    def raw(self, name: str) -> str:
        """A property as text, whatever it is."""
        if re.fullmatch(r"[\w .:-]+", name):
            path = self.literal(f"$['{name}']")
            return f"get_json_object(properties, {path})"
        return f"element_at(from_json(properties, 'map<string,string>'), {self.literal(name)})"

    def text(self, name: str) -> str:
        """A property as text; NULL for objects and lists, which are known by what they read as."""
        raw = self.raw(name)
        return f"CASE WHEN json_object_keys({raw}) IS NULL AND json_array_length({raw}) IS NULL THEN {raw} END"

    def number(self, text: str) -> str:
        """A text as a number; NULL for what is none."""
        pattern = self.literal(rf"\A{NUMBER}\z")
        return f"CASE WHEN {text} RLIKE {pattern} THEN TRY_CAST({text} AS DOUBLE) END"

    def contains(self, text: str, part: str) -> str:
        """Whether a text has a part."""
        return f"contains({text}, {part})"

    def starts_with(self, text: str, part: str) -> str:
        """Whether a text begins so."""
        return f"startswith({text}, {part})"


ENGINES: Final[Mapping[str, Engine]] = {"duckdb": DuckDB(), "spark": Spark()}


def labels(journey: Journey, engine: str = "duckdb") -> str:
    """The label of an event as a SQL expression over the columns of `log`."""
    sql = ENGINES[engine]
    touchpoint = _touchpoint(journey, sql)
    if touchpoint is None:
        return "0"
    channels = " ".join(f"WHEN {sql.literal(name)} THEN {2 * place}" for place, name in enumerate(CHANNELS))
    other = 2 * CHANNELS.index("other")
    return (
        f"COALESCE(({touchpoint}) * {VARIANTS} + CASE channel {channels} ELSE {other} END"
        " + CASE WHEN simulated THEN 1 ELSE 0 END + 1, 0)"
    )


def _touchpoint(journey: Journey, sql: Engine) -> str | None:
    """The number of the touchpoint, NULL if there is none: by type, then by name, then by what else is asked."""
    by_type: dict[str, list[tuple[int, Match]]] = {}
    for number, match in matches(journey):
        by_type.setdefault(match.type, []).append((number, match))
    if not by_type:
        return None
    arms = " ".join(f"WHEN '{type_}' THEN {_of_type(found, sql)}" for type_, found in by_type.items())
    return f"CASE type {arms} END"


def _of_type(found: list[tuple[int, Match]], sql: Engine) -> str:
    if any(match.name is None for _, match in found):  # those in between the named ones keep their turn
        return _first([(number, _meets(match, sql, named=True)) for number, match in found])
    by_name: dict[str, list[tuple[int, Match]]] = {}
    for number, match in found:
        by_name.setdefault(match.name or "", []).append((number, match))
    arms = (
        f"WHEN {sql.literal(name)} THEN {_first([(n, _meets(match, sql, named=False)) for n, match in same])}"
        for name, same in by_name.items()
    )
    return f"CASE name {' '.join(arms)} END"


def _first(options: list[tuple[int, str | None]]) -> str:
    """The number of the first option whose condition holds (None: it always does)."""
    arms: list[str] = []
    for number, condition in options:
        if condition is None:
            return f"CASE {' '.join(arms)} ELSE {number} END" if arms else str(number)
        arms.append(f"WHEN {condition} THEN {number}")
    return f"CASE {' '.join(arms)} END"


def _meets(match: Match, sql: Engine, *, named: bool) -> str | None:
    parts = [_condition(condition, sql) for condition in match.where]
    if match.channel is not None:
        parts.insert(0, f"channel = {sql.literal(match.channel)}")
    if named and match.name is not None:
        parts.insert(0, f"name = {sql.literal(match.name)}")
    return " AND ".join(parts) or None


def _condition(condition: Condition, sql: Engine) -> str:
    name, value = condition.property, condition.value
    match condition.op:
        case "exists":
            return f"{name if name in TEXT_COLUMNS | NUMBER_COLUMNS else sql.raw(name)} IS NOT NULL"
        case "contains":
            return sql.contains(_text_of(name, sql), sql.literal(str(value)))
        case "starts_with":
            return sql.starts_with(_text_of(name, sql), sql.literal(str(value)))
        case "greater" | "less":
            return f"{_number_of(name, sql)} {'>' if condition.op == 'greater' else '<'} {_constant(value)}"
        case "is_not":
            return f"NOT COALESCE({_equal(name, value, sql)}, FALSE)"
        case _:
            values = value if isinstance(value, list) else [value]
            return "(" + " OR ".join(_equal(name, one, sql) for one in values) + ")"


def _equal(name: str, value: Any, sql: Engine) -> str:
    if isinstance(value, bool):
        return f"{_text_of(name, sql)} = '{_text(value)}'"
    if isinstance(value, int | float):
        return f"{_number_of(name, sql)} = {_constant(value)}"
    return f"{_text_of(name, sql)} = {sql.literal(str(value))}"


def _text_of(name: str, sql: Engine) -> str:
    if name in NUMBER_COLUMNS:
        return "CAST(NULL AS VARCHAR(1))"  # the check of a map lets no text be compared with a number
    return name if name in TEXT_COLUMNS else sql.text(name)


def _number_of(name: str, sql: Engine) -> str:
    if name in NUMBER_COLUMNS:
        return f"CAST({name} AS DOUBLE)"
    return sql.number(name if name in TEXT_COLUMNS else sql.raw(name))


def _constant(value: Any) -> str:
    return f"CAST('{float(value)!r}' AS DOUBLE)"


def matches(journey: Journey) -> Iterator[tuple[int, Match]]:
    """Every match of the map with the number of its touchpoint, in map order."""
    for number, (_, _, touchpoint) in enumerate(journey.touchpoints()):
        for match in touchpoint.rule.any:
            yield number, match


# -- Python --------------------------------------------------------------------------------------------------------

Event = Mapping[str, Any]
"""An event by the names of `log`'s columns; `properties` as JSON text or already read."""


class Matcher:
    """Says of an event which stage and touchpoint of a map it belongs to. Immutable; cheap to make."""

    def __init__(self, journey: Journey) -> None:
        """Sort the map's rules by what they can match."""
        self._places = [(stage, touchpoint) for _, stage, touchpoint in journey.touchpoints()]
        self._by_type: dict[str, list[tuple[int, Match]]] = {}
        for number, match in matches(journey):
            self._by_type.setdefault(match.type, []).append((number, match))

    def number(self, event: Event) -> int | None:
        """The number of the event's touchpoint in map order, if it has one."""
        properties: dict[str, Any] | None = None
        for number, match in self._by_type.get(event["type"], ()):
            if match.name is not None and match.name != event["name"]:
                continue
            if match.channel is not None and match.channel != event.get("channel"):
                continue
            if match.where and properties is None:
                properties = _properties(event)
            if all(_holds(condition, event, properties or {}) for condition in match.where):
                return number
        return None

    def place(self, event: Event) -> tuple[Stage, Touchpoint] | None:
        """The event's stage and touchpoint, if it has one."""
        number = self.number(event)
        return None if number is None else self._places[number]


def _properties(event: Event) -> dict[str, Any]:
    found = event.get("properties") or {}
    if isinstance(found, str):
        try:
            # Of two equal names the first counts; digits beyond those Python reads stay text.
            found = json.loads(found, object_pairs_hook=lambda pairs: dict(reversed(pairs)), parse_int=_whole)
        except (ValueError, RecursionError):
            return {}
    return found if isinstance(found, dict) else {}


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) < 4_000 else digits


def _holds(condition: Condition, event: Event, properties: Mapping[str, Any]) -> bool:
    column = condition.property in TEXT_COLUMNS | NUMBER_COLUMNS
    found = event.get(condition.property) if column else properties.get(condition.property)
    return _OPERATORS[condition.op](found, condition.value)


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
    if isinstance(found, bool):
        return None
    if isinstance(found, int | float | Decimal):
        return float(str(found))  # as text, for a whole number of 400 digits is infinite then and no error
    return float(found) if isinstance(found, str) and re.fullmatch(NUMBER, found) else None
