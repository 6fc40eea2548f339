"""Which themes came up or grew, beyond chance and with every theme tested once.

Customers, not comments, are counted: who writes three times about a thing says it once. If the share of customers who
speak of a theme had not changed, those of now would be a binomial part of now and before together (the conditional test
of two Poisson rates: J. Przyborowski, H. Wilenski, Biometrika 1940); one-sided. Over all themes the false discovery rate
is held (Y. Benjamini, Y. Hochberg, 1995).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

Badge = Literal["new", "rising"]

RATE: Final = 0.05
"""Share of wrong badges among the badges, at most, on average."""
LEAST: Final = 5
"""Customers who speak of it now, from which a theme can be called new or rising."""
NEW: Final = 0.1
"""A theme is new, not only rising, where it was at most this part of what it is now."""


class Counted(NamedTuple):
    """Customers who spoke of a theme, now and before."""

    now: int
    before: int


class Change(NamedTuple):
    """How a theme's share of customers changed; `p` of a growth by chance; `ratio` None: nobody spoke of it before."""

    ratio: float | None
    p: float
    badge: Badge | None


def changes(themes: Sequence[Counted], now: int, before: int) -> list[Change]:
    """Of each theme, given all customers who commented now and before. Nothing is tested without both."""
    if not now or not before:
        return [Change(None, 1.0, None) for _ in themes]
    from scipy.stats import binom  # noqa: PLC0415  # SciPy: only who asks for badges needs it

    expected = now / (now + before)
    p = [float(binom.sf(one.now - 1, one.now + one.before, expected)) if one.now else 1.0 for one in themes]
    found = discovered(p)
    out = []
    for one, chance, sure in zip(themes, p, found, strict=True):
        ratio = None if not one.before else (one.now / now) / (one.before / before)
        badge: Badge | None = None
        if sure and one.now >= LEAST:
            badge = "new" if ratio is None or ratio >= 1 / NEW else "rising"
        out.append(Change(ratio, chance, badge))
    return out


def discovered(p: Sequence[float], rate: float = RATE) -> list[bool]:
    """Which of these are discoveries at this false discovery rate."""
    order = sorted(range(len(p)), key=lambda at: p[at])
    most = max((rank for rank, at in enumerate(order, 1) if p[at] <= rate * rank / len(p)), default=0)
    chosen = set(order[:most])
    return [at in chosen for at in range(len(p))]
