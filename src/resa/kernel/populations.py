"""Named sets of customers that questions can be narrowed to: `audience:<key>`, `persona:<key>`, whatever a slice offers.

A slice that knows who belongs to something registers how to ask; questions know names and sets of numbers only.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import NamedTuple

import numpy as np

from resa.kernel.errors import Refused


class Population(NamedTuple):
    """Who is in it now. `token` changes whenever the members may have."""

    profiles: np.ndarray
    """Numbers of profiles, ascending (uint32)."""
    token: Hashable

    def mask(self, size: int) -> np.ndarray:
        """For each profile number below `size` whether it is in it."""
        found = np.zeros(size, np.bool_)
        found[self.profiles[self.profiles < size]] = True
        return found


Members = Callable[[str], Population]
Keys = Callable[[], list[str]]


class Populations:
    """The kinds of populations of one workspace. Slices register them while the application is assembled."""

    def __init__(self) -> None:
        """Nothing is offered yet."""
        self._kinds: dict[str, Members] = {}
        self._keys: dict[str, Keys] = {}

    def register(self, kind: str, members: Members, keys: Keys | None = None) -> None:
        """Let `<kind>:<key>` be answered by `members(key)`, which raises NotFound for keys it does not know.

        `keys` lists those that have members: what an answer can be split by.
        """
        self._kinds[kind] = members
        if keys is not None:
            self._keys[kind] = keys

    def names(self, kind: str) -> list[str]:
        """The populations of a kind that an answer can be split by, `<kind>:<key>`, by key; none where nobody lists them."""
        return [f"{kind}:{key}" for key in self._keys[kind]()] if kind in self._keys else []

    def get(self, name: str) -> Population:
        """The population of that name. Raises Refused where there is no such kind, NotFound where there is no such key."""
        kind, colon, key = name.partition(":")
        if not colon or kind not in self._kinds:
            known = ", ".join(f"{kind}:<key>" for kind in sorted(self._kinds))
            raise Refused("population", name, "there is no such kind of population.", f"Use {known or 'none'}.")
        return self._kinds[kind](key)
