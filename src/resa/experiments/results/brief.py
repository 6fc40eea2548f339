"""How an experiment stands, in a word and a figure: from the last look that was taken at it, with no scan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from resa.experiments.definition import Experiment
from resa.experiments.results.answers import Effect
from resa.experiments.results.looks import Claim, Look, Looks
from resa.experiments.results.readout import times_of
from resa.experiments.results.verdict import Verdict
from resa.kernel.calendar import DAY
from resa.kernel.workspace import Workspace

Standing = Literal["collecting", "better", "worse", "harmful", "no_difference", "check", "undecided", "won", "kept"]
"""`won`: a variation was shipped; `kept`: the control was. `undecided`: it ended before anything was decided."""

_STANDINGS: Final[Mapping[str, Standing]] = {
    "worse": "worse",
    "guardrail_harmed": "harmful",
    "no_difference": "no_difference",
    "not_shown": "no_difference",
    "hopeless": "no_difference",
    "sample_ratio": "check",
}


class Brief(msgspec.Struct, frozen=True, kw_only=True):
    """How an experiment stands, as of the last look (`at`; null: nobody has looked at this phase yet).

    `reached` is the part of its plan that is in, by units where a size was planned, else by days. `metric`, `variation` and
    `effect` are of the first metric that decides, relative to the control.
    """

    standing: Standing
    reached: float | None
    at: str | None
    units: int | None
    metric: str | None
    variation: str | None
    effect: Effect | None


def briefs(workspace: Workspace) -> dict[str, Brief]:
    """Of every experiment that was ever started, by key: one statement for all."""
    seen, now = Looks(workspace).newest(), workspace.clock()
    names = {item.key: item.body.name for item in workspace.definitions.all("metric")}
    found = {}
    for item in workspace.definitions.all("experiment"):
        if item.body.phase >= 1:
            found[item.key] = brief(item.body, seen.get((item.key, item.body.phase)), now, names)
    return found


def brief(body: Experiment, look: Look | None, now: int, metrics: Mapping[str, str]) -> Brief:
    """Of one, by the last look at its phase; `metrics` are names by key."""
    verdict = None if look is None else look.seen.verdict
    claim = None if look is None else _claim(look, body)
    arms = {arm.key: arm.name or arm.key for arm in body.arms}
    return Brief(
        standing=standing(body, verdict),
        reached=_reached(body, look, now),
        at=None if look is None else look.at,
        units=None if look is None else look.seen.units,
        metric=None if claim is None else metrics.get(claim.metric, claim.metric),
        variation=None if claim is None else arms.get(claim.variation, claim.variation),
        effect=None if claim is None or claim.value is None else Effect(claim.value, claim.low, claim.high),
    )


def standing(body: Experiment, verdict: Verdict | None) -> Standing:
    """In a word: what was decided; else what the last look said."""
    if body.status == "shipped":
        return "kept" if body.shipped == body.control else "won"
    if verdict is not None and verdict.action == "ship":
        return "better"
    said = None if verdict is None else _STANDINGS.get(verdict.code)
    return said or ("undecided" if body.status == "stopped" else "collecting")


def _claim(look: Look, body: Experiment) -> Claim | None:
    """Of the variation that the verdict is about or that was shipped, what the first metric that decides says."""
    chosen = body.shipped if body.status == "shipped" else look.seen.verdict.variation
    first = [claim for claim in look.seen.claims if claim.metric in body.metrics.primary[:1]] or look.seen.claims
    return next((claim for claim in first if claim.variation == chosen), first[0] if first else None)


def _reached(body: Experiment, look: Look | None, now: int) -> float | None:
    if body.plan.size is not None and look is not None:
        return min(1.0, look.seen.units / body.plan.size)
    begun = times_of(body.started)
    if body.plan.days is None or begun is None:
        return None
    end = times_of(body.ended) or now
    return min(1.0, max(0.0, (end - begun) / (body.plan.days * DAY)))
