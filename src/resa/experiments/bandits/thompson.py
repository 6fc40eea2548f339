"""Thompson sampling in batches: from what each choice earned so far to the probabilities of the next batch.

Within a batch each choice is made with exactly the probability told here (assignment hashes into these weights), so that
the log carries true probabilities. Everything is computed by quadrature: the same evidence gives the same weights.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from resa.kernel.errors import Refused

Array = np.ndarray

POINTS: Final = 400
DIGITS: Final = 4
"""Weights are told to a ten-thousandth: what is delivered is exactly what is logged."""
FEWEST_SPREAD: Final = 30
"""Below so many units a choice's own spread says little; the spread of all stands in."""


class Earned(NamedTuple):
    """What one choice earned in one batch: units, the sum of their rewards and of the squares."""

    n: int
    total: float
    squares: float


class Belief(NamedTuple):
    """What is known of a choice: its mean reward, how sure (variance), and whether each reward is 0 or 1."""

    mean: float
    variance: float
    share: bool


def beliefs(
    batches: Sequence[Sequence[Earned]], *, share: bool, memory: int | None = None, times: Sequence[int] | None = None
) -> list[Belief]:
    """What is known of each choice after these batches (oldest first; each a list by choice).

    A choice that got most of its traffic in a good week is not better for it: choices are compared within a batch, and
    batches count by their whole traffic (stratified by batch), the same for every choice. With `memory`, traffic counts
    half after so many batches: for rewards that drift; `times` numbers them where several
    are of one time. The prior is one success in two for shares (Beta(1, 1)), and one
    unit of the mean of all for values.
    """
    if not batches or not batches[0]:
        return []
    choices = len(batches[0])
    complete = [all(each.n > 0 for each in batch) for batch in batches]
    kept = [batch for batch, whole in zip(batches, complete, strict=True) if whole]
    if not kept:
        return [_belief(_added(batches, choice), _pooled(batches), share) for choice in range(choices)]
    _, order = np.unique(np.arange(len(batches)) if times is None else np.asarray(times), return_inverse=True)
    order = np.unique(order[np.array(complete)], return_inverse=True)[1]
    ages = order.max() - order
    traffic = np.array([sum(each.n for each in batch) for batch in kept], np.float64)
    if memory is not None:
        traffic *= 0.5 ** (ages / memory)
    weights = traffic / traffic.sum()
    pooled = _pooled(kept)
    return [_stratified([batch[choice] for batch in kept], weights, pooled, share) for choice in range(choices)]


def chances(known: Sequence[Belief], *, largest: bool = True) -> Array:
    """The probability of each choice to be the best (`largest`: to have the largest mean)."""
    if len(known) < 2:
        return np.ones(len(known))
    at = (np.arange(POINTS) + 0.5) / POINTS
    found = np.empty(len(known))
    for number, one in enumerate(known):
        draws = _quantiles(one, at)
        beats = np.ones(POINTS)
        for other in _others(known, number):
            below = _below(other, draws)
            beats *= below if largest else 1 - below
        found[number] = beats.mean()
    probabilities: Array = found / found.sum()
    return probabilities


def _others(known: Sequence[Belief], number: int) -> list[Belief]:
    return [one for place, one in enumerate(known) if place != number]


def allot(best: Array, *, control: float = 0.1, floor: float = 0.01) -> list[float]:
    """The weights of the next batch: as the chances, but each choice has at least `floor`, the first at least `control`.

    The control's share is for good: without it nobody could say what the bandit earned. The floor keeps every choice
    in the log, so that any other policy can be judged on it.
    """
    choices = len(best)
    least = np.full(choices, floor)
    if choices:
        least[0] = max(floor, control)
    if least.sum() > 1 + 1e-12:
        raise Refused(
            "floor",
            floor,
            f"{choices} choices can't each have so much beside the control's share.",
            f"Use at most {(1 - max(control, floor)) / max(1, choices - 1):.4f}.",
        )
    return rounded(_at_least(np.asarray(best, np.float64), least))


def _at_least(wanted: Array, least: Array) -> Array:
    """Each its least, the rest as wanted: those below their least are raised, the others share what is left."""
    raised = np.zeros(wanted.size, np.bool_)
    while True:
        left = 1 - least[raised].sum()
        free = wanted[~raised].sum()
        scaled = np.where(raised, least, wanted * (left / free if free > 0 else 0.0))
        lower = ~raised & (scaled < least)
        if not lower.any():
            break
        raised |= lower
    if raised.all():  # everything at its least: what is left goes to the last in proportion
        scaled = least / least.sum()
    found: Array = scaled
    return found


def rounded(weights: Array) -> list[float]:
    """Weights to four digits that add up to exactly 1, by largest remainders; none falls below what it had, cut to four digits."""
    parts = np.asarray(weights, np.float64) * 10**DIGITS
    whole = np.floor(parts + 1e-9).astype(np.int64)
    missing = 10**DIGITS - int(whole.sum())
    for place in np.argsort(-(parts - whole), kind="stable")[: max(0, missing)]:
        whole[place] += 1
    return [int(part) / 10**DIGITS for part in whole]


# -- beliefs -------------------------------------------------------------------------------------------------------


def _added(batches: Sequence[Sequence[Earned]], choice: int) -> Earned:
    some = [batch[choice] for batch in batches]
    return Earned(sum(e.n for e in some), sum(e.total for e in some), sum(e.squares for e in some))


def _pooled(batches: Sequence[Sequence[Earned]]) -> Earned:
    parts = [_added(batches, choice) for choice in range(len(batches[0]))]
    return Earned(sum(e.n for e in parts), sum(e.total for e in parts), sum(e.squares for e in parts))


def _spread(of: Earned) -> float:
    """The variance of single rewards; 1 where nothing is known of it."""
    if of.n < 2:
        return 1.0
    return max(1e-12, (of.squares - of.total * of.total / of.n) / (of.n - 1))


def _belief(own: Earned, pooled: Earned, share: bool) -> Belief:
    if share:
        n = own.n + 2
        mean = (own.total + 1) / n
        return Belief(mean, mean * (1 - mean) / (n + 1), share)
    centre = pooled.total / pooled.n if pooled.n else 0.0
    spread = _spread(own if own.n >= FEWEST_SPREAD else pooled)
    n = own.n + 1
    return Belief((own.total + centre) / n, spread / n, share)


def _stratified(parts: Sequence[Earned], weights: Array, pooled: Earned, share: bool) -> Belief:
    """Of one choice over batches. Of a share: as many units as would have this variance, then as for one batch."""
    means = np.array([part.total / part.n for part in parts])
    counts = np.array([part.n for part in parts], np.float64)
    mean = float(weights @ means)
    if share:
        effective = 1 / float((weights * weights) @ (1 / counts))
        return _belief(Earned(round(effective), mean * round(effective), 0.0), pooled, share)
    own = _added([[part] for part in parts], 0)
    spread = _spread(own if own.n >= FEWEST_SPREAD else pooled)
    effective = 1 / float((weights * weights) @ (1 / counts))
    centre = pooled.total / pooled.n
    n = effective + 1
    return Belief((effective * mean + centre) / n, spread / n, share)


def _beta(known: Belief) -> tuple[float, float]:
    size = known.mean * (1 - known.mean) / known.variance - 1
    return known.mean * size, (1 - known.mean) * size


def _quantiles(known: Belief, at: Array) -> Array:
    from scipy import special  # noqa: PLC0415  # SciPy is loaded when a bandit learns, not at start

    if known.share:
        drawn: Array = special.betaincinv(*_beta(known), at)
        return drawn
    normal: Array = known.mean + math.sqrt(known.variance) * special.ndtri(at)
    return normal


def _below(known: Belief, at: Array) -> Array:
    from scipy import special  # noqa: PLC0415  # as above

    if known.share:
        found: Array = special.betainc(*_beta(known), at)
        return found
    normal: Array = special.ndtr((at - known.mean) / math.sqrt(known.variance))
    return normal
