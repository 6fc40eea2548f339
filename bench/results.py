"""A whole result from the log: exposures, ten metrics of three arms in one scan, covariates, thirty days of path, verdict.

    python -m bench.results [UNITS]

Events lie in a body on disk, not in a table of units: what is measured is the way from the log to the verdict. Processor time of all
threads beside the clock's, which a busy machine disturbs; memory is the most the process held beyond what it began with.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from resa.app import create
from resa.experiments.definition import Experiment, Measured, Plan, Variation
from resa.experiments.results import Readouts
from resa.experiments.results.exposures import Wanted
from resa.kernel.body.duck import DuckBody
from resa.kernel.events import SCHEMA
from resa.kernel.metrics import Metrics
from resa.kernel.periods import Period
from resa.kernel.workspace import Workspace
from resa.settings import Settings

DAY: Final = 86_400_000
START: Final = 1_788_220_800_000
DAYS: Final = 30
ARMS: Final = ("control", "one", "two")
NAMES: Final = ("Product Viewed", "Product Added", "Order Completed", "Complaint Sent")
BATCH: Final = 1_000_000


def metrics() -> dict[str, dict[str, Any]]:
    """Ten: shares, sums, counts, ratios."""

    def events(name: str) -> dict[str, Any]:
        return {"any": [{"name": name}]}

    order = events("Order Completed")
    found: dict[str, dict[str, Any]] = {
        f"did-{place}": {"unit": "customer", "measure": {"form": "conversion", "events": events(name)}}
        for place, name in enumerate(NAMES)
    }
    found |= {
        f"many-{place}": {"unit": "event", "measure": {"form": "count", "events": events(name)}}
        for place, name in enumerate(NAMES[:3])
    }
    found["revenue"] = {"unit": "customer", "measure": {"form": "mean", "events": order, "property": "revenue"}}
    found["order-value"] = {"unit": "event", "measure": {"form": "mean", "events": order, "property": "revenue"}}
    sides = {
        "numerator": {"of": "events", "events": order},
        "denominator": {"of": "events", "events": events(NAMES[0])},
    }
    found["orders-by-view"] = {"unit": "event", "measure": {"form": "ratio", **sides}}
    return {
        key: {"name": key, "currency": "EUR"} | body if "revenue" in json.dumps(body) else {"name": key} | body
        for key, body in found.items()
    }


def table(
    first_row: int, identity: np.ndarray, time_: np.ndarray, name: Any, revenue: Any, source: Any, properties: Any
) -> pa.Table:
    """Events as a lander hands them over."""
    size = identity.size
    row = np.arange(first_row, first_row + size)
    known: dict[str, Any] = {
        "row": row,
        "identity": identity.astype(np.uint32),
        "profile_then": identity.astype(np.uint32),
        "code": np.full(size, 2, np.uint16),
        "message_id": pa.array(row).cast(pa.string()),
        "type": pa.array(["track"] * size),
        "name": name,
        "time": time_,
        "received_at": time_,
        "source": source,
        "revenue": revenue,
        "currency": pa.array(["EUR"] * size),
        "properties": properties,
        "context": pa.array(["{}"] * size),
    }
    flags = {"bot": False, "simulated": False, "verified": True}
    columns = []
    for field in SCHEMA:
        if field.name in known:
            columns.append(pa.array(known[field.name]).cast(field.type))
        elif field.name in flags:
            columns.append(pa.array(np.full(size, flags[field.name])))
        else:
            columns.append(pa.nulls(size, field.type))
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def fill(body: DuckBody, units: int, seed: int = 1) -> int:
    """An exposure of every unit and three events of each on average, a fifth of them before; how many events."""
    dice, row = np.random.default_rng(seed), 0
    said = [json.dumps({"experiment": "hero", "variation": arm, "phase": 1, "probability": 1 / 3}) for arm in ARMS]
    for begin in range(0, units, BATCH):
        count = min(BATCH, units - begin)
        identity = np.arange(begin, begin + count)
        first = START + dice.integers(0, DAYS * DAY // 2, count)
        arm = pa.DictionaryArray.from_arrays(pa.array(identity % 3, pa.int8()), pa.array(said)).cast(pa.string())
        names = pa.array(["Experiment Viewed"] * count)
        nothing = pa.nulls(count, pa.string())
        body.land(
            table(row, identity, first, names, pa.nulls(count, pa.decimal128(18, 4)), pa.array(["resa"] * count), arm)
        )
        row += count
        for _ in range(3):
            what = np.minimum(dice.geometric(0.55, count) - 1, len(NAMES) - 1)
            at = first + dice.integers(-4 * DAY, 14 * DAY, count)
            money = pa.array(np.where(what == 2, dice.integers(5, 300, count), 0), pa.int32(), mask=what != 2)
            kinds = pa.DictionaryArray.from_arrays(pa.array(what, pa.int8()), pa.array(NAMES)).cast(pa.string())
            body.land(
                table(row, identity, at, kinds, money.cast(pa.decimal128(18, 4)), nothing, pa.array(["{}"] * count))
            )
            row += count
    return row


def measured(what: str, question: Callable[[], Any]) -> Any:
    """The answer; what it took is printed."""
    began, cpu = time.perf_counter(), time.process_time()
    answer = question()
    print(f"{what:<34} {time.perf_counter() - began:7.2f} s, processor {time.process_time() - cpu:7.2f} s")
    return answer


def main(units: int = 1_000_000) -> None:
    """Fill, read twice (the second time with a warm cache), print."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace.open(Settings.of({}, data=Path(folder)), clock=lambda: START + DAYS * DAY)
        create(workspace)
        assert isinstance(workspace.body, DuckBody)
        filling = workspace.body
        events = measured(f"landing for {units:,} units", lambda: fill(filling, units))
        for key, body in metrics().items():
            workspace.definitions.save("metric", key, body, expected=0, author="bench")
        keys = list(metrics())
        arms = [Variation(key=key) for key in ARMS]
        experiment = Experiment(
            name="Hero", variations=arms, metrics=Measured(primary=keys[:2], secondary=keys[2:]), plan=Plan(), phase=1
        )
        wanted = Wanted("hero", 1, ARMS, "device", Period(START, START + DAYS * DAY))
        readouts = Readouts(workspace, Metrics(workspace))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for which in ("first", "again"):
            result = measured(f"10 metrics, 3 arms, 30 days ({which})", lambda: readouts.of("hero", experiment, wanted))
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(
            f"{events:,} events; {result.exposures.total:,} exposed; memory {(after - before) / 1024:,.0f} MiB more than after landing"
        )
        workspace.close()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
