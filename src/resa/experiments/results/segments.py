"""A metric of an experiment by segment: by what the first exposure said, or by audiences and personas as they are now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from resa.experiments.results import answers as shown
from resa.experiments.results import totals
from resa.experiments.results.exposures import Exposed, Statements
from resa.experiments.results.reading import tuned_for
from resa.experiments.results.scan import Scan
from resa.experiments.results.totals import Totals
from resa.experiments.statistics import AlwaysValid, Fixed, Method, Reading, benjamini_hochberg, read
from resa.kernel.errors import NotFound, Refused
from resa.kernel.metrics.asking import Body
from resa.kernel.metrics.sql import COLUMNS, value_of
from resa.kernel.metrics.units import Array
from resa.kernel.workspace import Workspace

MOST: Final = 12
MOST_POPULATIONS: Final = 24
OTHER: Final = "(other)"
NONE: Final = "(none)"


class Segment(NamedTuple):
    """Some of the units."""

    name: str
    rows: Array


def segments(workspace: Workspace, scan: Scan, metric: str | None, by: str) -> shown.Segments:
    """Every segment's effect; p-values with the false discovery rate controlled over all of them."""
    asked = scan.one(metric)
    found = scan.totals(asked)
    parts = _segments(workspace, scan, by)
    method = _method(scan)
    read_all = [
        (part.name, arm, _read(found, scan, part.rows, arm, method)) for part in parts for arm in range(1, scan.arms)
    ]
    alone = [None if reading is None or not reading.enough else reading.p for _, _, reading in read_all]
    adjusted = benjamini_hochberg(alone)
    items = [
        _shown(scan, name, arm, reading, p)
        for (name, arm, reading), p in zip(read_all, adjusted, strict=True)
        if reading is not None
    ]
    return shown.Segments(
        experiment=scan.key,
        metric=asked.key,
        by=by,
        overlapping=not _of_event(by),
        items=items,
        unequal=[] if not _of_event(by) else [_unequal(scan, read_all, arm) for arm in range(1, scan.arms)],
    )


def _method(scan: Scan) -> Method:
    """Segments are looked at whenever somebody likes: by an always-valid reading, unless the plan is one look or a belief."""
    plan = scan.body.plan
    if plan.method in ("group_sequential", "always_valid"):
        return AlwaysValid(tuned_for(plan, scan.arms), plan.alpha)
    return Fixed(plan.alpha)


def _read(found: Totals, scan: Scan, rows: Array, arm: int, method: Method) -> Reading | None:
    sides = totals.of_units(found, scan.exposed, rows, scan.arms)
    control, treatment = sides[0], sides[arm]
    if min(float(control.n), float(treatment.n)) < 2:
        return None
    measure = totals.adjusted(found, [control, treatment]) if scan.body.plan.cuped else found.measure
    return read(measure, control, treatment, method)


def _shown(scan: Scan, name: str, arm: int, reading: Reading, p: float | None) -> shown.SegmentRead:
    return shown.SegmentRead(
        segment=name,
        variation=scan.wanted.variations[arm],
        n=reading.control.n + reading.treatment.n,
        control=reading.control.value,
        value=reading.treatment.value,
        relative=shown.Effect(*reading.relative),
        difference=shown.Effect(*reading.difference),
        p=reading.p,
        adjusted_p=p,
        significant=p is not None and p <= scan.body.plan.alpha,
    )


def _unequal(scan: Scan, read_all: Sequence[tuple[str, int, Reading | None]], arm: int) -> shown.Unequal:
    """Whether the effects differ more than by chance (Cochran 1954, "The Combination of Estimates")."""
    from scipy.special import chdtrc  # noqa: PLC0415  # SciPy is loaded when somebody reads, not at start

    some = [reading for _, number, reading in read_all if number == arm and reading is not None and reading.enough]
    known = [
        (reading.difference.value, reading.control.error**2 + reading.treatment.error**2)
        for reading in some
        if reading.difference.value is not None and reading.control.error and reading.treatment.error
    ]
    variation = scan.wanted.variations[arm]
    if len(known) < 2:
        return shown.Unequal(variation, None)
    effect, variance = (np.array(column) for column in zip(*known, strict=True))
    weight = 1 / variance
    spread = float(weight @ (effect - weight @ effect / weight.sum()) ** 2)
    return shown.Unequal(variation, float(chdtrc(len(known) - 1, spread)))


# -- which units ---------------------------------------------------------------------------------------------------


def _of_event(by: str) -> bool:
    """Whether each unit is in one segment: by what its first exposure said."""
    return by in COLUMNS or by.startswith("property:")


def _segments(workspace: Workspace, scan: Scan, by: str) -> list[Segment]:
    if _of_event(by):
        if by.startswith("property:") and not 0 < len(by.partition(":")[2]) <= 200:
            raise Refused("by", by, "a property has a name.", "Use property:plan, say.")
        return _by_value(workspace.body, scan, by)
    names = _populations(workspace, by)
    return [Segment(name, _members(scan.exposed, workspace.populations.get(name).profiles)) for name in names]


def _by_value(body: Body, scan: Scan, by: str) -> list[Segment]:
    statements = Statements(body.dialect, scan.wanted)
    table = body.native(statements.first_of(value_of(by, body.dialect)))
    unit = scan.exposed.places(np.asarray(table.column("profile").to_numpy(), np.int64))
    values = np.array(
        [NONE if value is None else str(value)[:120] for value in table.column("value").to_pylist()], np.str_
    )
    of_unit = np.full(scan.exposed.size, NONE, values.dtype if values.size else np.str_)
    kept = unit >= 0
    of_unit[unit[kept][::-1]] = values[kept][::-1]
    names, counts = np.unique(of_unit, return_counts=True)
    largest = names[np.argsort(-counts, kind="stable")][:MOST]
    parts = [Segment(str(name), of_unit == name) for name in largest]
    rest = ~np.isin(of_unit, largest)
    return [*parts, Segment(OTHER, rest)] if rest.any() else parts


def _populations(workspace: Workspace, by: str) -> list[str]:
    if by in ("persona", "audience"):
        try:
            known = [f"{by}:{item.key}" for item in workspace.definitions.all(by)]
        except NotFound:
            known = []
        names = workspace.populations.names(by) if by == "persona" else known
        return names[:MOST_POPULATIONS]
    names = [name.strip() for name in by.split(",")]
    if not all(name.startswith(("persona:", "audience:")) for name in names):
        remedy = (
            f"Use {', '.join(sorted(COLUMNS))}, property:<name>, persona, audience, or audience:<key>,audience:<key>."
        )
        raise Refused("by", by, "this is nothing to split by.", remedy)
    return names[:MOST_POPULATIONS]


def _members(exposed: Exposed, profiles: Array) -> Array:
    rows = np.zeros(exposed.size, np.bool_)
    rows[exposed.unit[np.isin(exposed.profile, profiles)]] = True
    return rows
