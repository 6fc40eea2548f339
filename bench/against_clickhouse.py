"""Questions of the journey index against ClickHouse (PyPI `chdb`), on the same generated events, in one process.

    python bench/against_clickhouse.py [--events 5000000] [--threads 2] [--merged 50000] [--folder DIR]

ClickHouse gets a MergeTree ordered by profile and time with properties as typed columns, its merged customers renumbered
already (it has no other way to apply a merge at read that is as fast), and the better of aggregation in order and not. Resa
gets a store as it looks in life: four runs, a head, merges applied as it reads; then once more compacted into one run.
Properties are JSON in its body: the first look at a filtered question, which later ones are spared, is shown beside it.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from chdb.session import Session

from bench.sequences import DAY, NAMES, START, build, generate, merged
from resa.analytics import bits
from resa.kernel import sequences
from resa.kernel.body.duck import DuckBody
from resa.kernel.events import SCHEMA
from resa.kernel.identity_map import IdentityMap
from resa.kernel.lens import Lens
from resa.kernel.matching import Condition, Match
from resa.kernel.periods import Period
from resa.kernel.sequences import Labels, LabelStore, Snapshot, ValueStore

STEPS = (3, 6, 9, 12)
WINDOW = 7 * DAY
PLANS = ("free", "basic", "plus", "pro")
GAP = 30 * 60 * 1000
BATCH = 500_000
REPEATS = 5


def said(events: int, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Two properties of each event: a price, and one of a few plans."""
    rng = np.random.default_rng(seed)
    return rng.integers(1, 100, events), rng.choice(len(PLANS), events, p=(0.6, 0.25, 0.1, 0.05))


def fastest(question: Callable[[], Any]) -> tuple[float, float]:
    """Milliseconds of the first run and the median of some more."""
    taken = []
    for _ in range(REPEATS + 1):
        began = time.perf_counter()
        question()
        taken.append((time.perf_counter() - began) * 1000)
    return taken[0], statistics.median(taken[1:])


# -- ClickHouse ----------------------------------------------------------------------------------------------------

_FUNNEL = "windowFunnel({window})(time, {steps}) AS level FROM events WHERE code IN (3, 6, 9, 12) GROUP BY profile"
_PLAIN = ", ".join(f"code = {code}" for code in STEPS)
_FILTERED = "code = 3 AND price > 50, code = 6, code = 9 AND plan = 'free', code = 12"
_ORDERED = "(SELECT profile, time, code FROM events ORDER BY profile, time, number)"

CLICKHOUSE = {
    "funnel, 4 steps in 7 days": (
        f"SELECT level, count() FROM (SELECT profile, {_FUNNEL.format(window=WINDOW, steps=_PLAIN)}) GROUP BY level"
    ),
    "top 50 three-step paths": (
        "SELECT path, count() AS times, uniqExact(profile) FROM (SELECT profile, arrayCompact(groupArray(code)) AS c, "
        "arrayJoin(arrayZip(arraySlice(c, 1, length(c) - 2), arraySlice(c, 2, length(c) - 2), arraySlice(c, 3))) AS path "
        f"FROM {_ORDERED} GROUP BY profile HAVING length(c) > 2) GROUP BY path ORDER BY times DESC, path LIMIT 50"
    ),
    "retention, weekly": (
        f"SELECT first, week - first AS later, count() FROM (SELECT profile, groupUniqArray(intDiv(time - {START}, {7 * DAY})) "
        f"AS weeks, arrayMin(weeks) AS first FROM events WHERE time >= {START} GROUP BY profile) "
        "ARRAY JOIN weeks AS week GROUP BY first, later"
    ),
    "sessions, 30 min": (
        f"SELECT sum(n) FROM (SELECT 1 + arrayCount(gap -> gap > {GAP}, arrayDifference(groupArray(time))) AS n "
        f"FROM {_ORDERED} GROUP BY profile)"
    ),
    "funnel with two filtered steps": (
        f"SELECT level, count() FROM (SELECT profile, {_FUNNEL.format(window=WINDOW, steps=_FILTERED)}) GROUP BY level"
    ),
    "funnel by a property": (
        "SELECT said, level, count() FROM (SELECT profile, argMinIf(plan, time, code = 3) AS said, "
        f"{_FUNNEL.format(window=WINDOW, steps=_PLAIN)}) GROUP BY said, level"
    ),
}


class ClickHouse:
    """The events in a MergeTree."""

    def __init__(self, folder: Path, columns: dict[str, Any], threads: int) -> None:
        made: Any = Session  # its functions have no types
        self.session = made(str(folder))
        self.session.query("CREATE DATABASE IF NOT EXISTS bench ENGINE = Atomic")
        self.session.query("USE bench")
        self.session.query(
            "CREATE TABLE events (number UInt64, profile UInt32, time UInt64, code UInt16, price UInt16, "
            "plan LowCardinality(String)) ENGINE = MergeTree ORDER BY (profile, time)"
        )
        file = folder.parent / "events.parquet"
        pq.write_table(pa.table(columns), file)
        self.session.query(f"INSERT INTO events SELECT * FROM file('{file}', Parquet)")
        self.session.query("OPTIMIZE TABLE events FINAL")
        file.unlink()
        self._threads = threads

    def ask(self, sql: str, *, in_order: bool) -> str:
        """The answer as text."""
        settings = f"SETTINGS max_threads = {self._threads}, optimize_aggregation_in_order = {int(in_order)}"
        return str(self.session.query(f"{sql} {settings}", "CSV"))

    def best(self, sql: str) -> tuple[float, float]:
        """First and usual time, of the better way."""
        ways = [fastest(lambda in_order=way: self.ask(sql, in_order=in_order)) for way in (False, True)]  # type: ignore[misc]
        return min(ways, key=lambda way: way[1])


# -- Resa ----------------------------------------------------------------------------------------------------------


def body_of(path: Path, clock: np.ndarray, code: np.ndarray, identity: np.ndarray, properties: Any) -> DuckBody:
    """A body with the events and their properties as JSON."""
    body = DuckBody(path)
    price, plan = properties
    for low in range(0, clock.size, BATCH):
        at = slice(low, min(low + BATCH, clock.size))
        rows = np.arange(at.start, at.stop)
        texts = [f'{{"price": {p}, "plan": "{PLANS[n]}"}}' for p, n in zip(price[at], plan[at], strict=True)]
        known: dict[str, Any] = {
            "row": rows,
            "identity": identity[at],
            "profile_then": identity[at],
            "code": code[at],
            "message_id": rows.astype(str),
            "type": ["track"] * rows.size,
            "name": [f"n{number}" for number in code[at]],
            "time": clock[at],
            "received_at": clock[at],
            "channel": ["web"] * rows.size,
            "source": ["shop"] * rows.size,
            "bot": np.zeros(rows.size, bool),
            "simulated": np.zeros(rows.size, bool),
            "verified": np.ones(rows.size, bool),
            "properties": texts,
            "context": ["{}"] * rows.size,
        }
        arrays = [pa.array(known[f.name], f.type) if f.name in known else pa.nulls(rows.size, f.type) for f in SCHEMA]
        body.land(pa.Table.from_arrays(arrays, schema=SCHEMA))
    return body


def filtered_label() -> str:
    """The two filtered steps and the two plain ones, as the product's own labels."""
    steps = [Match(name=f"n{code}") for code in STEPS]
    steps[0] = Match(name="n3", where=[Condition(property="price", op="greater", value=50)])
    steps[2] = Match(name="n9", where=[Condition(property="plan", op="is", value="free")])
    return bits.with_variant([[step] for step in steps], "duckdb")


class Resa:
    """The questions, asked of one snapshot."""

    def __init__(self, snapshot: Snapshot, identities: IdentityMap, body: DuckBody, threads: int) -> None:
        self.snapshot, self.identities, self.threads = snapshot, identities, threads
        self.labels, self.values = LabelStore(body), ValueStore(body)
        table = np.zeros(NAMES + 2, np.uint16)
        table[list(STEPS)] = 1, 2, 4, 8
        self.bits = Labels(table)

    def questions(self) -> dict[str, Callable[[], Any]]:
        """By the names of ClickHouse's."""
        common, threads = (self.snapshot, self.identities), self.threads
        numbers, weeks = np.zeros(NAMES + 2, np.uint16), START + np.arange(6) * 7 * DAY
        numbers[list(STEPS)] = 1, 2, 3, 4
        every, four = Labels(np.full(NAMES + 2, 3)), [[1], [2], [3], [4]]
        return {
            "funnel, 4 steps in 7 days": lambda: (
                sequences.funnel(*common, Labels(numbers), four, WINDOW, threads=threads).reached
            ),
            "the same with times and people": lambda: self._chained(self.snapshot, self.bits),
            "top 50 three-step paths": lambda: sequences.paths(*common, threads=threads).top(50),
            "retention, weekly": lambda: sequences.retention(*common, every, weeks, threads=threads),
            "sessions, 30 min": lambda: sequences.sessions(*common, gap=GAP, threads=threads).sessions,
            "funnel with two filtered steps": self._filtered,
            "funnel by a property": self._by_plan,
        }

    def _chained(self, snapshot: Snapshot, labels: Labels) -> Any:
        return sequences.chains(snapshot, self.identities, labels, 4, WINDOW, threads=self.threads).chained()

    def _filtered(self) -> Any:
        snapshot = self.labels.labelled(filtered_label(), self.snapshot)
        return self._chained(snapshot, Labels(bits.of_variants(4, Lens(Period(0, 1)))))

    def _by_plan(self) -> Any:
        values = self.values.valued("name = 'n3'", "properties ->> 'plan'", self.snapshot.next_row)
        chained = self._chained(self.snapshot, self.bits)
        said_of = values.rows[chained.start_row]
        return {number: np.bincount(chained.level[said_of == number]) for number in np.unique(said_of).tolist()}


def same(ours: Resa, theirs: ClickHouse) -> None:
    """Stop where the two count differently what both count alike."""
    reached = ours.questions()["funnel, 4 steps in 7 days"]().tolist()
    lines = theirs.ask(CLICKHOUSE["funnel, 4 steps in 7 days"], in_order=False).split()
    levels = [(int(level), int(n)) for level, n in (line.split(",") for line in lines)]
    deeper = [sum(n for level, n in levels if level > step) for step in range(4)]
    print(f"customers by step: Resa {reached}, ClickHouse {deeper}")
    sessions = int(theirs.ask(CLICKHOUSE["sessions, 30 min"], in_order=False))
    print(f"sessions: Resa {ours.questions()['sessions, 30 min']()}, ClickHouse {sessions}")


def table(ours: Resa, theirs: dict[str, tuple[float, float]], title: str) -> None:
    """One line for each question."""
    print(f"\n{title}: {len(ours.snapshot.parts)} parts, {ours.snapshot.events:,} events")
    print(f"  {'question':34}{'Resa':>10}{'first':>10}{'ClickHouse':>12}{'first':>10}{'ratio':>8}")
    for name, question in ours.questions().items():
        first, usual = fastest(question)
        begun, rival = theirs.get(name, theirs["funnel, 4 steps in 7 days"])
        print(f"  {name:34}{usual:10.1f}{first:10.1f}{rival:12.1f}{begun:10.1f}{usual / rival:8.2f}")


def main() -> None:
    """Print the figures, in ms."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--merged", type=int, default=50_000)
    parser.add_argument("--folder", type=Path)
    options, _ = parser.parse_known_args()  # `python -m bench NAME` leaves its names there
    events, threads = options.events, options.threads
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {events:,} events, {threads} threads"
    )
    sequences.warm()
    clock, code, identity = generate(events)
    people = max(4, events // 50)
    identities = merged(people, min(0.4, options.merged / people))
    print(f"{people:,} identities, {int(identities.moved()[0].size):,} of them merged")
    price, plan = said(events)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        where = Path(folder)
        index = build(where / "runs", events, head=min(2_000_000, events // 5), runs=4)
        body = body_of(where / "body.duckdb", clock, code, identity, (price, plan))
        profile = np.array([identities.profile(number) for number in range(people)], np.uint32)[identity]
        columns = {"number": np.arange(events), "profile": profile, "time": clock, "code": code, "price": price}
        (where / "clickhouse").mkdir()
        rival = ClickHouse(where / "clickhouse", {**columns, "plan": [PLANS[n] for n in plan]}, threads)
        theirs = {name: rival.best(sql) for name, sql in CLICKHOUSE.items()}
        ours = Resa(index.snapshot(), identities, body, threads)
        same(ours, rival)
        table(ours, theirs, "four runs and a head, merges applied as it reads")
        index.seal()
        index.compact(everything=True)
        table(Resa(index.snapshot(), identities, body, threads), theirs, "one run, merges applied as it reads")
        body.close()
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB, everything included")


if __name__ == "__main__":
    main()
