"""Memberships kept current: a projection that judges only what an event, a merge or the time can have changed.

Facts, standings, due times, what is to be told and the cursor change in one transaction, so a crash neither loses nor
doubles an entry. A new audience is filled from history in slices between the batches, then goes on live.
"""

from __future__ import annotations

import gc
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from resa.kernel import crash
from resa.kernel.audiences import filling, judging, plan, tables, telling
from resa.kernel.audiences.facts import Facts, View
from resa.kernel.audiences.filling import Progress
from resa.kernel.audiences.judging import Change, Ground
from resa.kernel.audiences.plan import Member, Plan, Stages, bits
from resa.kernel.audiences.rolls import Known, Roll
from resa.kernel.audiences.rules import Audience
from resa.kernel.audiences.tables import DONE, Standing
from resa.kernel.body import Body
from resa.kernel.definitions import Definition, Definitions
from resa.kernel.errors import NotFound
from resa.kernel.identities import Identities
from resa.kernel.identity_map import IdentityMap
from resa.kernel.projections import cursors
from resa.kernel.state import State
from resa.kernel.tail import Committer, Tail

NOTED: Final = 2.0
"""Seconds between two notes of the place in the log while there is no audience: each is a transaction others wait for."""


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let the collector wait: a look makes very many small objects, none in a circle, and it would walk them all again."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


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
        self._progress: Progress | None = None
        self._known = Known()
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

    def pass_by(self, row: int) -> bool:
        """Where there is no audience: go on to `row` without looking, and note it now and then; False if there are some."""
        self.replan()
        if self._plan is None or self._plan.members:
            return False
        self._row = max(self._row, row)
        self._note_at_times()
        return True

    def note(self) -> None:
        """Write down a place up to which nothing changed."""
        if self._noted < self._row:
            with self._state.write_unsynced() as tx:
                self._note(tx, self._row)
            self._noted, self._noted_at = self._row, time.monotonic()

    def _note_at_times(self) -> None:
        """Now and then, for each is a transaction that others wait for."""
        if time.monotonic() - self._noted_at > NOTED:
            self.note()

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
        return None if member is None else self._inside(member.number, profile)

    def _inside(self, number: int, profile: int) -> bool:
        roll = self._rolls.get(number)
        return roll is not None and roll.has(profile)

    def inside(self, key: str, profile: int) -> bool | None:
        """Whether a profile belongs to an audience, by what is in memory; None while it is being filled or just saved.

        For those who ask often: what was saved within the last look around (0.2 s) may not show yet.
        """
        made, progress = self._plan, self._progress
        number = made.by_key.get(key) if made is not None else None
        if number is None or progress is None or not progress.live(number):
            return None
        return self._inside(number, profile)

    def of_identities(self, tx: sa.Connection, identities: Sequence[int]) -> tuple[frozenset[str], int | None]:
        """The audiences that these identities would belong to if they were a profile by themselves, and until when (ms UTC).

        Nothing that other identities of the same profile did counts. Audiences that are being filled are left out.
        """
        made, progress, now = self._plan, self._progress, self._clock()
        if made is None or progress is None:
            return frozenset(), None
        inside, until = made.empty_members, None
        if identities:
            facts = tables.read_facts(self._state, tx, identities)
            view = View([facts.get(each) or Facts() for each in identities])
            truths, inside = 0, 0
            for leaf in made.leaves.values():
                met, change = leaf.test.verdict(view, now)
                truths |= met << leaf.number
                if change is not None:
                    until = change if until is None else min(until, change)
            for member in made.places:
                inside |= member.holds(truths, inside) << member.number
        found = (member for number, member in made.members.items() if inside >> number & 1 and progress.live(number))
        return frozenset(member.key for member in found), until

    def _member(self, key: str) -> Member | None:
        """An audience that is live, by its current definition."""
        made, progress = self._plan, self._progress
        if made is None or progress is None or self._made_of != self._current():
            return None
        number = made.by_key.get(key)
        return made.members[number] if number is not None and progress.live(number) else None

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
            numbering = filling.Numbering(tx, self._row)
            made = plan.compile_all(audiences, {i.key: i.version for i in items}, numbering.number, self.stages)
            numbering.forget_others()
            if not made.members:
                for table in (tables.kept_facts, tables.profiles, tables.moved):
                    tx.execute(sa.delete(table))
        with self._lock:
            self._noted = self._row
            self._plan, self._made_of = made, current
            self._progress = Progress(made, numbering.upto)
            self._rolls = {number: self._rolls.get(number, Roll()) for number in made.members}
            if not made.members:
                self._known.clear()
                self._told = IdentityMap()

    def _load(self) -> None:
        """What a process must have in memory: who is known, who belongs where, and who was the same as whom."""
        if self._loaded:
            return
        members: dict[int, list[int]] = defaultdict(list)
        with self._state.read() as tx:
            self._known.add(tx.execute(sa.select(tables.kept_facts.c.identity)).scalars())
            for profile, blob in tx.execute(sa.select(tables.profiles.c.profile, tables.profiles.c.standing)):
                for number in bits(Standing.unpacked(blob).members):
                    members[number].append(profile)
            moved = tx.execute(sa.select(tables.moved.c.identity, tables.moved.c.profile)).all()
        if moved:
            identities, profiles = zip(*moved, strict=True)
            self._told = IdentityMap().changed(identities, profiles)
        self._rolls = {number: Roll.of(profiles) for number, profiles in members.items()}
        self._loaded = True

    # -- judging -----------------------------------------------------------------------------------------------------

    def look(self, events: pa.Table | None) -> bool:
        """Judge what the next events, merges, and the time that has passed change; whether anything was to do."""
        self.replan()
        upto = self._row + (events.num_rows if events is not None else 0)
        ground = self._ground()
        if ground is None or not ground.plan.members:
            return self.pass_by(upto) and events is not None
        with _undisturbed():
            change = judging.look(ground, events)
        if not change and events is None:
            return False
        if change:
            write = change.ready(self._state)
            with self._state.write_unsynced() as tx:  # who is told of it hears by the log, in a commit after this one
                write(tx)
                crash.reached("audiences.before-cursor")
                self._note(tx, upto)
            crash.reached("audiences.after")
        with self._lock:
            self._row = upto
            self._told = ground.map
            if change:
                self._noted, self._noted_at = upto, time.monotonic()
                self._remember(change)
        self._note_at_times()
        return True

    def _ground(self) -> Ground | None:
        if self._plan is None or self._progress is None:
            return None
        plan_, progress, now = self._plan, self._progress, self._clock()
        return Ground(self._state, plan_, progress, self._known, self._told, self._identities.map(), now)

    def _remember(self, change: Change) -> None:
        self._known.add(change.known)
        for number, profile, inside in change.flips:
            self._rolls.setdefault(number, Roll()).put(profile, inside)

    # -- filling -----------------------------------------------------------------------------------------------------

    @property
    def filling(self) -> bool:
        """Whether an audience is on its way from history."""
        return bool(self._progress)

    def fill(self) -> bool:
        """One slice of what new audiences need from history; False where there is nothing to do, or not yet."""
        progress = self._progress
        if not progress or self._body.landed() < self._row:
            return False
        if progress.pending:
            now, everybody = self._clock(), self._identities.count
            found = filling.fill_terms(self._state, self._body, progress, upto=self._row, now=now, identities=everybody)
            self._known.add(found)
        else:
            self._fill_audiences(progress)
        return True

    def _fill_audiences(self, progress: Progress) -> None:
        ground = self._ground()
        assert ground is not None
        first, last, numbers = progress.next_audiences()
        reached = DONE if last >= self._identities.count else last
        change = judging.look_first(ground, first, last, numbers)
        write = change.ready(self._state)
        with self._state.write() as tx:
            write(tx)
            progress.write(tx, "audience", numbers, reached)
        with self._lock:  # live and known at the same moment
            self._remember(change)
            progress.reached("audience", numbers, reached)

    # -- telling -----------------------------------------------------------------------------------------------------

    def tell(self, committer: Committer) -> bool:
        """Write who entered and left into the log: gone from the outbox in the transaction that appends it."""
        return telling.tell(self._state, self._identities, committer, self._clock())
