"""Profiles: what is known of a customer, folded per identity and combined at read through the link map.

Every fold is a join-semilattice (sums, minima, maxima, latest by (rank, time, row)), so late events, merges and
undone merges give the same profile as any other order would (DECISIONS 2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from resa.kernel import foreign
from resa.kernel.projections import Effect, StateProjection
from resa.kernel.state import PreparedRows, State, metadata

Number: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")

folds: Final = sa.Table(
    "folds",
    metadata,
    sa.Column("identity", Number, primary_key=True, autoincrement=False),
    sa.Column("events", sa.BigInteger, nullable=False),
    sa.Column("first_time", sa.BigInteger, nullable=False),
    sa.Column("last_time", sa.BigInteger, nullable=False),
    sa.Column("simulated", sa.Integer, nullable=False),
)

traits: Final = sa.Table(
    "traits",
    metadata,
    sa.Column("identity", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),  # JSON
    sa.Column("rank", sa.Integer, nullable=False),
    sa.Column("time", sa.BigInteger, nullable=False),
    sa.Column("row", sa.BigInteger, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)

consents: Final = sa.Table(
    "consents",
    metadata,
    sa.Column("identity", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("purpose", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),  # granted, denied
    sa.Column("rank", sa.Integer, nullable=False),
    sa.Column("time", sa.BigInteger, nullable=False),
    sa.Column("row", sa.BigInteger, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)

search_terms: Final = sa.Table(
    "search_terms",
    metadata,
    sa.Column("term", sa.Text, primary_key=True),
    sa.Column("identity", sa.BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

PROTECTED: Final = frozenset({"email", "phone"})
"""Traits that an unverified claim never takes from a verified one."""

PURPOSES: Final = ("analytics", "personalisation", "marketing", "sharing")

_PURPOSE_OF: Final = {
    "analytics": "analytics",
    "personalisation": "personalisation",
    "personalization": "personalisation",
    "functional": "personalisation",
    "marketing": "marketing",
    "advertising": "sharing",
    "sharing": "sharing",
    "sale": "sharing",
}

MOST_TRAITS: Final = 500
"""Most traits one event may set; further ones stay in the event only."""

SEARCHED: Final = ("email", "name", "firstName", "first_name", "lastName", "last_name", "phone", "username", "company")

_TRAITED: Final = ("identify", "group")
_CONSENT_NAMES: Final = ("Consent Changed", "Segment Consent Preference Updated", "Consent Updated")

_encode: Final = msgspec.json.Encoder().encode


class TraitFact(NamedTuple):
    """One event said that one trait of one identity has this value (JSON)."""

    identity: int
    name: str
    value: str
    rank: int
    time: int
    row: int
    source: str


class ConsentFact(NamedTuple):
    """One event said that one identity granted or denied one purpose."""

    identity: int
    purpose: str
    state: str
    rank: int
    time: int
    row: int
    source: str


Fact = TypeVar("Fact", TraitFact, ConsentFact)


ACTIVITY: Final = "NOT bot AND NOT (COALESCE(source, '') = 'resa' AND type = 'track')"


def trait_facts(events: pa.Table) -> list[TraitFact]:
    """What the `identify` events of a batch say, in row order. A trait set to null is a fact too: it is removed."""
    facts: list[TraitFact] = []
    for event in _chosen(events, pc.equal(events.column("type"), "identify"), "properties"):
        for name, value in list(foreign.members(event["properties"]).items())[:MOST_TRAITS]:
            rank = 1 if event["verified"] or name not in PROTECTED else 0
            facts.append(
                TraitFact(
                    event["identity"],
                    foreign.storable(name[:256]),
                    _encode(value).decode(),
                    rank,
                    event["time"],
                    event["row"],
                    event["source"] or "",
                )
            )
    return facts


def consent_facts(events: pa.Table) -> list[ConsentFact]:
    """What the events of a batch say about consent: Resa's own `Consent Changed`, and preferences in a context."""
    facts: list[ConsentFact] = []
    own = pc.is_in(events.column("name"), pa.array(_CONSENT_NAMES))
    spoken = pc.match_substring(events.column("context"), '"consent"')
    for event in _chosen(events, pc.or_(own, spoken), "context", "properties", "name"):
        for purpose, state in _preferences(event):
            rank = 1 if event["verified"] else 0
            facts.append(
                ConsentFact(event["identity"], purpose, state, rank, event["time"], event["row"], event["source"] or "")
            )
    return facts


def _preferences(event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if event["name"] == "Consent Changed":
        said = foreign.members(event["properties"])
        if said.get("purpose") in PURPOSES and said.get("state") in ("granted", "denied"):
            yield said["purpose"], said["state"]
        return
    yield from consent_preferences(foreign.members(event["context"]))


def consent_preferences(context: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(purpose, granted or denied) as a context tells them."""
    consent = context.get("consent")
    preferences = consent.get("categoryPreferences") if isinstance(consent, dict) else None
    if isinstance(preferences, dict):
        for category, choice in preferences.items():
            purpose = _PURPOSE_OF.get(str(category).lower())
            if purpose and isinstance(choice, bool):
                yield purpose, "granted" if choice else "denied"


def _chosen(events: pa.Table, mask: pa.ChunkedArray, *columns: str) -> list[dict[str, Any]]:
    kept = pc.and_(mask, pc.invert(events.column("bot")))
    wanted = events.select(["identity", "verified", "time", "row", "source", *columns])
    chosen: list[dict[str, Any]] = wanted.filter(kept).to_pylist()
    return chosen


class ProfileFold(StateProjection):
    """Counters, traits, consent and search terms per identity."""

    name = "profiles"
    synced = False

    def prepare(self, events: pa.Table) -> Effect | None:
        """Aggregate the batch per identity; bots are left out."""
        counted = _counters(events)
        told, agreed = _latest(trait_facts(events)), _latest(consent_facts(events))
        terms = {(term, fact.identity) for fact in told if fact.name in SEARCHED for term in _terms(fact.value)}
        if not (counted or told or agreed):
            return None

        def effect(tx: sa.Connection) -> None:
            self._count(tx, counted)
            _KEEP_TRAITS.run(tx, told)
            _KEEP_CONSENTS.run(tx, agreed)
            _KEEP_TERMS.run(tx, list(terms))

        return effect

    def _count(self, tx: sa.Connection, counted: list[list[int]]) -> None:
        """One statement for the whole batch: a statement per row would hold the interpreter for several times as long."""
        if counted:
            tx.execute(
                sa.text(_COUNT_SQLITE if self.state.embedded else _COUNT_POSTGRES), {"batch": _encode(counted).decode()}
            )


def _latest_wins(table: str, key: str, value: str) -> PreparedRows:
    """Keeps a fact unless a later one, or one with more weight, is there."""
    columns = ["identity", f'"{key}"', f'"{value}"', "rank", "time", '"row"', "source"]
    fresh = ", ".join(f"{column} = excluded.{column}" for column in columns[2:])
    return PreparedRows(
        f"{table} AS t",
        columns,
        f'ON CONFLICT (identity, "{key}") DO UPDATE SET {fresh} '
        'WHERE (excluded.rank, excluded.time, excluded."row") > (t.rank, t.time, t."row")',
    )


_KEEP_TRAITS: Final = _latest_wins("traits", "name", "value")
_KEEP_CONSENTS: Final = _latest_wins("consents", "purpose", "state")
_KEEP_TERMS: Final = PreparedRows("search_terms", ["term", "identity"], "ON CONFLICT (term, identity) DO NOTHING")

_COUNT_SQLITE: Final = """
INSERT INTO folds (identity, events, first_time, last_time, simulated)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(:batch) WHERE true
ON CONFLICT (identity) DO UPDATE SET events = folds.events + excluded.events, simulated = folds.simulated + excluded.simulated,
  first_time = min(folds.first_time, excluded.first_time), last_time = max(folds.last_time, excluded.last_time)
"""

_COUNT_POSTGRES: Final = """
INSERT INTO folds (identity, events, first_time, last_time, simulated)
SELECT (v ->> 0)::bigint, (v ->> 1)::bigint, (v ->> 2)::bigint, (v ->> 3)::bigint, (v ->> 4)::integer
  FROM jsonb_array_elements(cast(:batch AS jsonb)) AS v
ON CONFLICT (identity) DO UPDATE SET events = folds.events + excluded.events, simulated = folds.simulated + excluded.simulated,
  first_time = least(folds.first_time, excluded.first_time), last_time = greatest(folds.last_time, excluded.last_time)
"""


def activity(events: pa.Table) -> pa.ChunkedArray:
    """Which events customers did themselves: what Resa did (`ACTIVITY` says the same in SQL) and bots are no activity."""
    own = pc.and_(pc.equal(events.column("source"), "resa"), pc.equal(events.column("type"), "track"))
    return pc.invert(pc.or_(events.column("bot"), own))


def _counters(events: pa.Table) -> list[list[int]]:
    """[identity, events, first time, last time, simulated events] per identity of the batch."""
    real = events.select(["identity", "time", "simulated"]).filter(activity(events))
    identity = real.column("identity").to_numpy()
    if not len(identity):
        return []
    time = real.column("time").to_numpy()
    simulated = real.column("simulated").to_numpy(zero_copy_only=False).astype(np.int64)
    order = np.argsort(identity, kind="stable")
    found, starts = np.unique(identity[order], return_index=True)
    sizes = np.diff(np.append(starts, len(order)))
    columns = (
        found,
        sizes,
        np.minimum.reduceat(time[order], starts),
        np.maximum.reduceat(time[order], starts),
        np.add.reduceat(simulated[order], starts),
    )
    return [list(row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def _latest(facts: Sequence[Fact]) -> list[Fact]:
    best: dict[tuple[int, str], Fact] = {}
    for fact in facts:
        old = best.get(fact[:2])
        if old is None or (fact.rank, fact.time, fact.row) > (old.rank, old.time, old.row):
            best[fact[:2]] = fact
    return list(best.values())


def _terms(value: str) -> list[str]:
    """The search terms of a trait's JSON text: the whole, and each word, lower case."""
    decoded = msgspec.json.decode(value)
    if not isinstance(decoded, str | int):
        return []
    text = foreign.storable(str(decoded)).lower().strip()[:200]
    return list(dict.fromkeys([text, *text.split()[:10]])) if text else []


# -- reading ------------------------------------------------------------------------------------------------------


class Trait(msgspec.Struct):
    """A trait of a profile: its value, and which event of which identity and source gave it."""

    name: str
    value: Any
    time: int
    row: int
    identity: int
    source: str
    verified: bool


class Consent(msgspec.Struct):
    """A purpose granted or denied, since when, and by which source."""

    purpose: str
    state: str
    time: int
    source: str


class Profile(msgspec.Struct):
    """One customer as known now."""

    number: int
    identities: list[int]
    events: int
    first_time: int | None
    last_time: int | None
    simulated: bool
    traits: list[Trait]
    consent: list[Consent]

    def trait(self, *names: str) -> Any:
        """The first of these traits that is there."""
        known = {trait.name: trait.value for trait in self.traits}
        return next((known[name] for name in names if known.get(name) not in (None, "")), None)

    @property
    def display_name(self) -> str | None:
        """What to call the customer, if a name is known."""
        whole = self.trait("name")
        parts = [self.trait("firstName", "first_name"), self.trait("lastName", "last_name")]
        return str(whole) if whole else " ".join(str(part) for part in parts if part) or None


def combine(
    number: int, members: Sequence[int], counters: Sequence[Any], facts: Sequence[Any], agreed: Sequence[Any]
) -> Profile:
    """A profile from the folds of its identities: sums, extremes, the latest trait, the strictest consent."""
    best: dict[str, Any] = {}
    for fact in facts:
        old = best.get(fact.name)
        if old is None or (fact.rank, fact.time, fact.row) > (old.rank, old.time, old.row):
            best[fact.name] = fact
    strictest: dict[str, Any] = {}
    for said in agreed:
        old = strictest.get(said.purpose)
        if old is None or (said.state == "denied", said.time) > (old.state == "denied", old.time):
            strictest[said.purpose] = said
    return Profile(
        number=number,
        identities=list(members),
        events=sum(c.events for c in counters),
        first_time=min((c.first_time for c in counters), default=None),
        last_time=max((c.last_time for c in counters), default=None),
        simulated=any(c.simulated for c in counters),
        traits=[
            Trait(
                f.name,
                msgspec.json.decode(f.value),
                f.time,
                f.row,
                f.identity,
                f.source,
                bool(f.rank) or f.name not in PROTECTED,
            )
            for f in sorted(best.values(), key=lambda f: str(f.name))
            if f.value != "null"
        ],
        consent=[
            Consent(c.purpose, c.state, c.time, c.source)
            for c in sorted(strictest.values(), key=lambda c: str(c.purpose))
        ],
    )


def read(state: State, tx: sa.Connection, groups: Mapping[int, Sequence[int]]) -> dict[int, Profile]:
    """Profiles by number from `groups` (profile number -> its identities)."""
    members = [identity for group in groups.values() for identity in group]
    found: dict[str, dict[int, list[Any]]] = {}
    for table in (folds, traits, consents):
        by_identity: dict[int, list[Any]] = {}
        for row in tx.execute(sa.select(table).where(state.among(table.c.identity, members))):
            by_identity.setdefault(row.identity, []).append(row)
        found[table.name] = by_identity
    return {
        number: combine(
            number,
            group,
            *([row for member in group for row in found[t].get(member, ())] for t in ("folds", "traits", "consents")),
        )
        for number, group in groups.items()
    }


def search(tx: sa.Connection, text: str, most: int) -> list[int]:
    """Identities with a search term that begins with `text` (any case), at most `most`."""
    term = text.lower().strip()
    if not term:
        return []
    query = sa.select(search_terms.c.identity).where(search_terms.c.term >= term).limit(most)
    if after := _after(term):
        query = query.where(search_terms.c.term < after)
    return list(dict.fromkeys(tx.execute(query).scalars()))


def _after(term: str) -> str:
    """The first text after all those that begin with `term`; empty if there is none."""
    kept = term.rstrip("\U0010ffff")
    following = ord(kept[-1]) + 1 if kept else 0
    return kept[:-1] + chr(0xE000 if following == 0xD800 else following) if kept else ""  # no half pairs in between
