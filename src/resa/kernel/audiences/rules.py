"""What an audience is: a rule of all, any and not over traits, consent, segments, context, stage and behaviour.

One tree of conditions; `evaluating` holds it against one customer, `bulk` against everyone (docs/audiences.md).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec

from resa.kernel.definitions import Kind
from resa.kernel.errors import Refused
from resa.kernel.matching import NUMBER_COLUMNS, TEXT_COLUMNS, Condition, Match, check_condition, check_match
from resa.kernel.profiles import PURPOSES

MAX_CONDITIONS: Final = 200
MAX_DEPTH: Final = 12
MAX_MATCHES: Final = 20
MAX_STEPS: Final = 5
MAX_TIMES: Final = 1_000_000
MAX_SUM: Final = 1e11
MAX_STAGES: Final = 64
CENT: Final = 10_000
"""Sums are whole ten-thousandths: exact, in any order of adding."""

MINUTE: Final = 60_000
SHORTEST: Final = MINUTE
LONGEST: Final = 3650 * 24 * 60 * MINUTE
_UNITS: Final = {"minute": MINUTE, "hour": 60 * MINUTE, "day": 1440 * MINUTE, "week": 7 * 1440 * MINUTE}
_PERIOD: Final = re.compile(r"([0-9]{1,9}) (minute|hour|day|week)s?")

CONTEXT: Final = (
    *("channel", "device", "os", "browser", "locale", "page_path", "referrer_kind"),
    *("campaign_source", "campaign_medium", "campaign_name"),
)
"""What of the latest visit a rule may ask for: columns of `log`."""

OWN_NAMES: Final = frozenset({"Segment Entered", "Segment Left"})
"""What memberships write; a rule over them could chase its own tail."""

Key = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Words = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Text = Annotated[str, msgspec.Meta(max_length=4000)]
Period = Annotated[str, msgspec.Meta(max_length=40)]


class _Part(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True, omit_defaults=True):
    """Part of a rule. What is not said is not written either."""


class Consent(_Part, frozen=True, kw_only=True):
    """What the customer decided about a purpose; `unknown` if nothing."""

    purpose: str
    state: Literal["granted", "denied", "unknown"] = msgspec.field(name="is")


class Stage(_Part, frozen=True, kw_only=True):
    """The present stage on a journey map is one of these."""

    journey: Key
    stages: list[Key] = msgspec.field(name="in")


class Did(_Part, frozen=True, kw_only=True):
    """Events that meet any of the matches happened a number of times (default: at least once), ever or in the last `within`."""

    any: list[Match]
    at_least: int | None = None
    at_most: int | None = None
    within: Period | None = None

    def bounds(self) -> tuple[int, int | None]:
        """(at least, at most); without either, at least once."""
        if self.at_least is None:
            return (1, None) if self.at_most is None else (0, self.at_most)
        return self.at_least, self.at_most


class Total(_Part, frozen=True, kw_only=True):
    """The sum of a number over events that meet any of the matches, ever or in the last `within`; 0 without events."""

    any: list[Match]
    property: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    currency: str | None = None
    at_least: float | None = None
    at_most: float | None = None
    within: Period | None = None

    def bounds(self) -> tuple[int | None, int | None]:
        """(at least, at most) in ten-thousandths."""
        return units(self.at_least), units(self.at_most)


class Moment(_Part, frozen=True, kw_only=True):
    """The first or last such event lies within a period before now, or longer ago than that."""

    which: Literal["first", "last"]
    any: list[Match]
    within: Period | None = None
    longer_ago: Period | None = None


class Step(_Part, frozen=True, kw_only=True):
    """One step of an order of events."""

    any: list[Match]


class Ordered(_Part, frozen=True, kw_only=True):
    """All steps happened one after the other, from the first to the last no further `apart`, all in the last `within`."""

    steps: list[Step]
    apart: Period
    within: Period


class Without(_Part, frozen=True, kw_only=True):
    """Something happened in the last `within`, `after` or longer ago, and nothing of `without` has followed."""

    any: list[Match]
    without: list[Match]
    within: Period
    after: Period | None = None


class Rule(_Part, frozen=True, kw_only=True, rename={"not_": "not"}):
    """Exactly one of these."""

    all: list[Rule] | None = None
    any: list[Rule] | None = None
    not_: Rule | None = None
    trait: Condition | None = None
    consent: Consent | None = None
    segment: Key | None = None
    context: Condition | None = None
    stage: Stage | None = None
    did: Did | None = None
    sum: Total | None = None
    time: Moment | None = None
    ordered: Ordered | None = None
    without: Without | None = None

    def kind(self) -> str:
        """The name of the one thing it says."""
        return next(name for name in KINDS if _said(self, name) is not None)

    def parts(self) -> list[Rule]:
        """What it is made of; nothing for a condition."""
        return self.all or self.any or ([self.not_] if self.not_ is not None else [])


KINDS: Final = tuple(field.encode_name for field in msgspec.structs.fields(Rule))


def _said(rule: Rule, kind: str) -> Any:
    return getattr(rule, "not_" if kind == "not" else kind)


class Audience(_Part, frozen=True, kw_only=True):
    """A rule with a name."""

    name: Words
    description: Text = ""
    rule: Rule


# -- reading ------------------------------------------------------------------------------------------------------


def milliseconds(period: str) -> int:
    """How long `30 days` is. Only for what `check` let through."""
    found = _PERIOD.fullmatch(period)
    assert found is not None
    return int(found[1]) * _UNITS[found[2]]


def span(period: str | None) -> int | None:
    """The same, None for no limit."""
    return None if period is None else milliseconds(period)


def units(amount: float | None) -> int | None:
    """An amount in whole ten-thousandths."""
    return None if amount is None else math.floor(amount * CENT + 0.5)


class Placed(NamedTuple):
    """A part of a rule and where it stands."""

    at: str
    rule: Rule
    depth: int


def walk(rule: Rule, at: str = "rule") -> Iterator[Placed]:
    """Every part of a rule, from the outside in."""
    waiting = [Placed(at, rule, 1)]
    while waiting:
        place = waiting.pop()
        yield place
        kind, under = place.rule.kind(), place.rule.parts()
        for number, part in enumerate(under):
            path = f"{place.at}.not" if kind == "not" else f"{place.at}.{kind}[{number}]"
            waiting.append(Placed(path, part, place.depth + 1))


def conditions(rule: Rule) -> Iterator[Rule]:
    """The conditions of a rule: what is neither all, any nor not."""
    return (place.rule for place in walk(rule) if not place.rule.parts())


def references(rule: Rule) -> set[str]:
    """The keys of the audiences that a rule refers to."""
    return {part.segment for part in conditions(rule) if part.segment is not None}


# -- refusing ------------------------------------------------------------------------------------------------------


def check(audience: Audience) -> None:
    """Refuse what the types can't; the path says where."""
    found = _check_shape(audience.rule)
    if found > MAX_CONDITIONS:
        rule = f"an audience has at most {MAX_CONDITIONS} conditions."
        raise Refused("rule", found, rule, "Save parts of it as audiences of their own and refer to them.")
    for at, part, _ in walk(audience.rule):
        kind = part.kind()
        if kind in _CHECKS:
            _CHECKS[kind](f"{at}.{kind}", _said(part, kind))


def _check_shape(rule: Rule) -> int:
    """Refuse what is nested too deeply or says nothing or two things at once; the number of conditions."""
    waiting, found = [Placed("rule", rule, 1)], 0
    while waiting:
        at, rule, depth = waiting.pop()
        if depth > MAX_DEPTH:
            shown = at if len(at) < 120 else at[:117] + "..."
            raise Refused(shown, depth, f"conditions are nested at most {MAX_DEPTH} deep.", "Flatten all, any and not.")
        said = [kind for kind in KINDS if _said(rule, kind) is not None]
        if len(said) != 1:
            remedy = f"Use one of {', '.join(KINDS)}; combine several with all or any."
            raise Refused(at, ", ".join(said) or None, "a condition says exactly one thing.", remedy)
        if said[0] in ("all", "any") and not rule.parts():
            raise Refused(f"{at}.{said[0]}", 0, "there is nothing in it.", "Add a condition, or take it away.")
        found += not rule.parts()
        names = ["not"] if said[0] == "not" else [f"{said[0]}[{number}]" for number in range(len(rule.parts()))]
        waiting += [Placed(f"{at}.{name}", part, depth + 1) for name, part in zip(names, rule.parts(), strict=False)]
    return found


def _check_trait(at: str, condition: Condition) -> None:
    check_condition(at, plain(condition))


def _check_context(at: str, condition: Condition) -> None:
    if condition.property not in CONTEXT:
        raise Refused(
            f"{at}.property", condition.property, "this is not known of a visit.", f"Use one of {', '.join(CONTEXT)}."
        )
    check_condition(at, plain(condition))


def _check_consent(at: str, consent: Consent) -> None:
    if consent.purpose not in PURPOSES:
        raise Refused(f"{at}.purpose", consent.purpose, "is no purpose.", f"Use one of {', '.join(PURPOSES)}.")


def _check_stage(at: str, stage: Stage) -> None:
    if not 1 <= len(stage.stages) <= MAX_STAGES:
        raise Refused(
            f"{at}.in", len(stage.stages), f"1 to {MAX_STAGES} stages.", 'Name the stages, such as ["purchase"].'
        )


def _check_did(at: str, did: Did) -> None:
    _check_matches(f"{at}.any", did.any)
    for name, times in (("at_least", did.at_least), ("at_most", did.at_most)):
        if times is not None and not 0 <= times <= MAX_TIMES:
            raise Refused(f"{at}.{name}", times, f"a number of times is 0 to {MAX_TIMES:,}.", "Choose another number.")
    _check_bounds(at, did.at_least, did.at_most)
    if did.at_least == 0 and did.at_most is None:
        raise Refused(f"{at}.at_least", 0, "this holds for everybody.", "Use at least 1, or at_most.")
    check_period(f"{at}.within", did.within)


def _check_total(at: str, total: Total) -> None:
    _check_matches(f"{at}.any", total.any)
    if total.property in TEXT_COLUMNS:
        raise Refused(
            f"{at}.property", total.property, "this is a text.", "Sum a number, such as revenue or a property."
        )
    if total.property in NUMBER_COLUMNS and total.currency is None:
        remedy = 'Add one, such as "EUR"; events in other currencies are left out.'
        raise Refused(f"{at}.currency", None, "amounts of several currencies do not add up.", remedy)
    if total.currency is not None and not re.fullmatch(r"[A-Z]{3}", total.currency):
        raise Refused(f"{at}.currency", total.currency, "is not an ISO 4217 code.", "Use one such as EUR.")
    for name, amount in (("at_least", total.at_least), ("at_most", total.at_most)):
        if amount is not None and not abs(amount) <= MAX_SUM:
            raise Refused(f"{at}.{name}", amount, f"an amount lies within {MAX_SUM:,.0f}.", "Choose a smaller one.")
    if total.at_least is None and total.at_most is None:
        raise Refused(f"{at}.at_least", None, "a sum is compared with something.", "Add at_least or at_most.")
    _check_bounds(at, total.at_least, total.at_most)
    check_period(f"{at}.within", total.within)


def _check_moment(at: str, moment: Moment) -> None:
    _check_matches(f"{at}.any", moment.any)
    if (moment.within is None) == (moment.longer_ago is None):
        raise Refused(f"{at}.within", None, "say one of within and longer_ago.", 'Add one such as "30 days".')
    check_period(f"{at}.within", moment.within)
    check_period(f"{at}.longer_ago", moment.longer_ago)


def _check_ordered(at: str, ordered: Ordered) -> None:
    if not 2 <= len(ordered.steps) <= MAX_STEPS:
        raise Refused(f"{at}.steps", len(ordered.steps), f"an order has 2 to {MAX_STEPS} steps.", "Add or join steps.")
    for number, step in enumerate(ordered.steps):
        _check_matches(f"{at}.steps[{number}].any", step.any)
    check_period(f"{at}.apart", ordered.apart)
    check_period(f"{at}.within", ordered.within)
    if milliseconds(ordered.apart) > milliseconds(ordered.within):
        rule = f"the steps can't lie further apart than the {ordered.within} looked at."
        raise Refused(f"{at}.apart", ordered.apart, rule, "Shorten it, or lengthen within.")


def _check_without(at: str, without: Without) -> None:
    _check_matches(f"{at}.any", without.any)
    _check_matches(f"{at}.without", without.without)
    check_period(f"{at}.within", without.within)
    check_period(f"{at}.after", without.after)
    if without.after is not None and milliseconds(without.after) >= milliseconds(without.within):
        rule = f"this window is empty: nothing in the last {without.within} is {without.after} ago."
        raise Refused(f"{at}.after", without.after, rule, "Shorten after, or lengthen within.")


_CHECKS: Final[Mapping[str, Any]] = {
    "trait": _check_trait,
    "context": _check_context,
    "consent": _check_consent,
    "stage": _check_stage,
    "did": _check_did,
    "sum": _check_total,
    "time": _check_moment,
    "ordered": _check_ordered,
    "without": _check_without,
}


def check_period(at: str, period: str | None) -> None:
    """Refuse what is no period, or an absurd one."""
    if period is None:
        return
    if _PERIOD.fullmatch(period) is None:
        raise Refused(at, period, "this is no period.", 'Write one such as "30 minutes", "12 hours", "30 days".')
    if milliseconds(period) == 0:
        raise Refused(at, period, "this window is empty.", 'Use at least "1 minute".')
    if not SHORTEST <= milliseconds(period) <= LONGEST:
        raise Refused(at, period, "a period is 1 minute to 3650 days.", "Leave it out to mean ever.")


def _check_bounds(at: str, low: float | None, high: float | None) -> None:
    if low is not None and high is not None and low > high:
        raise Refused(f"{at}.at_most", high, f"nothing is at least {low} and at most {high}.", "Swap the two.")


def _check_matches(at: str, matches: list[Match]) -> None:
    if not 1 <= len(matches) <= MAX_MATCHES:
        remedy = 'Add one such as {"type": "track", "name": "Order Completed"}.'
        raise Refused(at, len(matches), f"1 to {MAX_MATCHES} matches.", remedy)
    for number, match in enumerate(matches):
        check_match(f"{at}[{number}]", match)
        if match.name in OWN_NAMES:
            rule = "a rule over entering and leaving segments could never come to rest."
            raise Refused(f"{at}[{number}].name", match.name, rule, 'Use {"segment": "<key>"}.')


def plain(condition: Condition) -> Condition:
    """The same test of a property called x: a trait may be called as a column is and is none."""
    return Condition(property="x", op=condition.op, value=condition.value)


def check_together(audiences: Mapping[str, Audience]) -> None:
    """Refuse references in a circle and to what is not there, among all audiences as they would be."""
    done: set[str] = set()
    for key, audience in audiences.items():
        for at, rule, _ in walk(audience.rule):
            if rule.segment is not None:
                _follow(f"{at}.segment", rule.segment, [key], audiences, done)
        done.add(key)


def _follow(at: str, key: str, path: list[str], audiences: Mapping[str, Audience], done: set[str]) -> None:
    """Go where a reference leads; what is wrong there is said of the place where it began."""
    if key in path:
        circle = " -> ".join([*path, key])
        raise Refused(at, key, f"audiences refer to each other in a circle: {circle}.", "Open it.")
    if key not in audiences:
        whose = f"the audience {path[-1]!r}" if path[-1] else "this"
        raise Refused(at, key, f"{whose} refers to one that is not there.", "Make it first, or take it out there.")
    if len(path) > MAX_DEPTH:
        raise Refused(at, key, f"a chain has at most {MAX_DEPTH} audiences.", "Shorten the chain.")
    if key not in done:
        for other in sorted(references(audiences[key].rule)):
            _follow(at, other, [*path, key], audiences, done)


KIND: Final = Kind("audience", Audience, check, check_together)
