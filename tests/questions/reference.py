"""The questions answered slowly and obviously, from docs/questions.md read aloud: every possible chain, every path, one
customer at a time. An event is (time, row, label); labels are bits, or a name and flags."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, groupby, pairwise
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


# --- periods ---


def period_of(bounds: Sequence[int], time: int) -> int:
    """The number of the period a time is in."""
    return sum(time >= bound for bound in bounds) - 1


def series(
    found: Journeys, number: int, bounds: Sequence[int], group: Callable[[Event], int]
) -> tuple[dict[tuple[int, int, int], int], dict[tuple[int, int, int], int]]:
    """Events and customers by (series, group, period); the number of periods stands for all of them."""
    events: Counter[tuple[int, int, int]] = Counter()
    customers: defaultdict[tuple[int, int, int], set[int]] = defaultdict(set)
    for who, journey in found.items():
        for event in journey:
            for one in range(number):
                if event.label >> one & 1 and group(event) >= 0:
                    for period in (period_of(bounds, event.time), len(bounds) - 1):
                        events[one, group(event), period] += 1
                        customers[one, group(event), period].add(who)
    return dict(events), {key: len(people) for key, people in customers.items()}


class Returning(NamedTuple):
    """Cohorts by (group, period), those who came back by (group, period, later), the sticky by (group, periods)."""

    size: dict[tuple[int, int], set[int]]
    returned: dict[tuple[int, int, int], set[int]]
    active: dict[tuple[int, int], set[int]]


def returning(found: Journeys, bounds: Sequence[int], group: Callable[[Event], int]) -> Returning:
    """Bit 0 begins, bit 1 comes back."""
    size: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
    returned: defaultdict[tuple[int, int, int], set[int]] = defaultdict(set)
    active: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
    for who, journey in found.items():
        began = next((place for place, event in enumerate(journey) if event.label & 1), None)
        if began is None or group(journey[began]) < 0:
            continue
        mine, cohort = group(journey[began]), period_of(bounds, journey[began].time)
        size[mine, cohort].add(who)
        for later in {period_of(bounds, e.time) for e in journey[began + 1 :] if e.label & 2}:
            returned[mine, cohort, later - cohort].add(who)
        active[mine, len({period_of(bounds, e.time) for e in journey if e.label & 2})].add(who)
    return Returning(dict(size), dict(returned), dict(active))


# --- paths ---


def sessions(journey: Journey, gap: int) -> list[list[Event]]:
    """Stretches without a pause longer than `gap`."""
    cuts = [at for at in range(1, len(journey)) if journey[at].time - journey[at - 1].time > gap]
    return [list(journey[a:b]) for a, b in pairwise([0, *cuts, len(journey)])]


class Path(NamedTuple):
    """Names one after the other, and when the first and the last were."""

    names: tuple[int, ...]
    first: int
    last: int


def paths(
    journey: Journey, direction: str, steps: int, gap: int, more: int, *, anchored: bool, fold: bool
) -> list[Path]:
    """All paths of a customer in order; the label is a name times 4, plus 1 for an anchor, plus 2 for a target."""
    return [
        path
        for session in sessions(journey, gap)
        for path in (
            _between(session, steps, more, fold=fold)
            if direction == "between"
            else _towards(session, direction, steps, anchored=anchored, fold=fold)
        )
    ]


def _folded(events: Sequence[Event], *, fold: bool) -> list[Event]:
    return [e for at, e in enumerate(events) if not (fold and at and events[at - 1].label >> 2 == e.label >> 2)]


def _towards(session: list[Event], direction: str, steps: int, *, anchored: bool, fold: bool) -> Iterator[Path]:
    for at, event in enumerate(session):
        repeated = fold and at > 0 and session[at - 1].label == event.label
        if not (
            event.label & 1 and not repeated if anchored else at == (0 if direction == "from" else len(session) - 1)
        ):
            continue
        onward = direction == "from"
        walked = _folded(session[at:] if onward else session[at::-1], fold=fold)[:steps]
        walked = walked if onward else walked[::-1]
        yield Path(tuple(e.label >> 2 for e in walked), walked[0].time, walked[-1].time)


def _between(session: list[Event], steps: int, more: int, *, fold: bool) -> Iterator[Path]:
    opened = None
    for at, event in enumerate(session):
        if event.label & 2 and opened is not None:
            names = [e.label >> 2 for e in _folded(session[opened : at + 1], fold=fold)]
            if len(names) > steps:
                names = [*names[: steps - 2], more, names[-1]]
            yield Path(tuple(names), session[opened].time, event.time)
            opened = None
        if event.label & 1 and opened is None:
            opened = at


# --- searches ---


class Search(NamedTuple):
    """A term searched for by a customer, in vain or not, as the last thing done or not."""

    term: int
    without: bool
    left: bool


def searches(journey: Journey, term: Callable[[Event], int], gap: int) -> Iterator[Search]:
    """Label 2: a search, 4: nothing was found. Repeats of a term right after each other are one search."""
    for session in sessions(journey, gap):
        runs = [(number, list(run)) for number, run in groupby(session, lambda e: term(e) if e.label & 2 else 0)]
        for place, (number, run) in enumerate(runs):
            if number:
                yield Search(number, any(e.label & 4 for e in run), place == len(runs) - 1)
