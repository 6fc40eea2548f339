"""Funnels in full: steps in order, strictly in order or in any order; exclusions, times, and who came how far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

import numpy as np

from resa.kernel.identity_map import IdentityMap
from resa.kernel.sequences import bodies, walk
from resa.kernel.sequences.parts import ALWAYS, NEVER, Array
from resa.kernel.sequences.walk import Block, Labels, Reading, Snapshot

MOST_BITS: Final = 15
"""Steps and exclusions of one funnel: a label has that many bits."""

ORDERS: Final = {"ordered": bodies.ORDERED, "strict": bodies.STRICT, "any": bodies.ANY_ORDER}
Order = Literal["ordered", "strict", "any"]


class Excluded(NamedTuple):
    """Events that may not come between the events of two steps."""

    after: int
    before: int


class Chained(NamedTuple):
    """The customers who began, by profile; the moments of the k-th are [offsets[k], offsets[k + 1]) of `moments`."""

    profile: Array  # u32
    level: Array  # i64: how many steps
    start_row: Array  # the event of step 0
    offsets: Array
    moments: Array  # ms: when each step of the chain was done

    def moment(self, step: int) -> tuple[Array, Array]:
        """Who came to a step (as places in `profile`), and when."""
        who = np.flatnonzero(self.level > step)
        return who, self.moments[self.offsets[who] + step]


@dataclass
class Chains:
    """The chain that counts of each profile that began one."""

    steps: int
    order: int
    window: int
    excluded: Array
    found: list[tuple[Array, Array, Array, Array]] = field(default_factory=list)

    def add(self, block: Block) -> None:
        count = block.profiles.size
        level, start_row = np.zeros(count, np.uint8), np.empty(count, np.int64)
        moments = np.empty(count * self.steps, np.int64)
        bodies.chains(
            *(count, block.starts, block.time, block.label, block.row),
            *(self.steps, self.order, self.window, self.excluded, level, start_row, moments),
        )
        done = np.arange(self.steps) < level[:, None]
        some = level > 0
        self.found.append((block.profiles[some], level[some], start_row[some], moments.reshape(-1, self.steps)[done]))

    def merge(self, other: Chains) -> Chains:
        """The chains of both."""
        return Chains(self.steps, self.order, self.window, self.excluded, self.found + other.found)

    @property
    def reached(self) -> Array:
        """[k]: profiles that came to step k or further."""
        counts = np.zeros(self.steps + 1, np.int64)
        for _, level, _, _ in self.found:
            counts += np.bincount(level, minlength=self.steps + 1)
        return np.cumsum(counts[:0:-1])[::-1]

    def chained(self) -> Chained:
        """Everybody who began."""
        empty = np.zeros(0, np.int64)
        columns = list(zip(*self.found, strict=True)) or [(empty,)] * 4
        profile, level, start_row, moments = (np.concatenate(column) for column in columns)
        order = np.argsort(profile, kind="stable")
        level = level.astype(np.int64)
        offsets = (np.cumsum(level) - level)[order]
        ends = np.append(np.cumsum(level[order]) - level[order], level.sum())
        places = np.repeat(offsets - ends[:-1], level[order]) + np.arange(level.sum())
        return Chained(profile[order].astype(np.uint32), level[order], start_row[order], ends, moments[places])


def chains(
    snapshot: Snapshot,
    identities: IdentityMap,
    labels: Labels,
    steps: int,
    window: int,
    *,
    order: Order = "ordered",
    excluded: Sequence[tuple[int, int]] = (),
    start: int = ALWAYS,
    end: int = NEVER,
    population: Array | None = None,
    threads: int | None = None,
) -> Chains:
    """Label bit k marks events of step k, bit `steps` + x those of exclusion x: (after, before), steps from 0.

    An event fills at most one step of a chain (in any order: each that it meets); the whole lasts at most `window` ms.
    docs/questions.md says which chain of a profile counts.
    """
    if not 1 <= steps <= steps + len(excluded) <= MOST_BITS:
        raise ValueError(f"steps: {steps} and {len(excluded)} exclusions given, together 1 to {MOST_BITS}")
    if any(not 0 <= after < before < steps for after, before in excluded):
        raise ValueError(f"excluded: {list(excluded)} must lie between two of the steps 0 to {steps - 1}")
    between = np.array(excluded, np.int64).reshape(-1, 2)
    return walk.ask(
        lambda: Chains(steps, ORDERS[order], window, between),
        Reading.of(snapshot, identities, labels, start, end, population),
        threads,
    )
