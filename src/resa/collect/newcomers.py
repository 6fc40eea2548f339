"""How many identities nobody saw before each source brings, and whether that is far more than usual.

A write key in a page is public: whoever copies it can make up visitors. Nothing is turned away for it (a campaign looks the
same); somebody is told.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Final

import msgspec
import numpy as np

from resa.kernel.groups import Group

MINUTE: Final = 60_000
WINDOW: Final = 10
"""Minutes that are looked at together."""
REMEMBERED: Final = 24 * 60
ENOUGH: Final = 60
"""Minutes after which a source's usual rate is known."""
FACTOR: Final = 5
LEAST: Final = 1_000
"""In ten minutes: below nothing is alarming."""
LEAST_UNKNOWN: Final = 10_000
"""The same while the usual rate is not known yet."""


class Rate(msgspec.Struct, frozen=True):
    """New identities of a source: in the last ten minutes, in ten minutes as usual (null: not known yet), since the start."""

    recent: int = 0
    usual: float | None = None
    total: int = 0
    alarm: bool = False


class _Counted:
    """New identities of one source by minute."""

    def __init__(self, began: int) -> None:
        """Counts from the minute `began` on; before, nothing is known."""
        self.began = began
        self.total = 0
        self.minutes: deque[tuple[int, int]] = deque()  # (minute, how many), where there were any

    def add(self, minute: int, count: int) -> None:
        self.total += count
        if self.minutes and self.minutes[-1][0] >= minute:
            last, before = self.minutes.pop()
            self.minutes.append((last, before + count))
        else:
            self.minutes.append((minute, count))
        while self.minutes[0][0] <= minute - REMEMBERED:
            self.minutes.popleft()

    def rate(self, minute: int) -> Rate:
        since = minute - WINDOW
        recent = sum(count for when, count in self.minutes if when > since)
        earlier = sum(count for when, count in self.minutes if minute - REMEMBERED < when <= since)
        span = min(since - self.began + 1, REMEMBERED - WINDOW)
        usual = earlier * WINDOW / span if span >= ENOUGH else None
        least = LEAST_UNKNOWN if usual is None else max(LEAST, FACTOR * usual)
        return Rate(recent, usual, self.total, recent >= least)


class Newcomers:
    """Counts as groups are committed. `apply` is for the commit's thread; the rest may be asked from any."""

    def __init__(self, clock: Callable[[], int], known: int) -> None:
        """`known` identities were there before."""
        self._clock = clock
        self._known = known
        self._lock = threading.Lock()
        self._by_source: dict[str, _Counted] = {}

    def apply(self, group: Group) -> None:
        """Count those of a group whose number nobody had before."""
        identity = group.identity
        if not identity.size or (newest := int(identity.max())) < self._known:
            return
        fresh = np.flatnonzero(identity >= self._known)
        _, firsts = np.unique(identity[fresh], return_index=True)
        self._known = newest + 1
        minute = self._clock() // MINUTE
        counts: dict[str, int] = {}
        for source in group.sources(fresh[firsts]):
            counts[source] = counts.get(source, 0) + 1
        with self._lock:
            for source, count in counts.items():
                self._by_source.setdefault(source, _Counted(minute)).add(minute, count)

    def rate(self, source: str) -> Rate:
        """How many new identities a source brings."""
        with self._lock:
            counted = self._by_source.get(source)
            return counted.rate(self._clock() // MINUTE) if counted else Rate()

    def rates(self) -> dict[str, Rate]:
        """The same of every source that brought some since the start."""
        with self._lock:
            minute = self._clock() // MINUTE
            return {source: counted.rate(minute) for source, counted in self._by_source.items()}
