"""Who is of which kind: the nearest middle. Needs nothing heavy, so that newcomers are placed between searches."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from resa.kernel.lens import Lens
from resa.kernel.workspace import Workspace
from resa.predictions.personas import scaling
from resa.predictions.personas.features import Measuring, Scope
from resa.predictions.personas.runs import Assigned
from resa.predictions.personas.scaling import Scales
from resa.predictions.personas.shapes import Model

Array = npt.NDArray[Any]


def nearest(points: Array, centers: Array) -> tuple[Array, Array]:
    """For each point its nearest centre and the squared distance to it."""
    squared = (points**2).sum(axis=1)[:, None] - 2 * points @ centers.T + (centers**2).sum(axis=1)[None, :]
    kind = squared.argmin(axis=1)
    return kind, np.maximum(squared[np.arange(len(points)), kind], 0)


def newcomers(workspace: Workspace, model: Model, lens: Lens, since_row: int) -> Assigned:
    """Customers with an event from a row on, each placed at the nearest middle."""
    frame = Measuring(workspace, lens).read(model.plan, Scope(lens, since_row=since_row))
    if not len(frame.profiles):
        return Assigned(frame.profiles, np.zeros(0, np.uint8))
    scales = Scales(model.usual, model.center, model.spread, model.weight)
    points = scaling.weighted(scales, scaling.apply(model.plan.columns(), scales, frame))
    kind, _ = nearest(points, np.array(model.centers, np.float32))
    return Assigned(frame.profiles, kind.astype(np.uint8))
