"""The questions answered slowly and obviously, from docs/questions.md read aloud: every possible chain, every path, one
customer at a time. An event is (time, row, label); labels are bits, or a name and flags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, pairwise
from typing import NamedTuple

from tests.sequences.reference import Event

Journey = Sequence[Event]
Journeys = Mapping[int, Journey]


class Chain(NamedTuple):
    """How far a customer came: steps, the row of the event of the first one, and when each step was done."""

    level: int
    row: int
    moments: tuple[int, ...]


# --- funnels ---


def chain(
    journey: Journey, steps: int, window: int, order: str, excluded: Sequence[tuple[int, int]] = ()
) -> Chain | None:
    """The chain that counts: the longest; of complete ones the first to be complete; then the latest start; then each
    step as early as can be."""
    if order == "any":
        return _in_any_order(journey, steps, window)
    found = []
    for places in _possible(journey, steps):
        if _fits(journey, places, window) and _allowed(journey, places, steps, order, excluded):
            done = len(places) == steps
            found.append((-len(places), places[-1] if done else 0, -places[0], places))
    if not found:
        return None
    places = min(found)[-1]
    return Chain(len(places), journey[places[0]].row, tuple(journey[place].time for place in places))


def _possible(journey: Journey, steps: int) -> Iterator[tuple[int, ...]]:
    """All ways to fill the first steps with one event each, in order."""
    for length in range(1, steps + 1):
        for places in combinations(range(len(journey)), length):
            if all(journey[place].label >> step & 1 for step, place in enumerate(places)):
                yield places


def _fits(journey: Journey, places: Sequence[int], window: int) -> bool:
    return journey[places[-1]].time - journey[places[0]].time <= window


def _allowed(
    journey: Journey, places: Sequence[int], steps: int, order: str, excluded: Sequence[tuple[int, int]]
) -> bool:
    if order == "strict":
        for step, (one, following) in enumerate(pairwise(places)):
            others = ((1 << steps) - 1) & ~(0b11 << step)
            if any(journey[between].label & others for between in range(one + 1, following)):
                return False
    for number, (after, before) in enumerate(excluded):
        if after < len(places) - 1:
            last = places[min(before, len(places) - 1)]
            if any(journey[between].label >> (steps + number) & 1 for between in range(places[after] + 1, last)):
                return False
    return True


def _in_any_order(journey: Journey, steps: int, window: int) -> Chain | None:
    """At each moment: the latest event of each step within the window; how many of the first steps there are in a row."""
    best: tuple[int, int, int] | None = None
    answer = None
    for here, now in enumerate(journey):
        latest: list[Event] = []
        for step in range(steps):
            done = [e for e in journey[: here + 1] if e.label >> step & 1]
            if not done or now.time - done[-1].time > window:
                break
            latest.append(done[-1])
        if latest:
            times = sorted(event.time for event in latest)
            rank = (-len(latest), 0 if len(latest) == steps else -times[0], here)
            if best is None or rank < best:
                best, answer = rank, Chain(len(latest), latest[0].row, tuple(times))
    return answer
