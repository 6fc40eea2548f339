"""Many tests at once: which of them may be called found."""

from __future__ import annotations

from collections.abc import Sequence


def discovered(p: Sequence[float | None]) -> list[float | None]:
    """The q of each p by Benjamini and Hochberg (Journal of the Royal Statistical Society B 57, 1995).

    What is not above a rate is found at that false discovery rate. None was not tested, and stays so.
    """
    tested = sorted((value, place) for place, value in enumerate(p) if value is not None)
    q: list[float | None] = [None] * len(p)
    smallest = 1.0
    for rank in range(len(tested), 0, -1):
        value, place = tested[rank - 1]
        smallest = min(smallest, value * len(tested) / rank)
        q[place] = smallest
    return q
