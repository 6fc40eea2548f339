"""Whose turn it is to write: one at a time, and what a page waits for goes before what is written in the background."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from typing import NamedTuple


class _Waiting(NamedTuple):
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[None]
    work: Callable[[], None]


class Turns:
    """A lock for threads (`with`), in which what event loops wait for stands at the front (`first`). Who takes it twice is told so (RuntimeError)."""

    def __init__(self) -> None:
        """Free."""
        self._changed = threading.Condition()
        self._taken = False
        self._taker = 0
        """The thread that has it, or had it last."""
        self._loops = 0
        """Event loops that stand still until it is free."""
        self._front: deque[_Waiting] = deque()

    def __enter__(self) -> None:
        """Wait until it is free and nobody stands before this thread."""
        self._refuse_twice()
        if asyncio._get_running_loop() is not None:  # get_running_loop raises instead
            self._enter_before_all()
            return
        with self._changed:
            self._changed.wait_for(lambda: not self._taken and not self._front)
            self._take()

    def _enter_before_all(self) -> None:
        """In an event loop's thread: one that waits here can't serve what stands at the front, which would wait for it."""
        with self._changed:
            self._loops += 1
            try:
                self._changed.wait_for(lambda: not self._taken)
            finally:
                self._loops -= 1
            self._take()

    def _take(self) -> None:
        self._taken, self._taker = True, threading.get_ident()

    def _refuse_twice(self) -> None:
        if self._taken and self._taker == threading.get_ident():
            raise RuntimeError(
                "This thread has the turn already, in a transaction that is open: it would wait for itself."
            )

    def __exit__(self, *_: object) -> None:
        """Give it on: to what stands at the front, else to any thread."""
        with self._changed:
            self._taken = False
            self._call()

    async def first(self, work: Callable[[], None]) -> None:
        """Do `work` in this event loop as soon as it is free; quickly, for the loop and all who write wait meanwhile."""
        loop = asyncio.get_running_loop()
        waiting = _Waiting(loop, loop.create_future(), work)
        with self._changed:
            self._front.append(waiting)
            alone = not self._taken and len(self._front) == 1
        if alone:
            self._serve()
        await waiting.future

    def _call(self) -> None:
        if self._loops:
            self._changed.notify_all()
            return
        while self._front:
            try:
                self._front[0].loop.call_soon_threadsafe(self._serve)
            except RuntimeError:  # its event loop is closed, nobody waits any more
                self._front.popleft()
            else:
                return
        self._changed.notify()

    def _serve(self) -> None:
        """In an event loop: what stands at the front, if it is still free."""
        with self._changed:
            if self._taken:  # its release calls again
                return
            while self._front and self._front[0].future.done():  # whoever waited was told to stop
                self._front.popleft()
            if not self._front or self._front[0].loop is not asyncio.get_running_loop():
                self._call()
                return
            _, future, work = self._front.popleft()
            self._take()
        try:
            work()
        except Exception as error:  # noqa: BLE001  # theirs who wait for it
            future.set_exception(error)
        else:
            future.set_result(None)
        finally:
            self.__exit__()
