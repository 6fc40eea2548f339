"""Sessions of every profile from one walk of the journey index: runs of its events with no pause over 30 minutes."""

from __future__ import annotations

from typing import Final

import numpy as np

from resa.kernel.identity_map import IdentityMap
from resa.kernel.metrics.units import Array, Units, Values
from resa.kernel.sequences import walk
from resa.kernel.sequences.questions import HALF_HOUR
from resa.kernel.sequences.walk import Block, Labels, Reading, Snapshot

GOAL: Final = 2
START: Final = 4
GROUP: Final = 8
"""Bits of a label, beside 1 (the event counts); from 8 on the number of the group."""

MOST_GROUPS: Final = 65_534 // GROUP - 1

_COLUMNS: Final = ("profile", "begin", "group", "events", "length", "held", "exit", "started", "reached")


class Visits:
    """Every session: whose, when it began, in which group, how long, and what was in it."""

    def __init__(self) -> None:
        """None yet."""
        self._found: list[tuple[Array, ...]] = []

    def add(self, block: Block) -> None:
        """Cut the journeys of a block into sessions."""
        size = int(block.starts[-1])
        if size == 0:
            return
        time, label = block.time[:size], block.label[:size]
        opens = np.zeros(size, np.bool_)
        opens[1:] = np.diff(time) > HALF_HOUR
        opens[block.starts[:-1][block.starts[:-1] < size]] = True
        begin = np.flatnonzero(opens)
        last = np.append(begin[1:], size) - 1
        whose = np.searchsorted(block.starts, begin, side="right") - 1
        place = np.arange(size)
        first_start = np.minimum.reduceat(np.where(label & START, place, size), begin)
        last_goal = np.maximum.reduceat(np.where(label & GOAL, place, -1), begin)
        self._found.append(
            (
                block.profiles[whose],
                time[begin],
                label[begin] // GROUP,
                last - begin + 1,
                time[last] - time[begin],
                last_goal >= 0,
                (label[last] & GOAL) > 0,
                first_start < size,
                last_goal > first_start,
            )
        )

    def merge(self, other: Visits) -> Visits:
        """Those of both."""
        both = Visits()
        both._found = self._found + other._found
        return both

    def columns(self) -> dict[str, Array]:
        """The sessions as columns."""
        if not self._found:
            return {name: np.zeros(0, np.int64) for name in _COLUMNS}
        return {
            name: np.concatenate(parts) for name, parts in zip(_COLUMNS, zip(*self._found, strict=True), strict=True)
        }


def visits(
    snapshot: Snapshot, identities: IdentityMap, labels: Labels, *, start: int, end: int, threads: int | None = None
) -> Visits:
    """The sessions of the events in [start, end); `labels` as said above."""
    return walk.ask(Visits, Reading.of(snapshot, identities, labels, start, end), threads)


def totals(found: Visits, edges: tuple[int, ...], *, any_start: bool) -> Units:
    """Per customer: sessions that hold a goal with their events, length, bounces and exits; sessions begun and converted.

    `any_start`: every session is begun, and any goal converts it.
    """
    session = found.columns()
    held = session["held"].astype(np.float64)
    every = np.ones(held.size)
    return Units.ordered(
        session["profile"],
        _bucket(session["begin"], edges),
        session["group"],
        {
            "held": held,
            "events": held * session["events"],
            "seconds": held * session["length"],
            "bounce": held * (session["events"] == 1),
            "exit": held * session["exit"],
            "started": every if any_start else session["started"],
            "reached": held if any_start else session["reached"] * session["started"],
        },
    )


def values(found: Visits, edges: tuple[int, ...], visit: str) -> Values:
    """The single values of the sessions that hold a goal: their events, or their length in ms (`seconds`)."""
    session = found.columns()
    held = session["held"].astype(np.bool_)
    value = session["length" if visit == "seconds" else "events"][held].astype(np.float64)
    bucket = _bucket(session["begin"], edges)[held]
    profile = session["profile"][held].astype(np.int64)
    return Values(profile, bucket, session["group"][held].astype(np.int64), value, np.ones(value.size))


def _bucket(begin: Array, edges: tuple[int, ...]) -> Array:
    if len(edges) < 2:
        return np.zeros(begin.size, np.int64)
    return np.maximum(np.searchsorted(np.asarray(edges, np.int64), begin, side="right") - 1, 0)
