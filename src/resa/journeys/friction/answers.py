"""What the API says of friction: the ledger, its lines, and the people of one."""

from __future__ import annotations

from typing import Literal

import msgspec

from resa.journeys.friction.places import Where
from resa.journeys.friction.worth import Worth

Verdict = Literal["hurts", "not shown", "not enough data"]


class Span(msgspec.Struct, rename={"start": "from", "end": "to"}, frozen=True):
    """A period: from `from` up to, not including, `to`."""

    start: str
    end: str


class Share(msgspec.Struct, frozen=True):
    """A share with its 95 % interval, and how many customers it is of."""

    value: float
    low: float
    high: float
    n: int


class Ratio(msgspec.Struct, frozen=True):
    """A quotient with its 95 % interval."""

    value: float
    low: float
    high: float


class Amount(msgspec.Struct, frozen=True):
    """Money at risk with its 95 % interval; decimal text."""

    amount: str
    low: str
    high: str
    currency: str


class Event(msgspec.Struct, frozen=True):
    """An event that shows a hit."""

    profile: str
    row: int
    time: str
    name: str


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A signal at one place (`where`), or everywhere (`where` null).

    `precision`: bad outcomes among the struck beyond those expected of comparable customers; `lift`: the same as a
    quotient. Both null where `verdict` is `not enough data`. docs/friction.md says what they mean and don't.
    """

    signal: str
    name: str
    where: Where | None
    outcome: Literal["conversion", "return"]
    people: int
    events: int
    precision: Share | None
    lift: Ratio | None
    value_at_risk: Amount | None
    bad: float | None
    expected: float | None
    controls: int
    close: float | None
    q: float | None
    verdict: Verdict
    reading: str
    evidence: list[Event]


class Asked(msgspec.Struct, frozen=True):
    """What a bad outcome is, and until when outcomes are known."""

    kind: str
    days: float
    known_until: str | None


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """The whole ledger: `items` by place, `signals` the same everywhere; both what hurts most first."""

    items: list[Item]
    signals: list[Item]
    period: Span
    outcome: Asked
    conversion_value: Worth | None
    tests: int
    false_discovery_rate: float
    as_of: str
    took_ms: int


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody a signal struck: how often, and the last time with the event that shows it."""

    profile: str
    name: str | None
    email: str | None
    hits: int
    time: str
    row: int
    event: str
    simulated: bool


class People(msgspec.Struct, frozen=True):
    """A page of the struck, latest first; `total` is the figure of the ledger."""

    total: int
    items: list[Person]
    next: str | None
