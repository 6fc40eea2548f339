"""Relational surveys: everybody once in each round of `every`, each at a moment of their own, spread evenly over the round.

Nothing is kept per person: the moment follows from the person's number. What is kept is how far the sweep has come, so a
server that rested catches up with the turns it missed, unless they are older than a turn may wait.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from resa.feedback.asking import sampling

LATEST: Final = 7 * 86_400_000
"""Milliseconds for which a turn that nobody swept can still be taken: a server may rest over a holiday."""


class Turn(NamedTuple):
    """Somebody's turn: whose (a profile's number), in which round, when (ms UTC)."""

    profile: int
    round: int
    at: int


def due(survey: str, profiles: np.ndarray, every: int, after: int, upto: int) -> list[Turn]:
    """The turns in (after, upto], by time; a person has at most the last of them."""
    after = max(after, upto - min(LATEST, every))
    if upto <= after or not profiles.size:
        return []
    offsets = (sampling.turns(survey, profiles) * every).astype(np.int64)
    number = (upto - offsets) // every  # the last round whose turn is not after `upto`
    at = number * every + offsets
    chosen = np.flatnonzero(at > after)
    chosen = chosen[np.argsort(at[chosen], kind="stable")]
    return [Turn(int(profiles[i]), int(number[i]), int(at[i])) for i in chosen]


def round_of(survey: str, profile: int, every: int, now: int) -> tuple[int, int]:
    """(number, begin) of the round a person is in: it begins with their turn."""
    offset = int((sampling.turns(survey, np.array([profile], np.uint64)) * every).astype(np.int64)[0])
    number = (now - offset) // every
    return number, number * every + offset
