"""What types can't say of experiments, flags, layers and hold-outs: each refusal names field, value, rule and remedy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from resa.experiments import designs, members, pages
from resa.experiments.definition import (
    LIVE,
    Condition,
    Experiment,
    Flag,
    Force,
    Holdout,
    InLayer,
    Layer,
    Prerequisite,
    Ramp,
    Rule,
    Run,
    Schedule,
)  # fmt: skip
from resa.experiments.engine.conditions import LOGICAL, OPERATORS
from resa.kernel import expressions
from resa.kernel.definitions import key_rule, printable
from resa.kernel.errors import Refused

DEEPEST: Final = 12

OPEN: Final = frozenset(
    {
        "$segments", "browser", "country", "deviceType", "host", "language", "locale", "os", "path", "query", "referrer",
        "timezone", "url", "utmCampaign", "utmContent", "utmMedium", "utmSource", "utmTerm",
    }
)  # fmt: skip
"""Attributes that say nothing of a person; a condition that is handed out to everybody may use only these."""


def experiment(body: Experiment) -> None:
    """Refuse an experiment that couldn't be run as it stands."""
    printable(body)
    _variations(body)
    _references(body)
    if body.layer is not None:
        _layer(body.layer)
    condition("condition", body.condition)
    prerequisites("prerequisites", body.prerequisites)
    if body.schedule is not None:
        schedule("schedule", body.schedule)
    if body.pages is not None:
        pages.check(body.pages, {each.key for each in body.arms})
    _standing(body)


def _variations(body: Experiment) -> None:
    if body.factors is not None:
        _factors(body)
    elif body.fraction != "full":
        raise Refused("fraction", body.fraction, "only factors have fractions.", "Write 'full', or name factors.")
    arms = body.arms
    if len(arms) < 2:
        raise Refused("variations", len(arms), "an experiment compares at least two.", "Add a variation.")
    _distinct("variations", [each.key for each in arms])
    if sum(each.weight > 0 for each in arms) < 2:
        raise Refused("variations", 0, "at least two have a weight above 0.", "Give each its share, such as 1 and 1.")


def _factors(body: Experiment) -> None:
    factors = body.factors or []
    _distinct("factors", [each.key for each in factors])
    for place, factor in enumerate(factors):
        _distinct(f"factors[{place}].levels", [each.key for each in factor.levels])
    made = body.levels
    if not made:
        raise Refused(
            "fraction",
            body.fraction,
            f"there is no such fraction of {len(factors)} factors with these levels.",
            "Use two levels everywhere and 'half' from 3 factors, 'quarter' from 5, 'eighth' from 6 on; or 'full'.",
        )
    if len(made) > 64:
        raise Refused("factors", len(made), "at most 64 combinations can be tried.", "Use a fraction, or fewer levels.")
    if body.variations and [each.key for each in body.variations] != list(made):
        raise Refused(
            "variations",
            ", ".join(each.key for each in body.variations),
            "variations of factors are their combinations, in order.",
            f"Leave them out, or write {', '.join(made)}.",
        )


def _references(body: Experiment) -> None:
    named = {"idea": body.idea, "goal": body.goal, "map": body.map, "audience": body.audience}
    for field, key in named.items():
        if key is not None:
            key_rule(field, key)
    metrics = body.metrics
    for field, keys in (
        ("primary", metrics.primary),
        ("secondary", metrics.secondary),
        ("guardrails", metrics.guardrails),
    ):
        for place, key in enumerate(keys):
            key_rule(f"metrics.{field}[{place}]", key)
        _distinct(f"metrics.{field}", keys)
    for key in metrics.margins:
        if key not in metrics.guardrails:
            shown = ", ".join(metrics.guardrails) or "no guardrail yet"
            raise Refused(f"metrics.margins.{key}", key, "is no guardrail of this experiment.", f"There is {shown}.")


def _layer(taken: InLayer) -> None:
    key_rule("layer.key", taken.key)
    if taken.start >= taken.end:
        raise Refused("layer.to", taken.end, "a part ends after it begins.", f"Use more than {taken.start}.")


def _standing(body: Experiment) -> None:
    arms = {each.key for each in body.arms}
    if body.status in LIVE and (body.started is None or body.phase < 1 or not body.seed):
        raise Refused("status", body.status, "an experiment runs only once it was started.", "Start it instead.")
    if body.status == "shipped" and body.shipped not in arms:
        raise Refused("shipped", body.shipped, "there is no such variation.", f"Use one of {', '.join(sorted(arms))}.")
    for place, piece in enumerate(body.allocation or ()):
        if piece.variation not in arms or not 0 <= piece.start <= piece.end <= 1 + 1e-9:
            raise Refused(
                f"allocation[{place}]", piece.variation, "a part from 0 to 1 of a variation.", "Leave it out."
            )
    _contexts(body, arms)


def _contexts(body: Experiment, arms: set[str]) -> None:
    if body.contexts and body.pages is not None:
        raise Refused(
            "contexts", len(body.contexts), "no client runs contexts by a page's address.", "Deliver it by a flag."
        )
    for place, each in enumerate(body.contexts):
        condition(f"contexts[{place}].condition", each.condition)
        if asked := members.keys(each.condition):
            raise Refused(
                f"contexts[{place}].condition",
                asked[0],
                "a context is told by attributes, not by audiences.",
                "Name the audience in the experiment's own condition.",
            )
        if set(each.weights) != arms or abs(sum(each.weights.values()) - 1) > 1e-6:
            raise Refused(
                f"contexts[{place}].weights",
                ", ".join(each.weights),
                "every variation has its share, and they add up to 1.",
                "Leave it out: a bandit writes it.",
            )


def layer(body: Layer) -> None:
    """A layer is right as its type is."""
    printable(body)


def holdout(body: Holdout) -> None:
    """A hold-out is right as its type is."""
    printable(body)


def flag(body: Flag) -> None:
    """Refuse a flag with a value of another type, or one that would tell strangers what they shouldn't know."""
    printable(body)
    typed("default", body.default, body.type)
    _distinct("rules", [each.id for each in body.rules])
    for place, rule in enumerate(body.rules):
        at = f"rules[{place}]"
        condition(f"{at}.condition", rule.condition)
        if body.public:
            opened(f"{at}.condition", rule.condition)
        if rule.audience is not None:
            key_rule(f"{at}.audience", rule.audience)
        prerequisites(f"{at}.prerequisites", rule.prerequisites)
        if rule.schedule is not None:
            schedule(f"{at}.schedule", rule.schedule)
        _then(f"{at}.then", rule, body.type)


def _then(at: str, rule: Rule, kind: str) -> None:
    then = rule.then
    if isinstance(then, Force):
        typed(f"{at}.value", then.value, kind)
    elif isinstance(then, Run):
        key_rule(f"{at}.experiment", then.experiment)
        for key, value in then.values.items():
            typed(f"{at}.values.{key}", value, kind)
    else:
        _ramp(at, then, kind)


def _ramp(at: str, ramp: Ramp, kind: str) -> None:
    typed(f"{at}.value", ramp.value, kind)
    for place, (before, after) in enumerate(zip(ramp.steps, ramp.steps[1:], strict=False), 1):
        if after.hours <= before.hours or after.coverage < before.coverage:
            raise Refused(
                f"{at}.steps[{place}]",
                after.coverage,
                "a step comes later than the one before and covers no less.",
                "Order the steps by hours and coverage.",
            )
    for place, key in enumerate(ramp.guardrails):
        key_rule(f"{at}.guardrails[{place}]", key)


_VALUED: Final = frozenset(
    {
        *("$in", "$ini", "$nin", "$nini", "$lt", "$lte", "$gt", "$gte", "$vlt", "$vlte", "$vgt", "$vgte"),
        *expressions.OPERATORS,
    }
)
"""Operators that compare with something: without it the condition would hold for nobody, or for everybody."""

_TYPES: Final[Mapping[str, tuple[type, ...]]] = {"boolean": (bool,), "string": (str,), "number": (int, float)}


def typed(field: str, value: Any, kind: str) -> None:
    """Refuse a value that is not of the flag's type."""
    wanted = _TYPES.get(kind)
    if wanted is None:
        return
    if not isinstance(value, wanted) or (kind == "number" and isinstance(value, bool)):
        raise Refused(field, str(value), f"the flag's values are of type {kind}.", f"Use a {kind}, or change the type.")


def condition(field: str, body: Condition | None) -> None:
    """Refuse a condition the engine would not understand (it would hold for nobody)."""
    if body is not None:
        _condition(field, body, 0)


def _condition(field: str, body: object, depth: int) -> None:
    if not isinstance(body, dict):
        raise Refused(field, str(body), "a condition is an object.", 'Write {"country": "SE"}.')
    if depth > DEEPEST:
        raise Refused(field, depth, f"is nested deeper than {DEEPEST}.", "Say it with fewer levels.")
    for name, inner in body.items():
        at = f"{field}.{name}"
        if name in LOGICAL:
            if not isinstance(inner, list):
                raise Refused(at, str(inner), "takes a list of conditions.", "Write [{...}, {...}].")
            for place, each in enumerate(inner):
                _condition(f"{at}[{place}]", each, depth + 1)
        elif name == "$not":
            _condition(at, inner, depth + 1)
        elif name == members.AUDIENCE:
            if not isinstance(inner, str):
                raise Refused(at, str(inner), "is an audience's key.", 'Write {"$audience": "loyal"}.')
            key_rule(at, inner)
        elif not name:
            raise Refused(field, name, "a condition names an attribute.", "Say which, such as country.")
        elif isinstance(inner, dict) and any(str(key).startswith("$") for key in inner):
            _operators(at, inner, depth + 1)


def _operators(field: str, body: Mapping[str, Any], depth: int) -> None:
    if depth > DEEPEST:
        raise Refused(field, depth, f"is nested deeper than {DEEPEST}.", "Say it with fewer levels.")
    for name, inner in body.items():
        at = f"{field}.{name}"
        if name not in OPERATORS:
            raise Refused(at, name, "there is no such operator.", f"Use one of {', '.join(sorted(OPERATORS))}.")
        if name in ("$in", "$nin", "$ini", "$nini", "$all", "$alli") and not isinstance(inner, list):
            raise Refused(at, str(inner), "takes a list.", 'Write ["a", "b"].')
        if inner in ([], "") and name in _VALUED:
            raise Refused(at, str(inner), "has no value to compare with.", "Add a value, or take the condition away.")
        if name in expressions.OPERATORS:
            expressions.check(at, inner)
        if name in ("$not", "$elemMatch", "$size") and isinstance(inner, dict):
            nested = all(str(key).startswith("$") for key in inner)
            _operators(at, inner, depth + 1) if nested else _condition(at, inner, depth + 1)


def attributes(body: object) -> Iterator[str]:
    """The attributes that a condition looks at."""
    if isinstance(body, dict):
        for name, inner in body.items():
            if name in LOGICAL and isinstance(inner, list):
                for each in inner:
                    yield from attributes(each)
            elif name == "$not":
                yield from attributes(inner)
            elif name == members.AUDIENCE:
                yield members.SEGMENTS
            else:
                yield str(name)


def opened(field: str, body: Condition | None) -> None:
    """Refuse a condition of a public flag that tells of people, or that only the server can judge."""
    for name in attributes(body):
        if name not in OPEN:
            raise Refused(
                field,
                name,
                "everybody could read this condition, and it says something of people.",
                "Make the flag not public, or say it by an audience.",
            )
    if (outside := _outside(body)) is not None:
        raise Refused(
            field,
            outside,
            "a browser does not know its audiences, so everybody would count as outside of this one.",
            "Make the flag not public, or ask who is in an audience.",
        )


def handed_out(body: Condition | None) -> bool:
    """Whether everybody may have a condition: it tells of nobody, and means the same to who knows no audiences."""
    return set(attributes(body)) <= OPEN and _outside(body) is None


def _outside(body: Condition | None) -> str | None:
    """An audience that the condition wants somebody not to be in."""
    return next((each.key for each in members.named(body) if each.outside), None)


def prerequisites(field: str, found: Iterable[Prerequisite]) -> None:
    """Refuse what is no key."""
    for place, each in enumerate(found):
        key_rule(f"{field}[{place}].flag", each.flag)


def schedule(field: str, body: Schedule) -> None:
    """Refuse what is no time, and an end before the start."""
    start, end = moment(f"{field}.start", body.start), moment(f"{field}.end", body.end)
    if start is not None and end is not None and end <= start:
        raise Refused(f"{field}.end", body.end, "the end comes after the start.", f"Use a time after {body.start}.")


def moment(field: str, text: str | None) -> int | None:
    """A time in ms UTC; raises Refused for what is none or has no offset."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or not 1970 <= found.year <= 2200:
        raise Refused(field, text, "is a time with its offset.", "Write 2026-12-31T09:00:00+01:00.")
    return int(found.timestamp() * 1000)


def _distinct(field: str, keys: Iterable[str]) -> None:
    seen: set[str] = set()
    for place, key in enumerate(keys):
        key_rule(f"{field}[{place}]", key)
        if key in seen:
            raise Refused(f"{field}[{place}]", key, "stands there twice.", "Use another key.")
        seen.add(key)


def resolution(body: Experiment) -> int | None:
    """The resolution of a fractional design; None for a full one."""
    return designs.resolution(len(body.factors), body.fraction) if body.factors else None
