"""The definitions in force, compiled once per version: placements with their experiences in order, content ready to show."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from resa.experiences import checking, targeting
from resa.experiences.blocks import Shown
from resa.experiences.definition import INTERRUPTING, Content, Experience, Offer, Placement, Schedule
from resa.experiments import members
from resa.experiments.engine import hashing
from resa.kernel import contacts
from resa.kernel.contacts import Cap, Policy
from resa.kernel.definitions import Definition, Definitions
from resa.kernel.errors import NotFound, Refused

log: Final = logging.getLogger("resa.experiences")

_EVER: Final = (-(2**62), 2**62)

Place = Callable[[str], float | None]


@dataclass(frozen=True)
class Piece:
    """Content as it can be shown. `problem` says why it can't be."""

    key: str
    type: str
    versions: tuple[Shown, ...]
    by_language: Mapping[str, Shown]
    start: int
    end: int
    offer: str | None
    problem: str | None

    def spoken(self, locale: str | None) -> Shown:
        """The version in a language, or in the nearest there is: `pt-BR`, `pt`, another `pt-`, the first."""
        wanted = (locale or "").lower().replace("_", "-")
        while wanted:
            if wanted in self.by_language:
                return self.by_language[wanted]
            wanted = wanted.rpartition("-")[0]
        return self.versions[0]


@dataclass(frozen=True)
class Granted:
    """An offer in force."""

    key: str
    codes: str
    code: str | None
    audience: str | None
    start: int
    end: int


@dataclass(frozen=True)
class Arm:
    """A variation, what it shows, and with which probability among those who are not held out."""

    key: str
    content: str | None
    probability: float


@dataclass(frozen=True)
class Target:
    """An experience, ready to be decided on."""

    key: str
    body: Experience
    start: int
    end: int
    tests: tuple[targeting.Test, ...]
    within: targeting.Within | None
    arms: tuple[Arm, ...]
    ranges: Sequence[tuple[float, float]]
    place: Place
    held: Place
    caps: tuple[Cap, ...]
    purposes: tuple[str, ...]
    audience_name: str
    by_campaign: bool

    @property
    def personal(self) -> bool:
        """Whether an audience or a persona is asked for."""
        return self.body.audience is not None or self.body.persona is not None or self.within is not None

    def arm(self, key: str) -> Arm | None:
        """The variation of that key."""
        return next((arm for arm in self.arms if arm.key == key), None)

    def interrupts(self, piece: Piece) -> bool:
        """Whether showing that is a contact."""
        return piece.type in INTERRUPTING if self.body.interrupts is None else self.body.interrupts


@dataclass(frozen=True)
class Spot:
    """A placement with its live experiences, the most important first."""

    key: str
    body: Placement
    targets: tuple[Target, ...]

    @cached_property
    def experimental(self) -> bool:
        """Whether an experiment decides on any of them."""
        return any(target.body.experiment for target in self.targets)


@dataclass(frozen=True)
class Site:
    """Everything in force."""

    spots: Mapping[str, Spot]
    pieces: Mapping[str, Piece]
    offers: Mapping[str, Granted]
    personas: frozenset[str]
    experiments: Mapping[str, Any]
    policy: Policy
    faults: Mapping[str, str] = field(default_factory=dict)
    """Definitions that can't be used, by `kind:key`, and why."""


def build(
    known: Definitions, *, status: Sequence[str] = ("live",), extra: Mapping[str, Experience] | None = None
) -> Site:
    """Compile the definitions as they are now. One that is broken is left out, and said in `faults`."""
    faults: dict[str, str] = {}
    names = {item.key: item.body.name for item in known.all("audience")}
    pieces = _each(known.all("content"), _piece, faults)
    offers = _each(known.all("offer"), _offer, faults)
    experiments = {item.key: item.body for item in _all(known, "experiment")}
    chosen = {item.key: item.body for item in known.all("experience") if item.body.status in status} | dict(extra or {})
    targets: dict[str, list[Target]] = {}
    for key, body in sorted(chosen.items(), key=lambda pair: (-pair[1].priority, pair[0])):
        try:
            personal = _personally(body, pieces, offers, experiments)
            target = _target(key, body, names, personal=personal)
        except Refused as error:
            faults[f"experience:{key}"] = error.message
            continue
        targets.setdefault(body.placement, []).append(target)
    spots = {item.key: Spot(item.key, item.body, tuple(targets.get(item.key, ()))) for item in known.all("placement")}
    for fault, why in faults.items():
        log.error("%s can't be used: %s", fault, why)
    return Site(
        spots=spots,
        pieces=pieces,
        offers=offers,
        personas=frozenset(body.persona for body in chosen.values() if body.persona is not None),
        experiments=experiments,
        policy=contacts.current(known),
        faults=faults,
    )


def _each(items: Sequence[Definition[Any]], make: Callable[[str, Any], Any], faults: dict[str, str]) -> dict[str, Any]:
    made = {}
    for item in items:
        try:
            made[item.key] = make(item.key, item.body)
        except Refused as error:
            faults[f"{item.kind}:{item.key}"] = error.message
    return made


def _all(known: Definitions, kind: str) -> list[Definition[Any]]:
    try:
        return known.all(kind)
    except NotFound:  # nobody brought that kind
        return []


def _piece(key: str, body: Content) -> Piece:
    versions = tuple(Shown(body.type, version) for version in body.versions)
    by_language: dict[str, Shown] = {}
    for shown in versions:
        tag = shown.language.lower()
        by_language[tag] = shown
        by_language.setdefault(tag.partition("-")[0], shown)
    start, end = _between(body.schedule)
    problem = None if body.approval == "approved" else "not_approved"
    return Piece(key, body.type, versions, by_language, start, end, body.offer, problem)


def _offer(key: str, body: Offer) -> Granted:
    start, end = _between(body.valid)
    return Granted(key, body.codes, body.code, body.audience, start, end)


def _target(key: str, body: Experience, names: Mapping[str, str], *, personal: bool) -> Target:
    checking.experience(body)
    start, end = _between(body.schedule)
    total = sum(variation.weight for variation in body.variations) or 1.0
    arms = tuple(Arm(each.key, each.content, each.weight / total) for each in body.variations)
    return Target(
        key=key,
        body=body,
        start=start,
        end=end,
        tests=targeting.compile(body.context),
        within=targeting.within(body.context),
        arms=arms,
        ranges=hashing.ranges(len(arms), 1.0, [arm.probability for arm in arms]),
        place=hashing.bucketing(split_seed(key, body), 2),
        held=hashing.bucketing(f"experience-holdout:{body.seed or key}", 2),
        caps=(Cap(most=body.frequency.most, per=body.frequency.per),) if body.frequency is not None else (),
        purposes=_purposes(body, personal=personal),
        audience_name=names.get(body.audience or "", body.audience or ""),
        by_campaign=targeting.by_campaign(body.context),
    )


def split_seed(key: str, body: Experience) -> str:
    """The seed of the buckets that an experience's own variations are split by."""
    return f"experience:{body.seed or key}"


def _personally(
    body: Experience, pieces: Mapping[str, Piece], offers: Mapping[str, Granted], experiments: Mapping[str, Any]
) -> bool:
    """Whether what is known of somebody decides or is shown: by the experience, its experiment, its content or their offers."""
    if body.audience is not None or body.persona is not None or body.context.visitor is not None:
        return True
    tested = experiments.get(body.experiment or "")
    if members.keys(body.context.condition) or (tested is not None and tested.audiences):
        return True
    shown = [pieces[each.content] for each in body.variations if each.content is not None and each.content in pieces]
    granted = [offers[piece.offer] for piece in shown if piece.offer is not None and piece.offer in offers]
    told = any(version.personal for piece in shown for version in piece.versions)
    return told or any(offer.audience is not None for offer in granted)


def _purposes(body: Experience, *, personal: bool) -> tuple[str, ...]:
    """What somebody must have agreed to: to personalisation wherever it is personal."""
    asked = ["personalisation"] if personal else []
    return tuple(dict.fromkeys([*asked, *([body.purpose] if body.purpose is not None else [])]))


def _between(schedule: Schedule | None) -> tuple[int, int]:
    if schedule is None:
        return _EVER
    start, end = checking.moment("start", schedule.start), checking.moment("end", schedule.end)
    return _EVER[0] if start is None else start, _EVER[1] if end is None else end


class Sites:
    """The site as of now, compiled anew when a definition changed."""

    def __init__(self, known: Definitions) -> None:
        """Nothing is compiled yet."""
        self._known = known
        self._lock = threading.Lock()
        self._token: Hashable = None
        self._site: Site | None = None

    def now(self) -> Site:
        """What is in force; the last one that could be read, should the state store be away."""
        token = self._current()
        with self._lock:
            if self._site is None or token != self._token:
                self._site, self._token = build(self._known), token
            return self._site

    def fresh(self) -> Site | None:
        """What is in force if it is compiled already; else `now` is to be asked, in a thread."""
        return self._site if self._site is not None and self._current() == self._token else None

    def last(self) -> Site | None:
        """What was in force last, if anything was ever compiled."""
        return self._site

    def _current(self) -> Hashable:
        return self._known.stamp()
