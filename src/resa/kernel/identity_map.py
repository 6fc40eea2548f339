"""The identity map: which profile an identity belongs to now. Immutable; a merge or its undo makes a new one.

No event moves when the map changes: questions apply it as they read.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

ERASED: Final = -1


class Groups(NamedTuple):
    """Profiles of more than one identity, or of one that is not its own number."""

    profiles: Array  # u32, ascending
    offsets: Array  # int64: the members of profile k are members[offsets[k]:offsets[k + 1]]
    members: Array  # u32, ascending within a profile


class IdentityMap:
    """`canonical[i]` is the profile of identity `i`: the smallest identity of its connected set, or -1 if erased."""

    def __init__(self, canonical: npt.ArrayLike = ()) -> None:
        """Take int32[n]; identities from `n` on are profiles of their own."""
        self.canonical: Array = np.array(canonical, dtype=np.int32)
        self.canonical.setflags(write=False)
        if (
            self.canonical.size
            and not ERASED <= int(self.canonical.min()) <= int(self.canonical.max()) < self.canonical.size
        ):
            raise ValueError(f"canonical: values must lie in -1..{self.canonical.size - 1}, one for each identity")

    def changed(self, identity: npt.ArrayLike, profile: npt.ArrayLike) -> IdentityMap:
        """The map with these identities belonging to these profiles (-1: erased); grows as needed."""
        identity, profile = np.atleast_1d(np.asarray(identity, np.int64)), np.atleast_1d(np.asarray(profile, np.int64))
        size = max(self.canonical.size, int(max(identity.max(initial=-1), profile.max(initial=-1))) + 1)
        canonical = np.arange(size, dtype=np.int32)
        canonical[: self.canonical.size] = self.canonical
        canonical[identity] = profile
        return IdentityMap(canonical)

    def profile(self, identity: int) -> int:
        """The profile of `identity`; -1 if it was erased."""
        return int(self.canonical[identity]) if identity < self.canonical.size else identity

    def members(self, profile: int) -> Array:
        """The identities of `profile`, ascending (u32); empty if it was merged away or erased."""
        groups = self.groups
        at = int(np.searchsorted(groups.profiles, np.uint32(profile)))
        if at < groups.profiles.size and groups.profiles[at] == profile:
            return groups.members[groups.offsets[at] : groups.offsets[at + 1]]
        return np.array([profile] if self.profile(profile) == profile else [], dtype=np.uint32)

    def moved(self) -> tuple[Array, Array]:
        """The pairs (identity, profile) that differ; erased ones have profile -1."""
        identity = np.flatnonzero(self._moved)
        return identity.astype(np.uint32), self.canonical[identity]

    @cached_property
    def groups(self) -> Groups:
        """The profiles that need gathering from several identities."""
        movers = np.flatnonzero(self._moved & (self.canonical >= 0))
        profiles = np.unique(self.canonical[movers])
        leaders = profiles[self.canonical[profiles] == profiles]
        members = np.concatenate((leaders, movers))
        belongs = self.canonical[members]
        order = np.lexsort((members, belongs))
        offsets = np.append(np.searchsorted(belongs[order], profiles), members.size)
        return Groups(profiles.astype(np.uint32), offsets.astype(np.int64), members[order].astype(np.uint32))

    @cached_property
    def hidden(self) -> Array:
        """u8[n]: 1 where an identity is no profile by itself: it is in a group, or erased."""
        hidden = self._moved.astype(np.uint8)
        hidden[self.groups.members] = 1
        return hidden

    @cached_property
    def _moved(self) -> Array:
        moved: Array = self.canonical != np.arange(self.canonical.size, dtype=np.int32)
        return moved
