"""A mapping told by flags of the command line instead of a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, get_args

from resa.collect.imports.mappings import EventRule, Group, Mapping, check
from resa.collect.imports.readers import Read
from resa.collect.imports.values import Kind, Rule, Value
from resa.kernel.errors import Refused

_COLUMNS: Final = ("time", "user_id", "anonymous_id", "group_id", "revenue", "order_id")
"""Flags that only a column makes sense for: its bare name will do."""


def mapping(told: dict[str, Any]) -> Mapping:
    """The mapping of `told` (flag -> value; None and empty: not told). Raises Refused."""
    if told.get("time") is None:
        raise Refused("--time", None, "is missing.", "Name the column with each event's time, or use --mapping.")
    scalars = ("type", "name", "user_id", "anonymous_id", "group_id", "channel", "revenue", "currency", "order_id")
    rule = EventRule(time=_time(told))
    for name in scalars:
        if told.get(name) is not None:
            setattr(rule, name, _column(told[name]) if name in _COLUMNS else told[name])
    rule.properties = dict(_named("--property", text) for text in told.get("property", ()))
    rule.traits = dict(_named("--trait", text) for text in told.get("trait", ()))
    lines = dict(_named("--line", text) for text in told.get("line", ()))
    if lines:
        rule.lines = {"products": lines}
    rule.rest = bool(told.get("rest")) or not (rule.properties or rule.traits or lines)
    by: Sequence[str] = told.get("group_by", ())
    group = Group(by=[name.strip("{}") for name in by]) if by else None
    if group is not None and isinstance(rule.revenue, str):
        rule.revenue = Rule(sum=[rule.revenue])
    read = Read(format=told.get("format"), delimiter=told.get("delimiter"), encoding=told.get("encoding"))
    return check(Mapping(event=[rule], name="flags", read=read, only=list(told.get("only", ())), group=group))


def _time(told: dict[str, Any]) -> Value:
    source = _column(told["time"])
    return source if told.get("time_format") is None else Rule(source=source, format=told["time_format"])


def _column(text: str) -> str:
    return text if "{" in text else f"{{{text}}}"


def _named(flag: str, text: str) -> tuple[str, Value]:
    """`name=template`, `name=template:number`, or a column's bare name."""
    name, given, template = text.partition("=")
    if not name:
        raise Refused(flag, text, "names nothing.", "Write name={column}, name={column}:number or a column's name.")
    if not given:
        return name, f"{{{name}}}"
    head, _, kind = template.rpartition(":")
    if head and kind in get_args(Kind):
        return name, Rule(source=head, kind=kind)  # type: ignore[arg-type]  # looked up in the very type
    return name, template
