"""A hundred thousand customers: bounded memory, and the time it takes is said."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pytest

from resa.kernel.events import SCHEMA
from resa.predictions.personas import features, finding
from tests.personas.conftest import YEAR, opened
from tests.personas.planted import CATEGORIES, DAY, HOUR, NOW

CUSTOMERS = 100_000
VISITS = 12


def events(dice: np.random.Generator) -> tuple[pa.Table, np.ndarray]:
    """A table of so many customers of three habits, as it lands in the body."""
    kind = dice.integers(0, 3, CUSTOMERS)
    identity = np.repeat(np.arange(CUSTOMERS, dtype=np.uint32), VISITS)
    of, rows = kind[identity], len(identity)
    hour = np.array([20, 8, 13])[of] + dice.normal(0, 1.2, rows)
    day = dice.integers(1, np.array([170, 60, 160])[of])
    time = NOW - day * DAY + (hour * HOUR).astype(np.int64)
    paid = dice.random(rows) < np.array([0.35, 0.5, 0.6])[of]
    price = np.array([40.0, 15.0, 120.0])[of] * dice.uniform(0.6, 1.4, rows)
    channel = np.where(dice.random(rows) < 0.9, np.array(["web", "app", "store"])[of], "web")
    said = {
        "row": np.arange(rows),
        "identity": identity,
        "profile_then": identity,
        "code": np.where(paid, 3, 2).astype(np.uint16),
        "message_id": np.arange(rows).astype(str),
        "type": np.full(rows, "track"),
        "name": np.where(paid, "Order Completed", "Product Viewed"),
        "time": time,
        "received_at": time,
        "channel": channel,
        "source": np.full(rows, "test"),
        "properties": np.array([f'{{"category": "{name}"}}' for name in CATEGORIES])[of],
        "context": np.full(rows, "{}"),
    }
    money = [f"{one:.2f}" if buys else None for one, buys in zip(price, paid, strict=True)]
    columns = {
        **{name: pa.array(values) for name, values in said.items()},
        **{name: pa.array(np.zeros(rows, np.bool_)) for name in ("bot", "simulated")},
        "verified": pa.array(np.ones(rows, np.bool_)),
        "revenue": pa.array(money, pa.string()),
        "currency": pa.array(["EUR" if buys else None for buys in paid], pa.string()),
    }
    arrays = [
        columns[field.name].cast(field.type) if field.name in columns else pa.nulls(rows, field.type)
        for field in SCHEMA
    ]
    return pa.Table.from_arrays(arrays, schema=SCHEMA), kind


@contextmanager
def peak() -> Iterator[list[int]]:
    """By how many bytes the process grew at most meanwhile, looked at every 10 ms."""
    process, done = psutil.Process(), threading.Event()
    before, grown = process.memory_info().rss, [0]

    def watch() -> None:
        while not done.wait(0.01):
            grown[0] = max(grown[0], process.memory_info().rss - before)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield grown
    finally:
        done.set()
        watcher.join()


@pytest.mark.full
def test_a_hundred_thousand_customers_are_searched_in_bounded_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from sklearn.metrics import adjusted_rand_score

    monkeypatch.setattr(features, "RANGE", 30_000)  # so that several ranges are placed
    table, kind = events(np.random.default_rng(1))
    workspace = opened(tmp_path / "data")
    for start in range(0, table.num_rows, 200_000):
        workspace.body.land(table.slice(start, 200_000))
    del table
    with peak() as grown_to:
        outcome = finding.find(workspace, YEAR, seed=1)
    grown = grown_to[0] / 2**20
    workspace.close()
    with capsys.disabled():
        print(f"\n{CUSTOMERS:,} customers: {outcome.result.seconds:g} s, {grown:.0f} MB more at the peak")
    assert outcome.assigned is not None
    assert adjusted_rand_score(kind[outcome.assigned.profiles], outcome.assigned.kind) > 0.95
    assert outcome.result.customers == CUSTOMERS
    assert grown < 700
