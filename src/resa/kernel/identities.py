"""Who is the same customer: identifiers, the links between them, and the profile each belongs to.

Links are facts; an unlink is a fact too. A profile is a connected set of identities over the links in force,
numbered by its oldest (smallest) identity. Nothing is rewritten for a merge but the column `profile` of the
identities that moved, so an undo restores exactly what was (DECISIONS 1-4).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
import sqlalchemy as sa

from resa.kernel.errors import Conflict, NotFound
from resa.kernel.identity_map import IdentityMap
from resa.kernel.state import Prepared, State, metadata

_MOVED: Final = sa.text("profile <> id")

identities: Final = sa.Table(
    "identities",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("profile", sa.BigInteger, nullable=False),  # -1: erased
)

# Most identities are a profile of their own: those need no place in the index.
sa.Index("identities_moved", identities.c.profile, sqlite_where=_MOVED, postgresql_where=_MOVED)

links: Final = sa.Table(
    "links",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("a", sa.BigInteger, nullable=False, index=True),
    sa.Column("b", sa.BigInteger, nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),  # identify, alias, merge
    sa.Column(
        "by_hand", sa.Boolean, nullable=False
    ),  # a merge by a person stands beside what events say of the same two
    sa.Column("state", sa.Text, nullable=False),  # linked, cut (undone by a person), refused (protection)
    sa.Column("verified", sa.Boolean, nullable=False),
    sa.Column("row", sa.BigInteger),  # of the event that said so
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("message_id", sa.Text),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, default=""),
    sa.UniqueConstraint("a", "b", "by_hand"),
)

# Prepared, because these run with nearly every commit.
_INSERT: Final = Prepared(
    """
INSERT INTO identities (id, key, profile)
SELECT :first + key, value, :first + key FROM json_each(:keys) ORDER BY key
""",
    """
INSERT INTO identities (id, key, profile)
SELECT :first + n - 1, key, :first + n - 1 FROM jsonb_array_elements_text(cast(:keys AS jsonb)) WITH ORDINALITY AS each (key, n)
""",
)

_FIND: Final = Prepared(
    "SELECT key, id FROM identities WHERE key IN (SELECT value FROM json_each(:keys))",
    "SELECT key, id FROM identities WHERE key IN (SELECT jsonb_array_elements_text(cast(:keys AS jsonb)))",
)

_MOVE: Final = Prepared(
    """
UPDATE identities SET profile = moves.profile
  FROM (SELECT value ->> 0 AS id, value ->> 1 AS profile FROM json_each(:moves)) AS moves
 WHERE identities.id = moves.id
""",
    """
UPDATE identities SET profile = moves.profile
  FROM (SELECT (v ->> 0)::bigint AS id, (v ->> 1)::bigint AS profile FROM jsonb_array_elements(cast(:moves AS jsonb)) AS v) AS moves
 WHERE identities.id = moves.id
""",
)

JUNK: Final = frozenset(
    (
        *"null undefined none nil nan n/a 0 -1 false true {} [] () ? - . *".split(),
        *"anonymous anon guest unknown id userid user_id distinct_id distinctid email not_authenticated".split(),
        *("[object object]", "(not set)", "not set", "(null)", "(none)", "00000000-0000-0000-0000-000000000000"),
    )
)
"""Values that programs send by mistake; joining on one would make a single customer of thousands."""

MOST_DEVICES: Final = 1_000
"""Most anonymous ids one user id may gather by itself; beyond that something is shared or broken."""


_LONGEST_JUNK: Final = max(map(len, JUNK))
_ENCODER: Final = msgspec.json.Encoder()


def is_junk(value: str | None) -> bool:
    """Whether an identifier says nothing about who somebody is."""
    if value is None:
        return True
    text = value.strip()
    return not text or (len(text) <= _LONGEST_JUNK and text.lower() in JUNK)


def profile_id(number: int) -> str:
    """The public text of a profile's number."""
    return f"p_{number}"


def profile_number(text: str) -> int:
    """The number behind `p_<number>`; NotFound for anything else."""
    digits = text.removeprefix("p_")
    if not text.startswith("p_") or not digits.isdecimal() or len(digits) > 12:
        raise NotFound("profile", text, "A profile id looks like p_42.")
    return int(digits)


@dataclass(frozen=True, slots=True)
class Assertion:
    """One event says that two identities are the same customer."""

    a: int
    b: int
    kind: str
    verified: bool
    row: int
    at: int
    message_id: str
    by: str


class Judge:
    """Decides whether an event's word is enough to join two identities.

    Only what events said before counts, not what people merged: so an undone merge leaves no trace in later judgements.
    """

    def __init__(self, users: set[int], earlier: Iterable[tuple[int, int, str, bool]]) -> None:
        """`users`: identities that are user ids. `earlier`: links that events asserted before (a < b, state, verified)."""
        self._users = users
        self._heard: set[tuple[int, int]] = set()
        self._told: dict[int, set[int]] = {}  # identity -> those that events linked to it directly, in force
        self._claimed: set[tuple[int, int]] = set()
        for a, b, state, verified in earlier:
            self._heard.add((a, b))
            if not verified:
                self._claimed.add((a, b))
            if state == "linked":
                self._link(a, b)

    def unheard(self, item: Assertion) -> bool:
        """Whether nobody judged this pair yet."""
        return item.a != item.b and (min(item.a, item.b), max(item.a, item.b)) not in self._heard

    def claimed(self, item: Assertion) -> bool:
        """Whether this pair was judged before by a word that was not verified."""
        return (min(item.a, item.b), max(item.a, item.b)) in self._claimed

    def objection(self, item: Assertion) -> str:
        """Why they may not be joined; empty if they may. What is allowed counts for the next ones."""
        self._heard.add((min(item.a, item.b), max(item.a, item.b)))
        reason = self._objection(item)
        if not reason:
            self._link(item.a, item.b)
        return reason

    def _link(self, a: int, b: int) -> None:
        self._told.setdefault(a, set()).add(b)
        self._told.setdefault(b, set()).add(a)

    def _objection(self, item: Assertion) -> str:
        users = [number for number in (item.a, item.b) if number in self._users]
        if len(users) == 2:
            return "" if item.verified and item.kind == "alias" else "Only a server may join two user ids."
        if not users:
            return ""
        user, device = users[0], item.a if users[0] == item.b else item.b
        if (self._told.get(device, set()) - {user}) & self._users:
            return "Another user signed in on this device before: it is shared."
        if len(self._told.get(user, ())) >= MOST_DEVICES:
            return f"This user id has gathered {MOST_DEVICES} devices: it looks shared or broken."
        return ""


def _link_row(item: Assertion, reason: str) -> dict[str, object]:
    return {
        "a": min(item.a, item.b),
        "b": max(item.a, item.b),
        "kind": item.kind,
        "by_hand": False,
        "state": "refused" if reason else "linked",
        "verified": item.verified,
        "row": item.row,
        "at": item.at,
        "message_id": item.message_id,
        "by": item.by,
        "reason": reason,
    }


class Identities:
    """Resolves identifiers to numbers and numbers to profiles. Changes happen in the caller's transaction, by one thread at a time."""

    def __init__(self, state: State, *, cache: int = 200_000) -> None:
        """Read the profiles that differ from their identity; the rest of the table stays on disk."""
        self._state = state
        self._lock = threading.Lock()
        self._fresh: dict[str, int] = {}  # two generations make a cheap LRU
        self._aged: dict[str, int] = {}
        self._generation = cache // 2
        self._said: dict[tuple[int, int], bool] = {}  # whether it was verified
        self._map: IdentityMap | None = None
        self._moving: dict[int, int] = {}  # written in the transaction under way, not yet in force
        self._listeners: list[Callable[[set[int]], None]] = []
        with state.read() as tx:
            count = (tx.execute(sa.select(sa.func.max(identities.c.id))).scalar() or -1) + 1
            self._canonical = np.arange(max(1024, count), dtype=np.int32)
            moved = tx.execute(
                sa.select(identities.c.id, identities.c.profile).where(identities.c.profile != identities.c.id)
            )
            for number, profile in moved:
                self._canonical[number] = profile
        self._heads = np.zeros(
            len(self._canonical), bool
        )  # profiles that have, or had, more identities than their oldest
        heads = self._canonical[self._canonical != np.arange(len(self._canonical))]
        self._heads[heads[heads >= 0]] = True
        self.count = count

    # -- reading ------------------------------------------------------------------------------------------------

    def profile(self, identity: int) -> int:
        """The profile an identity belongs to now; -1 once erased."""
        return int(self._canonical[identity]) if identity < len(self._canonical) else identity

    def profiles(self, numbers: np.ndarray) -> np.ndarray:
        """The profiles of many identities, as int64."""
        canonical = self._canonical
        known = numbers < len(canonical)
        return np.where(known, canonical[np.where(known, numbers, 0)], numbers).astype(np.int64)

    def map(self) -> IdentityMap:
        """The identity map as of now, immutable."""
        with self._lock:
            if self._map is None:
                self._map = IdentityMap(self._canonical[: self.count].copy())
            return self._map

    def find(self, tx: sa.Connection, keys: Iterable[str]) -> dict[str, int]:
        """The numbers of those `kind:value` keys that exist."""
        return dict(_FIND.run(tx, keys=_ENCODER.encode(list(keys)).decode()).fetchall())

    def keys(self, tx: sa.Connection, numbers: Sequence[int]) -> dict[int, str]:
        """The `kind:value` texts of identities."""
        rows = tx.execute(
            sa.select(identities.c.id, identities.c.key).where(self._state.among(identities.c.id, numbers))
        )
        return {number: key for number, key in rows}

    def members(self, tx: sa.Connection, profile: int) -> list[int]:
        """The identities of a profile, oldest first."""
        head = tx.execute(sa.select(identities.c.id).where(identities.c.id == profile, identities.c.profile == profile))
        moved = tx.execute(
            sa.select(identities.c.id).where(identities.c.profile == profile, _MOVED).order_by(identities.c.id)
        )
        return [*head.scalars(), *moved.scalars()]

    def links_of(self, tx: sa.Connection, numbers: Sequence[int]) -> list[Mapping[str, object]]:
        """Every link, in force or not, that touches one of the identities, oldest first."""
        touched = sa.or_(self._state.among(links.c.a, numbers), self._state.among(links.c.b, numbers))
        return [dict(row._mapping) for row in tx.execute(sa.select(links).where(touched).order_by(links.c.id))]

    # -- resolving (the commit's thread) --------------------------------------------------------------------------

    def resolve(self, tx: sa.Connection, keys: Sequence[str], first_new: int) -> tuple[np.ndarray, dict[str, int]]:
        """Numbers (uint32) of `keys`; unseen ones get the next numbers from `first_new` on and are inserted.

        Returns the numbers and the new keys. Call `remember` once the transaction is committed.
        """
        fresh, aged = self._fresh, self._aged
        known: dict[str, int] = {}
        missing: dict[str, None] = {}
        for key in dict.fromkeys(keys):
            number = fresh.get(key)
            if number is None:
                number = aged.get(key)
            if number is None:
                missing[key] = None
            else:
                known[key] = number
        new: dict[str, int] = {}
        if missing:
            known |= self.find(tx, missing)
            for key in missing:
                if key not in known:
                    known[key] = new[key] = first_new + len(new)
            if new:
                self._insert(tx, list(new), first_new)
        return np.fromiter(map(known.__getitem__, keys), dtype=np.uint32, count=len(keys)), known | new

    def _insert(self, tx: sa.Connection, keys: list[str], first: int) -> None:
        """One statement for all of them, their numbers from `first` on in order."""
        _INSERT.run(tx, keys=_ENCODER.encode(keys).decode(), first=first)

    def remember(self, resolved: Mapping[str, int], count: int) -> None:
        """After the commit: keep what was resolved at hand and make room for new identities."""
        if len(self._fresh) > self._generation:
            self._aged, self._fresh = self._fresh, {}
        self._fresh.update(resolved)
        if count > len(self._canonical):
            grown = np.arange(max(count, 2 * len(self._canonical)), dtype=np.int32)
            grown[: len(self._canonical)] = self._canonical
            self._canonical = grown
            self._heads = np.append(self._heads, np.zeros(len(grown) - len(self._heads), bool))
        self.count = max(self.count, count)

    def heard(self, a: int, b: int, verified: bool) -> bool:
        """Whether this very link was asserted (and judged) before, as well proved, as far as this process remembers."""
        known = self._said.get((min(a, b), max(a, b)))
        return known is not None and (known or not verified)

    def proven(self, tx: sa.Connection, pairs: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """Those (anonymous id, user id) that a link in force joins which was verified."""
        wanted = [(device, user, f"anon:{device}", f"user:{user}") for device, user in pairs]
        numbers = self.find(tx, {key for each in wanted for key in each[2:]})
        found = numbers.values()
        among = self._state.among
        rows = tx.execute(
            sa.select(links.c.a, links.c.b).where(
                among(links.c.a, found), among(links.c.b, found), links.c.verified, links.c.state == "linked"
            )
        )
        joined = {(min(a, b), max(a, b)) for a, b in rows}
        return {
            (device, user)
            for device, user, one, other in wanted
            if one in numbers
            and other in numbers
            and (min(numbers[one], numbers[other]), max(numbers[one], numbers[other])) in joined
        }

    def assert_links(self, tx: sa.Connection, said: Sequence[Assertion]) -> dict[int, int]:
        """Judge and record what events say about sameness; returns the identities whose profile changed.

        A pair that was judged before keeps its judgement: what a person undid is not joined again by the next
        event. An anonymous id belongs to one user; a second one on the same device is recorded as refused.
        """
        if not said:
            return {}
        judge = self._judge(tx, said)
        self._confirm(tx, [item for item in said if item.verified and judge.claimed(item)])
        judged = [(item, judge.objection(item)) for item in said if judge.unheard(item)]
        if judged:
            tx.execute(sa.insert(links), [_link_row(item, reason) for item, reason in judged])
        return self._join(tx, [(item.a, item.b) for item, reason in judged if not reason])

    def _confirm(self, tx: sa.Connection, said: Sequence[Assertion]) -> None:
        """What was only claimed before is proved now; whether it is in force stays as it was judged, or as a person left it."""
        for item in said:
            pair = _pair(min(item.a, item.b), max(item.a, item.b), by_hand=False)
            tx.execute(sa.update(links).where(*pair, ~links.c.verified).values(verified=True))

    def commit(self, said: Iterable[Assertion] = ()) -> None:
        """The transaction is durable: put the new profiles in force; these pairs need no second judgement."""
        if len(self._said) > 1_000_000:
            self._said.clear()
        for item in said:
            pair = min(item.a, item.b), max(item.a, item.b)
            self._said[pair] = item.verified or self._said.get(pair, False)
        if self._moving:
            touched = {self.profile(number) for number in self._moving} | set(self._moving.values())
            with self._lock:
                for number, profile in self._moving.items():
                    self._canonical[number] = profile
                    self._heads[profile] = profile >= 0
                self._map = None
            for listener in self._listeners:
                listener(touched)
        self._moving = {}

    def listen(self, listener: Callable[[set[int]], None]) -> None:
        """Call `listener` with the profiles that got or gave identities, in the commit's thread: it must be quick."""
        self._listeners.append(listener)

    def roll_back(self) -> None:
        """The transaction came to nothing: forget what it moved."""
        self._moving = {}

    # -- linking and undoing -----------------------------------------------------------------------------------------

    def link(self, tx: sa.Connection, a: int, b: int, *, at: int, by: str, reason: str, row: int | None = None) -> int:
        """Join two identities because a person says so; returns the link's id. Call it in the commit's transaction."""
        a, b = min(a, b), max(a, b)
        old = tx.execute(sa.select(links.c.id, links.c.state).where(*_pair(a, b, by_hand=True))).first()
        if old is not None:
            self.relink(tx, int(old.id), by=by, reason=reason)
            return int(old.id)
        values = {"a": a, "b": b, "kind": "merge", "by_hand": True, "state": "linked", "verified": True, "row": row}
        values |= {"at": at, "by": by, "reason": reason}
        number = int(tx.execute(sa.insert(links).values(values).returning(links.c.id)).scalar_one())
        self._join(tx, [(a, b)])
        return number

    def relink(self, tx: sa.Connection, link: int, *, by: str, reason: str) -> None:
        """Put a link that was cut or refused into force. Call it in the commit's transaction."""
        found = self.get_link(tx, link)
        if found["state"] == "linked":
            raise Conflict(f"Link {link} is in force already.", link=link)
        tx.execute(sa.update(links).where(links.c.id == link).values(state="linked", by=by, reason=reason))
        self._join(tx, [(int(str(found["a"])), int(str(found["b"])))])

    def unlink(self, tx: sa.Connection, link: int, *, by: str, reason: str) -> None:
        """Undo a link; its identities fall apart as far as no other link holds them. Call it in the commit's transaction."""
        found = self.get_link(tx, link)
        if found["state"] != "linked":
            raise Conflict(f"Link {link} is not in force ({found['state']}).", link=link)
        tx.execute(sa.update(links).where(links.c.id == link).values(state="cut", by=by, reason=reason))
        self._regroup(tx, self.profile_in(tx, int(str(found["a"]))))

    def get_link(self, tx: sa.Connection, link: int) -> Mapping[str, object]:
        """One link by its id."""
        found = tx.execute(sa.select(links).where(links.c.id == link)).first()
        if found is None:
            raise NotFound("link", link)
        return dict(found._mapping)

    def parts_without(self, tx: sa.Connection, link: int) -> list[list[int]]:
        """Dry run of an unlink: the sets of identities its profile would fall into."""
        found = self.get_link(tx, link)
        members = self.members(tx, self.profile_in(tx, int(str(found["a"]))))
        root = _components(members, [edge for edge in self._edges(tx, members) if edge[2] != link])
        return [[m for m in members if root[m] == r] for r in sorted(set(root.values()))]

    def profile_in(self, tx: sa.Connection, identity: int) -> int:
        """The profile of an identity as this transaction sees it."""
        found = tx.execute(sa.select(identities.c.profile).where(identities.c.id == identity)).scalar()
        if found is None:
            raise NotFound("identity", identity)
        return int(found)

    def _judge(self, tx: sa.Connection, said: Sequence[Assertion]) -> Judge:
        """What must be known to judge these: earlier links of the same identities, and which of all those are user ids."""
        touched = sorted({number for item in said for number in (item.a, item.b)})
        touching = sa.or_(self._state.among(links.c.a, touched), self._state.among(links.c.b, touched))
        known = sa.select(links.c.a, links.c.b, links.c.state, links.c.verified).where(touching, ~links.c.by_hand)
        earlier = tx.execute(known).all()
        everyone = sorted({*touched, *(number for row in earlier for number in row[:2])})
        users = {number for number, key in self.keys(tx, everyone).items() if key.startswith("user:")}
        return Judge(users, [(a, b, state, verified) for a, b, state, verified in earlier])

    def _join(self, tx: sa.Connection, pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
        """Put the profiles of each pair together under the older one; returns who moved where."""
        moved: dict[int, int] = {}
        groups: dict[int, list[int]] = {}
        for a, b in pairs:
            one, other = (moved.get(number, self._moving.get(number, self.profile(number))) for number in (a, b))
            if one == other or min(one, other) < 0:
                continue
            for number in (one, other):
                if number not in groups:
                    groups[number] = self._group(tx, number)
            keep, give = min(one, other), max(one, other)
            gone = groups.pop(give)
            groups[keep] += gone
            moved |= dict.fromkeys(gone, keep)
        self._move(tx, moved)
        return moved

    def _group(self, tx: sa.Connection, profile: int) -> list[int]:
        """The members of a profile; one that never had others needs no look at the table."""
        alone = profile >= len(self._heads) or not self._heads[profile]
        return [profile] if alone and not self._moving else self.members(tx, profile)

    def _move(self, tx: sa.Connection, moved: Mapping[int, int]) -> None:
        """Write down, in one statement, who belongs where now; in force once the transaction is committed."""
        if moved:
            _MOVE.run(tx, moves=_ENCODER.encode(list(moved.items())).decode())
            self._moving |= moved

    def _edges(self, tx: sa.Connection, members: Sequence[int]) -> list[tuple[int, int, int]]:
        rows = tx.execute(
            sa.select(links.c.a, links.c.b, links.c.id).where(
                links.c.state == "linked", self._state.among(links.c.a, members)
            )
        )
        return [(a, b, number) for a, b, number in rows]

    def _regroup(self, tx: sa.Connection, profile: int) -> None:
        """Compute the connected sets of a profile's identities anew and write down who moved."""
        members = self.members(tx, profile)
        root = _components(members, self._edges(tx, members))
        moved = {number: to for number, to in root.items() if to != profile}
        self._move(tx, moved)


def _pair(a: int, b: int, *, by_hand: bool) -> tuple[sa.ColumnElement[bool], ...]:
    return links.c.a == a, links.c.b == b, links.c.by_hand == sa.literal(by_hand)


def _components(members: Sequence[int], edges: Iterable[tuple[int, int, int]]) -> dict[int, int]:
    """Each member's smallest connected member (union-find)."""
    parent = {number: number for number in members}

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    for a, b, _ in edges:
        if a in parent and b in parent:
            low, high = sorted((root(a), root(b)))
            parent[high] = low
    return {number: root(number) for number in members}
