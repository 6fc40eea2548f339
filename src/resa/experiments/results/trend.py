"""Does the effect fade (a novelty) or grow (people learn)? What units did in their first week against what they did in their second."""

from __future__ import annotations

from typing import Final

import numpy as np

from resa.experiments.results.exposures import Exposed
from resa.experiments.results.timing import Timing
from resa.experiments.results.totals import BEFORE
from resa.experiments.statistics import AlwaysValid, Moments
from resa.experiments.statistics.exposure import Novelty, novelty
from resa.kernel.calendar import DAY
from resa.kernel.metrics.asking import Answers
from resa.kernel.metrics.plan import Needs

WEEK: Final = 7
FEWEST: Final = 100
"""Units of each arm that have lived through both weeks."""


def trend(
    need: Needs, answers: Answers, exposed: Exposed, timing: Timing, arm: int, method: AlwaysValid
) -> Novelty | None:
    """Of one variation against the control; None while too few have been in for two weeks. Days are counted to the stretch."""
    both = exposed.first + 2 * WEEK * DAY <= timing.end
    raw = answers.raw(need.x, "x")
    unit = exposed.places(raw.profile)
    kept = (unit >= 0) & (raw.bucket != BEFORE)
    unit, edges = unit[kept], np.asarray(timing.edges)
    begins = edges[np.maximum(raw.bucket[kept], 1) - 1]
    age = np.maximum(0, begins - exposed.first[unit]) // DAY
    x = raw.columns["x"][kept] / need.parts
    early = np.bincount(unit[age < WEEK], x[age < WEEK], exposed.size)
    late_rows = (age >= WEEK) & (age < 2 * WEEK)
    late = np.bincount(unit[late_rows], x[late_rows], exposed.size)
    arms = []
    for number in (0, arm):
        rows = both & (exposed.arm == number)
        if rows.sum() < FEWEST:
            return None
        arms.append(Moments.of({"early": early[rows], "late": late[rows]}))
    return novelty(arms[0], arms[1], ("early", WEEK), ("late", WEEK), method)
