"""A survey's place in somebody's budget: now, later, or never, so that a frequent survey does not starve a rare one.

Whoever asks only when there happens to be room loses to whoever asks more often: a survey after every order takes each
place the moment it is free, and the quarterly one finds none. So a survey that finds no room *queues*: it takes the first
moment that will be free, as a queued contact, which counts against everybody who asks after it. Each survey has at most one
place per person in that queue, first come, first served. That is round robin among the surveys that wait, which gives each
of them what it plans as long as that is less than an equal share, and the rest to those that want more (max-min fairness:
Nagle 1987, RFC 970; Demers, Keshav & Shenker 1989).

A place nobody would use is not taken: what can't be asked while the customer still remembers is dropped, and the ledger
says by which rule.
"""

from __future__ import annotations

from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from resa.kernel.contacts import Cap, Contact, Ledger, Policy, Reserved

MOST_LOOKS: Final = 8
"""Moments that are looked at for a later place: each may be taken by somebody's queued contact."""


class Wish(NamedTuple):
    """An asking that needs a place. `contact` is the one it has; `tries` how many it had before; `rest`: its own rhythm."""

    id: str
    identity: str
    survey: str
    kind: str
    until: int
    priority: int
    rest: str | None
    contact: str | None = None
    tries: int = 0
    zone: str | None = None


class Given(NamedTuple):
    """There is room now: the contact is in the ledger."""

    contact: str
    at: int
    tries: int


class Later(NamedTuple):
    """There is room at a later time, and it is taken."""

    contact: str
    at: int
    tries: int


class Never(NamedTuple):
    """There is no room as long as asking makes sense; why, in the ledger's words."""

    reason: str
    rule: str
    tries: int


Place = Given | Later | Never


def what(survey: str) -> str:
    """What the ledger calls contacts for a survey."""
    return f"survey:{survey}"


def take(
    tx: sa.Connection, ledger: Ledger, wish: Wish, now: int, policy: Policy, zone: ZoneInfo, *, made: bool
) -> Place:
    """A place for an asking, as early as there is room; one it had before is given back. `made`: it happens this moment."""
    if wish.contact is not None:
        ledger.release(tx, wish.contact)
    at, tries = now, wish.tries
    reason, rule = "cap", ""
    for _ in range(MOST_LOOKS):
        if at > wish.until:
            break
        contact = f"{wish.id}.{tries}"
        tries += 1
        answer = ledger.reserve(tx, _contact(wish, contact, at, made=made and at == now), policy, zone)
        if isinstance(answer, Reserved):
            return Given(contact, at, tries) if at == now else Later(contact, at, tries)
        reason, rule = answer.reason, answer.rule
        if answer.until is None:
            break
        at = max(answer.until, at + 1)
    return Never(reason, rule, tries)


def _contact(wish: Wish, contact: str, at: int, *, made: bool) -> Contact:
    return Contact(
        id=contact,
        identity=wish.identity,
        kind=wish.kind,
        what=what(wish.survey),
        at=at,
        priority=wish.priority,
        caps=(Cap(most=1, per=wish.rest),) if wish.rest is not None else (),
        zone=wish.zone,
        made=made,
    )
