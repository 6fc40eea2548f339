"""Whether a signal means anything: do customers it struck fare worse than comparable ones it spared?

The design is a sequence of nested trials (Hernán et al., "Observational studies analyzed like randomized experiments",
Epidemiology 19, 2008; Gran et al., Statistics in Medicine 29, 2010): each moment at which a signal could have come up is
a small trial whose time zero is the same for both sides, so nobody's having lasted counts for them (immortal time, Suissa,
American Journal of Epidemiology 167, 2008). What is known by absence is decided at a landmark, the end of its window
(Anderson, Cain, Gelber, Journal of Clinical Oncology 1, 1983). Controls come from those at risk at that time (risk-set
sampling: Prentice, Breslow, Biometrika 65, 1978); cases are new ones, not struck in the history before (Ray, American
Journal of Epidemiology 158, 2003). They are compared within strata of what was known before the moment (coarsened exact
matching: Iacus, King, Porro, Political Analysis 20, 2012), from fine to coarse until there are controls. The effect is the
average over the struck (ATT) of the difference in risk; its variance is robust to one customer's having many moments
(Liang, Zeger, Biometrika 73, 1986). Over all tests the false discovery rate is held by Benjamini, Hochberg (Journal of
the Royal Statistical Society B 57, 1995).
"""

from __future__ import annotations

import numpy as np

from resa.journeys.friction.moments import DAY, Array, Moments
from resa.kernel.comparison import Effect, Interval, Matched, Z, magnitude, packed

__all__ = ["Comparison", "Effect", "Interval", "Z", "strata"]


def strata(moments: Moments, context: Array) -> list[Array]:
    """For each moment its stratum, from the finest level to the coarsest. `context` is where it began.

    Time is in every level: nobody is compared with another season's customers.
    """
    tenure = np.searchsorted([DAY, 30 * DAY], moments.tenure, side="right")
    before = np.minimum(moments.before, 2)
    activity = np.minimum(magnitude(moments.activity), 7)
    depth = np.searchsorted([1, 4, 10, 25], moments.depth, side="right")
    day, week = moments.time // DAY, moments.time // (7 * DAY)
    person = [
        *((activity, 8), (before, 3), (depth, 5), (moments.close, 3), (tenure, 3), (moments.channel, 16)),
        (moments.trouble, 2),
    ]
    return [
        packed([*person, (moments.device, 4), (context, 1 << 22), (day, 1 << 16)]),
        packed([*person, (moments.device, 4), (context, 1 << 22), (week, 1 << 14)]),
        packed([*person, (moments.device, 4), (day, 1 << 16)]),
        packed([*person, (week, 1 << 14)]),
        packed(
            [
                (activity // 2, 4),
                (before, 3),
                (depth, 5),
                (moments.close, 3),
                (moments.trouble, 2),
                (week, 1 << 14),
            ]
        ),
    ]


class Comparison(Matched):
    """The cases of one signal with what was to be expected of each, ready to be summed up by place."""

    def __init__(
        self, cases: Moments, controls: Moments, bad: tuple[Array, Array], context: tuple[Array, Array]
    ) -> None:
        """`bad`: the outcome of cases and of controls; `context`: where each began."""
        levels = list(zip(strata(cases, context[0]), strata(controls, context[1]), strict=True))
        super().__init__(cases.profile, controls.profile, bad, levels)
