"""The questions answered slowly and obviously: loops over lists, one profile at a time. What the kernels must equal."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import NamedTuple

Journey = list["Event"]
Journeys = Mapping[int, Journey]


class Event(NamedTuple):
    """A logged event; its label is what it is to a question (0: nothing)."""

    time: int
    row: int
    code: int
    identity: int
    label: int = 0


def profiles(identities: Iterable[int], links: Iterable[tuple[int, int]]) -> dict[int, int]:
    """The smallest identity of each one's connected set."""
    profile = {identity: identity for identity in identities}
    changed = True
    while changed:
        changed = False
        for a, b in links:
            smaller = min(profile[a], profile[b])
            if (profile[a], profile[b]) != (smaller, smaller):
                profile[a] = profile[b] = smaller
                changed = True
    return profile


def journeys(
    log: Iterable[Event],
    profile: Mapping[int, int],
    label: Callable[[Event], int],
    start: int | None = None,
    end: int | None = None,
) -> dict[int, Journey]:
    """Each profile's labelled events of the period, by (time, row)."""
    found: dict[int, Journey] = defaultdict(list)
    for event in log:
        inside = (start is None or event.time >= start) and (end is None or event.time < end)
        if inside and event.code and label(event):
            found[profile[event.identity]].append(event._replace(label=label(event)))
    return {who: sorted(events) for who, events in sorted(found.items())}


def timeline(journey: Journey, before: tuple[int, int] | None, limit: int) -> list[tuple[int, int]]:
    """Newest first."""
    return [(e.time, e.row) for e in reversed(journey) if before is None or (e.time, e.row) < before][:limit]


def activity(journey: Journey) -> tuple[int, int, int, dict[int, tuple[int, int]]]:
    """Events, first and last time, and (count, last time) by code."""
    counts = Counter(e.code for e in journey)
    last = {e.code: e.time for e in journey}
    return len(journey), journey[0].time, journey[-1].time, {code: (n, last[code]) for code, n in counts.items()}


@dataclass
class Map:
    """The numbers of a journey map."""

    customers: int
    by_cell: dict[int, tuple[int, int]]  # (events, customers)
    by_group: list[dict[int, tuple[int, int]]]
    by_stage: dict[int, tuple[int, int]]
    reached: dict[tuple[int, int], int]
    forward: dict[int, int]
    moves: dict[tuple[int, int], int]
    median: dict[int, float]


def _figures(found: Journeys, of: Callable[[Event], int]) -> dict[int, tuple[int, int]]:
    events = Counter(of(e) for journey in found.values() for e in journey)
    customers = Counter(key for journey in found.values() for key in {of(e) for e in journey})
    return {key: (events[key], customers[key]) for key in events if key >= 0}


def _after_entering(journey: Journey, stage: int, stage_of: Sequence[int]) -> tuple[Event, Journey] | None:
    """The event that enters `stage`, and all events after it."""
    for place, event in enumerate(journey):
        if stage_of[event.label] == stage:
            return event, journey[place + 1 :]
    return None


def stage_walk(found: Journeys, stage_of: Sequence[int], groupings: Sequence[Sequence[int]], stages: int) -> Map:
    """The journey map."""
    reached: Counter[tuple[int, int]] = Counter()
    forward: Counter[int] = Counter()
    moves: Counter[tuple[int, int]] = Counter()
    gaps: dict[int, list[int]] = defaultdict(list)
    for journey in found.values():
        for s in range(stages):
            entering = _after_entering(journey, s, stage_of)
            if entering is None:
                continue
            entered, later = entering
            seen = {stage_of[e.label] for e in later}
            for t in seen:
                reached[s, t] += 1
            forward[s] += any(t > s for t in seen)
            onward = [e.time for e in later if stage_of[e.label] == s + 1]
            if onward:
                gaps[s].append(onward[0] - entered.time)
        order = [stage_of[e.label] for e in journey]
        for move in {(a, b) for a, b in pairwise(order) if a != b}:
            moves[move] += 1
    return Map(
        customers=len(found),
        by_cell=_figures(found, lambda e: e.label),
        by_group=[_figures(found, lambda e, group=grouping: group[e.label]) for grouping in groupings],  # type: ignore[misc]
        by_stage=_figures(found, lambda e: stage_of[e.label]),
        reached=dict(reached),
        forward=dict(forward),
        moves=dict(moves),
        median={s: float(median(times)) for s, times in gaps.items()},
    )


def stage_people(
    found: Journeys, kind: str, number: int, stage_of: Sequence[int], group_of: Sequence[int]
) -> list[tuple[int, int, int, int]]:
    """(profile, first_time, last_time, events), newest last_time first."""
    ways: dict[str, Callable[[Event], int]] = {
        "any": lambda _: number,
        "cell": lambda e: e.label,
        "group": lambda e: group_of[e.label],
    }
    of: Callable[[Event], int] = ways[kind] if kind in ways else lambda e: stage_of[e.label]
    people: list[tuple[int, int, int, int]] = []
    for who, journey in found.items():
        if kind in ("next", "forward", "dropped"):
            entering = _after_entering(journey, number, stage_of)
            if entering is None:
                continue
            later = {stage_of[e.label] for e in entering[1]}
            ahead = any(stage > number for stage in later)
            if {"next": number + 1 not in later, "forward": not ahead, "dropped": ahead}[kind]:
                continue
        mine = [e for e in journey if of(e) == number]
        if mine:
            people.append((who, mine[0].time, mine[-1].time, len(mine)))
    return sorted(people, key=lambda person: (-person[2], person[0]))


def funnel(found: Journeys, steps: Sequence[Sequence[int]], window: int) -> dict[int, tuple[int, int]]:
    """Each profile's deepest level and the row where that chain began, of those that began.

    From a given start, taking each step as early as possible is best. Of the chains of the deepest level the one with the
    latest start counts; once the funnel is complete, nothing later does.
    """
    levels = {}
    for who, journey in found.items():
        chains = []
        for place, first in enumerate(journey):
            if first.label not in steps[0]:
                continue
            level, end = 1, place
            for later in range(place + 1, len(journey)):
                event = journey[later]
                if level < len(steps) and event.label in steps[level] and event.time - first.time <= window:
                    level, end = level + 1, later
            chains.append((level, end if level == len(steps) else 0, place))
        if chains:
            level, _, start = max(chains, key=lambda chain: (chain[0], -chain[1], chain[2]))
            levels[who] = (level, journey[start].row)
    return levels


def sessions(found: Journeys, gap: int) -> tuple[dict[int, int], int, int]:
    """Sessions of each profile, sessions of one event, length of all."""
    number, lonely, length = {}, 0, 0
    for who, journey in found.items():
        cut = [k for k in range(1, len(journey)) if journey[k].time - journey[k - 1].time > gap]
        pieces = [journey[a:b] for a, b in zip([0, *cut], [*cut, len(journey)], strict=True)]
        number[who] = len(pieces)
        lonely += sum(len(piece) == 1 for piece in pieces)
        length += sum(piece[-1].time - piece[0].time for piece in pieces)
    return number, lonely, length


def retention(found: Journeys, bounds: Sequence[int]) -> tuple[dict[int, int], dict[tuple[int, int], int]]:
    """Sizes of cohorts, and how many came back after how many periods. Label bit 1: start, bit 2: return."""

    def period(event: Event) -> int:
        return sum(event.time >= bound for bound in bounds) - 1

    size: Counter[int] = Counter()
    returned: Counter[tuple[int, int]] = Counter()
    for journey in found.values():
        starts = [place for place, event in enumerate(journey) if event.label & 1]
        if starts:
            cohort = period(journey[starts[0]])
            size[cohort] += 1
            for back in {period(event) - cohort for event in journey[starts[0] + 1 :] if event.label & 2}:
                returned[cohort, back] += 1
    return dict(size), dict(returned)


def paths(found: Journeys, gap: int, *, fold: bool) -> dict[tuple[int, int, int], tuple[int, int]]:
    """(times, customers) of each three labels in a row."""
    times: Counter[tuple[int, int, int]] = Counter()
    customers: Counter[tuple[int, int, int]] = Counter()
    for journey in found.values():
        pieces: list[list[int]] = []
        previous: Event | None = None
        for event in journey:
            if previous is None or event.time - previous.time > gap:
                pieces.append([])
            if not (fold and pieces[-1] and pieces[-1][-1] == event.label):
                pieces[-1].append(event.label)
            previous = event
        mine = [tuple(piece[k : k + 3]) for piece in pieces for k in range(len(piece) - 2)]
        times.update(mine)  # type: ignore[arg-type]
        customers.update(set(mine))  # type: ignore[arg-type]
    return {path: (times[path], customers[path]) for path in times}
