"""The removal effect of each touch in a Markov chain of order 1 to 4, exact by solving the absorbing chain.

Anderl, Becker, von Wangenheim and Schumann 2016, "Mapping the customer journey: Lessons learned from graph-based online
attribution modeling", International Journal of Research in Marketing 33(3). Only the question loads this module,
because SciPy takes a second to import.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from scipy import sparse
from scipy.sparse import linalg

from resa.journeys.attribution.paths import Paths
from resa.kernel.errors import Refused
from resa.kernel.sequences.parts import Array

ORDERS: Final = 4
MOST_STATES: Final = 100_000
"""A chain of more states takes too long to solve once per touch."""
SMALL: Final = 500
"""Chains up to here are solved by elimination; in larger ones it fills the matrix, and iterating comes to the same digits."""


class Removal(NamedTuple):
    """What a chain says."""

    conversion: float
    """The chance that a path ends with a conversion."""
    effects: Array
    """[touch]: by which share that chance falls if whoever comes to the touch is lost; index 0 is not used."""
    states: int


class _Chain(NamedTuple):
    """The transient part of an absorbing chain: states by number, and the touch each of them is at."""

    begin: Array
    steps: sparse.csr_array
    converts: Array
    touch: Array


def removal(paths: Paths, order: int) -> Removal:
    """The removal effects in the chain whose state is the last `order` touches. Raises Refused for too many states."""
    chain = _chain(paths, order)
    if chain.touch.size == 0:
        return Removal(0.0, np.zeros(paths.touches + 1), 0)
    whole = _conversion(chain, np.ones(chain.touch.size, np.bool_))
    effects = np.zeros(paths.touches + 1)
    for touch in np.unique(chain.touch).tolist():
        without = _conversion(chain, chain.touch != touch)
        effects[touch] = max(0.0, 1 - without / whole) if whole > 0 else 0.0
    return Removal(whole, effects, int(chain.touch.size))


def shares(effects: Array) -> Array:
    """The removal effects as shares of 1."""
    total = effects.sum()
    parts: Array = effects / total if total > 0 else effects
    return parts


def _chain(paths: Paths, order: int) -> _Chain:
    lengths = np.concatenate((paths.lengths[paths.lengths > 0], paths.lost_lengths))
    labels = np.concatenate((paths.labels, paths.lost_labels))
    converting = int((paths.lengths > 0).sum())
    keys = _keys(labels, lengths, order, paths.touches + 1)
    there = np.zeros((paths.touches + 1) ** order, np.bool_)  # a table: sorting millions of keys takes far longer
    there[keys] = True
    known = np.flatnonzero(there)
    state = (np.cumsum(there) - 1)[keys]
    if known.size > MOST_STATES:
        raise Refused(
            "order",
            order,
            f"the chain would have {known.size:,} states, more than {MOST_STATES:,}.",
            "Use a lower order, or fewer touches (most).",
        )
    begin, end = np.cumsum(lengths) - lengths, np.cumsum(lengths) - 1
    inner = np.ones(labels.size, np.bool_)
    inner[end] = False
    here = np.flatnonzero(inner)
    size = known.size
    leaves = np.bincount(state, minlength=size)
    steps = sparse.coo_array((1 / leaves[state[here]], (state[here], state[here + 1])), shape=(size, size)).tocsr()
    return _Chain(
        begin=np.bincount(state[begin], minlength=size) / max(1, lengths.size),
        steps=steps,
        converts=np.bincount(state[end[:converting]], minlength=size) / leaves,
        touch=known % (paths.touches + 1),
    )


def _keys(labels: Array, lengths: Array, order: int, base: int) -> Array:
    """The state at each touch: it and the `order - 1` touches before it on the path, as digits; 0 where there is none."""
    since = np.arange(labels.size) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    keys = labels.astype(np.int64)
    for back in range(1, order):
        before = np.zeros_like(keys)
        has = since >= back
        before[has] = labels[np.flatnonzero(has) - back]
        keys += before * base**back
    return keys


def _conversion(chain: _Chain, kept: Array) -> float:
    """The chance to come to a conversion over the `kept` states alone; entering another one is the end of a path."""
    if not kept.any():
        return 0.0
    steps = chain.steps[kept][:, kept]
    system, converts = sparse.eye_array(steps.shape[0], format="csr") - steps, chain.converts[kept]
    return float(chain.begin[kept] @ _solved(system, converts))


def _solved(system: sparse.csr_array, right: Array) -> Array:
    if right.size > SMALL:
        found, failed = linalg.bicgstab(system, right, rtol=1e-13, atol=0.0, maxiter=2_000)
        if not failed:
            return np.asarray(found)
    return np.atleast_1d(linalg.spsolve(system.tocsc(), right))
