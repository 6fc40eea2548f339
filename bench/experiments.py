"""Reading out an experiment against tea-tasting on DuckDB; and with `truth`, the readings held to the truth in simulation.

    python -m bench.experiments [--units 10000000] [truth]

Ten metrics of three arms from the same table, file and settings, each in a process of its own: seconds of processor and of clock, and
the most memory it held. The estimates must agree to nine digits.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

THREADS = 2
COLUMNS = "sessions orders pages revenue revenue_before bought returned clicks seconds sessions_before".split()
# Name, numerator, denominator, covariate: means, shares and ratios, two of them with a covariate (CUPED).
METRICS = (
    ("sessions", "sessions", None, "sessions_before"),
    ("orders", "orders", None, None),
    ("revenue", "revenue", None, "revenue_before"),
    ("pages", "pages", None, None),
    ("clicks", "clicks", None, None),
    ("bought", "bought", None, None),
    ("returned", "returned", None, None),
    ("orders per session", "orders", "sessions", None),
    ("revenue per order", "revenue", "orders", None),
    ("clicks per page", "clicks", "pages", None),
)
GENERATE = """
CREATE TABLE units AS
WITH kept AS (SELECT (hash(i) % 3)::INTEGER AS variant, -ln(1 - random()) AS keen FROM range({units}) AS t(i)),
came AS (
    SELECT *, 1 + floor(-ln(1 - random()) * keen)::INTEGER AS sessions, 1 + floor(-ln(1 - random()) * keen)::INTEGER AS sessions_before
    FROM kept
),
ordered AS (
    SELECT *, floor(sessions * random() * 0.3)::INTEGER AS orders, floor(sessions_before * random() * 0.3)::INTEGER AS orders_before,
        floor(sessions * (1 + 5 * random()))::INTEGER AS pages
    FROM came
)
SELECT variant, sessions, orders, pages, sessions_before,
    CASE WHEN orders > 0 THEN round(orders * exp(3 + random() * 2) * keen, 2) ELSE 0 END AS revenue,
    CASE WHEN orders_before > 0 THEN round(orders_before * exp(3 + random() * 2) * keen, 2) ELSE 0 END AS revenue_before,
    (orders > 0)::INTEGER AS bought, (random() < 0.02 * orders)::INTEGER AS returned,
    floor(pages * random() * 0.5)::INTEGER AS clicks, round(sessions * 300 * random(), 1) AS seconds
FROM ordered
"""


def ours(path: str) -> list[list[float | None]]:
    """Readings of one look, by the product's own code."""
    from resa.experiments.statistics import Fixed, Measure, Quotient, read, scanning

    measures = [
        Measure("ratio" if below else "mean", x, below, (Quotient(before),) if before else ())
        for _, x, below, before in METRICS
    ]
    connection = duckdb.connect(path, read_only=True, config={"threads": THREADS})

    def ask(sql: str) -> list[dict[str, Any]]:
        answer = connection.execute(sql)
        names = [column[0] for column in answer.description]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]

    arms = scanning.moments(ask, "units", "variant", measures)
    found = []
    for measure in measures:
        for arm in (1, 2):
            reading = read(measure, arms[0], arms[arm], Fixed(logarithmic=True))
            found.append([reading.control.value, *reading.difference, *reading.relative, reading.p])
    return found


def theirs(path: str) -> list[list[float | None]]:
    """The same by tea-tasting. Ibis can't fetch from DuckDB 2 yet, so its SQL is handed to DuckDB as it stands."""
    import ibis
    import tea_tasting as tt

    connection = ibis.duckdb.connect(path, read_only=True, threads=THREADS)
    fetch = lambda table: connection.con.sql(str(ibis.to_sql(table, dialect="duckdb"))).to_arrow_table()  # noqa: E731
    ibis.expr.types.Table.to_pyarrow = fetch
    experiment = tt.Experiment(
        {name: tt.RatioOfMeans(x, below, before) for name, x, below, before in METRICS}, variant="variant"
    )
    results = experiment.analyze(connection.table("units"), control=0, all_variants=True)
    found: list[list[float | None]] = []
    for name, *_ in METRICS:
        for arm in (1, 2):
            one: Any = results[0, arm][name]
            found.append(
                [
                    one.control,
                    one.effect_size,
                    one.effect_size_ci_lower,
                    one.effect_size_ci_upper,
                    one.rel_effect_size,
                    one.rel_effect_size_ci_lower,
                    one.rel_effect_size_ci_upper,
                    one.pvalue,
                ]
            )
    return found


def measured(side: str, path: Path) -> dict[str, Any]:
    """One side in a process of its own."""
    command = [sys.executable, "-m", "bench.experiments", "--side", side, "--path", str(path)]
    return dict(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def read_out(units: int) -> None:
    """Both sides, in turns."""
    with TemporaryDirectory(prefix="resa-") as folder:
        path = Path(folder) / "units.duckdb"
        with duckdb.connect(str(path), config={"threads": THREADS}) as connection:
            connection.execute("SELECT setseed(0.5)")
            connection.execute(GENERATE.format(units=units))
        runs = {side: [measured(side, path) for _ in range(3)] for side in ("theirs", "ours")}
    best = {side: min(some, key=lambda run: run["cpu"]) for side, some in runs.items()}
    print(
        f"{len(METRICS)} metrics x 3 arms, {units:,} units, DuckDB {duckdb.__version__} with {THREADS} threads, best of 3"
    )
    for side, name in (("theirs", "tea-tasting"), ("ours", "Resa")):
        one = best[side]
        print(
            f"{name:12s} {one['cpu']:6.2f} s of processor, {one['clock']:6.2f} s ({one['reading']:.2f} s without imports), {one['memory']:6.0f} MB"
        )
    print(
        "ratio        "
        + ", ".join(
            f"{what} {best['ours'][what] / best['theirs'][what]:.2f}" for what in ("cpu", "clock", "reading", "memory")
        )
    )
    # A difference near 0 has no digits of its own: it is as exact as the values it is between.
    off = max(
        abs(a - b) / max(abs(b), abs(other[0]) if place < 4 else 1.0)
        for mine, other in zip(best["ours"]["found"], best["theirs"]["found"], strict=True)
        for place, (a, b) in enumerate(zip(mine, other, strict=True))
        if a is not None and math.isfinite(b)
    )
    print(f"largest difference of any figure, of the values compared: {off:.1e}")
    assert off < 1e-9, off


def side(name: str, path: str) -> None:
    """What a process of its own prints."""
    began = time.perf_counter()
    found = ours(path) if name == "ours" else theirs(path)
    first = time.perf_counter() - began
    again = time.perf_counter()
    ours(path) if name == "ours" else theirs(path)
    reading = time.perf_counter() - again
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "found": found,
                "cpu": used.ru_utime + used.ru_stime,
                "clock": first,
                "reading": reading,
                "memory": used.ru_maxrss / 1024,
            }
        )
    )


def truth(experiments: int) -> None:
    """The tables of docs/statistics.md."""
    from resa.experiments.statistics.simulation import POPULATIONS, looked_at, sample_ratio_alarms

    methods = ("naive", "fixed", "group_sequential", "always_valid")
    for units in ((2_000, 2_000), (3_600, 400)):
        for lift in (0.0, 0.15):
            print(f"\n{experiments:,} tests x 100 looks, {units[0]:,} and {units[1]:,} units, effect {lift:+.0%}")
            print(
                "| population | "
                + " | ".join(f"{one} called" for one in methods)
                + " | held: difference, ratio (fixed; sequential; always) |"
            )
            for name, population in POPULATIONS.items():
                found = looked_at(population, experiments=experiments, looks=100, units=units, lift=lift, seed=11)
                called = " | ".join(f"{found.called[one]:.1%}" for one in methods)
                held = "; ".join(f"{found.held[one]:.1%}, {found.held_ratio[one]:.1%}" for one in methods[1:])
                print(f"| {name} | {called} | {held} |", flush=True)
    print("\none look at skewed revenue: held (difference, ratio, ratio by logarithms)")
    for units in ((1_000, 1_000), (9_000, 1_000), (1_000, 3_000), (10_000, 10_000)):
        for lift in (0.0, 0.2):
            found = looked_at(POPULATIONS["revenue"], experiments=experiments, looks=1, units=units, lift=lift, seed=12)
            held = (found.held["fixed"], found.held_ratio["fixed"], found.held_ratio["logarithmic"])
            shown = " | ".join(f"{share:.1%}" for share in held)
            print(f"| {units[0]:,} + {units[1]:,} | {lift:+.0%} | {shown} |", flush=True)
    for weights, alarm in (((1.0, 1.0), 0.05), ((1.0, 1.0), 0.001), ((1.0, 2.0, 7.0), 0.01)):
        daily, chi = sample_ratio_alarms(
            experiments=20_000, looks=100, units=50_000, weights=weights, alarm=alarm, seed=13
        )
        print(f"sample ratio {weights}, alarm at {alarm}: sequential {daily:.2%}, chi-square {chi:.2%}")


def main() -> None:
    """Read the arguments."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", nargs="?", choices=["speed", "truth"], default="speed")
    parser.add_argument("--units", type=int, default=10_000_000)
    parser.add_argument("--experiments", type=int, default=5_000)
    parser.add_argument("--side", choices=["ours", "theirs"])
    parser.add_argument("--path")
    told = parser.parse_args(sys.argv[1:] if sys.argv[0].endswith("experiments.py") else [])
    if told.side:
        side(told.side, told.path)
    elif told.what == "truth":
        truth(told.experiments)
    else:
        read_out(told.units)


if __name__ == "__main__":
    main()
