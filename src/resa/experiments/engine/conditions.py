"""Conditions over attributes, compiled once to predicates: the MongoDB-like language of the GrowthBook payload.

A missing attribute is None. Values are compared as they are (`"8"` is not `8`, and `true` is not `1`); only the order operators
convert, as JavaScript does, and take a missing number as 0. What can't be understood (an unknown operator, a broken expression)
holds for nobody.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from resa.experiments.engine.versions import sortable
from resa.kernel.expressions import LONGEST_TEXT

Attributes = Mapping[str, Any]
Groups = Mapping[str, Collection[Any]]
Condition = Callable[[Attributes], bool]
Test = Callable[[Any], bool]


LOGICAL: Final = ("$and", "$or", "$nor")
"""What joins several conditions."""


def always(_attributes: Attributes) -> bool:
    """What an empty condition says."""
    return True


def compile(condition: object, groups: Groups) -> Condition:  # noqa: A001  # what it does, read as conditions.compile
    """The predicate of a condition. `groups` are the payload's saved groups, for `$inGroup`."""
    if not isinstance(condition, Mapping):
        return always
    return _all([_part(str(name), inner, groups) for name, inner in condition.items()])


def _part(name: str, inner: Any, groups: Groups) -> Condition:
    if name == "$or":
        return _any(_list(inner, groups))
    if name == "$nor":
        some = _any(_list(inner, groups))
        return lambda attributes: not some(attributes)
    if name == "$and":
        return _all(_list(inner, groups))
    if name == "$not":
        held = compile(inner, groups)
        return lambda attributes: not held(attributes)
    return _attribute(name, test(inner, groups), inner)


def _list(inner: Any, groups: Groups) -> list[Condition]:
    return [compile(each, groups) for each in inner] if isinstance(inner, list) else []


def _all(parts: list[Condition]) -> Condition:
    if not parts:
        return always
    if len(parts) == 1:
        return parts[0]
    if len(parts) == 2:
        first, second = parts
        return lambda attributes: first(attributes) and second(attributes)

    def every(attributes: Attributes) -> bool:
        for part in parts:  # noqa: SIM110  # a generator costs more than the parts do
            if not part(attributes):
                return False
        return True

    return every


def _any(parts: list[Condition]) -> Condition:
    if not parts:
        return always
    if len(parts) == 1:
        return parts[0]

    def some(attributes: Attributes) -> bool:
        for part in parts:  # noqa: SIM110  # a generator costs more than the parts do
            if part(attributes):
                return True
        return False

    return some


def _attribute(name: str, holds: Test, expected: Any) -> Condition:
    if "." in name:
        path = name.split(".")
        return lambda attributes: holds(_deep(attributes, path))
    if isinstance(expected, str):  # the commonest condition by far, without a call in between
        return lambda attributes: attributes.get(name) == expected
    return lambda attributes: holds(attributes.get(name))


def _deep(value: Any, path: list[str]) -> Any:
    for part in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value


def test(expected: Any, groups: Groups) -> Test:
    """The predicate of one value: an operator object, or a value to equal."""
    if _operators(expected):
        tests = [_operator(name, value, groups) for name, value in expected.items()]
        if len(tests) == 1:
            return tests[0]
        return lambda actual: all(each(actual) for each in tests)
    return _same(expected)


def _same(expected: Any) -> Test:
    """Equality that tells a truth value from a number, which Python's does not."""
    if expected is None or isinstance(expected, bool):
        return lambda actual: actual is expected
    if isinstance(expected, int | float):
        return lambda actual: bool(actual == expected) and actual is not True and actual is not False
    return lambda actual: bool(actual == expected)


def _operators(expected: Any) -> bool:
    return isinstance(expected, Mapping) and bool(expected) and all(str(key).startswith("$") for key in expected)


def _nobody(_actual: Any) -> bool:
    return False


def _operator(name: str, expected: Any, groups: Groups) -> Test:
    if make := _PLAIN.get(name):
        return make(expected)
    if name in _ORDERS:
        return _ordered(_ORDERS[name], expected)
    if name in _VERSIONS:
        compare, text = _VERSIONS[name], sortable(expected)
        return lambda actual: compare(sortable(actual), text)
    if name in ("$inGroup", "$notInGroup"):
        within = _within(list(groups.get(expected, ())) if isinstance(expected, str) else [])
        return within if name == "$inGroup" else lambda actual: not within(actual)
    if name == "$not":
        held = test(expected, groups)
        return lambda actual: not held(actual)
    if name == "$elemMatch":
        return _element(expected, groups)
    if name == "$size":
        sized = test(expected, groups)
        return lambda actual: isinstance(actual, list) and sized(len(actual))
    if name in ("$all", "$alli"):
        return _every(expected, groups, folded=name == "$alli")
    return _nobody


def _equal(expected: Any) -> Test:
    return _nobody if isinstance(expected, list | dict) else _same(expected)


def _unequal(expected: Any) -> Test:
    same = _equal(expected)
    return lambda actual: not same(actual)


def _in(expected: Any) -> Test:
    return _within(expected) if isinstance(expected, list) else _nobody


def _not_in(expected: Any) -> Test:
    if not isinstance(expected, list):
        return _nobody
    within = _within(expected)
    return lambda actual: not within(actual)


def _in_folded(expected: Any) -> Test:
    if not isinstance(expected, list):
        return _nobody
    within = _within([_fold(each) for each in expected])
    return lambda actual: within(_fold(actual))


def _not_in_folded(expected: Any) -> Test:
    if not isinstance(expected, list):
        return _nobody
    within = _in_folded(expected)
    return lambda actual: not within(actual)


def _exists(expected: Any) -> Test:
    return (lambda actual: actual is not None) if expected else (lambda actual: actual is None)


def _type(expected: Any) -> Test:
    return lambda actual: type_name(actual) == expected


def _matches(expected: Any, flags: int = 0) -> Test:
    try:
        search = re.compile(expected, flags).search
    except (re.error, TypeError, RecursionError, OverflowError):
        return _nobody
    return lambda actual: isinstance(actual, str) and search(actual[:LONGEST_TEXT]) is not None


def _matches_folded(expected: Any) -> Test:
    return _matches(expected, re.IGNORECASE)


def _fold(value: Any) -> Any:
    if isinstance(value, str):
        return value.lower()
    return [_fold(each) for each in value] if isinstance(value, list) else value


def _unmatched(expected: Any, flags: int = 0) -> Test:
    matches = _matches(expected, flags)
    return lambda actual: not matches(actual)


def _unmatched_folded(expected: Any) -> Test:
    return _unmatched(expected, re.IGNORECASE)


def _within(expected: list[Any]) -> Test:
    """Whether a value, or one of a list's values, is among the expected. Lists and objects are nobody's equal."""
    texts = frozenset(each for each in expected if isinstance(each, str))
    others = [_same(each) for each in expected if not isinstance(each, str | list | dict)]

    def within(actual: Any) -> bool:
        if type(actual) is str:
            return actual in texts
        if isinstance(actual, list):
            return any(each in texts if isinstance(each, str) else _one_of(others, each) for each in actual)
        return _one_of(others, actual)

    return within


def _one_of(tests: list[Test], actual: Any) -> bool:
    return any(holds(actual) for holds in tests)


def _ordered(compare: Callable[[Any, Any], bool], expected: Any) -> Test:
    if isinstance(expected, str):
        number = to_number(expected)

        def by_text(actual: Any) -> bool:
            return compare(actual, expected) if isinstance(actual, str) else compare(to_number(actual), number)

        return by_text
    number = to_number(expected)

    def by_number(actual: Any) -> bool:
        if type(actual) is int or type(actual) is float:
            return compare(actual, number)
        return compare(to_number(actual), number)

    return by_number


def to_number(value: Any) -> float:
    """`value` as JavaScript turns it into a number; NaN, which compares with nothing, where it can't."""
    if value is None:
        return 0
    if isinstance(value, int | float):
        return value
    if isinstance(value, str):
        try:
            return float(value.strip() or 0)
        except ValueError:
            return math.nan
    return math.nan


def _element(expected: Any, groups: Groups) -> Test:
    if _operators(expected):
        held = test(expected, groups)
        return lambda actual: isinstance(actual, list) and any(held(each) for each in actual)
    inner = compile(expected, groups)
    return lambda actual: (
        isinstance(actual, list) and any(inner(each if isinstance(each, Mapping) else {}) for each in actual)
    )


def _every(expected: Any, groups: Groups, *, folded: bool) -> Test:
    if not isinstance(expected, list):
        return _nobody
    tests = [test(_fold(each) if folded else each, groups) for each in expected]

    def every(actual: Any) -> bool:
        if not isinstance(actual, list):
            return False
        values = _fold(actual) if folded else actual
        return all(any(held(value) for value in values) for held in tests)

    return every


def type_name(value: Any) -> str:
    """The name `$type` knows a value by."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    if isinstance(value, list):
        return "array"
    return "object" if isinstance(value, Mapping) else "unknown"


_ORDERS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "$lt": operator.lt,
    "$lte": operator.le,
    "$gt": operator.gt,
    "$gte": operator.ge,
}
_VERSIONS: Final[dict[str, Callable[[str, str], bool]]] = {
    "$veq": operator.eq,
    "$vne": operator.ne,
    "$vlt": operator.lt,
    "$vlte": operator.le,
    "$vgt": operator.gt,
    "$vgte": operator.ge,
}
_PLAIN: Final[dict[str, Callable[[Any], Test]]] = {
    "$eq": _equal,
    "$ne": _unequal,
    "$in": _in,
    "$nin": _not_in,
    "$ini": _in_folded,
    "$nini": _not_in_folded,
    "$exists": _exists,
    "$type": _type,
    "$regex": _matches,
    "$regexi": _matches_folded,
    "$notRegex": _unmatched,
    "$notRegexi": _unmatched_folded,
}
OPERATORS: Final = frozenset(
    {*_PLAIN, *_ORDERS, *_VERSIONS} | {"$inGroup", "$notInGroup", "$not", "$elemMatch", "$size", "$all", "$alli"}
)
"""What a condition on one attribute may use."""
