"""Addresses that get no more mail: because it does not arrive, because somebody complained, or because a person said so."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

import sqlalchemy as sa

from resa.kernel.errors import NotFound, Refused
from resa.kernel.state import State, metadata

table: Final = sa.Table(
    "email_suppressions",
    metadata,
    sa.Column("address", sa.String(320), primary_key=True),
    sa.Column("reason", sa.String(20), nullable=False),  # bounced, complained, by_hand
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
)

MOST_DETAIL: Final = 400
_MAILBOX: Final = re.compile(r"""[^\s@<>(),;:"\[\]\\]+@(?![.-])[^\s@<>(),;:"\[\]\\]+""")


class Suppressed(NamedTuple):
    """An address, why and since when (ms UTC) nothing is sent there, and who said so."""

    address: str
    reason: str
    detail: str
    at: int
    by: str


def normal(address: str) -> str:
    """An address as it is compared: servers differ about case in the local part, people don't."""
    return address.strip().lower()


def find(tx: sa.Connection, address: str) -> Suppressed | None:
    """The entry of an address, if there is one."""
    row = tx.execute(sa.select(table).where(table.c.address == normal(address))).first()
    return None if row is None else Suppressed(*row)


def add(state: State, tx: sa.Connection, entry: Suppressed) -> None:
    """Send nothing there any more; the first reason stays."""
    values = entry._replace(address=normal(entry.address), detail=entry.detail[:MOST_DETAIL])._asdict()
    state.upsert(tx, table, [values], key=["address"], update=[])


def among(tx: sa.Connection) -> list[str]:
    """All of them."""
    return list(tx.execute(sa.select(table.c.address)).scalars())


def remove(tx: sa.Connection, address: str) -> None:
    """Send there again."""
    if tx.execute(sa.delete(table).where(table.c.address == normal(address))).rowcount == 0:
        raise NotFound("suppressed address", address)


def page(tx: sa.Connection, *, search: str, after: str | None, limit: int) -> list[Suppressed]:
    """Addresses in order, those with `search` in them, after the last one seen."""
    query = sa.select(table).order_by(table.c.address).limit(limit)
    if search:
        query = query.where(table.c.address.contains(normal(search), autoescape=True))
    if after is not None:
        query = query.where(table.c.address > after)
    return [Suppressed(*row) for row in tx.execute(query)]


def count(tx: sa.Connection) -> int:
    """How many there are."""
    return int(tx.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def is_address(text: str) -> bool:
    """Whether mail can be sent there: one mailbox, no name, no list, no break."""
    return _MAILBOX.fullmatch(text) is not None and len(text) <= 254 and text.isprintable() and ".." not in text


def address_rule(field: str, address: str) -> str:
    """`address` if mail can be sent there. Raises Refused."""
    if not is_address(address):
        raise Refused(field, address, "is no e-mail address.", "Write one mailbox, such as ada@shop.example.")
    return address
