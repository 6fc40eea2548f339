"""What is known of who asks, for deciding: read from state once, kept in memory, forgotten as soon as something changes.

A caller who proved nothing sees with the eyes of the device: the identities that verified links join to its own anonymous
id. What an unverified `identify` claims is not read through (DECISIONS 28); a denial found behind it counts all the same.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import sqlalchemy as sa

from resa.kernel.groups import Group
from resa.kernel.state import Prepared
from resa.kernel.tail import KEPT_OUT
from resa.kernel.workspace import Workspace

MOST_KEPT: Final = 100_000
LONGEST_MS: Final = 60_000
"""However quiet it is, what is kept is read again after so long."""

_ME: Final = Prepared("SELECT id, profile FROM identities WHERE key = :key AND profile >= 0")
_MEMBERS: Final = Prepared(
    "SELECT id FROM identities WHERE id = :profile UNION ALL "
    "SELECT id FROM identities WHERE profile = :profile AND profile <> id"
)
_EACH: Final = "SELECT value FROM json_each(:members)"
_EACH_PG: Final = "SELECT cast(v AS bigint) FROM jsonb_array_elements_text(cast(:members AS jsonb)) AS each (v)"


def _among(text: str) -> Prepared:
    return Prepared(text.format(each=_EACH), text.format(each=_EACH_PG))


_LINKS: Final = _among("SELECT a, b, verified FROM links WHERE state = 'linked' AND a IN ({each}) AND b IN ({each})")
_TRAITS: Final = _among(
    'SELECT name, value, rank, time, "row" FROM traits WHERE identity IN ({each}) ORDER BY rank, time, "row"'
)
_CONSENTS: Final = _among("SELECT identity, purpose, state FROM consents WHERE identity IN ({each})")
_FOLDS: Final = _among(
    "SELECT coalesce(sum(events), 0), min(first_time), max(last_time) FROM folds WHERE identity IN ({each})"
)


_ALONE: Final = Prepared(
    """
    SELECT asked.value, i.id, f.events, f.first_time,
      (SELECT json_group_array(json_array(name, json(value)))
         FROM (SELECT name, value FROM traits WHERE identity = i.id ORDER BY rank, time, "row")),
      (SELECT json_group_array(json_array(identity, purpose, state)) FROM consents WHERE identity = i.id),
      i.profile = i.id AND NOT EXISTS (SELECT 1 FROM identities o WHERE o.profile = i.id AND o.profile <> o.id)
    FROM json_each(:keys) asked
      JOIN identities i ON i.key = asked.value AND i.profile >= 0
      LEFT JOIN folds f ON f.identity = i.id
    """,
    """
    SELECT asked.value, i.id, f.events, f.first_time,
      (SELECT json_agg(json_build_array(name, cast(value AS json)) ORDER BY rank, time, "row") FROM traits WHERE identity = i.id)::text,
      (SELECT json_agg(json_build_array(identity, purpose, state)) FROM consents WHERE identity = i.id)::text,
      i.profile = i.id AND NOT EXISTS (SELECT 1 FROM identities o WHERE o.profile = i.id AND o.profile <> o.id)
    FROM jsonb_array_elements_text(cast(:keys AS jsonb)) AS asked (value)
      JOIN identities i ON i.key = asked.value AND i.profile >= 0
      LEFT JOIN folds f ON f.identity = i.id
    """,
)
"""Those who ask, as far as each is a profile alone: most are, and one statement says all of many of them."""


_PAIRS: Final = msgspec.json.Decoder(list[tuple[str, Any]])
_SAID: Final = msgspec.json.Decoder(list[tuple[int, str, str]])


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of somebody. `audiences` is None where the profile's own memberships may be asked for."""

    identity: str | None = None
    profile: int | None = None
    verified: bool = False
    traits: dict[str, Any] = {}
    consent: dict[str, str] = {}
    events: int = 0
    first_time: int | None = None
    audiences: frozenset[str] | None = frozenset()
    until: int = 0

    @property
    def zone(self) -> str | None:
        """The time zone they told."""
        found = self.traits.get("timezone")
        return found if isinstance(found, str) else None


STRANGER: Final = Person()
"""Somebody of whom nothing is known."""


class _Known(NamedTuple):
    person: Person
    members: tuple[int, ...]


class People:
    """Reads and keeps persons. `find` answers from memory or None; `read` asks the state store (in a thread)."""

    def __init__(self, workspace: Workspace, most: int = MOST_KEPT) -> None:
        """Follow the log, so that nothing outdated is kept."""
        self._workspace = workspace
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, bool], Person] = OrderedDict()
        self._keys: dict[int, set[tuple[str, bool]]] = {}
        self._recent: deque[tuple[int, frozenset[int]]] = deque()
        self._passed: int | None = None
        workspace.tail.listen(self._heard)
        workspace.identities.listen(self._forget)

    def find(self, key: str, *, verified: bool) -> Person | None:
        """Who that is, if it is in memory and nothing has happened since."""
        found = self._kept.get((key, verified))
        return found if found is not None and found.until > self._workspace.clock() else None

    def read(self, key: str, *, verified: bool) -> Person:
        """Who that is now, from the state store."""
        return self.read_all([(key, verified)])[0]

    def read_all(self, wanted: Sequence[tuple[str, bool]]) -> list[Person]:
        """Who several are now, by (identity, whether it is proven): one statement for all who are a profile alone."""
        row, state = self._folded(), self._workspace.state
        with state.glance() as connection:
            rows = _ALONE.run(connection, keys=_encoded([key for key, _ in wanted])).fetchall()
            nobody = self._nobody(connection)
        alone = {each[0]: each for each in rows}
        joined = [(key, verified) for key, verified in wanted if key in alone and not alone[key][-1]]
        together: dict[tuple[str, bool], _Known | None] = {}
        if joined:
            with state.read() as tx:
                together = {each: self._read(tx, *each) for each in joined}
        persons = []
        for key, verified in wanted:
            known = together.get((key, verified))
            if (key, verified) not in together and key in alone:
                known = self._alone(alone[key], verified)
            if known is None:
                persons.append(msgspec.structs.replace(nobody, identity=key, verified=verified))
            else:
                self._keep(known, key, verified, row)
                persons.append(known.person)
        return persons

    def of_profile(self, profile: int) -> Person:
        """A profile with all that is known of it: what a colleague previews."""
        with self._workspace.state.read() as tx:
            members = self._members(tx, profile)
            key = self._workspace.identities.keys(tx, [profile]).get(profile)
            return self._person(tx, key, profile, members, members, verified=True)

    def _nobody(self, tx: sa.Connection) -> Person:
        audiences, until = self._workspace.memberships.of_identities(tx, [])
        return Person(audiences=audiences, until=until or 0)

    # -- reading -----------------------------------------------------------------------------------------------------

    def _alone(self, row: Sequence[Any], verified: bool) -> _Known:
        key, own, events, first, traits, consents, _ = row
        person = Person(
            identity=key,
            profile=int(own),
            verified=verified,
            traits=_latest(_PAIRS.decode(traits or "[]")),
            consent=_consent(_SAID.decode(consents or "[]"), {int(own)}),
            events=int(events or 0),
            first_time=None if first is None else int(first),
            audiences=None,
            until=self._workspace.clock() + LONGEST_MS,
        )
        return _Known(person, (int(own),))

    def _read(self, tx: sa.Connection, key: str, verified: bool) -> _Known | None:
        found = _ME.run(tx, key=key).fetchone()
        if found is None:
            return None
        own, profile = int(found[0]), int(found[1])
        members = self._members(tx, profile)
        readable = members if verified else self._readable(tx, own, members)
        return _Known(self._person(tx, key, profile, members, readable, verified=verified), tuple(members))

    @staticmethod
    def _members(tx: sa.Connection, profile: int) -> list[int]:
        return [int(row[0]) for row in _MEMBERS.run(tx, profile=profile).fetchall()]

    @staticmethod
    def _readable(tx: sa.Connection, own: int, members: Sequence[int]) -> list[int]:
        """The identities that verified links join to the caller's own."""
        if len(members) == 1:
            return [own]
        edges = [(a, b) for a, b, verified in _LINKS.run(tx, members=_encoded(members)).fetchall() if verified]
        reached, waiting = {own}, [own]
        while waiting:
            at = waiting.pop()
            for a, b in edges:
                other = b if a == at else a if b == at else None
                if other is not None and other not in reached:
                    reached.add(other)
                    waiting.append(other)
        return sorted(reached)

    def _person(
        self,
        tx: sa.Connection,
        key: str | None,
        profile: int,
        members: Sequence[int],
        readable: Sequence[int],
        *,
        verified: bool,
    ) -> Person:
        now, said = self._workspace.clock(), _encoded(readable)
        events, first, _ = _FOLDS.run(tx, members=said).fetchone() or (0, None, None)
        audiences, until = None, None
        if len(readable) < len(members):
            audiences, until = self._workspace.memberships.of_identities(tx, readable)
        return Person(
            identity=key,
            profile=profile,
            verified=verified,
            traits=_latest((row[0], msgspec.json.decode(row[1])) for row in _TRAITS.run(tx, members=said).fetchall()),
            consent=_consent(_CONSENTS.run(tx, members=_encoded(members)).fetchall(), set(readable)),
            events=int(events),
            first_time=None if first is None else int(first),
            audiences=audiences,
            until=min(now + LONGEST_MS, until or now + LONGEST_MS),
        )

    # -- keeping -----------------------------------------------------------------------------------------------------

    def _folded(self) -> int:
        """Rows below are in all that is read."""
        return min(self._workspace.profiles.position(), self._workspace.memberships.position())

    def _keep(self, known: _Known, key: str, verified: bool, row: int) -> None:
        """Keep a person, unless something was heard of them that is not folded in yet."""
        profile = known.person.profile
        assert profile is not None
        with self._lock:
            if any(upto > row and not heard.isdisjoint(known.members) for upto, heard in self._recent):
                return
            self._kept[key, verified] = known.person
            self._kept.move_to_end((key, verified))
            self._keys.setdefault(profile, set()).add((key, verified))
            while len(self._kept) > self._most:
                gone, person = self._kept.popitem(last=False)
                self._drop_key(person.profile, gone)

    def _drop_key(self, profile: int | None, key: tuple[str, bool]) -> None:
        if profile is not None and (keys := self._keys.get(profile)) is not None:
            keys.discard(key)
            if not keys:
                del self._keys[profile]

    def _heard(self, group: Group) -> None:
        """Events came: what is kept of their customers is outdated. What Resa notes of its own decisions changes nothing."""
        identities = np.unique(group.identity[group.code != self._own_notes()])
        folded = self._folded()
        with self._lock:
            while self._recent and self._recent[0][0] <= folded:
                self._recent.popleft()
            if identities.size:
                self._recent.append((group.next_row, frozenset(identities.tolist())))
        if identities.size and self._keys:
            self._forget(set(np.unique(self._workspace.identities.profiles(identities)).tolist()))

    def _own_notes(self) -> int:
        """The code of decisions in the log; that of bots, who are nobody, until there is one."""
        if self._passed is None:
            self._passed = self._workspace.committer.code("track", "Decision Made")
        return KEPT_OUT if self._passed is None else self._passed

    def _forget(self, profiles: set[int]) -> None:
        with self._lock:
            for profile in profiles & self._keys.keys():
                for key in self._keys.pop(profile):
                    self._kept.pop(key, None)


def _encoded(values: Sequence[int] | Sequence[str]) -> str:
    return msgspec.json.encode(values).decode()


def _latest(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The latest value of each trait; the pairs come from the oldest to the latest."""
    return {name: value for name, value in dict(pairs).items() if value is not None}


def _consent(rows: Sequence[Any], readable: set[int]) -> dict[str, str]:
    """What was decided: a denial by any identity, else what the readable ones granted."""
    found: dict[str, str] = {}
    for identity, purpose, state in rows:
        if state == "denied":
            found[purpose] = state
        elif int(identity) in readable:
            found.setdefault(purpose, state)
    return found
