"""Ten metrics of one population: what they cost together, how often the body is asked for them, and each by itself.

python -m bench.metrics [EVENTS [CUSTOMERS]]
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from bench.pages import fill, measured
from resa.kernel import periods
from resa.kernel.decoding import decode
from resa.kernel.lens import Lens
from resa.kernel.metrics import Asked, Metric, Metrics
from resa.kernel.workspace import Workspace
from resa.settings import Settings

EVENTS = 5_000_000
CUSTOMERS = 500_000
DAY: Final = 86_400


def _events(name: str) -> dict[str, Any]:
    return {"any": [{"name": name}]}


VIEW, ADD, CHECKOUT, ORDER = map(_events, ("Product Viewed", "Product Added", "Checkout Started", "Order Completed"))
TEN: Final[dict[str, tuple[str, dict[str, Any], dict[str, Any]]]] = {
    "orders": ("event", {"form": "count", "events": ORDER}, {}),
    "revenue": ("event", {"form": "sum", "events": ORDER}, {}),
    "buyers": ("customer", {"form": "unique", "events": ORDER}, {}),
    "order value, winsorized": (
        "order",
        {"form": "mean", "events": ORDER, "property": "revenue"},
        {"outliers": {"winsorize": 0.99}},
    ),
    "order value, capped": (
        "order",
        {"form": "mean", "events": ORDER, "property": "revenue"},
        {"outliers": {"cap": 200}},
    ),
    "median price looked at": ("event", {"form": "quantile", "q": 0.5, "events": VIEW, "property": "price"}, {}),
    "view to order in 7 days": (
        "customer",
        {"form": "conversion", "events": ORDER, "start": VIEW, "within": 7 * DAY},
        {},
    ),
    "cart to checkout in a day": (
        "customer",
        {"form": "conversion", "events": CHECKOUT, "start": ADD, "within": DAY},
        {},
    ),
    "back in the second week": ("customer", {"form": "retention", "after": 7 * DAY, "within": 7 * DAY}, {}),
    "sessions with an order": ("session", {"form": "conversion", "events": ORDER}, {}),
}


class Counting:
    """The body, counting how often it is asked."""

    def __init__(self, body: Any) -> None:
        """Nothing was asked yet."""
        self._body, self.asked = body, 0

    def __getattr__(self, name: str) -> Any:
        """Everything else is the body's."""
        return getattr(self._body, name)

    def native(self, sql: str) -> pa.Table:
        """One more statement."""
        self.asked += 1
        return self._body.native(sql)

    def column(self, expression: str, first: int, last: int) -> Any:
        """A label of some rows: one more statement."""
        self.asked += 1
        return self._body.column(expression, first, last)


def main(events: int = EVENTS, customers: int = CUSTOMERS) -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace.open(Settings(data=Path(folder) / "data"))
        began = time.perf_counter()
        fill(workspace, events, customers)
        workspace.index.seal()
        print(f"{events:,} events of {customers:,} customers, filled in {time.perf_counter() - began:.0f} s\n")
        body: Any = Counting(workspace.body)
        workspace.body = body
        ten = [
            Asked(name, decode(Metric, {"name": name, "unit": unit, "measure": measure, **more}))
            for name, (unit, measure, more) in TEN.items()
        ]
        metrics, now = Metrics(workspace), workspace.clock()

        def ask(some: list[Asked], days: int, number: int) -> None:  # another period each time: no kept answer
            period = periods.Period(now - days * periods.DAY - number, now)
            metrics.values(some, Lens(period), zone=ZoneInfo("UTC"))

        for days in (30, 366):
            body.asked = 0
            ask(ten, days, 100)
            first = body.asked
            ask(ten, days, 101)
            print(f"\n{days} days: {first} statements the first time, {body.asked - first} after that")
            measured("ten metrics", 1.0, lambda n, d=days: ask(ten, d, n))  # type: ignore[misc]
            for each in ten:
                measured(f"  {each.key}", 1.0, lambda n, d=days, e=each: ask([e], d, n), 3)  # type: ignore[misc]
        workspace.close()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
