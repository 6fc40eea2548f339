"""Who belongs where and who is known at all, in memory: a bit for each customer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

GROWTH: Final = 2


class Roll:
    """The members of one audience: a bit per profile, and a count that changes whenever one of them does."""

    def __init__(self) -> None:
        """Nobody yet."""
        self.bits = np.zeros(1024, np.uint8)
        self.count = 0
        self.changes = 0

    @classmethod
    def of(cls, profiles: Sequence[int]) -> Roll:
        """These profiles, each once."""
        roll = cls()
        flags = np.zeros(8 * max(roll.bits.size, (max(profiles, default=0) >> 3) + 1), np.bool_)
        flags[profiles] = True
        roll.bits, roll.count = np.packbits(flags, bitorder="little"), len(profiles)
        return roll

    def put(self, profile: int, inside: bool) -> None:
        """Let a profile be in or out."""
        place, bit = profile >> 3, 1 << (profile & 7)
        if place >= self.bits.size:
            self.bits = _grown(self.bits, place)
        if self.has(profile) != inside:
            self.bits[place] ^= bit
            self.count += 1 if inside else -1
            self.changes += 1

    def has(self, profile: int) -> bool:
        """Whether a profile is in."""
        return profile >> 3 < self.bits.size and bool(self.bits[profile >> 3] >> (profile & 7) & 1)

    def profiles(self) -> np.ndarray:
        """Their numbers, ascending (uint32)."""
        return np.flatnonzero(np.unpackbits(self.bits, bitorder="little")).astype(np.uint32)


class Known:
    """The identities of which anything was ever seen."""

    def __init__(self) -> None:
        """None yet."""
        self._flags = np.zeros(1024, np.uint8)

    def add(self, identities: Iterable[int]) -> None:
        """These are known from now on."""
        found = np.fromiter(identities, np.int64)
        if found.size:
            if found.max() >= self._flags.size:
                self._flags = _grown(self._flags, int(found.max()))
            self._flags[found] = 1

    def __contains__(self, identity: int) -> bool:
        """Whether this one is known."""
        return identity < self._flags.size and bool(self._flags[identity])

    def clear(self) -> None:
        """Forget everybody."""
        self._flags[:] = 0


def _grown(flags: np.ndarray, place: int) -> np.ndarray:
    grown = np.zeros(max(place + 1, GROWTH * flags.size), np.uint8)
    grown[: flags.size] = flags
    return grown
