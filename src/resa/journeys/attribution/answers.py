"""The question of attribution, and what an answer holds."""

from __future__ import annotations

from typing import Annotated, Final, Literal, NamedTuple

import msgspec

from resa.kernel.errors import Refused
from resa.kernel.matching import Match, check_match

ModelName = Literal["first", "last", "linear", "time_decay", "markov", "shapley"]
MODELS: Final[tuple[ModelName, ...]] = ("first", "last", "linear", "time_decay", "markov", "shapley")
MOST_MATCHES: Final = 20

# -- the question --------------------------------------------------------------------------------------------------


class Conversion(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What counts as a conversion: an event that any of these matches."""

    any: list[Match]


class Asked(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """How to divide conversions: among touches of which kind, how long before, by which models."""

    conversion: Conversion
    touch: str = "channel"
    window_days: Annotated[float, msgspec.Meta(gt=0, le=366)] = 30
    half_life_days: Annotated[float, msgspec.Meta(ge=0.001, le=366)] = 7
    order: Annotated[int, msgspec.Meta(ge=1, le=4)] = 1
    most: Annotated[int, msgspec.Meta(ge=1, le=50)] = 20
    models: list[ModelName] = msgspec.field(default_factory=lambda: list(MODELS))


class Figure(NamedTuple):
    """Which figure of an answer: a touch's or the rest's, or conversions without a touch, or all; `converting`: only who converted."""

    kind: Literal["touch", "rest", "none", "all"]
    item: str | None
    converting: bool


def check(asked: Asked) -> None:
    """Refuse what the types can't."""
    if not 1 <= len(asked.conversion.any) <= MOST_MATCHES:
        raise Refused(
            "conversion.any",
            len(asked.conversion.any),
            f"a conversion is one of 1 to {MOST_MATCHES} matches.",
            'Name one, such as {"type": "track", "name": "Order Completed"}.',
        )
    for number, match in enumerate(asked.conversion.any):
        check_match(f"conversion.any[{number}]", match)
    if not asked.models:
        raise Refused("models", None, "ask for one model at least.", f"Use some of {', '.join(MODELS)}.")


# -- the answer ----------------------------------------------------------------------------------------------------


class Sum(msgspec.Struct, frozen=True):
    """Money; decimal text, exact."""

    currency: str | None
    total: str


class Worth(msgspec.Struct, frozen=True, kw_only=True):
    """What a touch gets of the value in one currency, by model; decimal text."""

    currency: str | None
    first: str | None = None
    last: str | None = None
    linear: str | None = None
    time_decay: str | None = None
    markov: str | None = None
    shapley: str | None = None


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """What a touch gets of the conversions, by model (null: not asked). Over all items each model adds up to `conversions`."""

    touch: str
    name: str
    kind: Literal["touch", "rest", "none"]
    touches: int
    """Times it is on a path, converting or not."""
    customers: int | None
    first: float | None = None
    last: float | None = None
    linear: float | None = None
    time_decay: float | None = None
    markov: float | None = None
    removal: float | None = None
    """By which share conversions would fall in the chain if whoever comes to this touch were lost."""
    shapley: float | None = None
    values: list[Worth]


class Span(msgspec.Struct, rename={"start": "from", "end": "to"}, frozen=True):
    """A period: from `from` up to, not including, `to`."""

    start: str
    end: str


class Limit(msgspec.Struct, frozen=True):
    """What to mind: a stable code, the numbers in it, and both as an English sentence."""

    code: str
    values: dict[str, float]
    text: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Conversions divided among touches."""

    period: Span
    conversions: int
    customers: int
    """Distinct customers with a conversion."""
    without_touch: int
    """Conversions with no touch in the window before."""
    lost_paths: int
    """Paths that no conversion ended."""
    value: str | None
    """In `currency`, the one of most conversions; `values` has all."""
    currency: str | None
    values: list[Sum]
    touch: str
    window_days: float
    half_life_days: float
    order: int
    states: int | None
    """States of the Markov chain."""
    items: list[Item]
    reading: dict[str, str]
    limits: list[str]
    """The texts of `mind`."""
    mind: list[Limit]
    as_of: str
    took_ms: int
