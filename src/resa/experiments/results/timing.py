"""When an experiment is looked at: the days of its path, and the looks that its plan allows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from resa.experiments.definition import Plan
from resa.experiments.results.exposures import Exposed
from resa.kernel.metrics.evaluation import edges_of
from resa.kernel.metrics.units import Array
from resa.kernel.periods import Period


class Look(NamedTuple):
    """A look of a group-sequential plan: when it was due (ms), and the part of the planned units that were in."""

    at: int
    fraction: float


class Timing(NamedTuple):
    """Stretches of time by where they begin; as of the end of which ones there is a point of the path, or a look."""

    edges: tuple[int, ...]
    end: int
    days: tuple[int, ...]
    looks: tuple[Look, ...]

    def stretch_of(self, times: Array) -> Array:
        """The stretch of each of these moments, from 0."""
        return np.maximum(np.searchsorted(np.asarray(self.edges), times, side="right") - 1, 0)

    def upto(self, moment: int) -> int:
        """The last stretch that is over at a moment, which is an edge or the end."""
        return int(np.searchsorted(np.asarray(self.edges), moment, side="left")) - 1


def timing(exposed: Exposed, period: Period, zone: ZoneInfo, plan: Plan) -> Timing:
    """Days of the workspace's zone; looks each time as many more units were exposed as the plan divides its size into.

    So looks are taken at moments that nobody chooses by what they saw, and a group-sequential reading moves only there.
    """
    days = edges_of(period, "day", zone)
    looks = _looks(exposed, period, plan)
    edges = tuple(sorted({*days, *(look.at for look in looks if period.start < look.at < period.end)}))
    return Timing(edges, period.end, (*days[1:], period.end), looks)


def _looks(exposed: Exposed, period: Period, plan: Plan) -> tuple[Look, ...]:
    if plan.method != "group_sequential" or plan.size is None:
        return ()
    firsts = np.sort(exposed.first)
    due = sorted({math.ceil(plan.size * part / plan.looks) for part in range(1, plan.looks + 1)})
    found = [Look(_just_after(firsts, count), count / plan.size) for count in due if count <= firsts.size]
    return tuple(_last_late(found, period, plan))


def _just_after(firsts: Array, count: int) -> int:
    return int(firsts[count - 1]) + 1


def _last_late(looks: Sequence[Look], period: Period, plan: Plan) -> list[Look]:
    """The look at the whole size waits until the planned days are over, too, so that late units have had their time."""
    kept = [look for look in looks if look.fraction < 1]
    whole = [look for look in looks if look.fraction >= 1]
    if whole:
        at = max(whole[0].at, period.start + (plan.days or 0) * 86_400_000)
        kept += [Look(at, 1.0)] if at <= period.end else []
    return kept
