"""Lines of the ledger: whom a signal struck, at each place and everywhere, compared with those it spared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from resa.journeys.friction.calibration import Comparison, Effect
from resa.journeys.friction.definition import Friction, outcome_of
from resa.journeys.friction.facts import Facts
from resa.journeys.friction.moments import DAY, Array, Moments
from resa.journeys.friction.signals import KEYS
from resa.kernel.multiplicity import discovered

MOST_TESTED: Final = 30
"""So many places of a signal are calibrated, those with most people first: chosen before any outcome is looked at."""

EVIDENCE: Final = 3
"""Events that show a line, the newest."""


@dataclass(frozen=True)
class Found:
    """What a lens shows: all hits with the place of each, and the moments to compare with."""

    facts: Facts
    hits: Moments
    spared: Moments
    place: Array  # [hit]: which of `places`
    places: Array  # [place, 4]
    known_until: int


@dataclass
class Draft:
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


def drafts(found: Found, friction: Friction) -> tuple[list[Draft], list[Draft]]:
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


def _draft(found: Found, signal: int, place: tuple[int, ...] | None, which: Array) -> Draft:
    chosen = np.flatnonzero(which) if which.dtype == np.bool_ else which
    time_, profile, row = found.hits.time[chosen], found.hits.profile[chosen], found.hits.row[chosen]
    newest = np.lexsort((row, time_))[::-1][:EVIDENCE]
    return Draft(
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


def _calibrate(draft: Draft, located: list[Draft], found: Found, fit: Array, groups: Array, friction: Friction) -> None:
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


def judge(drafts: list[Draft]) -> None:
    """One family of tests: the false discovery rate is held over all of them."""
    for draft, q in zip(
        drafts, discovered([draft.effect.p if draft.effect else None for draft in drafts]), strict=True
    ):
        draft.q = q
