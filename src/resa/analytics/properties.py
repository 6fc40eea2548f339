"""What events of a kind say: the names of their properties, and a few values of each, for choosing one."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final, Literal

import msgspec

from resa.kernel.matching import NUMBER_COLUMNS, TEXT_COLUMNS, Match, check_match, python
from resa.kernel.matching.sql import predicate
from resa.kernel.workspace import Workspace

SAMPLE: Final = 2_000
"""So many of the latest events are looked at."""
MOST_VALUES: Final = 20
MOST_NAMES: Final = 200
LONGEST: Final = 200

Kind = Literal["text", "number", "bool"]
Value = str | float | bool


class Property(msgspec.Struct, frozen=True):
    """A property or column, what it mostly is, and its most frequent values."""

    name: str
    kind: Kind
    values: list[Value]


class Properties(msgspec.Struct, frozen=True):
    """The properties of events of a kind, those said most often first."""

    items: list[Property]


def properties(workspace: Workspace, match: Match | None) -> Properties:
    """Of the latest events that meet a match, or of all."""
    if match is not None:
        check_match("match", match)
    columns = sorted(TEXT_COLUMNS | NUMBER_COLUMNS)
    where = "TRUE" if match is None else predicate(match, workspace.body.dialect)
    found = workspace.body.native(
        f"SELECT properties, {', '.join(columns)} FROM log WHERE code <> 0 AND {where} ORDER BY log.row DESC LIMIT {SAMPLE}"
    )
    said: dict[str, Counter[Value]] = {}
    for event in found.to_pylist():
        for name, value in {**python.properties(event), **{column: event[column] for column in columns}}.items():
            if isinstance(value := _plain(value), str | float | bool) and len(name) <= LONGEST:
                said.setdefault(name, Counter())[value] += 1
    ordered = sorted(said.items(), key=lambda item: (-item[1].total(), item[0]))
    return Properties([_property(name, values) for name, values in ordered[:MOST_NAMES]])


def _plain(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, str):
        return value[:LONGEST]
    return float(value) if isinstance(value, int | float) or hasattr(value, "as_tuple") else None


def _property(name: str, values: Counter[Value]) -> Property:
    kinds: Counter[Kind] = Counter()
    for value, times in values.items():
        kinds[_kind(value)] += times
    kind = kinds.most_common(1)[0][0]
    shown = sorted((v for v in values if _kind(v) == kind), key=lambda value: (-values[value], str(value)))
    return Property(name, kind, shown[:MOST_VALUES])


def _kind(value: Value) -> Kind:
    if isinstance(value, bool):
        return "bool"
    return "text" if isinstance(value, str) else "number"
