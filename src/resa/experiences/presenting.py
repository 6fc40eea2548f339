"""The answer for a placement: what is shown there, in the visitor's language, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from resa.experiences import choosing, reasons
from resa.experiences.blocks import Unsafe
from resa.experiences.choosing import Asked, Choice
from resa.experiences.people import STRANGER
from resa.experiences.reasons import Reason
from resa.experiences.settling import Settled
from resa.experiences.site import Piece, Site, Spot
from resa.kernel import sensitive
from resa.kernel.decisions import new_id

QUIET: Final = frozenset({"schedule", "context", "audience", "persona"})
"""Why most experiences are not for most people; nobody is told, and nothing is written down."""

TTL: Final = 60
"""Seconds for which an answer may be shown again without asking."""

NO_FLAGS: Final = msgspec.Raw(b"{}")


class Content(msgspec.Struct, frozen=True):
    """What is to be shown."""

    key: str
    type: str
    body: Any
    language: str


class Decision(msgspec.Struct, kw_only=True):
    """The answer for one placement."""

    placement: str
    id: str
    experience: str | None = None
    content: Content | None = None
    variation: str | None = None
    experiment: str | None = None
    reason: Reason
    probability: float | None = None
    token: str | None = None
    where: dict[str, str] | None = None


class Answer(msgspec.Struct, kw_only=True):
    """The whole answer."""

    decisions: list[Decision]
    flags: msgspec.Raw = NO_FLAGS
    """An object, by key."""
    ttl: int = TTL


def present(site: Site, spot: Spot, asked: Asked, settled: Settled, passed: list[tuple[str, str]]) -> Decision:
    """The answer for a placement, without its token. A choice that can't be shown after all joins what was passed over."""
    choice = settled.choice
    decision = Decision(placement=spot.key, id=new_id(), reason=reasons.nothing("no_match"), where=where(spot))
    if choice is not None:
        try:
            content = shown(choice.piece, asked, choice, settled.code)
        except Unsafe:
            passed.append((choice.target.key, "unsafe_address"))
        else:
            decision.experience, decision.variation = choice.target.key, choice.arm.key
            decision.content, decision.experiment = content, choice.experiment
            decision.probability = choice.probability
            decision.reason = (
                reasons.shown(choice.target, asked.person) if content is not None else reasons.nothing("control")
            )
            return decision
    decision.content = default_content(site, spot, asked)
    telling = next((why for _, why in passed if why not in QUIET and why != "audience_unknown"), None)
    if telling is not None:
        decision.reason = reasons.held_back(telling)
    elif decision.content is not None:
        decision.reason = reasons.nothing("default")
    return decision


def shown(piece: Piece | None, asked: Asked, choice: Choice | None, code: str | None) -> Content | None:
    """Content in the visitor's language with what is known put in. Raises Unsafe."""
    if piece is None:
        return None
    version = piece.spoken(asked.visit.locale)
    said: Mapping[str, Any] = {}
    if version.asks:
        offer = choice.offer if choice is not None else None
        said = choosing.insertions(asked, sensitive.insertable(asked.person.traits), offer, code)
    return Content(piece.key, piece.type, version.body(said), version.language)


def default_content(site: Site, spot: Spot, asked: Asked) -> Content | None:
    """What a placement shows where nothing else fits."""
    piece = site.pieces.get(spot.body.default or "")
    if piece is None or piece.problem is not None or not piece.start <= asked.visit.now < piece.end:
        return None
    try:
        return shown(piece, Asked(STRANGER, asked.visit, None, None), None, None)
    except Unsafe:
        return None


def where(spot: Spot | None) -> dict[str, str] | None:
    """Where on a page a placement is, if it was chosen there."""
    if spot is None or spot.body.selector is None:
        return None
    return {"selector": spot.body.selector, "position": spot.body.position}
