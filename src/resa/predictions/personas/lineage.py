"""Kinds from run to run: which of the new ones is which of the old ones, and how much has moved."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment  # only a run imports this module

from resa.predictions.personas.shapes import Drift

Array = npt.NDArray[Any]

SAME: Final = 0.3
"""Jaccard similarity of the members both runs know from which a kind is held to be the same as before."""
FLOOR: Final = 1e-4
"""Share that stands for none at all in the population stability index, whose logarithm would be infinite."""
SETTLED, MOVED = 0.1, 0.25
"""Below the first the index says that nothing moved, from the second on that much did (the banks' rule of thumb)."""


def drift(what: str, label: str, before: npt.ArrayLike, now: npt.ArrayLike) -> Drift:
    """How far the second distribution has moved from the first, over the same classes."""
    psi = population_stability(before, now)
    return Drift(what, label, psi, "settled" if psi < SETTLED else "moving" if psi < MOVED else "moved")


def counterparts(
    old_profiles: Array, old_kind: Array, old_kinds: int, profiles: Array, kind: Array, kinds: int
) -> dict[int, tuple[int, float]]:
    """New kind -> (old kind, Jaccard similarity over the customers both runs know), one to one, where alike enough."""
    shared, old_at, at = np.intersect1d(old_profiles, profiles, assume_unique=True, return_indices=True)
    if not shared.size:
        return {}
    both = np.zeros((kinds, old_kinds))
    np.add.at(both, (kind[at], old_kind[old_at]), 1)
    either = both.sum(axis=1)[:, None] + both.sum(axis=0)[None, :] - both
    similar = both / np.maximum(either, 1)
    rows, columns = linear_sum_assignment(-similar)
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return {new: (old, float(similar[new, old])) for new, old in pairs if similar[new, old] >= SAME}


def population_stability(before: npt.ArrayLike, now: npt.ArrayLike) -> float:
    """The population stability index of two distributions over the same classes (shares or counts)."""
    was, is_ = _shares(before), _shares(now)
    return float(((is_ - was) * np.log(is_ / was)).sum())


def _shares(counts: npt.ArrayLike) -> Array:
    values = np.asarray(counts, np.float64)
    total = values.sum()
    return np.maximum(values / total if total > 0 else values, FLOOR)
