"""What the score would be had everybody answered who was asked. Pure.

Who answers differs from who doesn't, in what they did before they were asked; the log knows both. The score is estimated by
augmented inverse-probability weighting (Robins, Rotnitzky, Zhao, JASA 89, 1994; Bang, Robins, Biometrics 61, 2005): right
if the model of who answers or the model of what they answer is right, both ridge regressions on behaviour before the
asking, cross-fitted by person (Chernozhukov et al. 2018). An asking counts by the inverse of its probability of being drawn (Horvitz,
Thompson, JASA 47, 1952). Probabilities of an answer are trimmed from below (Cole, Hernan, American Journal of Epidemiology 168,
2008). The interval is from the influence function, clustered by person. It corrects for what the log shows, and for
nothing else: who stays away because of what only they know stays away from this figure too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from resa.feedback.scores import fits
from resa.feedback.scores.intervals import Estimate
from resa.feedback.scores.scales import Array
from resa.kernel.proportions import Z

LEAST: Final = 30
"""Answers and refusals there must be, each."""
TRIM: Final = 0.02
"""No answer counts for more than fifty askings."""
MOST_BEYOND: Final = 0.05
"""The share of askings that nearly nobody like them answers, beyond which nothing is corrected."""
LEAST_SIZE: Final = 20
"""So many independent answers the weighted ones must be worth."""
LEAST_DRAWN: Final = 0.001
RIDGE: Final = 1.0

Reason = Literal["nobody asked", "too few answers", "everybody answered", "nothing known", "no overlap", "few count"]


@dataclass(frozen=True)
class Corrected:
    """The score as it would be, beside the raw one; `shift` is corrected less raw. Values are in the unit of the points.

    `size`: how many independent answers the weighted ones are worth (Kish 1965). `trimmed`: the share of askings whose
    probability was below the limit. `tells`: by how many nats an asking the behaviour before it tells better than the mean
    who answers (0: nothing). `reason` says why nothing is corrected; then all estimates are None.
    """

    asked: int
    answered: int
    raw: Estimate
    corrected: Estimate
    shift: Estimate
    size: float | None
    trimmed: float | None
    tells: float | None
    reason: Reason | None

    @property
    def differs(self) -> bool:
        """Whether those who answered are shown to differ from those who did not."""
        low, high = self.shift.low, self.shift.high
        return low is not None and high is not None and (low > 0 or high < 0)


def corrected(
    points: Array, answered: Array, behaviour: Array, people: Array, drawn: Array | None = None, *, seed: int = 5
) -> Corrected:
    """From askings, one row each: what the answer adds to the score (any value where there is none), whether there is one,
    what was known before, whose it is, and the probability with which it was drawn (default: all the same)."""
    count, size = answered.size, int(answered.sum())
    base = np.ones(count) if drawn is None else 1 / np.clip(drawn, LEAST_DRAWN, 1)
    if reason := _too_little(count, size, behaviour):
        return _nothing(count, size, reason)
    x, fold = fits.standardised(behaviour), fits.folds(people, seed)
    response = answered.astype(float)
    chance = fits.crossed(fits.logistic(RIDGE), x, response, fold)
    trimmed = chance < TRIM
    weight = np.where(answered, base / np.maximum(chance, TRIM), 0.0)
    worth = float(weight.sum() ** 2 / (weight @ weight))
    share = float(base @ trimmed / base.sum())
    if share > MOST_BEYOND:
        return _nothing(count, size, "no overlap", worth, share)
    if worth < LEAST_SIZE:
        return _nothing(count, size, "few count", worth, share)
    y = np.where(answered, points, 0.0)
    expected = fits.crossed(fits.linear(RIDGE), x, y, fold, answered)
    raw, of_raw = _hajek(y, response)
    pseudo = expected + np.where(answered, (y - expected) / np.maximum(chance, TRIM), 0.0)
    value, of_value = _hajek(pseudo, base)
    errors = [fits.clustered(each, people) for each in (of_raw, of_value, of_value - of_raw)]
    return Corrected(
        asked=count,
        answered=size,
        raw=_around(raw, errors[0]),
        corrected=_around(value, errors[1]),
        shift=_around(value - raw, errors[2]),
        size=worth,
        trimmed=share,
        tells=max(0.0, _tells(response, chance, fold)),
        reason=None,
    )


def _too_little(asked: int, answered: int, behaviour: Array) -> Reason | None:
    if not asked:
        return "nobody asked"
    if answered < LEAST:
        return "too few answers"
    if asked - answered < LEAST:
        return "everybody answered"
    if not behaviour.size or not (behaviour.std(axis=0) > 0).any():
        return "nothing known"
    return None


def _nothing(
    asked: int, answered: int, reason: Reason, size: float | None = None, share: float | None = None
) -> Corrected:
    none = Estimate(None, None, None)
    return Corrected(asked, answered, none, none, none, size, share, None, reason)


def _hajek(y: Array, weight: Array) -> tuple[float, Array]:
    """A weighted mean and each row's influence on it."""
    total = float(weight.sum())
    mean = float(weight @ y) / total
    return mean, weight * (y - mean) / total


def _around(value: float, error: float) -> Estimate:
    return Estimate(value, value - Z * error, value + Z * error)


def _tells(response: Array, chance: Array, fold: Array) -> float:
    """How much less surprising answers are to the model than to the share of the other folds; nats a row."""
    plain = fits.crossed(lambda _x, y: lambda new: np.full(len(new), y.mean()), response[:, None], response, fold)
    return float(np.mean(_likelihood(response, chance) - _likelihood(response, plain)))


def _likelihood(response: Array, chance: Array) -> Array:
    p = np.clip(chance, 1e-9, 1 - 1e-9)
    return np.asarray(response * np.log(p) + (1 - response) * np.log(1 - p))
