"""What the API says about customers."""

from __future__ import annotations

from typing import Any

import msgspec


class Card(msgspec.Struct, kw_only=True):
    """One customer in a list."""

    profile: str
    name: str | None
    email: str | None
    identities: int
    events: int
    first_seen: str | None
    last_seen: str | None
    simulated: bool
    traits: dict[str, Any]


class Page(msgspec.Struct, kw_only=True):
    """Some items, and where to go on."""

    items: list[Any]
    next: str | None = None


class TraitView(msgspec.Struct, kw_only=True):
    """A trait, since when it is so, and who said it."""

    name: str
    value: Any
    time: str
    source: str
    identity: str
    verified: bool


class ConsentView(msgspec.Struct, kw_only=True):
    """A purpose and what was decided; `unknown` if nothing was."""

    purpose: str
    state: str
    time: str | None
    source: str | None


class IdentityView(msgspec.Struct, kw_only=True):
    """One identifier of a customer."""

    identity: str
    number: int
    first_seen: str | None
    last_seen: str | None
    events: int


class LinkView(msgspec.Struct, kw_only=True):
    """Two identifiers said to be the same customer: by what or whom, and whether it is in force."""

    id: int
    a: str
    b: str
    kind: str
    state: str
    verified: bool
    at: str
    by: str
    message_id: str | None
    reason: str


class Money(msgspec.Struct, kw_only=True):
    """A sum in one currency, and the orders it came from. The sum is decimal text: exact."""

    currency: str | None
    total: str
    orders: int


class ChannelCount(msgspec.Struct, kw_only=True):
    """Events on one channel."""

    channel: str
    events: int


class Customer(msgspec.Struct, kw_only=True):
    """Everything on one customer's page but the timeline."""

    profile: str
    canonical: str | None
    """The profile this one was merged into, if it was; the rest of the answer is about that one."""
    name: str | None
    email: str | None
    events: int
    first_seen: str | None
    last_seen: str | None
    simulated: bool
    traits: list[TraitView]
    consent: list[ConsentView]
    identities: list[IdentityView]
    links: list[LinkView]
    revenue: list[Money]
    channels: list[ChannelCount]


class Moment(msgspec.Struct, kw_only=True):
    """One event on a timeline."""

    row: int
    message_id: str
    time: str
    type: str
    name: str
    channel: str
    source: str
    identity: str
    page_path: str | None
    page_title: str | None
    revenue: str | None
    currency: str | None
    order_id: str | None
    simulated: bool
    properties: dict[str, Any]
    context: dict[str, Any]
    stage: str | None = None
    touchpoint: str | None = None


class TraitChoice(msgspec.Struct, kw_only=True):
    """A trait both have with different values: which one a merge would keep."""

    name: str
    keeps: Any
    gives_way: Any


class Blast(msgspec.Struct, kw_only=True):
    """What a merge would do."""

    into: str
    identities: int
    events: int
    traits: list[TraitChoice]
    consent: list[ConsentView]
    warnings: list[str]


class Part(msgspec.Struct, kw_only=True):
    """One of the profiles that an undo would leave."""

    profile: str
    identities: list[str]
    events: int


class Apart(msgspec.Struct, kw_only=True):
    """What undoing a link would do."""

    parts: list[Part]
    warnings: list[str]
