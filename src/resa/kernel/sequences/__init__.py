"""The journey index: time-ordered events per identity, and the questions asked of them.

Way of an event: `index` (head, seal, compaction) -> `runs` (files) -> `walk` (journeys across all of them, the
identity map applied) -> `stages` (the map), `chaining` (funnels in full), `counting` (trends, cohorts),
`routing` (paths, searches), `questions` (timeline, sessions ...), on `kernels` and
`bodies` (numba); `parts` are the arrays in between, `labelling` what an event is to a question, `valuing` what it says under
one name, `manifest` says which files count, `compaction` which to join.

Names are loaded when first used, because numba takes a third of a second to import.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from resa.kernel.sequences.chaining import Chained, Chains, chains
    from resa.kernel.sequences.counting import (
        Behind,
        Split,
        attendants,
        cohorts,
        returners,
        series,
        stickiness,
        value_counts,
    )
    from resa.kernel.sequences.index import JourneyIndex
    from resa.kernel.sequences.labelling import LabelStore
    from resa.kernel.sequences.manifest import Manifest, MemoryManifest, RunInfo, StateManifest
    from resa.kernel.sequences.questions import (
        Activity,
        Funnel,
        Paths,
        Retention,
        Sessions,
        funnel,
        journey,
        paths,
        profile_activity,
        retention,
        sessions,
        timeline,
    )
    from resa.kernel.sequences.routing import TooManyPaths, routes, searches
    from resa.kernel.sequences.runs import DamagedRun
    from resa.kernel.sequences.stages import Cells, People, Selector, StageWalk, stage_people, stage_walk
    from resa.kernel.sequences.valuing import Values, ValueStore
    from resa.kernel.sequences.walk import Labels, Snapshot
    from resa.kernel.sequences.warming import warm

_HOMES: Final = {
    "counting": (*("Behind", "Split", "attendants", "cohorts", "returners", "series", "stickiness", "value_counts"),),
    "routing": ("TooManyPaths", "routes", "searches"),
    "chaining": ("Chained", "Chains", "chains"),
    "valuing": ("ValueStore", "Values"),
    "index": ("JourneyIndex",),
    "labelling": ("LabelStore",),
    "manifest": ("Manifest", "MemoryManifest", "RunInfo", "StateManifest"),
    "questions": (
        *("Activity", "Funnel", "Paths", "Retention", "Sessions"),
        *("funnel", "journey", "paths", "profile_activity", "retention", "sessions", "timeline"),
    ),
    "stages": ("Cells", "People", "Selector", "StageWalk", "stage_people", "stage_walk"),
    "runs": ("DamagedRun",),
    "walk": ("Labels", "Snapshot"),
    "warming": ("warm",),
}
_HOME: Final = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Activity",
    "Behind",
    "Cells",
    "Chained",
    "Chains",
    "DamagedRun",
    "Funnel",
    "JourneyIndex",
    "LabelStore",
    "Labels",
    "Manifest",
    "MemoryManifest",
    "Paths",
    "People",
    "Retention",
    "RunInfo",
    "Selector",
    "Sessions",
    "Snapshot",
    "Split",
    "StageWalk",
    "StateManifest",
    "TooManyPaths",
    "ValueStore",
    "Values",
    "attendants",
    "chains",
    "cohorts",
    "funnel",
    "journey",
    "paths",
    "profile_activity",
    "retention",
    "returners",
    "routes",
    "searches",
    "series",
    "sessions",
    "stage_people",
    "stage_walk",
    "stickiness",
    "timeline",
    "value_counts",
    "warm",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
