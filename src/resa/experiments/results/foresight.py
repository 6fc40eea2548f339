"""A plan from the business's own history: how many units, how many days, how small an effect. The last weeks stand for the next.

Who would have been exposed is looked at as if they had been: from their first visit (or the first event that shows the change)
on, in one arm. So the history is read by the very code that will read the experiment.
"""

from __future__ import annotations

import math
from typing import Annotated, Final, Literal

import msgspec
import numpy as np

from resa.experiments import planning
from resa.experiments.planning import Baseline, Design
from resa.experiments.results import totals
from resa.experiments.results.exposures import Exposed
from resa.experiments.results.readout import BEFORE
from resa.kernel.calendar import DAY
from resa.kernel.errors import Refused
from resa.kernel.lens import Lens
from resa.kernel.metrics.definition import Events, Metric
from resa.kernel.metrics.evaluation import Metrics
from resa.kernel.metrics.plan import ACTIVITY, additive, needs, picked
from resa.kernel.metrics.sql import Writer
from resa.kernel.metrics.units import Array, Begun
from resa.kernel.periods import Period
from resa.kernel.workspace import Workspace

FEWEST: Final = 50
"""Units of history that say something."""


Weight = Annotated[float, msgspec.Meta(gt=0, le=1_000_000)]


class Planned(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is to be planned. Say `effect` (the smallest relative one worth finding) to learn how long, or `days` to learn how small.

    `audience` and `entry` say who will be in it: members, from the first of these events on (default: everybody active, from
    their first event). `history` are the days looked back at. `weights` are those of the variations, the control's first.
    """

    metric: str
    effect: Annotated[float, msgspec.Meta(gt=0, le=100)] | None = None
    days: Annotated[int, msgspec.Meta(ge=1, le=3660)] | None = None
    audience: str | None = None
    entry: Events | None = None
    history: Annotated[int, msgspec.Meta(ge=7, le=366)] = 28
    method: Literal["group_sequential", "always_valid", "fixed", "bayesian"] = "group_sequential"
    alpha: Annotated[float, msgspec.Meta(gt=0, le=0.5)] = 0.05
    power: Annotated[float, msgspec.Meta(ge=0.5, le=0.999)] = 0.8
    looks: Annotated[int, msgspec.Meta(ge=1, le=100)] = 14
    weights: Annotated[list[Weight], msgspec.Meta(min_length=2, max_length=64)] = msgspec.field(
        default_factory=lambda: [1.0, 1.0]
    )
    primaries: Annotated[int, msgspec.Meta(ge=1, le=20)] = 1
    coverage: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0
    cuped: bool = True
    simulated: bool = True


class History(msgspec.Struct, frozen=True):
    """What the last `days` say: how many units came, the metric's value among them, its spread from unit to unit.

    `explained` is the part of the variance that what they did before takes away.
    """

    days: int
    units: int
    value: float
    spread: float
    explained: float


class Needed(msgspec.Struct, frozen=True):
    """Units in all and by variation, and how many times those of a single look they are."""

    units: int
    by_variation: list[int]
    inflation: float


class Outlook(msgspec.Struct, frozen=True):
    """So many days bring so many units, with which an effect of this size (relative) is found."""

    days: int
    units: int
    effect: float


class Foresight(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan comes to. `days` and `whole_weeks`: how long until the units needed are in; null where they never are."""

    metric: str
    history: History
    effect: float | None
    size: Needed | None
    days: int | None
    whole_weeks: int | None
    minimal_effect: float | None
    """The smallest effect that is found within the days asked for."""
    outlooks: list[Outlook]
    text: str


def foresee(workspace: Workspace, metrics: Metrics, asked: Planned) -> Foresight:
    """What the last weeks say of an experiment to come. Raises Refused where they say too little."""
    metric = metrics.find(asked.metric)
    need = additive(needs(metric, metrics.find))
    if need.quantile:
        raise Refused("metric", asked.metric, "a quantile's size can't be planned.", "Plan with a mean or a share.")
    period = Period(workspace.clock() - asked.history * DAY, workspace.clock() + 1)
    exposed = _visitors(workspace, asked, period)
    if exposed.size < FEWEST:
        rule = f"at least {FEWEST} units of history; in {asked.history} days there were {exposed.size}."
        raise Refused(
            "history", asked.history, rule, "Look back further, or at more people.", code="too_little_history"
        )
    baseline = _baseline(metrics, metric, exposed, period, asked)
    if not baseline.value or not math.isfinite(baseline.variance):
        raise Refused(
            "metric", asked.metric, "it was 0 all the time: nothing can be planned with it.", "Choose another."
        )
    design = Design(asked.method, asked.alpha, asked.power, asked.looks, tuple(asked.weights), _comparisons(asked))
    return _foresight(asked, baseline, design, exposed, period)


def _comparisons(asked: Planned) -> int:
    return (len(asked.weights) - 1) * asked.primaries


def _visitors(workspace: Workspace, asked: Planned, period: Period) -> Exposed:
    """Everybody who would have been in it, from the first time on that they would have met it."""
    writer = Writer(workspace.body.dialect, Lens(period, simulated=asked.simulated))
    which = writer.meets(ACTIVITY if asked.entry is None else picked(asked.entry))
    sql = writer.first_of(which)
    table = workspace.body.native(f"{sql} ORDER BY profile")
    profile = np.asarray(table.column("profile").to_numpy(), np.int64)
    since = np.asarray(table.column("since").to_numpy(), np.int64)
    kept = np.ones(profile.size, np.bool_)
    if asked.audience is not None:
        kept = np.isin(profile, workspace.populations.get(f"audience:{asked.audience}").profiles)
    begun = Begun(sql, profile, since, BEFORE if asked.cuped else 0)
    count = int(kept.sum())
    none = np.zeros(0, np.int64)
    return Exposed(profile[kept], np.arange(count), np.zeros(count, np.int64), since[kept], none, none, none, begun)


def _baseline(metrics: Metrics, metric: Metric, exposed: Exposed, period: Period, asked: Planned) -> Baseline:
    lens = Lens(Period(period.start - exposed.begun.before, period.end), simulated=asked.simulated)
    need = additive(metrics.counted(metric, lens, exposed.begun).needs)
    answers = metrics.since([need], lens, exposed.begun, (period.start,))
    found = totals.totals(need, answers, exposed)
    arms = totals.of_units(found, exposed, np.ones(exposed.size, np.bool_), 1)
    measure = totals.adjusted(found, arms) if asked.cuped else found.measure
    return Baseline.of(measure, arms[0])


def _foresight(asked: Planned, baseline: Baseline, design: Design, exposed: Exposed, period: Period) -> Foresight:
    reached = _reached(exposed.first, period)
    size = _size(baseline, asked.effect, design)
    days = None if size is None else planning.days(size.units, reached, asked.coverage)
    outlooks = _outlooks(baseline, reached, design, asked.coverage, (1, 2, 4, 8))
    minimal = None
    if asked.days is not None:
        units = planning.units_after(asked.days, reached, asked.coverage)
        minimal = _minimal(baseline, units, design)
    explained = min(1.0, max(0.0, baseline.explained))
    spread = math.sqrt(baseline.variance / (1 - explained)) if explained < 1 else 0.0
    return Foresight(
        metric=asked.metric,
        history=History(asked.history, exposed.size, baseline.value, spread, explained),
        effect=asked.effect,
        size=None if size is None else Needed(size.units, list(size.per_arm), size.inflation),
        days=days,
        whole_weeks=None if days is None else planning.whole_weeks(days) // 7,
        minimal_effect=minimal,
        outlooks=outlooks,
        text=_text(asked, size, days, minimal, outlooks),
    )


def _reached(first: Array, period: Period) -> list[float]:
    """How many different units had come after 1, 2, ... days."""
    ends = np.arange(period.start + DAY, period.end + 1, DAY)
    return [float(count) for count in np.searchsorted(np.sort(first), ends, side="left")]


def _size(baseline: Baseline, effect: float | None, design: Design) -> planning.Size | None:
    if effect is None:
        return None
    try:
        return planning.size(baseline, effect, design)
    except ValueError as error:
        raise Refused("effect", effect, "no number of units is enough to find it.", "Look for a larger one.") from error


def _minimal(baseline: Baseline, units: float, design: Design) -> float | None:
    if units < 2:
        return None
    try:
        return planning.minimal_effect(baseline, units, design)
    except ValueError:
        return None


def _outlooks(
    baseline: Baseline, reached: list[float], design: Design, coverage: float, weeks: tuple[int, ...]
) -> list[Outlook]:
    try:
        found = planning.outlooks(baseline, reached, design, coverage, weeks)
    except ValueError:
        return []
    return [Outlook(each.days, round(each.units), each.effect) for each in found]


def _text(
    asked: Planned, size: planning.Size | None, days: int | None, minimal: float | None, outlooks: list[Outlook]
) -> str:
    if size is not None and asked.effect is not None:
        long = (
            "which never come at the pace of late"
            if days is None
            else f"which take about {planning.whole_weeks(days) // 7} weeks"
        )
        return f"To find a change of {asked.effect:.1%} with a chance of {asked.power:.0%}, {size.units:,} units are needed, {long}."
    if minimal is not None:
        return f"In {asked.days} days a change of {minimal:.1%} or more is found with a chance of {asked.power:.0%}."
    if outlooks:
        return (
            "; ".join(f"in {each.days} days a change of {each.effect:.1%} or more is found" for each in outlooks) + "."
        )
    return "So few come that no change could be found."
