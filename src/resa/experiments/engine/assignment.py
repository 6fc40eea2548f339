"""One experiment, compiled: who is in it, and in which variation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from resa.experiments.engine import conditions, hashing, sticky, urls
from resa.experiments.engine.conditions import Condition, Groups
from resa.experiments.engine.results import Asking, Experiment, ExperimentResult

Gate = Callable[[Asking], bool]
Run = Callable[[Asking], ExperimentResult]


_OVERRIDES: Final = ("urlPatterns", "active", "status", "force")
"""What an experiment says that takes it off the usual way."""


class Flags(Protocol):
    """What prerequisites need of the engine."""

    def holds(self, prerequisite: Mapping[str, Any], condition: Condition, asking: Asking) -> bool | None:
        """Whether a flag has the value asked for; None if it depends on itself."""
        ...


def text_of(value: Any) -> str:
    """A value as it is hashed; empty if there is nothing to hash."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else ""
    if isinstance(value, int | float) and value:
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return ""


def filters(found: Sequence[Mapping[str, Any]]) -> Gate:
    """Whether a unit passes all filters: each a bucket under a seed that must lie in one of some ranges."""
    parts = [
        (
            str(each.get("attribute") or "id"),
            hashing.bucketing(str(each.get("seed", "")), int(each.get("hashVersion") or 2)),
            [tuple(ends) for ends in each.get("ranges", ())],
        )
        for each in found
    ]

    def passes(asking: Asking) -> bool:
        for attribute, bucket, ranges in parts:
            value = text_of(asking.attributes.get(attribute))
            place = bucket(value) if value else None
            if place is None or hashing.choose(place, ranges) < 0:
                return False
        return True

    return passes


def prerequisites(found: Sequence[Mapping[str, Any]], groups: Groups, flags: Flags) -> Gate:
    """Whether every prerequisite flag has the value that an experiment asks for."""
    parts = [(each, conditions.compile(each.get("condition"), groups)) for each in found]
    return lambda asking: all(flags.holds(each, condition, asking) for each, condition in parts)


class Compiled:
    """An experiment ready to be run. Immutable."""

    __slots__ = ("_attribute", "_bandit", "_bucket", "_eligible", "_fallback", "_hashed_experiment", "_plain", "_ranges",
                 "_results", "_sticky", "experiment", "feature", "key")  # fmt: skip

    def __init__(
        self,
        experiment: Experiment,
        groups: Groups,
        flags: Flags,
        feature: str | None = None,
        bandit: Mapping[str, Any] | None = None,
    ) -> None:
        """`experiment` as it stands in a payload; `feature` is the flag it decides, `bandit` the leaf it is of."""
        self.experiment = experiment
        self.feature = feature
        self._bandit = bandit
        self._hashed_experiment = experiment if bandit is None else {**experiment, "contextualBandit": bandit}
        self.key = str(experiment.get("key") or "")
        self._attribute = str(experiment.get("hashAttribute") or "id")
        self._sticky = not experiment.get("disableStickyBucketing")
        self._fallback = experiment.get("fallbackAttribute") if self._sticky else None
        seed = str(experiment.get("seed") or self.key)
        self._bucket = hashing.bucketing(seed, int(experiment.get("hashVersion") or 1))
        self._results = _variations(experiment)
        self._ranges = _ranges(experiment, len(self._results))
        self._eligible = self._gate(groups, flags)
        self._plain = not any(name in experiment for name in _OVERRIDES) and len(self._results) > 1

    def _gate(self, groups: Groups, flags: Flags) -> Gate | None:
        """Everything that decides on eligibility before the bucket does; None if nothing does."""
        gates: list[Gate] = []
        namespace = self.experiment.get("namespace")
        if found := self.experiment.get("filters"):
            gates.append(filters(found))
        elif namespace:
            gates.append(lambda asking: hashing.in_namespace(self._unit(asking)[1], namespace))
        if condition := self.experiment.get("condition"):
            holds = conditions.compile(condition, groups)
            gates.append(lambda asking: holds(asking.attributes))
        if parents := self.experiment.get("parentConditions"):
            gates.append(prerequisites(parents, groups, flags))
        if len(gates) < 2:
            return gates[0] if gates else None
        return lambda asking: all(gate(asking) for gate in gates)

    def _unit(self, asking: Asking) -> tuple[str, str]:
        value = text_of(asking.attributes.get(self._attribute))
        if not value and self._fallback and asking.stickies is not None:
            value = text_of(asking.attributes.get(self._fallback))
            if value:
                return self._fallback, value
        return self._attribute, value

    def __call__(self, asking: Asking) -> ExperimentResult:
        """Where the asking unit stands; whoever is in it by the hash (not forced into it) is told to `asking.exposed`."""
        result = self._straight(asking) if asking.plain and self._plain else self._assigned(asking)
        if result.hash_used and asking.exposed is not None:
            asking.exposed(self.shown(result), result)
        return result

    def _straight(self, asking: Asking) -> ExperimentResult:
        """`_assigned` where neither the asking nor the experiment overrides anything: the way of nearly everybody."""
        value = asking.attributes.get(self._attribute)
        if type(value) is not str or not value:
            return self._assigned(asking)
        eligible = self._eligible
        if eligible is None or eligible(asking):
            place = self._bucket(value)
            if place is not None:
                for chosen, (start, end) in enumerate(self._ranges):
                    if start <= place < end:
                        said, key, passthrough, name = self._results[chosen]
                        return ExperimentResult(
                            True, chosen, key, said, True, self._attribute, value, place, self.feature, passthrough,
                            False, name, self._bandit,
                        )  # fmt: skip  # by place: naming them costs as much as the hash
        return self._out(asking)

    def shown(self, result: ExperimentResult) -> Experiment:
        """The experiment as it is reported with a result: with the bandit's leaf if that decided."""
        return self._hashed_experiment if result.hash_used else self.experiment

    def _assigned(self, asking: Asking) -> ExperimentResult:  # the order of these returns is the protocol
        count = len(self._results)
        if count < 2 or not asking.enabled:
            return self._out(asking)
        experiment = self.experiment
        if (patterns := experiment.get("urlPatterns")) and not urls.targeted(asking.url, patterns):
            return self._out(asking)
        if asking.url and (chosen := urls.forced(self.key, asking.url, count)) is not None:
            return self._in(asking, chosen)
        if asking.forced_variations and self.key in asking.forced_variations:
            return self._in(asking, asking.forced_variations[self.key])
        if experiment.get("active") is False or experiment.get("status") == "draft":
            return self._out(asking)
        unit = self._unit(asking)
        if not unit[1]:
            return self._out(asking)
        kept, closed = self._kept(asking, unit)
        if kept < 0 and self._eligible is not None and not self._eligible(asking):
            return self._out(asking)
        place = self._bucket(unit[1])
        if place is None:
            return self._out(asking)
        if closed:
            return self._out(asking, sticky_used=True)
        chosen = kept if kept >= 0 else hashing.choose(place, self._ranges)
        if chosen < 0:
            return self._out(asking)
        if "force" in experiment:
            return self._in(asking, experiment["force"])
        if asking.qa or experiment.get("status") == "stopped":
            return self._out(asking)
        return self._hashed(asking, unit, chosen, place, kept >= 0)

    def _kept(self, asking: Asking, unit: tuple[str, str]) -> tuple[int, bool]:
        if asking.stickies is None or not self._sticky:
            return -1, False
        fallback = text_of(asking.attributes.get(self._fallback)) if self._fallback else ""
        second = (str(self._fallback), fallback) if fallback else None
        return sticky.find(self.experiment, self.key, asking.stickies, unit, second)

    def _hashed(
        self, asking: Asking, unit: tuple[str, str], chosen: int, place: float, sticky_used: bool
    ) -> ExperimentResult:
        value, key, passthrough, name = self._results[chosen]
        if asking.stickies is not None and self._sticky:
            sticky.keep(self.experiment, self.key, asking.stickies, unit, key)
        attribute = unit[0]
        return ExperimentResult(
            True, chosen, key, value, True, attribute, asking.attributes[attribute], place, self.feature, passthrough,
            sticky_used, name, self._bandit,
        )  # fmt: skip  # by place: naming them costs as much as the hash

    def _in(self, asking: Asking, chosen: int) -> ExperimentResult:
        """Forced into a variation; one that does not exist means: not in it."""
        if not 0 <= chosen < len(self._results):
            return self._out(asking)
        return self._unhashed(asking, chosen, True, False)

    def _out(self, asking: Asking, *, sticky_used: bool = False) -> ExperimentResult:
        return self._unhashed(asking, 0, False, sticky_used)

    def _unhashed(self, asking: Asking, chosen: int, within: bool, sticky_used: bool) -> ExperimentResult:
        value, key, passthrough, name = self._results[chosen] if self._results else (None, "0", False, None)
        attribute = self._unit(asking)[0]
        hashed = asking.attributes.get(attribute) or ""
        return ExperimentResult(
            within, chosen, key, value, False, attribute, hashed, None, self.feature, passthrough, sticky_used, name,
        )  # fmt: skip


def _variations(experiment: Experiment) -> list[tuple[Any, str, bool, str | None]]:
    """Value, key, whether evaluation goes on after it, and name of each variation."""
    metas = list(experiment.get("meta") or ())
    found = []
    for index, value in enumerate(experiment.get("variations") or ()):
        meta = metas[index] if index < len(metas) else {}
        found.append((value, str(meta.get("key") or index), bool(meta.get("passthrough")), meta.get("name")))
    return found


def _ranges(experiment: Experiment, count: int) -> list[hashing.Range]:
    if said := experiment.get("ranges"):
        return [(float(start), float(end)) for start, end in said]
    coverage = experiment.get("coverage")
    return hashing.ranges(count, 1.0 if coverage is None else float(coverage), experiment.get("weights"))
