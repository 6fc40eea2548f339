"""Metrics of every form for the tests, and everything they are asked with: a body, an index, an identity map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from resa.kernel.body import Body
from resa.kernel.decoding import decode
from resa.kernel.identity_map import IdentityMap
from resa.kernel.lens import Lens
from resa.kernel.metrics.asking import Answers, ask
from resa.kernel.metrics.definition import Metric, check
from resa.kernel.metrics.plan import needs
from resa.kernel.metrics.sql import EVERYTHING, Split
from resa.kernel.periods import Period
from resa.kernel.sequences import JourneyIndex, Labels, LabelStore, MemoryManifest, walk
from resa.kernel.sequences.walk import Reading
from tests.metrics.histories import NOW, table


def events(*names: str, **more: Any) -> dict[str, Any]:
    """A set of events by name."""
    return {"any": [{"name": name, **more} for name in names]}


ORDER: Final = events("Order Completed")
BIG: Final = events("Order Completed", where=[{"property": "revenue", "op": "greater", "value": 500}])
VIEW: Final = events("Product Viewed")
ADD: Final = events("Product Added", "Product Viewed")
ANSWER: Final = events("Survey Answered", where=[{"property": "kind", "op": "is", "value": "nps"}])
PAGE: Final = {"any": [{"type": "page"}]}
MEAN_ORDER: Final[dict[str, Any]] = {
    "name": "Order value",
    "unit": "order",
    "measure": {"form": "mean", "events": ORDER, "property": "revenue"},
}
HOUR: Final = 3600
NPS: Final = [
    {"at_least": 0, "at_most": 6, "value": -100},
    {"at_least": 7, "at_most": 8, "value": 0},
    {"at_least": 9, "at_most": 10, "value": 100},
]


def _of(unit: str, form: str, measure: dict[str, Any], more: dict[str, Any]) -> Metric:
    body = {"name": f"{form} by {unit}", "unit": unit, "measure": {"form": form, **measure}, **more}
    metric = decode(Metric, body)
    check(metric)
    return metric


_ASKED: Final[Sequence[tuple[str, str, dict[str, Any], dict[str, Any]]]] = (
    ("event", "count", {"events": ADD}, {}),
    ("event", "count", {"events": PAGE}, {}),
    ("customer", "unique", {}, {}),
    ("customer", "unique", {"events": BIG}, {}),
    ("session", "unique", {}, {}),
    ("session", "unique", {"events": ORDER}, {}),
    ("order", "unique", {"events": ORDER}, {}),
    ("event", "unique", {"events": ADD, "property": "kind"}, {}),
    (
        "event",
        "unique",
        {"events": {"any": [{"type": "page"}, {"name": "Order Completed"}]}, "property": "channel"},
        {},
    ),
    ("event", "unique", {"events": ANSWER, "property": "score"}, {}),
    ("event", "sum", {"events": ORDER}, {"currency": "EUR"}),
    ("event", "sum", {"events": ANSWER, "property": "score"}, {}),
    ("event", "mean", {"events": ANSWER, "property": "score"}, {}),
    ("event", "mean", {"events": ANSWER, "property": "score", "bands": NPS}, {}),
    ("event", "mean", {"events": ORDER, "property": "revenue"}, {"currency": "SEK", "outliers": {"cap": 700.5}}),
    ("event", "mean", {"events": ORDER, "property": "revenue"}, {"currency": "EUR", "outliers": {"winsorize": 0.9}}),
    ("order", "mean", {"events": ORDER, "property": "revenue"}, {"currency": "EUR"}),
    ("order", "mean", {"events": ORDER, "property": "revenue"}, {"currency": "EUR", "outliers": {"cap": 300}}),
    ("order", "mean", {"events": ORDER, "property": "revenue"}, {"currency": "EUR", "outliers": {"winsorize": 0.8}}),
    ("order", "mean", {"events": ORDER}, {}),
    ("customer", "mean", {"events": ORDER, "property": "revenue"}, {"currency": "EUR"}),
    ("customer", "mean", {"events": ORDER, "property": "revenue"}, {"currency": "EUR", "outliers": {"cap": 900}}),
    ("customer", "mean", {"events": VIEW}, {"outliers": {"winsorize": 0.75}}),
    ("customer", "mean", {"events": ORDER, "among": VIEW}, {}),
    ("session", "mean", {"visit": "bounce"}, {"direction": "down"}),
    ("session", "mean", {"visit": "exit", "events": VIEW}, {}),
    ("session", "mean", {"visit": "seconds"}, {}),
    ("session", "mean", {"visit": "events", "events": ORDER}, {}),
    ("session", "mean", {"visit": "seconds"}, {"outliers": {"winsorize": 0.9}}),
    ("session", "mean", {"visit": "seconds"}, {"outliers": {"cap": 60}}),
    ("customer", "conversion", {"events": ORDER}, {}),
    ("customer", "conversion", {"events": ORDER, "start": VIEW, "within": 3 * HOUR}, {}),
    ("customer", "conversion", {"events": ORDER, "start": ORDER, "within": 200 * HOUR}, {}),
    ("customer", "conversion", {"events": BIG, "start": ADD}, {}),
    ("customer", "conversion", {"events": ORDER, "start": VIEW, "within": HOUR, "others": True}, {}),
    ("session", "conversion", {"events": ORDER}, {}),
    ("session", "conversion", {"events": ORDER, "start": ADD}, {}),
    ("session", "conversion", {"events": ADD, "start": ADD, "others": True}, {}),
    ("customer", "retention", {"after": 24 * HOUR, "within": 48 * HOUR}, {}),
    ("customer", "retention", {"start": VIEW, "back": ORDER, "after": 1, "within": 90 * HOUR, "others": True}, {}),
    ("event", "quantile", {"q": 0.5, "events": ORDER, "property": "revenue"}, {"currency": "EUR"}),
    ("order", "quantile", {"q": 0.9, "events": ORDER, "property": "revenue"}, {"currency": "EUR"}),
    ("customer", "quantile", {"q": 0.3, "events": VIEW}, {}),
    ("session", "quantile", {"q": 0.7, "visit": "seconds"}, {}),
    (
        "session",
        "ratio",
        {"numerator": {"of": "amount", "events": ORDER}, "denominator": {"of": "sessions"}},
        {"currency": "EUR"},
    ),
    (
        "order",
        "ratio",
        {"numerator": {"of": "events", "events": VIEW}, "denominator": {"of": "orders", "events": ORDER}},
        {},
    ),
    ("customer", "ratio", {"numerator": {"of": "customers", "events": BIG}, "denominator": {"of": "customers"}}, {}),
)

METRICS: Final = [_of(*each) for each in _ASKED]
"""At least one of each form and unit."""


@dataclass
class Parts:
    """A body with an index beside it."""

    body: Body
    folder: Path
    identities: int
    map: IdentityMap = field(default_factory=IdentityMap)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin an index, and labels."""
        self.index = JourneyIndex.open(self.folder, MemoryManifest())
        self.labels = LabelStore(self.body)

    def land(self, rows: list[dict[str, Any]]) -> None:
        """The next events."""
        self.rows += rows
        landed = table(rows)
        self.body.land(landed)
        self.index.append(*(landed.column(name).to_numpy() for name in ("row", "time", "code", "identity")))
        self.index.publish()

    def move(self, profiles: dict[int, int]) -> None:
        """Merge, unmerge, erase: the identity map from now on."""
        moved = {identity: profile for identity, profile in profiles.items() if identity != profile}
        self.map = IdentityMap(np.arange(self.identities)).changed(list(moved), list(moved.values()))
        self.body.set_identity_map(*self.map.moved())

    @property
    def profiles(self) -> dict[int, int]:
        """The profile of each identity; -1: erased."""
        return {identity: self.map.profile(identity) for identity in range(self.identities)}

    def walk(self, label: str, fresh: Callable[[], walk.A], period: Period) -> walk.A:
        """Journeys added up, by the journey index."""
        labelled = self.labels.labelled(label, self.index.snapshot())
        return walk.ask(fresh, Reading.of(labelled, self.map, Labels.codes(), period.start, period.end))

    def ask(self, metrics: Sequence[Metric], lens: Lens, split: Split = EVERYTHING, now: int = NOW) -> Answers:
        """The answers to everything these need."""
        return ask([needs(metric) for metric in metrics], self.body, self.walk, lens, split, now)
