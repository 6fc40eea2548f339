"""Searches a server runs: one after the other in threads of their own, with progress, stopped when asked to."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from resa.kernel import work
from resa.kernel.audit import Actor
from resa.kernel.errors import Conflict, ResaError
from resa.kernel.lens import Lens
from resa.kernel.work import Cancelled, Work
from resa.kernel.workspace import Workspace
from resa.predictions.personas import runs
from resa.predictions.personas.runs import Run

if TYPE_CHECKING:
    from resa.predictions.personas.finding import Previous

log: Final = logging.getLogger(__name__)

TOLD_SECONDS: Final = 0.5
"""How often progress is written down."""
WAITING: Final = 16
"""Searches that wait in a thread each, so that one that is stopped ends before its turn; more wait without one."""
LOOK_SECONDS: Final = 0.1
"""How often one that waits looks whether it was stopped."""


class Searches:
    """The searches of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        """Nothing runs yet."""
        self._workspace = workspace
        self._threads = ThreadPoolExecutor(WAITING, thread_name_prefix="resa-personas")
        self._running: dict[int, Work] = {}
        self._lock = threading.Condition()

    def start(self, lens: Lens, *, seed: int, most: int, author: Actor) -> Run:
        """Begin a search; it waits for the one before it."""
        workspace = self._workspace
        run = runs.begin(workspace.state, lens, seed=seed, most=most, author=author.name, now=workspace.clock())
        with self._lock:
            self._running[run.id] = workspace.works.begin(f"personas/jobs/{run.id}", owner=author)
        self._threads.submit(self._run, run)
        return run

    def stop(self, number: int) -> Run:
        """Let a search end soon; what it found so far is nothing."""
        with self._lock:
            running = self._running.get(number)
        run = runs.get(self._workspace.state, number)
        if running is None:
            raise Conflict(f"Search {number} does not run: it is {run.state}.", state=run.state)
        running.stop()
        return run

    def recover(self) -> None:
        """At the start of a server."""
        runs.interrupted(self._workspace.state, self._workspace.clock())

    def close(self) -> None:
        """At its end: stop what runs."""
        with self._lock:
            for running in self._running.values():
                running.stop()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _run(self, run: Run) -> None:
        state, clock = self._workspace.state, self._workspace.clock
        try:
            with self._workspace.works.doing(self._running[run.id]):
                self._wait(run.id)
                self._search(run)
        except Cancelled:
            runs.change(state, run.id, state="stopped", ended_at=clock())
        except ResaError as error:
            runs.change(state, run.id, state="failed", error=error.message, ended_at=clock())
        except Exception:  # a thread's boundary: said to whoever asks how far it is, and in the log
            log.exception("Search %s for personas broke off", run.id)
            words = "Broken off by an error of the server; its log says more."
            runs.change(state, run.id, state="failed", error=words, ended_at=clock())
        finally:
            with self._lock:
                self._running.pop(run.id, None)
                self._lock.notify_all()

    def _wait(self, number: int) -> None:
        """Until all that were begun before have ended."""
        with self._lock:
            while min(self._running) != number:
                self._lock.wait(LOOK_SECONDS)
                work.check()

    def _search(self, run: Run) -> None:
        from resa.predictions.personas import finding, stability  # noqa: PLC0415  # seconds to import; only a search needs it

        workspace = self._workspace
        row = workspace.body.landed()
        runs.change(workspace.state, run.id, state="running", row=row)
        outcome = finding.find(
            workspace,
            run.lens,
            seed=run.seed,
            effort=stability.Effort(most=run.most),
            previous=self._previous(),
            report=_Telling(workspace, run.id),
        )
        runs.finish(workspace.state, run.id, workspace.clock(), *outcome)

    def _previous(self) -> Previous | None:
        from resa.predictions.personas.finding import Previous  # noqa: PLC0415  # as in _search

        state = self._workspace.state
        run = runs.current(state) or runs.latest_found(state)
        if run is None or run.result is None:
            return None
        return Previous(run.result, *runs.known(state, run.id))


class _Telling:
    """Writes progress down now and then, and ends the search where somebody asked for it."""

    def __init__(self, workspace: Workspace, number: int) -> None:
        self._workspace, self._number = workspace, number
        self._told = ("", 0.0)

    def __call__(self, step: str, share: float) -> None:
        work.check()
        now = time.monotonic()
        if step != self._told[0] or now - self._told[1] > TOLD_SECONDS:
            self._told = (step, now)
            runs.change(self._workspace.state, self._number, step=step, progress=round(share, 3))
