"""Any rule or model judged on yesterday's log, before anyone sees it: policies as data, and what is told of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import msgspec
import numpy as np

from resa.experiments import phases
from resa.experiments.bandits import logged, offpolicy
from resa.experiments.bandits.logged import Attribute, Decisions, Reward, Where
from resa.experiments.bandits.offpolicy import Judged
from resa.experiments.engine import conditions
from resa.kernel import times
from resa.kernel.errors import Refused
from resa.kernel.metrics.units import Array
from resa.kernel.periods import Period
from resa.kernel.workspace import Workspace

Weight = Annotated[float, msgspec.Meta(ge=0, le=1_000_000)]
Weights = Annotated[dict[Attribute, Weight], msgspec.Meta(min_length=1, max_length=200)]

WORDS: Final = {
    "no_overlap": "The log can't tell: what was done is too different from what this policy would do.",
    "better": "It would have earned more than what was done.",
    "worse": "It would have earned less than what was done.",
    "unclear": "It may have earned more or less than what was done: the log does not decide it.",
}


class Always(msgspec.Struct, forbid_unknown_fields=True, frozen=True, tag_field="form", tag="always"):
    """Always the same choice."""

    choice: Attribute


class Uniform(msgspec.Struct, forbid_unknown_fields=True, frozen=True, tag_field="form", tag="uniform"):
    """Every choice that the log knows, equally often."""


class Fixed(msgspec.Struct, forbid_unknown_fields=True, frozen=True, tag_field="form", tag="weights"):
    """Each choice with its weight, whoever comes."""

    weights: Weights


class Rule(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Who meets the condition (GrowthBook's language, over the attributes asked for) is given a choice by these weights."""

    condition: dict[str, Any]
    weights: Weights


class Rules(msgspec.Struct, forbid_unknown_fields=True, frozen=True, tag_field="form", tag="rules"):
    """The first rule that fits decides; who fits none is given a choice by `otherwise`."""

    rules: Annotated[list[Rule], msgspec.Meta(min_length=1, max_length=100)]
    otherwise: Weights


Policy = Always | Uniform | Fixed | Rules


class Judge(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A policy to judge, on which decisions, by what they earned. `attributes` are what rules and the reward model may know.

    `clip` cuts weights above it: less chance, more bias, and the answer says how much.
    """

    where: Where
    reward: Reward
    policy: Policy
    attributes: Annotated[list[Attribute], msgspec.Meta(max_length=8)] = []
    days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 28
    clip: Annotated[float, msgspec.Meta(gt=0, le=1_000_000)] | None = None
    simulated: bool = True


class Choice(msgspec.Struct, frozen=True):
    """A choice of the log: how often it was made, how often the policy would make it, and what it earned when made."""

    key: str
    made: int
    would: float
    earned: float


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the policy would have earned a decision, by four methods, how far the log can tell, and in words.

    `returned` counts exposures of customers whom an earlier phase had drawn: they kept what they had, so they are no decisions.
    """

    judged: Judged
    text: str
    choices: list[Choice]
    since: str
    until: str
    without_probability: int
    returned: int


def judge(workspace: Workspace, asked: Judge) -> Verdict:
    """Judge a policy on the log. Raises Refused where the log has no such decisions."""
    logged.check(asked.where, asked.reward, asked.attributes)
    now = workspace.clock()
    period = Period(now - asked.days * 86_400_000, now)
    found = logged.read(
        workspace.body,
        asked.where,
        asked.reward,
        asked.attributes,
        period,
        now,
        simulated=asked.simulated,
        anew=phases.drawn_anew(workspace.definitions, asked.where.experiment),
    )
    if not found.log.size:
        raise Refused(
            "where",
            asked.where.placement or asked.where.experiment,
            "the log has no decision of it with a probability whose time for a reward is over.",
            "Choose more days, a shorter time for the reward, or another placement.",
            code="no_decisions",
        )
    target, choices = would(asked.policy, found)
    told = offpolicy.judge(found.log, target, clip=asked.clip)
    return Verdict(
        judged=told,
        text=WORDS[told.outcome],
        choices=_choices(found, target, choices),
        since=times.iso(period.start),
        until=times.iso(period.end),
        without_probability=found.without_probability,
        returned=found.returned,
    )


def would(policy: Policy, found: Decisions) -> tuple[Array, list[str]]:
    """The probabilities with which a policy would have chosen at every decision, and the choices these are of.

    A choice that the policy makes and the log never made is a column of its own: it shows as unsupported.
    """
    choices = list(found.choices)
    for name in _named(policy):
        if name not in choices:
            choices.append(name)
    by_context = np.stack([_row(policy, context, choices, len(found.choices)) for context in found.contexts])
    rows: Array = by_context[found.log.context]
    return rows, choices


def _named(policy: Policy) -> list[str]:
    match policy:
        case Always():
            return [policy.choice]
        case Fixed():
            return list(policy.weights)
        case Rules():
            return [
                name for weights in (*(rule.weights for rule in policy.rules), policy.otherwise) for name in weights
            ]
        case _:
            return []


def _row(policy: Policy, context: Mapping[str, Any], choices: Sequence[str], logged_choices: int) -> Array:
    match policy:
        case Always():
            return _spread({policy.choice: 1.0}, choices)
        case Uniform():
            return np.concatenate(
                [np.full(logged_choices, 1 / logged_choices), np.zeros(len(choices) - logged_choices)]
            )
        case Fixed():
            return _spread(policy.weights, choices)
        case Rules():
            for rule in policy.rules:
                if conditions.compile(rule.condition, {})(context):
                    return _spread(rule.weights, choices)
            return _spread(policy.otherwise, choices)


def _spread(weights: Mapping[str, float], choices: Sequence[str]) -> Array:
    total = sum(weights.values())
    if total <= 0:
        raise Refused("policy.weights", total, "somebody is given something.", "Give a choice a weight above 0.")
    return np.array([weights.get(name, 0.0) / total for name in choices])


def _choices(found: Decisions, target: Array, choices: Sequence[str]) -> list[Choice]:
    log, size = found.log, len(choices)
    made = np.bincount(log.chosen, minlength=size)
    earned = np.bincount(log.chosen, log.reward, size) / np.maximum(made, 1)
    share = target.mean(axis=0)
    return [
        Choice(name, int(made[number]), float(share[number]), float(earned[number]))
        for number, name in enumerate(choices)
    ]
