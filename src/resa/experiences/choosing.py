"""From what is known to a choice, for one placement: pure, no clock, no store.

The experiences of a placement are gone through from the most important on. Who is held out of one goes on to the next: so
those held out see what everybody would see if that experience were not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from resa.experiences.people import Person
from resa.experiences.site import Arm, Granted, Piece, Site, Spot, Target
from resa.experiences.targeting import Within
from resa.experiences.visit import Visit
from resa.experiments.engine import hashing

ASSUMED: Final = frozenset({"analytics"})
"""Purposes that count as granted until somebody decides (DECISIONS 29)."""


class Given(Protocol):
    """A variation that an experiment gives."""

    @property
    def variation(self) -> str:
        """Its key."""
        ...

    @property
    def probability(self) -> float | None:
        """Among those who are in the experiment."""
        ...

    @property
    def phase(self) -> int:
        """The experiment's phase."""
        ...

    @property
    def counted(self) -> bool:
        """Whether chance gave it: what somebody asked for is no exposure."""
        ...

    @property
    def leaf(self) -> int | None:
        """The context it was drawn in, where contexts have weights of their own."""
        ...


class Known(Protocol):
    """What choosing asks of the world, answered from memory."""

    def in_audience(self, key: str, person: Person) -> bool | None:
        """Whether they belong to it; None while that is not known."""
        ...

    def of_persona(self, key: str, person: Person) -> bool | None:
        """Whether they are of it; None while that is not known."""
        ...

    def held_out(self, unit: str, person: Person, visit: Visit) -> bool:
        """Whether a hold-out keeps them from the whole programme."""
        ...

    def arm_of(self, experiment: str, target: Target, unit: str, person: Person, visit: Visit) -> Given | None:
        """The variation an experiment gives them; None where they are not in it."""
        ...


@dataclass(slots=True)
class Asked:
    """One request: who, in which visit; `device` and `user` as they may be hashed."""

    person: Person
    visit: Visit
    device: str | None
    user: str | None
    consent: Mapping[str, str] = field(default_factory=dict)
    """What the request itself says of consent: its denials count at once, its grants until the events are folded in."""
    spared: bool | None = None
    """Whether a hold-out keeps them from the whole programme, once that was asked."""

    def unit(self, kind: str) -> tuple[str, str] | None:
        """(kind, value) of what is hashed; a customer who is not known is hashed by the device."""
        if kind == "customer" and self.user is not None:
            return "customer", self.user
        if self.device is not None:
            return "device", self.device
        return ("customer", self.user) if self.user is not None else None

    def agreed(self, purpose: str) -> bool:
        """Whether they agreed to a purpose."""
        told, kept = self.consent.get(purpose), self.person.consent.get(purpose)
        if "denied" in (told, kept):
            return False
        return "granted" in (told, kept) or purpose in ASSUMED


@dataclass(slots=True)
class Choice:
    """An experience that may be shown, as far as choosing can tell. `piece` is None for a variation without content."""

    target: Target
    arm: Arm
    piece: Piece | None
    offer: Granted | None
    probability: float | None
    unit_kind: str
    unit: str
    experiment: str | None
    phase: int | None
    unshown: str | None = None
    """Why what an experiment gives them can't be shown. They are in it all the same, or its variations could not be compared."""
    leaf: int | None = None

    @property
    def counts(self) -> bool:
        """Whether showing it draws on the person's budget."""
        return self.piece is not None and (bool(self.target.caps) or self.target.interrupts(self.piece))


@dataclass(slots=True)
class Chosen:
    """What may be shown, best first (all but the last draw on the budget, or can't be shown), and what was passed over."""

    choices: list[Choice] = field(default_factory=list)
    passed: list[tuple[str, str]] = field(default_factory=list)
    """(experience, why not), in the order looked at."""
    held: list[tuple[str, float]] = field(default_factory=list)
    """(experience, probability) they were held out of."""


def choose(site: Site, spot: Spot, asked: Asked, known: Known) -> Chosen:
    """Go through the experiences of a placement."""
    found = Chosen()
    for target in spot.targets:
        why = _objection(target, asked, known)
        choice = _assigned(site, spot, target, asked, known, found) if why is None else why
        if isinstance(choice, str):
            found.passed.append((target.key, choice))
            continue
        found.choices.append(choice)
        if choice.unshown is None and not choice.counts:
            break
    return found


def _objection(target: Target, asked: Asked, known: Known) -> str | None:
    """Why this experience is not for them, cheap tests first."""
    visit, body = asked.visit, target.body
    if not target.start <= visit.now < target.end:
        return "schedule"
    for test in target.tests:  # loops, not `all`: every experience of a placement comes by here with every page
        if not test(visit):
            return "context"
    for purpose in target.purposes:
        if not asked.agreed(purpose):
            return "consent"
    if body.audience is not None and not (inside := known.in_audience(body.audience, asked.person)):
        return "audience_unknown" if inside is None else "audience"
    if body.persona is not None and not (inside := known.of_persona(body.persona, asked.person)):
        return "audience_unknown" if inside is None else "persona"
    return _outside(target.within, asked, known) if target.within is not None else None


def _outside(within: Within, asked: Asked, known: Known) -> str | None:
    """Why a condition over audiences does not hold. One that is still counted leaves it open, even if another would do."""
    inside = [(key, known.in_audience(key, asked.person)) for key in within.audiences]
    if any(there is None for _, there in inside):
        return "audience_unknown"
    return None if within.holds(asked.visit, [key for key, there in inside if there]) else "audience"


def _assigned(site: Site, spot: Spot, target: Target, asked: Asked, known: Known, found: Chosen) -> Choice | str:
    """The variation they get, or why they get none. Content is looked at first: who could not see it is not held out of it.

    In an experiment they are those whom chance put there, whatever becomes of the content of one of its variations.
    """
    unit = asked.unit(target.body.unit)
    if unit is None:
        return "nobody"
    kind, value = unit
    arm, experiment = target.arms[0], target.body.experiment
    share: float | None = 1.0
    phase: int | None = None
    leaf: int | None = None
    if experiment is not None:
        given = known.arm_of(experiment, target, value, asked.person, asked.visit)
        if given is None:
            return "experiment"
        named = target.arm(given.variation)
        if named is None:
            return "missing_variation"
        arm, share, phase, leaf = named, given.probability, given.phase, given.leaf
        if not given.counted:
            share, phase, leaf, experiment = 1.0, None, None, None
    elif len(target.arms) > 1:
        place = target.place(value)
        index = hashing.choose(place if place is not None else 0.0, target.ranges)
        arm = target.arms[index if index >= 0 else len(target.arms) - 1]
        share = arm.probability
    shown = _content(site, spot, arm, asked, known)
    if isinstance(shown, str) and experiment is None:
        return shown
    if asked.spared is None:
        asked.spared = known.held_out(value, asked.person, asked.visit)
    if asked.spared:
        return "programme_holdout"
    if target.body.holdout and (target.held(value) or 0.0) < target.body.holdout:
        found.held.append((target.key, target.body.holdout))
        return "holdout"
    probability = None if share is None else share * (1.0 - target.body.holdout)
    if isinstance(shown, str):
        return Choice(target, arm, None, None, probability, kind, value, experiment, phase, unshown=shown, leaf=leaf)
    return Choice(target, arm, *shown, probability, kind, value, experiment, phase, leaf=leaf)


def _content(site: Site, spot: Spot, arm: Arm, asked: Asked, known: Known) -> tuple[Piece | None, Granted | None] | str:
    """What a variation shows, or why it can't be shown."""
    if arm.content is None:
        return None, None
    piece = site.pieces.get(arm.content)
    if piece is None:
        return "missing_content"
    if piece.problem is not None:
        return piece.problem
    if not piece.start <= asked.visit.now < piece.end:
        return "content_schedule"
    if spot.body.types and piece.type not in spot.body.types:
        return "wrong_type"
    if piece.offer is None:
        return piece, None
    offer = site.offers.get(piece.offer)
    if offer is None or not offer.start <= asked.visit.now < offer.end:
        return "offer"
    if offer.audience is not None and not known.in_audience(offer.audience, asked.person):
        return "offer"
    return piece, offer


def insertions(asked: Asked, traits: Mapping[str, Any], offer: Granted | None, code: str | None) -> dict[str, Any]:
    """What content may put in: traits only with consent to personalisation, the campaign, the offer's code."""
    return {
        "trait": traits if asked.agreed("personalisation") else {},
        "campaign": asked.visit.campaign,
        "offer": {"code": code or (offer.code if offer is not None else None)},
    }
