"""Guessing passwords is slowed: per account and address, per address, and per account from everywhere."""

from __future__ import annotations

import ipaddress
from typing import Final

import sqlalchemy as sa

from resa.access import tokens
from resa.access.tables import login_attempts as attempts
from resa.kernel.errors import ResaError
from resa.kernel.state import State

WINDOW: Final = 15 * 60_000
PER_ACCOUNT_AND_ADDRESS: Final = 8
PER_ADDRESS: Final = 40
PER_ACCOUNT: Final = 100
"""High, so that a stranger elsewhere can't easily lock the owner out; still far too few to guess ten characters."""


class TooManyAttempts(ResaError):
    """Come back later."""

    status = 429
    code = "too_many_attempts"


def begin(state: State, account: str, address: str, now: int) -> None:
    """Count an attempt as failed before looking at it: parallel guesses don't slip through. Raises `TooManyAttempts`."""
    account, address = tokens.digest(account), network(address)
    here = sa.and_(attempts.c.account == account, attempts.c.address == address)
    with state.write() as tx:
        if not state.embedded:  # SQLite has one writer anyway
            tx.execute(sa.text("LOCK TABLE login_attempts IN EXCLUSIVE MODE"))
        tx.execute(attempts.delete().where(attempts.c.at <= now - WINDOW))
        for limit, which in (
            (PER_ACCOUNT_AND_ADDRESS, here),
            (PER_ADDRESS, attempts.c.address == address),
            (PER_ACCOUNT, attempts.c.account == account),
        ):
            _admit(tx, limit, which, now)
        tx.execute(attempts.insert().values(at=now, account=account, address=address))


def succeeded(tx: sa.Connection, account: str, address: str) -> None:
    """Whoever knew the password is forgiven the slips before it."""
    tx.execute(
        attempts.delete().where(attempts.c.account == tokens.digest(account), attempts.c.address == network(address))
    )


def network(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 that a household or server has of IPv6."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if ip.version == 4:
        return address
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return str(ipaddress.ip_network((ip, 64), strict=False))


def _admit(tx: sa.Connection, limit: int, which: sa.ColumnElement[bool], now: int) -> None:
    query = sa.select(attempts.c.at).where(which).order_by(attempts.c.at.desc()).limit(limit)
    recent = tx.scalars(query).all()
    if len(recent) >= limit:
        wait = max(1, (recent[-1] + WINDOW - now) // 1000 + 1)
        raise TooManyAttempts(
            "Too many attempts to log in.",
            remedy=f"Wait {-(-wait // 60)} minutes, or ask an owner for a new invitation.",
            retry_after=wait,
        )
