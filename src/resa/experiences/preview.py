"""What somebody would see, asked by a colleague: as a customer, or as a persona made up of its segments and traits. Changes nothing."""

from __future__ import annotations

from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from resa.experiences import choosing, reasons, visit
from resa.experiences.checking import moment
from resa.experiences.choosing import Asked, Chosen
from resa.experiences.deciding import Deciding, returning
from resa.experiences.people import Person
from resa.experiences.presenting import Decision, present
from resa.experiences.settling import Settled
from resa.experiences.site import Site, build
from resa.kernel import preferences
from resa.kernel.errors import NotFound, Refused
from resa.kernel.events import Draft
from resa.kernel.identities import profile_number
from resa.kernel.profiles import PURPOSES

MOST_PLACEMENTS: Final = 50
_LIVE: Final = ("live",)
_ALL: Final = ("live", "draft", "paused")


class Somebody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Who is looked through the eyes of: a customer (`profile`), or somebody made up.

    `persona` and `segments` say what they belong to, `traits` and `consent` what is known of them, `returning` whether they
    were here before. Of a customer all that is known, unless it is said otherwise here.
    """

    profile: str | None = None
    persona: str | None = None
    segments: list[str] | None = None
    traits: dict[str, Any] = {}
    consent: dict[str, str] = {}
    returning: bool | None = None


class Looked(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The visit: where, from where, with what, when (ISO 8601; now, if not said)."""

    url: str = ""
    referrer_kind: str | None = None
    device: str | None = None
    locale: str | None = None
    campaign: dict[str, str] = {}
    attributes: dict[str, Any] = {}
    at: str | None = None


class PreviewWish(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What to preview: which placements (none named: all), as whom, in which visit; with `drafts` also what is not live yet."""

    placements: list[str] = []
    somebody: Somebody = msgspec.field(default_factory=Somebody)
    visit: Looked = msgspec.field(default_factory=Looked)
    drafts: bool = False


class Passed(msgspec.Struct, frozen=True):
    """An experience that was looked at, and why it is not shown."""

    experience: str
    code: str
    text: str


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What one placement would show, and what was passed over on the way there."""

    placement: str
    experience: str | None
    variation: str | None
    content: str | None
    type: str | None
    language: str | None
    body: Any
    probability: float | None
    reason: reasons.Reason
    passed: list[Passed]


class Previews(msgspec.Struct, frozen=True):
    """All placements, as one person would find them."""

    items: list[Preview]
    next: None = None


class _Undone(Exception):
    """Rolls a rehearsal back."""


class _Eyes:
    """`choosing.Known` of somebody who may be made up."""

    def __init__(self, deciding: Deciding, wish: Somebody) -> None:
        self._world = deciding.world
        self._wish = wish

    def in_audience(self, key: str, person: Person) -> bool | None:
        """As said, else as it is."""
        if self._wish.segments is not None:
            return key in self._wish.segments
        return self._world.in_audience(key, person)

    def of_persona(self, key: str, person: Person) -> bool | None:
        """As said, else as it is."""
        if self._wish.persona is not None:
            return key == self._wish.persona
        return self._world.of_persona(key, person)

    def held_out(self, *_: Any) -> bool:
        """Nobody is held out of a preview: it shows what there is to see."""
        return False

    def arm_of(self, *arguments: Any) -> Any:
        """As the experiment says."""
        return self._world.arm_of(*arguments, keep=False)


def look(deciding: Deciding, wish: PreviewWish) -> Previews:
    """What they would see. Raises Refused, NotFound."""
    workspace = deciding.workspace
    if len(wish.placements) > MOST_PLACEMENTS:
        raise Refused("placements", len(wish.placements), f"at most {MOST_PLACEMENTS} at once.", "Ask for fewer.")
    site = build(workspace.definitions, status=_ALL if wish.drafts else _LIVE)
    asked = _asked(deciding, wish)
    deciding.world.programme.refresh()
    eyes = _Eyes(deciding, wish.somebody)
    keys = wish.placements or list(site.spots)
    chosen = {key: choosing.choose(site, _spot(site, key), asked, eyes) for key in keys}
    settled = _rehearse(deciding, chosen, asked, site)
    return Previews([_shown(site, key, asked, chosen[key], settled[key]) for key in keys])


def _spot(site: Site, key: str) -> Any:
    if key not in site.spots:
        raise NotFound("placement", key)
    return site.spots[key]


def _asked(deciding: Deciding, wish: PreviewWish) -> Asked:
    now = deciding.workspace.clock()
    at = moment("visit.at", wish.visit.at)
    person = _person(deciding, wish.somebody)
    here = _visit(wish.visit, now if at is None else at)
    was_here = returning(person, now) if wish.somebody.returning is None else wish.somebody.returning
    identity = person.identity or "anon:preview"
    device = identity.partition(":")[2] if identity.startswith("anon:") else None
    user = identity.partition(":")[2] if identity.startswith("user:") else None
    own = {"id": device, "userId": user}
    attributes = {**here.attributes, **{name: value for name, value in own.items() if value is not None}}
    here = msgspec.structs.replace(here, returning=was_here, attributes=attributes)
    return Asked(person, here, device, user, {})


def _person(deciding: Deciding, somebody: Somebody) -> Person:
    for purpose, state in somebody.consent.items():
        if purpose not in PURPOSES or state not in ("granted", "denied"):
            rule = "a purpose is granted or denied."
            raise Refused(f"somebody.consent.{purpose}", state, rule, f"Use {', '.join(PURPOSES)}.")
    if somebody.profile is None:
        consent = somebody.consent or dict.fromkeys(PURPOSES, "granted")
        return Person(verified=True, traits=somebody.traits, consent=consent, identity="anon:preview")
    number = profile_number(somebody.profile)
    found = deciding.people.of_profile(number)
    if found.identity is None or found.profile is None:
        raise NotFound("profile", somebody.profile)
    return msgspec.structs.replace(
        found, traits={**found.traits, **somebody.traits}, consent={**found.consent, **somebody.consent}
    )


def _visit(looked: Looked, now: int) -> visit.Visit:
    draft = Draft(message_id="", type="page", name="", time=now, received_at=now)
    draft.page_url, draft.device, draft.locale = looked.url or None, looked.device, looked.locale
    draft.referrer_kind = looked.referrer_kind
    return visit.of(draft, {"campaign": looked.campaign}, looked.attributes, now)


def _rehearse(deciding: Deciding, chosen: dict[str, Chosen], asked: Asked, site: Site) -> dict[str, Settled]:
    """Which choices the budget has room for, found by trying; nothing of it stays."""
    workspace = deciding.workspace
    settled: dict[str, Settled] = {}
    zone = _zone(workspace.state)
    try:
        with workspace.state.write() as tx:
            for key, each in chosen.items():
                settled[key] = deciding.settling.first(tx, each, asked, site, zone)
            raise _Undone
    except _Undone:
        return settled


def _zone(state: Any) -> ZoneInfo:
    return preferences.zone(state)


def _shown(site: Site, key: str, asked: Asked, chosen: Chosen, settled: Settled) -> Preview:
    passed = [*chosen.passed, *settled.passed]
    decision: Decision = present(site, site.spots[key], asked, settled, passed)
    content = decision.content
    return Preview(
        placement=key,
        experience=decision.experience,
        variation=decision.variation,
        content=content.key if content is not None else None,
        type=content.type if content is not None else None,
        language=content.language if content is not None else None,
        body=content.body if content is not None else None,
        probability=decision.probability,
        reason=decision.reason,
        passed=[Passed(experience, why, reasons.HELD_BACK.get(why, why)) for experience, why in passed],
    )


def audited(wish: PreviewWish) -> dict[str, Any]:
    """What the audit log keeps of it."""
    return {"persona": wish.somebody.persona, "placements": wish.placements[:10], "drafts": wish.drafts}
