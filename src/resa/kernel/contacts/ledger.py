"""The ledger itself: contacts and what was held back, per identity; a person is a profile as it is now.

A contact is kept under the text of its identity, for a visitor may be contacted before the first event of theirs has a
number. What counts for a person is read through the identities of their profile in the very statement that reserves,
so a merge makes one budget of two from its commit on, and its undo gives each their own contacts back. Where a user was proven on
some device, one that only claims to be them is bound by their budget and draws nothing from it.

Reserving is one conditional statement. Writers are serial: on SQLite anyway, on PostgreSQL by one lock per transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import sqlalchemy as sa

from resa.kernel.audiences.rules import milliseconds
from resa.kernel.contacts.policy import ADDRESSED, INTERRUPTING, KINDS, LONGEST_DAYS, Cap, Policy
from resa.kernel.errors import Refused
from resa.kernel.identities import identities
from resa.kernel.state import Prepared, State, metadata

Number: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")

contacts: Final = sa.Table(
    "contacts",
    metadata,
    sa.Column("id", sa.String(80), primary_key=True),
    sa.Column("identity", sa.Text, nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),  # reserved, made, released
    sa.Index("contacts_of_identity", "identity", "at"),
)

held_back: Final = sa.Table(
    "contacts_held_back",
    metadata,
    sa.Column("number", Number, primary_key=True),
    sa.Column("contact", sa.String(80), nullable=False),
    sa.Column("identity", sa.Text, nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("reason", sa.String(20), nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("until", sa.BigInteger),
    sa.Index("contacts_held_back_of_identity", "identity", "at"),
)

DAY: Final = 86_400_000
KEPT_MS: Final = (LONGEST_DAYS + 34) * DAY
"""How long contacts are kept: longer than any cap looks back."""
HELD_KEPT_MS: Final = 90 * DAY
MOST_SHOWN: Final = 500

_LOCK_KEY: Final = 0x72657363
_LOCK: Final = Prepared(f"SELECT pg_advisory_xact_lock({_LOCK_KEY})")

_MEMBERS: Final = """
WITH RECURSIVE
     person (own, number) AS (SELECT id, profile FROM identities WHERE key = {identity} AND profile >= 0),
     proven (id) AS (
       SELECT own FROM person
        UNION SELECT CASE l.a WHEN p.id THEN l.b ELSE l.a END FROM proven AS p CROSS JOIN links AS l
               WHERE (l.a = p.id OR l.b = p.id) AND l.verified AND l.state || '' = 'linked'),
     own (key) AS (SELECT {identity} UNION SELECT i.key FROM proven AS p CROSS JOIN identities AS i WHERE i.id = p.id),
     whole (id, key) AS (
       SELECT i.id, i.key FROM person CROSS JOIN identities AS i WHERE i.id = person.number
        UNION SELECT i.id, i.key FROM person CROSS JOIN identities AS i WHERE i.profile = person.number AND i.profile <> i.id),
     signing (key) AS (
       SELECT key FROM whole
        WHERE substr(key, 1, 5) = 'user:' AND EXISTS (
          SELECT 1 FROM links AS l WHERE (l.a = whole.id OR l.b = whole.id) AND l.verified AND l.kind = 'identify' AND l.state = 'linked')),
     ours (key) AS (SELECT key FROM own UNION SELECT key FROM whole WHERE NOT EXISTS (SELECT 1 FROM signing)),
     members (key) AS (
       SELECT key FROM own
        UNION SELECT key FROM whole WHERE NOT EXISTS (SELECT 1 FROM signing JOIN own ON own.key = signing.key))
"""
"""Whose contacts count (`members`), and whose queued ones may give way (`ours`).

Of a user who was proven on some device (`signing`): all that verified links join with them, and no device that only claims to be them.
Of anybody else the whole profile: a device that claims a proven user is bound by all they got, else it would have a new budget by
making up devices; and where no page signs its users in, a person is their profile, with one budget.

CROSS JOIN and `|| ''` keep SQLite from building an index over all links for one person's.
"""
_MEMBERS_SQLITE: Final = _MEMBERS.format(identity=":identity")
_MEMBERS_POSTGRES: Final = _MEMBERS.format(identity="cast(:identity AS text)")

_RESERVE: Final = Prepared(
    f"""{_MEMBERS_SQLITE}
INSERT INTO contacts (id, identity, kind, what, at, priority, state)
SELECT :id, :identity, :kind, :what, :at, :priority, :state
 WHERE NOT EXISTS (
   SELECT 1 FROM json_each(:caps) AS cap
    WHERE cap.value ->> 'most' <= (
      SELECT count(*) FROM members JOIN contacts AS c ON c.identity = members.key
       WHERE c.at > :at - (cap.value ->> 'per') AND c.at < :at + (cap.value ->> 'per') AND c.state <> 'released'
         AND c.what = coalesce(cap.value ->> 'what', c.what)
         AND c.kind IN (SELECT value FROM json_each(cap.value -> 'kinds'))))
ON CONFLICT (id) DO NOTHING
""",
    f"""{_MEMBERS_POSTGRES}
INSERT INTO contacts (id, identity, kind, what, at, priority, state)
SELECT cast(:id AS text), cast(:identity AS text), cast(:kind AS text), cast(:what AS text), cast(:at AS bigint),
       cast(:priority AS integer), cast(:state AS text)
 WHERE NOT EXISTS (
   SELECT 1 FROM jsonb_array_elements(cast(:caps AS jsonb)) AS cap (value)
    WHERE (cap.value ->> 'most')::integer <= (
      SELECT count(*) FROM members JOIN contacts AS c ON c.identity = members.key
       WHERE c.at > :at - (cap.value ->> 'per')::bigint AND c.at < :at + (cap.value ->> 'per')::bigint
         AND c.state <> 'released' AND c.what = coalesce(cap.value ->> 'what', c.what)
         AND jsonb_exists(cap.value -> 'kinds', c.kind)))
ON CONFLICT (id) DO NOTHING
""",
)
"""Cap by cap: what counts lies less than the period away, before or after (a message may be planned for tomorrow)."""

_NEAR_TEXT: Final = """
SELECT c.id, c.identity, c.kind, c.what, c.at, c.priority, c.state, members.key IN (SELECT key FROM ours)
  FROM members JOIN contacts AS c ON c.identity = members.key
 WHERE c.at > :since AND c.at < :until AND c.state <> 'released' ORDER BY c.at
"""
_NEAR: Final = Prepared(_MEMBERS_SQLITE + _NEAR_TEXT, _MEMBERS_POSTGRES + _NEAR_TEXT)

_CLAIMED_TEXT: Final = """
SELECT key FROM members WHERE substr(key, 1, 5) = 'user:' AND key NOT IN (SELECT key FROM own) ORDER BY key
"""
_CLAIMED: Final = Prepared(_MEMBERS_SQLITE + _CLAIMED_TEXT, _MEMBERS_POSTGRES + _CLAIMED_TEXT)

_KNOWN: Final = Prepared("SELECT state FROM contacts WHERE id = :id")

_HOLD: Final = Prepared(
    "INSERT INTO contacts_held_back (contact, identity, kind, what, at, reason, rule, until) "
    "VALUES (:id, :identity, :kind, :what, :at, :reason, :rule, :until)"
)


class Contact(NamedTuple):
    """Somebody is to be contacted. `id` is the caller's: the same one again answers the same and counts once.

    `identity` is `kind:value`; `what` says what for (`experience:welcome`); `caps` are limits on this very `what`,
    beside the policy's; `zone` is the customer's time zone if known; `made`: it happens now, else it is only queued.
    """

    id: str
    identity: str
    kind: str
    what: str
    at: int
    priority: int = 50
    caps: tuple[Cap, ...] = ()
    zone: str | None = None
    made: bool = True


class Reserved(NamedTuple):
    """The contact may be made; it counts from now on."""

    id: str


class Held(NamedTuple):
    """The contact is held back: `cap`, `own_cap`, `quiet_hours`, `displaced`, `released`; by which rule, until when (ms UTC)."""

    reason: str
    rule: str
    until: int | None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A contact that was made, is queued, or was held back (then with `reason`, `rule`, `until`)."""

    id: str
    identity: str
    kind: str
    what: str
    at: int
    state: str
    priority: int | None = None
    reason: str | None = None
    rule: str | None = None
    until: int | None = None


class _Near(NamedTuple):
    id: str
    identity: str
    kind: str
    what: str
    at: int
    priority: int
    state: str
    own: bool
    """Whether it is the asker's own: not of a proven person whom they merely claim to be."""


class Ledger:
    """The contacts of a workspace. Everything happens in the caller's transaction."""

    def __init__(self, state: State) -> None:
        """Over the tables of `state`."""
        self._state = state
        self._pruned = 0

    def reserve(self, tx: sa.Connection, contact: Contact, policy: Policy, zone: ZoneInfo) -> Reserved | Held:
        """Take a contact from the person's budget, or hold it back and write down why. `zone`: where theirs is not known.

        Where only queued contacts of lower priority stand in the way, the least important of them gives way; not those of whom the
        asker merely claims to be. What goes to an address is that of the user whom a device claims to be.
        """
        if contact.kind not in KINDS:
            raise Refused("kind", contact.kind, "is no kind of contact.", f"Use {', '.join(KINDS)}.")
        if not self._state.embedded:
            _LOCK.run(tx)
        if contact.kind in ADDRESSED:
            contact = contact._replace(identity=_addressee(tx, contact.identity))
        free = contact.priority >= policy.always_from
        if not free and (until := policy.quiet_until(contact.kind, contact.at, _zone(contact, policy, zone))):
            return self._known(tx, contact.id) or self._hold(tx, contact, Held("quiet_hours", "quiet hours", until))
        caps = [] if free else _limits(contact, policy)
        while not self._insert(tx, contact, caps):
            if known := self._known(tx, contact.id):
                return known
            if held := self._make_room(tx, contact, caps):
                return self._hold(tx, contact, held)
        return Reserved(contact.id)

    def confirm(self, tx: sa.Connection, contact: str) -> bool:
        """A queued contact happens now; False where it gave way meanwhile and must not be made."""
        c = contacts.c
        held = sa.update(contacts).where(c.id == contact, c.state != "released").values(state="made")
        return tx.execute(held).rowcount == 1

    def release(self, tx: sa.Connection, contact: str) -> bool:
        """A reserved contact is not made after all: it counts no more. What was made stays made."""
        c = contacts.c
        freed = sa.update(contacts).where(c.id == contact, c.state == "reserved").values(state="released")
        return tx.execute(freed).rowcount == 1

    def of(self, tx: sa.Connection, identities: Sequence[str], most: int = MOST_SHOWN) -> list[Entry]:
        """What these identities got and what was held back, newest first."""
        got = tx.execute(
            sa.select(contacts)
            .where(self._state.among(contacts.c.identity, identities))
            .order_by(contacts.c.at.desc(), contacts.c.id)
            .limit(most)
        )
        held = tx.execute(
            sa.select(held_back)
            .where(self._state.among(held_back.c.identity, identities))
            .order_by(held_back.c.at.desc(), held_back.c.number.desc())
            .limit(most)
        )
        found = [Entry(**row._mapping) for row in got]
        found += [
            Entry(
                id=row.contact,
                identity=row.identity,
                kind=row.kind,
                what=row.what,
                at=row.at,
                state="held_back",
                reason=row.reason,
                rule=row.rule,
                until=row.until,
            )
            for row in held
        ]
        return sorted(found, key=lambda entry: entry.at, reverse=True)[:most]

    def counts(self, tx: sa.Connection, since: int) -> list[tuple[str, str, str, int]]:
        """(kind, state or reason, what, number) of everything since a time."""
        c, h = contacts.c, held_back.c
        got = sa.select(c.kind, c.state, c.what, sa.func.count()).where(c.at >= since).group_by(c.kind, c.state, c.what)
        held = (
            sa.select(h.kind, h.reason, h.what, sa.func.count()).where(h.at >= since).group_by(h.kind, h.reason, h.what)
        )
        return sorted((row[0], row[1], row[2], row[3]) for query in (got, held) for row in tx.execute(query))

    def counted(
        self, tx: sa.Connection, kind: str, what: str, at: int, priority: int, own: tuple[Cap, ...], policy: Policy
    ) -> list[tuple[int, np.ndarray, np.ndarray]]:
        """(most, identities' numbers, contacts of each) of every cap that such a contact would meet: for everybody at once."""
        if priority >= policy.always_from:
            return []
        c, known = contacts.c, identities.c
        found = []
        for cap in _limits(Contact("", "", kind, what, at, priority, own), policy):
            query = (
                sa.select(known.id, sa.func.count())
                .join_from(contacts, identities, known.key == c.identity)
                .where(c.at > at - cap.per, c.at < at + cap.per, c.state != "released", c.kind.in_(cap.kinds))
                .where(c.what == cap.what if cap.what else sa.true())
                .group_by(known.id)
            )
            rows = np.array([tuple(row) for row in tx.execute(query)], np.int64).reshape(-1, 2)
            found.append((cap.most, rows[:, 0], rows[:, 1]))
        return found

    def forget_old(self, now: int) -> None:
        """Forget, once a day, what no cap looks back to any more."""
        if now // DAY == self._pruned:
            return
        with self._state.write() as tx:
            tx.execute(sa.delete(contacts).where(contacts.c.at < now - KEPT_MS))
            tx.execute(sa.delete(held_back).where(held_back.c.at < now - HELD_KEPT_MS))
        self._pruned = now // DAY

    def forget(self, tx: sa.Connection, identities: Iterable[str]) -> None:
        """Erase all that is kept of these identities."""
        gone = list(identities)
        for table in (contacts, held_back):
            tx.execute(sa.delete(table).where(self._state.among(table.c.identity, gone)))

    # -- inside ------------------------------------------------------------------------------------------------------

    def _insert(self, tx: sa.Connection, contact: Contact, caps: Sequence[_Limit]) -> bool:
        values = contact._asdict()
        del values["caps"], values["zone"], values["made"]
        state = "made" if contact.made else "reserved"
        return _RESERVE.run(tx, **values, state=state, caps=_said(caps)).rowcount == 1

    def _known(self, tx: sa.Connection, contact: str) -> Reserved | Held | None:
        """What became of this very contact before."""
        found = _KNOWN.run(tx, id=contact).fetchone()
        if found is None:
            return None
        return Held("released", "it gave way before", None) if found[0] == "released" else Reserved(contact)

    def _make_room(self, tx: sa.Connection, contact: Contact, caps: Sequence[_Limit]) -> Held | None:
        """Let one queued contact of lower priority give way; what is in the way where none can."""
        span = max(cap.per for cap in caps)
        rows = _NEAR.run(tx, identity=contact.identity, since=contact.at - span, until=contact.at + span).fetchall()
        near = [_Near(*row) for row in rows]
        for cap in caps:
            counted = [each for each in near if cap.counts(each, contact)]
            if len(counted) < cap.most:
                continue
            weaker = [
                each for each in counted if each.own and each.state == "reserved" and each.priority < contact.priority
            ]
            if not weaker:
                return Held("own_cap" if cap.what else "cap", cap.rule, cap.free_at(counted))
            self._displace(tx, min(weaker, key=lambda each: (each.priority, -each.at)), contact)
            return None
        raise RuntimeError(f"The contact {contact.id} was refused by no cap.")

    def _displace(self, tx: sa.Connection, weaker: _Near, stronger: Contact) -> None:
        self.release(tx, weaker.id)
        gone = Contact(weaker.id, weaker.identity, weaker.kind, weaker.what, stronger.at, weaker.priority)
        self._hold(tx, gone, Held("displaced", f"{stronger.what} goes first", None))

    def _hold(self, tx: sa.Connection, contact: Contact, held: Held) -> Held:
        values = {name: getattr(contact, name) for name in ("id", "identity", "kind", "what", "at")}
        _HOLD.run(tx, **values, **held._asdict())
        return held


class _Limit(NamedTuple):
    """A cap as the statement takes it."""

    kinds: tuple[str, ...]
    most: int
    per: int
    what: str | None
    rule: str

    def counts(self, near: _Near, contact: Contact) -> bool:
        """Whether a contact counts against another here."""
        return (
            near.kind in self.kinds
            and abs(near.at - contact.at) < self.per
            and (self.what is None or near.what == self.what)
        )

    def free_at(self, counted: Sequence[_Near]) -> int | None:
        """When there is room again, if nothing else comes."""
        if not self.most:
            return None
        return sorted(each.at for each in counted)[-self.most] + self.per


def _addressee(tx: sa.Connection, identity: str) -> str:
    """Who gets what goes to an address: the one user whom a device claims to be, if there is one."""
    found = _CLAIMED.run(tx, identity=identity).fetchall()
    return str(found[0][0]) if len(found) == 1 else identity


def _limits(contact: Contact, policy: Policy) -> list[_Limit]:
    general = [
        _Limit(tuple(cap.kinds or INTERRUPTING), cap.most, milliseconds(cap.per), None, str(cap))
        for cap in policy.caps
        if cap.covers(contact.kind)
    ]
    own = [
        _Limit(KINDS, cap.most, milliseconds(cap.per), contact.what, f"at most {cap.most} per {cap.per} of this")
        for cap in contact.caps
    ]
    return own + general


def _said(caps: Sequence[_Limit]) -> str:
    said: list[dict[str, Any]] = [
        {"kinds": cap.kinds, "most": cap.most, "per": cap.per, **({"what": cap.what} if cap.what else {})}
        for cap in caps
    ]
    return msgspec.json.encode(said).decode()


def _zone(contact: Contact, policy: Policy, workspace: ZoneInfo) -> ZoneInfo:
    """The customer's zone; what is no zone counts as not known."""
    for name in (contact.zone, policy.timezone):
        if name:
            try:
                return ZoneInfo(name)
            except (ValueError, OSError, KeyError):  # unknown names, and paths that are none
                continue
    return workspace
