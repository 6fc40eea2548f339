"""A journey map as a definition: stages, their touchpoints, and the rules by which events belong to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Final

import msgspec

from resa.kernel import definitions
from resa.kernel.definitions import Kind, key_rule
from resa.kernel.errors import Refused
from resa.kernel.matching import Match, check_channel, check_match

MAX_STAGES: Final = 64
MAX_TOUCHPOINTS: Final = 500
MAX_MATCHES: Final = 100

_POPULATION: Final = re.compile(r"[a-z]+:[a-z0-9][a-z0-9_-]{0,63}")
_COLOR: Final = re.compile(r"#[0-9a-fA-F]{6}")

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Text = Annotated[str, msgspec.Meta(max_length=4000)]
Words = Annotated[str, msgspec.Meta(max_length=400)]
Listed = Annotated[list[Words], msgspec.Meta(max_length=50)]


class Rule(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """An event belongs to the touchpoint if any of these matches."""

    any: list[Match]


class Touchpoint(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A kind of contact between customer and business. `by_hand`: kept by people, no event shows it."""

    key: str
    name: Name
    channel: str | None = None
    rule: Rule = msgspec.field(default_factory=lambda: Rule(any=[]))
    by_hand: bool = False
    wants: Text = ""
    feels: Text = ""
    does: Text = ""
    measures: Listed = []
    department: Words = ""
    people: Words = ""
    systems: Words = ""
    content: Words = ""
    pain_points: Listed = []
    opportunities: Listed = []
    owner: Words = ""
    moment_that_matters: bool = False


class Stage(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A phase of the journey, in the customer's terms."""

    key: str
    name: Name
    color: str | None = None
    situation: Text = ""
    needs: Text = ""
    expectations: Text = ""
    mindset: Text = ""
    feelings: Text = ""
    actions: Text = ""
    measures: Listed = []
    touchpoints: list[Touchpoint] = []


class Goal(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """What the map is worked on for: a metric, where it should be, by whom and when."""

    metric: Name
    target: Words = ""
    owner: Words = ""
    due: str | None = None


class Journey(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A journey map for one persona and one goal."""

    name: Name
    description: Text = ""
    persona: Words = ""
    population: Annotated[str, msgspec.Meta(max_length=120)] | None = None
    """Whose journey it is: `audience:<key>` or `persona:<key>`; its numbers count these customers unless told otherwise."""
    goal: Goal | None = None
    intended: str | None = None
    """The key of the map that says how this journey should become."""
    stages: list[Stage]

    def touchpoints(self) -> Iterator[tuple[int, Stage, Touchpoint]]:
        """All touchpoints in map order, each with the number of its stage and the stage."""
        for place, stage in enumerate(self.stages):
            for touchpoint in stage.touchpoints:
                yield place, stage, touchpoint


def check(journey: Journey) -> None:
    """Refuse what the types can't: doubled keys, too much of something, rules that say nothing."""
    if not 1 <= len(journey.stages) <= MAX_STAGES:
        raise Refused("stages", len(journey.stages), f"a map has 1 to {MAX_STAGES} stages.", "Join some stages.")
    count = sum(len(stage.touchpoints) for stage in journey.stages)
    if count > MAX_TOUCHPOINTS:
        raise Refused("stages", count, f"a map has at most {MAX_TOUCHPOINTS} touchpoints.", "Join some touchpoints.")
    definitions.printable(journey)
    if journey.population is not None and not _POPULATION.fullmatch(journey.population):
        raise Refused(
            "population", journey.population, "this names no population.", "Use audience:<key> or persona:<key>."
        )
    if journey.intended is not None:
        key_rule("intended", journey.intended)
    if journey.goal is not None and journey.goal.due:
        _check_day("goal.due", journey.goal.due)
    stages: dict[str, str] = {}
    touchpoints: dict[str, str] = {}
    for place, stage in enumerate(journey.stages):
        at = f"stages[{place}]"
        _once(f"{at}.key", stage.key, stages)
        if stage.color is not None and not _COLOR.fullmatch(stage.color):
            raise Refused(f"{at}.color", stage.color, "a colour is # and six hex digits.", "Use one like #2f6f9f.")
        for number, touchpoint in enumerate(stage.touchpoints):
            under = f"{at}.touchpoints[{number}]"
            _once(f"{under}.key", touchpoint.key, touchpoints)
            _check_touchpoint(under, touchpoint)


def _once(field: str, key: str, seen: dict[str, str]) -> None:
    key_rule(field, key)
    if key in seen:
        raise Refused(
            field, key, f"this key is taken by {seen[key]}.", "Give each stage and each touchpoint a key of its own."
        )
    seen[key] = field.removesuffix(".key")


def _check_touchpoint(at: str, touchpoint: Touchpoint) -> None:
    check_channel(f"{at}.channel", touchpoint.channel)
    if touchpoint.by_hand:
        if touchpoint.rule.any:
            raise Refused(
                f"{at}.rule", "a rule", "a touchpoint kept by hand has no rule.", "Take away the rule or by_hand."
            )
        return
    if not touchpoint.rule.any:
        raise Refused(
            f"{at}.rule",
            None,
            "a touchpoint needs a rule that says which events belong to it.",
            'Add one such as {"any": [{"type": "track", "name": "Order Completed"}]}, or set by_hand.',
        )
    if len(touchpoint.rule.any) > MAX_MATCHES:
        raise Refused(
            f"{at}.rule.any", len(touchpoint.rule.any), f"at most {MAX_MATCHES} in one rule.", "Split the touchpoint."
        )
    for number, match in enumerate(touchpoint.rule.any):
        check_match(f"{at}.rule.any[{number}]", match)


def _check_day(field: str, text: str) -> None:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise Refused(field, text, "this is not a day.", "Write it like 2026-12-31.") from None


KIND: Final = Kind("journey", Journey, check)
