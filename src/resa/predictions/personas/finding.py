"""The search itself: sample, measure, scale, part, describe, and compare with the run before.

Loaded when a search runs: SciPy and scikit-learn take seconds to import, and no server should wait for them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from resa.kernel.lens import Lens
from resa.kernel.workspace import Workspace
from resa.predictions.personas import features, lineage, naming, placing, scaling, stability
from resa.predictions.personas.describing import Tally
from resa.predictions.personas.features import Frame, Measuring, Scope
from resa.predictions.personas.runs import Assigned
from resa.predictions.personas.scaling import Scales
from resa.predictions.personas.shapes import Before, Difference, Drift, KindOfCustomer, Model, Result
from resa.predictions.personas.vocabulary import Column

Array = npt.NDArray[Any]
Report = Callable[[str, float], None]
"""Told the step and how far the whole is (0 to 1); raises to end the search."""

FEWEST: Final = 100
"""Customers below which nothing is searched: a kind of a dozen people is a coincidence."""
FITTED: Final = 20_000
"""Customers the middles of the kinds are fitted to."""
SEARCHED: Final = 4_000
"""Customers the number of kinds is chosen by."""
FEW_BUYERS: Final = 0.05
"""Share of buyers below which a kind is one of browsers, where money is counted at all."""
_CLASSES: Final = 10


class Outcome(NamedTuple):
    """What is kept of a search."""

    result: Result
    model: Model | None
    assigned: Assigned | None


@dataclass(frozen=True)
class Previous:
    """The run before: its kinds, its model, its customers."""

    result: Result
    model: Model
    assigned: Assigned


def find(
    workspace: Workspace,
    lens: Lens,
    *,
    seed: int,
    effort: stability.Effort | None = None,
    previous: Previous | None = None,
    report: Report = lambda _step, _share: None,
) -> Outcome:
    """Search the customers seen through `lens`. The same events, seed and previous run give the same answer."""
    began = time.monotonic()
    report("counting customers", 0.0)
    measuring = Measuring(workspace, lens)
    customers = measuring.customers()
    if len(customers) < FEWEST:
        words = f"{len(customers)} customers in this period: too few to part. At least {FEWEST} are needed."
        return Outcome(Result(len(customers), 0, [], [], False, words, seconds=_since(began)), None, None)
    report("measuring a sample", 0.05)
    scope = Scope(lens, buckets=features.buckets_for(len(customers), FITTED))
    plan = measuring.plan(scope, int(features.sampled(customers, scope.buckets).sum()))
    columns, sample = plan.columns(), measuring.read(plan, scope)
    scales = scaling.learn(columns, sample)
    points = scaling.weighted(scales, scaling.apply(columns, scales, sample))
    few = features.sampled(sample.profiles, features.buckets_for(len(customers), SEARCHED))
    found = stability.search(
        points[few], seed, effort, lambda share: report("trying numbers of kinds", 0.15 + 0.6 * share)
    )
    if found.chosen is None or found.centers is None:
        words = "No stable personas found: whatever the number, other customers drawn from the same gave other kinds."
        result = Result(len(customers), int(few.sum()), [], found.tried, False, words, seconds=_since(began))
        return Outcome(result, None, None)
    report("placing every customer", 0.8)
    centers = stability.refine(points, found.centers)
    census = _Census(columns, scales, centers, _edges(sample.raw), plan.currency, previous)
    for number, part in enumerate(measuring.ranges(customers)):
        census.add(measuring.read(plan, part))
        report("placing every customer", 0.8 + 0.18 * min(1.0, (number + 1) * features.RANGE / len(customers)))
    report("describing the kinds", 0.98)
    told = sorted(range(len(centers)), key=lambda kind: (-int(census.tally.sizes[kind]), kind))
    model = Model(
        plan,
        usual=scales.usual,
        center=scales.center,
        spread=scales.spread,
        weight=scales.weight,
        centers=[[float(one) for one in row] for row in centers[told]],
        edges=[edges.tolist() for edges in census.edges],
        counts=[counts.tolist() for counts in census.counts],
    )
    assigned = census.assigned(told)
    result = _described(census, told, assigned, found, previous)
    return Outcome(msgspec.structs.replace(result, sample=int(few.sum()), seconds=_since(began)), model, assigned)


def _since(began: float) -> float:
    return round(time.monotonic() - began, 1)


class _Census:
    """Places customers, a range at a time, and adds up what is said of the kinds."""

    def __init__(
        self,
        columns: list[Column],
        scales: Scales,
        centers: Array,
        edges: list[Array],
        currency: str | None,
        previous: Previous | None,
    ) -> None:
        self.columns, self.edges, self.currency = columns, edges, currency
        self.tally = Tally(columns, len(centers))
        self.counts = [np.zeros(len(one) + 1, np.int64) for one in edges]
        self._scales, self._centers = scales, centers
        names = {column.name: place for place, column in enumerate(columns)}
        older = previous.model.plan.columns() if previous else []
        self.compared = [
            (names[column.name], place, column) for place, column in enumerate(older) if column.name in names
        ]
        self._old_edges = [np.array(edges) for edges in previous.model.edges] if previous else []
        self.now = {place: np.zeros(len(self._old_edges[place]) + 1, np.int64) for _, place, _ in self.compared}
        self._profiles: list[Array] = []
        self._kinds: list[Array] = []

    def add(self, frame: Frame) -> None:
        if not len(frame.profiles):
            return
        scaled = scaling.apply(self.columns, self._scales, frame)
        kind, distance = placing.nearest(scaling.weighted(self._scales, scaled), self._centers)
        self.tally.add(frame, scaled, kind, distance)
        for place, edges in enumerate(self.edges):
            self.counts[place] += _classes(frame.raw[:, place], edges)
        for here, place, _ in self.compared:
            self.now[place] += _classes(frame.raw[:, here], self._old_edges[place])
        self._profiles.append(frame.profiles)
        self._kinds.append(kind.astype(np.uint8))

    def assigned(self, told: list[int]) -> Assigned:
        """Every customer with the place of their kind in `told`."""
        profiles, kinds = np.concatenate(self._profiles), np.concatenate(self._kinds)
        order = np.argsort(profiles)
        return Assigned(profiles[order], np.argsort(told).astype(np.uint8)[kinds[order]])


def _edges(raw: Array) -> list[Array]:
    """The deciles of each column, as far as they differ."""
    out = []
    for place in range(raw.shape[1]):
        known = raw[np.isfinite(raw[:, place]), place]
        out.append(np.unique(np.quantile(known, np.arange(1, _CLASSES) / _CLASSES)) if known.size else np.zeros(0))
    return out


def _classes(values: Array, edges: Array) -> Array:
    known = values[np.isfinite(values)]
    return np.bincount(np.searchsorted(edges, known, side="left"), minlength=len(edges) + 1)


def _described(
    census: _Census, told: list[int], assigned: Assigned, found: stability.Found, previous: Previous | None
) -> Result:
    assert found.chosen is not None
    before = _counterparts(previous, assigned, len(told))
    names = _Naming(previous, {old.face for old, _ in before.values()})
    columns = {column.name: column for column in census.columns}
    differences, sizes = census.tally.differences(), census.tally.sizes
    kinds = []
    for place, kind in enumerate(told):
        size, share = int(sizes[kind]), float(sizes[kind] / sizes.sum())
        worth = census.tally.worth(kind, census.currency)
        old, alike = before.get(place, (None, 0.0))
        buy = census.currency is None or worth.buyers >= FEW_BUYERS
        id_, key, name, face = names.inherited(old) if old else names.new(differences[kind], columns, buy=buy)
        kinds.append(
            KindOfCustomer(
                id=id_,
                key=key,
                name=name,
                face=face,
                size=size,
                share=share,
                stability=found.chosen.jaccard[kind],
                differences=differences[kind],
                worth=worth,
                typical=census.tally.typical(kind),
                before=Before(old.size, old.share, alike) if old else None,
            )
        )
    kept = {kind.id for kind in kinds}
    gone = [one.name for one in previous.result.kinds if one.id not in kept] if previous else []
    verdict = f"{len(kinds)} kinds of customers that come out again when others are drawn."
    if not found.distinct:
        verdict += " They are stretches of a continuum rather than groups apart."
    drift = _drift(census, kinds, previous)
    return Result(len(assigned.profiles), 0, kinds, found.tried, found.distinct, verdict, drift, gone)


class _Naming:
    """Gives new kinds an id, key, name and face that none had before; kinds that were there keep theirs."""

    def __init__(self, previous: Previous | None, faces: set[str]) -> None:
        older = previous.result.kinds if previous else []
        self._names, self._keys = {one.name for one in older}, {one.key for one in older}
        self._faces = faces
        self._next = 1 + max((int(one.id[1:]) for one in older), default=0)

    def inherited(self, old: KindOfCustomer) -> tuple[str, str, str, str]:
        return old.id, old.key, old.name, old.face

    def new(self, differences: list[Difference], columns: dict[str, Column], *, buy: bool) -> tuple[str, str, str, str]:
        name = naming.name(differences, columns, self._names, buy=buy)
        key, face, number = naming.key(name, self._keys), naming.face(self._faces), self._next
        self._next += 1
        self._names.add(name)
        self._keys.add(key)
        self._faces.add(face)
        return f"k{number}", key, name, face


def _counterparts(previous: Previous | None, assigned: Assigned, kinds: int) -> dict[int, tuple[KindOfCustomer, float]]:
    if previous is None:
        return {}
    old = previous.result.kinds
    matched = lineage.counterparts(*previous.assigned, len(old), *assigned, kinds)
    return {new: (old[place], alike) for new, (place, alike) in matched.items()}


def _drift(census: _Census, found: list[KindOfCustomer], previous: Previous | None) -> list[Drift]:
    """How far the sizes of the kinds and each feature have moved, the farthest first."""
    if previous is None:
        return []
    older = {one.id: one.size for one in previous.result.kinds}
    newer = {one.id: one.size for one in found}
    ids = sorted(older.keys() | newer.keys())
    sizes = lineage.drift(
        "kinds", "sizes of the kinds", [older.get(one, 0) for one in ids], [newer.get(one, 0) for one in ids]
    )
    moved = [
        lineage.drift(column.name, column.label, previous.model.counts[place], census.now[place])
        for _, place, column in census.compared
    ]
    return [sizes, *sorted(moved, key=lambda one: -one.psi)[:_CLASSES]]
