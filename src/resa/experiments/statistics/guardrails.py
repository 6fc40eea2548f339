"""Guardrails: metrics that a change must not hurt by more than what is tolerated."""

from __future__ import annotations

from typing import Literal

from resa.experiments.statistics.readings import Reading

Better = Literal["up", "down", "none"]
Guard = Literal["safe", "open", "harmed"]


def worst(reading: Reading, better: Better) -> float | None:
    """How bad the effect may be at worst, as part of the control's value: below 0 is harm; None where there is no telling."""
    low, high = reading.relative.low, reading.relative.high
    end = high if better == "down" else low
    if end is None:
        return None
    return -end if better == "down" else end


def best(reading: Reading, better: Better) -> float | None:
    """How good it may be at best, as `worst`."""
    low, high = reading.relative.low, reading.relative.high
    end = low if better == "down" else high
    if end is None:
        return None
    return -end if better == "down" else end


def guard(reading: Reading, better: Better, margin: float = 0.0) -> Guard:
    """`safe`: worse by `margin` (0.02: two in a hundred of the control's value) is excluded; `harmed`: less is excluded.

    Non-inferiority, read off the interval (G. Piaggio et al. 2012, the CONSORT extension for it): it may be looked at as often as
    the reading's method allows, and each side errs with at most half of its alpha. A metric without a direction can't be guarded: any
    effect beyond the margin on either side is harm.
    """
    if not reading.enough:
        return "open"
    if better == "none":
        sides = [guard(reading, "up", margin), guard(reading, "down", margin)]
        return "harmed" if "harmed" in sides else "open" if "open" in sides else "safe"
    low, high = worst(reading, better), best(reading, better)
    if high is not None and high < -margin:
        return "harmed"
    return "safe" if low is not None and low > -margin else "open"
