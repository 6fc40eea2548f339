"""A persona as a definition: a kind of customer with a face, drawn by hand or found in the data."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

import msgspec

from resa.kernel import definitions
from resa.kernel.definitions import Kind
from resa.kernel.errors import Refused
from resa.kernel.events import CHANNELS
from resa.kernel.matching import Match, check_match

MAX_DEEDS: Final = 20
RESERVED: Final = frozenset({"jobs", "find", "adopt", "drift"})
"""Keys that are words of the API's paths."""

_FACE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_RANGE: Final = re.compile(r"\s*(\d{1,9}(?:\.\d+)?)\s*(?:-|–|to)\s*(\d{1,9}(?:\.\d+)?)\s*")

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Words = Annotated[str, msgspec.Meta(max_length=400)]
Text = Annotated[str, msgspec.Meta(max_length=4000)]
Listed = Annotated[list[Words], msgspec.Meta(max_length=50)]


class Task(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Something this kind of customer comes to do; with a match it can be counted who does."""

    text: Words
    match: Match | None = None


class Deed(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Who fits did this (or, with `never`, did not): so many matching events, within the last days or ever."""

    match: Match
    at_least: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1
    within_days: Annotated[int, msgspec.Meta(ge=1, le=36_600)] | None = None
    never: bool = False


class Rule(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """By which data a customer is held to be one of them: all of these hold."""

    all: list[Deed]


class Assumed(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A guess about a trait that can be compared with the data: one of these values, or a range."""

    trait: Name
    values: Listed = []
    low: float | None = None
    high: float | None = None


class Persona(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A kind of customer: who they are, what they want, what stands in their way.

    `rule` or `audience` says who is held to be one; `found` names the kind that `find` found in the data. At most one
    of the three. Without any of them a persona is a picture that nothing can be checked against.
    """

    name: Name
    face: Words = ""
    """Key of an illustration."""
    summary: Text = ""
    age: Words = ""
    income: Words = ""
    family: Words = ""
    place: Words = ""
    industry: Words = ""
    education: Words = ""
    motivation: Text = ""
    needs: Listed = []
    goals: Listed = []
    key_tasks: Annotated[list[Task], msgspec.Meta(max_length=50)] = []
    pains: Listed = []
    channels: list[str] = []
    """Those this kind is believed to prefer."""
    quote: Words = ""
    owner: Words = ""
    assumptions: Annotated[list[Assumed], msgspec.Meta(max_length=30)] = []
    rule: Rule | None = None
    audience: str | None = None
    found: str | None = None

    @property
    def kind(self) -> Literal["found", "drawn"]:
        """Where it comes from."""
        return "drawn" if self.found is None else "found"


def check(persona: Persona) -> None:
    """Refuse what the types can't."""
    definitions.printable(persona)
    if persona.face and not _FACE.fullmatch(persona.face):
        raise Refused("face", persona.face, "a face is the key of an illustration.", "Use a-z, 0-9 and -, such as f3.")
    for place, channel in enumerate(persona.channels):
        if channel not in CHANNELS:
            raise Refused(
                f"channels[{place}]", channel, "there is no such channel.", f"Use some of {', '.join(CHANNELS)}."
            )
    if sum(way is not None for way in (persona.rule, persona.audience, persona.found)) > 1:
        raise Refused("rule", "several", "one of rule, audience and found says who belongs.", "Leave the others out.")
    for place, task in enumerate(persona.key_tasks):
        if task.match is not None:
            check_match(f"key_tasks[{place}].match", task.match)
    if persona.rule is not None:
        _check_rule(persona.rule)
    for place, assumed in enumerate(persona.assumptions):
        _check_assumed(f"assumptions[{place}]", assumed)


def _check_rule(rule: Rule) -> None:
    if not 1 <= len(rule.all) <= MAX_DEEDS:
        raise Refused(
            "rule.all",
            len(rule.all),
            f"a rule has 1 to {MAX_DEEDS} parts.",
            "Add what they did, or leave the rule out.",
        )
    if all(deed.never for deed in rule.all):
        raise Refused(
            "rule.all", "never", "a rule says at least once what somebody did.", "Add something they did as well."
        )
    for place, deed in enumerate(rule.all):
        check_match(f"rule.all[{place}].match", deed.match)
        if deed.never and deed.at_least != 1:
            raise Refused(
                f"rule.all[{place}].at_least", deed.at_least, "'never' counts nothing.", "Leave at_least out."
            )


def _check_assumed(at: str, assumed: Assumed) -> None:
    ranged = assumed.low is not None or assumed.high is not None
    if ranged == bool(assumed.values):
        raise Refused(f"{at}.values", None, "a guess is either values or a range.", "Give values, or low and high.")
    if assumed.low is not None and assumed.high is not None and assumed.low > assumed.high:
        raise Refused(f"{at}.low", assumed.low, "a range begins before it ends.", "Exchange low and high.")


def guesses(persona: Persona) -> list[Assumed]:
    """What the persona assumes of traits: what it says outright, and what its age, income and place say to a machine."""
    said = {assumed.trait for assumed in persona.assumptions}
    derived = [
        Assumed(trait=trait, low=float(found[1]), high=float(found[2]))
        for trait, text in (("age", persona.age), ("income", persona.income))
        if trait not in said and (found := _RANGE.fullmatch(text))
    ]
    texts = (("industry", persona.industry), ("education", persona.education), ("city", persona.place))
    derived += [Assumed(trait=trait, values=[text]) for trait, text in texts if text and trait not in said]
    return [*persona.assumptions, *derived]


KIND: Final = Kind("persona", Persona, check)
