"""The rules of one flag, compiled: the first that applies decides, else the default."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from resa.experiments.engine import conditions, hashing
from resa.experiments.engine.assignment import Compiled, Flags, Gate, Run, filters, text_of
from resa.experiments.engine.conditions import Condition, Groups
from resa.experiments.engine.results import Asking, ExperimentResult, FeatureResult, truthy

Rule = Callable[[Asking], FeatureResult | None]
Feature = Callable[[Asking], FeatureResult]
Bandits = Mapping[str, Mapping[str, Any]]

_EXPERIMENT_FIELDS: Final = (
    "coverage", "weights", "hashAttribute", "fallbackAttribute", "disableStickyBucketing", "bucketVersion",
    "minBucketVersion", "namespace", "meta", "ranges", "name", "phase", "seed", "hashVersion", "filters", "condition",
)  # fmt: skip

_LEAF: Final = ("leafId", "variationWeights", "banditVersion")


def compile(key: str, feature: Mapping[str, Any], groups: Groups, bandits: Bandits, flags: Flags) -> Feature:  # noqa: A001
    """The evaluation of a flag."""
    value = feature.get("defaultValue")
    default = FeatureResult(value, truthy(value), "defaultValue")
    made = [_rule(key, rule, groups, bandits, flags) for rule in feature.get("rules") or ()]
    rules = [rule for rule in made if rule is not None]
    if not rules:
        return lambda _asking: default
    if len(rules) == 1:
        only = rules[0]
        return lambda asking: only(asking) or default

    def evaluate(asking: Asking) -> FeatureResult:
        for rule in rules:
            result = rule(asking)
            if result is not None:
                return result
        return default

    return evaluate


def forgiving(evaluate: Feature, feature: Mapping[str, Any]) -> Feature:
    """The evaluation of a flag that has its default, and says why, where its prerequisites lead back to it."""
    if not any(rule.get("parentConditions") for rule in feature.get("rules") or ()):
        return evaluate
    value = feature.get("defaultValue")
    circular = FeatureResult(value, truthy(value), "cyclicPrerequisite")

    def answered(asking: Asking) -> FeatureResult:
        found = evaluate(asking)
        return circular if found.source == "cyclicPrerequisite" else found

    return answered


def _rule(key: str, rule: Mapping[str, Any], groups: Groups, bandits: Bandits, flags: Flags) -> Rule | None:
    """A rule of any kind, with its prerequisites and filters in front; None for one that can't do anything."""
    kind = _kind(key, rule, groups, bandits, flags)
    if found := rule.get("filters"):
        kind = _behind(filters(found), kind) if kind else None
    if parents := rule.get("parentConditions"):
        return _after(parents, groups, flags, kind)
    return kind


def _kind(key: str, rule: Mapping[str, Any], groups: Groups, bandits: Bandits, flags: Flags) -> Rule | None:
    if "force" in rule:
        return _force(key, rule, groups)
    if rule.get("contextualVariations") is not None:
        return _bandit(key, rule, groups, bandits, flags)
    if rule.get("variations"):
        return _experiment(key, rule, groups, flags)
    return None


def _behind(gate: Gate, kind: Rule) -> Rule:
    return lambda asking: kind(asking) if gate(asking) else None


def _after(parents: Sequence[Mapping[str, Any]], groups: Groups, flags: Flags, kind: Rule | None) -> Rule:
    """A rule behind prerequisites: one that fails skips the rule, or, being a gate, decides the flag."""
    parts = [(parent, conditions.compile(parent.get("condition"), groups)) for parent in parents]
    blocked = FeatureResult(None, False, "prerequisite")
    cyclic = FeatureResult(None, False, "cyclicPrerequisite")

    def rule(asking: Asking) -> FeatureResult | None:
        for parent, condition in parts:
            held = flags.holds(parent, condition, asking)
            if held is None:
                return cyclic
            if not held:
                return blocked if parent.get("gate") else None
        return kind(asking) if kind is not None else None

    return rule


def _force(key: str, rule: Mapping[str, Any], groups: Groups) -> Rule:
    value = rule["force"]
    forced = FeatureResult(value, truthy(value), "force", str(rule.get("id") or ""))
    holds = conditions.compile(rule["condition"], groups) if rule.get("condition") else None
    rollout = _rollout(key, rule)
    tracks = [_track(each) for each in rule.get("tracks") or ()]
    if rollout is None and not tracks:
        if holds is None:
            return lambda _asking: forced
        return _conditional(holds, forced)

    def decide(asking: Asking) -> FeatureResult | None:
        if holds is not None and not holds(asking.attributes):
            return None
        if rollout is not None and not rollout(asking):
            return None
        if asking.exposed is not None:
            for experiment, result in tracks:
                asking.exposed(experiment, result)
        return forced

    return decide


def _conditional(holds: Condition, forced: FeatureResult) -> Rule:
    return lambda asking: forced if holds(asking.attributes) else None


def _rollout(key: str, rule: Mapping[str, Any]) -> Gate | None:
    """Who a forced value is rolled out to; None for everybody."""
    ends, coverage = rule.get("range"), rule.get("coverage")
    if ends is None and coverage is None:
        return None
    if ends is None and coverage == 0:
        return lambda _asking: False
    attribute = str(rule.get("hashAttribute") or "id")
    fallback = None if rule.get("disableStickyBucketing") else rule.get("fallbackAttribute")
    bucket = hashing.bucketing(str(rule.get("seed") or key), int(rule.get("hashVersion") or 1))

    def included(asking: Asking) -> bool:
        value = text_of(asking.attributes.get(attribute))
        if not value and fallback and asking.stickies is not None:
            value = text_of(asking.attributes.get(fallback))
        place = bucket(value) if value else None
        if place is None:
            return False
        if ends is not None:
            return bool(ends[0] <= place < ends[1])
        return coverage is not None and place <= coverage

    return included


def _track(said: Mapping[str, Any]) -> tuple[Mapping[str, Any], ExperimentResult]:
    """An exposure that comes along with an already resolved rule (remote evaluation)."""
    result = said.get("result") or {}
    return said.get("experiment") or {}, ExperimentResult(
        in_experiment=bool(result.get("inExperiment")),
        variation=int(result.get("variationId") or 0),
        key=str(result.get("key") or ""),
        value=result.get("value"),
        hash_used=bool(result.get("hashUsed")),
        hash_attribute=str(result.get("hashAttribute") or "id"),
        hash_value=result.get("hashValue") or "",
        bucket=result.get("bucket"),
        feature=result.get("featureId"),
        passthrough=bool(result.get("passthrough")),
        sticky_used=bool(result.get("stickyBucketUsed")),
        bandit={name: result[name] for name in _LEAF if name in result} or None,
    )


def _experiment(key: str, rule: Mapping[str, Any], groups: Groups, flags: Flags) -> Rule:
    return _decided_by(_compiled(key, rule, groups, flags), str(rule.get("id") or ""))


def _compiled(
    key: str,
    rule: Mapping[str, Any],
    groups: Groups,
    flags: Flags,
    bandit: Mapping[str, Any] | None = None,
    **more: Any,
) -> Compiled:
    named = {name: rule[name] for name in _EXPERIMENT_FIELDS if rule.get(name) is not None}
    variations = rule.get("variations") or rule.get("contextualVariations")
    experiment = {"variations": variations, "key": rule.get("key") or key, **named, **more}
    return Compiled(experiment, groups, flags, key, bandit)


def _decided_by(run: Compiled, rule_id: str) -> Rule:
    on = [truthy(value) for value in run.experiment["variations"]]

    def decide(asking: Asking) -> FeatureResult | None:
        result = run(asking)
        if not result.in_experiment or result.passthrough:
            return None
        return FeatureResult(result.value, on[result.variation], "experiment", rule_id, run.shown(result), result)

    return decide


def _bandit(key: str, rule: Mapping[str, Any], groups: Groups, bandits: Bandits, flags: Flags) -> Rule | None:
    """A contextual bandit: the first context that fits brings its weights, none the rule's own under leaf -1."""
    if not rule.get("contextualVariations"):
        return None
    bandit = bandits.get(str(rule.get("contextualBanditRef") or ""))
    if bandit is None:
        return _experiment(key, rule, groups, flags)
    rule_id = str(rule.get("id") or "")
    leaves, fallback = _leaves(key, rule, groups, bandit, flags)
    parts, last = [(fits, _decided_by(run, rule_id)) for fits, run in leaves], _decided_by(fallback, rule_id)
    return lambda asking: next((decide for fits, decide in parts if fits(asking.attributes)), last)(asking)


def contextual(rule: Mapping[str, Any], groups: Groups, bandits: Bandits, flags: Flags) -> Run:
    """An experiment with contexts, apart from any flag."""
    bandit, parents = bandits[str(rule["contextualBanditRef"])], rule.get("parentConditions")
    leaves, fallback = _leaves(str(rule["key"]), rule, groups, bandit, flags, parentConditions=parents)
    return lambda asking: next((run for fits, run in leaves if fits(asking.attributes)), fallback)(asking)


def _leaves(
    key: str, rule: Mapping[str, Any], groups: Groups, bandit: Mapping[str, Any], flags: Flags, **more: Any
) -> tuple[list[tuple[Condition, Compiled]], Compiled]:
    leaves = [
        (conditions.compile(leaf.get("condition"), groups), _leaf(key, rule, groups, flags, bandit, leaf, **more))
        for leaf in bandit.get("contexts") or ()
    ]
    return leaves, _leaf(key, rule, groups, flags, bandit, {"leafId": -1, "weights": rule.get("weights")}, **more)


def _leaf(
    key: str,
    rule: Mapping[str, Any],
    groups: Groups,
    flags: Flags,
    bandit: Mapping[str, Any],
    leaf: Mapping[str, Any],
    **more: Any,
) -> Compiled:
    said: dict[str, Any] = {"leafId": leaf.get("leafId"), "variationWeights": leaf.get("weights")}
    if "banditVersion" in bandit:
        said["banditVersion"] = bandit["banditVersion"]
    return _compiled(key, rule, groups, flags, said, weights=leaf.get("weights"), **more)
