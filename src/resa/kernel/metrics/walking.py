"""What metrics ask of the order of events, answered by one walk of the journey index: sessions and windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from resa.kernel.metrics import visits
from resa.kernel.metrics.plan import ACTIVITY, Each, Picked, Returns, Steps, Visits
from resa.kernel.metrics.units import Units, Values
from resa.kernel.metrics.visits import ACTIVE, Look
from resa.kernel.metrics.windows import Bits, Frame, Windows
from resa.kernel.sequences.walk import Block

Walked = Visits | Each | Steps | Returns
"""What is asked of a walk; an `Each` is of sessions."""

MOST_KINDS: Final = 11
"""Kinds of events that a label of 16 bits has room for, beside activity and the groups of a split."""


def kinds_of(source: Walked) -> tuple[Picked, Picked]:
    """The events of the goal and those of the start."""
    if isinstance(source, Each):
        return source.events, ACTIVITY
    return (source.back if isinstance(source, Returns) else source.goal), source.start


def chunks(sources: Sequence[Walked]) -> list[list[Walked]]:
    """As few walks as labels have room for."""
    found: list[list[Walked]] = []
    known: set[Picked] = set()
    for source in sources:
        kinds = set(kinds_of(source)) - {ACTIVITY}
        if not found or len(known | kinds) > MOST_KINDS:
            found.append([])
            known = set()
        known |= kinds
        found[-1].append(source)
    return found


def named(sources: Sequence[Walked]) -> list[Picked]:
    """The kinds of events of one walk, in the order of their bits in its label."""
    return sorted({kind for source in sources for kind in kinds_of(source)} - {ACTIVITY})


def reach(sources: Sequence[Walked]) -> int:
    """How many ms after the period the last window may end."""
    ends = [source.within for source in sources if isinstance(source, Steps)]
    ends += [source.after + source.within for source in sources if isinstance(source, Returns)]
    return max(ends, default=0)


class Walk:
    """The answer that one walk adds up."""

    def __init__(self, sources: Sequence[Walked], frame: Frame) -> None:
        """Nothing was walked yet."""
        self._sources, self._frame = sources, frame
        bit = {kind: 2 << place for place, kind in enumerate(named(sources))}
        self._looks = {
            source: Look(*(bit.get(kind, 0) for kind in kinds_of(source)))
            for source in sources
            if isinstance(source, Visits | Each)
        }
        windows = {
            source: Bits(bit.get(source.start, ACTIVE), bit.get(kinds_of(source)[0], ACTIVE))
            for source in sources
            if isinstance(source, Steps | Returns)
        }
        self._visits = visits.Visits(tuple(dict.fromkeys(self._looks.values())), frame.group, frame.end)
        self._windows = Windows(windows, frame)

    def add(self, block: Block) -> None:
        """Look at the journeys of a block."""
        if self._looks:
            self._visits.add(block)
        if self._windows.asked:
            self._windows.add(block)

    def merge(self, other: Walk) -> Walk:
        """Those of both."""
        both = Walk(self._sources, self._frame)
        both._visits = self._visits.merge(other._visits)
        both._windows = self._windows.merge(other._windows)
        return both

    def totals(self, source: Visits | Steps | Returns) -> Units:
        """The totals per customer of one question."""
        if isinstance(source, Visits):
            return visits.totals(self._visits, self._looks[source], self._frame.edges, self._frame.begun)
        return self._windows.totals(source)

    def values(self, source: Each) -> Values:
        """The single values of sessions."""
        return visits.values(self._visits, self._looks[source], self._frame.edges, source.visit, self._frame.begun)
