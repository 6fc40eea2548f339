"""Work on comments that a server does in the background, one after the other: with progress, stopped when asked to.

`fill` searches the history for the comments of new or changed sources, `find` finds themes, `learn` learns from scored
comments, `read` reads every comment anew, `ask` puts what nobody can read before the language model. What is due begins by
itself (`look`), never within a request.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from resa.feedback.themes import runs, store, telling
from resa.feedback.themes.current import Themes
from resa.feedback.themes.reception import Reception
from resa.feedback.themes.sources import Sources
from resa.feedback.themes.understanding import Understanding
from resa.feedback.themes.upkeep import Upkeep
from resa.kernel import audit, work
from resa.kernel.audit import Actor
from resa.kernel.errors import Conflict, ResaError
from resa.kernel.work import Cancelled, Work
from resa.kernel.workspace import Workspace

log: Final = logging.getLogger(__name__)

TOLD_SECONDS: Final = 0.5
"""How often progress is written down."""
LOOK_SECONDS: Final = 60.0
"""How often it is looked whether something is due, at most."""


class Jobs:
    """The background work of one workspace."""

    def __init__(
        self, workspace: Workspace, reception: Reception, understanding: Understanding, themes: Themes
    ) -> None:
        """Nothing runs yet, and nothing begins by itself before `recover`."""
        self._workspace = workspace
        self._understanding = understanding
        self._themes = themes
        self.upkeep = Upkeep(workspace, reception, understanding, themes)
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="resa-comments")
        self._running: dict[int, Work] = {}
        self._kinds: set[str] = set()
        self._lock = threading.Lock()
        self._looked = 0.0
        self._automatic = False
        workspace.identities.listen(self._moved)

    # -- begun and stopped -----------------------------------------------------------------------------------------

    def start(self, kind: str, author: Actor) -> runs.Run:
        """Begin work of a kind; it waits for what runs. Conflict where the same kind waits or runs already."""
        with self._lock:
            if kind in self._kinds:
                raise Conflict(f"This is being done already: {kind}.", remedy="Wait for it, or stop it first.")
            self._kinds.add(kind)
            run = runs.begin(self._workspace.state, kind, author.name, self._workspace.clock())
            self._running[run.id] = self._workspace.works.begin(f"comments/jobs/{run.id}", owner=author)
        try:
            self._threads.submit(self._run, run)
        except RuntimeError:  # closed meanwhile
            self._ended(run)
            runs.change(self._workspace.state, run.id, state="stopped", ended_at=self._workspace.clock())
            raise Conflict("The server is stopping.", remedy="Begin it again when it is back.") from None
        return run

    def _ended(self, run: runs.Run) -> None:
        with self._lock:
            self._running.pop(run.id, None)
            self._kinds.discard(run.kind)

    def stop(self, number: int) -> runs.Run:
        """Let work end soon. What it did so far stays: every comment is either as before or done."""
        with self._lock:
            running = self._running.get(number)
        run = runs.get(self._workspace.state, number)
        if running is None:
            raise Conflict(f"Work {number} does not run: it is {run.state}.", state=run.state)
        running.stop()
        return run

    def recover(self) -> None:
        """At the start of a server: what was interrupted is marked, what waits is told, what is due begins."""
        runs.interrupted(self._workspace.state, self._workspace.clock())
        self._automatic = True
        self._later(self._start_up)

    def close(self) -> None:
        """At its end: stop what runs."""
        self._automatic = False
        with self._lock:
            for running in self._running.values():
                running.stop()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def wait(self) -> None:
        """Until all that was begun so far has ended."""
        self._threads.submit(lambda: None).result()

    # -- by itself -------------------------------------------------------------------------------------------------

    def kept(self) -> None:
        """New comments were kept: say so in the log, and see now and then whether something is due."""
        self.tell()
        if self._automatic and time.monotonic() - self._looked > LOOK_SECONDS:
            self._looked = time.monotonic()
            self._later(self.look)

    def tell(self) -> None:
        """Write what was understood into the log."""
        workspace, counts_as = self._workspace, self._themes.counts_as()
        while telling.tell(workspace.state, workspace.identities, workspace.committer, counts_as, workspace.clock()):
            pass

    def look(self) -> None:
        """Begin what is due."""
        for kind in self.upkeep.due():
            if kind not in self._kinds:
                self.start(kind, audit.SYSTEM)

    def sources_changed(self) -> None:
        """A source was saved or taken away: its comments in the history are searched for, or forgotten."""
        if self._automatic:
            self._later(self.look)

    def themes_changed(self) -> None:
        """A theme's phrases may have changed."""
        if self._automatic and "find" not in self._kinds and "read" not in self._kinds:
            self._later(self.upkeep.hold_anew)

    def _start_up(self) -> None:
        store.drop_erased(self._workspace.state)
        self.tell()
        self.look()

    def _moved(self, touched: set[int]) -> None:
        """In the commit's thread: somebody was erased."""
        if any(number < 0 for number in touched):
            self._later(self._forget)

    def _forget(self) -> None:
        if store.drop_erased(self._workspace.state):
            self.upkeep.forgotten()

    def _later(self, function: Callable[[], Any]) -> None:
        with contextlib.suppress(RuntimeError):  # the server is ending; at its next start it is seen to
            self._threads.submit(_reported, function)

    # -- the thread ------------------------------------------------------------------------------------------------

    def _run(self, run: runs.Run) -> None:
        state, clock = self._workspace.state, self._workspace.clock
        try:
            with self._workspace.works.doing(self._running[run.id]):
                runs.change(state, run.id, state="running")
                result = self.upkeep.do(run, _Telling(self._workspace, run.id))
                ended = {"state": "done", "step": "done", "progress": 1.0}
                runs.change(state, run.id, **ended, ended_at=clock(), result=result)
        except Cancelled:
            runs.change(state, run.id, state="stopped", ended_at=clock())
        except ResaError as error:
            runs.change(state, run.id, state="failed", error=error.message, ended_at=clock())
        except Exception:  # a thread's boundary: said to whoever asks how far it is, and in the log
            log.exception("Work %s on comments broke off", run.id)
            words = "Broken off by an error of the server; its log says more."
            runs.change(state, run.id, state="failed", error=words, ended_at=clock())
        finally:
            self._ended(run)
        if run.kind in ("fill", "learn") and self._automatic:
            self._later(self.look)
        if run.kind in ("fill", "ask"):
            self._later(self.tell)


@dataclass(frozen=True)
class Comments:
    """The comments of a workspace: what reads them, what they are held against, and what works on them."""

    sources: Sources
    understanding: Understanding
    themes: Themes
    jobs: Jobs


def _reported(function: Callable[[], Any]) -> None:
    try:
        function()
    except Conflict:
        pass  # somebody began it meanwhile
    except Exception:  # a thread's boundary: said in the log, tried again when it is looked at next
        log.exception("Upkeep of comments failed.")


class _Telling:
    """Writes progress down now and then, and ends the work where somebody asked for it."""

    def __init__(self, workspace: Workspace, number: int) -> None:
        self._workspace, self._number = workspace, number
        self._told = ("", 0.0)

    def __call__(self, step: str, share: float) -> None:
        work.check()
        now = time.monotonic()
        if step != self._told[0] or now - self._told[1] > TOLD_SECONDS:
            self._told = (step, now)
            runs.change(self._workspace.state, self._number, step=step, progress=round(min(share, 1.0), 3))
