"""Shares of customers, how sure one can be of them, and of the difference of two."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Final, NamedTuple

Z: Final = 1.959963984540054
"""The normal quantile of a 95 % interval."""


class Interval(NamedTuple):
    """From `low` to `high`."""

    low: float
    high: float


def quantile(comparisons: int = 1, level: float = 0.95) -> float:
    """The normal quantile of a two-sided interval; of several at once each is wider, so that all hold together (Bonferroni)."""
    return NormalDist().inv_cdf(1 - (1 - level) / 2 / max(1, comparisons))


class Ratio(NamedTuple):
    """How much larger one share is than another, as part of the other: 0.1 is a tenth more."""

    ratio: float
    low: float
    high: float


def share(part: int, whole: int) -> float | None:
    """`part` of `whole`; None of nothing."""
    return part / whole if whole else None


def wilson(part: float, whole: float, z: float = Z) -> Interval:
    """Wilson's score interval (E. B. Wilson, "Probable inference", JASA 22, 1927); 0 to 1 of nothing.

    `whole` need not be a count: where units come several to a customer it is the sample size that has their variance.
    """
    if whole <= 0:
        return Interval(0.0, 1.0)
    p, squared = part / whole, z * z
    middle = (p + squared / (2 * whole)) / (1 + squared / whole)
    spread = z * math.sqrt(p * (1 - p) / whole + squared / (4 * whole * whole)) / (1 + squared / whole)
    return Interval(
        0.0 if part == 0 else max(0.0, middle - spread), 1.0 if part == whole else min(1.0, middle + spread)
    )


def difference(part: int, whole: int, other: int, other_whole: int, z: float) -> Interval:
    """One share less another, of different people: Newcombe's interval from both score intervals (1998, method 10)."""
    p, q = part / whole, other / other_whole
    mine, theirs = wilson(part, whole, z), wilson(other, other_whole, z)
    below = math.hypot(p - mine.low, theirs.high - q)
    above = math.hypot(mine.high - p, q - theirs.low)
    return Interval(p - q - below, p - q + above)


def compared(part: int, whole: int, other_part: int, other_whole: int) -> Ratio | None:
    """One share against another of other customers, with an interval of their ratio.

    The limits of both are recovered from Wilson's (MOVER-R; Donner and Zou, 2012). None where the other share is
    nothing, or so uncertain that there is no upper limit.
    """
    if not whole or not other_part:
        return None
    mine, its = wilson(part, whole), wilson(other_part, other_whole)
    p, q = part / whole, other_part / other_whole
    below, above = its.high * (2 * q - its.high), its.low * (2 * q - its.low)
    if above <= 0:
        return None
    product = p * q
    low_room = product**2 - mine.low * (2 * p - mine.low) * below
    high_room = product**2 - mine.high * (2 * p - mine.high) * above
    high = (product + math.sqrt(max(0.0, high_room))) / above
    # The lower limit's denominator changes sign with a very uncertain share; this form of it never divides by nothing.
    root = math.sqrt(max(0.0, low_room))
    low = mine.low * (2 * p - mine.low) / (product + root) if product + root else 0.0
    return Ratio(p / q - 1, max(0.0, low) - 1, high - 1)


def median_bounds(size: int, z: float) -> tuple[int, int] | None:
    """Ranks (from 0) of the ordered values between which the median lies with that confidence; None of too few values.

    The values below the median are binomial with one half (David and Nagaraja 2003, 7.1); exact, no normal approximation.
    """
    tail = 1 - NormalDist().cdf(z)
    below, chance = 0.0, math.ldexp(1.0, -size) if size < 1000 else 0.0
    if size >= 1000:  # the exact sum of so many terms differs from this by less than a rank
        spread = z * math.sqrt(size) / 2
        return max(0, math.floor(size / 2 - spread) - 1), min(size - 1, math.ceil(size / 2 + spread))
    if size == 0 or chance > tail:
        return None
    rank = 0
    for k in range(size):
        below += chance
        if below > tail:
            break
        rank = k
        chance *= (size - k) / (k + 1)
    return rank, size - 1 - rank
