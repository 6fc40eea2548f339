"""Features brought to one scale: logarithms of what is skewed, shares drawn to everybody's, all centred and bounded.

A scale is learned from a sample and kept with the run; newcomers are measured by the same one.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from resa.predictions.personas.features import Frame
from resa.predictions.personas.vocabulary import Column

Array = npt.NDArray[Any]

PRIOR_EVENTS: Final = 5.0
"""Events by which a share is drawn to everybody's: two events of two are no habit yet."""
BOUND: Final = 3.0
"""Deviations beyond which a customer is extreme enough: farther out they would pull a kind to themselves."""


class Scales(msgspec.Struct, frozen=True):
    """How each column is brought to scale. Lists by column."""

    usual: list[float]
    """The mean share, which shares are drawn to."""
    center: list[float]
    spread: list[float]
    """0 for a column that is the same for everybody: it is left out."""
    weight: list[float]
    """So that each family of columns has the same say, however many columns it has."""


def learn(columns: list[Column], frame: Frame) -> Scales:
    """The scales of a sample."""
    usual = [float(np.nanmean(frame.raw[:, n])) if _any(frame.raw[:, n]) else 0.0 for n in range(len(columns))]
    center, spread = [], []
    for place, column in enumerate(columns):
        values = _bent(column, frame, place, usual[place])
        known = values[np.isfinite(values)]
        center.append(float(np.median(known)) if known.size else 0.0)
        spread.append(_spread(known))
    alive: dict[str, int] = {}
    for column, one in zip(columns, spread, strict=True):
        alive[column.family] = alive.get(column.family, 0) + (one > 0)
    weight = [1 / np.sqrt(alive[c.family]) if s > 0 else 0.0 for c, s in zip(columns, spread, strict=True)]
    return Scales(usual, center, spread, [float(one) for one in weight])


def apply(columns: list[Column], scales: Scales, frame: Frame) -> Array:
    """The features to scale (float32), unknown ones in the middle; not yet weighted."""
    out = np.zeros(frame.raw.shape, np.float32)
    for place, column in enumerate(columns):
        if scales.spread[place] > 0:
            values = (_bent(column, frame, place, scales.usual[place]) - scales.center[place]) / scales.spread[place]
            out[:, place] = np.clip(np.nan_to_num(values), -BOUND, BOUND)
    return out


def weighted(scales: Scales, scaled: Array) -> Array:
    """The space in which customers are near each other or far apart."""
    out: Array = scaled * np.array(scales.weight, np.float32)
    return out


def _bent(column: Column, frame: Frame, place: int, usual: float) -> Array:
    values: Array = frame.raw[:, place]
    if column.scale == "log":
        return np.asarray(np.sign(values) * np.log1p(np.abs(values)))
    if column.scale == "share":
        events = np.where(np.isfinite(values), frame.evidence(column.family), 0)
        drawn = (np.nan_to_num(values) * events + PRIOR_EVENTS * usual) / (events + PRIOR_EVENTS)
        return np.asarray(np.arcsin(np.sqrt(np.clip(drawn, 0, 1))))
    return values


def _spread(known: Array) -> float:
    """The deviation without the outermost hundredths; 0 where nearly all are the same."""
    if known.size < 2:
        return 0.0
    low, high = np.quantile(known, (0.01, 0.99))
    spread = float(np.std(np.clip(known, low, high)))
    return spread if spread > 1e-9 else 0.0


def _any(values: Array) -> bool:
    return bool(np.isfinite(values).any())
