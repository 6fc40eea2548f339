"""Metrics: named questions with one number per unit, as definitions (docs/metrics.md).

`definition` says what a metric is and refuses what none can be; `plan` which totals per customer it needs; `sql` how these
are asked of the body, `walking` of the journey index (`visits`: sessions, `windows`: what came in time); `asking` asks for
many at once; `units` holds one row per customer; `statistics` makes values and intervals of them; `evaluation` answers
through a lens; `starters` are metrics to begin with.
"""

from __future__ import annotations

from resa.kernel.metrics.definition import Band, Events, Metric, Outliers, check
from resa.kernel.metrics.evaluation import Asked, Measured, Metrics
from resa.kernel.metrics.plan import KIND
from resa.kernel.metrics.statistics import Change, Estimate, Moments

__all__ = [
    "KIND",
    "Asked",
    "Band",
    "Change",
    "Estimate",
    "Events",
    "Measured",
    "Metric",
    "Metrics",
    "Moments",
    "Outliers",
    "check",
]
