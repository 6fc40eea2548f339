"""The kinds of definitions of this slice, and what holds for all of a kind together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import combinations
from typing import Any, Final

import msgspec

from resa.experiments import checking, waiting
from resa.experiments.definition import LIVE, Experiment, Flag, Holdout, Layer
from resa.kernel.definitions import Across, Definitions, Kind
from resa.kernel.errors import Refused
from resa.kernel.workspace import Workspace

FIXED: Final = (
    "unit", "audience", "condition", "coverage", "layer", "prerequisites", "pages", "holdout", "factors", "fraction",
    "seed", "allocation", "contexts", "started", "version",
)  # fmt: skip
"""What decides on assignment: of an experiment that runs it changes only together with its phase."""

TAKEN_BACK: Final = 10 * 60_000
"""So long (ms) after it was stopped or shipped an experiment can go on as though it had not been."""


def register(workspace: Workspace) -> None:
    """Make the kinds known to the workspace's definitions."""
    known = workspace.definitions
    known.register(Kind("layer", Layer, checking.layer))
    known.register(Kind("holdout", Holdout, checking.holdout))
    known.register(Kind("experiment", Experiment, checking.experiment, partial(_experiments, known, workspace.clock)))
    known.register(Kind("flag", Flag, checking.flag))
    known.relate(Across(waiting.KINDS, waiting.check))


def _experiments(known: Definitions, clock: Callable[[], int], after: Mapping[str, Experiment]) -> None:
    before: dict[str, Experiment] = {item.key: item.body for item in known.all("experiment")}
    for key, body in after.items():
        earlier = before.get(key)
        if earlier is not None and earlier is not body:
            _onward(earlier, body, clock())
            if earlier.status != "draft" and body.status in LIVE:
                _unmoved(key, earlier, body)
    for key, earlier in before.items():
        if key not in after and earlier.status in LIVE:
            raise Refused("key", key, "an experiment that runs can't be deleted.", "Stop it first.", code="running")
    _apart({key: body for key, body in after.items() if body.status in LIVE and body.layer is not None})


def _onward(before: Experiment, after: Experiment, now: int) -> None:
    """Refuse going back: what ended runs no more, and what ran is no draft again; their results would be mixed up.

    An ending can be taken back while it is young: hardly anybody has seen it.
    """
    ended = before.status in ("stopped", "shipped") and after.status in LIVE and not _young(before, now)
    if ended or (before.phase > 0 and after.status == "draft") or after.phase < before.phase:
        raise Refused(
            "status",
            after.status,
            f"this experiment is {before.status}, in phase {before.phase}; it goes on from there only.",
            "Stop it, or make another experiment with its body.",
            code="running",
        )


def _young(ended: Experiment, now: int) -> bool:
    at = checking.moment("ended", ended.ended)
    return at is not None and 0 <= now - at <= TAKEN_BACK


def _unmoved(key: str, before: Experiment, after: Experiment) -> None:
    """Refuse a change of assignment that is no new phase: what was measured before it would mean something else."""
    if [each.key for each in before.arms] != [each.key for each in after.arms]:
        raise Refused(
            "variations",
            key,
            "a running experiment keeps its variations.",
            "Stop it, and start another.",
            code="running",
        )
    if after.phase == before.phase + 1:
        return
    weights = [each.weight for each in before.arms] != [each.weight for each in after.arms]
    moved = ["weights"] if weights else []
    moved += [name for name in (*FIXED, "phase") if _plain(before, name) != _plain(after, name)]
    if moved:
        raise Refused(
            moved[0],
            key,
            "a running experiment changes this only with a new phase.",
            "Begin a new phase, or stop it first.",
            code="running",
        )


def _plain(body: Experiment, name: str) -> Any:
    return msgspec.to_builtins(getattr(body, name))


def _apart(layered: Mapping[str, Experiment]) -> None:
    """Refuse experiments of one layer that would meet."""
    for (one, first), (other, second) in combinations(sorted(layered.items()), 2):
        a, b = first.layer, second.layer
        if a is not None and b is not None and a.key == b.key and a.start < b.end and b.start < a.end:
            raise Refused(
                "layer",
                other,
                f"the experiments {one} and {other} take the same part of the layer {a.key}.",
                "Move one of them to a part that is free.",
            )
