"""Work that takes a while: what runs, for whom and since when, how far it is, and how it is stopped.

Who begins it (a request, a search) opens it; what does it, however deep below, asks `check` between two pieces and says
`advance`. Where nobody opened any, both do nothing. The current work goes with the thread's context
(`contextvars`): a pool's threads are given it by `contextvars.copy_context`.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from resa.kernel import times
from resa.kernel.audit import Actor
from resa.kernel.errors import NotFound, ResaError

AGAIN_SECONDS: Final = 0.1
"""An engine that had not begun when it was told to stop is told once more."""


class Cancelled(ResaError):
    """Somebody stopped it, or who asked has gone."""

    status = 409
    code = "cancelled"

    def __init__(self) -> None:
        """Nothing was changed: work that can be stopped only reads, or says itself what it kept."""
        super().__init__("This was cancelled before there was an answer.", remedy="Ask again.")


class Work:
    """One piece of work. Thread-safe."""

    def __init__(self, key: str, what: str, *, owner: Actor | None, since: int) -> None:
        """`what` names it for programs, as in `questions/funnel`."""
        self.key = key
        self.what = what
        self.owner = owner
        self.since = since
        self.done = 0
        self.expected = 0
        self._began = time.monotonic()
        self._stopped = False
        self._engines: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    @property
    def stopped(self) -> bool:
        """Whether somebody stopped it; it ends within moments."""
        return self._stopped

    @property
    def seconds(self) -> float:
        """How long it has been running."""
        return time.monotonic() - self._began

    def stop(self) -> None:
        """Let it end at its next `check`, and interrupt the engines that work for it."""
        with self._lock:
            self._stopped = True
            engines = list(self._engines)
        for interrupt in engines:
            interrupt()
        if engines:
            again = threading.Timer(AGAIN_SECONDS, self.stop)
            again.daemon = True
            again.start()

    def check(self) -> None:
        """Raise `Cancelled` if it was stopped."""
        if self._stopped:
            raise Cancelled

    def expect(self, events: int) -> None:
        """So many more events are to be read."""
        with self._lock:
            self.expected += events

    def advance(self, events: int) -> None:
        """So many of them have been."""
        with self._lock:
            self.done += events

    @contextmanager
    def interrupting(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """`interrupt` is called if the work is stopped meanwhile."""
        with self._lock:
            self._engines.append(interrupt)
        try:
            yield
        finally:
            with self._lock:
                self._engines.remove(interrupt)


_current: Final[ContextVar[Work | None]] = ContextVar("work", default=None)


def current() -> Work | None:
    """The work that this thread does, if it was opened."""
    return _current.get()


def check() -> None:
    """Raise `Cancelled` if what this thread works on was stopped."""
    if (work := _current.get()) is not None:
        work.check()


def expect(events: int) -> None:
    """So many more events are to be read."""
    if (work := _current.get()) is not None:
        work.expect(events)


def advance(events: int) -> None:
    """So many more have been read. Raises `Cancelled` if the work was stopped."""
    if (work := _current.get()) is not None:
        work.advance(events)
        work.check()


@contextmanager
def interruptible(interrupt: Callable[[], None], broken: type[Exception]) -> Iterator[None]:
    """Let an engine be interrupted: it then raises `broken`, which becomes `Cancelled`."""
    work = _current.get()
    if work is None:
        yield
        return
    work.check()
    with work.interrupting(interrupt):
        try:
            yield
        except broken:
            work.check()
            raise


class Works:
    """What runs in a workspace. Thread-safe."""

    def __init__(self, clock: Callable[[], int] = times.now) -> None:
        """Nothing runs yet; `clock` gives ms UTC."""
        self._clock = clock
        self._running: dict[str, Work] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def begin(self, what: str, *, owner: Actor | None = None, key: str | None = None) -> Work:
        """Open work, under a key of the caller's if that is free. Whoever opens it also ends it."""
        with self._lock:
            if key is None or key in self._running:
                key = f"w{next(self._numbers)}"
            work = self._running[key] = Work(key, what, owner=owner, since=self._clock())
        return work

    def end(self, work: Work) -> None:
        """It runs no more."""
        with self._lock:
            self._running.pop(work.key, None)

    @contextmanager
    def doing(self, work: Work) -> Iterator[Work]:
        """What this thread does meanwhile is `work`; it ends with it."""
        token = _current.set(work)
        try:
            yield work
        finally:
            _current.reset(token)
            self.end(work)

    def all(self) -> list[Work]:
        """What runs now, the longest first."""
        with self._lock:
            return list(self._running.values())

    def get(self, key: str) -> Work:
        """The work of that key. Raises NotFound where it ran out or never was."""
        with self._lock:
            if key not in self._running:
                raise NotFound("work", key, "It may have ended already.")
            return self._running[key]

    def stop_all(self) -> None:
        """At the end of a process."""
        for work in self.all():
            work.stop()
