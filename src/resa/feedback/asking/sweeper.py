"""The thread that looks after askings: those that are due, the turns of relational surveys, and what the log must learn."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

import numpy as np

from resa.feedback.asking import rounds, sampling, tables, telling, whom
from resa.feedback.asking.attending import Attending
from resa.feedback.asking.book import Book
from resa.feedback.asking.plans import DAY, Plan, Plans
from resa.feedback.asking.room import Room
from resa.feedback.asking.somebody import of_profile
from resa.feedback.asking.tables import Ask
from resa.kernel import crash
from resa.kernel.audiences.asking import ADDRESSES
from resa.kernel.errors import NotFound, Overloaded
from resa.kernel.workspace import Workspace

log: Final = logging.getLogger("resa.feedback")

PAUSE: Final = 1.0
"""Seconds between two looks, where nothing wakes it."""
SOON: Final = 0.05
"""Seconds between two looks at who is not known well enough yet."""
AT_ONCE: Final = 200
"""Askings looked at between two looks at the rest."""
SWEEP_MS: Final = 60_000
"""Turns of relational surveys are taken once a minute: nobody's quarter is more exact."""
ANYWHERE: Final = frozenset(name for names in ADDRESSES.values() for name in names)
"""The traits of which one says how somebody can be reached at all: a sender of one's own knows what to do with it."""
TURNS_AT_ONCE: Final = 5_000
"""Askings written down in one transaction."""


class Sweeper:
    """One thread per workspace; `sweep` does one round of it in the caller's."""

    def __init__(
        self, workspace: Workspace, book: Book, attending: Attending, current: Callable[[], Plans], room: Room
    ) -> None:
        """Nothing runs yet."""
        self._room = room
        self._workspace, self._book, self._attending, self._current = workspace, book, attending, current
        self._woken = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="resa-asking", daemon=True)
        self._swept_at = self._forgot_at = 0
        self._held: tuple[list[Ask], int] | None = None
        """Askings that are due, and up to which row of the log their customers must be known."""
        self.failure: str | None = None

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; what is due waits for the next start."""
        self._stopping = True
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(timeout=60)

    def wake(self) -> None:
        """Something may be due."""
        self._woken.set()

    def _run(self) -> None:
        while not self._stopping:
            try:
                busy = self.sweep()
                self.failure = None
            except Overloaded:
                busy = False
            except Exception as error:  # a process boundary: said in the log, tried again, nothing is lost
                self.failure = f"{type(error).__name__}: {error}"
                log.exception("Looking after askings failed; it is tried again.")
                busy = False
            if not busy:
                self._woken.wait(PAUSE if self._held is None else SOON)
            self._woken.clear()

    def sweep(self) -> bool:
        """Do what is to be done now; whether there may be more."""
        now = self._workspace.clock()
        if now - self._swept_at >= SWEEP_MS:
            self._turns(now)
            self._swept_at = now
        due = self._due(now)
        for ask in due:
            if self._stopping:
                return False
            self._attending.attend(ask)
        told = self.tell()
        if now - self._forgot_at >= DAY:
            with self._workspace.state.write() as tx:
                self._book.forget_old(tx, now)
            self._forgot_at = now
        return len(due) == AT_ONCE or told

    def _due(self, now: int) -> list[Ask]:
        """Askings that are due, once all is known of their customers that came before or with what they are asked about.

        Address, consent and memberships are folded from the log a moment later; an order that comes with the first
        identification would else be the order of somebody who can't be reached.
        """
        workspace = self._workspace
        if self._held is None:
            with workspace.state.read() as tx:
                found = self._book.due(tx, now, AT_ONCE)
            self._held = found, workspace.tail.next_row
        found, upto = self._held
        if found and min(workspace.profiles.position(), workspace.memberships.position()) < upto:
            return []
        self._held = None
        return found

    # -- telling -------------------------------------------------------------------------------------------------------

    def tell(self) -> bool:
        """Let the log know who was asked. A repetition after a crash has the same message id, and counts once."""
        with self._workspace.state.read() as tx:
            untold = self._book.untold(tx)
        if not untold:
            return False
        keys = [ask.id for ask in untold]
        drafts = [telling.requested(ask) for ask in untold]
        crash.reached("asking.telling")
        self._workspace.committer.submit_sync(drafts, lambda tx: self._book.tell(tx, keys))
        crash.reached("asking.told")
        return True

    # -- relational surveys ------------------------------------------------------------------------------------------

    def _turns(self, now: int) -> None:
        with self._workspace.state.read() as tx:
            swept = self._book.swept(tx)
        for plan in self._current().all:
            if plan.every is None:
                continue
            if plan.key not in swept:  # just launched: its first round begins now, and nobody's turn has passed yet
                with self._workspace.state.write() as tx:
                    self._book.launch(tx, plan.key, now)
            elif self._room.full(plan):  # those whose turn passes meanwhile have their next one
                with self._workspace.state.write() as tx:
                    self._book.sweep(tx, plan.key, now)
            elif plan.body.channels != ["site"]:  # who can only be asked on a visit is asked on the visit
                self._round(plan, swept[plan.key], now)

    def _round(self, plan: Plan, after: int, now: int) -> None:
        assert plan.every is not None
        profiles = self._candidates(plan)
        if profiles is None:
            return
        turns = rounds.due(plan.key, profiles, plan.every, after, now)
        for first in range(0, max(1, len(turns)), TURNS_AT_ONCE):
            some = turns[first : first + TURNS_AT_ONCE]
            upto = now if first + TURNS_AT_ONCE >= len(turns) else some[-1].at
            with self._workspace.state.write() as tx:
                for turn in some:
                    somebody = of_profile(tx, self._workspace.identities, turn.profile)
                    if not sampling.sampled(plan.key, somebody.name, plan.body.sample):
                        continue
                    ask = tables.new(
                        plan.key,
                        somebody.name,
                        f"round:{turn.round}",
                        due=turn.at,
                        until=turn.at + plan.life,
                        version=plan.version,
                        probability=plan.body.sample,
                    )
                    self._book.begin(tx, ask, somebody.members)
                self._book.sweep(tx, plan.key, upto)

    def _candidates(self, plan: Plan) -> np.ndarray | None:
        """Whose turn it can be: the audience's or persona's members, else everybody of whom an address is known."""
        name = f"audience:{plan.body.audience}" if plan.body.audience else None
        name = name or (f"persona:{plan.body.persona}" if plan.body.persona else None)
        if name is None:
            with self._workspace.state.read() as tx:
                known = self._book.addressed(tx, ANYWHERE if plan.on("api") else whom.EMAIL)
            return np.unique(self._workspace.identities.profiles(known)) if known.size else known
        try:
            return self._workspace.populations.get(name).profiles
        except NotFound:
            return None
