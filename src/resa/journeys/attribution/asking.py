"""The question of attribution and its answer: paths cut once, models asked of them, each told with its reading and limits."""

from __future__ import annotations

import time
from collections.abc import Hashable
from typing import Annotated, Final, Literal

import msgspec

from resa.journeys.attribution import touches
from resa.kernel import sequences
from resa.kernel.errors import Refused
from resa.kernel.lens import Lens
from resa.kernel.matching import Match, check_match
from resa.kernel.populations import Population
from resa.kernel.recent import Recent
from resa.kernel.workspace import Workspace

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
    as_of: str
    took_ms: int


# -- asking --------------------------------------------------------------------------------------------------------


class Attributions:
    """Answers questions of attribution of one workspace. Thread-safe."""

    def __init__(self, workspace: Workspace) -> None:
        """Nothing is computed yet."""
        self._workspace = workspace
        self._labels = sequences.LabelStore(workspace.body, most=2)
        self._data = Recent(4)
        self._values = Recent(8)
        self._answers = Recent(32)

    def ask(self, asked: Asked, lens: Lens) -> Answer:
        """Divide the conversions seen through the lens; its channel is that of the conversions. Raises Refused, NotFound."""
        check(asked)
        from resa.journeys.attribution import dividing  # noqa: PLC0415  # loads numba; starting up must not wait for it

        began = time.perf_counter()
        kind = touches.of(self._workspace, asked.touch, self._values)
        who = self._workspace.populations.get(lens.population) if lens.population else None
        seen = self._seen(asked, lens, kind, who)
        key = (*seen, msgspec.json.encode(asked))

        def compute() -> Answer:
            data = self._data.get(seen, lambda: dividing.read(self._workspace, self._labels, asked, lens, kind, who))
            return dividing.answer(asked, lens, data, self._workspace.clock())

        answer = self._answers.get(key, compute)
        return msgspec.structs.replace(answer, took_ms=round(1000 * (time.perf_counter() - began)))

    def _seen(self, asked: Asked, lens: Lens, kind: touches.Touches, who: Population | None) -> tuple[Hashable, ...]:
        """All that the paths depend on."""
        workspace = self._workspace
        return (
            msgspec.json.encode((asked.conversion, asked.window_days, kind.touches, kind.number)),
            lens,
            who.token if who else None,
            workspace.body.landed(),
            workspace.index.next_row,
            workspace.identities.map(),
        )
