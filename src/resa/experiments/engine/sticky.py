"""Assignments that are kept: who was in a variation stays there when weights, coverage or the hashed attribute change."""

from __future__ import annotations

from typing import Any

from resa.experiments.engine.results import Experiment, Stickies


def name(attribute: str, value: str) -> str:
    """The name that a unit's document is kept under."""
    return f"{attribute}||{value}"


def find(
    experiment: Experiment, key: str, stickies: Stickies, hashed: tuple[str, str], fallback: tuple[str, str] | None
) -> tuple[int, bool]:
    """The kept variation (-1: none), and whether an older, closed version of the experiment keeps the unit out."""
    kept: dict[str, Any] = {}
    for unit in (fallback, hashed):  # the hashed attribute's own counts more
        if unit is not None and (document := stickies.get(name(*unit))):
            kept.update(document.get("assignments", {}))
    version, oldest = int(experiment.get("bucketVersion") or 0), int(experiment.get("minBucketVersion") or 0)
    if any(f"{key}__{closed}" in kept for closed in range(oldest)):
        return -1, True
    chosen = kept.get(f"{key}__{version}")
    if chosen is None:
        return -1, False
    for index, meta in enumerate(experiment.get("meta") or ()):
        if meta.get("key") == chosen:
            return index, False
    return -1, False


def keep(experiment: Experiment, key: str, stickies: Stickies, unit: tuple[str, str], variation: str) -> None:
    """Write down an assignment, if it is not there yet."""
    attribute, value = unit
    before = (stickies.get(name(attribute, value)) or {}).get("assignments", {})
    after = {**before, f"{key}__{int(experiment.get('bucketVersion') or 0)}": variation}
    if after != before:
        stickies[name(attribute, value)] = {
            "attributeName": attribute,
            "attributeValue": value,
            "assignments": after,
        }
