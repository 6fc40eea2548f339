"""One look around: what the next events, merges and the time that has passed change for whom."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from resa.kernel.audiences import reading, tables
from resa.kernel.audiences.facts import SLACK, Facts, Hits, View
from resa.kernel.audiences.filling import Progress
from resa.kernel.audiences.plan import Behaviour, Plan, bits
from resa.kernel.audiences.rolls import Known
from resa.kernel.audiences.tables import Standing
from resa.kernel.identity_map import IdentityMap
from resa.kernel.state import State

DUE_AT_ONCE: Final = 5_000
_NOTHING: Final = Facts()


@dataclass
class Ground:
    """What a look around stands on."""

    state: State
    plan: Plan
    progress: Progress
    known: Known
    told: IdentityMap
    """Who was the same as whom when memberships were judged last."""
    map: IdentityMap
    now: int


@dataclass
class Change:
    """What one transaction is about to write, and what follows from it in memory."""

    facts: dict[int, Facts] = field(default_factory=dict)
    standings: dict[int, Standing] = field(default_factory=dict)
    gone: list[int] = field(default_factory=list)
    erased: list[int] = field(default_factory=list)
    flips: list[tuple[int, int, bool]] = field(default_factory=list)
    """(audience, profile, inside)"""
    told: list[dict[str, object]] = field(default_factory=list)
    moved: list[tuple[int, int]] = field(default_factory=list)
    known: list[int] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether there is anything to write."""
        return any((self.facts, self.standings, self.gone, self.erased, self.told, self.moved))

    def ready(self, state: State) -> Callable[[sa.Connection], None]:
        """What writes all of it. Packed here, outside of the transaction in which others wait."""
        facts, standings = tables.facts_to_write(self.facts), tables.standings_to_write(self.standings)

        def write(tx: sa.Connection) -> None:
            tables.WRITE_FACTS.run(tx, facts)
            tables.forget(state, tx, self.gone, erased=self.erased)
            tables.WRITE_STANDINGS.run(tx, standings)
            state.upsert(tx, tables.moved, [{"identity": i, "profile": p} for i, p in self.moved], key=["identity"])
            if self.told:
                tx.execute(sa.insert(tables.outbox), self.told)

        return write


def look(ground: Ground, events: pa.Table | None) -> Change:
    """What these events change, and what has come about since the last look."""
    return _Round(ground).all(events)


def look_first(ground: Ground, first: int, last: int, numbers: Sequence[int]) -> Change:
    """Judge audiences that are being filled for the profiles of a range, without telling anybody."""
    return _Round(ground).slice(first, last, numbers)


class _Round:
    def __init__(self, ground: Ground) -> None:
        self._plan, self._progress, self._known = ground.plan, ground.progress, ground.known
        self._state, self._told, self._map, self._now = ground.state, ground.told, ground.map, ground.now
        self._change = Change()
        self._hidden = self._map.hidden
        self._moved: set[int] = set()
        self._before: dict[int, set[int]] = {}
        self._heard = reading.Heard()
        self._members_of: dict[int, Sequence[int]] = {}
        self._facts: dict[int, Facts] = {}
        self._standings: dict[int, Standing] = {}
        self._keeps: Mapping[int, tuple[int, int | None]] = {
            term: (self._now - source.horizon - SLACK, source.newest)
            for term, source in self._plan.terms.items()
            if isinstance(source, Behaviour)
        }

    def all(self, events: pa.Table | None) -> Change:
        """Events, merges, and what is due."""
        if events is not None:
            self._heard = reading.read(self._plan, events, self._progress.pending)
        heard, change = self._heard, self._change
        self._mark_moved()
        change.known = fresh = [identity for identity in heard.seen if identity not in self._known]
        with self._state.read() as tx:
            due = self._due(tx)
            touched = {self._profile(i) for i in (*heard.hits, *heard.said, *fresh)} | self._moved | due
            touched.discard(-1)
            self._read(tx, touched)
        for profile in change.gone:
            if profile in self._standings:
                members = self._standings[profile].members
                change.flips += [(n, profile, False) for n in bits(members) if n in self._plan.members]
        self._fold(fresh)
        for profile in touched:
            self._judge(profile, due=profile in due)
        return change

    def slice(self, first: int, last: int, numbers: Sequence[int]) -> Change:
        """Some audiences, for the profiles of a range."""
        c = tables.kept_facts.c
        with self._state.read() as tx:
            found = tx.execute(sa.select(c.identity).where(c.identity >= first, c.identity < last)).scalars()
            touched = {identity for identity in found if self._profile(identity) == identity}
            self._read(tx, touched)
        wanted = set(numbers)
        leaves = sum(1 << leaf for leaf in {leaf for n in numbers for leaf in self._plan.members[n].leaves})
        places = sum(1 << place for place, member in enumerate(self._plan.places) if member.number in wanted)
        for profile in touched:
            self._judge_first(profile, leaves, places, wanted)
        return self._change

    # -- who -----------------------------------------------------------------------------------------------------------

    def _profile(self, identity: int) -> int:
        """Whom an identity belongs to now."""
        canonical = self._map.canonical
        return int(canonical[identity]) if identity < canonical.size else identity

    def _members(self, profile: int) -> Sequence[int]:
        if profile >= self._hidden.size or not self._hidden[profile]:
            return (profile,)
        members: list[int] = self._map.members(profile).tolist()
        return members

    def _mark_moved(self) -> None:
        """Whose identities are others than when memberships were judged last."""
        told, now, change = self._told, self._map, self._change
        if told is now:
            return
        size = max(told.canonical.size, now.canonical.size)
        old, new = (_grown(each.canonical, size) for each in (told, now))
        for identity in np.flatnonzero(old != new).tolist():
            change.moved.append((identity, int(new[identity])))
            if new[identity] < 0:
                change.erased.append(identity)
            for profile in (int(old[identity]), int(new[identity])):
                if profile < 0:
                    continue
                if now.profile(profile) == profile:
                    self._moved.add(profile)
                else:
                    change.gone.append(profile)
        for profile in self._moved:  # an entry counts against all that these identities belonged to before
            self._before[profile] = {told.profile(i) for i in now.members(profile).tolist()} - {-1}

    def _due(self, tx: sa.Connection) -> set[int]:
        """Of whom time has changed something by itself."""
        c = tables.profiles.c
        waiting = sa.select(c.profile).where(c.due_at <= self._now).order_by(c.due_at).limit(DUE_AT_ONCE)
        return {profile for profile in tx.execute(waiting).scalars() if self._profile(profile) == profile}

    def _read(self, tx: sa.Connection, touched: set[int]) -> None:
        self._members_of = {profile: self._members(profile) for profile in touched}
        before = {profile for each in self._before.values() for profile in each}
        wanted = touched | before | set(self._change.gone)
        if wanted:
            identities = {identity for members in self._members_of.values() for identity in members}
            self._facts = tables.read_facts(self._state, tx, identities)
            self._standings = tables.read_standings(self._state, tx, wanted)

    # -- what is known of them -----------------------------------------------------------------------------------------

    def _fold(self, fresh: Iterable[int]) -> None:
        """Put what was heard to what is kept of each identity."""
        heard, now, profile = self._heard, self._now, self._profile
        changed = {identity for identity in fresh if profile(identity) >= 0}
        for identity, groups in heard.hits.items():
            if profile(identity) >= 0:
                self._fold_hits(self._facts_of(identity).hits, groups)
                changed.add(identity)
        for identity, items in heard.said.items():
            if profile(identity) >= 0:
                facts = self._facts_of(identity)
                if sum(facts.say(term, item, now) for term, item in items):
                    changed.add(identity)
        terms = self._plan.terms.keys()
        for identity in changed:
            facts = self._facts_of(identity)
            for kept in (facts.hits, facts.said):
                if not kept.keys() <= terms:
                    for term in kept.keys() - terms:
                        del kept[term]  # no audience asks for it any more
            self._change.facts[identity] = facts

    def _facts_of(self, identity: int) -> Facts:
        found = self._facts.get(identity)
        if found is None:
            found = self._facts[identity] = Facts()
        return found

    def _fold_hits(self, kept: dict[int, Hits], groups: Iterable[reading.Group]) -> None:
        keeps, now = self._keeps, self._now
        for terms, hit in groups:
            for term in terms:
                hits = kept.get(term)
                if hits is None:
                    hits = kept[term] = Hits([hit])
                else:
                    hits.add(hit)
                horizon, newest = keeps[term]
                if hits.recent[0][0] <= horizon:
                    hits.fold(horizon)
                if newest is not None and len(hits.recent) > newest:
                    hits.trim(newest, now)

    # -- what follows --------------------------------------------------------------------------------------------------

    def _judge(self, profile: int, *, due: bool) -> None:
        members = self._members_of[profile]
        known = profile in self._standings or any(identity in self._known for identity in members)
        if profile in self._moved or not known:
            self._judge_anew(profile)
            return
        standing = self._standings.get(profile) or Standing()
        view, heard, of_term = self._view(profile), self._heard, self._plan.of_term
        leaves = 0
        for term in {term for i in members for terms, _ in heard.hits.get(i, ()) for term in terms}:
            leaves |= of_term[term].by(view.count(term))
        for identity in members:
            for term, _ in heard.said.get(identity, ()):
                leaves |= of_term[term].all
        leaves &= ~(standing.truths & self._plan.lasting)
        overdue = {leaf for leaf, at in standing.due.items() if at <= self._now} if due else set[int]()
        self._settle(profile, standing, view, leaves, overdue)

    def _settle(self, profile: int, standing: Standing, view: View, leaves: int, overdue: set[int]) -> None:
        """Judge these conditions again, then the audiences of those that changed."""
        known, judged, now = self._plan.leaves, self._progress.judged, self._now
        due, truths, filling = standing.due, standing.truths, self._progress.judging
        flipped, touched, places = 0, False, 0
        at = min((due[leaf] for leaf in overdue), default=now)
        for number in overdue:
            leaves |= 1 << number
        for number in bits(leaves):
            leaf = known.get(number)
            if leaf is None or (filling and profile >= judged[number]):
                touched |= due.pop(number, None) is not None
                continue
            was, test = bool(truths >> number & 1), leaf.test
            if test.waiting and not was and number in due and number not in overdue:
                continue  # if its time comes later now, that is seen when the earlier one has come
            met, until = test.verdict(view, now)
            if until != due.get(number):
                touched = True
                _set_due(due, number, until)
            if met != was:
                flipped |= 1 << number
                places |= leaf.places
        if flipped:
            standing.truths = truths ^ flipped
            for number, inside in self._decide(profile, standing, places):
                self._change.flips.append((number, profile, inside))
                self._tell(number, profile, inside=inside, at=at)
        if flipped or touched:
            self._change.standings[profile] = standing

    def _judge_anew(self, profile: int) -> None:
        """Judge everything as if nothing was known: of somebody new, or other identities than before."""
        standing, progress, members = Standing(), self._progress, self._plan.members
        own = self._standings[profile].members if profile in self._standings else 0
        before = own
        for other in self._before.get(profile, ()):
            before |= self._standings[other].members if other in self._standings else 0
        if progress.judging:
            self._hold(profile, standing, sum(1 << n for n, upto in progress.judged.items() if profile < upto))
            self._decide(profile, standing, (1 << len(self._plan.places)) - 1)
        else:
            self._judge_known(profile, standing)
        for number in bits(standing.members | own | before):
            if number not in members:
                continue
            inside = bool(standing.members >> number & 1)
            if inside != bool(own >> number & 1):
                self._change.flips.append((number, profile, inside))
            if inside != bool(before >> number & 1):
                self._tell(number, profile, inside=inside, at=self._now)
        self._change.standings[profile] = standing

    def _judge_known(self, profile: int, standing: Standing) -> None:
        """Begin with what holds for somebody of whom nothing is known; judge what the facts speak of."""
        made = self._plan
        standing.truths, standing.members = made.empty_truths, made.empty_members
        view, of_term, leaves = self._view(profile), made.of_term, 0
        for term in view.hits:
            if term in of_term:
                leaves |= of_term[term].by(view.count(term))
        for term in view.said:
            if term in of_term:
                leaves |= of_term[term].all
        self._hold(profile, standing, leaves, view)
        places = 0
        for leaf in bits(standing.truths ^ made.empty_truths):
            places |= made.leaves[leaf].places
        self._decide(profile, standing, places)

    def _judge_first(self, profile: int, leaves: int, places: int, numbers: set[int]) -> None:
        """Judge audiences that are being filled; nobody enters what they were in all along."""
        standing = self._standings.get(profile) or Standing()
        self._hold(profile, standing, leaves)
        for number, inside in self._decide(profile, standing, places, only=numbers):
            self._change.flips.append((number, profile, inside))
        self._change.standings[profile] = standing

    def _hold(self, profile: int, standing: Standing, leaves: int, view: View | None = None) -> None:
        """Hold conditions against the profile, whatever was known of them."""
        view = view or self._view(profile)
        known, now, due, truths = self._plan.leaves, self._now, standing.due, standing.truths
        for number in bits(leaves):
            met, until = known[number].test.verdict(view, now)
            if met != bool(truths >> number & 1):
                truths ^= 1 << number
            if until is not None:
                due[number] = until
            elif number in due:
                del due[number]
        standing.truths = truths

    def _decide(
        self, profile: int, standing: Standing, places: int, *, only: set[int] | None = None
    ) -> list[tuple[int, bool]]:
        """Judge the audiences at these places, in their order, and those that depend on one that changed; the changes."""
        found: list[tuple[int, bool]] = []
        order, truths, members = self._plan.places, standing.truths, standing.members
        filling, progress = self._progress.judging, self._progress
        while places:  # dependents come after what they depend on
            low = places & -places
            places ^= low
            member = order[low.bit_length() - 1]
            number = member.number
            if filling and (profile >= progress.audience(number) if only is None else number not in only):
                continue
            inside = member.holds(truths, members)
            if inside != bool(members >> number & 1):
                members ^= 1 << number
                places |= member.after
                found.append((number, inside))
        standing.members = members
        return found

    def _tell(self, number: int, profile: int, *, inside: bool, at: int) -> None:
        if not self._progress.live(number):
            return  # it is still being filled
        member = self._plan.members[number]
        said = {"audience": member.key, "name": member.body.name, "version": member.version}
        self._change.told.append(
            {
                "message_id": f"resa-{secrets.token_hex(12)}",
                "profile": profile,
                "name": "Segment Entered" if inside else "Segment Left",
                "at": min(at, self._now),
                "properties": msgspec.json.encode(said).decode(),
            }
        )

    def _view(self, profile: int) -> View:
        return View([self._facts.get(identity) or _NOTHING for identity in self._members_of[profile]])


def _set_due(due: dict[int, int], leaf: int, until: int | None) -> None:
    if until is None:
        due.pop(leaf, None)
    else:
        due[leaf] = until


def _grown(canonical: np.ndarray, size: int) -> np.ndarray:
    out = np.arange(size, dtype=np.int32)
    out[: canonical.size] = canonical
    return out
