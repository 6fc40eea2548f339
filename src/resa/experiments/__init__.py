"""Experiments and flags: what is assigned to whom.

`engine` evaluates (pure); `definition` says what people write, `kinds` and `checking` what of it is right. `payload` makes of it
what SDKs and the engine understand, `programme` keeps that compiled, `delivery` holds all together. `lifecycle` starts and ends
experiments, `rollout` ramps. `exposures` says which of them count. `routes`, `growthbook`, `ofrep` are the HTTP face. `statistics` reads
results from sums (pure); `planning` says beforehand how long that takes. What needs the kernel is imported when it is first used:
the pure parts stand alone.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from resa.experiments.definition import Experiment, Flag, Holdout, Layer
    from resa.experiments.delivery import Delivery
    from resa.experiments.programme import Assigned, Programme

__all__ = ["Assigned", "Delivery", "Experiment", "Flag", "Holdout", "Layer", "Programme"]

_HOME: Final = {
    "Assigned": "programme",
    "Delivery": "delivery",
    "Experiment": "definition",
    "Flag": "definition",
    "Holdout": "definition",
    "Layer": "definition",
    "Programme": "programme",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
