"""Conditions of audiences in plain words, as a person would say them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from resa.kernel.audiences.rules import Did, Moment, Rule, Total
from resa.kernel.matching import Condition, Match

_OPERATORS: Final[Mapping[str, str]] = {
    "is": "is",
    "is_not": "is not",
    "contains": "contains",
    "starts_with": "starts with",
    "exists": "is known",
    "greater": "is more than",
    "less": "is less than",
    "in": "is one of",
}


def kind(rule: Rule) -> Literal["all", "any", "not", "condition"]:
    """Whether a rule is made of others, and how."""
    if rule.all is not None:
        return "all"
    if rule.any is not None:
        return "any"
    return "condition" if rule.not_ is None else "not"


def text(rule: Rule, names: Mapping[str, str]) -> str:
    """What a rule asks, without its parts; `names`: audiences by key."""
    if rule.all is not None:
        return "all of"
    if rule.any is not None:
        return "any of"
    if rule.not_ is not None:
        return "not"
    if rule.segment is not None:
        return f"is in {names.get(rule.segment, rule.segment)}"
    if rule.trait is not None:
        return _condition(rule.trait)
    if rule.context is not None:
        return f"latest {_condition(rule.context)}"
    if rule.consent is not None:
        return f"consent to {rule.consent.purpose} is {rule.consent.state}"
    if rule.stage is not None:
        return f"present stage of {rule.stage.journey} is {_list(rule.stage.stages)}"
    return _behaviour(rule)


def _behaviour(rule: Rule) -> str:
    if rule.did is not None:
        return _did(rule.did)
    if rule.sum is not None:
        return _sum(rule.sum)
    if rule.time is not None:
        return _moment(rule.time)
    if rule.ordered is not None:
        steps = ", then ".join(_matches(step.any) for step in rule.ordered.steps)
        return f"{steps}, within {rule.ordered.apart}, in the last {rule.ordered.within}"
    assert rule.without is not None
    after = f", at least {rule.without.after} ago" if rule.without.after else ""
    return f"{_matches(rule.without.any)} in the last {rule.without.within}{after}, and no {_matches(rule.without.without)} since"


def _did(did: Did) -> str:
    low, high = did.bounds()
    if high is None:
        times = "at least once" if low == 1 else f"at least {low} times"
    elif low <= 0:
        times = "never" if high == 0 else f"at most {high} times"
    else:
        times = f"{low} times" if low == high else f"{low} to {high} times"
    return f"{_matches(did.any)} {times}{_window(did.within)}"


def _sum(total: Total) -> str:
    unit = f" {total.currency}" if total.currency else ""
    bounds = [
        f"{word} {amount:g}{unit}"
        for word, amount in (("at least", total.at_least), ("at most", total.at_most))
        if amount is not None
    ]
    return f"sum of {total.property} of {_matches(total.any)} is {' and '.join(bounds)}{_window(total.within)}"


def _moment(moment: Moment) -> str:
    when = f"in the last {moment.within}" if moment.within else f"more than {moment.longer_ago} ago"
    return f"{moment.which} {_matches(moment.any)} {when}"


def _window(within: str | None) -> str:
    return f" in the last {within}" if within else ""


def _matches(matches: Sequence[Match]) -> str:
    return " or ".join(_match(match) for match in matches)


def _match(match: Match) -> str:
    what = match.name or f"any {match.type}"
    channel = f" on {match.channel}" if match.channel else ""
    where = " and ".join(_condition(condition) for condition in match.where)
    return f"{what}{channel}" + (f" where {where}" if where else "")


def _condition(condition: Condition) -> str:
    words = f"{condition.property} {_OPERATORS[condition.op]}"
    return words if condition.op == "exists" else f"{words} {_value(condition.value)}"


def _value(value: Any) -> str:
    if isinstance(value, list):
        return _list([str(one) for one in value])
    return str(value).lower() if isinstance(value, bool) else str(value)


def _list(items: Sequence[str]) -> str:
    return " or ".join(items) if len(items) < 3 else f"{', '.join(items[:-1])} or {items[-1]}"
