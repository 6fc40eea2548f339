"""What a workspace is called and counts in: name, time zone, currency; changed in the console, kept in state."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from resa.kernel.errors import Refused
from resa.kernel.state import State, metadata

table: Final = sa.Table(
    "preferences",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),  # JSON
)

_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one workspace, with what holds until somebody changes them."""

    name: str = "Resa"
    timezone: str = "UTC"
    """IANA zone of days, ISO weeks and months."""
    currency: str = "EUR"
    """What money is summed in where a question names none and there are several; nothing is converted to it."""
    demo: bool = False
    as_of_original: str | None = None
    """Real last day of data whose dates were shifted to end yesterday (the demonstration's); None: not shifted."""


def load(tx: sa.Connection) -> Preferences:
    """The preferences now."""
    kept = {name: msgspec.json.decode(value) for name, value in tx.execute(sa.select(table.c.name, table.c.value))}
    return msgspec.convert(kept, Preferences)


def currency_said(tx: sa.Connection) -> str | None:
    """The currency somebody has chosen; None while nobody has."""
    kept = tx.execute(sa.select(table.c.value).where(table.c.name == "currency")).scalar()
    return None if kept is None else msgspec.json.decode(kept, type=str)


def zone(state: State) -> zoneinfo.ZoneInfo:
    """The time zone of days, weeks and months now."""
    with state.read() as tx:
        return zoneinfo.ZoneInfo(load(tx).timezone)


def change(state: State, tx: sa.Connection, values: Mapping[str, Any]) -> Preferences:
    """Set `values` (field -> value) after checking each; answers the preferences that hold then. Raises `Refused`."""
    state.upsert(tx, table, _rows(values), key=["name"])
    return load(tx)


def seed(state: State, tx: sa.Connection, values: Mapping[str, Any]) -> None:
    """Set `values` where nobody has set anything yet: the first choice of a new workspace. Raises `Refused`."""
    state.upsert(tx, table, _rows(values), key=["name"], update=[])


@cache
def zones() -> frozenset[str]:
    """The names of all IANA time zones known here."""
    return frozenset(zoneinfo.available_timezones())


def _rows(values: Mapping[str, Any]) -> list[dict[str, str]]:
    return [
        {"name": name, "value": msgspec.json.encode(_check(name, value)).decode()} for name, value in values.items()
    ]


def _check(name: str, value: Any) -> Any:
    if name == "name":
        return _name(value)
    if name == "timezone" and value not in zones():
        raise Refused("timezone", value, "is not an IANA time zone.", "Use a name such as Europe/Stockholm or UTC.")
    if name == "currency" and not _CURRENCY.fullmatch(value):
        raise Refused("currency", value, "is not an ISO 4217 code.", "Use three capital letters such as EUR or USD.")
    if name not in Preferences.__struct_fields__:
        raise Refused("name", name, "is no preference.", f"Use one of {', '.join(Preferences.__struct_fields__)}.")
    return value


def _name(value: str) -> str:
    value = value.strip()
    if not 1 <= len(value) <= 100 or _CONTROL.search(value):
        raise Refused("name", value, "must be 1 to 100 characters on one line.", "Use the name of your business.")
    return value
