"""What the records of a file mean: a mapping, from TOML, from flags, ready-made, or proposed for a file's columns."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Sequence
from fnmatch import fnmatch
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from resa.collect.imports.readers import Read
from resa.collect.imports.values import Record, Rule, Value, columns_of, condition, text_of
from resa.kernel.errors import Refused
from resa.kernel.events import CHANNELS, TYPES
from resa.kernel.preferences import zones

VERSION: Final = 1
"""Part of every mapping's hash: raise it when the same mapping comes to mean other events."""


class Group(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Several lines become one event, as the lines of an invoice do."""

    by: list[str]
    """Columns that are the same on all lines of a group."""
    window: int = 20_000
    """A group is complete when none of this many records since belonged to it."""


class EventRule(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """How one kind of event is made of a record (or of a group's lines; single values come from the first)."""

    time: Value
    when: list[str] = []
    """Conditions on the first line; the first event rule that holds is used."""
    type: Value = "track"
    name: Value | None = None
    user_id: Value | None = None
    anonymous_id: Value | None = None
    nobody: bool = False
    """Where a record names nobody, its event is that of a visitor of its own."""
    group_id: Value | None = None
    channel: Value = "other"
    revenue: Value | None = None
    currency: Value | None = None
    order_id: Value | None = None
    page_url: Value | None = None
    page_path: Value | None = None
    page_title: Value | None = None
    referrer: Value | None = None
    campaign_source: Value | None = None
    campaign_medium: Value | None = None
    campaign_name: Value | None = None
    device: Value | None = None
    os: Value | None = None
    browser: Value | None = None
    locale: Value | None = None
    properties: dict[str, Value] = {}
    traits: dict[str, Value] = {}
    """The properties of `identify` and `group`."""
    context: dict[str, Value] = {}
    lines: dict[str, dict[str, Value]] = {}
    """Property -> a list with one such object for each line."""
    spread: str | None = None
    """A template of an object whose members become properties."""
    rest: bool = False
    """Columns no template mentions become properties under their own names."""


SCALARS: Final = tuple(
    name
    for name in EventRule.__struct_fields__
    if name not in ("time", "when", "revenue", "nobody", "properties", "traits", "context", "lines", "spread", "rest")
)


class Mapping(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A whole mapping. `files` (patterns) and the columns it reads say for which files it is proposed."""

    event: list[EventRule]
    name: str = ""
    title: str = ""
    description: str = ""
    files: list[str] = []
    timezone: str | None = None
    """Of times without an offset; what is told at the import comes first, the workspace's last."""
    read: Read = msgspec.field(default_factory=Read)
    explode: str | None = None
    """A column that holds a list: each member becomes an event of its own."""
    only: list[str] = []
    """Conditions: other records are skipped."""
    group: Group | None = None

    def columns(self) -> set[str]:
        """Every column the mapping reads."""
        found = set(self.group.by) if self.group else set()
        if self.explode:
            found.add(self.explode)
        for text in (*self.only, *(text for rule in self.event for text in rule.when)):
            found |= columns_of(text)
        for rule in self.event:
            found |= _columns_of_event(rule)
        return found

    def hash(self, zone: ZoneInfo) -> str:
        """The same for mappings that make the same events, whatever they are called."""
        meaning = {
            key: value
            for key, value in msgspec.to_builtins(self).items()
            if key not in ("name", "title", "description", "files")
        }
        return hashlib.sha256(msgspec.json.encode([VERSION, zone.key, meaning], order="deterministic")).hexdigest()


def _columns_of_event(rule: EventRule) -> set[str]:
    found = columns_of(rule.spread)
    for name in ("time", "revenue", *SCALARS):
        found |= columns_of(getattr(rule, name))
    for values in (rule.properties, rule.traits, rule.context, *rule.lines.values()):
        for value in values.values():
            found |= columns_of(value)
    return found


# From text


def parse(text: str, where: str = "mapping") -> Mapping:
    """A mapping from TOML or JSON text. Raises `Refused` with the place of what is wrong."""
    try:
        body = msgspec.json.decode(text) if text.lstrip().startswith("{") else tomllib.loads(text)
        return check(msgspec.convert(_spread_every(body), Mapping))
    except (tomllib.TOMLDecodeError, msgspec.DecodeError) as error:
        raise Refused(where, text[:60], f"can't be read: {error}.", "docs/doors/files.md shows mappings.") from None
    except RecursionError:
        raise Refused(where, text[:60], "is nested too deeply.", "docs/doors/files.md shows mappings.") from None


def _spread_every(body: Any) -> Any:
    """What `[every]` says holds for each event that does not say otherwise; tables are joined."""
    if not isinstance(body, dict) or not isinstance(every := body.pop("every", {}), dict):
        return body
    for event in body.get("event", ()) if isinstance(body.get("event"), list) else ():
        for key, value in every.items():
            own = event.get(key)
            event[key] = (
                {**value, **own} if isinstance(value, dict) and isinstance(own, dict) else event.get(key, value)
            )
    return body


def check(mapping: Mapping) -> Mapping:
    """The mapping, if its parts fit together."""
    if not mapping.event:
        raise Refused("event", "", "is missing.", "Describe at least one [[event]].")
    for text in (*mapping.only, *(text for rule in mapping.event for text in rule.when)):
        condition(text)
    if mapping.timezone is not None:
        zone_of(mapping.timezone)
    for rule in mapping.event:
        _check_event(rule, grouped=mapping.group is not None)
    if mapping.group is not None and (
        mapping.explode or not mapping.group.by or not 1 <= mapping.group.window <= 1_000_000
    ):
        remedy = "Name columns in `by`, no `explode`, a window up to 1,000,000."
        raise Refused("group", ", ".join(mapping.group.by), "can't be formed so.", remedy)
    return mapping


def _check_event(rule: EventRule, *, grouped: bool) -> None:
    if isinstance(rule.type, str) and not columns_of(rule.type) and rule.type not in TYPES:
        raise Refused("type", rule.type, "is no type of event.", f"Use one of {', '.join(TYPES)}.")
    if rule.type == "track" and rule.name is None:
        raise Refused("name", "", "is missing.", 'A track event needs one, such as name = "Order Completed".')
    if isinstance(rule.channel, str) and not columns_of(rule.channel) and rule.channel not in CHANNELS:
        raise Refused("channel", rule.channel, "is no channel.", f"Use one of {', '.join(CHANNELS)}.")
    if rule.user_id is None and rule.anonymous_id is None and not rule.nobody:
        raise Refused("user_id", "", "is missing, and anonymous_id too.", 'Name a column: user_id = "{customer}".')
    if rule.lines and not grouped:
        raise Refused(
            "lines", ", ".join(rule.lines), "needs a group.", 'Add [group] with by = ["order number column"].'
        )
    for name, value in _values(rule):
        if isinstance(value, Rule):
            _check_rule(name, value)


def _values(rule: EventRule) -> Iterable[tuple[str, Value | None]]:
    yield from ((name, getattr(rule, name)) for name in ("time", "revenue", *SCALARS))
    for values in (rule.properties, rule.traits, rule.context, *rule.lines.values()):
        yield from values.items()


def _check_rule(name: str, rule: Rule) -> None:
    told = [rule.source is not None, rule.sum is not None, rule.const is not None]
    if sum(told) != 1:
        raise Refused(name, "", "needs exactly one of from, sum and const.", 'Write for instance { from = "{total}" }.')
    if rule.timezone is not None:
        zone_of(rule.timezone)


def zone_of(name: str) -> ZoneInfo:
    """A time zone by its IANA name."""
    if name not in zones():
        raise Refused("timezone", name, "is not an IANA time zone.", "Use a name such as Europe/Stockholm or UTC.")
    return ZoneInfo(name)


# Ready-made


@cache
def ready_made() -> dict[str, Mapping]:
    """The mappings that come with Resa, by name."""
    folder = resources.files("resa.collect.imports") / "mappings"
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".toml"))
    found = [parse((folder / name).read_text("utf-8"), name) for name in names]
    return {mapping.name: mapping for mapping in found}


def find(told: str) -> Mapping:
    """A mapping by the name of a ready-made one, as a TOML file's path is given by `load`, or as its text."""
    if told in ready_made():
        return ready_made()[told]
    if "=" in told or told.lstrip().startswith("{"):
        return parse(told)
    raise Refused("mapping", told, "is not known.", f"Use one of {', '.join(ready_made())}, or a TOML mapping.")


def load(told: str) -> Mapping:
    """The same for the command line, where a path of a TOML file is meant too."""
    path = Path(told)
    return parse(path.read_text("utf-8"), path.name) if path.suffix == ".toml" and path.is_file() else find(told)


def check_columns(mapping: Mapping, columns: Sequence[str] | None) -> None:
    """Refuse a mapping that reads columns the file hasn't got."""
    if columns is None or mapping.explode:
        return
    known = set(columns)
    missing = sorted(name for name in mapping.columns() if name not in known and name.split(".")[0] not in known)
    if missing:
        shown = ", ".join(missing)
        raise Refused("mapping", shown, f"reads {shown}: no such column.", f"The file has {', '.join(columns)}.")


# Proposed

_TIMES: Final = (
    "timestamp",
    "time",
    "datetime",
    "date",
    "created_at",
    "createdat",
    "occurred_at",
    "event_time",
    "ts",
    "at",
)
_CHANNELS: Final = ("channel",)
_USERS: Final = (
    "user_id",
    "userid",
    "customer_id",
    "customerid",
    "customer",
    "user",
    "client_id",
    "household_id",
    "member_id",
)
_ANONYMOUS: Final = ("anonymous_id", "anonymousid", "session_id", "sessionid", "session", "visitor_id", "device_id")
_NAMES: Final = ("event", "event_name", "event_type", "action", "name", "type")
_MONEY: Final = ("revenue", "total", "amount", "price", "sales_value", "value")
_ORDERS: Final = ("order_id", "orderid", "order", "invoice", "invoice_no", "invoiceno", "basket_id", "transaction_id")


def propose(file: str, columns: Sequence[str] | None, sample: Sequence[Record]) -> Mapping | None:
    """A ready-made mapping whose columns the file has, else one guessed from the columns' names; None: no idea."""
    names = list(columns) if columns is not None else list(dict.fromkeys(name for record in sample for name in record))
    known = set(names)
    fitting = [mapping for mapping in ready_made().values() if _fits(mapping, known)]
    named = [mapping for mapping in fitting if any(fnmatch(file.lower(), pattern) for pattern in mapping.files)]
    if named or fitting:
        return (named or fitting)[0]
    return _guess(names, sample)


def _fits(mapping: Mapping, known: set[str]) -> bool:
    wanted = {mapping.explode} if mapping.explode else {name.split(".")[0] for name in mapping.columns()}
    if mapping.explode:
        wanted |= {name for name in columns_of(mapping.event[0].anonymous_id)}
    return wanted <= known


def _guess(names: Sequence[str], sample: Sequence[Record]) -> Mapping | None:
    time, user, anonymous = _one(names, _TIMES), _one(names, _USERS), _one(names, _ANONYMOUS)
    if time is None or (user is None and anonymous is None):
        return None
    name, amount, order = _one(names, _NAMES), _one(names, _MONEY), _one(names, _ORDERS)
    rule = EventRule(
        time=f"{{{time}}}",
        name=f"{{{name}}}" if name else "Order Completed" if order else "Imported",
        user_id=f"{{{user}}}" if user else None,
        anonymous_id=f"{{{anonymous}}}" if anonymous else None,
        revenue=f"{{{amount}}}" if amount and order else None,
        order_id=f"{{{order}}}" if order else None,
    )
    if (channel := _one(names, _CHANNELS)) and _all_channels(channel, sample):
        rule.channel = f"{{{channel}}}"
    used = _columns_of_event(rule)
    rule.properties = {
        _snake(column): _typed(column, sample) for column in names if column not in used or column == amount
    }
    return Mapping(event=[rule], name="proposed", title="Proposed from the columns' names")


def _all_channels(column: str, sample: Sequence[Record]) -> bool:
    """Whether the column says Resa's own words of channels: any other is no channel, and would fail each of its records."""
    return bool(sample) and all(record.get(column) in CHANNELS for record in sample)


def _one(names: Sequence[str], wanted: Sequence[str]) -> str | None:
    by_snake = {_snake(name): name for name in reversed(names)}
    return next((by_snake[name] for name in wanted if name in by_snake), None)


def _snake(name: str) -> str:
    return re.sub(r"\W+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)).strip("_").lower() or "column"


def _typed(name: str, sample: Sequence[Record]) -> Value:
    """Text that looks like numbers in the whole sample is proposed as numbers; codes with leading zeros are not."""
    found = [text for record in sample if isinstance(value := record.get(name), str) and (text := text_of(value))]
    if found and all(re.fullmatch(r"-?(0|[1-9]\d{0,14})", text) for text in found):
        return Rule(source=f"{{{name}}}", kind="integer")
    if found and all(re.fullmatch(r"-?(0|[1-9]\d{0,14})(\.\d{1,10})?", text) for text in found):
        return Rule(source=f"{{{name}}}", kind="number")
    return f"{{{name}}}"
