"""A journey as it is beside the one intended: what differs, and which intended touchpoints people already use."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from resa.journeys.definition import Journey, Stage, Touchpoint
from resa.journeys.numbers import Maps, Span, TouchpointNumbers, span
from resa.kernel import times
from resa.kernel.lens import Lens
from resa.kernel.workspace import Workspace

Where = Literal["both", "current", "intended"]


class Change(msgspec.Struct, frozen=True):
    """A field that differs."""

    field: str
    current: Any
    intended: Any


class TouchpointAgainst(msgspec.Struct, frozen=True, kw_only=True):
    """A touchpoint of either map or both, matched by its key, else by its name."""

    key: str
    name: str
    where: Where
    current_stage: str | None
    intended_stage: str | None
    moved: bool
    changes: list[Change]
    by_hand: bool
    real_customers: int | None
    """Of an intended touchpoint: customers who really (not simulated) used it in the period; null for one kept by hand."""
    real_events: int | None


class StageAgainst(msgspec.Struct, frozen=True, kw_only=True):
    """A stage of either map or both."""

    key: str
    name: str
    where: Where
    current_place: int | None
    intended_place: int | None
    changes: list[Change]


class Opposed(msgspec.Struct, frozen=True, kw_only=True):
    """What GET /api/journeys/{key}/against answers."""

    period: Span
    current: str
    intended: str
    stages: list[StageAgainst]
    """In the order of the intended map, those that it leaves out last."""
    touchpoints: list[TouchpointAgainst]
    added: int
    removed: int
    moved: int
    changed: int
    realised: int
    """Intended touchpoints, new ones and others, that real events show."""
    as_of: str


def opposed(
    workspace: Workspace, maps: Maps, current: tuple[str, Journey], intended: tuple[str, Journey], lens: Lens
) -> Opposed:
    """Compare the maps (each with its key); real events are counted by the intended map's rules."""
    real = Lens(lens.period, lens.channel, simulated=False, population=lens.population)
    numbers = {
        touchpoint.key: touchpoint
        for stage in maps.numbers(intended[1], real).stages
        for touchpoint in stage.touchpoints
    }
    stages = _stages(current[1], intended[1])
    touchpoints = _touchpoints(current[1], intended[1], numbers)
    both = [t for t in touchpoints if t.where == "both"]
    return Opposed(
        period=span(lens.period),
        current=current[0],
        intended=intended[0],
        stages=stages,
        touchpoints=touchpoints,
        added=sum(t.where == "intended" for t in touchpoints),
        removed=sum(t.where == "current" for t in touchpoints),
        moved=sum(t.moved for t in both),
        changed=sum(bool(t.changes) for t in both),
        realised=sum(bool(t.real_events) for t in touchpoints),
        as_of=times.iso(workspace.clock()),
    )


def _stages(current: Journey, intended: Journey) -> list[StageAgainst]:
    found = []
    for here, there in _paired(_named(current.stages), _named(intended.stages)):
        before = None if here is None else current.stages[here]
        after = None if there is None else intended.stages[there]
        shown = after or before
        assert shown is not None
        found.append(
            StageAgainst(
                key=shown.key,
                name=shown.name,
                where=_where(here, there),
                current_place=here,
                intended_place=there,
                changes=_changes(before, after, without={"key", "touchpoints"}),
            )
        )
    return found


def _touchpoints(current: Journey, intended: Journey, numbers: dict[str, TouchpointNumbers]) -> list[TouchpointAgainst]:
    before, after = list(current.touchpoints()), list(intended.touchpoints())
    pairs = _paired([(t.key, t.name) for _, _, t in before], [(t.key, t.name) for _, _, t in after])
    stage_pairs = set(_paired(_named(current.stages), _named(intended.stages)))
    found = []
    for here, there in pairs:
        was = None if here is None else before[here]
        becomes = None if there is None else after[there]
        shown = (becomes or was or after[0])[2]
        used = numbers.get(becomes[2].key) if becomes and not becomes[2].by_hand else None
        found.append(
            TouchpointAgainst(
                key=shown.key,
                name=shown.name,
                where=_where(here, there),
                current_stage=was[1].key if was else None,
                intended_stage=becomes[1].key if becomes else None,
                moved=was is not None and becomes is not None and (was[0], becomes[0]) not in stage_pairs,
                changes=_changes(was[2] if was else None, becomes[2] if becomes else None, without={"key"}),
                by_hand=shown.by_hand,
                real_customers=used.customers if used else None,
                real_events=used.events if used else None,
            )
        )
    return found


def _named(stages: list[Stage]) -> list[tuple[str, str]]:
    return [(stage.key, stage.name) for stage in stages]


def _paired(current: list[tuple[str, str]], intended: list[tuple[str, str]]) -> list[tuple[int | None, int | None]]:
    """Places of the same thing in both lists of (key, name), in the intended order; then those the intended one lacks."""
    by_key = {key: place for place, (key, _) in enumerate(current)}
    matched = {there: by_key[key] for there, (key, _) in enumerate(intended) if key in by_key}
    free = {name.casefold(): place for place, (_, name) in enumerate(current) if place not in set(matched.values())}
    for there, (_, name) in enumerate(intended):
        if there not in matched and name.casefold() in free:
            matched[there] = free.pop(name.casefold())
    kept = set(matched.values())
    pairs: list[tuple[int | None, int | None]] = [(matched.get(there), there) for there in range(len(intended))]
    return [*pairs, *((place, None) for place in range(len(current)) if place not in kept)]


def _where(here: int | None, there: int | None) -> Where:
    if here is None:
        return "intended"
    return "current" if there is None else "both"


def _changes(before: Stage | Touchpoint | None, after: Stage | Touchpoint | None, *, without: set[str]) -> list[Change]:
    if before is None or after is None:
        return []
    was, becomes = msgspec.to_builtins(before), msgspec.to_builtins(after)
    return [
        Change(name, was[name], becomes[name]) for name in was if name not in without and was[name] != becomes[name]
    ]
