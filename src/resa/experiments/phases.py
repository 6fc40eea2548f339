"""An experiment's phases, as its versions tell them: since when, with which weights, and whether everybody was drawn anew."""

from __future__ import annotations

from itertools import pairwise

import msgspec

from resa.experiments import allocation
from resa.experiments.definition import Experiment
from resa.kernel import times
from resa.kernel.definitions import Definition, Definitions
from resa.kernel.errors import NotFound


class Phase(msgspec.Struct, frozen=True, kw_only=True):
    """A phase: from `started` until the next one's; its weights add up to 1. `anew`: nobody kept what they had before."""

    phase: int
    started: str
    ended: str | None
    weights: dict[str, float]
    coverage: float
    contexts: int
    anew: bool


def of(definitions: Definitions, key: str) -> list[Phase]:
    """The phases of an experiment, oldest first; none of one that never ran. Raises NotFound."""
    begun = _begun(definitions, key)
    now: Experiment = definitions.get("experiment", key).body
    ends = [*(times.iso(following.at) for following in begun[1:]), now.ended]
    before = [None, *(item.body for item in begun)]
    return [
        Phase(
            phase=item.body.phase,
            started=(item.body.started if item.body.phase == 1 else None) or times.iso(item.at),
            ended=end,
            weights=allocation.weights(item.body),
            coverage=item.body.coverage,
            contexts=len(item.body.contexts),
            anew=earlier is None or earlier.version != item.body.version,
        )
        for item, end, earlier in zip(begun, ends, before, strict=False)
    ]


def drawn_anew(definitions: Definitions, key: str | None) -> list[int]:
    """The phases after the first in which everybody was drawn again; none of what is no experiment."""
    try:
        begun = [] if key is None else _begun(definitions, key)
    except NotFound:
        return []
    return [after.body.phase for before, after in pairwise(begun) if before.body.version != after.body.version]


def _begun(definitions: Definitions, key: str) -> list[Definition[Experiment]]:
    """The first version of each phase."""
    first: dict[int, Definition[Experiment]] = {}
    for item in definitions.versions("experiment", key):
        if not item.deleted and item.body.phase > 0:
            first.setdefault(item.body.phase, item)
    return [first[phase] for phase in sorted(first)]
