"""Models that divide each conversion among the touches of its own path: first, last, linear, time decay, Shapley.

All take a weight per conversion (1, or its value) in the columns of `weights` [conversion, column] and answer what each
touch gets [touch, column]; index 0 stays 0. Conversions without a touch give nothing to anybody. `markov` needs the paths
without a conversion as well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from resa.journeys.attribution.paths import Paths
from resa.kernel.sequences.parts import Array

Model = Callable[[Paths, Array], Array]


def first(paths: Paths, weights: Array) -> Array:
    """All to the oldest touch."""
    with_touch = paths.lengths > 0
    begin = (np.cumsum(paths.lengths) - paths.lengths)[with_touch]
    return _added(paths.touches, paths.labels[begin], weights[with_touch])


def last(paths: Paths, weights: Array) -> Array:
    """All to the newest touch."""
    with_touch = paths.lengths > 0
    end = (np.cumsum(paths.lengths) - 1)[with_touch]
    return _added(paths.touches, paths.labels[end], weights[with_touch])


def linear(paths: Paths, weights: Array) -> Array:
    """The same to each touch of the path; a touch that is on it twice gets two parts."""
    owner = paths.owners()
    return _added(paths.touches, paths.labels, weights[owner] / paths.lengths[owner][:, None])


def time_decay(paths: Paths, weights: Array, half_life: float) -> Array:
    """Half as much to a touch that is `half_life` ms older than another one."""
    owner = paths.owners()
    end = np.cumsum(paths.lengths) - 1
    youngest = paths.ages[end[owner]]  # measured from there, no path's parts are all too small to be told from 0
    part = np.exp2(-(paths.ages - youngest) / half_life)
    whole = np.bincount(owner, part, minlength=paths.lengths.size)
    return _added(paths.touches, paths.labels, weights[owner] * (part / whole[owner])[:, None])


def shapley(paths: Paths, weights: Array) -> Array:
    """Each touch's Shapley value where a coalition is worth the conversions whose touches are all in it.

    That game is a sum of one unanimity game per conversion, so its Shapley value is exact and simple: a conversion
    is divided equally among the different touches of its path (Zhao, Mahboobi and Bagheri 2018, "Shapley Value Methods
    for Attribution Modeling in Online Advertising"; a test holds it against the sum over all coalitions).
    """
    size = paths.touches + 1
    owner, touch = np.divmod(np.unique(paths.owners() * size + paths.labels), size)
    different = np.bincount(owner, minlength=paths.lengths.size)
    return _added(paths.touches, touch, weights[owner] / different[owner][:, None])


def _added(touches: int, labels: Array, parts: Array) -> Array:
    """Parts summed by touch."""
    columns = [np.bincount(labels, column, minlength=touches + 1) for column in parts.T]
    return np.stack(columns, axis=1) if columns else np.zeros((touches + 1, 0))


PER_PATH: Final[dict[str, Model]] = {"first": first, "last": last, "linear": linear, "shapley": shapley}
