"""What a score says of the comment beside it."""

from __future__ import annotations

import math
from typing import Final, Literal

from resa.kernel.errors import Refused

Sentiment = Literal["positive", "neutral", "negative"]
Scale = Literal["nps", "csat", "ces", "rating"]

BOUNDS: Final[dict[str, tuple[float, float, float, float]]] = {
    "nps": (0, 6, 9, 10),
    "csat": (1, 2, 4, 5),
    "ces": (1, 3, 5, 7),
    "rating": (1, 2, 4, 5),
}
"""Per scale: the lowest score, the highest that is negative, the lowest that is positive, the highest."""


def of(score: float, scale: Scale) -> Sentiment:
    """Detractors, one and two stars are negative; promoters, four and five stars positive; what lies between is neutral."""
    if scale not in BOUNDS:
        raise Refused("scale", scale, "is not a scale we know.", f"One of {', '.join(BOUNDS)}.")
    lowest, negative, positive, highest = BOUNDS[scale]
    if not math.isfinite(score) or not lowest <= score <= highest:
        raise Refused("score", score, f"is not on the scale {scale}.", f"From {lowest:g} to {highest:g}.")
    if score <= negative:
        return "negative"
    return "positive" if score >= positive else "neutral"
