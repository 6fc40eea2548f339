"""Audiences within conditions: `{"$audience": "loyal"}` wherever a condition may stand, below `$and`, `$or`, `$nor` and `$not` too.

Only definitions speak so. Payloads say it by an opaque id over the attribute `$segments`, which every client understands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from resa.experiments.engine.conditions import LOGICAL

AUDIENCE: Final = "$audience"
SEGMENTS: Final = "$segments"
"""The attribute that holds the audiences of whoever asks."""


class Named(NamedTuple):
    """An audience that a condition names, where, and whether it wants somebody outside of it."""

    key: str
    path: str
    outside: bool


def named(condition: object, path: str = "", *, outside: bool = False) -> Iterator[Named]:
    """The audiences of a condition that stands at `path`."""
    if not isinstance(condition, dict):
        return
    for name, inner in condition.items():
        at = f"{path}.{name}"
        if name == AUDIENCE:
            yield Named(str(inner), at, outside)
        elif name == "$not":
            yield from named(inner, at, outside=not outside)
        elif name in LOGICAL and isinstance(inner, list):
            for place, each in enumerate(inner):
                yield from named(each, f"{at}[{place}]", outside=outside != (name == "$nor"))


def keys(condition: object) -> list[str]:
    """The audiences a condition names, each once."""
    return list(dict.fromkeys(each.key for each in named(condition)))


def spelled(condition: dict[str, Any], opaque: Callable[[str], str]) -> dict[str, Any]:
    """The condition as a payload says it: the very same where it names no audience."""
    if not keys(condition):
        return condition
    parts = [_part(name, inner, opaque) for name, inner in condition.items()]
    return parts[0] if len(parts) == 1 else {"$and": parts}


def _part(name: str, inner: Any, opaque: Callable[[str], str]) -> dict[str, Any]:
    if name == AUDIENCE:
        return {SEGMENTS: {"$elemMatch": {"$eq": opaque(inner)}}}
    if name == "$not":
        return {name: spelled(inner, opaque)}
    if name in LOGICAL:
        return {name: [spelled(each, opaque) for each in inner]}
    return {name: inner}
