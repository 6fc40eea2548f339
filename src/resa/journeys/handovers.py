"""Journeys compared between channels: who crosses from one to another between two stages, and where the hand-over breaks.

docs/journeys.md says what each number means.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from resa.journeys.definition import Journey
from resa.journeys.numbers import Maps, Span, span
from resa.kernel import proportions, times
from resa.kernel.behind import Customers, Found, page
from resa.kernel.errors import NotFound, Refused
from resa.kernel.events import CHANNELS
from resa.kernel.lens import Lens
from resa.kernel.recent import Recent
from resa.kernel.workspace import Workspace

if TYPE_CHECKING:
    from resa.journeys.crossings import Crossings

FEWEST: Final = 10
"""Pairs of fewer customers, or held against fewer, are not compared."""


FIGURES: Final = ("left", "crossed", "went_on")
"""Whose people can be asked for: who was last seen in a stage, who came to the next one, who went on after that."""


class Share(msgspec.Struct, frozen=True):
    """A share of customers with its 95 % interval."""

    value: float
    low: float
    high: float


class Difference(msgspec.Struct, frozen=True):
    """One share less another, with an interval that holds for all pairs of the map together (95 %)."""

    value: float
    low: float
    high: float


class Against(msgspec.Struct, frozen=True):
    """Those a pair is held against: who was on the receiving channel before as well."""

    customers: int
    went_on: int
    share: float


class Pair(msgspec.Struct, rename={"start": "from", "end": "to"}, frozen=True, kw_only=True):
    """Customers who left a stage on one channel and came to the next stage on another one, or on the same."""

    start: str
    end: str
    customers: int
    went_on: int | None
    """Of those, who came to any later stage after that; null before the last stage."""
    share: Share | None
    against: Against | None
    difference: Difference | None
    """Of the share that went on, less that of those who did not change channel; null where too few can be compared."""
    broken: bool
    """Fewer go on after this change of channel than without it, beyond chance."""


class Channel(msgspec.Struct, frozen=True):
    """Customers who were last seen in the stage on a channel, and how many of them came to the next stage on any."""

    channel: str
    customers: int
    crossed: int
    share: Share


class Transition(msgspec.Struct, rename={"start": "from", "end": "to"}, frozen=True):
    """From one stage to the next."""

    start: str
    end: str
    customers: int
    crossed: int
    channels: list[Channel]
    pairs: list[Pair]


class Handovers(msgspec.Struct, frozen=True):
    """What GET /api/journeys/{key}/channels answers."""

    period: Span
    transitions: list[Transition]
    compared: int
    """Pairs held against another one."""
    broken: int
    as_of: str
    took_ms: int


class Channels:
    """Answers how journeys fare between channels. Thread-safe."""

    def __init__(self, workspace: Workspace, maps: Maps) -> None:
        """Nothing is computed yet."""
        self._workspace, self._maps = workspace, maps
        self._kept = Recent(16)
        self._people = Recent(4)

    def crossings(self, journey: Journey, lens: Lens) -> Crossings:
        """The crossings of a map seen through a lens."""
        from resa.journeys import crossings  # noqa: PLC0415  # loads numba; starting up must not wait for it
        from resa.kernel.sequences import walk  # noqa: PLC0415

        def compute() -> Crossings:
            snapshot, identities, labels, cells = self._maps.read(journey, lens)
            reading = walk.Reading.of(snapshot, identities, labels, **self._maps.during(lens))
            return walk.ask(lambda: crossings.Crossings(cells, len(journey.stages)), reading)

        return self._kept.get(self._maps.key(journey, lens), compute)

    def people(
        self, journey: Journey, lens: Lens, figure: str, *, limit: int = 50, cursor: str | None = None
    ) -> Customers:
        """The customers of a figure: `left:<stage>`, `crossed:<stage>` or `went_on:<stage>`, each with `:<from>`, `:<to>`."""
        from resa.journeys import crossings  # noqa: PLC0415  # loads numba; starting up must not wait for it
        from resa.kernel.sequences import walk  # noqa: PLC0415

        chosen = _figure(journey, figure)

        def compute() -> Found:
            snapshot, identities, labels, cells = self._maps.read(journey, lens)
            reading = walk.Reading.of(snapshot, identities, labels, **self._maps.during(lens))
            return Found.joined(walk.ask(lambda: crossings.Crossers(cells, *chosen), reading).found)

        found = self._people.get((*self._maps.key(journey, lens), chosen), compute)
        return page(self._workspace, found, limit, cursor)

    def handovers(self, journey: Journey, lens: Lens) -> Handovers:
        """All transitions of a map by pair of channels."""
        began = time.perf_counter()
        found = self.crossings(journey, lens)
        transitions = read(journey, found)
        pairs = [pair for transition in transitions for pair in transition.pairs]
        return Handovers(
            period=span(lens.period),
            transitions=transitions,
            compared=sum(pair.difference is not None for pair in pairs),
            broken=sum(pair.broken for pair in pairs),
            as_of=times.iso(self._workspace.clock()),
            took_ms=round(1000 * (time.perf_counter() - began)),
        )


class _Figure(NamedTuple):
    """Which customers of a hand-over: the place of the stage they come from, the numbers of channels (None: any)."""

    kind: str
    stage: int
    start: int | None
    end: int | None


def _figure(journey: Journey, figure: str) -> _Figure:
    kind, _, rest = figure.partition(":")
    stage, *channels = rest.split(":")
    keys = [one.key for one in journey.stages[:-1]]
    if stage not in keys:
        raise NotFound("stage", stage, "Name one that another stage follows.")
    for channel in channels:
        if channel not in CHANNELS:
            raise NotFound("channel", channel)
    if kind not in FIGURES or len(channels) > (1 if kind == "left" else 2):
        rule = "there is no such figure of a hand-over."
        raise Refused(
            "cell", figure, rule, "Use left:<stage>:<from>, crossed:<stage>:<from>:<to> or went_on: likewise."
        )
    start, end, *_ = [*(CHANNELS.index(channel) for channel in channels), None, None]
    return _Figure(kind, keys.index(stage), start, end)


def read(journey: Journey, found: Crossings) -> list[Transition]:
    """What the counts say."""
    comparisons = sum(
        _comparable(found, stage, a, b)
        for stage in range(len(journey.stages) - 2)
        for a in range(len(CHANNELS))
        for b in range(len(CHANNELS))
    )
    z = proportions.quantile(comparisons)
    return [_transition(journey, found, stage, z) for stage in range(len(journey.stages) - 1)]


def _transition(journey: Journey, found: Crossings, stage: int, z: float) -> Transition:
    last = stage + 2 == len(journey.stages)
    pairs = [
        _pair(found, stage, a, b, z, last=last)
        for a in range(len(CHANNELS))
        for b in range(len(CHANNELS))
        if found.crossed[stage, a, b]
    ]
    pairs.sort(key=lambda pair: (-pair.customers, pair.start, pair.end))
    channels = [
        Channel(name, int(left), crossed := int(found.crossed[stage, a].sum()), _share(crossed, int(left)))
        for a, name in enumerate(CHANNELS)
        if (left := found.left[stage, a])
    ]
    channels.sort(key=lambda channel: (-channel.customers, channel.channel))
    return Transition(
        journey.stages[stage].key,
        journey.stages[stage + 1].key,
        int(found.left[stage].sum()),
        int(found.crossed[stage].sum()),
        channels,
        pairs,
    )


def _comparable(found: Crossings, stage: int, a: int, b: int) -> bool:
    crossed = found.crossed[stage]
    return a != b and bool(crossed[a, b] >= FEWEST and crossed[b, b] >= FEWEST)


def _pair(found: Crossings, stage: int, a: int, b: int, z: float, *, last: bool) -> Pair:
    customers, went_on = int(found.crossed[stage, a, b]), int(found.went_on[stage, a, b])
    against: Against | None = None
    difference: Difference | None = None
    if not last and _comparable(found, stage, a, b):
        others, on = int(found.crossed[stage, b, b]), int(found.went_on[stage, b, b])
        against = Against(others, on, on / others)
        interval = proportions.difference(went_on, customers, on, others, z)
        difference = Difference(went_on / customers - on / others, interval.low, interval.high)
    return Pair(
        start=CHANNELS[a],
        end=CHANNELS[b],
        customers=customers,
        went_on=None if last else went_on,
        share=None if last else _share(went_on, customers),
        against=against,
        difference=difference,
        broken=difference is not None and difference.high < 0,
    )


def _share(part: int, whole: int) -> Share:
    return Share(part / whole, *proportions.wilson(part, whole, proportions.quantile()))
