"""The one object that holds a workspace's parts together; slices receive it, nothing is global."""

from __future__ import annotations

import fcntl
import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from resa.kernel import contacts, memory, times
from resa.kernel.audiences.asking import Audiences
from resa.kernel.audiences.keeper import Keeper
from resa.kernel.audiences.keeping import Memberships
from resa.kernel.audiences.rules import KIND as AUDIENCE
from resa.kernel.body import Body
from resa.kernel.body.duck import DuckBody
from resa.kernel.decisions import Decisions
from resa.kernel.definitions import Definitions
from resa.kernel.errors import Conflict
from resa.kernel.identities import Identities
from resa.kernel.landing import Lander
from resa.kernel.populations import Populations
from resa.kernel.profiles import ProfileFold
from resa.kernel.projections import Follower, Projection
from resa.kernel.sequences.manifest import StateManifest
from resa.kernel.state import State, sqlite_url
from resa.kernel.tail import Committer, Tail
from resa.kernel.work import Works
from resa.settings import Settings

if TYPE_CHECKING:
    from resa.kernel.sequences.index import JourneyIndex

log: Final = logging.getLogger("resa.workspace")

MAINTENANCE_SECONDS: Final = 1.0
FORGET_SECONDS: Final = 30.0
QUIET_SECONDS: Final = 10.0
"""Without an event for so long, what was freed goes back to the system: under load it would be asked for again at once."""
PROFILED_AT_ONCE: Final = 4_000
"""Events folded in one transaction. On SQLite the next commit, and whoever waits for it, waits meanwhile."""
WORTH_SEALING: Final = 50_000
"""Events in the index's head from which closing writes them down: rebuilding fewer takes no time worth a file."""


class Workspace:
    """An open workspace: one data directory (or one PostgreSQL and a lake), owned by this process.

    `open` makes it ready for questions, `start` begins to take events, `close` writes down what waits.
    """

    def __init__(self, settings: Settings, *, clock: Callable[[], int] = times.now) -> None:
        """Open the parts in the order in which they stand on each other."""
        self.settings = settings
        self.clock = clock
        self._lock = _own(settings.data)
        self.state: State = State.open(settings.state or sqlite_url(settings.data))
        self.state.own()
        self.definitions = Definitions(self.state, clock)
        self.decisions = Decisions(self.state)
        self.populations = Populations()
        self.works = Works(clock)
        self.identities = Identities(self.state)
        self.tail = Tail(self.state)
        self.committer = Committer(self.state, self.identities, self.tail, clock=clock)
        self.body: Body = self._open_body()
        self.index: JourneyIndex = self._open_index()
        self.profiles = ProfileFold(self.state)
        self.lander = Lander(self.body, self.index, self.identities)
        self.definitions.register(AUDIENCE)
        self.definitions.register(contacts.KIND)
        self.contacts = contacts.Ledger(self.state)
        self.memberships = Memberships(self.state, self.definitions, self.identities, self.tail, self.body, clock=clock)
        self.audiences = Audiences(self.definitions, self.memberships, self.identities, self.body, clock)
        self.populations.register("audience", self.audiences.population)
        self.followers: tuple[Follower | Keeper, ...] = (
            Follower(self.profiles, self.tail, pause=0.4, most=PROFILED_AT_ONCE),
            Follower(self.lander, self.tail, pause=0.2, most=100_000),
            Keeper(self.memberships, self.tail, self.committer),
        )
        self._closing = threading.Event()
        self._keeper = threading.Thread(target=self._maintain, name="resa-keeper", daemon=True)
        self._started = False

    @classmethod
    def open(cls, settings: Settings, *, clock: Callable[[], int] = times.now) -> Workspace:
        """Open (and on first use create) the workspace of `settings`. Conflict if another process owns the directory."""
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        return cls(settings, clock=clock)

    def start(self) -> Workspace:
        """Take events and keep everything up with them."""
        self._started = True
        self.committer.start()
        for follower in self.followers:
            follower.start()
        self._keeper.start()
        return self

    def follow(self, projection: Projection, *, pause: float = 0.2, most: int = 4_000) -> None:
        """Keep a slice's projection up with the log: as one of the workspace's own, whose place the log's tail heeds."""
        follower = Follower(projection, self.tail, pause=pause, most=most)
        self.followers = (*self.followers, follower)
        if self._started:
            follower.start()

    def settle(self, seconds: float = 60.0) -> None:
        """Wait until everything committed so far is in every projection; raises TimeoutError after `seconds`."""
        row, until = self.tail.next_row, time.monotonic() + seconds
        while min(f.projection.position() for f in self.followers) < row:
            if time.monotonic() > until:
                lagging = {f.projection.name: (f.projection.position(), f.failure) for f in self.followers}
                raise TimeoutError(f"Row {row} did not arrive everywhere within {seconds:g} s: {lagging}")
            time.sleep(0.005)
        self.lander.refresh()

    def close(self) -> None:
        """Stop what runs, write down what waits, give everything back. A second time does nothing."""
        if self._closing.is_set():
            return
        self._closing.set()
        self.works.stop_all()
        if self._started:
            self.committer.stop()
            for follower in self.followers:
                follower.stop()
            self._keeper.join(timeout=60)
            if self.index.head_events > WORTH_SEALING:
                self.index.seal()  # so that the next start has nothing to rebuild
        self.body.close()
        self.state.close()
        os.close(self._lock)

    def _open_body(self) -> Body:
        if self.settings.lake is None:
            return DuckBody(self.settings.data / "body.duckdb")
        from resa.kernel.body.lake import LakeBody  # noqa: PLC0415  # Spark is an optional dependency

        return LakeBody(self.settings.lake, self.state, self.settings.spark)

    def _open_index(self) -> JourneyIndex:
        from resa.kernel.sequences.index import JourneyIndex  # noqa: PLC0415  # loads numba: only who opens a workspace pays
        from resa.kernel.sequences.runs import DamagedRun  # noqa: PLC0415

        folder, manifest = self.settings.data / "journeys", StateManifest(self.state)
        try:
            return JourneyIndex.open(folder, manifest, seal_events=self.settings.seal_events)
        except DamagedRun as damage:  # or, with the list of runs on PostgreSQL, another machine's files
            log.warning("The journey index is rebuilt from the body: %s", damage)
            JourneyIndex.reset(folder, manifest)
            return JourneyIndex.open(folder, manifest, seal_events=self.settings.seal_events)

    def _maintain(self) -> None:
        """Seal, compact, forget: what must be done now and then and must never stop the rest."""
        forgotten = moved = time.monotonic()
        row = self.tail.next_row
        while not self._closing.wait(MAINTENANCE_SECONDS):
            try:
                if self.tail.next_row != row:
                    row, moved = self.tail.next_row, time.monotonic()
                elif time.monotonic() - moved > QUIET_SECONDS:
                    memory.give_back()
                    moved = time.monotonic()
                self.state.own()
                self.index.maintain()
                self.state.checkpoint()
                if time.monotonic() - forgotten > FORGET_SECONDS:
                    forgotten = time.monotonic()
                    kept = min(f.projection.noted() for f in self.followers)
                    self.tail.forget(min(kept, self.memberships.noted()))
                    self.committer.forget_digests()
                    self.contacts.forget_old(self.clock())
            except Exception:  # a process boundary: said in the log, tried again
                log.exception("Maintenance failed; it tries again.")


def _own(data: Path) -> int:
    """Take the directory for this process; the lock dies with it."""
    lock = os.open(data / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise Conflict(
            f"Another process has {data} open.", remedy="Stop it, or speak to it: a server listens on resa.sock there."
        ) from None
    return lock
