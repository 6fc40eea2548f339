"""Flags and experiments evaluated: the GrowthBook SDK payload compiled to closures. Pure: no clock, no store, no network.

    engine = compile(payload)
    engine.feature("checkout", {"id": "device-1", "country": "SE"}).value

`hashing` is what assignment stands on; `conditions` is the language of targeting.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resa.experiments.engine import conditions, hashing, urls
from resa.experiments.engine.evaluating import DEEPEST, Automatic, Engine
from resa.experiments.engine.results import Asking, ExperimentResult, FeatureResult, Stickies

__all__ = [
    "DEEPEST", "Asking", "Automatic", "Engine", "ExperimentResult", "FeatureResult", "Stickies", "compile", "conditions",
    "hashing", "urls",
]  # fmt: skip


def compile(payload: Mapping[str, Any]) -> Engine:  # noqa: A001  # what it does, read as engine.compile
    """The engine of a payload."""
    return Engine(payload)
