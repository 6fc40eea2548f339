"""The rules held against one profile, in real time: each condition says whether it is met, and until when at least.

A window is (now - period, now]: an event counts from its time on, and no more when the period has passed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, Protocol

from resa.kernel.audiences.facts import BEYOND, Hit, Hits, Said, View
from resa.kernel.audiences.rules import Consent, Did, Moment, Ordered, Rule, Total, Without, plain, span
from resa.kernel.matching import Condition, python

Verdict = tuple[bool, int | None]
"""Whether it is met, and the time until which nothing but an event can change that (None: for ever)."""

NO_HITS: Final = Hits([])


class Test(Protocol):
    """One condition."""

    lasting: bool
    """More events can't end it: once met, only time can."""

    waiting: bool
    """More events can't bring it about: while it is not met and time will change that, only time can."""

    needs: int
    """With fewer hits than these it is not met, and was not; 0 where that can't be said."""

    def verdict(self, view: View, now: int) -> Verdict:
        """At a time, of which nothing later is known or matters."""
        ...

    def moments(self, view: View) -> Iterator[int]:
        """All the times at which the verdict may change."""
        ...

    def cause(self, view: View, now: int) -> tuple[int, int] | None:
        """(time, row) of the latest event that the verdict rests on."""
        ...


def _earliest(one: int | None, other: int | None) -> int | None:
    return one if other is None or (one is not None and one < other) else other


def _upto(hits: Sequence[Hit], now: int) -> tuple[int, int | None]:
    """How many happened until now, and when the next one will."""
    if not hits or hits[-1][0] <= now:
        return len(hits), None
    stop = bisect_right(hits, (now, BEYOND, 0))
    return stop, hits[stop][0]


class _OfHits:
    lasting = False
    waiting = False
    needs = 0

    def __init__(self, terms: Sequence[int], *periods: int | None) -> None:
        self.terms = terms
        self.term = terms[0]
        self.periods = [period for period in periods if period]

    def moments(self, view: View) -> Iterator[int]:
        for term in self.terms:
            for time, _, _ in view.hits.get(term, NO_HITS).recent:
                yield time
                yield from (time + period for period in self.periods)

    def cause(self, view: View, now: int) -> tuple[int, int] | None:
        found = [hit[:2] for term in self.terms for hit in view.hits.get(term, NO_HITS).recent if hit[0] <= now]
        return max(found, default=None)


class DidTest(_OfHits):
    """A number of times, ever or in a window."""

    def __init__(self, did: Did, term: int) -> None:
        """Of one behaviour."""
        self.low, self.high = did.bounds()
        self.window = span(did.within)
        self.lasting = self.high is None
        self.waiting = self.low <= 0
        self.needs = self.low if self.high is None else 0
        super().__init__([term], self.window)

    def verdict(self, view: View, now: int) -> Verdict:
        """Windows only ever lose events as time goes by."""
        hits = view.hits.get(self.term)
        if hits is None:
            return self.low <= 0, None
        recent, window, low, high = hits.recent, self.window, self.low, self.high
        stop, future = view.upto(self.term, recent, now)
        if window is None:
            count = stop + (hits.old[0] if hits.old else 0)
            return low <= count and (high is None or count <= high), future
        cut = now - window
        if low > stop or (low and recent[stop - low][0] <= cut):
            return False, future
        if high is not None and stop > high and (oldest := recent[stop - high - 1][0]) > cut:
            return False, _earliest(oldest + window, future)
        if not low:
            return True, future
        until = recent[stop - low][0] + window
        return True, until if future is None or until < future else future


class TotalTest(_OfHits):
    """A sum, ever or in a window."""

    def __init__(self, total: Total, term: int) -> None:
        """Of one behaviour with values."""
        self.low, self.high = total.bounds()
        self.window = span(total.within)
        super().__init__([term], self.window)

    def _holds(self, total: int) -> bool:
        return (self.low is None or total >= self.low) and (self.high is None or total <= self.high)

    def verdict(self, view: View, now: int) -> Verdict:
        """Amounts may be negative: what leaves the window is taken off step by step."""
        hits = view.hits.get(self.term, NO_HITS)
        recent, window = hits.recent, self.window
        stop, future = _upto(recent, now)
        if window is None:
            total = sum(hit[2] for hit in recent[:stop]) + (hits.old[1] if hits.old else 0)
            return self._holds(total), future
        start = bisect_right(recent, (now - window, BEYOND, 0))
        total = sum(recent[place][2] for place in range(start, stop))
        met = self._holds(total)
        for place in range(start, stop):
            total -= recent[place][2]
            last_of_its_time = place + 1 == stop or recent[place + 1][0] != recent[place][0]
            if last_of_its_time and self._holds(total) != met:
                return met, _earliest(recent[place][0] + window, future)
        return met, future


class MomentTest(_OfHits):
    """The first or the last time, within a period or longer ago."""

    def __init__(self, moment: Moment, term: int) -> None:
        """Of one behaviour."""
        self.first = moment.which == "first"
        self.within = moment.within is not None
        self.lasting = self.within and not self.first
        self.waiting = not self.within and not self.first
        self.period = span(moment.within or moment.longer_ago) or 0
        super().__init__([term], self.period)

    def verdict(self, view: View, now: int) -> Verdict:
        """Nothing that never happened is within or longer ago."""
        hits = view.hits.get(self.term, NO_HITS)
        stop, future = view.upto(self.term, hits.recent, now)
        times = [hits.recent[0 if self.first else stop - 1][0]] if stop else []
        if hits.old:
            times.append(hits.old[2 if self.first else 4])
        if not times:
            return False, future
        ends = (min(times) if self.first else max(times)) + self.period
        if now < ends:
            return self.within, _earliest(ends, future)
        return not self.within, future


class OrderedTest(_OfHits):
    """One step after the other."""

    lasting = True

    def __init__(self, ordered: Ordered, terms: Sequence[int]) -> None:
        """Of one behaviour for each step."""
        self.apart, self.window = span(ordered.apart) or 0, span(ordered.within) or 0
        super().__init__(terms, self.window)

    def verdict(self, view: View, now: int) -> Verdict:
        """The chain that began last is the last to leave the window."""
        moments, future = self._moments_between(view, now)
        last = len(self.terms) - 1
        began: list[int | None] = [None] * last
        best: int | None = None
        for time, _, place in moments:  # of one event the later step comes first, so that it never follows itself
            step = -place
            start = time if step == 0 else began[step - 1]
            if start is None:
                continue
            if step < last:
                known = began[step]
                began[step] = start if known is None or start > known else known
            elif time - start <= self.apart and (best is None or start > best):
                best = start
        return best is not None, _earliest(None if best is None else best + self.window, future)

    def _moments_between(self, view: View, now: int) -> tuple[list[Hit], int | None]:
        found: list[Hit] = []
        future: int | None = None
        for step, term in enumerate(self.terms):
            recent = view.hits.get(term, NO_HITS).recent
            stop, coming = _upto(recent, now)
            future = _earliest(future, coming)
            start = bisect_right(recent, (now - self.window, BEYOND, 0))
            found += [(time, row, -step) for time, row, _ in recent[start:stop]]
        found.sort()
        return found, future


class WithoutTest(_OfHits):
    """Something, and nothing else since."""

    def __init__(self, without: Without, terms: Sequence[int]) -> None:
        """Of what was done, and of what did not follow."""
        self.after, self.window = span(without.after) or 0, span(without.within) or 0
        super().__init__(terms, self.window, self.after)

    def verdict(self, view: View, now: int) -> Verdict:
        """Of what nothing followed the newest stays longest."""
        done, followed = (view.hits.get(term, NO_HITS) for term in self.terms)
        stop, future = _upto(followed.recent, now)
        last = followed.recent[stop - 1][:2] if stop else (followed.old[4:6] if followed.old else (-BEYOND, 0))
        stop, coming = _upto(done.recent, now)
        future = _earliest(future, coming)
        waiting: int | None = None
        for time, row, _ in reversed(done.recent[:stop]):
            if (time, row) <= last or time <= now - self.window:
                break
            if time <= now - self.after:
                return True, _earliest(time + self.window, future)
            waiting = time + self.after
        return False, _earliest(waiting, future)


class _OfSaid:
    lasting = False
    waiting = False
    needs = 0

    def __init__(self, term: int) -> None:
        self.term = term

    def moments(self, view: View) -> Iterator[int]:
        return (item[1] for items in view.said.get(self.term, ()) for item in items)

    def _latest(self, groups: Iterable[Sequence[Said]], now: int) -> tuple[Said | None, int | None]:
        best: Said | None = None
        future: int | None = None
        for items in groups:
            for item in items:
                if item[1] > now:
                    future = _earliest(item[1], future)
                elif best is None or item[:3] > best[:3]:
                    best = item
        return best, future

    def cause(self, view: View, now: int) -> tuple[int, int] | None:
        found = self._latest(view.said.get(self.term, ()), now)[0]
        return None if found is None else found[1:3]


class SaidTest(_OfSaid):
    """A trait, the context or a stage, by what was said of it last."""

    def __init__(self, term: int, holds: Callable[[str | None], bool]) -> None:
        """`holds` takes the value, None where nothing was said."""
        super().__init__(term)
        self.holds = holds
        self.empty = holds(None)

    def verdict(self, view: View, now: int) -> Verdict:
        """What was said lasts until something else is said."""
        groups = view.said.get(self.term)
        if groups is None:
            return self.empty, None
        best, future = self._latest(groups, now)
        return (self.empty if best is None else self.holds(best[3])), future


class ConsentTest(_OfSaid):
    """A purpose: the strictest of what the identities decided."""

    def __init__(self, consent: Consent, term: int) -> None:
        """Granted, denied or unknown."""
        super().__init__(term)
        self.wanted = consent.state

    def verdict(self, view: View, now: int) -> Verdict:
        """One denial counts for all."""
        groups = view.said.get(self.term, [])
        future: int | None = None
        states = set()
        for items in groups:
            best, coming = self._latest([items], now)
            future = _earliest(coming, future)
            states.add(best[3] if best else "unknown")
        found = next((state for state in ("denied", "granted") if state in states), "unknown")
        return found == self.wanted, future


def trait_holds(condition: Condition) -> Callable[[str | None], bool]:
    """A test of a trait's value, given as JSON; a trait set to null is gone."""
    test = plain(condition)

    def holds(value: str | None) -> bool:
        said = {} if value is None else python.properties({"properties": f'{{"x":{value}}}'})
        return python.holds(test, {}, said)

    return holds


def text_holds(condition: Condition) -> Callable[[str | None], bool]:
    """A test of a plain text."""
    test = plain(condition)
    return lambda value: python.holds(test, {}, {} if value is None else {"x": value})


def test_of(rule: Rule, terms: Sequence[int]) -> Test:
    """A condition (no segment) as a test over facts kept under these terms."""
    if rule.did is not None:
        return DidTest(rule.did, terms[0])
    if rule.sum is not None:
        return TotalTest(rule.sum, terms[0])
    if rule.time is not None:
        return MomentTest(rule.time, terms[0])
    if rule.ordered is not None:
        return OrderedTest(rule.ordered, terms)
    if rule.without is not None:
        return WithoutTest(rule.without, terms)
    if rule.consent is not None:
        return ConsentTest(rule.consent, terms[0])
    if rule.trait is not None:
        return SaidTest(terms[0], trait_holds(rule.trait))
    if rule.context is not None:
        return SaidTest(terms[0], text_holds(rule.context))
    assert rule.stage is not None
    wanted = frozenset(rule.stage.stages)
    return SaidTest(terms[0], wanted.__contains__)
