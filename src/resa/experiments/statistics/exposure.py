"""Who was really in the experiment: dilution by units that never met the change, crossovers, and novelty that wears off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from resa.experiments.statistics.estimates import Measure
from resa.experiments.statistics.moments import Moments
from resa.experiments.statistics.readings import Effect, Method, Reading, read
from resa.experiments.statistics.sample_ratio import SampleRatio, check

MANY_CROSSOVERS: Final = 0.01
"""From this share on, people with two variations hide a good part of an effect, or point at a fault of assignment."""


class Exposure(NamedTuple):
    """How well units were exposed. `share` of the assigned were exposed, `crossovers` is the share of those with two variations.

    `ratio` compares the exposed of each arm with the weights: arms that are exposed unevenly are not comparable any more,
    even if they were assigned as planned.
    """

    share: float | None
    by_arm: tuple[float | None, ...]
    crossovers: float
    many_crossovers: bool
    ratio: SampleRatio


def exposure(
    exposed: Sequence[int], weights: Sequence[float], crossovers: int = 0, assigned: Sequence[int] | None = None
) -> Exposure:
    """From units per arm: exposed to one variation only, assigned (where known), and those exposed to several."""
    every = sum(exposed) + crossovers
    both = crossovers / every if every else 0.0
    by_arm = tuple(
        None if not whole else part / whole for part, whole in zip(exposed, assigned or [0] * len(exposed), strict=True)
    )
    share = sum(exposed) / sum(assigned) if assigned and sum(assigned) else None
    return Exposure(share, by_arm, both, both >= MANY_CROSSOVERS, check(exposed, weights))


def diluted(reading: Reading, share: float, everyone: float | None = None) -> tuple[Effect, Effect]:
    """What an effect on those exposed comes to over everyone: plainly, and as part of `everyone`'s value without it.

    If the change does nothing to who did not meet it, the effect over all is the share of the exposed times theirs, and knowing that
    makes it far surer than comparing all (A. Deng and V. Hu 2015, "Diluted Treatment Effect Estimation for Trigger
    Analysis"). `everyone`: the value over all of control.
    """
    over_all = Effect(*(None if end is None else end * share for end in reading.difference))
    part = Effect(*(None if end is None or not everyone else end / abs(everyone) for end in over_all))
    return over_all, part


class Novelty(NamedTuple):
    """How an effect changed with the days since the first exposure. `change` is per day, late less early."""

    early: Reading
    late: Reading
    change: Reading
    trend: Literal["fading", "growing", "steady"]


def novelty(
    control: Moments, treatment: Moments, early: tuple[str, float], late: tuple[str, float], method: Method
) -> Novelty:
    """Of units that were in for all these days: two columns, each what a unit did in some days, and how many days these were.

    Both are of the same units, so their difference is taken within each and its error knows how the two go together. Only units
    who came early enough to have lived through all the days may be in: otherwise early and late are of different people.
    """
    per_day = {early[0]: {early[0]: 1 / early[1]}, late[0]: {late[0]: 1 / late[1]}}
    change = {"change": {late[0]: 1 / late[1], early[0]: -1 / early[1]}}
    arms = [arm.mixed(per_day | change) for arm in (control, treatment)]
    found = [read(Measure("mean", column), arms[0], arms[1], method) for column in (early[0], late[0], "change")]
    return Novelty(found[0], found[1], found[2], _trend(found[0], found[2]))


def _trend(early: Reading, change: Reading) -> Literal["fading", "growing", "steady"]:
    """Fading: back towards 0 from where it began."""
    if change.direction is None or early.difference.value is None:
        return "steady"
    return "growing" if (change.direction == "up") == (early.difference.value > 0) else "fading"
