"""A match as SQL over the columns of `log`, in each engine's own words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from resa.kernel.matching import NUMBER_COLUMNS, TEXT_COLUMNS, Condition, Match

NUMBER: Final = r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?"
"""What counts as a number, also when sent as text."""


class Engine(Protocol):
    """How one engine writes what the rules need; everything else is SQL that all of them read."""

    row: str
    """The column `row`, a word that must be quoted."""

    def object(self, value: str) -> str:
        """A text as the member `x` of a JSON object."""
        ...

    def among(self, numbers: Sequence[int]) -> str:
        """A query of these numbers, at least one."""
        ...

    def literal(self, text: str) -> str:
        """A text constant."""
        ...

    def raw(self, name: str) -> str:
        """A property as text, whatever it is."""
        ...

    def text(self, name: str) -> str:
        """A property as text; NULL for objects and lists."""
        ...

    def number(self, text: str) -> str:
        """A text as a number; NULL for what is none."""
        ...

    def contains(self, text: str, part: str) -> str:
        """Whether a text has a part."""
        ...

    def starts_with(self, text: str, part: str) -> str:
        """Whether a text begins so."""
        ...


class DuckDB:
    """DuckDB's SQL. A property is found by JSON pointer, which any name can be written in."""

    row = '"row"'

    def object(self, value: str) -> str:
        """A text as the member `x` of a JSON object."""
        return f"json_object('x', {value})"

    def among(self, numbers: Sequence[int]) -> str:
        """A query of these numbers, at least one."""
        return f"SELECT unnest({list(numbers)})"

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

    row = "`row`"

    def object(self, value: str) -> str:
        """A text as the member `x` of a JSON object."""
        return f"to_json(named_struct('x', {value}))"

    def among(self, numbers: Sequence[int]) -> str:
        """A query of these numbers, at least one."""
        return f"SELECT explode(array({', '.join(map(str, numbers))}))"

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


def predicate(match: Match, engine: str = "duckdb") -> str:
    """Whether an event is of that type and name and meets the rest, as a SQL condition; never NULL."""
    sql = ENGINES[engine]
    rest = meets(match, sql, named=True)
    return f"type = '{match.type}'" + (f" AND COALESCE({rest}, FALSE)" if rest else "")


def meets(match: Match, sql: Engine, *, named: bool) -> str | None:
    """What is asked beyond the type (and, unless `named`, the name); None if nothing is. NULL means no."""
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
        return f"{_text_of(name, sql)} = '{'true' if value else 'false'}'"
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


def number_of(name: str, engine: str = "duckdb") -> str:
    """A column or property as a number (DOUBLE), NULL where it is none."""
    return _number_of(name, ENGINES[engine])


def text_of(name: str, engine: str = "duckdb") -> str:
    """A column or property as text, NULL where it is absent, an object or a list."""
    return _text_of(name, ENGINES[engine])
