"""What the API tells of results."""

from __future__ import annotations

from typing import Literal

import msgspec

from resa.experiments.results.looks import Look
from resa.experiments.results.verdict import Verdict
from resa.kernel.metrics.definition import Direction, Shows
from resa.kernel.metrics.money import LeftOut

Role = Literal["primary", "secondary", "guardrail", "stage"]


class Effect(msgspec.Struct, frozen=True):
    """An effect and its interval; null where there is nothing to say."""

    value: float | None
    low: float | None
    high: float | None


class ArmShown(msgspec.Struct, frozen=True, kw_only=True):
    """A variation: its planned share, how many customers (or devices, accounts) were shown it and no other, their share."""

    variation: str
    name: str
    weight: float
    exposed: int
    share: float | None


class Exposures(msgspec.Struct, frozen=True, kw_only=True):
    """Who was shown what. `crossovers` were shown two variations: they are left out."""

    unit: str
    total: int
    arms: list[ArmShown]
    crossovers: int
    first: str | None
    last: str | None
    per_day: float
    """Newly exposed in a day, over the last seven."""


class Ratio(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the variations got the shares they were given: `p` may be looked at every day, `chi_square_p` once."""

    p: float
    chi_square_p: float
    mismatch: bool


class ArmValue(msgspec.Struct, frozen=True, kw_only=True):
    """What a metric comes to in one variation: units, value, standard error."""

    variation: str
    n: int
    value: float | None
    error: float | None


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """A variation against the control, by the plan's method.

    `relative` is part of the control's value (0.1: a tenth more), `difference` plain; both intervals hold for all comparisons
    of the primary metrics together. `p` is of this comparison, `adjusted_p` corrected for all of its role (Holm for primary,
    Benjamini and Hochberg for secondary and stage metrics). `good`: significantly better (true), worse (false), or neither.
    `fixed_p` is what one test of a fixed sample would say now, `explained` the part of the variance that what customers did
    before took away, `over_all` the difference over everybody active instead of the exposed. `chance` and the losses are the Bayesian reading's.
    """

    variation: str
    difference: Effect
    relative: Effect
    over_all: Effect | None
    p: float | None
    adjusted_p: float | None
    significant: bool
    good: bool | None
    enough: bool
    waiting: bool
    fixed_p: float | None
    explained: float | None
    chance: float | None
    loss: float | None
    loss_of_control: float | None


class PathPoint(msgspec.Struct, frozen=True, kw_only=True):
    """The relative effect as it was known then. `fixed_p`: what one test of a fixed sample would have said."""

    at: str
    variation: str
    units: int
    value: float | None
    low: float | None
    high: float | None
    significant: bool
    fixed_p: float | None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the effect fades (a novelty) or grows (people learn) from a unit's first week to its second, a day."""

    variation: str
    code: Literal["steady", "fading", "growing", "unknown"]
    first_week: Effect | None
    second_week: Effect | None
    p: float | None


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why a metric can't be read."""

    field: str
    value: str | int | float | bool | None
    rule: str
    remedy: str


class MetricRead(msgspec.Struct, frozen=True, kw_only=True):
    """A metric of the experiment. `as_of` is the moment it is read at: of a group-sequential plan, its last look."""

    key: str
    name: str
    role: Role
    form: str
    direction: Direction
    shows: Shows
    currency: str | None
    left_out: list[LeftOut]
    """Amounts of those in it that are in other currencies: nothing is converted."""
    arms: list[ArmValue]
    comparisons: list[Comparison]
    path: list[PathPoint]
    changes: list[Change]
    as_of: str | None
    problem: Problem | None


class Dilution(msgspec.Struct, frozen=True, kw_only=True):
    """How many of those active in the meantime were exposed, and so what the effect comes to over everybody active."""

    active: int
    exposed: int
    share: float | None


class FactorEffect(msgspec.Struct, frozen=True, kw_only=True):
    """What a factor's level does (`factor`, `level`), or two factors' levels do beyond that together (`with_*`)."""

    metric: str
    factor: str
    level: str
    with_factor: str | None
    with_level: str | None
    difference: Effect
    p: float | None
    adjusted_p: float | None
    mixed_with: list[str]
    """What else this is the effect of, where only a fraction of the combinations was tried."""


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """What an experiment has shown so far."""

    experiment: str
    name: str
    status: str
    phase: int
    method: str
    alpha: float
    control: str | None
    started: str | None
    until: str
    exposures: Exposures
    sample_ratio: Ratio | None
    verdict: Verdict
    metrics: list[MetricRead]
    dilution: Dilution | None
    factors: list[FactorEffect]
    ms: float


class Looks(msgspec.Struct, frozen=True):
    """The looks at a result, the first first."""

    items: list[Look]
    next: None = None


class SegmentRead(msgspec.Struct, frozen=True, kw_only=True):
    """A variation against the control among the units of one segment."""

    segment: str
    variation: str
    n: int
    control: float | None
    value: float | None
    relative: Effect
    difference: Effect
    p: float | None
    adjusted_p: float | None
    """With the false discovery rate of all segments and variations controlled (Benjamini and Hochberg)."""
    significant: bool


class Unequal(msgspec.Struct, frozen=True):
    """Whether a variation's effect differs between segments (Cochran's Q); of one look."""

    variation: str
    p: float | None


class Segments(msgspec.Struct, frozen=True, kw_only=True):
    """A metric of the experiment by segment."""

    experiment: str
    metric: str
    by: str
    overlapping: bool
    """Whether a customer can be in several of them."""
    items: list[SegmentRead]
    unequal: list[Unequal]
    next: None = None


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A customer in an experiment: when they were first shown what, and what the metric asked for comes to."""

    profile: str
    name: str | None
    email: str | None
    variation: str
    first: str
    value: float | None
    simulated: bool


class People(msgspec.Struct, frozen=True):
    """A page of the customers behind a figure, last exposed first; `total` is the figure."""

    total: int
    items: list[Person]
    next: str | None
