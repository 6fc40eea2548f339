"""Stocks of single-use codes: each goes to one person, who keeps getting the same one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import sqlalchemy as sa

from resa.kernel.errors import Refused
from resa.kernel.identities import identities
from resa.kernel.state import State, metadata

codes: Final = sa.Table(
    "offer_codes",
    metadata,
    sa.Column("offer", sa.String(64), primary_key=True),
    sa.Column("code", sa.String(80), primary_key=True),
    sa.Column("identity", sa.Text),
    sa.Column("at", sa.BigInteger),
    sa.Index("offer_codes_of_identity", "identity"),
)

MOST: Final = 10_000
LONGEST: Final = 80


class Stock(NamedTuple):
    """How many codes an offer has, and how many of them are given out."""

    codes: int
    given: int


def add(state: State, tx: sa.Connection, offer: str, new: Sequence[str]) -> Stock:
    """Put codes into the stock; those that are there stay as they are. Raises Refused."""
    if not 1 <= len(new) <= MOST:
        raise Refused("codes", len(new), f"1 to {MOST:,} codes at a time.", "Send them in parts.")
    for place, code in enumerate(new):
        if not 1 <= len(code) <= LONGEST or not code.isprintable():
            rule = f"a code has 1 to {LONGEST} printable characters."
            raise Refused(f"codes[{place}]", code, rule, "Mend it, or leave it out.")
    rows = [{"offer": offer, "code": code, "identity": None, "at": None} for code in dict.fromkeys(new)]
    state.upsert(tx, codes, rows, key=["offer", "code"], update=[])
    return stock(tx, offer)


def stock(tx: sa.Connection, offer: str) -> Stock:
    """What there is."""
    c = codes.c
    row = tx.execute(sa.select(sa.func.count(), sa.func.count(c.identity)).where(c.offer == offer)).one()
    return Stock(int(row[0]), int(row[1]))


def give(tx: sa.Connection, offer: str, identity: str, at: int) -> str | None:
    """The person's code: the one they have, or one from the stock; None where none is left. Call it in a writer's transaction."""
    c = codes.c
    had = tx.execute(
        sa.select(c.code).where(c.offer == offer, c.identity.in_(_members(identity))).order_by(c.at, c.code).limit(1)
    ).scalar()
    if had is not None:
        return str(had)
    # Somebody else may take the same one meanwhile (on PostgreSQL): then the next is tried.
    while (free := tx.execute(_free(offer)).scalar()) is not None:
        taken = (
            sa.update(codes)
            .where(c.offer == offer, c.code == free, c.identity.is_(None))
            .values(identity=identity, at=at)
        )
        if tx.execute(taken).rowcount == 1:
            return str(free)
    return None


def _free(offer: str) -> sa.Select[tuple[str]]:
    c = codes.c
    return sa.select(c.code).where(c.offer == offer, c.identity.is_(None)).order_by(c.code).limit(1)


def _members(identity: str) -> sa.Select[tuple[str]]:
    """The texts of all identities of the same person."""
    me, other = identities.alias("me"), identities.alias("other")
    same = (
        sa.select(other.c.key).join(me, me.c.profile == other.c.profile).where(me.c.key == identity, me.c.profile >= 0)
    )
    return sa.select(sa.literal(identity)).union(same).subquery().select()
