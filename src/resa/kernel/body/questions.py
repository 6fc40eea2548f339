"""The unbound table `log` that set questions are written over in Ibis; an engine compiles them to its own SQL."""

from __future__ import annotations

from functools import cache, reduce
from typing import TYPE_CHECKING

from resa.kernel.calendar import DAY, Offset
from resa.kernel.events import SCHEMA

if TYPE_CHECKING:
    import ibis.expr.types as ir

_KINDS = {"uint32": "int64", "uint16": "int64", "bool": "boolean", "decimal128(18, 4)": "decimal(18, 4)"}


@cache
def log() -> ir.Table:
    """Every event with its promoted columns and `profile`, the number of the profile now."""
    import ibis  # noqa: PLC0415  # half a second: a server starts without it

    columns = {field.name: _KINDS.get(str(field.type), str(field.type)) for field in SCHEMA}
    return ibis.table({**columns, "profile": "int64"}, name="log")


def day_number(time: ir.IntegerValue, changes: list[Offset]) -> ir.IntegerValue:
    """Days since 1970 in local time, for a zone with these offsets in the period asked about."""
    shift = reduce(
        lambda so_far, change: (time >= change.start).ifelse(change.offset, so_far),
        changes[1:],
        _constant(changes[0].offset),
    )
    return ((time + shift) / DAY).floor().cast("int64")


def _constant(value: int) -> ir.IntegerValue:
    import ibis  # noqa: PLC0415

    return ibis.literal(value, "int64")
