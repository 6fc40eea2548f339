"""What people write down of tests and flags: the kinds `experiment`, `flag`, `layer` and `holdout` (docs/experiments.md)."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec

from resa.experiments import designs, members

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Words = Annotated[str, msgspec.Meta(max_length=400)]
Text = Annotated[str, msgspec.Meta(max_length=4000)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Condition = dict[str, Any]

Unit = Literal["device", "customer", "account"]
ATTRIBUTE: Final[dict[str, str]] = {"device": "id", "customer": "userId", "account": "groupId"}
"""The attribute that each unit is hashed by; a customer who is not known yet is hashed by the device."""

Status = Literal["draft", "running", "paused", "stopped", "shipped"]
LIVE: Final = ("running", "paused")
"""An experiment that runs or pauses: what decides on assignment changes only by a new phase."""

Fraction = Literal["full", "half", "quarter", "eighth"]


class Variation(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """One way it could be. The weight counts relative to those of the others."""

    key: str
    name: Words = ""
    description: Text = ""
    weight: Annotated[float, msgspec.Meta(ge=0, le=1_000_000)] = 1.0


class Level(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """One setting of a factor; the first of a factor is as it is today."""

    key: str
    name: Words = ""


class Factor(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """One thing that a multivariate experiment changes."""

    key: str
    name: Words = ""
    levels: Annotated[list[Level], msgspec.Meta(min_length=2, max_length=8)]


class InLayer(
    msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True, rename={"start": "from", "end": "to"}
):
    """The part of a layer that an experiment takes, from 0 to 1; no other experiment may take the same."""

    key: str
    start: Share = 0.0
    end: Share = 1.0


class Prerequisite(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Another flag, and the value it must have."""

    flag: str
    value: Any = True


class Schedule(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """From when and until when, in ISO 8601 with an offset; the end is not included."""

    start: str | None = None
    end: str | None = None


class Measured(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """The metrics that decide, those that are looked at beside, and those that must not get worse.

    `margins` say of guardrails how much worse is tolerated (0.02: two in a hundred of the control's value). What has one must be
    shown to be no worse than that before anything is shipped; what has none stops what does harm.
    """

    primary: list[str] = []
    secondary: list[str] = []
    guardrails: list[str] = []
    margins: dict[str, Annotated[float, msgspec.Meta(gt=0, lt=1)]] = {}


class Plan(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """How the result will be read. `effect` is the smallest relative effect worth finding, `size` the units in all."""

    method: Literal["group_sequential", "always_valid", "fixed", "bayesian"] = "always_valid"
    alpha: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.05
    power: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.8
    effect: Annotated[float, msgspec.Meta(gt=0, le=100)] | None = None
    size: Annotated[int, msgspec.Meta(ge=1, le=10_000_000_000)] | None = None
    looks: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 14
    days: Annotated[int, msgspec.Meta(ge=1, le=3660)] | None = None
    cuped: bool = True
    winsorize: Annotated[float, msgspec.Meta(gt=0.5, lt=1)] | None = None


class Pattern(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Addresses of pages: `simple` with `*`, or a regular expression; or such addresses left out."""

    pattern: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    type: Literal["simple", "regex"] = "simple"
    include: bool = True


class Mutation(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True, omit_defaults=True):
    """One change of a page's element, as GrowthBook's web client applies it."""

    selector: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
    attribute: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    action: Literal["set", "append", "remove"]
    value: Text | None = None
    parentSelector: str | None = None  # noqa: N815  # the payload's own names
    insertBeforeSelector: str | None = None  # noqa: N815


class Change(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """What a variation changes on a page; a redirect leads to another page of the same site."""

    css: Text = ""
    mutations: Annotated[list[Mutation], msgspec.Meta(max_length=200)] = []
    redirect: Annotated[str, msgspec.Meta(max_length=2000)] | None = None


class OnPages(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """An experiment that runs by a page's address, without a flag: the changes by variation."""

    patterns: Annotated[list[Pattern], msgspec.Meta(min_length=1, max_length=50)]
    changes: dict[str, Change] = {}
    keep_query: bool = True


class Piece(
    msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True, rename={"start": "from", "end": "to"}
):
    """A part of all buckets that belongs to a variation. Kept by Resa, so that a change moves only who must move."""

    variation: str
    start: float
    end: float


class Context(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Who meets the condition is given a variation by these weights. Kept by Resa: a contextual bandit learns them."""

    condition: Condition
    weights: dict[str, Share]


class Experiment(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """An experiment. The first variation is the control; their keys stay, their order is the index others see.

    From `status` on, what stands here is written by starting, pausing, stopping and shipping it; `pins` are the versions of
    the definitions it was started with (`segment:<key>`, `metric:<key>`).
    """

    name: Name
    description: Text = ""
    hypothesis: Text = ""
    idea: str | None = None
    goal: str | None = None
    map: str | None = None
    stage: str | None = None
    touchpoint: str | None = None
    friction: Words | None = None
    owner: Words = ""
    unit: Unit = "device"
    audience: str | None = None
    condition: Condition | None = None
    variations: Annotated[list[Variation], msgspec.Meta(max_length=64)] = []
    factors: Annotated[list[Factor], msgspec.Meta(min_length=2, max_length=7)] | None = None
    fraction: Fraction = "full"
    coverage: Share = 1.0
    layer: InLayer | None = None
    prerequisites: Annotated[list[Prerequisite], msgspec.Meta(max_length=20)] = []
    schedule: Schedule | None = None
    pages: OnPages | None = None
    metrics: Measured = msgspec.field(default_factory=Measured)
    plan: Plan = msgspec.field(default_factory=Plan)
    holdout: bool = True
    """Whether customers in a hold-out stay out of it."""
    status: Status = "draft"
    started: str | None = None
    ended: str | None = None
    phase: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0
    seed: Words = ""
    version: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0
    """Grows when everybody is assigned anew: assignments kept under an older one count no more."""
    allocation: list[Piece] | None = None
    contexts: Annotated[list[Context], msgspec.Meta(max_length=64)] = []
    """The leaves of a contextual bandit in this phase: the first that fits decides, the variations' own weights where none does."""
    pins: dict[str, int] = {}
    shipped: str | None = None
    learning: Text = ""

    @property
    def arms(self) -> list[Variation]:
        """The variations; those of a multivariate experiment are made from its factors where they are not written out."""
        if self.variations or self.factors is None:
            return self.variations
        return [Variation(key=key) for key in self.levels]

    @property
    def levels(self) -> dict[str, tuple[int, ...]]:
        """The levels of each factor by the key of the variation; empty for an experiment without factors."""
        found = {}
        for run in designs.runs([len(each.levels) for each in self.factors or ()], self.fraction):
            found["-".join(each.levels[at].key for each, at in zip(self.factors or (), run, strict=True))] = run
        return found if self.factors else {}

    @property
    def audiences(self) -> list[str]:
        """Every audience that it names, also within its condition."""
        return list(dict.fromkeys([*([self.audience] if self.audience else []), *members.keys(self.condition)]))

    @property
    def control(self) -> str:
        """The key of the control."""
        return self.arms[0].key


class Layer(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Experiments in one layer never meet: each takes its part of the layer's units."""

    name: Name
    description: Text = ""
    unit: Unit = "device"


class Holdout(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """The share of units that sees nothing of the whole programme, to measure what it earns."""

    name: Name
    description: Text = ""
    share: Annotated[float, msgspec.Meta(gt=0, le=0.5)] = 0.05
    unit: Unit = "device"
    active: bool = True
    seed: Words = ""


class Force(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True, tag="force"):
    """A value for all whom the rule meets, or for a share of them."""

    value: Any
    coverage: Share = 1.0
    seed: Words = ""


class Run(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True, tag="experiment"):
    """The variation of an experiment decides: a value for each."""

    experiment: str
    values: dict[str, Any]


class Step(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A share of units, from so many hours after the ramp's start on."""

    hours: Annotated[float, msgspec.Meta(ge=0, le=24 * 366)]
    coverage: Share


class Ramp(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True, tag="ramp"):
    """A value for a growing share; rolled back as soon as a guardrail (a metric) gets worse."""

    value: Any
    steps: Annotated[list[Step], msgspec.Meta(min_length=1, max_length=50)]
    guardrails: Annotated[list[str], msgspec.Meta(max_length=20)] = []
    seed: Words = ""


class Rule(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """When a value applies: everything that stands here must hold. The first rule that applies decides."""

    id: str
    name: Words = ""
    enabled: bool = True
    condition: Condition | None = None
    audience: str | None = None
    prerequisites: Annotated[list[Prerequisite], msgspec.Meta(max_length=20)] = []
    schedule: Schedule | None = None
    then: Force | Run | Ramp


class Flag(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A flag: a value that rules decide. Only a public one is handed out with its rules (docs/flags.md)."""

    name: Name
    description: Text = ""
    type: Literal["boolean", "string", "number", "json"] = "boolean"
    default: Any = False
    public: bool = False
    unit: Unit = "device"
    owner: Words = ""
    tags: Annotated[list[Words], msgspec.Meta(max_length=50)] = []
    rules: Annotated[list[Rule], msgspec.Meta(max_length=100)] = []
