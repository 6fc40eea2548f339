"""Shares of customers and how sure one can be of them: 95 % intervals in closed form."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

Z: Final = 1.959963984540054
"""The normal quantile of a 95 % interval."""


class Interval(NamedTuple):
    """From `low` to `high`."""

    low: float
    high: float


class Ratio(NamedTuple):
    """How much larger one share is than another, as part of the other: 0.1 is a tenth more."""

    ratio: float
    low: float
    high: float


def share(part: int, whole: int) -> float | None:
    """`part` of `whole`; None of nothing."""
    return part / whole if whole else None


def wilson(part: int, whole: int) -> Interval | None:
    """Wilson's score interval of a share (E. B. Wilson, 1927); None of nothing."""
    if not whole:
        return None
    p, squared = part / whole, Z * Z
    middle = p + squared / (2 * whole)
    spread = Z * math.sqrt(p * (1 - p) / whole + squared / (4 * whole * whole))
    scale = 1 + squared / whole
    low = 0.0 if part == 0 else (middle - spread) / scale
    high = 1.0 if part == whole else (middle + spread) / scale
    return Interval(max(0.0, low), min(1.0, high))


def compared(part: int, whole: int, other_part: int, other_whole: int) -> Ratio | None:
    """One share against another of other customers, with an interval of their ratio.

    The limits of both are recovered from Wilson's (MOVER-R; Donner and Zou, 2012). None where the other share is
    nothing, or so uncertain that there is no upper limit.
    """
    mine, its = wilson(part, whole), wilson(other_part, other_whole)
    if mine is None or its is None or other_part == 0:
        return None
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
