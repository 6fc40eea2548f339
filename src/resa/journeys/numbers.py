"""The living numbers of a journey map: each stage and touchpoint, the flow between stages, and the people of a figure.

docs/journeys.md says precisely what every number means; `stage_walk` of the journey index counts them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable
from datetime import UTC
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa

from resa.journeys import rules
from resa.journeys.cells import CHANNELS_OF_STAGES, TOUCHPOINTS, layout, seen_through
from resa.journeys.definition import Journey, Stage, Touchpoint
from resa.kernel import periods, sequences, times
from resa.kernel.behind import Customers, Found, page
from resa.kernel.errors import NotFound, Refused
from resa.kernel.events import CHANNELS
from resa.kernel.lens import Lens
from resa.kernel.periods import Period
from resa.kernel.populations import Population
from resa.kernel.recent import Recent
from resa.kernel.workspace import Workspace

UNMAPPED: Final = 20
"""So many names of events that no touchpoint mentions are proposed, the most frequent first."""

EVENTS_BY_NAME: Final = """
SELECT type, name, simulated, count(*) AS events
  FROM log
 WHERE code <> 0 AND coalesce(source, '') <> 'resa' AND time >= ? AND time < ? AND (? = '' OR channel = ?)
 GROUP BY type, name, simulated
"""

EVENTS_OF_PROFILES: Final = """
SELECT profile, type, name, simulated, count(*) AS events
  FROM log
 WHERE code <> 0 AND coalesce(source, '') <> 'resa' AND time >= ? AND time < ? AND (? = '' OR channel = ?)
 GROUP BY profile, type, name, simulated
"""

STEPS: Final = frozenset({"track", "page", "screen"})

# -- answers -------------------------------------------------------------------------------------------------------


class Span(msgspec.Struct, rename={"start": "from", "end": "to"}, frozen=True):
    """A period: from `from` up to, not including, `to`."""

    start: str
    end: str


class ChannelFigure(msgspec.Struct, frozen=True):
    """A figure on one channel."""

    channel: str
    customers: int
    events: int


class Figure(msgspec.Struct, frozen=True):
    """Distinct customers, and events."""

    customers: int
    events: int


class TouchpointNumbers(msgspec.Struct, frozen=True):
    """The numbers of a touchpoint; `previous` in the period compared with."""

    key: str
    customers: int
    events: int
    channels: list[ChannelFigure]
    previous: Figure | None


class StageFigures(msgspec.Struct, frozen=True):
    """A stage in the period compared with."""

    customers: int
    events: int
    next: int
    forward: int
    drop_off: int
    median_seconds: float | None


class StageNumbers(msgspec.Struct, frozen=True):
    """The numbers of a stage: who came, who went on to the next stage, or to any later one, and how fast."""

    key: str
    customers: int
    events: int
    next: int
    forward: int
    drop_off: int
    median_seconds: float | None
    channels: list[ChannelFigure]
    previous: StageFigures | None
    touchpoints: list[TouchpointNumbers]


class Move(msgspec.Struct, rename={"start": "from", "end": "to"}, frozen=True):
    """Customers who went straight from one stage to another."""

    start: str
    end: str
    customers: int


class Unmapped(msgspec.Struct, frozen=True):
    """Events of a name that no touchpoint of the map mentions."""

    type: str
    name: str
    events: int


class Numbers(msgspec.Struct, frozen=True):
    """What GET /api/journeys/{key}/numbers answers."""

    period: Span
    compare: Span | None
    population: str | None
    """Whose: `audience:<key>`, `persona:<key>`; null: everybody's."""
    data_since: str | None
    """Time of the earliest event."""
    as_of: str
    real_events: int
    simulated_events: int
    customers: int
    stages: list[StageNumbers]
    moves: list[Move]
    unmapped: list[Unmapped]
    took_ms: int


# -- questions -----------------------------------------------------------------------------------------------------


class Maps:
    """Answers questions about journey maps of one workspace. Thread-safe."""

    def __init__(self, workspace: Workspace) -> None:
        """Nothing is computed yet."""
        self._workspace = workspace
        self._labels = sequences.LabelStore(workspace.body)
        self._walks = Recent(32)
        self._people = Recent(4)
        self._names = Recent(16)

    def numbers(self, journey: Journey, lens: Lens, compare: Period | None = None) -> Numbers:
        """All numbers of a map through a lens, with those of the period it is compared with."""
        began = time.perf_counter()
        as_of = self._workspace.clock()
        walk = self.walk(journey, lens)
        before = self.walk(journey, lens.during(compare)) if compare else None
        real, simulated, unmapped = self._events(journey, lens)
        return Numbers(
            period=span(lens.period),
            compare=span(compare) if compare else None,
            population=lens.population,
            data_since=times.iso_or_none(self.since()),
            as_of=times.iso(as_of),
            real_events=real,
            simulated_events=simulated,
            customers=walk.customers,
            stages=_stages(journey, walk, before),
            moves=_moves(journey, walk),
            unmapped=unmapped,
            took_ms=round(1000 * (time.perf_counter() - began)),
        )

    def people(
        self, journey: Journey, lens: Lens, figure: str, *, limit: int = 50, cursor: str | None = None
    ) -> Customers:
        """The people of a figure: `stage:<key>`, `touchpoint:<key>`, `next:<stage>`, `forward:<stage>`, `dropped:<stage>`."""
        return page(self._workspace, self._found(journey, lens, figure), limit, cursor)

    def warm(self, stop: threading.Event) -> None:
        """Label the log and load the kernels before somebody waits for it: each map's last 30 days, asked once."""
        now = self._workspace.clock()
        for item in self._workspace.definitions.all("journey"):
            if stop.is_set():
                return
            self.numbers(item.body, Lens(periods.read(None, None, UTC, now)))

    def key(self, journey: Journey, lens: Lens) -> tuple[Hashable, ...]:
        """All that an answer depends on. The identity map is immutable: a merge makes another one."""
        return (
            fingerprint(journey),
            lens,
            who.token if (who := self._who(lens)) else None,
            self._workspace.body.landed(),
            self._workspace.index.next_row,
            self._workspace.identities.map(),
        )

    def _who(self, lens: Lens) -> Population | None:
        return self._workspace.populations.get(lens.population) if lens.population else None

    def during(self, lens: Lens) -> dict[str, Any]:
        """Period and population of a lens, as the questions of the index take them."""
        who = self._who(lens)
        mask = who.mask(int(who.profiles[-1]) + 1 if who.profiles.size else 0) if who else None
        return {"start": lens.period.start, "end": lens.period.end, "population": mask}

    def read(self, journey: Journey, lens: Lens) -> tuple[Any, Any, sequences.Labels, sequences.Cells]:
        """Snapshot, identity map, labels and cells to ask with."""
        snapshot = self._labels.labelled(
            rules.labels(journey, self._workspace.body.dialect), self._workspace.index.snapshot()
        )
        labels = seen_through(journey, lens.channel, simulated=lens.simulated)
        return snapshot, self._workspace.identities.map(), labels, layout(journey)

    def since(self) -> int | None:
        """The time of the earliest event of anybody."""
        return min((part.min_time for part in self._workspace.index.snapshot().parts if part.events), default=None)

    def walk(self, journey: Journey, lens: Lens) -> Walked:
        """The figures of a map's stages and touchpoints."""

        def compute() -> Walked:
            asked = self.read(journey, lens)
            return Walked(sequences.stage_walk(*asked, **self.during(lens)))

        return self._walks.get(self.key(journey, lens), compute)

    def _found(self, journey: Journey, lens: Lens, figure: str) -> Found:
        selector = _selector(journey, figure)

        def compute() -> Found:
            asked = self.read(journey, lens)
            return Found(*sequences.stage_people(*asked, selector, **self.during(lens)).columns())

        return self._people.get((*self.key(journey, lens), selector), compute)

    def _events(self, journey: Journey, lens: Lens) -> tuple[int, int, list[Unmapped]]:
        """Real events, simulated ones, and the names that are on no touchpoint, most frequent first."""
        channel = lens.channel or ""
        parameters = [*lens.period, channel, channel]
        who = self._who(lens)
        token = who.token if who else None
        key = (
            lens.period,
            channel,
            lens.population,
            token,
            self._workspace.body.landed(),
            self._workspace.identities.map(),
        )
        found = self._names.get(key, lambda: self._named(parameters, who))
        totals = {flag: sum(row["events"] for row in found if bool(row["simulated"]) == flag) for flag in (False, True)}
        counted: dict[tuple[str, str], int] = {}
        for row in found:
            if row["type"] in STEPS and (lens.simulated or not row["simulated"]):
                name = (row["type"], row["name"])
                counted[name] = counted.get(name, 0) + row["events"]
        mentioned = _mentioned(journey)
        missing = [
            (n, name) for name, n in counted.items() if name not in mentioned and (name[0], None) not in mentioned
        ]
        missing.sort(key=lambda item: (-item[0], item[1]))
        return totals[False], totals[True], [Unmapped(*name, n) for n, name in missing[:UNMAPPED]]

    def _named(self, parameters: list[Any], who: Population | None) -> list[dict[str, Any]]:
        """Events by type, name and simulated; of a population only, if told so."""
        if who is None:
            everybody: list[dict[str, Any]] = self._workspace.body.query(EVENTS_BY_NAME, parameters).to_pylist()
            return everybody
        found = self._workspace.body.query(EVENTS_OF_PROFILES, parameters)
        chosen = found.filter(pa.array(np.isin(found.column("profile").to_numpy(), who.profiles)))
        summed = chosen.group_by(["type", "name", "simulated"]).aggregate([("events", "sum")])
        rows: list[dict[str, Any]] = summed.rename_columns({"events_sum": "events"}).to_pylist()
        return rows


def fingerprint(journey: Journey) -> bytes:
    """What of a map its numbers depend on: keys and rules, not the words."""
    return msgspec.json.encode([[(t.key, t.rule) for t in stage.touchpoints] for stage in journey.stages])


def _mentioned(journey: Journey) -> set[tuple[str, str | None]]:
    return {(match.type, match.name) for _, _, t in journey.touchpoints() for match in t.rule.any}


def span(period: Period) -> Span:
    return Span(_iso(period.start), _iso(period.end))


def _iso(at: int) -> str:
    return times.iso(at)


def _stages(journey: Journey, now: Walked, then: Walked | None) -> list[StageNumbers]:
    stages: list[StageNumbers] = []
    number = 0
    for place, stage in enumerate(journey.stages):
        touchpoints = [
            _touchpoint(at, touchpoint, now, then) for at, touchpoint in enumerate(stage.touchpoints, start=number)
        ]
        number += len(stage.touchpoints)
        stages.append(_stage(place, stage, now, then, touchpoints))
    return stages


def _stage(
    place: int, stage: Stage, now: Walked, then: Walked | None, touchpoints: list[TouchpointNumbers]
) -> StageNumbers:
    return StageNumbers(
        stage.key,
        **msgspec.structs.asdict(now.stage(place)),
        channels=now.channels_of_stage(place),
        previous=then.stage(place) if then else None,
        touchpoints=touchpoints,
    )


def _touchpoint(number: int, touchpoint: Touchpoint, now: Walked, then: Walked | None) -> TouchpointNumbers:
    figure = now.touchpoint(number)
    return TouchpointNumbers(
        touchpoint.key,
        figure.customers,
        figure.events,
        now.channels_of_touchpoint(number),
        then.touchpoint(number) if then else None,
    )


class Walked:
    """A walk's figures by stage and touchpoint: what is worth keeping of it, without the times it took medians of.

    Stages behind the last touchpoint have no events and read as 0.
    """

    def __init__(self, walk: sequences.StageWalk) -> None:
        """Take what is asked for from the walk's arrays."""
        self.customers, self.moves = walk.customers, walk.moves
        self._reached = walk.reached
        self._stages = walk.layout.stages
        self._by_stage = (walk.stage_customers, walk.stage_events, walk.next, walk.forward, walk.drop_off)
        self._median = walk.median_time
        self._cells = walk.cell_customers, walk.cell_events
        self._touchpoints = walk.grouping(TOUCHPOINTS)
        self._stage_channels = walk.grouping(CHANNELS_OF_STAGES)

    def stage(self, place: int) -> StageFigures:
        """A stage's own figures."""
        if place >= self._stages:
            return StageFigures(0, 0, 0, 0, 0, None)
        customers, events, following, forward, dropped = (int(figure[place]) for figure in self._by_stage)
        median = float(self._median[place])
        return StageFigures(customers, events, following, forward, dropped, None if np.isnan(median) else median / 1000)

    def went(self, here: int, there: int) -> tuple[int, int]:
        """Customers of stage `here` with an event of stage `there` after they entered it, and all customers of `here`."""
        if here >= self._stages:
            return 0, 0
        reached = int(self._reached[here, there]) if there < self._stages else 0
        return reached, int(self._by_stage[0][here])

    def touchpoint(self, number: int) -> Figure:
        """A touchpoint's figures, on all channels."""
        return Figure(int(self._touchpoints.customers[number]), int(self._touchpoints.events[number]))

    def channels_of_touchpoint(self, number: int) -> list[ChannelFigure]:
        """A touchpoint's figures by channel: its cells."""
        where = slice(1 + number * len(CHANNELS), 1 + (number + 1) * len(CHANNELS))
        customers, events = self._cells
        return _channels(customers[where], events[where])

    def channels_of_stage(self, place: int) -> list[ChannelFigure]:
        """A stage's figures by channel."""
        where = slice(place * len(CHANNELS), (place + 1) * len(CHANNELS))
        return _channels(self._stage_channels.customers[where], self._stage_channels.events[where])


def _channels(customers: Any, events: Any) -> list[ChannelFigure]:
    """The channels with anything on them, those with most customers first."""
    found = [
        ChannelFigure(channel, int(who), int(n))
        for channel, who, n in zip(CHANNELS, customers, events, strict=False)
        if n
    ]
    return sorted(found, key=lambda figure: (-figure.customers, -figure.events, figure.channel))


def _moves(journey: Journey, walk: Walked) -> list[Move]:
    keys = [stage.key for stage in journey.stages]
    found = [Move(keys[s], keys[t], int(walk.moves[s, t])) for s, t in zip(*np.nonzero(walk.moves), strict=True)]
    return sorted(found, key=lambda move: -move.customers)


def _selector(journey: Journey, figure: str) -> sequences.Selector:
    kind, _, key = figure.partition(":")
    stages = {stage.key: place for place, stage in enumerate(journey.stages)}
    touchpoints = {touchpoint.key: number for number, (_, _, touchpoint) in enumerate(journey.touchpoints())}
    if kind == "touchpoint":
        if key not in touchpoints:
            raise NotFound("touchpoint", key)
        return sequences.Selector.group(TOUCHPOINTS, touchpoints[key])
    if kind not in _OF_STAGE:
        raise Refused(
            "cell",
            figure,
            "there is no such figure.",
            "Use stage:<key>, touchpoint:<key>, next:<stage>, forward:<stage> or dropped:<stage>, or one of hand-overs.",
        )
    if key not in stages:
        raise NotFound("stage", key)
    selector: sequences.Selector = getattr(sequences.Selector, kind)(stages[key])
    return selector


_OF_STAGE: Final = frozenset({"stage", "next", "forward", "dropped"})
