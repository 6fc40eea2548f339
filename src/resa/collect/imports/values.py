"""Templates of a mapping, compiled: `{column}` in a text, value maps, conversions, times, sums over lines."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from resa.kernel.errors import Refused

Record = Mapping[str, Any]
Getter = Callable[[Record], Any]
Lines = Sequence[Record]
GroupGetter = Callable[[Lines], Any]

Kind = Literal["text", "integer", "number", "boolean", "json"]


class Rule(msgspec.Struct, forbid_unknown_fields=True, rename={"source": "from", "kind": "as"}, omit_defaults=True):
    """A value that needs more than a template; exactly one of `from`, `sum` and `const` says where it comes from."""

    source: str | None = None
    """A template: text with `{column}` in it."""
    sum: list[str] | None = None
    """Over the lines of a group (or the one record): the sum of the product of these templates, exact."""
    const: Any = None
    values: dict[str, Any] | None = None
    """What a value found stands for; values not listed stay as they are unless `default` is set."""
    default: Any = None
    kind: Kind | None = None
    decimal: Literal[".", ","] = "."
    format: str | None = None
    """Of a time: `auto`, `seconds`, `milliseconds`, `microseconds`, `nanoseconds` or a strptime pattern."""
    timezone: str | None = None
    plus: str | None = None
    """Of a time: a template of seconds to add."""
    unless: str | None = None
    """A template: where it has a value, this one has none."""


Value = str | int | float | bool | Rule
"""A text is a template; numbers and booleans stand for themselves."""

_PLACE: Final = re.compile(r"\{([^{}]+)\}")
_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_TRUE: Final = frozenset(("true", "t", "yes", "y", "1", "on"))
_FALSE: Final = frozenset(("false", "f", "no", "n", "0", "off"))
_JSON: Final = msgspec.json.Encoder(decimal_format="number")
MONEY: Final = Decimal("0.0001")
_MOST_MONEY: Final = Decimal(10) ** 14
_MOST_INTEGER: Final = 2**63


def columns_of(value: Value | None) -> set[str]:
    """The columns a value reads."""
    if isinstance(value, str):
        return set(_PLACE.findall(value))
    if isinstance(value, Rule):
        return {
            name
            for text in (value.source or "", value.plus or "", value.unless or "", *(value.sum or ()))
            for name in _PLACE.findall(text)
        }
    return set()


def encode(value: Any) -> bytes:
    """JSON as it is stored: decimals as numbers, times as ISO text."""
    return _JSON.encode(value)


# Columns and templates


def template(text: str) -> Getter:
    """`"{total}"` gives the column's value as it is; text around or between columns gives text; a gap gives None."""
    parts = _PLACE.split(text)
    if len(parts) == 1:
        return lambda _record: text
    if len(parts) == 3 and not parts[0] and not parts[2]:
        return column(parts[1])
    literals = parts[::2]
    pairs = list(zip([column(name) for name in parts[1::2]], literals[1:], strict=True))

    def fill(record: Record) -> str | None:
        out = [literals[0]]
        for getter, literal in pairs:
            value = getter(record)
            if type(value) is not str and (value := text_of(value)) is None:
                return None
            out += (value, literal)
        return "".join(out)

    return fill


def column(name: str) -> Getter:
    """The value of a column; `a.b` also reaches into objects. Empty text and not-a-number are None."""
    steps = name.split(".")

    def get(record: Record) -> Any:
        value = record.get(name)
        if type(value) is str:
            return value or None
        return value if value == value else None  # NaN differs from itself

    def reach(record: Record) -> Any:
        if name in record:
            return get(record)
        value: Any = record
        for step in steps:
            if not isinstance(value, Mapping):
                return None
            value = value.get(step)
        return None if value == "" else value

    return reach if len(steps) > 1 else get


def text_of(value: Any) -> str | None:
    """A value as a person would write it: whole floats without `.0` (pandas writes ids so), times as ISO."""
    if value is None or type(value) is str:
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping | list):
        return encode(value).decode()
    return str(value)


# Conversions


def integer(value: Any) -> int:
    """A whole number."""
    if type(value) is int and -_MOST_INTEGER <= value < _MOST_INTEGER:
        return value
    return _integer_text(value) if type(value) is str else _integer(exact(value))


def _integer(found: Decimal) -> int:
    if found != found.to_integral_value() or abs(found) >= _MOST_INTEGER:
        raise ValueError("is not a whole number of 64 bits.")
    return int(found)


def number(value: Any) -> int | float:
    """A number, as JSON has it."""
    if type(value) is str:
        return _number_text(value)
    if type(value) is int or type(value) is float:
        if not math.isfinite(value):
            raise ValueError("is not a finite number.")
        return value
    return _number(exact(value))


def _number(found: Decimal) -> int | float:
    return int(found) if found == found.to_integral_value() and abs(found) < 2**53 else float(found)


def exact(value: Any) -> Decimal:
    """A number without rounding; a float counts as the shortest text that reads back to it."""
    if type(value) is str:
        return _exact_text(value)
    if type(value) is int:
        return Decimal(value)
    if type(value) is float:
        return _exact_text(repr(value))
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) <= 60:
        return value
    raise ValueError("is not a number.")


# Columns hold the same few texts again and again: remembering them is several times faster than reading them anew.


@lru_cache(maxsize=65536)
def _exact_text(text: str) -> Decimal:
    text = text.strip()
    if len(text) > 60 or not _NUMBER.fullmatch(text):
        raise ValueError("is not a number.")
    found = Decimal(text)
    if abs(found.adjusted()) > 60:
        raise ValueError("is out of bounds.")
    return found


@lru_cache(maxsize=65536)
def _integer_text(text: str) -> int:
    return _integer(_exact_text(text))


@lru_cache(maxsize=65536)
def _number_text(text: str) -> int | float:
    return _number(_exact_text(text))


def boolean(value: Any) -> bool:
    """Yes or no."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise ValueError("is neither true nor false.")


def json_value(value: Any) -> Any:
    """What a JSON text holds."""
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError("is not JSON.") from error


def money(value: Any) -> str:
    """An amount with four decimals, as the revenue column takes it."""
    try:
        amount = exact(value).quantize(MONEY)
    except InvalidOperation as error:
        raise ValueError("is too large an amount.") from error
    if abs(amount) >= _MOST_MONEY:
        raise ValueError("is too large an amount.")
    return str(amount)


def required_text(value: Any) -> str:
    """Text; whatever it was."""
    return text_of(value) or ""


_CONVERSIONS: Final[dict[str, tuple[Callable[[Any], Any], str]]] = {
    "text": (required_text, ""),
    "integer": (integer, "Write it in digits, without a fraction."),
    "number": (number, 'Write it as 1234.5 (or set decimal = ",").'),
    "boolean": (boolean, "Write true or false."),
    "json": (json_value, "Write one JSON value."),
}


def compile_value(field: str, value: Value, zone: ZoneInfo) -> Getter:
    """A getter of `value` over one record; it raises `Refused` naming `field` where a conversion fails."""
    if isinstance(value, str):
        return template(value)
    if not isinstance(value, Rule):
        return lambda _record: value
    if value.sum is not None:
        total = compile_sum(field, value)
        return lambda record: total((record,))
    get = _mapped(value)
    if value.format is not None:
        get = _timed(field, get, value, zone)
    elif value.kind is not None:
        get = _converted(field, get, value)
    if value.default is not None:
        get = _defaulted(get, value.default)
    return get if value.unless is None else _excepted(get, template(value.unless))


def _mapped(rule: Rule) -> Getter:
    if rule.source is None:
        return lambda _record: rule.const
    get, names = template(rule.source), rule.values
    if names is None:
        return get
    default = rule.default

    def look_up(record: Record) -> Any:
        found = get(record)
        key = found if type(found) is str else text_of(found)
        if key is None:
            return None
        return names.get(key, found if default is None else default)

    return look_up


def _converted(field: str, get: Getter, rule: Rule) -> Getter:
    convert, remedy = _CONVERSIONS[rule.kind or "text"]
    comma = rule.decimal == ","

    def converted(record: Record) -> Any:
        value = get(record)
        if value is None:
            return None
        if comma and isinstance(value, str):
            value = value.replace(".", "").replace(",", ".")
        try:
            return convert(value)
        except ValueError as error:
            raise Refused(field, value, str(error), remedy) from None

    return converted


def _timed(field: str, get: Getter, rule: Rule, zone: ZoneInfo) -> Getter:
    parse = clock(rule.format or "auto", ZoneInfo(rule.timezone) if rule.timezone else zone)

    def timed(record: Record) -> str | None:
        value = get(record)
        if value is None:
            return None
        try:
            return datetime.fromtimestamp(parse(value) / 1000, UTC).isoformat().replace("+00:00", "Z")
        except ValueError as error:
            raise Refused(field, value, str(error), TIME_REMEDY) from None

    return timed


def _defaulted(get: Getter, default: Any) -> Getter:
    def defaulted(record: Record) -> Any:
        value = get(record)
        return default if value is None else value

    return defaulted


def _excepted(get: Getter, unless: Getter) -> Getter:
    return lambda record: get(record) if unless(record) is None else None


def compile_sum(field: str, rule: Rule) -> GroupGetter:
    """The exact sum, over lines, of the product of the rule's templates; a line that lacks a factor adds nothing."""
    factors = [template(text) for text in rule.sum or ()]

    def product(line: Record) -> Decimal | None:
        out = None
        for factor in factors:
            value = factor(line)
            if value is None:
                return None
            try:
                out = exact(value) if out is None else out * exact(value)
            except ValueError as error:
                raise Refused(field, value, str(error), "Only numbers can be added up.") from None
        return out

    return lambda lines: sum((found for line in lines if (found := product(line)) is not None), Decimal(0))


# Times

TIME_REMEDY: Final = (
    "Write it like 2026-11-20T10:00:00Z, or give its `format` in a mapping: a pattern like %d.%m.%Y, "
    "or seconds, milliseconds, microseconds, nanoseconds."
)
_EPOCH: Final = datetime(1970, 1, 1)
_SECOND: Final = timedelta(seconds=1)
_UNITS: Final = {"seconds": 1000.0, "milliseconds": 1.0, "microseconds": 1e-3, "nanoseconds": 1e-6}


def clock(pattern: str, zone: ZoneInfo) -> Callable[[Any], int]:
    """A parser of times to milliseconds UTC. Times without an offset are those of `zone`'s clocks.

    Where clocks are turned back, an hour that comes twice is taken as the first; where they are turned ahead, a
    time that never was is read with the offset before the change.
    """
    unit = _UNITS.get(pattern)

    @lru_cache(maxsize=65536)
    def parse_text(text: str) -> int:
        if unit is not None:
            return _from_unit(float(exact(text)), unit)
        try:
            moment = datetime.fromisoformat(text.strip()) if pattern == "auto" else datetime.strptime(text, pattern)
        except ValueError:
            if pattern == "auto" and _NUMBER.fullmatch(text.strip()):
                return _from_number(float(text))
            raise ValueError(f"is not a time{'' if pattern == 'auto' else f' like {pattern}'}.") from None
        return to_ms(moment, zone)

    def parse(value: Any) -> int:
        if isinstance(value, str):
            return parse_text(value)
        if isinstance(value, datetime):
            return to_ms(value, zone)
        if isinstance(value, date):
            return to_ms(datetime(value.year, value.month, value.day), zone)
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            return _from_unit(float(value), unit) if unit is not None else _from_number(float(value))
        raise ValueError("is not a time.")

    return parse


def to_ms(moment: datetime, zone: ZoneInfo) -> int:
    """Milliseconds UTC of a moment; one without an offset is on `zone`'s clocks."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    offset = moment.utcoffset() or timedelta(0)
    return round((moment.replace(tzinfo=None) - offset - _EPOCH) / _SECOND * 1000)


def _from_unit(value: float, unit: float) -> int:
    ms = value * unit
    if not math.isfinite(ms) or abs(ms) > 2.6e14:
        raise ValueError("is not a time between the years 1 and 9999.")
    return round(ms)


def _from_number(value: float) -> int:
    """Seconds, milliseconds, microseconds or nanoseconds, by size: all are read as between 1973 and 5138."""
    size = abs(value)
    if size < 1e11:
        return _from_unit(value, 1000.0)
    return _from_unit(value, 1.0 if size < 1e14 else 1e-3 if size < 1e17 else 1e-6)


# Conditions

_CONDITION: Final = re.compile(r"\s*(\{[^{}]+\})\s*(=|!=|>=|<=|>|<|starts with|exists|missing)(?:\s+(.*?))?\s*")
_COMPARE: Final[dict[str, Callable[[Decimal, Decimal], bool]]] = {
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
}


def condition(text: str) -> Callable[[Record], bool]:
    """A test of one record: `{quantity} > 0`, `{status} = paid`, `{id} starts with C`, `{customer} exists`."""
    match = _CONDITION.fullmatch(text)
    if match is None or (match[3] is None) != (match[2] in ("exists", "missing")):
        rule = "is no condition."
        raise Refused(
            "condition", text, rule, "Write {column} then =, !=, <, <=, >, >=, starts with, exists or missing."
        )
    get, sign, right = template(match[1]), match[2], match[3] or ""
    if sign in ("exists", "missing"):
        return lambda record: (get(record) is None) == (sign == "missing")
    if sign in _COMPARE:
        return _comparison(get, _COMPARE[sign], text, right)
    if sign == "starts with":
        return lambda record: (text_of(get(record)) or "").startswith(right)
    return lambda record: (text_of(get(record)) == right) == (sign == "=")


def _comparison(
    get: Getter, compare: Callable[[Decimal, Decimal], bool], text: str, right: str
) -> Callable[[Record], bool]:
    try:
        bound = exact(right)
    except ValueError:
        raise Refused(
            "condition", text, "compares with something that is not a number.", "Use = or != for text."
        ) from None

    def holds(record: Record) -> bool:
        value = get(record)
        if value is None:
            return False
        try:
            return compare(exact(value), bound)
        except ValueError as error:
            raise Refused("condition", value, str(error), f"The condition {text} needs numbers.") from None

    return holds
