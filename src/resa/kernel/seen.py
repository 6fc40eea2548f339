"""Which message ids were seen lately: 64-bit digests in a few sorted arrays that merge as they grow (8 bytes each)."""

from __future__ import annotations

from typing import Final

import numpy as np

MOST: Final = 20_000_000
_LARGEST: Final = 4_000_000


class SeenIds:
    """A set of recent digests. Not thread-safe: the commit's thread owns it."""

    def __init__(self, remembered_ms: int) -> None:
        """Forget arrays whose newest digest is older than `remembered_ms`, and the oldest beyond 20 million."""
        self._remembered = remembered_ms
        self._arrays: list[tuple[int, np.ndarray]] = []  # (time of the newest, sorted digests), oldest first

    def contains(self, digests: np.ndarray) -> np.ndarray:
        """For each digest (uint64) whether it was seen."""
        order = np.argsort(digests)  # looked up in order, neighbours share the cache lines of the search
        wanted = digests[order]
        seen = np.zeros(len(digests), bool)
        for _, array in self._arrays:
            place = np.searchsorted(array, wanted)
            place[place == len(array)] = 0
            seen |= array[place] == wanted
        found = np.empty_like(seen)
        found[order] = seen
        return found

    def add(self, digests: np.ndarray, at: int) -> None:
        """Remember digests that came at `at` (milliseconds)."""
        if not len(digests):
            return
        self._forget(at)
        self._arrays.append((at, np.sort(digests)))
        while len(self._arrays) > 1 and self._merges(self._arrays[-2][1], self._arrays[-1][1]):
            newer, older = self._arrays.pop(), self._arrays.pop()
            both = np.concatenate((older[1], newer[1]))
            both.sort(kind="stable")  # two sorted runs: timsort merges them
            self._arrays.append((newer[0], both))

    def _merges(self, older: np.ndarray, newer: np.ndarray) -> bool:
        return len(older) <= 4 * len(newer) and len(older) + len(newer) <= _LARGEST

    def _forget(self, now: int) -> None:
        while self._arrays and self._arrays[0][0] < now - self._remembered:
            self._arrays.pop(0)
        while sum(len(array) for _, array in self._arrays) > MOST + _LARGEST:
            self._arrays.pop(0)
