"""From records to events: filter, group or explode, then each unit becomes drafts or problems.

A unit is what becomes events together: one record, or the lines of one group. Units come in the same order on
every run over the same file, so "how many units are done" is all that a resumed import needs to know.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeGuard
from zoneinfo import ZoneInfo

import xxhash

from resa.collect.imports import values
from resa.collect.imports.mappings import SCALARS, EventRule, Mapping
from resa.collect.imports.readers import Broken, Numbered
from resa.collect.imports.values import Getter, GroupGetter, Record, Rule, Value
from resa.kernel.errors import Refused
from resa.kernel.events import CHANNELS, EMPTY, TYPES, Draft
from resa.kernel.times import iso

MOST_BYTES: Final = 1_000_000
"""Of one event's properties and context together."""
MOST_TEXT: Final = 2_000
_AHEAD_MS: Final = 3_600_000
_FAR: Final = 253_402_000_000_000  # the end of the year 9999


@dataclass(slots=True)
class Unit:
    """What becomes events together. `number` is that of its first record; `broken` says why it can't."""

    number: int
    lines: Sequence[Record]
    broken: Broken | None = None
    skipped: int = 0
    """Records left out by conditions since the unit before."""


@dataclass(slots=True)
class Problem:
    """A record that gave no event: which field, what was found, the rule, the remedy, and the event as far as it came."""

    number: int
    field: str
    value: str
    rule: str
    remedy: str
    payload: dict[str, Any]


# Units


def units(records: Iterable[Numbered], mapping: Mapping) -> Iterator[Unit]:
    """The units of a file, in an order that only the file and the mapping decide."""
    kept = _Filter(records, [values.condition(text) for text in mapping.only])
    if mapping.group is not None:
        yield from _grouped(kept, mapping.group.by, mapping.group.window)
        return
    for item in kept:
        if isinstance(item, Broken):
            yield Unit(item.number, (), item, kept.take_skipped())
        else:
            yield Unit(item[0], (item[1],), None, kept.take_skipped())
    if kept.skipped:
        yield Unit(0, (), None, kept.take_skipped())


class _Filter:
    """Records that meet all conditions; a condition that can't be told makes the record broken."""

    def __init__(self, records: Iterable[Numbered], conditions: Sequence[Callable[[Record], bool]]) -> None:
        self._records = records
        self._conditions = conditions
        self.skipped = 0

    def __iter__(self) -> Iterator[Numbered]:
        if not self._conditions:
            yield from self._records
            return
        for item in self._records:
            kept = item if isinstance(item, Broken) else self._judge(item)
            if kept is None:
                self.skipped += 1
            else:
                yield kept

    def _judge(self, item: tuple[int, Record]) -> Numbered | None:
        try:
            return item if all(holds(item[1]) for holds in self._conditions) else None
        except Refused as error:
            return Broken(item[0], _text(item[1]), str(error.details["rule"]), str(error.details["remedy"]))

    def take_skipped(self) -> int:
        """How many were left out since the last call."""
        skipped, self.skipped = self.skipped, 0
        return skipped


def _grouped(records: _Filter, by: Sequence[str], window: int) -> Iterator[Unit]:
    """Lines with the same key, until `window` records came without one; what comes later still is broken."""
    keys = [values.column(name) for name in by]
    open_groups: OrderedDict[tuple[Any, ...], tuple[Unit, list[Record], int]] = OrderedDict()
    closed: set[int] = set()

    def close() -> Unit:
        key, (unit, _lines, _last) = open_groups.popitem(last=False)
        closed.add(_digest(key))
        unit.skipped = records.take_skipped()
        return unit

    for item in records:
        if isinstance(item, Broken):
            yield Unit(item.number, (), item, records.take_skipped())
            continue
        number, record = item
        key = tuple([get(record) for get in keys])
        group = open_groups.get(key)
        if group is not None:
            group[1].append(record)
            open_groups[key] = (group[0], group[1], number)
            open_groups.move_to_end(key)
        elif any(part is None for part in key):
            broken = Broken(
                number, _text(record), f"has no {' and '.join(by)}.", "Only lines with a group's key can be grouped."
            )
            yield Unit(number, (), broken, records.take_skipped())
        elif closed and _digest(key) in closed:
            rule = f"belongs to a group that ended more than {window:,} records before."
            yield Unit(
                number,
                (),
                Broken(number, _text(record), rule, "Sort the file by the group's columns."),
                records.take_skipped(),
            )
        else:
            lines = [record]
            open_groups[key] = (Unit(number, lines), lines, number)
        while open_groups and next(iter(open_groups.values()))[2] < number - window:
            yield close()
    while open_groups:
        yield close()


def _digest(key: tuple[Any, ...]) -> int:
    return xxhash.xxh3_64_intdigest("\x1f".join(map(str, key)).encode("utf-8", "replace"))


def _text(record: Record) -> str:
    return values.encode(record)[:2000].decode("utf-8", "replace")


# Events


class Shaper:
    """Makes drafts of units, as a mapping says. Message ids come from `stem` and the record number alone."""

    def __init__(self, mapping: Mapping, zone: ZoneInfo, *, source: str, stem: str, received_at: int) -> None:
        """Compile the mapping; `zone` holds for times without an offset, `received_at` is now."""
        self._rules = [_EventShaper(rule, mapping, zone) for rule in mapping.event]
        self._explode = None if mapping.explode is None else values.column(mapping.explode)
        self._explode_name = mapping.explode or ""
        self._source = source
        self._stem = stem
        self.received_at = received_at

    def shape(self, unit: Unit) -> list[Draft | Problem]:
        """The events of a unit; a problem stands where one could not be made."""
        if unit.broken is not None:
            broken = unit.broken
            return [
                Problem(broken.number, "record", broken.text[:120], broken.rule, broken.remedy, {"record": broken.text})
            ]
        if not unit.lines:
            return []
        if self._explode is None:
            return [self._event(unit.number, f"{self._stem}-{unit.number}", unit.lines)]
        record = unit.lines[0]
        members = self._explode(record)
        if not isinstance(members, list):
            return [
                Problem(
                    unit.number,
                    self._explode_name,
                    _text(record)[:120],
                    "is not a list.",
                    "Its members become events.",
                    {"record": record},
                )
            ]
        return [
            self._event(
                unit.number,
                f"{self._stem}-{unit.number}.{i}",
                ({**record, **member} if isinstance(member, dict) else record,),
            )
            for i, member in enumerate(members)
        ]

    def _event(self, number: int, message_id: str, lines: Sequence[Record]) -> Draft | Problem:
        try:
            for rule in self._rules:
                if rule.holds(lines[0]):
                    return rule.draft(message_id, self._source, self.received_at, lines)
        except Refused as error:
            details = error.details
            shown = "" if details["value"] is None else str(details["value"])
            payload = self._partial(message_id, lines)
            return Problem(number, str(details["field"]), shown, str(details["rule"]), str(details["remedy"]), payload)
        rule_text, remedy = "meets the conditions of no event.", "Add an [[event]] without `when`, or filter by `only`."
        return Problem(number, "record", _text(lines[0])[:120], rule_text, remedy, self._partial(message_id, lines))

    def _partial(self, message_id: str, lines: Sequence[Record]) -> dict[str, Any]:
        """The event as the tracking API would take it, with what could be made of it: mend it there and re-drive it."""
        for rule in self._rules:
            try:
                holds = rule.holds(lines[0])
            except Refused:
                continue
            if holds:
                return {"messageId": message_id, **rule.partial(lines)}
        return {"messageId": message_id, "record": dict(lines[0])}


_Scalar = tuple[str, Getter]


class _EventShaper:
    """One compiled event rule."""

    def __init__(self, rule: EventRule, mapping: Mapping, zone: ZoneInfo) -> None:
        self._conditions = [values.condition(text) for text in rule.when]
        self._nobody = rule.nobody
        time = rule.time if isinstance(rule.time, Rule) else Rule(source=str(rule.time))
        own = ZoneInfo(time.timezone) if time.timezone else zone
        self._time_text = values.compile_value(
            "time", Rule(source=time.source, const=time.const, default=time.default), zone
        )
        self._time = values.clock(time.format or "auto", own)
        self._plus = values.template(time.plus) if time.plus else None
        self._revenue = _over_lines("revenue", rule.revenue, zone) if rule.revenue is not None else None
        told = {name: getattr(rule, name) for name in SCALARS}
        self._constants = {name: values.text_of(value) for name, value in told.items() if _is_constant(value)}
        self._scalars: list[_Scalar] = [
            (name, values.compile_value(name, value, zone))
            for name, value in told.items()
            if value is not None and not _is_constant(value)
        ]
        named = rule.properties | rule.traits
        self._sums = [(name, values.compile_sum(name, value)) for name, value in named.items() if _is_sum(value)]
        self._properties = [
            (name, values.compile_value(name, value, zone)) for name, value in named.items() if not _is_sum(value)
        ]
        self._context = [(name, values.compile_value(name, value, zone)) for name, value in rule.context.items()]
        self._lines = [
            (name, [(n, values.compile_value(n, v, zone)) for n, v in line.items()])
            for name, line in rule.lines.items()
        ]
        self._spread = values.template(rule.spread) if rule.spread else None
        self._rest = {name.split(".")[0] for name in mapping.columns()} if rule.rest else None

    def holds(self, record: Record) -> bool:
        """Whether this rule is for the record."""
        return all(test(record) for test in self._conditions)

    def draft(self, message_id: str, source: str, received_at: int, lines: Sequence[Record]) -> Draft:
        """The event. Raises `Refused` for what can't be one."""
        first = lines[0]
        fields: dict[str, Any] = dict(self._constants)
        for name, get in self._scalars:
            value = get(first)
            fields[name] = value if value is None or type(value) is str else values.text_of(value)
        fields["time"] = self.time(first, received_at)
        properties = self.properties(lines)
        if self._revenue is not None and (amount := self._revenue(lines)) is not None:
            fields["revenue"] = _money(amount)
            properties.setdefault("revenue", _plain(fields["revenue"]))
        for name in ("order_id", "currency"):
            if fields.get(name) is not None:
                properties.setdefault(name, fields[name])
        if self._nobody and not fields.get("user_id") and not fields.get("anonymous_id"):
            fields["anonymous_id"] = f"event-{message_id}"
        _check(fields)
        context = {name: found for name, get in self._context if (found := get(first)) is not None}
        return Draft(
            message_id=message_id,
            source=source,
            received_at=received_at,
            properties=_json("properties", properties),
            context=_json("context", context),
            **fields,
        )

    def time(self, record: Record, received_at: int) -> int:
        """Milliseconds UTC; from 1970 to an hour ahead."""
        value = self._time_text(record)
        if value is None:
            raise Refused("time", "", "is missing.", "Each event needs its time.")
        try:
            at = self._time(value)
            if self._plus is not None and (more := self._plus(record)) is not None:
                at += round(values.exact(more) * 1000)
        except (ValueError, OverflowError) as error:
            raise Refused("time", value, str(error), values.TIME_REMEDY) from None
        if at < 0 or at > received_at + _AHEAD_MS:
            raise Refused(
                "time", value, "is before 1970." if at < 0 else "lies in the future.", "Check its format and time zone."
            )
        return at

    def properties(self, lines: Sequence[Record]) -> dict[str, Any]:
        """Of the first line, with lists of all lines and sums over them."""
        first = lines[0]
        out: dict[str, Any] = {}
        if self._spread is not None and isinstance(found := self._spread(first), dict):
            out.update(found)
        if self._rest is not None:
            out.update(
                (name, value) for name, value in first.items() if name not in self._rest and value not in (None, "")
            )
        for name, get in self._properties:
            value = get(first)
            if value is not None:
                out[name] = value
        for name, total in self._sums:
            out[name] = total(lines)
        for name, getters in self._lines:
            out[name] = [{n: found for n, get in getters if (found := get(line)) is not None} for line in lines]
        return out

    def partial(self, lines: Sequence[Record]) -> dict[str, Any]:
        """What could be made, in the tracking API's words; what could not is there as it was found."""
        first = lines[0]
        out: dict[str, Any] = dict(self._constants)
        for field, get in self._scalars:
            out[field] = _leniently(get, first)
        timestamp: str | None
        try:
            timestamp = iso(self.time(first, _FAR))
        except Refused:
            timestamp = values.text_of(_leniently(self._time_text, first))
        kind, name = out.get("type", "track"), out.get("name")
        properties = _leniently(self.properties, lines) or {"record": dict(first)}
        for key in ("order_id", "currency"):
            if out.get(key) is not None:
                properties.setdefault(key, out[key])
        body = {
            "type": kind,
            "event" if kind == "track" else "name": name,
            "userId": out.get("user_id"),
            "anonymousId": out.get("anonymous_id"),
            "timestamp": timestamp,
            "traits" if kind in ("identify", "group") else "properties": properties,
        }
        return {key: value for key, value in body.items() if value is not None}


def _leniently(get: Callable[[Any], Any], record: Any) -> Any:
    try:
        return get(record)
    except Refused as error:
        return error.details["value"]


def _over_lines(field: str, value: Value | None, zone: ZoneInfo) -> GroupGetter:
    if _is_sum(value):
        return values.compile_sum(field, value)
    get = values.compile_value(field, "" if value is None else value, zone)
    return lambda lines: get(lines[0])


def _is_sum(value: Value | None) -> TypeGuard[Rule]:
    return isinstance(value, Rule) and value.sum is not None


def _is_constant(value: Value | None) -> bool:
    return value is not None and not isinstance(value, Rule) and not values.columns_of(value)


def _money(amount: Any) -> str:
    try:
        return values.money(amount)
    except ValueError as error:
        raise Refused("revenue", amount, str(error), "Write it as 1234.56.") from None


def _plain(amount: str) -> int | float:
    """Money as JSON people write it: 12.5, not 12.5000."""
    return values.number(amount)


def _check(fields: dict[str, Any]) -> None:
    if fields.get("type") not in TYPES:
        raise Refused("type", fields.get("type"), "is no type of event.", f"Use one of {', '.join(TYPES)}.")
    if fields.get("name") is None:
        if fields["type"] == "track":
            raise Refused("name", "", "is missing.", "A track event needs a name.")
        fields["name"] = ""
    if fields.get("user_id") is None and fields.get("anonymous_id") is None:
        raise Refused("user_id", "", "is missing, and anonymous_id too.", "An event needs one of them.")
    if fields.get("channel", "other") not in CHANNELS:
        raise Refused(
            "channel", fields["channel"], "is no channel.", f"Use one of {', '.join(CHANNELS)}, or a value map."
        )
    for name, value in fields.items():
        if type(value) is str and not (len(value) <= MOST_TEXT and value.isprintable()):
            rule = (
                f"is longer than {MOST_TEXT:,} characters." if len(value) > MOST_TEXT else "holds control characters."
            )
            raise Refused(name, value, rule, "Shorten or clean it.")


def _json(field: str, found: dict[str, Any]) -> str:
    if not found:
        return EMPTY
    try:
        text = values.encode(found)
    except (TypeError, ValueError, RecursionError, UnicodeEncodeError) as error:
        raise Refused(field, "", f"can't be written as JSON: {error}.", "Leave such values out.") from None
    if len(text) > MOST_BYTES:
        raise Refused(
            field,
            f"{len(text):,} bytes",
            "is over the limit of 1,000,000 bytes an event.",
            "Split it, or leave columns out.",
        )
    return text.decode()
