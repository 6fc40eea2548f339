"""Winsorizing: no unit's value counts as more than nearly all others', so that one order can't decide a test."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from resa.experiments.statistics.distributions import Array
from resa.kernel.metrics.statistics import rank_of


def cap(arms: Sequence[Array], q: float) -> float | None:
    """The exact `q` quantile of the values other than 0 of all arms together; None where there are none.

    One cap for all arms: one each would move the arms by what is to be compared. Without those that are 0, because the
    highest hundredth of visitors may be all who bought.
    """
    some = np.concatenate([values[values != 0] for values in arms]) if arms else np.zeros(0)
    if not some.size:
        return None
    rank = rank_of(q, some.size) - 1
    return float(np.partition(some, rank)[rank])


def winsorized(arms: Sequence[Array], q: float) -> list[Array]:
    """The values of each arm, none more than `cap`."""
    most = cap(arms, q)
    return [values if most is None else np.minimum(values, most) for values in arms]
