"""Steps that customers really take and no touchpoint of the map mentions, each with a touchpoint ready to be added."""

from __future__ import annotations

import re
import threading
import time
import unicodedata
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, cast

import msgspec
import numpy as np

from resa.journeys import rules
from resa.journeys.cells import shown
from resa.journeys.definition import Journey, Rule, Touchpoint
from resa.journeys.numbers import Maps, Span, fingerprint, span
from resa.kernel import sequences, times
from resa.kernel.events import CHANNELS
from resa.kernel.lens import Lens
from resa.kernel.matching import Condition, Match
from resa.kernel.matching.sql import ENGINES, predicate
from resa.kernel.recent import Recent
from resa.kernel.workspace import Workspace

if TYPE_CHECKING:
    from resa.journeys.crossings import Steps

MOST_STEPS: Final = 60
"""So many steps off the map are looked into, those of most customers."""
MOST_PLACES: Final = 3
MOST_KNOWN: Final = 4 * MOST_STEPS
MOST_MAPS: Final = 16

Kind = Literal["track", "page", "screen"]

_CANDIDATES: Final = """
SELECT type, name, page, channel, count(*) AS events, count(DISTINCT profile) AS customers
  FROM (SELECT type, name, profile, channel,
               CASE WHEN type <> 'track' AND COALESCE(name, '') = '' THEN page_path END AS page
          FROM log
         WHERE code <> 0 AND COALESCE(source, '') <> 'resa' AND type IN ('track', 'page', 'screen')
           AND time >= {start} AND time < {end} AND {shown} AND ({touchpoint}) IS NULL) AS steps
 WHERE name <> '' OR page IS NOT NULL
 GROUP BY type, name, page, channel
"""


class Between(msgspec.Struct, frozen=True):
    """Customers who took the step after an event of one stage and before one of another; null: none before, none after."""

    after: str | None
    before: str | None
    customers: int


class Proposal(msgspec.Struct, frozen=True):
    """A touchpoint ready to be added to a stage of the map."""

    stage: str
    touchpoint: Touchpoint


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A step off the map."""

    type: Kind
    name: str
    customers: int
    share: float
    """Of all customers with an event of the map or of a step off it."""
    events: int
    between: list[Between]
    proposal: Proposal


class Discovered(msgspec.Struct, frozen=True):
    """What GET /api/journeys/{key}/discovered answers, the most used first."""

    period: Span
    customers: int
    items: list[Step]
    as_of: str
    took_ms: int


class Candidate(NamedTuple):
    """A step that no touchpoint matches."""

    match: Match
    name: str
    channel: str


class Discoveries:
    """Answers which steps are missing on maps. Thread-safe."""

    def __init__(self, workspace: Workspace, maps: Maps) -> None:
        """Nothing is computed yet."""
        self._workspace, self._maps = workspace, maps
        self._labels = sequences.LabelStore(workspace.body, most=1)
        self._kept = Recent(8)
        self._known: dict[bytes, list[Candidate]] = {}
        self._lock = threading.Lock()

    def discovered(self, journey: Journey, lens: Lens, least: float = 0.01) -> Discovered:
        """The steps off the map that at least this share of customers take."""
        began = time.perf_counter()
        key: tuple[Hashable, ...] = self._maps.key(journey, lens)
        found, steps = self._kept.get(key, lambda: self._find(journey, lens))
        items = [
            item
            for number, candidate in found.items()
            if steps.used[number] and (item := _step(journey, candidate, steps, number)).share >= least
        ]
        items.sort(key=lambda item: (-item.customers, item.type, item.name))
        return Discovered(
            period=span(lens.period),
            customers=int(steps.customers),
            items=items,
            as_of=times.iso(self._workspace.clock()),
            took_ms=round(1000 * (time.perf_counter() - began)),
        )

    def _find(self, journey: Journey, lens: Lens) -> tuple[dict[int, Candidate], Steps]:
        """The steps of the lens by number, and what is counted of them."""
        from resa.journeys.crossings import Steps  # noqa: PLC0415  # loads numba; starting up must not wait for it
        from resa.kernel.sequences import walk  # noqa: PLC0415

        workspace = self._workspace
        found, known = self._numbers(fingerprint(journey), self._candidates(journey, lens))
        stage_of = np.array([place for place, _, _ in journey.touchpoints()], np.int64)
        number = _numbered(journey, known, workspace.body.dialect)
        snapshot = self._labels.labelled(rules.variants(number, workspace.body.dialect), workspace.index.snapshot())
        labels = shown(stage_of.size + len(known), lens.channel, simulated=lens.simulated)
        others = [place for place in range(len(known)) if place not in found]
        labels.table[1:].reshape(-1, rules.VARIANTS)[stage_of.size + np.array(others, np.int64)] = 0
        reading = walk.Reading.of(snapshot, workspace.identities.map(), labels, **self._maps.during(lens))
        return found, walk.ask(lambda: Steps(stage_of, len(journey.stages), len(known)), reading)

    def _numbers(self, map_: bytes, found: Sequence[Candidate]) -> tuple[dict[int, Candidate], list[Candidate]]:
        """The numbers of these steps among all that were asked for on this map: another period mostly needs no new labels."""
        with self._lock:
            kept = self._known.get(map_, ())
            names = {_named(candidate) for candidate in kept}
            known = [*kept, *(candidate for candidate in found if _named(candidate) not in names)]
            if len(known) > MOST_KNOWN:
                known = list(found)
            self._known = {map_: known} if len(self._known) > MOST_MAPS else {**self._known, map_: known}
        places = {_named(candidate): place for place, candidate in enumerate(known)}
        return {places[_named(candidate)]: candidate for candidate in found}, known

    def _candidates(self, journey: Journey, lens: Lens) -> list[Candidate]:
        body = self._workspace.body
        channel = "TRUE" if lens.channel is None else f"channel = {ENGINES[body.dialect].literal(lens.channel)}"
        through = channel if lens.simulated else f"{channel} AND NOT simulated"
        touchpoint = rules.touchpoint(journey, body.dialect) or "NULL"
        rows = body.native(
            _CANDIDATES.format(start=lens.period.start, end=lens.period.end, shown=through, touchpoint=touchpoint)
        ).to_pylist()
        return _candidates(rows)


def _candidates(rows: Sequence[dict[str, Any]]) -> list[Candidate]:
    """The steps of most customers, each with the channel it is taken on most."""
    by_step: dict[tuple[str, str, str | None], list[dict[str, Any]]] = {}
    for row in rows:
        by_step.setdefault((row["type"], row["name"], row["page"]), []).append(row)
    ranked = sorted(by_step.items(), key=lambda entry: (-sum(row["customers"] for row in entry[1]), str(entry[0])))
    found = []
    for (type_, name, page), on in ranked[:MOST_STEPS]:
        channel = max(on, key=lambda row: (row["customers"], row["channel"]))["channel"]
        where = [] if page is None else [Condition(property="page_path", op="is", value=page)]
        found.append(
            Candidate(Match(type=cast(Kind, type_), name=name or None, where=where), name or page or "", channel)
        )
    return found


def _named(candidate: Candidate) -> tuple[str, str, bool]:
    return candidate.match.type, candidate.name, bool(candidate.match.where)


def _numbered(journey: Journey, found: Sequence[Candidate], dialect: str) -> str:
    """The number of an event's touchpoint or, after those, of its step; SQL, NULL for neither."""
    size = sum(1 for _ in journey.touchpoints())
    arms = " ".join(f"WHEN {_is(candidate, dialect)} THEN {size + n}" for n, candidate in enumerate(found))
    step = f"CASE WHEN COALESCE(source, '') = 'resa' THEN NULL {arms} END" if arms else "NULL"
    return f"COALESCE({rules.touchpoint(journey, dialect) or 'NULL'}, {step})"


def _is(candidate: Candidate, dialect: str) -> str:
    """A page without a name is known by its path, which a page with a name may have too."""
    unnamed = " AND COALESCE(name, '') = ''" if candidate.match.where else ""
    return predicate(candidate.match, dialect) + unnamed


def _step(journey: Journey, candidate: Candidate, steps: Steps, number: int) -> Step:
    keys = [stage.key for stage in journey.stages]
    around = steps.between[number]
    ranked = sorted(zip(*np.nonzero(around), strict=True), key=lambda at: (-around[at], at))[:MOST_PLACES]
    between = [
        Between(
            keys[after] if after < len(keys) else None, keys[before] if before < len(keys) else None, int(around[at])
        )
        for at in ranked
        for after, before in [at]
    ]
    near = int(np.argmax(steps.near[number]))
    customers = int(steps.used[number])
    return Step(
        type=cast(Kind, candidate.match.type),
        name=candidate.name,
        customers=customers,
        share=customers / steps.customers,
        events=int(steps.events[number]),
        between=between,
        proposal=Proposal(keys[near], _touchpoint(journey, candidate)),
    )


def _touchpoint(journey: Journey, candidate: Candidate) -> Touchpoint:
    return Touchpoint(
        key=_key(candidate.name, {touchpoint.key for _, _, touchpoint in journey.touchpoints()}),
        name=candidate.name[:120],
        channel=candidate.channel if candidate.channel in CHANNELS else None,
        rule=Rule(any=[candidate.match]),
    )


def _key(name: str, taken: set[str]) -> str:
    """A key like the name that the map does not have yet."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:56].strip("-") or "step"
    number = 1
    while (key := stem if number == 1 else f"{stem}-{number}") in taken:
        number += 1
    return key
