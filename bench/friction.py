"""How long the friction ledger takes: the first question (facts of every row), another period, a kept answer, its people.

python -m bench.friction [events] [customers]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from resa import journeys
from resa.journeys import friction
from resa.journeys.friction.ledger import Ledgers
from resa.kernel.events import SCHEMA
from resa.kernel.lens import Lens
from resa.kernel.periods import Period
from resa.kernel.workspace import Workspace
from resa.settings import Settings

DAY = 86_400_000
DAYS = 120
BATCH = 500_000
# Type, name, properties (with a place for a number), share of all events.
KINDS = (
    ("page", "", '{"load_time":%}', 0.50),
    ("track", "Element Clicked", '{"element":"button-%"}', 0.22),
    ("track", "Product Viewed", '{"name":"product %"}', 0.12),
    ("track", "Product Added", '{"name":"product %"}', 0.06),
    ("track", "Products Searched", '{"query":"term %","results":%}', 0.04),
    ("track", "Error Occurred", '{"message":"error %"}', 0.02),
    ("track", "Live Chat Conversation Started", '{"topic":"topic %"}', 0.01),
    ("track", "Order Completed", "{}", 0.03),
)


def fill(workspace: Workspace, events: int, customers: int) -> int:
    """Land visits of about eight events straight into body and index; the time of the last event."""
    with workspace.state.write() as tx:
        tx.execute(
            sa.text(
                "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :customers) "
                "INSERT INTO identities (id, key, profile) SELECT i, 'anon:v' || i, i FROM n"
            ),
            {"customers": customers},
        )
        tx.execute(
            sa.text("UPDATE log_head SET next_row = :rows, next_identity = :customers"),
            {"rows": events, "customers": customers},
        )
        tx.execute(sa.text("UPDATE cursors SET row = :rows"), {"rows": events})
        named = [{"code": 2 + n, "type": kind[0], "name": kind[1]} for n, kind in enumerate(KINDS)]
        tx.execute(sa.text("INSERT INTO event_names (code, type, name, at) VALUES (:code, :type, :name, 0)"), named)
    chance = np.random.default_rng(1)
    begin = workspace.clock() - DAYS * DAY
    for first in range(0, events, BATCH):
        batch = _batch(chance, first, min(BATCH, events - first), customers, begin, events)
        workspace.body.land(batch)
        workspace.lander._append(batch)
        workspace.index.maintain()
    return begin + DAYS * DAY


def _batch(chance: np.random.Generator, first: int, count: int, customers: int, begin: int, events: int) -> pa.Table:
    row = np.arange(first, first + count)
    visit = row // 8
    identity = (visit * 2654435761 % customers).astype(np.uint32)
    at = (
        begin
        + (visit * 8 * (DAYS * DAY / events)).astype(np.int64)
        + (row % 8) * 20_000
        + chance.integers(0, 15_000, count)
    )
    which = chance.choice(len(KINDS), count, p=[kind[3] for kind in KINDS])
    number = pa.array(
        np.where(which == 0, chance.integers(200, 6_000, count), chance.pareto(1.1, count) * 3 % 40).astype(int)
    )
    said = pa.array([kind[2] for kind in KINDS]).take(pa.array(which))
    parts = pc.split_pattern(said, "%")
    properties = pc.binary_join(parts, number.cast(pa.string()))
    bought = which == len(KINDS) - 1
    path = pc.binary_join_element_wise(
        "/page", pa.array((chance.pareto(1.2, count) * 4 % 300).astype(int)).cast(pa.string()), "/"
    )
    columns = {
        "row": pa.array(row),
        "identity": pa.array(identity),
        "profile_then": pa.array(identity),
        "code": pa.array((which + 2).astype(np.uint16)),
        "time": pa.array(at),
        "received_at": pa.array(at),
        "message_id": pa.array(row).cast(pa.string()),
        "type": pa.array([kind[0] for kind in KINDS]).take(pa.array(which)),
        "name": pa.array([kind[1] for kind in KINDS]).take(pa.array(which)),
        "channel": pa.array(["web"] * count),
        "source": pa.array(["shop"] * count),
        "device": pa.array(["mobile", "desktop"]).take(pa.array(identity % 2)),
        "page_path": path,
        "properties": properties,
        "context": pa.array(["{}"] * count),
        "currency": pc.if_else(pa.array(bought), "EUR", None),
        "revenue": pa.array(np.where(bought, 40, 0)).cast(pa.string()).cast(pa.decimal128(18, 4)),
        "bot": pa.array(np.zeros(count, bool)),
        "simulated": pa.array(np.zeros(count, bool)),
        "verified": pa.array(np.ones(count, bool)),
    }
    return pa.Table.from_arrays([columns.get(f.name, pa.nulls(count, f.type)) for f in SCHEMA], schema=SCHEMA)


def timed(label: str, ask: Callable[[], object]) -> None:
    """Print how long it took, and the processor time: on a machine that does other things as well, that says more."""
    began, busy = time.perf_counter(), time.process_time()
    ask()
    spent = time.process_time() - busy
    print(f"{label:48s} {time.perf_counter() - began:7.2f} s, {spent:6.2f} s of processor", flush=True)


def main(events: int, customers: int) -> None:
    """Fill a workspace and ask."""
    with TemporaryDirectory(prefix="resa-") as folder:
        workspace = Workspace.open(Settings.of({}, data=Path(folder)))
        journeys.register(workspace)
        friction.register(workspace)
        timed(f"{events:,} events of {customers:,} customers landed", lambda: fill(workspace, events, customers))
        end = workspace.clock()
        ledgers = Ledgers(workspace)
        lens = Lens(Period(end - 40 * DAY, end - 10 * DAY))
        timed("first question: facts of all rows, 30 days", lambda: ledgers.ledger(lens))
        timed("another 30 days", lambda: ledgers.ledger(lens.during(Period(end - 70 * DAY, end - 40 * DAY))))
        timed("all of it", lambda: ledgers.ledger(lens.during(Period(end - DAYS * DAY, end))))
        timed("the first again (kept)", lambda: ledgers.ledger(lens))
        timed("people of a line", lambda: ledgers.people(lens, "slow-page", None))
        ledger = ledgers.ledger(lens)
        print(
            len(ledger.items),
            "places;",
            ledger.tests,
            "tests;",
            sum(i.verdict == "hurts" for i in ledger.items),
            "found",
        )
        workspace.close()


if __name__ == "__main__":
    asked = [int(argument) for argument in sys.argv[1:]]
    main(*(asked + [5_000_000, 400_000][len(asked) :]))
