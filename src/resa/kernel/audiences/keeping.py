"""Memberships kept current: a projection that judges only what an event, a merge or the time can have changed.

Facts, standings, due times, what is to be told and the cursor change in one transaction, so a crash neither loses nor
doubles an entry. A new audience is filled from history in slices between the batches, then goes on live.
"""

from __future__ import annotations

import heapq
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from resa.kernel import crash
from resa.kernel.audiences import bulk, plan, reading, tables
from resa.kernel.audiences.facts import SLACK, Facts, Hits, View
from resa.kernel.audiences.plan import Behaviour, Kind, Member, Plan, Stages
from resa.kernel.audiences.rules import Audience
from resa.kernel.audiences.tables import DONE, Standing
from resa.kernel.body import Body
from resa.kernel.definitions import Definition, Definitions
from resa.kernel.errors import NotFound, Overloaded
from resa.kernel.events import Draft
from resa.kernel.identities import Identities
from resa.kernel.identity_map import IdentityMap
from resa.kernel.profiles import folds
from resa.kernel.projections import cursors
from resa.kernel.state import State
from resa.kernel.tail import Committer, Tail

log: Final = logging.getLogger("resa.audiences")

FILLED_AT_ONCE: Final = 100_000
JUDGED_AT_ONCE: Final = 20_000
DUE_AT_ONCE: Final = 5_000
TOLD_AT_ONCE: Final = 2_000
MOST: Final = 20_000
PAUSE: Final = 0.2
"""Seconds between two looks around: at the tail and at the clock."""
NOTED: Final = 2.0
"""Seconds between two notes of the place in the log while there is no audience: each is a transaction others wait for."""


class Roll:
    """The members of one audience: a bit per profile, and a count that changes whenever one of them does."""

    def __init__(self) -> None:
        """Nobody yet."""
        self.bits = np.zeros(1024, np.uint8)
        self.count = 0
        self.changes = 0

    def put(self, profile: int, inside: bool) -> None:
        """Let a profile be in or out."""
        place, bit = profile >> 3, 1 << (profile & 7)
        if place >= self.bits.size:
            self.bits = np.concatenate([self.bits, np.zeros(max(self.bits.size, place + 1 - self.bits.size), np.uint8)])
        was = bool(self.bits[place] & bit)
        if was != inside:
            self.bits[place] ^= bit
            self.count += 1 if inside else -1
            self.changes += 1

    def profiles(self) -> np.ndarray:
        """Their numbers, ascending (uint32)."""
        return np.flatnonzero(np.unpackbits(self.bits, bitorder="little")).astype(np.uint32)


@dataclass
class _Change:
    """What one transaction is about to write, and what follows from it in memory."""

    facts: dict[int, Facts] = field(default_factory=dict)
    standings: dict[int, Standing] = field(default_factory=dict)
    gone: list[int] = field(default_factory=list)
    erased: list[int] = field(default_factory=list)
    flips: list[tuple[int, int, bool]] = field(default_factory=list)  # (audience, profile, inside)
    told: list[dict[str, object]] = field(default_factory=list)
    moved: list[tuple[int, int]] = field(default_factory=list)
    known: list[int] = field(default_factory=list)


class Memberships:
    """Who belongs to which audience, now."""

    name = "audiences"

    def __init__(
        self,
        state: State,
        definitions: Definitions,
        identities: Identities,
        log_tail: Tail,
        body: Body,
        clock: Callable[[], int],
    ) -> None:
        """Follow from where the last process stopped; a workspace that never had audiences begins with the next event."""
        self._state, self._definitions, self._identities = state, definitions, identities
        self._tail, self._body, self._clock = log_tail, body, clock
        self.stages: Stages = lambda _journey: ()
        """The rules of journey maps; whoever knows maps puts them here."""
        self._lock = threading.RLock()
        self._rolls: dict[int, Roll] = {}
        self._plan: Plan | None = None
        self._made_of: object = None
        self._upto: dict[tuple[Kind, int], int] = {}
        self._pending: dict[int, int] = {}
        self._known = np.zeros(1024, np.bool_)
        self._told = IdentityMap()
        self._loaded = False
        with state.write() as tx:
            start = {"name": self.name, "row": log_tail.next_row}
            state.upsert(tx, cursors, [start], key=["name"], update=[])
            self._row = int(tx.execute(sa.select(cursors.c.row).where(cursors.c.name == self.name)).scalar_one())
        self._noted, self._noted_at = self._row, 0.0

    def position(self) -> int:
        """Rows below are judged."""
        return self._row

    def noted(self) -> int:
        """Rows below are judged for good; a process that dies now goes on from here."""
        return self._noted

    def pass_by(self, row: int, *, last: bool = False) -> bool:
        """Where there is no audience: go on to `row` without looking, and note it now and then; False if there are some."""
        self.replan()
        if self._plan is None or self._plan.members:
            return False
        self._row = max(self._row, row)
        if self._noted < self._row and (last or time.monotonic() - self._noted_at > NOTED):
            with self._state.write() as tx:
                self._note(tx, self._row)
            self._noted, self._noted_at = self._row, time.monotonic()
        return True

    def _note(self, tx: sa.Connection, row: int) -> None:
        tx.execute(sa.update(cursors).where(cursors.c.name == self.name).values(row=row))

    def apply(self, events: pa.Table) -> None:
        """Judge what these events change."""
        self.look(events)

    # -- answers -----------------------------------------------------------------------------------------------------

    def roll(self, key: str) -> tuple[np.ndarray, object] | None:
        """The members of an audience and a token of this state; None while it is being filled."""
        with self._lock:
            made, member = self._plan, self._member(key)
            if made is None or member is None:
                return None
            roll = self._rolls.setdefault(member.number, Roll())
            return roll.profiles(), (member.number, roll.changes)

    def count(self, key: str) -> int | None:
        """How many members an audience has; None while it is being filled."""
        with self._lock:
            member = self._member(key)
            return None if member is None else self._rolls.setdefault(member.number, Roll()).count

    def of(self, profile: int) -> dict[str, bool | None]:
        """For each audience whether a profile belongs to it; None while that audience is being filled."""
        with self._lock:
            keys = [item.key for item in self._definitions.all("audience")]
            return {key: self._belongs(key, profile) for key in keys}

    def _belongs(self, key: str, profile: int) -> bool | None:
        member = self._member(key)
        if member is None:
            return None
        bits = self._rolls.setdefault(member.number, Roll()).bits
        return profile >> 3 < bits.size and bool(bits[profile >> 3] >> (profile & 7) & 1)

    def _member(self, key: str) -> Member | None:
        """An audience that is live, by its current definition."""
        made = self._plan
        if made is None or self._made_of != self._current():
            return None
        number = made.by_key.get(key)
        return made.members[number] if number is not None and self._upto["audience", number] >= DONE else None

    # -- the plan ----------------------------------------------------------------------------------------------------

    def _current(self) -> object:
        found = [(item.key, item.version) for item in self._definitions.all("audience")]
        maps = [(item.key, item.version) for item in self._maps()] if found else []
        return found, maps

    def _maps(self) -> Sequence[Definition[Any]]:
        try:
            return self._definitions.all("journey")
        except NotFound:  # nobody brought maps
            return []

    def replan(self) -> None:
        """Take up what was saved or deleted since."""
        current = self._current()
        if current == self._made_of:
            return
        self._load()
        items = self._definitions.all("audience")
        audiences: dict[str, Audience] = {item.key: item.body for item in items}
        with self._state.write() as tx:
            self._note(tx, self._row)
            numbering = _Numbering(tx, self._row)
            made = plan.compile_all(audiences, {i.key: i.version for i in items}, numbering.number, self.stages)
            numbering.forget_others()
            if not made.members:
                for table in (tables.kept_facts, tables.profiles, tables.moved):
                    tx.execute(sa.delete(table))
        with self._lock:
            self._noted = self._row
            self._plan, self._made_of, self._upto = made, current, numbering.upto
            self._rolls = {number: self._rolls.get(number, Roll()) for number in made.members}
            if not made.members:
                self._known[:] = False
                self._told = IdentityMap()
            self._note_pending()

    def _note_pending(self) -> None:
        made = self._plan
        assert made is not None
        self._pending = {term: self._upto["term", term] for term in made.terms if self._upto["term", term] < DONE}
        self._judged = {
            leaf.number: max(self._upto["audience", number] for number in leaf.audiences)
            for leaf in made.leaves.values()
        }
        self._judging = any(self._upto["audience", number] < DONE for number in made.members)

    def _load(self) -> None:
        """What a process must have in memory: who is known, who belongs where, and who was the same as whom."""
        if self._loaded:
            return
        rolls: dict[int, Roll] = {}
        with self._state.read() as tx:
            for (identity,) in tx.execute(sa.select(tables.kept_facts.c.identity)):
                self._know([identity])
            for profile, blob in tx.execute(sa.select(tables.profiles.c.profile, tables.profiles.c.standing)):
                members = Standing.unpacked(blob).members
                for number in _bits(members):
                    rolls.setdefault(number, Roll()).put(profile, inside=True)
            moved = tx.execute(sa.select(tables.moved.c.identity, tables.moved.c.profile)).all()
        if moved:
            identities, profiles = zip(*moved, strict=True)
            self._told = IdentityMap().changed(identities, profiles)
        self._rolls = rolls
        self._loaded = True

    def _know(self, identities: Iterable[int]) -> None:
        found = np.fromiter(identities, np.int64)
        if found.size:
            if found.max() >= self._known.size:
                grown = np.zeros(max(int(found.max()) + 1, 2 * self._known.size), np.bool_)
                grown[: self._known.size] = self._known
                self._known = grown
            self._known[found] = True

    def _is_known(self, identity: int) -> bool:
        return identity < self._known.size and bool(self._known[identity])

    # -- judging -----------------------------------------------------------------------------------------------------

    def look(self, events: pa.Table | None) -> bool:
        """Judge what the next events, merges, and the time that has passed change; whether anything was to do."""
        self.replan()
        made = self._plan
        upto = self._row + (events.num_rows if events is not None else 0)
        if made is None or not made.members:
            return self.pass_by(upto) and events is not None
        round_ = _Round(self, made, events)
        if not round_.anything and events is None:
            return False
        change = round_.change
        with self._state.write() as tx:
            self._write(tx, change)
            crash.reached("audiences.before-cursor")
            if events is not None:
                self._note(tx, upto)
        crash.reached("audiences.after")
        with self._lock:
            self._row = self._noted = upto
            self._told = round_.map
            self._remember(change)
        return True

    def _write(self, tx: sa.Connection, change: _Change) -> None:
        tables.write_facts(tx, change.facts)
        tables.forget(self._state, tx, change.gone, erased=change.erased)
        tables.write_standings(tx, change.standings)
        self._state.upsert(tx, tables.moved, [{"identity": i, "profile": p} for i, p in change.moved], key=["identity"])
        if change.told:
            tx.execute(sa.insert(tables.outbox), change.told)

    def _remember(self, change: _Change) -> None:
        self._know(change.known)
        for number, profile, inside in change.flips:
            self._rolls.setdefault(number, Roll()).put(profile, inside)

    # -- filling -----------------------------------------------------------------------------------------------------

    @property
    def filling(self) -> bool:
        """Whether an audience is on its way from history."""
        return self._plan is not None and bool(self._pending or self._judging)

    def fill(self) -> bool:
        """One slice of what new audiences need from history; False where there is nothing to do, or not yet."""
        made = self._plan
        if made is None or not self.filling or self._body.landed() < self._row:
            return False
        if self._pending:
            self._fill_terms(made)
        else:
            self._fill_audiences(made)
        with self._lock:
            self._note_pending()
        return True

    def _fill_terms(self, made: Plan) -> None:
        first = min(self._pending.values())
        last = first + FILLED_AT_ONCE
        terms = {term: made.terms[term] for term, upto in self._pending.items() if upto == first}
        whole = last >= self._identities.count
        found = bulk.histories(self._body, terms, bulk.between(first, last), self._row, self._clock())
        with self._state.write() as tx:
            kept = tables.read_facts(self._state, tx, found)
            for identity, fresh in found.items():
                old = kept.setdefault(identity, Facts())
                old.hits.update(fresh.hits)
                old.said.update(fresh.said)
            tables.write_facts(tx, kept)
            self._progress(tx, "term", terms, DONE if whole else last)
        self._know(found)
        self._upto.update({("term", term): DONE if whole else last for term in terms})

    def _fill_audiences(self, made: Plan) -> None:
        first = min(self._upto["audience", number] for number in made.members)
        last = first + JUDGED_AT_ONCE
        numbers = [number for number in made.members if self._upto["audience", number] == first]
        whole = last >= self._identities.count
        round_ = _Round.of_slice(self, made, first, last, numbers)
        with self._state.write() as tx:
            self._write(tx, round_.change)
            self._progress(tx, "audience", numbers, DONE if whole else last)
        with self._lock:  # live and known at the same moment
            self._remember(round_.change)
            self._upto.update({("audience", number): DONE if whole else last for number in numbers})

    @staticmethod
    def _progress(tx: sa.Connection, kind: Kind, numbers: Iterable[int], upto: int) -> None:
        c = tables.numbers.c
        for number in numbers:
            tx.execute(sa.update(tables.numbers).where(c.kind == kind, c.number == number).values(upto=upto))

    # -- telling -----------------------------------------------------------------------------------------------------

    def tell(self, committer: Committer) -> bool:
        """Write who entered and left into the log: gone from the outbox in the transaction that appends it."""
        with self._state.read() as tx:
            waiting = tx.execute(
                sa.select(tables.outbox).order_by(tables.outbox.c.at, tables.outbox.c.message_id).limit(TOLD_AT_ONCE)
            ).all()
            if not waiting:
                return False
            numbers = sorted({item.profile for item in waiting})
            keys = self._identities.keys(tx, numbers)
            pretended = set(
                tx.execute(
                    sa.select(folds.c.identity).where(
                        folds.c.simulated > 0, self._state.among(folds.c.identity, numbers)
                    )
                ).scalars()
            )
        now = self._clock()
        drafts = [
            _draft(item, keys[item.profile], now, simulated=item.profile in pretended)
            for item in waiting
            if item.profile in keys
        ]

        def alongside(tx: sa.Connection) -> None:
            ids = [item.message_id for item in waiting]
            tx.execute(sa.delete(tables.outbox).where(self._state.among(tables.outbox.c.message_id, ids)))

        try:
            committer.submit_sync(drafts, alongside)
        except Overloaded:
            return False  # it waits in the outbox
        return True


def _draft(item: sa.Row[tuple[object, ...]], key: str, now: int, *, simulated: bool) -> Draft:
    sort, _, value = key.partition(":")
    return Draft(
        message_id=item.message_id,
        type="track",
        name=item.name,
        time=min(item.at, now),
        received_at=now,
        user_id=value if sort == "user" else None,
        anonymous_id=value if sort == "anon" else None,
        channel="server",
        source="resa",
        simulated=simulated,
        properties=item.properties,
    )


class _Numbering:
    """Numbers for parts by their text: kept while they are in use, and never given to anything else."""

    def __init__(self, tx: sa.Connection, row: int) -> None:
        self._tx = tx
        self._start = DONE if row == 0 else 0
        self._kept: dict[tuple[str, str], tuple[int, int]] = {}
        for kind, digest, number, upto in tx.execute(sa.select(tables.numbers)):
            self._kept[kind, digest] = (number, upto)
        self._used: set[tuple[str, str]] = set()
        self.upto: dict[tuple[Kind, int], int] = {}

    def number(self, kind: Kind, text: str) -> int:
        name = (kind, sha256(text.encode()).hexdigest())
        if name not in self._kept:
            number = self._kept.get(("next", kind), (0, 0))[0]
            self._kept["next", kind] = (number + 1, 0)
            self._kept[name] = (number, self._start)
            self._tx.execute(
                sa.insert(tables.numbers).values(kind=kind, digest=name[1], number=number, upto=self._start)
            )
        self._used.add(name)
        number, upto = self._kept[name]
        self.upto[kind, number] = upto
        return number

    def forget_others(self) -> None:
        c = tables.numbers.c
        for kind, digest in self._kept.keys() - self._used:
            self._tx.execute(sa.delete(tables.numbers).where(c.kind == kind, c.digest == digest))
        coming = [
            {"kind": "next", "digest": kind, "number": number, "upto": 0}
            for (name, kind), (number, _) in self._kept.items()
            if name == "next"
        ]
        if coming:
            self._tx.execute(sa.insert(tables.numbers), coming)


class _Round:
    """One look around: what is to be judged, and what comes of it."""

    def __init__(self, kept: Memberships, made: Plan, events: pa.Table | None) -> None:
        self._begin(kept, made)
        heard = reading.read(made, events, kept._pending) if events is not None else reading.Heard()
        self._heard = heard
        self._mark_moved()
        with kept._state.read() as tx:
            due = set(
                tx.execute(
                    sa.select(tables.profiles.c.profile)
                    .where(tables.profiles.c.due_at <= self.now)
                    .order_by(tables.profiles.c.due_at)
                    .limit(DUE_AT_ONCE)
                ).scalars()
            )
            due = {profile for profile in due if self.profile(profile) == profile}
            fresh = [i for i in heard.seen if not kept._is_known(i)]
            self.change.known = fresh
            touched = {self.profile(i) for i in (*heard.hits, *heard.said, *fresh)} | self._moved_profiles | due
            touched.discard(-1)
            self.anything = bool(touched or self.change.moved or self.change.gone)
            if not self.anything:
                return
            self._members_of = {p: self._members(p) for p in touched}
            self._read(tx, touched)
        for profile in self.change.gone:
            members = self._standings[profile].members if profile in self._standings else 0
            self.change.flips += [(n, profile, False) for n in made.members if members >> n & 1]
        self._fold(fresh)
        for profile in touched:
            self._judge(profile, due=profile in due)

    @classmethod
    def of_slice(cls, kept: Memberships, made: Plan, first: int, last: int, numbers: Sequence[int]) -> _Round:
        """Judge some audiences for the profiles of a range, without telling anybody."""
        self = cls.__new__(cls)
        self._begin(kept, made)
        c = tables.kept_facts.c
        with kept._state.read() as tx:
            found = tx.execute(sa.select(c.identity).where(c.identity >= first, c.identity < last)).scalars()
            touched = {i for i in found if self.profile(i) == i}
            self._members_of = {p: self._members(p) for p in touched}
            self._read(tx, touched)
        leaves = sorted({leaf for number in numbers for leaf in made.members[number].leaves})
        for profile in touched:
            self._judge_first(profile, leaves, set(numbers))
        return self

    def _begin(self, kept: Memberships, made: Plan) -> None:
        self._kept, self._plan = kept, made
        self.now = kept._clock()
        self.change = _Change()
        self.map = kept._identities.map()
        self._hidden = self.map.hidden
        self._moved_profiles: set[int] = set()
        self._before: dict[int, set[int]] = {}
        self._heard = reading.Heard()

    def profile(self, identity: int) -> int:
        """Whom an identity belongs to now."""
        canonical = self.map.canonical
        return int(canonical[identity]) if identity < canonical.size else identity

    def _members(self, profile: int) -> Sequence[int]:
        if profile >= self._hidden.size or not self._hidden[profile]:
            return (profile,)
        members: list[int] = self.map.members(profile).tolist()
        return members

    def _mark_moved(self) -> None:
        """Whose identities are others than when memberships were judged last."""
        told, now = self._kept._told, self.map
        if told is now:
            return
        size = max(told.canonical.size, now.canonical.size)
        old, new = (_grown(each.canonical, size) for each in (told, now))
        for identity in np.flatnonzero(old != new).tolist():
            self.change.moved.append((identity, int(new[identity])))
            if new[identity] < 0:
                self.change.erased.append(identity)
            for profile in (int(old[identity]), int(new[identity])):
                if profile < 0:
                    continue
                if now.profile(profile) == profile:
                    self._moved_profiles.add(profile)
                else:
                    self.change.gone.append(profile)
        for profile in self._moved_profiles:  # an entry counts against all that these identities belonged to before
            self._before[profile] = {told.profile(i) for i in now.members(profile).tolist()} - {-1}

    def _read(self, tx: sa.Connection, touched: set[int]) -> None:
        state = self._kept._state
        self._facts = tables.read_facts(state, tx, {i for p in touched for i in self._members_of[p]})
        before = {p for each in self._before.values() for p in each}
        self._standings = tables.read_standings(state, tx, touched | before | set(self.change.gone))

    def _fold(self, fresh: Iterable[int]) -> None:
        """Put what was heard to what is kept of each identity."""
        heard, now, sources = self._heard, self.now, self._plan.terms
        changed = {identity for identity in fresh if self.profile(identity) >= 0}
        for identity, hits in heard.hits.items():
            if self.profile(identity) < 0:
                continue
            facts = self._facts.get(identity) or self._facts.setdefault(identity, Facts())
            kept = facts.hits
            for term, hit in hits:
                if term in kept:
                    kept[term].add(hit)
                else:
                    kept[term] = Hits([hit])
                source = sources[term]
                assert isinstance(source, Behaviour)
                if kept[term].recent[0][0] <= (cut := now - source.horizon - SLACK):
                    kept[term].fold(cut)
            changed.add(identity)
        for identity, items in heard.said.items():
            if self.profile(identity) < 0:
                continue
            facts = self._facts.get(identity) or self._facts.setdefault(identity, Facts())
            for term, item in items:
                if facts.say(term, item, now):
                    changed.add(identity)
        for identity in changed:
            facts = self._facts.setdefault(identity, Facts())
            for term in facts.hits.keys() - sources.keys():
                del facts.hits[term]
            for term in facts.said.keys() - sources.keys():
                del facts.said[term]
            self.change.facts[identity] = facts

    def _judge(self, profile: int, *, due: bool) -> None:
        members = self._members_of[profile]
        known = profile in self._standings or any(map(self._kept._is_known, members))
        if profile in self._moved_profiles or not known:
            self._judge_anew(profile)
            return
        standing = self._standings.get(profile) or Standing()
        terms = {term for i in members for term, _ in (*self._heard.hits.get(i, ()), *self._heard.said.get(i, ()))}
        leaves = {leaf for term in terms for leaf in self._plan.of_term[term]}
        overdue = {leaf for leaf, at in standing.due.items() if at <= self.now} if due else set()
        self._settle(profile, standing, leaves | overdue, overdue)

    def _settle(self, profile: int, standing: Standing, leaves: set[int], overdue: set[int]) -> None:
        """Judge these conditions again, then the audiences of those that changed."""
        known, judged, now = self._plan.leaves, self._kept._judged, self.now
        view = self._view(profile)
        flipped, truths, touched = 0, standing.truths, False
        at = min((standing.due[leaf] for leaf in overdue), default=now)
        for number in leaves:
            leaf = known.get(number)
            if leaf is None or profile >= judged[number]:
                touched |= standing.due.pop(number, None) is not None
                continue
            bit = 1 << number
            test = leaf.test
            if number not in overdue and (test.lasting if truths & bit else test.waiting and number in standing.due):
                continue  # if its time comes later now, that is seen when the earlier one has come
            met, until = test.verdict(view, now)
            if until != standing.due.get(number):
                touched = True
                _set_due(standing, number, until)
            if met != bool(truths & bit):
                flipped |= bit
        if flipped:
            standing.truths = truths ^ flipped
            waiting = {n for number in leaves if flipped >> number & 1 for n in known[number].audiences}
            for number, inside in self._decide(profile, standing, waiting):
                self.change.flips.append((number, profile, inside))
                self._tell(number, profile, inside=inside, at=at)
        if flipped or touched:
            self.change.standings[profile] = standing

    def _judge_anew(self, profile: int) -> None:
        """Judge everything as if nothing was known: of somebody new, or other identities than before."""
        kept, standing = self._kept, Standing()
        own = self._standings[profile].members if profile in self._standings else 0
        before = own
        for other in self._before.get(profile, ()):
            before |= self._standings[other].members if other in self._standings else 0
        if kept._judging:
            self._hold(profile, standing, [number for number, upto in kept._judged.items() if profile < upto])
            self._decide(profile, standing, set(self._plan.members))
        else:
            self._judge_known(profile, standing)
        for number in _bits(standing.members | own | before):
            if number not in self._plan.members:
                continue
            inside = bool(standing.members >> number & 1)
            if inside != bool(own >> number & 1):
                self.change.flips.append((number, profile, inside))
            if inside != bool(before >> number & 1):
                self._tell(number, profile, inside=inside, at=self.now)
        self.change.standings[profile] = standing

    def _judge_known(self, profile: int, standing: Standing) -> None:
        """Begin with what holds for somebody of whom nothing is known; judge what the facts speak of."""
        made = self._plan
        standing.truths, standing.members = made.empty_truths, made.empty_members
        view = self._view(profile)
        leaves = {leaf for term in (*view.hits, *view.said) for leaf in made.of_term.get(term, ())}
        self._hold(profile, standing, leaves)
        flipped = standing.truths ^ made.empty_truths
        self._decide(profile, standing, {n for leaf in _bits(flipped) for n in made.leaves[leaf].audiences})

    def _judge_first(self, profile: int, leaves: Iterable[int], numbers: set[int]) -> None:
        """Judge audiences that are being filled; nobody enters what they were in all along."""
        standing = self._standings.get(profile) or Standing()
        self._hold(profile, standing, leaves)
        for number, inside in self._decide(profile, standing, set(numbers), only=numbers):
            self.change.flips.append((number, profile, inside))
        self.change.standings[profile] = standing

    def _hold(self, profile: int, standing: Standing, leaves: Iterable[int]) -> None:
        """Hold conditions against the profile, whatever was known of them."""
        view = self._view(profile)
        for number in leaves:
            met, until = self._plan.leaves[number].test.verdict(view, self.now)
            standing.truths = standing.truths | 1 << number if met else standing.truths & ~(1 << number)
            _set_due(standing, number, until)

    def _decide(
        self, profile: int, standing: Standing, waiting: set[int], *, only: set[int] | None = None
    ) -> list[tuple[int, bool]]:
        """Judge the audiences that wait, in their order, and those that depend on one that changed; the changes."""
        found: list[tuple[int, bool]] = []
        rank = self._plan.rank
        queue = [(rank[number], number) for number in waiting]
        heapq.heapify(queue)
        last = -1
        while queue:
            place, number = heapq.heappop(queue)
            if place == last:
                continue
            last, member = place, self._plan.members[number]
            if profile >= self._kept._upto["audience", number] if only is None else number not in only:
                continue
            inside = member.holds(standing.truths, standing.members)
            if inside != bool(standing.members >> number & 1):
                standing.members ^= 1 << number
                for other in member.dependents:
                    heapq.heappush(queue, (rank[other], other))
                found.append((number, inside))
        return found

    def _tell(self, number: int, profile: int, *, inside: bool, at: int) -> None:
        if self._kept._upto["audience", number] < DONE:
            return  # it is still being filled
        member = self._plan.members[number]
        said = {"audience": member.key, "name": member.body.name, "version": member.version}
        self.change.told.append(
            {
                "message_id": f"resa-{secrets.token_hex(12)}",
                "profile": profile,
                "name": "Segment Entered" if inside else "Segment Left",
                "at": min(at, self.now),
                "properties": msgspec.json.encode(said).decode(),
            }
        )

    def _view(self, profile: int) -> View:
        return View([self._facts.get(i) or _NOTHING for i in self._members_of[profile]])


_NOTHING: Final = Facts()


def _bits(mask: int) -> Iterator[int]:
    """The numbers of the bits that are set."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _set_due(standing: Standing, leaf: int, until: int | None) -> None:
    if until is None:
        standing.due.pop(leaf, None)
    else:
        standing.due[leaf] = until


def _grown(canonical: np.ndarray, size: int) -> np.ndarray:
    out = np.arange(size, dtype=np.int32)
    out[: canonical.size] = canonical
    return out


class Keeper:
    """The thread that looks around: at the tail, at the clock, at audiences that must be filled."""

    def __init__(self, projection: Memberships, log_tail: Tail, committer: Committer) -> None:
        """Like a `Follower`, but woken by time as well as by events."""
        self.projection = projection
        self._tail = log_tail
        self._committer = committer
        self._stopping = threading.Event()
        self.failure: str | None = None
        self._thread = threading.Thread(target=self._run, name="resa-audiences", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """Catch up with what is committed, then end. What is to be told or filled waits for the next start."""
        self._stopping.set()
        self._tail.wake()
        if self._thread.is_alive():
            self._thread.join(timeout=60)

    def catch_up(self) -> None:
        """Do all that is to do now, in the caller's thread."""
        while self._step():
            pass

    def _run(self) -> None:
        while not self._stopping.is_set():
            started = time.monotonic()
            if not self._step() and not self._stopping.is_set():
                self._tail.wait(self.projection.position(), PAUSE)
            self._stopping.wait(max(0.0, PAUSE - (time.monotonic() - started)))
        while self._tail.next_row > self.projection.position() and self._step(fill=False):
            pass
        self.projection.pass_by(self.projection.position(), last=True)

    def _step(self, *, fill: bool = True) -> bool:
        try:
            worked = self._look(fill=fill)
            self.failure = None
        except Exception as error:  # a process boundary: the thread reports and tries again, nothing is skipped
            self.failure = f"{type(error).__name__}: {error}"
            log.exception("Audiences failed; they try again from row %d.", self.projection.position())
            self._stopping.wait(1.0)
            return False
        return worked

    def _look(self, *, fill: bool) -> bool:
        kept = self.projection
        if kept.pass_by(self._tail.next_row):
            return kept.tell(self._committer)
        if fill and kept.filling:
            return kept.fill()  # where the body is behind, it comes up first
        events = self._tail.read(kept.position(), MOST) if self._tail.next_row > kept.position() else None
        worked = kept.look(events)
        return kept.tell(self._committer) or worked
