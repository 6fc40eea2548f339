"""How persons are read: at once where the state store is a file that answers at once, else aside, many together.

To hand one reading to a thread and take it back costs several times what SQLite takes for it, and waits for whoever holds the
interpreter: at 500 questions a second ten times the median. But the event loop does not wait for a disk that hangs: the one
reading that finds it slow sends those after it aside for a while.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor
from typing import Final

from resa.experiences.people import People, Person

AT_ONCE: Final = 2
"""Readings under way; who asks meanwhile goes with the next one, so the busier it is the less each costs."""
MOST: Final = 64
"""Persons in one reading."""
SLOW: Final = 0.05
"""Seconds of a reading after which the next are done aside."""
ASIDE: Final = 5.0
"""Seconds for which they are."""

Wanted = tuple[str, bool, asyncio.Future[Person]]


class Readings:
    """Used by one event loop."""

    def __init__(self, people: People, threads: Executor, *, at_once: bool) -> None:
        """Reads in `threads`, unless a reading needs nothing but this machine (`at_once`) and is quick."""
        self._people = people
        self._at_once = at_once
        self._aside_until = 0.0
        self._threads = threads
        self._waiting: list[Wanted] = []
        self._under_way = 0
        self.asked = 0
        """Persons that are being read or wait for it."""

    def read(self, key: str, *, verified: bool) -> asyncio.Future[Person]:
        """Who that is, now or soon."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Person] = loop.create_future()
        if self._at_once and not self._waiting and (started := loop.time()) >= self._aside_until:
            _settle(future, self._read([(key, verified, future)])[0])
            if (now := loop.time()) - started > SLOW:
                self._aside_until = now + ASIDE
            return future
        self._waiting.append((key, verified, future))
        self.asked += 1
        if self._under_way < AT_ONCE:
            self._go()
        return future

    def _go(self) -> None:
        taken, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        self._under_way += 1
        reading = asyncio.get_running_loop().run_in_executor(self._threads, self._read, taken)
        reading.add_done_callback(lambda done: self._done(taken, done))

    def _read(self, taken: Sequence[Wanted]) -> list[Person | Exception]:
        wanted = [(key, verified) for key, verified, _ in taken]
        try:
            return [*self._people.read_all(wanted)]
        except Exception as error:  # noqa: BLE001  # one that can't be read must not take its neighbours with it
            return [error] if len(taken) == 1 else [self._read([each])[0] for each in taken]

    def _done(self, taken: Sequence[Wanted], reading: asyncio.Future[list[Person | Exception]]) -> None:
        self._under_way -= 1
        self.asked -= len(taken)
        if self._waiting:
            self._go()
        if reading.cancelled():  # the server stops
            for _, _, future in taken:
                future.cancel()
            return
        for (_, _, future), found in zip(taken, reading.result(), strict=True):
            if not future.done():  # else whoever waited is gone
                _settle(future, found)


def _settle(future: asyncio.Future[Person], found: Person | Exception) -> None:
    if isinstance(found, Exception):
        future.set_exception(found)
    else:
        future.set_result(found)
