"""The pages people wait for, over ten million events of a million customers: the map's numbers, its people, a timeline, SQL."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from resa import journeys
from resa.analytics import ask, home
from resa.customers import people, timeline
from resa.journeys.numbers import Maps
from resa.kernel import periods
from resa.kernel.events import SCHEMA
from resa.kernel.lens import Lens
from resa.kernel.workspace import Workspace
from resa.settings import Settings

EVENTS = 10_000_000
CUSTOMERS = 1_000_000
BATCH = 500_000
YEAR = 365 * 86_400_000
NAMES = [
    "Product Viewed",
    "Product List Viewed",
    "Product Added",
    "Cart Viewed",
    "Checkout Started",
    "Order Completed",
    "Email Opened",
    "Promotion Viewed",
]
SHARES = [0.34, 0.2, 0.12, 0.1, 0.07, 0.05, 0.07, 0.05]
CHANNELS = ["web", "app", "email"]


def fill(workspace: Workspace, events: int, customers: int) -> None:
    """Land events straight into body and index (the commit is measured by `ingest`), and their customers into state."""
    with workspace.state.write() as tx:
        tx.execute(
            sa.text(
                "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :customers) "
                "INSERT INTO identities (id, key, profile) SELECT i, 'anon:visitor-' || i, i FROM n"
            ),
            {"customers": customers},
        )
        tx.execute(
            sa.text("UPDATE log_head SET next_row = :rows, next_identity = :customers"),
            {"rows": events, "customers": customers},
        )
        tx.execute(sa.text("UPDATE cursors SET row = :rows"), {"rows": events})
        named = [{"code": 2 + i, "type": "track", "name": name, "at": 0} for i, name in enumerate(NAMES)]
        tx.execute(sa.text("INSERT INTO event_names (code, type, name, at) VALUES (:code, :type, :name, :at)"), named)
    chance = np.random.default_rng(1)
    now = workspace.clock()
    for first in range(0, events, BATCH):
        batch = _batch(chance, first, min(BATCH, events - first), customers, now, events)
        workspace.body.land(batch)
        workspace.lander._append(batch)
        workspace.index.maintain()


def _batch(chance: np.random.Generator, first: int, count: int, customers: int, now: int, events: int) -> pa.Table:
    rows = np.arange(first, first + count, dtype=np.int64)
    regulars = np.minimum(chance.pareto(1.2, count) * 300, customers - 1).astype(np.uint32)  # a few do much
    identity = np.where(chance.random(count) < 0.5, regulars, chance.integers(0, customers, count)).astype(np.uint32)
    which = chance.choice(len(NAMES), count, p=SHARES)
    received = now - YEAR + (rows * (YEAR / events)).astype(np.int64)
    bought = which == NAMES.index("Order Completed")
    texts = {
        "message_id": pa.array(rows).cast(pa.string()),
        "type": pa.array(["track"] * count),
        "name": pa.array(NAMES).take(pa.array(which)),
        "anonymous_id": pa.compute.binary_join_element_wise("visitor", pa.array(identity).cast(pa.string()), "-"),
        "channel": pa.array(CHANNELS).take(pa.array(chance.choice(3, count, p=[0.7, 0.2, 0.1]))),
        "source": pa.array(["shop"] * count),
        "properties": pa.compute.binary_join_element_wise(
            '{"price":', pa.array(chance.integers(1, 300, count)).cast(pa.string()), "}", ""
        ),
        "context": pa.array(["{}"] * count),
        "currency": pa.compute.if_else(pa.array(bought), "EUR", None),
    }
    numbers = {
        "row": pa.array(rows),
        "identity": pa.array(identity),
        "profile_then": pa.array(identity),
        "code": pa.array((which + 2).astype(np.uint16)),
        "time": pa.array(received - chance.integers(0, 3_600_000, count)),
        "received_at": pa.array(received),
        "revenue": pa.array(np.where(bought, chance.integers(5, 300, count), 0))
        .cast(pa.string())
        .cast(pa.decimal128(18, 4)),
    }
    columns = []
    for field in SCHEMA:
        if field.name in ("bot", "simulated", "verified"):
            columns.append(pa.array(np.full(count, field.name == "verified")))
        else:
            columns.append(texts.get(field.name, numbers.get(field.name, pa.nulls(count, field.type))))
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def measured(label: str, limit: float, ask_it: Callable[[int], Any], times: int = 5) -> None:
    """Print the median and the worst of several askings, and the first one, which may have had to prepare."""
    took, spent = [], []
    for number in range(times + 1):
        began, before = time.perf_counter(), time.process_time()
        ask_it(number)
        took.append(time.perf_counter() - began)
        spent.append(time.process_time() - before)
    rest = took[1:]
    busy = 1000 * statistics.median(spent[1:])
    middle, worst, first = (1000 * seconds for seconds in (statistics.median(rest), max(rest), took[0]))
    print(
        f"{label:40} {middle:8.1f} ms, at most {worst:8.1f}, first {first:8.1f}, "
        f"{busy:8.1f} of all cores (limit {limit * 1000:g} ms)"
    )


def main(events: int = EVENTS, customers: int = CUSTOMERS) -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace.open(Settings(data=Path(folder) / "data"))
        began = time.perf_counter()
        fill(workspace, events, customers)
        workspace.index.seal()
        workspace.close()
        workspace = Workspace.open(Settings(data=Path(folder) / "data"))  # the customers came in behind its back
        runs = len(workspace.index.runs)
        print(
            f"{events:,} events of {customers:,} customers filled in {time.perf_counter() - began:.0f} s; "
            f"{runs} runs, {workspace.index.head_events:,} in the head\n"
        )
        journeys.ensure_default(workspace)
        journey = workspace.definitions.get("journey", journeys.DEFAULT_KEY).body
        maps, now = Maps(workspace), workspace.clock()

        def lens(days: int, number: int) -> Lens:  # another period each time, so that no kept answer is given
            return Lens(periods.Period(now - days * periods.DAY - number, now))

        measured("map, 30 days", 0.5, lambda n: maps.numbers(journey, lens(30, n)))
        measured(
            "map, 30 days against the 30 before",
            1.0,
            lambda n: maps.numbers(journey, lens(30, n + 10), lens(30, n + 10).period),
        )
        measured("map, the whole year", 0.5, lambda n: maps.numbers(journey, lens(366, n)))
        measured(
            "people of a stage, the whole year", 0.5, lambda n: maps.people(journey, lens(366, n), "stage:purchase")
        )
        busy = [
            int(p)
            for p in workspace.body.query("SELECT profile FROM log GROUP BY 1 ORDER BY count(*) DESC LIMIT 30")
            .column(0)
            .to_pylist()
        ]
        measured(
            "timeline of a customer (50 events)",
            0.05,
            lambda n: timeline.page(workspace, f"p_{busy[n % 30]}", before=None, limit=50, channel=None, name=None),
            20,
        )
        measured(
            "timeline of a rare customer",
            0.05,
            lambda n: timeline.page(
                workspace, f"p_{customers * 9 // 10 + n * 37}", before=None, limit=50, channel=None, name=None
            ),
            20,
        )
        measured(
            "profile page of a rare customer",
            0.2,
            lambda n: people.read(workspace, f"p_{customers * 9 // 10 + n * 37}"),
            20,
        )
        measured("home, 30 days", 1.0, lambda n: home.home(workspace, 30 + n, simulated=True))
        measured(
            "SQL: events and customers by name",
            1.0,
            lambda _: ask.ask(workspace, "SELECT name, count(*), count(DISTINCT profile) FROM events GROUP BY ALL"),
        )
        workspace.close()


if __name__ == "__main__":
    main()
