"""What a policy would have earned, from the log of another one's decisions: before anyone sees it (docs/bandits.md).

The log says of each decision what was chosen, with which probability, and what came of it. A policy is judged by
weighting each decision with how much more often the policy would have made it. Whoever got several decisions is one
observation, not several: variances are of customers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import msgspec
import numpy as np

from resa.kernel.errors import Refused

Array = np.ndarray

FOLDS: Final = 5
PRIOR: Final = 10.0
"""Decisions that a choice's mean counts as, where the reward model has few of it in a context."""
FEWEST_EFFECTIVE: Final = 100.0
MOST_OF_ONE: Final = 0.05
FURTHEST_MEAN: Final = 0.2
MOST_UNSUPPORTED: Final = 0.05

Alarm = Literal["few_effective", "one_dominates", "weights_off", "unsupported"]
Outcome = Literal["no_overlap", "better", "worse", "unclear"]


@dataclass(frozen=True)
class Log:
    """Decisions as they were made, one row each."""

    reward: Array
    chosen: Array
    """Which of the choices, by number."""
    probability: Array
    """With which probability it was chosen then; above 0."""
    unit: Array
    """Whose decision it was, by number."""
    context: Array
    """The number of the context the reward model tells apart; all 0 where there is none."""

    @classmethod
    def of(
        cls,
        reward: Array,
        chosen: Array,
        probability: Array,
        *,
        unit: Array | None = None,
        context: Array | None = None,
    ) -> Log:
        """A log of these columns; without `unit` each decision is of somebody else."""
        size = len(reward)
        log = cls(
            np.asarray(reward, np.float64),
            np.asarray(chosen, np.int64),
            np.asarray(probability, np.float64),
            np.arange(size) if unit is None else np.unique(unit, return_inverse=True)[1],
            np.zeros(size, np.int64) if context is None else np.unique(context, return_inverse=True)[1],
        )
        if size and not ((log.probability > 0) & (log.probability <= 1)).all():
            raise Refused(
                "probability",
                float(log.probability.min()),
                "a decision that was made had a probability above 0 and at most 1.",
                "Leave decisions out whose probability was not logged.",
            )
        return log

    @property
    def size(self) -> int:
        """How many decisions."""
        return int(self.reward.size)


class Value(msgspec.Struct, frozen=True):
    """What a decision would have earned on average, with its 95 % interval; none for the direct method, whose bias nobody knows."""

    value: float
    low: float | None
    high: float | None


class Overlap(msgspec.Struct, frozen=True, kw_only=True):
    """How far the log can speak for the policy."""

    decisions: int
    units: int
    effective: float
    """As many decisions of the policy itself would tell as much (Kish 1965)."""
    largest: float
    """The heaviest decision's share of all weight."""
    mean_weight: float
    """1 where the log has everything that the policy would do."""
    unsupported: float
    """The share of the policy's choices that the log never made in such a context."""
    clip: float | None
    clipped: int
    """Decisions whose weight was cut to `clip`."""
    clipped_weight: float
    """The share of all weight that was cut off: how far the answer can be off for it, as a part of the largest reward."""
    alarms: list[Alarm]


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """A policy judged on a log."""

    logged: Value
    """What the decisions earned that were made."""
    ips: Value
    snips: Value
    direct: Value
    robust: Value
    """Doubly robust: right if either the probabilities or the reward model are."""
    gain: Value
    """How much more than what was logged a decision would have earned, doubly robust."""
    overlap: Overlap
    outcome: Outcome


class _Part(NamedTuple):
    """An estimate, and what each decision adds to its error."""

    value: float
    influence: Array


def judge(log: Log, target: Array, *, clip: float | None = None) -> Judged:
    """Judge a policy that would have chosen with the probabilities `target` (decisions x choices).

    Inverse propensity scores (Horvitz and Thompson 1952), the same self-normalised (Swaminathan and Joachims 2015),
    the direct method, and doubly robust (Dudik, Langford and Li 2011) with a reward model fitted on other customers
    than those it is used for. `clip` cuts weights above it (off by default: it trades variance for bias).
    """
    _check(log, target, clip)
    full = target[np.arange(log.size), log.chosen] / log.probability
    weight = full if clip is None else np.minimum(full, clip)
    predicted, expected = _model(log, target)
    n, total = log.size, float(weight.sum())
    mean = float(log.reward.mean())
    robust = expected + weight * (log.reward - predicted)
    ips = _mean(weight * log.reward)
    ratio = float(weight @ log.reward) / total if total else 0.0
    snips = _Part(ratio, weight * (log.reward - ratio) / total if total else np.zeros(n))
    gain = _value(_mean(robust - log.reward), log)
    overlap = _overlap(log, target, full, weight, clip)
    return Judged(
        logged=_value(_Part(mean, (log.reward - mean) / n), log),
        ips=_value(ips, log),
        snips=_value(snips, log),
        direct=Value(float(expected.mean()), None, None),
        robust=_value(_mean(robust), log),
        gain=gain,
        overlap=overlap,
        outcome=_outcome(gain, overlap),
    )


def _check(log: Log, target: Array, clip: float | None) -> None:
    if not log.size:
        raise Refused("log", 0, "there is no decision to judge by.", "Choose a longer period, or other decisions.")
    if clip is not None and not clip > 0:
        raise Refused("clip", clip, "weights are cut above 0.", "Use 20, or leave it out.")
    if target.shape[0] != log.size or log.chosen.max() >= target.shape[1]:
        raise Refused("target", str(target.shape), "one row per decision, one column per choice.", "Send all of them.")


# -- parts ---------------------------------------------------------------------------------------------------------


def _model(log: Log, target: Array) -> tuple[Array, Array]:
    """The reward expected of each decision as made, and as the policy would make it; from other customers' decisions.

    Means by context and choice, drawn towards the choice's own, and that towards the mean of all.
    """
    choices, contexts = target.shape[1], int(log.context.max()) + 1
    fold = log.unit % FOLDS
    predicted, expected = np.zeros(log.size), np.zeros(log.size)
    for number in range(FOLDS):
        table = _means(log, fold != number, contexts, choices)
        for rows, context in _by_context(log.context, np.flatnonzero(fold == number)):
            predicted[rows] = table[context][log.chosen[rows]]
            expected[rows] = target[rows] @ table[context]
    return predicted, expected


def _means(log: Log, rows: Array, contexts: int, choices: int) -> Array:
    cell = log.context[rows] * choices + log.chosen[rows]
    counts = np.bincount(cell, minlength=contexts * choices).reshape(contexts, choices)
    sums = np.bincount(cell, log.reward[rows], contexts * choices).reshape(contexts, choices)
    mean = float(sums.sum() / counts.sum()) if counts.sum() else 0.0
    of_choice = (sums.sum(0) + PRIOR * mean) / (counts.sum(0) + PRIOR)
    found: Array = (sums + PRIOR * of_choice) / (counts + PRIOR)
    return found


def _by_context(context: Array, rows: Array) -> Iterator[tuple[Array, int]]:
    order = rows[np.argsort(context[rows], kind="stable")]
    numbers, starts = np.unique(context[order], return_index=True)
    for number, part in zip(numbers.tolist(), np.split(order, starts[1:]), strict=False):
        yield part, number


def _mean(each: Array) -> _Part:
    value = float(each.mean())
    return _Part(value, (each - value) / each.size)


def _value(part: _Part, log: Log) -> Value:
    """With an interval over customers: Student's t, whose degrees of freedom follow the tails.

    The variance of a variance is (kurtosis - 1) / n, a chi-square's 2 / d: so d = 2 n / (kurtosis - 1) (Satterthwaite
    1946). Few heavy weights leave few degrees of freedom, and the interval says so.
    """
    from scipy.special import stdtrit  # noqa: PLC0415  # SciPy is loaded when a policy is judged, not at start

    by_unit = np.bincount(log.unit, part.influence)
    n, squares = by_unit.size, float(by_unit @ by_unit)
    if n < 2:
        return Value(part.value, None, None)
    if squares <= 0:
        return Value(part.value, part.value, part.value)
    kurtosis = n * float((by_unit**2) @ (by_unit**2)) / squares**2
    freedom = min(n - 1.0, max(1.0, 2 * n / max(1e-9, kurtosis - 1)))
    reach = float(stdtrit(freedom, 0.975)) * math.sqrt(squares * n / (n - 1))
    return Value(part.value, part.value - reach, part.value + reach)


def _overlap(log: Log, target: Array, full: Array, weight: Array, clip: float | None) -> Overlap:
    total, squares, whole = float(full.sum()), float(full @ full), float(weight.sum())
    effective = total * total / squares if squares else 0.0
    largest = float(full.max()) / total if total else 0.0
    mean, missing = total / log.size, _unsupported(log, target)
    found: list[tuple[Alarm, bool]] = [
        ("few_effective", effective < FEWEST_EFFECTIVE),
        ("one_dominates", largest > MOST_OF_ONE),
        ("weights_off", abs(mean - 1) > FURTHEST_MEAN),
        ("unsupported", missing > MOST_UNSUPPORTED),
    ]
    return Overlap(
        decisions=log.size,
        units=int(log.unit.max()) + 1,
        effective=effective,
        largest=largest,
        mean_weight=mean,
        unsupported=missing,
        clip=clip,
        clipped=0 if clip is None else int((full > clip).sum()),
        clipped_weight=1 - whole / total if total else 0.0,
        alarms=[name for name, rings in found if rings],
    )


def _unsupported(log: Log, target: Array) -> float:
    choices = target.shape[1]
    made = np.zeros((int(log.context.max()) + 1, choices), np.bool_)
    made[log.context, log.chosen] = True
    lost = 0.0
    for rows, context in _by_context(log.context, np.arange(log.size)):
        if not made[context].all():
            lost += float(target[rows][:, ~made[context]].sum())
    return lost / log.size


def _outcome(gain: Value, overlap: Overlap) -> Outcome:
    if overlap.alarms or gain.low is None or gain.high is None:
        return "no_overlap"
    if gain.low > 0:
        return "better"
    return "worse" if gain.high < 0 else "unclear"
