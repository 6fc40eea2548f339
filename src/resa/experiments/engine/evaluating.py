"""An engine: one payload, compiled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from resa.experiments.engine import features, urls
from resa.experiments.engine.assignment import Compiled, Run
from resa.experiments.engine.conditions import Attributes, Condition, Groups
from resa.experiments.engine.results import (
    NOTHING,
    Asking,
    Experiment,
    ExperimentResult,
    Exposure,
    FeatureResult,
    truthy,
)  # fmt: skip

_UNKNOWN: Final = FeatureResult(None, False, "unknownFeature")

DEEPEST: Final = 50
"""So many flags may wait for each other in a row; what waits for more counts as waiting for itself."""


class Automatic(msgspec.Struct, frozen=True):
    """An experiment that runs by the page's address: its result, what it changes, and where it leads."""

    experiment: Experiment
    result: ExperimentResult
    redirect: str | None = None


class Engine:
    """Evaluates the flags and experiments of one payload. Immutable, hence safe in any thread."""

    def __init__(self, payload: Mapping[str, Any], *, forgiving: bool = False) -> None:
        """Compile `payload`: `features`, `experiments`, `savedGroups`, `contextualBandits`.

        A flag that waits for itself has no value in GrowthBook's specification; from a `forgiving` engine it has its default.
        """
        self._groups: Groups = payload.get("savedGroups") or {}
        self._bandits: features.Bandits = payload.get("contextualBandits") or {}
        self._features = {
            str(key): features.compile(str(key), feature, self._groups, self._bandits, self)
            for key, feature in (payload.get("features") or {}).items()
        }
        if forgiving:
            self._features = {
                key: features.forgiving(evaluate, payload["features"][key]) for key, evaluate in self._features.items()
            }
        self._automatic = [Compiled(each, self._groups, self) for each in payload.get("experiments") or ()]

    @property
    def keys(self) -> Iterable[str]:
        """The flags there are."""
        return self._features.keys()

    def feature(self, key: str, attributes: Attributes, exposed: Exposure | None = None, **more: Any) -> FeatureResult:
        """The value of a flag for a customer's attributes, and why. `exposed` and `more` as `Asking` takes them."""
        return self.ask(key, Asking(attributes, exposed, **more))

    def ask(self, key: str, asking: Asking) -> FeatureResult:
        """`feature` for several flags with one `Asking`."""
        if asking.forced_features and key in asking.forced_features:
            value = asking.forced_features[key]
            return FeatureResult(value, truthy(value), "override")
        if asking.settled is not None and not asking.stack:
            asking.settled = None
        evaluate = self._features.get(key)
        return _UNKNOWN if evaluate is None else evaluate(asking)

    def holds(self, prerequisite: Mapping[str, Any], condition: Condition, asking: Asking) -> bool | None:
        """Whether a flag has the value that another asks for; None if they depend on each other."""
        key = str(prerequisite.get("id"))
        if asking.settled is None:
            asking.settled = {}
        result = asking.settled.get(key)
        if result is None:
            if key in asking.stack or len(asking.stack) >= DEEPEST:
                return None
            asking.stack = (*asking.stack, key)
            result = asking.settled[key] = self.ask(key, asking)
            asking.stack = asking.stack[:-1]
        if result.source == "cyclicPrerequisite":
            return None
        return condition({"value": result.value})

    def flag(self, key: str, feature: Mapping[str, Any]) -> features.Feature:
        """A flag that need not be in the payload, compiled against its groups and flags."""
        return features.compile(key, feature, self._groups, self._bandits, self)

    def run(self, experiment: Experiment, attributes: Attributes, **more: Any) -> ExperimentResult:
        """Where a customer stands in an experiment that need not be in the payload."""
        return self.experiment(experiment)(Asking(attributes, **more))

    def experiment(self, experiment: Experiment) -> Run:
        """An experiment compiled against this payload's groups, flags and contexts, to be run often."""
        if experiment.get("contextualBanditRef"):
            return features.contextual(experiment, self._groups, self._bandits, self)
        return Compiled(experiment, self._groups, self)

    def automatic(
        self, attributes: Attributes, url: str, *, forced_variations: Mapping[str, int] = NOTHING
    ) -> list[Automatic]:
        """What the experiments that run by address do on this page; of several redirects the first one."""
        asking = Asking(attributes, url=url, forced_variations=forced_variations)
        found, redirected = [], False
        for run in self._automatic:
            leads = any(isinstance(each, Mapping) and each.get("urlRedirect") for each in run.experiment["variations"])
            if leads and redirected:
                continue
            result = run(asking)
            if not result.in_experiment:
                continue
            target = result.value.get("urlRedirect") if isinstance(result.value, Mapping) else None
            if target and run.experiment.get("persistQueryString"):
                target = urls.merged(url, target)
            redirected = redirected or leads
            found.append(Automatic(run.experiment, result, target))
        return found
