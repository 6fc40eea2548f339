"""What every unit came to since its exposure, and the sums of an arm as of every moment of the experiment.

Units' totals come by stretch of time. From one stretch to the next only those units change that did something; so the sums
as of every moment cost no more than the last ones: each change takes away what a unit added before and adds what it adds now.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from resa.experiments.results.exposures import Exposed
from resa.experiments.statistics import Measure, Moments, Quotient, outliers
from resa.kernel.metrics.asking import Answers
from resa.kernel.metrics.plan import ACTIVITY, Column, Each, Needs, Returns, Steps, Tally, Visits
from resa.kernel.metrics.units import Array, Units

EVERYONE: Final = Column(Tally("events", ACTIVITY), any=True)
"""Of an experiment, everyone is who was exposed, whether they did anything or not."""
BEFORE: Final = 0
"""The stretch of what came before the exposure."""


@dataclass(frozen=True)
class Totals:
    """One metric of all units: `x` (and `y`) at the end, the same from before the exposure where it is known, all changes."""

    measure: Measure
    x: Array
    y: Array
    before_x: Array | None
    before_y: Array | None
    changes: Units
    """By unit and stretch (of `profile` and `bucket`), what `x` and `y` are from that stretch on."""
    start: tuple[float, float]
    """What `x` and `y` are of a unit that did nothing yet."""
    parts: float
    """How many of what is totalled make one."""

    @property
    def columns(self) -> dict[str, Array]:
        """The columns that moments are taken of, in the measure's own unit."""
        found = {"x": self.x / self.parts, "y": self.y}
        if self.before_x is not None and self.before_y is not None:
            found |= {"before_x": self.before_x / self.parts, "before_y": self.before_y}
        return found


def totals(need: Needs, answers: Answers, exposed: Exposed, *, winsorize: float | None = None) -> Totals:
    """One metric of the units; `winsorize` caps each unit's value at that quantile of the values other than 0."""
    of_customers = bool(need.each_customer and need.winsorize)  # capped by what customers come to in the end
    cap = None if of_customers else answers.cap(need)
    winsorize = need.winsorize if of_customers else winsorize
    everyone = need.y is None or need.y == EVERYONE
    deltas = _by_unit(_both(need, answers, cap, everyone), exposed)
    after = deltas.only(deltas.bucket != BEFORE)
    raw = _running(after)
    x, y = _state(need, raw.columns["x"], raw.columns["y"], cap, everyone)
    start = _state(need, np.zeros(1), np.zeros(1), cap, everyone)
    final_x, final_y = _last(raw, x, start[0][0], exposed), _last(raw, y, start[1][0], exposed)
    if winsorize is not None and (everyone or of_customers) and not _once(need.x):
        most = outliers.cap([final_x], winsorize) or 0.0
        x, final_x = np.minimum(x, most), np.minimum(final_x, most)
        cap = most if cap is None else min(cap, most)
    earlier = _earlier(need, deltas, cap, everyone, exposed) if _covers(need) else (None, None)
    return Totals(
        measure=_measure(need, everyone),
        x=final_x,
        y=final_y,
        before_x=earlier[0],
        before_y=earlier[1],
        changes=raw.with_columns(x=x, y=y),
        start=(float(start[0][0]), float(start[1][0])),
        parts=need.parts,
    )


def moments(found: Totals, exposed: Exposed, arms: int, first_stretch: Array, stretches: int) -> Moments:
    """The sums of every arm as of the end of every stretch: batch (arms, stretches)."""
    names = tuple(found.columns)
    shift = np.array([_shift(column) for column in found.columns.values()])
    fixed = [column for name, column in found.columns.items() if name not in ("x", "y")]
    size = len(names)

    def states(x: Array, y: Array, unit: Array) -> Array:
        return np.asarray(np.stack([x / found.parts, y, *(column[unit] for column in fixed)]) - shift[:, None])

    everyone = np.arange(exposed.size)
    began = states(np.full(exposed.size, found.start[0]), np.full(exposed.size, found.start[1]), everyone)
    changes = found.changes
    unit, stretch = changes.profile, np.maximum(changes.bucket, 1) - 1
    now = states(changes.columns["x"], changes.columns["y"], unit)
    opens = np.concatenate(([True], unit[1:] != unit[:-1])) if unit.size else np.zeros(0, np.bool_)
    earlier = np.concatenate((began[:, :1] * 0, now[:, :-1]), axis=1) if unit.size else now
    then = np.where(opens, began[:, unit], earlier)
    cell = exposed.arm[unit] * stretches + np.maximum(stretch, first_stretch[unit])
    cell_began = exposed.arm * stretches + first_stretch
    cells = arms * stretches

    def added(of_now: Array, of_then: Array, of_began: Array) -> Array:
        moved = np.bincount(cell, of_now - of_then, cells) + np.bincount(cell_began, of_began, cells)
        return np.asarray(moved.reshape(arms, stretches).cumsum(axis=1))

    n = np.bincount(cell_began, minlength=cells).reshape(arms, stretches).cumsum(axis=1)
    sums = np.stack([added(now[k], then[k], began[k]) for k in range(size)], axis=-1)
    cubes = np.stack([added(now[k] ** 3, then[k] ** 3, began[k] ** 3) for k in range(size)], axis=-1)
    products = np.empty((arms, stretches, size, size))
    for k in range(size):
        for m in range(k, size):
            found_product = added(now[k] * now[m], then[k] * then[m], began[k] * began[m])
            products[..., k, m] = products[..., m, k] = found_product
    return Moments.of_sums(names, n, sums, products, shift, cubes)


def values(found: Totals, need: Needs, answers: Answers, exposed: Exposed) -> tuple[Array, Array]:
    """The single values a quantile is of, and the unit of each: of customers, orders, events or sessions."""
    if isinstance(need.x.source, Each):
        single = answers.values[need.x.source]
        unit = exposed.places(single.profile)
        kept = (unit >= 0) & (single.bucket != BEFORE)
        times = single.times[kept].astype(np.int64)
        return np.repeat(single.value[kept] / need.parts, times), np.repeat(unit[kept], times)
    have = np.flatnonzero(found.y > 0)
    return found.x[have] / need.parts, have


def _shift(column: Array) -> float:
    """What values are taken less of, so that squares of large ones that differ little keep their digits; 0 keeps small ones exact."""
    mean = float(column.mean()) if column.size else 0.0
    return mean if abs(mean) > 10 * float(column.std()) and abs(mean) > 1e3 else 0.0


def of_units(found: Totals, exposed: Exposed, rows: Array, arms: int) -> list[Moments]:
    """The sums of every arm over some of the units (a mask), at the end."""
    return [
        Moments.of({name: column[rows & (exposed.arm == arm)] for name, column in found.columns.items()})
        for arm in range(arms)
    ]


def adjusted(found: Totals, arms: list[Moments]) -> Measure:
    """The measure with its covariate, where all arms have one that says something."""
    measure = found.measure
    if found.before_x is None:
        return measure
    ratio = measure.y is not None
    covariate = Quotient("before_x", "before_y" if ratio else None)
    for arm in arms:
        at, by = arm.at("before_x"), arm.at("before_y")
        spread = arm.products[..., at, at]
        if not (np.all(arm.n > 2) and np.all(spread > 0) and (not ratio or np.all(arm.mean[..., by] > 0))):
            return measure
    return measure._replace(covariates=(covariate,))


# -- of one metric -------------------------------------------------------------------------------------------------


def _both(need: Needs, answers: Answers, cap: float | None, everyone: bool) -> Units:
    """What was totalled of `x` and `y`, by profile and stretch."""
    x = answers.raw(need.x, "x", cap)
    if everyone or need.y is None:
        return x.with_columns(y=np.zeros(x.profile.size))
    return x.joined(answers.raw(need.y, "y", cap))


def _by_unit(of: Units, exposed: Exposed) -> Units:
    """The same by unit; what others did is left out."""
    unit = exposed.places(of.profile)
    kept = unit >= 0
    columns = {name: column[kept] for name, column in of.columns.items()}
    rows = unit[kept], of.bucket[kept], of.group[kept], columns
    return Units(*rows) if exposed.ordered else Units.ordered(*rows)


def _running(of: Units) -> Units:
    """Totals up to and including each stretch, of each unit."""
    if not of.profile.size:
        return of
    opens = np.flatnonzero(np.concatenate(([True], of.profile[1:] != of.profile[:-1])))
    lengths = np.diff(np.append(opens, of.profile.size))
    columns = {}
    for name, column in of.columns.items():
        upto = np.cumsum(column)
        columns[name] = upto - np.repeat(upto[opens] - column[opens], lengths)
    return of.with_columns(**columns)


def _state(need: Needs, x: Array, y: Array, cap: float | None, everyone: bool) -> tuple[Array, Array]:
    """What a unit counts as, from its running totals."""
    x = (x > 0) * 1.0 if _once(need.x) else x
    if everyone:
        y = np.ones(x.size)
    elif need.y is not None and _once(need.y):
        y = (y > 0) * 1.0
    if need.each_customer:
        x = x * (y > 0)
        x = x if cap is None else np.minimum(x, cap)
    return (y - x if need.others else x), y


def _once(column: Column) -> bool:
    """Whether a unit either has it or not, however often."""
    return column.any or isinstance(column.source, Steps | Returns)


def _last(changes: Units, values: Array, start: float, exposed: Exposed) -> Array:
    """The last value of each unit."""
    found = np.full(exposed.size, start)
    found[changes.profile] = values  # rows are in order, so that the last one of a unit stays
    return found


def _covers(need: Needs) -> bool:
    """Whether the same can be asked of the time before: of totals and sessions."""
    return all(isinstance(source, Tally | Visits) for source in need.sources)


def _earlier(
    need: Needs, deltas: Units, cap: float | None, everyone: bool, exposed: Exposed
) -> tuple[Array | None, Array | None]:
    before = deltas.only(deltas.bucket == BEFORE)
    x, y = np.zeros(exposed.size), np.zeros(exposed.size)
    x[before.profile], y[before.profile] = before.columns["x"], before.columns["y"]
    x, y = _state(need, x, y, cap, everyone)
    return (x if cap is None or _once(need.x) else np.minimum(x, cap)), y


def _measure(need: Needs, everyone: bool) -> Measure:
    if not everyone:
        return Measure("ratio", "x", "y")
    return Measure("proportion" if _once(need.x) else "mean", "x")
