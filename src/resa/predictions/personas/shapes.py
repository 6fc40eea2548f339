"""What a run finds, as it is kept and as the API tells it. Imports nothing heavy: a server starts with it."""

from __future__ import annotations

from typing import Literal

import msgspec

from resa.predictions.personas.vocabulary import Plan, Unit


class Tried(msgspec.Struct, frozen=True):
    """A number of kinds, and how it did."""

    kinds: int
    jaccard: list[float]
    """Of each kind, how alike it came out again: mean Jaccard similarity over the samples drawn."""
    rand: float
    """Mean adjusted Rand index between the parting and those of the samples drawn."""
    explained: float
    """Share of the differences between customers that the parting explains."""
    by_chance: float
    """What it explains in shuffled columns."""
    needed: float
    """What it must explain to be believed."""
    smallest: float
    """Share of the customers in the smallest kind."""
    stable: bool
    """Whether every kind came out again, is a kind, and all of them say more than chance does."""

    @property
    def stability(self) -> float:
        """Mean over the kinds."""
        return sum(self.jaccard) / len(self.jaccard)


class Difference(msgspec.Struct, frozen=True):
    """How a kind differs from all others in one feature."""

    column: str
    family: str
    label: str
    unit: Unit
    value: float | None
    """Mean of those of whom it is known; None: of nobody."""
    others: float | None
    effect: float
    """Difference of the scaled means in standard deviations; above 0: more than others."""
    q: float
    """Share of false discoveries if this one is believed."""


class Estimate(msgspec.Struct, frozen=True):
    """A mean per customer with its 95 % interval."""

    mean: float
    low: float
    high: float


class Worth(msgspec.Struct, frozen=True):
    """What a kind of customer brings in, in the period."""

    currency: str | None
    revenue: str
    """Decimal text."""
    share: float | None
    """Of the revenue of all."""
    per_customer: Estimate
    orders: Estimate
    buyers: float
    """Share of the customers with an order."""


class Before(msgspec.Struct, frozen=True):
    """The same kind in the run before."""

    size: int
    share: float
    alike: float
    """Jaccard similarity of the members, over the customers both runs know."""


class KindOfCustomer(msgspec.Struct, frozen=True):
    """One kind of customer, as found. `id` stays with it from run to run."""

    id: str
    key: str
    name: str
    face: str
    size: int
    share: float
    stability: float
    differences: list[Difference]
    worth: Worth
    typical: list[int]
    """Numbers of the profiles nearest to the middle."""
    before: Before | None = None


class Drift(msgspec.Struct, frozen=True):
    """How far a distribution has moved since the run before, by its population stability index."""

    what: str
    label: str
    psi: float
    reading: Literal["settled", "moving", "moved"]


class Result(msgspec.Struct, frozen=True):
    """What a run found. No kinds: no stable ones are there, which is an answer."""

    customers: int
    sample: int
    kinds: list[KindOfCustomer]
    tried: list[Tried]
    distinct: bool
    """Whether the kinds lie apart; else they are stretches of a continuum, useful to speak of, blurred at the edges."""
    verdict: str
    drift: list[Drift] = []
    gone: list[str] = []
    """Names of the kinds of the run before that are not there any more."""
    seconds: float = 0.0


class Model(msgspec.Struct, frozen=True):
    """By what a customer is held to be of a kind: what is measured, how it is scaled, the middle of each kind."""

    plan: Plan
    usual: list[float]
    center: list[float]
    spread: list[float]
    weight: list[float]
    centers: list[list[float]]
    edges: list[list[float]]
    """Deciles of each column, as measured: what later runs are compared by."""
    counts: list[list[int]]
    """Customers between them."""


Verdict = Literal["confirmed", "contradicted", "open", "unknown"]


class Share(msgspec.Struct, frozen=True):
    """A share with its 95 % interval (E. B. Wilson, 1927) and of how many."""

    share: float
    low: float
    high: float
    n: int


class Held(msgspec.Struct, frozen=True):
    """One assumption and what the data say: confirmed if more than half do, whatever the interval leaves open."""

    about: Literal["channel", "task", "trait"]
    assumed: str
    members: Share | None
    """Of those who fit (of whom it is known), who do, or are."""
    others: Share | None
    verdict: Verdict
    usual: list[str] = []
    """What those who fit say instead: the median and the middle half of numbers, the commonest texts."""


class PersonaCheck(msgspec.Struct, frozen=True):
    """A persona against the data of a period."""

    key: str
    period_from: str = msgspec.field(name="from")
    period_to: str = msgspec.field(name="to")
    fit: Share
    """Of the customers of the period, who fit."""
    members: int
    """All who fit, whether they came in the period or not."""
    assumptions: list[Held]
    differences: list[Difference]
    worth: Worth | None
    as_of: str
