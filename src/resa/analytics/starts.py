"""Questions to begin with, of what the workspace itself has: a page of questions opens on the first of its kind."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from resa.analytics.asking import Asking
from resa.analytics.funnels import Funnel, Step
from resa.analytics.paths import OWN, TYPES, Anchor, Paths
from resa.analytics.retention import Events, Retention
from resa.analytics.trends import One, Trends
from resa.kernel.definitions import Definition
from resa.kernel.errors import NotFound
from resa.kernel.matching import Match
from resa.kernel.matching.sql import ENGINES
from resa.kernel.workspace import Workspace

HOUR: Final = 3_600_000
DAY: Final = 24 * HOUR
MOST_EVENTS: Final = 5
MOST_STEPS: Final = 6
MOST_KNOWN: Final = 60
"""Events that steps are chosen from: one bit each of an int64."""
KEPT: Final = 0.2

Array = npt.NDArray[np.int64]
_Event = tuple[Any, str | None]
"""A type and, of what is tracked, a name."""


class NamedFunnel(msgspec.Struct, frozen=True):
    """A funnel through the stages of the map of this name."""

    name: str
    question: Funnel


class Starts(msgspec.Struct, frozen=True):
    """Questions by kind, the first to open with; none of a kind where there is nothing to ask it of."""

    trends: list[Trends]
    funnel: list[NamedFunnel]
    retention: list[Retention]
    paths: list[Paths]


def starts(asking: Asking, days: int) -> Starts:
    """What to ask first of the last days; kept for an hour, or until the log is twice as long."""
    workspace = asking.workspace
    maps = [(item.key, item.version) for item in _maps(workspace)]
    key = ("starts", days, workspace.clock() // HOUR, workspace.body.landed().bit_length(), tuple(maps))
    found: Starts = asking.lasting(key, lambda: _starts(workspace, workspace.clock() - days * DAY))
    return found


def _maps(workspace: Workspace) -> list[Definition[Any]]:
    try:
        return workspace.definitions.all("journey")
    except NotFound:  # assembled without maps
        return []


def _starts(workspace: Workspace, since: int) -> Starts:
    for begin in (since, 0):
        if events := _most_frequent(workspace, begin):
            first = [Match(type=type_, name=name) for type_, name in events[:MOST_EVENTS]]
            return Starts(_trends(first), _funnels(workspace, begin, events), _retention(first), _paths(first))
    return Starts([], [], [], [])


def _seen(since: int) -> str:
    kinds = ", ".join(f"'{type_}'" for type_ in TYPES)
    return f"NOT bot AND time >= {since} AND coalesce(source, '') <> '{OWN}' AND type IN ({kinds})"


def _most_frequent(workspace: Workspace, since: int) -> list[_Event]:
    """What was done, the most frequent first; pages are one, and so are screens."""
    sql = f"""
SELECT type, CASE WHEN type = 'track' THEN name END AS event, count(*) AS times FROM log
 WHERE {_seen(since)} GROUP BY 1, 2 ORDER BY times DESC, event NULLS FIRST"""
    return [(row["type"], row["event"]) for row in workspace.body.native(sql).to_pylist()]


def _trends(events: Sequence[Match]) -> list[Trends]:
    """The commonest event, then what is done most where that is another, then several side by side."""
    others = [] if events[0].type == "track" else [_actions(events)[:1]]
    asked = [events[:1], *others, events[:3] if len(events) > 1 else []]
    return [Trends(series=[One(match=match) for match in some]) for some in asked if some]


def _actions(events: Sequence[Match]) -> list[Match]:
    """Those that are more than looking at a page."""
    return [match for match in events if match.type == "track"]


def _funnels(workspace: Workspace, since: int, events: Sequence[_Event]) -> list[NamedFunnel]:
    """Through each map's stages, by one event of each: steps that one reads, and changes, at a glance."""
    known = events[:MOST_KNOWN]
    found = []
    for item in _maps(workspace):
        stages: dict[str, list[int]] = {}
        for stage, match in workspace.memberships.stages(item.key):
            event = (match.type, match.name)
            if event in known and not match.where and match.channel is None:
                stages.setdefault(stage, []).append(known.index(event))
        chain = way_through(list(stages.values()), *_people(workspace, since, known)) if len(stages) > 1 else []
        if chain:
            steps = [Step(any=[Match(type=known[bit][0], name=known[bit][1])]) for bit in chain]
            found.append(NamedFunnel(item.body.name, Funnel(steps=steps)))
    return found


def _people(workspace: Workspace, since: int, events: Sequence[_Event]) -> tuple[Array, Array]:
    """Which of these events (as bits) customers did, and how many did just these."""
    literal = ENGINES[workspace.body.dialect].literal
    arms = "".join(
        f" WHEN type = '{type_}'{'' if name is None else f' AND name = {literal(name)}'} THEN {1 << bit}"
        for bit, (type_, name) in enumerate(events)
    )
    sql = f"""
SELECT did, count(*) AS people FROM (
  SELECT profile, bit_or(CAST(CASE{arms} ELSE 0 END AS BIGINT)) AS did FROM log WHERE {_seen(since)} GROUP BY profile
) AS each_profile GROUP BY did ORDER BY did"""
    table = workspace.body.native(sql)
    return table.column("did").to_numpy().astype(np.int64), table.column("people").to_numpy().astype(np.int64)


def way_through(stages: Sequence[Sequence[int]], did: Array, people: Array) -> list[int]:
    """One event of each stage, in their order: many stages that many customers went through, each step counting the logarithm of these.

    Events are bits of `did`; nothing where no two stages are gone through. A stage to which less than KEPT of those before it come is left out.
    """

    def reach(chain: list[int]) -> int:
        all_of = sum(1 << bit for bit in chain)
        return int(people[(did & all_of) == all_of].sum())

    best: list[int] = []
    for number, first in enumerate(stages):
        for bit in first:
            chain = [bit]
            for stage in stages[number + 1 :]:
                ways = [[*chain, other] for other in stage if other not in chain]
                longer = max(ways, key=reach, default=chain)
                chain = longer if reach(longer) >= KEPT * reach(chain) else chain
            chain = chain[:MOST_STEPS]
            best = max(best, chain, key=lambda one: (len(one) - 1) * math.log1p(reach(one)))
    return best if len(best) > 1 else []


def _retention(events: Sequence[Match]) -> list[Retention]:
    """Of what people come back for: what they do before what they look at."""
    chosen = [*_actions(events)[:2], *(match for match in events[:1] if match.type != "track")]
    return [Retention(start=Events(any=[match])) for match in chosen]


def _paths(events: Sequence[Match]) -> list[Paths]:
    """From where visits begin, page by page; then on from what is done most, and how people come to it."""
    by_page = any(match.type == "page" for match in events)
    most = [Anchor(match=match) for match in _actions(events)[:1]]
    return [
        Paths(by_page=by_page, most=8),
        *(Paths(anchor=anchor, by_page=by_page, most=8) for anchor in most),
        *(Paths(anchor=anchor, by_page=by_page, most=8, direction="to") for anchor in most),
    ]
