"""Definitions as a GrowthBook payload, as of a moment: what SDKs are given and what our own engine evaluates.

An audience is an opaque id over the attribute `$segments`; names, texts and metrics stay here. The public payload has only flags
that are public through and through; everything else is evaluated on the server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from resa.experiments import allocation, checking, contexts, members
from resa.experiments.definition import (
    ATTRIBUTE,
    Condition,
    Experiment,
    Flag,
    Force,
    Holdout,
    Layer,
    Prerequisite,
    Ramp,
    Rule,
    Run,
    Schedule,
)  # fmt: skip

HOUR: Final = 3_600_000
HELD: Final = "holdout"
SEEN: Final = "programme"
"""The two variations of a hold-out."""
RAMP: Final = "ramp"
OFF: Final = "off"
ON: Final = "on"
"""The two variations of a ramp."""


class Ramping(msgspec.Struct, frozen=True):
    """How far a ramp is: since when it climbs (ms UTC), or why it stands still."""

    started: int
    status: str = "climbing"  # climbing, held, rolled_back, done
    coverage: float = 0.0
    """Where it stands if it is held."""
    reason: str = ""


class World(msgspec.Struct, frozen=True):
    """Everything that a payload is made of."""

    experiments: Mapping[str, Experiment]
    flags: Mapping[str, Flag]
    layers: Mapping[str, Layer]
    holdouts: Mapping[str, Holdout]
    opaque: Callable[[str], str]
    """An audience's key -> its id in payloads."""
    ramps: Mapping[tuple[str, str], Ramping] = {}
    """By flag and rule."""


class Built(msgspec.Struct, frozen=True):
    """A payload, and the moment (ms UTC) at which a schedule changes it; None: it stays as it is.

    `runs` are the experiments that assign now, by key, with the keys of their variations as values; `shipped` those that are over, each as
    a flag that has the winner's key for those it was meant for.
    """

    payload: dict[str, Any]
    until: int | None
    runs: dict[str, dict[str, Any]]
    shipped: dict[str, dict[str, Any]]


def build(world: World, now: int, *, public: bool) -> Built:
    """The payload at `now`; `public` leaves out what only the server may evaluate."""
    writer = _Writer(world, now)
    features = {f"{HELD}:{key}": writer.holdout(key, body) for key, body in world.holdouts.items() if body.active}
    for key, flag in world.flags.items():
        if not public or opened(world, flag):
            features[key] = writer.feature(key, flag)
    experiments = [
        writer.on_pages(key, body)
        for key, body in world.experiments.items()
        if body.pages is not None and body.status == "running" and writer.due(body.schedule)
        if not public or checking.handed_out(body.condition)
    ]
    runs, shipped = ({}, {}) if public else (writer.runs(), writer.shipped())
    said = {
        "features": features,
        "experiments": experiments,
        "savedGroups": {},
        "contextualBandits": writer.bandits,
    }
    return Built(said, writer.until, runs, shipped)


def opened(world: World, flag: Flag) -> bool:
    """Whether a flag may be handed out: it says so, and neither its rules nor its experiments tell of people."""
    if not flag.public:
        return False
    for rule in flag.rules:
        parents = list(rule.prerequisites)
        if isinstance(rule.then, Run) and (body := world.experiments.get(rule.then.experiment)) is not None:
            if not checking.handed_out(body.condition) or not contexts.attributes(body) <= checking.OPEN:
                return False
            parents += body.prerequisites
        if any(each.flag in world.flags and not world.flags[each.flag].public for each in parents):
            return False
    return True


def ramp_name(flag: str, rule: str) -> str:
    """What a ramp is called as an experiment."""
    return f"{RAMP}:{flag}:{rule}"


def covered(ramp: Ramp, state: Ramping, now: int) -> tuple[float, int | None]:
    """The share a ramp covers at `now`, and when that changes next."""
    if state.status != "climbing":
        return state.coverage, None
    share = 0.0
    for step in ramp.steps:
        at = state.started + round(step.hours * HOUR)
        if at > now:
            return share, at
        share = step.coverage
    return share, None


def stepped(ramp: Ramp, state: Ramping, now: int) -> int:
    """When a ramp came to the share it covers. Whoever was shown it before was split by another share."""
    share = covered(ramp, state, now)[0]
    hours = (step.hours for step in ramp.steps if step.coverage >= share)
    return state.started + round(next(hours, 0.0) * HOUR)


class _Writer:
    """Writes the parts of one payload, and notes when the next schedule begins or ends."""

    def __init__(self, world: World, now: int) -> None:
        self._world = world
        self._now = now
        self.until: int | None = None
        self.bandits: dict[str, dict[str, Any]] = {}
        """The contexts of the experiments written so far, by experiment."""

    def _note(self, moment: int | None) -> None:
        if moment is not None and moment > self._now and (self.until is None or moment < self.until):
            self.until = moment

    def due(self, schedule: Schedule | None) -> bool:
        """Whether a schedule says now."""
        if schedule is None:
            return True
        start, end = checking.moment("start", schedule.start), checking.moment("end", schedule.end)
        self._note(start)
        self._note(end)
        return (start is None or start <= self._now) and (end is None or self._now < end)

    # -- flags ---------------------------------------------------------------------------------------------------

    def feature(self, key: str, flag: Flag) -> dict[str, Any]:
        """A flag."""
        rules = [
            made
            for rule in flag.rules
            if rule.enabled and self.due(rule.schedule)
            for made in self._rule(key, flag, rule)
        ]
        return {"defaultValue": flag.default, "rules": rules} if rules else {"defaultValue": flag.default}

    def _rule(self, key: str, flag: Flag, rule: Rule) -> Iterator[dict[str, Any]]:
        said = self._targeting(rule.condition, rule.audience, rule.prerequisites) | {"id": rule.id}
        then = rule.then
        if isinstance(then, Force):
            yield said | self._share(flag, key, rule, then.value, then.coverage, then.seed)
        elif isinstance(then, Ramp):
            ramp = self._ramp(flag, key, rule, then)
            if ramp is not None:
                yield said | ramp
        else:
            body = self._world.experiments.get(then.experiment)
            if body is not None and self.due(body.schedule):
                yield from self._run(said, then, body, flag)

    def _share(self, flag: Flag, key: str, rule: Rule, value: Any, coverage: float, seed: str) -> dict[str, Any]:
        if coverage >= 1:
            return {"force": value}
        return {
            "force": value,
            "coverage": coverage,
            "seed": seed or f"{key}:{rule.id}",
            **_hashed(flag.unit),
        }

    def _ramp(self, flag: Flag, key: str, rule: Rule, ramp: Ramp) -> dict[str, Any] | None:
        """A ramp where it stands: nothing, everything, or, in between, an experiment whose `off` falls through."""
        state = self._world.ramps.get((key, rule.id))
        if state is None:
            return None
        share, until = covered(ramp, state, self._now)
        self._note(until)
        if share <= 0:
            return None
        if share >= 1 or not ramp.guardrails:
            return self._share(flag, key, rule, ramp.value, share, ramp.seed)
        return {
            "key": ramp_name(key, rule.id),
            "seed": ramp.seed or f"{key}:{rule.id}",
            "phase": "1",
            **_hashed(flag.unit),
            "disableStickyBucketing": True,
            "variations": [flag.default, ramp.value],
            "ranges": [[share, 1], [0, share]],
            "meta": [{"key": OFF, "passthrough": True}, {"key": ON}],
        }

    def _run(self, said: dict[str, Any], run: Run, body: Experiment, flag: Flag) -> Iterator[dict[str, Any]]:
        values = {each.key: run.values.get(each.key, flag.default) for each in body.arms}
        if body.status == "running":
            own = self._experiment(run.experiment, body, [values[each.variation] for each in allocation.entries(body)])
            yield _both(said, own)
        elif body.status == "shipped" and body.shipped is not None:
            yield _both(said, self._eligibility(body, layered=False) | {"force": values[body.shipped]})

    # -- experiments ---------------------------------------------------------------------------------------------

    def _experiment(self, key: str, body: Experiment, values: Sequence[Any]) -> dict[str, Any]:
        """An experiment as a rule or as one of its own; `values` go with the entries of its allocation."""
        entries = allocation.entries(body)
        said: dict[str, Any] = {
            "key": key,
            "seed": body.seed or key,
            "phase": str(body.phase),
            **_hashed(body.unit),
            "bucketVersion": contexts.bucket_version(body),
            "variations": list(values),
            "meta": [{"key": each.variation} for each in entries],
            **self._eligibility(body, layered=True),
        }
        if body.contexts:
            self.bandits[key] = _bandit(body)
            said |= {"contextualVariations": said.pop("variations"), "contextualBanditRef": key}
        if body.contexts or body.allocation is None:
            said |= {"weights": list(allocation.weights(body).values()), "coverage": body.coverage}
        else:
            said["ranges"] = [[each.start, each.end] for each in entries]
        return said

    def _eligibility(self, body: Experiment, *, layered: bool) -> dict[str, Any]:
        said = self._targeting(body.condition, body.audience, body.prerequisites)
        if body.holdout:
            held = [
                {"id": f"{HELD}:{key}", "condition": {"value": SEEN}}
                for key, each in self._world.holdouts.items()
                if each.active
            ]
            if held:
                said["parentConditions"] = [*said.get("parentConditions", []), *held]
        if layered and body.layer is not None:
            unit = self._world.layers[body.layer.key].unit if body.layer.key in self._world.layers else body.unit
            said["filters"] = [
                {
                    "seed": f"layer:{body.layer.key}",
                    "attribute": ATTRIBUTE[unit],
                    "hashVersion": 2,
                    "ranges": [[body.layer.start, body.layer.end]],
                }
            ]
        return said

    def runs(self) -> dict[str, dict[str, Any]]:
        """The experiments that assign now."""
        return {
            key: self._experiment(key, body, [each.variation for each in allocation.entries(body)])
            for key, body in self._world.experiments.items()
            if body.status == "running" and self.due(body.schedule)
        }

    def shipped(self) -> dict[str, dict[str, Any]]:
        """The experiments that were shipped: who they were meant for, and what these get."""
        return {
            key: {"rules": [self._eligibility(body, layered=False) | {"force": body.shipped}]}
            for key, body in self._world.experiments.items()
            if body.status == "shipped"
        }

    def on_pages(self, key: str, body: Experiment) -> dict[str, Any]:
        """An experiment that GrowthBook's web client runs by the page's address."""
        pages = body.pages
        assert pages is not None
        changes = [pages.changes.get(each.variation) for each in allocation.entries(body)]
        values: list[dict[str, Any]] = []
        for change in changes:
            value: dict[str, Any] = {}
            if change is not None:
                if change.css:
                    value["css"] = change.css
                if change.mutations:
                    value["domMutations"] = msgspec.to_builtins(change.mutations)
                if change.redirect:
                    value["urlRedirect"] = change.redirect
            values.append(value)
        return {
            **self._experiment(key, body, values),
            "status": "running",
            "changeId": f"{key}-{body.phase}",
            "urlPatterns": [
                {"include": each.include, "type": each.type, "pattern": each.pattern} for each in pages.patterns
            ],
            "persistQueryString": pages.keep_query,
        }

    def holdout(self, key: str, body: Holdout) -> dict[str, Any]:
        """A hold-out, as the flag that everything in the programme waits for."""
        name = f"{HELD}:{key}"
        rule = {
            "key": name,
            "seed": body.seed or name,
            **_hashed(body.unit),
            "variations": [HELD, SEEN],
            "weights": [body.share, 1 - body.share],
            "coverage": 1,
            "meta": [{"key": HELD}, {"key": SEEN}],
        }
        return {"defaultValue": SEEN, "rules": [rule]}

    # -- targeting -----------------------------------------------------------------------------------------------

    def _targeting(
        self, condition: Condition | None, audience: str | None, parents: Sequence[Prerequisite]
    ) -> dict[str, Any]:
        said: dict[str, Any] = {}
        asked = [condition] if condition else []
        if audience is not None:
            asked.append({members.AUDIENCE: audience})
        parts = [members.spelled(each, self._world.opaque) for each in asked]
        if parts:
            said["condition"] = parts[0] if len(parts) == 1 else {"$and": parts}
        if parents:
            said["parentConditions"] = [{"id": each.flag, "condition": {"value": each.value}} for each in parents]
        return said


def _bandit(body: Experiment) -> dict[str, Any]:
    """An experiment's contexts, in the form of a payload; a phase is a version of the bandit."""
    leaves = [
        {"leafId": number, "condition": each.condition, "weights": [each.weights[arm.key] for arm in body.arms]}
        for number, each in enumerate(body.contexts, 1)
    ]
    return {"banditVersion": body.phase, "contexts": leaves}


def _both(outer: dict[str, Any], inner: dict[str, Any]) -> dict[str, Any]:
    """A rule's own targeting and its experiment's: both must hold."""
    conditions = [each["condition"] for each in (outer, inner) if "condition" in each]
    parents = [*outer.get("parentConditions", []), *inner.get("parentConditions", [])]
    said = {**outer, **inner}
    if conditions:
        said["condition"] = conditions[0] if len(conditions) == 1 else {"$and": conditions}
    if parents:
        said["parentConditions"] = parents
    return said


def _hashed(unit: str) -> dict[str, Any]:
    """What a unit is hashed by; a customer who is not known yet, by the device."""
    said: dict[str, Any] = {"hashAttribute": ATTRIBUTE[unit], "hashVersion": 2}
    return said | {"fallbackAttribute": ATTRIBUTE["device"]} if unit == "customer" else said
