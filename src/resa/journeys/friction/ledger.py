"""The friction ledger: every signal where it was found, whom it struck, what it does to them and what that costs."""

from __future__ import annotations

import time
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

import msgspec
import numpy as np

from resa import journeys
from resa.journeys.friction import calibration, places
from resa.journeys.friction.calibration import Comparison, Effect
from resa.journeys.friction.definition import DEFAULT, KEY, KIND, Friction, outcome_of
from resa.journeys.friction.facts import Facts, question
from resa.journeys.friction.moments import DAY, Array, Moments, walked
from resa.journeys.friction.places import Touch, Where
from resa.journeys.friction.signals import KEYS, SIGNALS
from resa.journeys.friction.worth import Worth, worth
from resa.kernel import behind, times
from resa.kernel.errors import NotFound
from resa.kernel.identities import profile_id
from resa.kernel.lens import Lens
from resa.kernel.multiplicity import discovered
from resa.kernel.profiles import Profile
from resa.kernel.recent import Recent
from resa.kernel.workspace import Workspace

MOST_PLACES: Final = 200
"""So many places are listed, those with most people first."""
MOST_TESTED: Final = 30
"""So many places of a signal are calibrated, those with most people first: chosen before any outcome is looked at."""

Verdict = Literal["hurts", "not shown", "not enough data"]

# -- answers -------------------------------------------------------------------------------------------------------


class Span(msgspec.Struct, rename={"start": "from", "end": "to"}, frozen=True):
    """A period: from `from` up to, not including, `to`."""

    start: str
    end: str


class Share(msgspec.Struct, frozen=True):
    """A share with its 95 % interval, and how many customers it is of."""

    value: float
    low: float
    high: float
    n: int


class Ratio(msgspec.Struct, frozen=True):
    """A quotient with its 95 % interval."""

    value: float
    low: float
    high: float


class Amount(msgspec.Struct, frozen=True):
    """Money at risk with its 95 % interval; decimal text."""

    amount: str
    low: str
    high: str
    currency: str


class Event(msgspec.Struct, frozen=True):
    """An event that shows a hit."""

    profile: str
    row: int
    time: str
    name: str


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A signal at one place (`where`), or everywhere (`where` null).

    `precision`: bad outcomes among the struck beyond those expected of comparable customers; `lift`: the same as a
    quotient. Both null where `verdict` is `not enough data`. docs/friction.md says what they mean and don't.
    """

    signal: str
    name: str
    where: Where | None
    outcome: Literal["conversion", "return"]
    people: int
    events: int
    precision: Share | None
    lift: Ratio | None
    value_at_risk: Amount | None
    bad: float | None
    expected: float | None
    controls: int
    close: float | None
    q: float | None
    verdict: Verdict
    reading: str
    evidence: list[Event]


class Asked(msgspec.Struct, frozen=True):
    """What a bad outcome is, and until when outcomes are known."""

    kind: str
    days: float
    known_until: str | None


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """The whole ledger: `items` by place, `signals` the same everywhere; both what hurts most first."""

    items: list[Item]
    signals: list[Item]
    period: Span
    outcome: Asked
    conversion_value: Worth | None
    tests: int
    false_discovery_rate: float
    as_of: str
    took_ms: int


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody a signal struck: how often, and the last time with the event that shows it."""

    profile: str
    name: str | None
    email: str | None
    hits: int
    time: str
    row: int
    event: str
    simulated: bool


class People(msgspec.Struct, frozen=True):
    """A page of the struck, latest first; `total` is the figure of the ledger."""

    total: int
    items: list[Person]
    next: str | None


# -- questions -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """What a lens shows: all hits with the place of each, and the moments to compare with."""

    facts: Facts
    hits: Moments
    spared: Moments
    place: Array  # [hit]: which of `places`
    places: Array  # [place, 4]
    known_until: int


class Struck(NamedTuple):
    """Customers of a place, latest first."""

    profile: Array
    time: Array
    row: Array
    hits: Array


class Ledgers:
    """Answers questions about friction in one workspace. Thread-safe."""

    def __init__(self, workspace: Workspace) -> None:
        """Nothing is computed yet."""
        self._workspace = workspace
        self._facts = Recent(2)
        self._found = Recent(3)
        self._ledgers = Recent(32)

    def settings(self) -> Friction:
        """The definition in force: the saved one, or the defaults."""
        try:
            found: Friction = self._workspace.definitions.get(KIND.name, KEY).body
        except NotFound:
            return DEFAULT
        return found

    def ledger(self, lens: Lens) -> Ledger:
        """The ledger through a lens."""
        began = time.perf_counter()
        friction = self.settings()
        as_of = self._workspace.clock()
        kept: Ledger = self._ledgers.get(self._key(friction, lens), lambda: self._ledger(friction, lens))
        took = round(1000 * (time.perf_counter() - began))
        return msgspec.structs.replace(kept, as_of=times.iso(as_of), took_ms=took)

    def people(
        self, lens: Lens, signal: str, where: str | None, *, limit: int = 50, cursor: str | None = None
    ) -> People:
        """Those a signal struck, everywhere or at the place of that key. Raises NotFound."""
        found = self._look(self.settings(), lens)
        struck = _struck(found, _chosen(found, signal, where))
        part = behind.window(struck.profile, struck.time, limit, cursor)
        known = behind.read(self._workspace, struck.profile[part.begin : part.end])
        names = self._names(struck.row[part.begin : part.end])
        items = [_person(known[int(struck.profile[at])], struck, at, names) for at in range(part.begin, part.end)]
        return People(int(struck.profile.size), items, part.next)

    def hits(self, lens: Lens) -> Moments:
        """Every moment at which a signal struck somebody."""
        return self._look(self.settings(), lens).hits

    def _key(self, friction: Friction, lens: Lens) -> tuple[Hashable, ...]:
        """All that an answer depends on. The identity map is immutable: a merge makes another one."""
        workspace = self._workspace
        population = workspace.populations.get(lens.population).token if lens.population else None
        return (
            msgspec.json.encode(friction),
            lens,
            population,
            workspace.body.landed(),
            workspace.index.next_row,
            workspace.identities.map(),
        )

    def _look(self, friction: Friction, lens: Lens) -> Found:
        found: Found = self._found.get(self._key(friction, lens), lambda: self._walk(friction, lens))
        return found

    def _walk(self, friction: Friction, lens: Lens) -> Found:
        workspace = self._workspace
        snapshot = workspace.index.snapshot()
        asked = question(friction, workspace.body.dialect)
        facts: Facts = self._facts.get(asked, lambda: Facts(workspace.body, friction))
        facts.grown(min(snapshot.next_row, workspace.body.landed()))
        moments, known_until = walked(facts, friction, snapshot, workspace.identities.map(), lens)
        if lens.population is not None and len(moments):
            within = workspace.populations.get(lens.population).mask(int(moments.profile.max()) + 1)
            moments = moments.take(within[moments.profile])
        hits = moments.take(moments.hit)
        named, place = np.unique(places.columns(hits, facts), axis=0, return_inverse=True)
        follow = round(friction.outcome.days * DAY)
        spared = moments.take(~moments.hit & (moments.time + follow <= known_until))
        return Found(facts, hits, spared, place.reshape(-1), named, known_until)

    def _ledger(self, friction: Friction, lens: Lens) -> Ledger:
        found = self._look(friction, lens)
        value = worth(self._workspace, friction, lens)
        everywhere, located = _drafts(found, friction)
        _judge(everywhere)
        _judge(located)
        located = located[:MOST_PLACES]
        shown = self._events([row for draft in [*everywhere, *located] for row in draft.rows])
        touches = journeys.Places(self._workspace)
        tell = _Telling(found, friction, value, shown, touches)
        return Ledger(
            items=_ranked([tell.item(draft) for draft in located]),
            signals=_ranked([tell.item(draft) for draft in everywhere]),
            period=Span(times.iso(lens.period.start), times.iso(lens.period.end)),
            outcome=Asked(friction.outcome.kind, friction.outcome.days, times.iso_or_none(found.known_until or None)),
            conversion_value=value,
            tests=sum(draft.effect is not None for draft in [*everywhere, *located]),
            false_discovery_rate=friction.false_discovery_rate,
            as_of="",
            took_ms=0,
        )

    def _events(self, rows: list[int]) -> dict[int, Mapping[str, Any]]:
        wanted = np.unique(np.array(rows, np.int64))
        return {event["row"]: event for event in self._workspace.body.rows(wanted).to_pylist()} if rows else {}

    def _names(self, rows: Array) -> dict[int, str]:
        return {row: event["name"] or event["type"] for row, event in self._events(rows.tolist()).items()}


# -- inside --------------------------------------------------------------------------------------------------------


@dataclass
class _Draft:
    """A line of the ledger being made."""

    signal: int
    place: tuple[int, ...] | None
    people: int
    events: int
    rows: list[int]
    profiles: list[int]
    at: list[int]
    effect: Effect | None = None
    q: float | None = None


EVIDENCE: Final = 3


def _drafts(found: Found, friction: Friction) -> tuple[list[_Draft], list[_Draft]]:
    """The lines for each signal everywhere, and for each place, those with most people first; calibrated where they can be."""
    hits, signals = found.hits, found.hits.signal
    everywhere = [_draft(found, int(signal), None, signals == signal) for signal in np.unique(signals)]
    order = np.argsort(found.place, kind="stable")
    ends = np.searchsorted(found.place[order], np.arange(len(found.places) + 1))
    located = [
        _draft(found, int(place[0]), tuple(place.tolist()), order[ends[number] : ends[number + 1]])
        for number, place in enumerate(found.places)
        if place[1:].any()
    ]
    located.sort(key=lambda draft: (-draft.people, -draft.events, draft.place or ()))
    follow = round(friction.outcome.days * DAY)
    fit = _first_of_each(hits, hits.clean & (hits.time + follow <= found.known_until))
    groups = found.facts.pages.groups()
    for draft in everywhere:
        _calibrate(draft, [other for other in located if other.signal == draft.signal], found, fit, groups, friction)
    return everywhere, located


def _draft(found: Found, signal: int, place: tuple[int, ...] | None, which: Array) -> _Draft:
    chosen = np.flatnonzero(which) if which.dtype == np.bool_ else which
    time_, profile, row = found.hits.time[chosen], found.hits.profile[chosen], found.hits.row[chosen]
    newest = np.lexsort((row, time_))[::-1][:EVIDENCE]
    return _Draft(
        signal,
        place,
        people=int(np.unique(profile).size),
        events=int(chosen.size),
        rows=row[newest].tolist(),
        profiles=profile[newest].tolist(),
        at=time_[newest].tolist(),
    )


def _first_of_each(hits: Moments, fit: Array) -> Array:
    """Of the fitting hits the first of each customer and signal: a customer is one case."""
    chosen = np.flatnonzero(fit)
    order = chosen[np.lexsort((hits.row[chosen], hits.time[chosen], hits.profile[chosen], hits.signal[chosen]))]
    signal, profile = hits.signal[order], hits.profile[order]
    first = np.ones(order.size, np.bool_)
    first[1:] = (signal[1:] != signal[:-1]) | (profile[1:] != profile[:-1])
    out = np.zeros(len(hits), np.bool_)
    out[order[first]] = True
    return out


def _calibrate(
    draft: _Draft, located: list[_Draft], found: Found, fit: Array, groups: Array, friction: Friction
) -> None:
    """Compare the cases of one signal with those it spared, everywhere and at its most frequent places."""
    chosen = np.flatnonzero(fit & (found.hits.signal == draft.signal))
    if chosen.size < friction.least:
        return
    cases, controls = found.hits.take(chosen), found.spared.take(found.spared.signal == draft.signal)
    returning = outcome_of(friction, KEYS[draft.signal]) == "return"
    bad = [~(side.returned if returning else side.converted) for side in (cases, controls)]
    context = [groups[side.context] for side in (cases, controls)]
    comparison = Comparison(cases, controls, (bad[0], bad[1]), (context[0], context[1]))
    draft.effect = comparison.effect(np.ones(chosen.size, np.bool_), friction.least)
    number = {tuple(place.tolist()): at for at, place in enumerate(found.places)}
    of = found.place[chosen]
    for other in located[:MOST_TESTED]:
        if other.place is not None:
            other.effect = comparison.effect(of == number[other.place], friction.least)


def _judge(drafts: list[_Draft]) -> None:
    """One family of tests: the false discovery rate is held over all of them."""
    for draft, q in zip(
        drafts, discovered([draft.effect.p if draft.effect else None for draft in drafts]), strict=True
    ):
        draft.q = q


@dataclass
class _Telling:
    """Makes lines out of drafts."""

    found: Found
    friction: Friction
    value: Worth | None
    shown: Mapping[int, Mapping[str, Any]]
    touches: journeys.Places

    def item(self, draft: _Draft) -> Item:
        effect = draft.effect
        return Item(
            signal=KEYS[draft.signal],
            name=SIGNALS[draft.signal].name,
            where=self._where(draft),
            outcome=outcome_of(self.friction, KEYS[draft.signal]),
            people=draft.people,
            events=draft.events,
            precision=Share(*_rounded(effect.difference), effect.cases) if effect else None,
            lift=Ratio(*_rounded(effect.ratio)) if effect and effect.ratio else None,
            value_at_risk=self._at_risk(draft),
            bad=_round(effect.bad) if effect else None,
            expected=_round(effect.expected) if effect else None,
            controls=effect.controls if effect else 0,
            close=_round(effect.close) if effect else None,
            q=_round(draft.q) if draft.q is not None else None,
            verdict=self._verdict(draft),
            reading=self._reading(draft),
            evidence=[
                Event(profile_id(profile), row, times.iso(at), _name(self.shown.get(row)))
                for profile, row, at in zip(draft.profiles, draft.rows, draft.at, strict=True)
            ],
        )

    def _where(self, draft: _Draft) -> Where | None:
        if draft.place is None:
            return None
        event = self.shown.get(draft.rows[0])
        place = self.touches.of(event) if event else None
        touch = Touch(place.journey, place.stage.key, place.touchpoint.key, place.touchpoint.name) if place else None
        return places.described(draft.place, self.found.facts, event, touch)

    def _verdict(self, draft: _Draft) -> Verdict:
        if draft.q is None:
            return "not enough data"
        return "hurts" if draft.q <= self.friction.false_discovery_rate else "not shown"

    def _reading(self, draft: _Draft) -> str:
        """The figures as a sentence."""
        effect, days = draft.effect, f"{self.friction.outcome.days:g} days"
        wanted = outcome_of(self.friction, KEYS[draft.signal])
        said = "did not come back" if wanted == "return" else "did not convert"
        if effect is None:
            return f"Fewer than {self.friction.least} customers can be followed for {days} and compared: nothing is claimed."
        begin = (
            f"{effect.bad:.0%} of {effect.cases} customers {said} within {days}; {effect.expected:.0%} were expected."
        )
        if self._verdict(draft) == "hurts":
            return f"{begin} That is more than chance explains."
        return f"{begin} Chance alone explains that, or comparable customers fare no better."

    def _at_risk(self, draft: _Draft) -> Amount | None:
        """People x excess of bad outcomes x value of a conversion; both estimates' uncertainty is in the interval."""
        effect, value = draft.effect, self.value
        if effect is None or value is None:
            return None
        each = value.of_loss(self._regained(draft.signal))
        amount = draft.people * effect.difference.value * each
        relative = 0.0 if not value.amount else value.error / value.amount
        spread = calibration.Z * draft.people * each * np.hypot(effect.error, effect.difference.value * relative)
        return Amount(_money(amount), _money(amount - spread), _money(amount + spread), value.currency)

    def _regained(self, signal: int) -> float:
        """Of those spared who did what was hoped for, the share who converted: what a lost customer would have brought."""
        if outcome_of(self.friction, KEYS[signal]) == "conversion":
            return 1.0
        spared = self.found.spared
        back = (spared.signal == signal) & spared.returned
        return float(spared.converted[back].mean()) if back.any() else 0.0


def _ranked(items: list[Item]) -> list[Item]:
    """What hurts first, by money at stake (by people where money isn't known); then the rest by people."""

    def stake(item: Item) -> float:
        if item.verdict != "hurts" or item.precision is None:
            return 0.0
        return float(item.value_at_risk.amount) if item.value_at_risk else item.people * item.precision.value

    return sorted(items, key=lambda item: (item.verdict != "hurts", -stake(item), -item.people, item.signal))


def _round(value: float) -> float:
    return float(f"{value:.6g}")


def _rounded(interval: calibration.Interval) -> tuple[float, float, float]:
    return _round(interval.value), _round(interval.low), _round(interval.high)


def _money(value: float) -> str:
    return f"{value:.2f}"


def _name(event: Mapping[str, Any] | None) -> str:
    return "" if event is None else event["name"] or event["type"]


# -- people --------------------------------------------------------------------------------------------------------


def _chosen(found: Found, signal: str, where: str | None) -> Array:
    """The hits of a signal, everywhere or at one place."""
    if signal not in KEYS:
        raise NotFound("signal", signal, f"There are {', '.join(KEYS)}.")
    of_signal: Array = found.hits.signal == KEYS.index(signal)
    if where is None:
        return np.flatnonzero(of_signal)
    mine = [number for number, place in enumerate(found.places) if place[0] == KEYS.index(signal)]
    for number in mine:
        if places.key(found.places[number].tolist(), found.facts) == where:
            return np.flatnonzero(found.place == number)
    raise NotFound("place", where, "Take the key of a place from the ledger, and the same period.")


def _struck(found: Found, chosen: Array) -> Struck:
    """The customers of these hits, each with their last one, latest first."""
    hits = found.hits
    order = chosen[np.lexsort((hits.row[chosen], hits.time[chosen], hits.profile[chosen]))]
    profile = hits.profile[order]
    last = np.ones(order.size, np.bool_)
    last[:-1] = profile[1:] != profile[:-1]
    _, counts = np.unique(profile, return_counts=True)
    newest = order[last]
    by_time = np.lexsort((hits.profile[newest], -hits.time[newest]))
    newest = newest[by_time]
    return Struck(hits.profile[newest], hits.time[newest], hits.row[newest], counts[by_time])


def _person(profile: Profile, struck: Struck, at: int, names: Mapping[int, str]) -> Person:
    row = int(struck.row[at])
    return Person(
        **behind.card(profile),
        hits=int(struck.hits[at]),
        time=times.iso(int(struck.time[at])),
        row=row,
        event=names.get(row, ""),
    )
