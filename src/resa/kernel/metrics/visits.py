"""Sessions of every profile from a walk of the journey index: runs of its activity with no pause over 30 minutes."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from resa.kernel.metrics.units import Array, Begun, Units, Values, bucket_of
from resa.kernel.sequences.questions import HALF_HOUR
from resa.kernel.sequences.walk import Block

ACTIVE: Final = 1
"""The bit of a label that says an event is activity (the others: `sql.Writer.walk_label`): what sessions are of."""


class Look(NamedTuple):
    """What of a session is looked at: bits of a label, 0 for any activity."""

    goal: int
    start: int = 0


class Visits:
    """Every session: whose, when it began, in which group, how long, and what was in it, for each look."""

    def __init__(self, looks: tuple[Look, ...], group: int, end: int) -> None:
        """`group` is what the number of the group is multiplied by in a label; events from `end` (ms) on don't count."""
        self._looks, self._group, self._end = looks, group, end
        self._found: list[dict[str, Array]] = []

    def add(self, block: Block) -> None:
        """Cut the journeys of a block into sessions."""
        journey, time, label = self._active(block)
        if journey.size == 0:
            return
        opens = np.ones(journey.size, np.bool_)
        opens[1:] = (np.diff(time) > HALF_HOUR) | (np.diff(journey) > 0)
        begin = np.flatnonzero(opens)
        last = np.append(begin[1:], journey.size) - 1
        found = {
            "profile": block.profiles[journey[begin]],
            "begin": time[begin],
            "group": label[begin] // self._group,
            "events": last - begin + 1,
            "length": time[last] - time[begin],
        }
        for place, look in enumerate(self._looks):
            found |= {f"{name}{place}": column for name, column in _looked(look, label, begin, last).items()}
        self._found.append(found)

    def _active(self, block: Block) -> tuple[Array, Array, Array]:
        """Of each activity in the period: whose journey (its place in the block), when, what."""
        size = int(block.starts[-1])
        journey = np.repeat(np.arange(block.profiles.size), np.diff(block.starts))
        time, label = block.time[:size], block.label[:size]
        active = ((label & ACTIVE) > 0) & (time < self._end)
        return journey[active], time[active], label[active]

    def merge(self, other: Visits) -> Visits:
        """Those of both."""
        both = Visits(self._looks, self._group, self._end)
        both._found = self._found + other._found
        return both

    def columns(self, look: Look) -> dict[str, Array]:
        """The sessions as columns, with what one look saw."""
        place = self._looks.index(look)
        names = {name: name for name in ("profile", "begin", "group", "events", "length")}
        names |= {name: f"{name}{place}" for name in ("held", "exit", "started", "reached")}
        return {
            name: np.concatenate([part[column] for part in self._found]) if self._found else np.zeros(0, np.int64)
            for name, column in names.items()
        }


def _looked(look: Look, label: Array, begin: Array, last: Array) -> dict[str, Array]:
    """Whether each session holds a goal, ends with one, has a start, and has a goal after it."""
    every = np.ones(begin.size, np.bool_)
    place = np.arange(label.size)
    last_goal = np.maximum.reduceat(np.where(label & look.goal, place, -1), begin) if look.goal else last
    held = last_goal >= begin
    ends = (label[last] & look.goal) > 0 if look.goal else every
    if not look.start:
        return {"held": held, "exit": ends, "started": every, "reached": held}
    first_start = np.minimum.reduceat(np.where(label & look.start, place, label.size), begin)
    started = first_start < label.size
    return {"held": held, "exit": ends, "started": started, "reached": started & (last_goal > first_start)}


def totals(found: Visits, look: Look, edges: tuple[int, ...], begun: Begun | None = None) -> Units:
    """Per customer: sessions that hold a goal with their events, length (ms), bounces and exits; sessions begun and converted."""
    session, bucket = _sessions(found, look, edges, begun)
    held = session["held"].astype(np.float64)
    return Units.ordered(
        session["profile"],
        bucket,
        session["group"],
        {
            "held": held,
            "events": held * session["events"],
            "seconds": held * session["length"],
            "bounce": held * (session["events"] == 1),
            "exit": held * session["exit"],
            "started": session["started"],
            "reached": session["reached"],
        },
    )


def values(found: Visits, look: Look, edges: tuple[int, ...], visit: str, begun: Begun | None = None) -> Values:
    """The single values of the sessions that hold a goal: their events, or their length in ms (`seconds`)."""
    session, bucket = _sessions(found, look, edges, begun)
    held = session["held"].astype(np.bool_)
    value = session["length" if visit == "seconds" else "events"][held].astype(np.float64)
    profile, bucket = session["profile"][held].astype(np.int64), bucket[held]
    return Values(profile, bucket, session["group"][held].astype(np.int64), value, np.ones(value.size))


def _sessions(found: Visits, look: Look, edges: tuple[int, ...], begun: Begun | None) -> tuple[dict[str, Array], Array]:
    """The sessions as columns, each with its stretch of time; of those who have begun, the session it happened in counts whole."""
    session = found.columns(look)
    bucket = bucket_of(session["begin"], edges)
    if begun is None:
        return session, bucket
    since, end = begun.since_of(session["profile"]), session["begin"] + session["length"]
    after = end >= since
    kept = after | ((since < np.iinfo(np.int64).max) & (session["begin"] >= since - begun.before))
    return {name: column[kept] for name, column in session.items()}, np.where(after, 1 + bucket, 0)[kept]
