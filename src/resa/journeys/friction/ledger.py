"""The friction ledger: every signal where it was found, whom it struck, what it does to them and what that costs."""

from __future__ import annotations

import time
from collections.abc import Hashable, Mapping
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from resa import journeys
from resa.journeys.friction import places
from resa.journeys.friction.answers import Asked, Ledger, People, Person, Span
from resa.journeys.friction.definition import DEFAULT, KEY, KIND, Friction
from resa.journeys.friction.facts import Facts, question
from resa.journeys.friction.lines import Found, drafts, judge
from resa.journeys.friction.moments import DAY, Array, Moments, walked
from resa.journeys.friction.signals import KEYS
from resa.journeys.friction.telling import Telling, ranked
from resa.journeys.friction.worth import worth
from resa.kernel import behind, times
from resa.kernel.errors import NotFound
from resa.kernel.lens import Lens
from resa.kernel.profiles import Profile
from resa.kernel.recent import Recent
from resa.kernel.workspace import Workspace

MOST_PLACES: Final = 200
"""So many places are listed, those with most people first."""


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
        everywhere, located = drafts(found, friction)
        judge(everywhere)
        judge(located)
        located = located[:MOST_PLACES]
        shown = self._events([row for draft in [*everywhere, *located] for row in draft.rows])
        touches = journeys.Places(self._workspace)
        tell = Telling(found, friction, value, shown, touches)
        return Ledger(
            items=ranked([tell.item(draft) for draft in located]),
            signals=ranked([tell.item(draft) for draft in everywhere]),
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
