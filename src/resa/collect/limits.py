"""How much one key or one address may send before it is told to wait; nothing waits in memory for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from resa.collect.enrichment import Remembered


@dataclass(frozen=True, slots=True)
class Rate:
    """Events a second in the long run, and at once after a pause."""

    per_second: float
    at_once: float


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of the doors. Generous: they are there against floods, not against customers."""

    key: Rate = Rate(100_000, 500_000)
    address: Rate = Rate(2_000, 40_000)
    """Of browser keys only, and not of this machine itself: behind a proxy everybody seems to come from there."""
    body_bytes: int = 64 * 1024 * 1024
    """Bytes of bodies that are being read or wait for their commit, all together."""


class Buckets:
    """Token buckets by name, for the names that came last."""

    def __init__(self, rate: Rate, *, names: int = 50_000, clock: Callable[[], float] = time.monotonic) -> None:
        """Every name starts with a full bucket."""
        self._rate = rate
        self._clock = clock
        self._filled = Remembered(names)

    def wait(self, name: str) -> float:
        """Seconds until `name` may send again; 0 if it may now."""
        left = self._left(name)
        return 0.0 if left >= 1 else (1 - left) / self._rate.per_second

    def take(self, name: str, events: int) -> None:
        """Count `events`; a bucket may fall below empty by one request, which the next ones pay for."""
        self._filled.put(name, (self._left(name) - events, self._clock()))

    def _left(self, name: str) -> float:
        left, at = self._filled.get(name) or (self._rate.at_once, self._clock())
        return min(self._rate.at_once, left + (self._clock() - at) * self._rate.per_second)


LOCAL: Final = frozenset({"127.0.0.1", "::1", "::ffff:127.0.0.1", "testclient"})
