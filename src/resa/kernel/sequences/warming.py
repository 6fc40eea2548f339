"""Compile every kernel (or load it from numba's cache) before the first question has to wait for it."""

from __future__ import annotations

import numpy as np

from resa.kernel.identity_map import IdentityMap
from resa.kernel.sequences import chaining, counting, index, parts, questions, routing, stages
from resa.kernel.sequences.walk import Labels, Snapshot


def warm() -> None:
    """Ask every question of two events. A second or so from the cache, half a minute when numba compiles anew."""
    two = np.arange(2, dtype=np.int64)
    part = parts.of_events(two, two, np.ones(2, np.uint16), np.ones(2, np.uint32))
    snapshot, nobody, labels = Snapshot((index.joined((part,)), part)), IdentityMap(), Labels(np.ones(2))
    cells = stages.Cells([0, 0], [0, 0])
    questions.timeline(snapshot, nobody, 1)
    questions.profile_activity(snapshot, nobody, 1)
    stages.stage_walk(snapshot, nobody, labels, cells)
    stages.stage_people(snapshot, nobody, labels, cells, stages.Selector.stage(0))
    questions.funnel(snapshot, nobody, labels, [[1], [1]], 1)
    questions.sessions(snapshot, nobody)
    questions.retention(snapshot, nobody, labels, [0, 1, 2])
    questions.paths(snapshot, nobody).merge(questions.Paths(1, fold=True))
    values, bounds = np.zeros(2, np.uint16), [0, 1, 2]
    chaining.chains(snapshot, nobody, labels, 1, 1)
    counting.value_counts(snapshot, nobody, labels, values, 1)
    counting.series(snapshot, nobody, labels, 1, bounds)
    counting.cohorts(snapshot, nobody, labels, bounds)
    counting.stickiness(snapshot, nobody, labels, bounds)
    counting.returners(snapshot, nobody, labels, bounds, counting.Behind())
    counting.attendants(snapshot, nobody, labels, 0)
    routes = routing.routes(snapshot, nobody, Labels(np.full(2, routing.NAME)), 2, anchored=False)
    routes.merge(routes)
    routing.searches(snapshot, nobody, labels, values, gap=1)
