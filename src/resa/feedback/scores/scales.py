"""The three scores: what their scales are, what an answer adds to the score, and which answers are good or bad."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

Array = np.ndarray
Metric = Literal["nps", "csat", "ces"]


@dataclass(frozen=True)
class Scale:
    """A scale of whole numbers. `unhappy` is the last bad answer, `happy` the first good one; what lies between is neither."""

    metric: Metric
    lowest: int
    highest: int
    unhappy: int
    happy: int
    unit: float
    """What the score is written in: an NPS in points (100), a CSAT as a share (1), a CES as on its scale (1)."""

    @property
    def size(self) -> int:
        """How many answers there are to choose from."""
        return self.highest - self.lowest + 1

    @property
    def steps(self) -> Array:
        """The answers themselves, ascending."""
        return np.arange(self.lowest, self.highest + 1)

    def points(self, scores: Array) -> Array:
        """What each answer adds to the score, whose mean the score is."""
        if self.metric == "nps":
            return 100.0 * ((scores >= self.happy).astype(float) - (scores <= self.unhappy))
        if self.metric == "csat":
            return (scores >= self.happy).astype(float)
        return scores.astype(float)

    def counts(self, scores: Array) -> Array:
        """How often each answer was given (int64, one for each step); NaN and what is off the scale left out."""
        known = scores[~np.isnan(scores)]
        steps = np.rint(known).astype(np.int64) - self.lowest
        return np.bincount(steps[(steps >= 0) & (steps < self.size)], minlength=self.size)

    def read(self, value: object) -> float:
        """A score as an event has it; NaN for what is none of the scale's whole numbers."""
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            return float("nan")
        try:
            number = float(value)
        except ValueError:
            return float("nan")
        return number if number.is_integer() and self.lowest <= number <= self.highest else float("nan")


SCALES: Final[dict[str, Scale]] = {
    "nps": Scale("nps", 0, 10, 6, 9, 100.0),
    "csat": Scale("csat", 1, 5, 2, 4, 1.0),
    "ces": Scale("ces", 1, 7, 3, 5, 1.0),
}
"""Net Promoter Score (Reichheld, "The one number you need to grow", HBR 81, 2003), customer satisfaction as the share of
the two best of five answers, customer effort as the mean of seven (Dixon, Freeman, Toman, HBR 88, 2010; CEB's 2.0 wording)."""
