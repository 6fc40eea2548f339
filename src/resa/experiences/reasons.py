"""Why somebody sees what they see, or sees nothing: a stable code, and a sentence. A caller who proved nothing gets general ones."""

from __future__ import annotations

from typing import Final

import msgspec

from resa.experiences.people import Person
from resa.experiences.site import Target


class Reason(msgspec.Struct, frozen=True):
    """A code for programs, a text for people."""

    code: str
    text: str


HELD_BACK: Final = {
    "not_live": "the experience is not live",
    "schedule": "it is not the time for it",
    "context": "the visit is another",
    "audience": "not in its audience",
    "persona": "not of its persona",
    "audience_unknown": "its audience is being counted",
    "consent": "no consent to it",
    "holdout": "held out, to measure what it earns",
    "programme_holdout": "held out of the whole programme",
    "experiment": "not in its experiment",
    "missing_variation": "the variation is not there",
    "missing_content": "its content is not there",
    "not_approved": "its content is not approved",
    "content_schedule": "it is not the time for its content",
    "wrong_type": "the placement does not hold such content",
    "offer": "its offer is not for them, or not now",
    "no_codes": "its offer has no codes left",
    "unsafe_address": "an address in it may not be led to",
    "cap": "enough contacts for now",
    "own_cap": "seen often enough",
    "quiet_hours": "quiet hours",
    "unavailable": "contacts can't be counted now",
    "nobody": "nobody is known to count it for",
}
"""Why an experience was not chosen."""

NOTHING: Final = {
    "no_match": "Nothing is planned here for this visit.",
    "holdout": "Kept as it is, to measure what changes earn.",
    "control": "Kept as it is, to compare.",
    "unknown_placement": "There is no such placement.",
    "default": "What everybody sees here.",
    "timeout": "Resa did not decide in time.",
    "unavailable": "Resa could not look up what it needed.",
    "error": "Something went wrong while deciding.",
    "bot": "Not shown to programs.",
}
"""Why a placement stays as it is."""

FOR_YOU: Final = Reason("for_you", "Chosen for you from what you did here.")
EVERYBODY: Final = Reason("everybody", "Shown to everybody here.")


def shown(target: Target, person: Person) -> Reason:
    """Why an experience is shown."""
    body = target.body
    if body.because and (person.verified or not target.personal):
        return Reason("because", f"Because {body.because.removeprefix('because ').removeprefix('Because ')}")
    if target.personal and not person.verified:
        return FOR_YOU
    if body.audience is not None:
        return Reason("audience", f"Because you are in {target.audience_name}.")
    if body.persona is not None:
        return Reason("persona", "Because it suits customers like you.")
    if target.within is not None:
        return FOR_YOU
    if target.by_campaign:
        return Reason("campaign", "Because of the campaign that brought you here.")
    if body.context.visitor is not None:
        return Reason("visitor", f"Because you are a {body.context.visitor} visitor.")
    if target.tests:
        return Reason("context", "Because of the page you are on, or how you came to it.")
    return EVERYBODY


def nothing(code: str) -> Reason:
    """Why there is nothing of ours."""
    return Reason(code, NOTHING[code])


def held_back(code: str) -> Reason:
    """Why what was meant for them is not shown."""
    return nothing(code) if code in NOTHING else Reason(code, f"Not shown: {HELD_BACK[code]}.")
