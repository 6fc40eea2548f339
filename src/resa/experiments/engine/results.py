"""What an evaluation answers, and what it is asked with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, Protocol

import msgspec

from resa.experiments.engine.conditions import Attributes

Source = Literal[
    "unknownFeature", "defaultValue", "force", "experiment", "override", "prerequisite", "cyclicPrerequisite"
]
Experiment = Mapping[str, Any]


class Stickies(Protocol):
    """Kept assignments by `attribute||value`: {attributeName, attributeValue, assignments: {key__version: variation key}}."""

    def get(self, name: str, /) -> Mapping[str, Any] | None:
        """What is kept of a unit."""
        ...

    def __setitem__(self, name: str, document: Mapping[str, Any], /) -> None:
        """Keep it."""
        ...


class ExperimentResult(msgspec.Struct, frozen=True, gc=False, omit_defaults=False):
    """Where a unit stands in an experiment. `variation` is an index; 0 is the control, also for who is not in it."""

    in_experiment: bool
    variation: int
    key: str
    value: Any
    hash_used: bool = False
    hash_attribute: str = "id"
    hash_value: Any = ""
    bucket: float | None = None
    feature: str | None = None
    passthrough: bool = False
    sticky_used: bool = False
    name: str | None = None
    bandit: Mapping[str, Any] | None = None


class FeatureResult(msgspec.Struct, frozen=True, gc=False):
    """A flag's value, and why: `source`, and the rule or the experiment it came from."""

    value: Any
    on: bool
    source: Source
    rule: str = ""
    experiment: Experiment | None = None
    result: ExperimentResult | None = None

    @property
    def off(self) -> bool:
        """Whether the value counts as off."""
        return not self.on


Exposure = Callable[[Experiment, ExperimentResult], None]
NOTHING: Final[Mapping[str, Any]] = {}


class Asking:
    """One customer's question to an engine: attributes and what overrides the rules. Used by one thread.

    All is said when it is made and not changed later, but for what the engine notes as it goes: `stack`, and `settled`. Most say nothing
    but attributes: the rest is the class's, and `plain` such an asking takes the shorter way.
    """

    forced_variations: Mapping[str, int] = NOTHING
    forced_features: Mapping[str, Any] = NOTHING
    url = ""
    stickies: Stickies | None = None
    enabled = True
    qa = False
    plain = True
    stack: tuple[str, ...] = ()
    """The flags whose prerequisites are being looked at, from the outermost on."""
    settled: dict[str, FeatureResult] | None = None
    """The flags that others waited for: each is evaluated once, however many ways lead to it."""

    def __init__(self, attributes: Attributes, exposed: Exposure | None = None, **more: Any) -> None:
        """`exposed` hears of every assignment that is used; `more` is what `_override` takes."""
        self.attributes = attributes
        self.exposed = exposed
        if more:
            self._override(**more)

    def _override(
        self,
        *,
        forced_variations: Mapping[str, int] = NOTHING,
        forced_features: Mapping[str, Any] = NOTHING,
        url: str = "",
        stickies: Stickies | None = None,
        enabled: bool = True,
        qa: bool = False,
    ) -> None:
        """`stickies` switches keeping on and is written to; `url` may force variations and is what pages are matched by."""
        self.forced_variations = forced_variations
        self.forced_features = forced_features
        self.url = url
        self.stickies = stickies
        self.enabled = enabled
        self.qa = qa
        self.plain = enabled and stickies is None and not (url or qa or forced_variations)


def truthy(value: Any) -> bool:
    """Whether a value is on: JavaScript's sense, in which an empty list is something."""
    return bool(value) or isinstance(value, list | dict)
