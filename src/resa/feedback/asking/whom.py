"""Whom a survey is for, and where they are best asked. Pure but for what `Known` looks up in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from resa.channels.email import is_address
from resa.feedback.asking import sampling
from resa.feedback.asking.plans import Plan

ASSUMED: Final = frozenset({"analytics"})
"""Purposes that count as granted until somebody decides (as for experiences)."""
PURPOSES: Final[Mapping[str, str]] = {
    "site": "analytics",
    "link": "analytics",
    "email": "marketing",
    "api": "marketing",
}
"""What somebody must have agreed to where the survey names no purpose: a question on a page the customer opened belongs to that
visit; a message they did not ask for is a message.
"""
PREFERRED: Final = ("preferred_channel", "preferredChannel")
EMAIL: Final = ("email", "Email", "emailAddress")
ACTIVE: Final = 30 * 60_000
"""Milliseconds since the last event for which somebody counts as being on the site."""


class Person(Protocol):
    """What must be known of somebody."""

    @property
    def traits(self) -> dict[str, Any]:
        """By name."""
        ...

    @property
    def consent(self) -> dict[str, str]:
        """By purpose."""
        ...


class Known(Protocol):
    """Answered from memory; None where it is not known yet."""

    def in_audience(self, key: str, person: Any) -> bool | None:
        """Whether they belong to an audience."""
        ...

    def of_persona(self, key: str, person: Any) -> bool | None:
        """Whether they are of a persona."""
        ...


def outside(plan: Plan, identity: str, person: Person, known: Known) -> str | None:
    """Why a survey is not for somebody: `sample`, `audience`, `persona`; `unknown` while memberships are being counted."""
    body = plan.body
    if not sampling.sampled(plan.key, identity, body.sample):
        return "sample"
    if body.audience is not None and not (inside := known.in_audience(body.audience, person)):
        return "unknown" if inside is None else "audience"
    if body.persona is not None and not (inside := known.of_persona(body.persona, person)):
        return "unknown" if inside is None else "persona"
    return None


def agreed(plan: Plan, channel: str, consent: Mapping[str, str], told: Mapping[str, str] | None = None) -> bool:
    """Whether they may be asked there. Employees are asked by their employer: only a denial counts."""
    purpose = plan.body.purpose or PURPOSES[channel]
    states = (consent.get(purpose), (told or {}).get(purpose))
    if "denied" in states:
        return False
    return "granted" in states or purpose in ASSUMED or plan.body.about == "employees"


def address(person: Person) -> str | None:
    """Their e-mail address, if one is known."""
    for name in EMAIL:
        found = person.traits.get(name)
        if isinstance(found, str) and is_address(found.strip()):
            return found.strip()
    return None


def reachable(plan: Plan, person: Person, *, written: bool) -> list[str]:
    """The channels of the survey on which they may be asked, as the survey orders them. `written`: mail can be sent at all."""
    found: list[str] = []
    for channel in plan.body.channels:
        if channel == "link" or not agreed(plan, channel, person.consent):
            continue  # a link is given away by people, not by us
        if channel == "email" and (not written or address(person) is None):
            continue
        found.append(channel)
    return found


def channel(possible: Sequence[str], preferred: object, answered: str | None, *, active: bool) -> str | None:
    """Where to ask: what they prefer, else where they answered last, else on site if they are there, else by mail, else as can be."""
    wanted = [preferred, answered, "site" if active else None, "email", "site"]
    return next(
        (each for each in wanted if isinstance(each, str) and each in possible), possible[0] if possible else None
    )


def preference(person: Person) -> object:
    """The channel they said they prefer; `web` and `app` are the site."""
    found = next((person.traits[name] for name in PREFERRED if name in person.traits), None)
    return "site" if found in ("web", "app", "on_site", "site") else found
