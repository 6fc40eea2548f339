"""What is measured of each customer, and in which words people speak of it.

A `Plan` is learned from a sample before anything is counted: which channels, devices, names, categories and traits are
common enough to tell customers apart. It is kept with the run, so that newcomers are measured in the same way.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

Scale = Literal["log", "share", "plain"]
Unit = Literal["days", "events", "orders", "money", "share", "stage", "value"]
Place = Literal["adjective", "noun", "tail", ""]

HOURS: Final = ("night", "morning", "afternoon", "evening")
"""Quarters of the local day from midnight on."""


class Column(msgspec.Struct, frozen=True):
    """One feature. `high` and `low` are words for customers who have more or less of it than others, '' for none."""

    name: str
    family: str
    label: str
    unit: Unit
    scale: Scale
    place: Place = ""
    high: str = ""
    low: str = ""


class Event(msgspec.Struct, frozen=True):
    """A kind of event that is counted."""

    type: str
    name: str


class Choice(msgspec.Struct, frozen=True):
    """A trait of few values, each counted by itself."""

    trait: str
    values: list[str]


class Plan(msgspec.Struct, frozen=True):
    """What is counted. Lists are in the order of the columns."""

    currency: str | None = None
    channels: list[str] = []
    devices: list[str] = []
    events: list[Event] = []
    categories: list[str] = []
    stages: list[str] = []
    journey: str | None = None
    numbers: list[str] = []
    """Traits that are numbers."""
    choices: list[Choice] = []

    def columns(self) -> list[Column]:
        """Every feature, in the order of the matrix."""
        return [
            *_RHYTHM,
            *(_VALUE if self.currency is not None else ()),
            *(_channel(name) for name in self.channels),
            *(_device(name) for name in self.devices),
            *(_hour(name) for name in HOURS),
            _WEEKEND,
            *(_category(name) for name in self.categories),
            *(_event(event) for event in self.events),
            *([_depth(self.stages)] if self.stages else []),
            *(_number(name) for name in self.numbers),
            *(_choice(choice.trait, value) for choice in self.choices for value in choice.values),
        ]


_RHYTHM: Final = (
    Column("recency", "rhythm", "days since the last visit", "days", "log", "adjective", "lapsed", "recent"),
    Column("tenure", "rhythm", "days since the first visit", "days", "log", "adjective", "long-standing", "new"),
    Column("frequency", "rhythm", "days with a visit", "days", "log", "adjective", "regular", "occasional"),
    Column("intensity", "rhythm", "events on such a day", "events", "log", "adjective", "thorough", "fleeting"),
)
_VALUE: Final = (
    Column("orders", "value", "orders", "orders", "log", "noun", "frequent buyers", "rare buyers"),
    Column("value", "value", "revenue", "money", "log", "noun", "big spenders", "small spenders"),
    Column("order_value", "value", "revenue of an order", "money", "log", "adjective", "big-basket", "small-basket"),
)
_WEEKEND: Final = Column(
    "weekend", "week", "share of events at the weekend", "share", "share", "adjective", "weekend", "weekday"
)
_CHANNEL_WORDS: Final = {"email": "e-mail", "sms": "text-message", "ad": "ad-led", "call": "phone"}


def _channel(name: str) -> Column:
    words = _CHANNEL_WORDS.get(name, name)
    return Column(f"channel:{name}", "channels", f"share of events by {words}", "share", "share", "adjective", words)


def _device(name: str) -> Column:
    return Column(
        f"device:{name}", "devices", f"share of events on {name}", "share", "share", "adjective", name.lower()
    )


def _hour(name: str) -> Column:
    words = f"at {name}" if name == "night" else f"in the {name}"
    return Column(f"hours:{name}", "hours", f"share of events {words}", "share", "share", "adjective", name)


def _category(name: str) -> Column:
    return Column(
        f"category:{name}", "categories", f"share of products in {name}", "share", "share", "tail", f"into {name}"
    )


def _event(event: Event) -> Column:
    called = event.name or event.type
    return Column(
        f"event:{event.type}:{event.name}",
        "behaviour",
        f"share of events that are {called}",
        "share",
        "share",
        "tail",
        f"with much {called}",
    )


def _depth(stages: list[str]) -> Column:
    return Column(
        "stage", "stages", f"furthest stage reached, of {len(stages)}", "stage", "plain", "adjective", "", "early-stage"
    )


def _number(name: str) -> Column:
    return Column(f"trait:{name}", "traits", name, "value", "plain", "adjective", f"high-{name}", f"low-{name}")


def _choice(trait: str, value: str) -> Column:
    return Column(f"trait:{trait}={value}", "traits", f"{trait} is {value}", "share", "plain", "tail", f"({value})")


PRIVATE: Final = frozenset(
    """email phone name firstname lastname first_name last_name fullname username title avatar address street ip birthday
    birthdate dateofbirth date_of_birth postcode postalcode postal_code zip createdat created_at updatedat updated_at
    description website""".split()
)
"""Traits that name somebody instead of describing a kind."""

SENSITIVE: Final = frozenset(
    """religion belief ethnicity race health illness disability pregnancy sexuality orientation politics party union
    genetics biometrics""".split()
)
"""Never looked at when kinds of customers are searched (special categories of personal data)."""


def speaks_of_a_kind(trait: str) -> bool:
    """Whether a trait may describe a kind of customer: it identifies nobody and is not sensitive."""
    lower = trait.lower()
    identifies = lower in PRIVATE or lower == "id" or lower.endswith("_id") or trait.endswith(("Id", "ID"))
    return not identifies and not any(word in lower.split("_") or word == lower for word in SENSITIVE)
