"""The journey index on generated events of a realistic skew: append, seal, compaction, and every question with one run
and with four runs and a head.

    python bench/sequences.py [--events 10000000] [--threads 2] [--folder DIR]
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

import numpy as np

from resa.kernel import sequences
from resa.kernel.identity_map import IdentityMap
from resa.kernel.sequences import Cells, JourneyIndex, Labels, MemoryManifest, Selector, Snapshot

DAY = 86_400_000
START = 1_735_689_600_000  # 2025-01-01
NAMES = 57
STAGES, TOUCHPOINTS = 8, 24
BATCH = 20_000


def generate(events: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Time, code and identity in order of arrival: 28 days, a fiftieth as many identities, most of them seldom, a few often."""
    rng = np.random.default_rng(seed)
    identities = max(1, events // 50)
    identity = np.minimum((identities * rng.power(0.45, events)).astype(np.uint32), identities - 1)
    identity = (identity.astype(np.uint64) * 2_654_435_761 % identities).astype(np.uint32)  # the busy ones anywhere
    clock = START + (np.arange(events) * (28 * DAY / events)).astype(np.int64)
    late = rng.random(events) < 0.02
    clock[late] -= rng.integers(0, DAY, int(late.sum()))
    code = np.minimum(2 + rng.geometric(0.12, events), NAMES + 1).astype(np.uint16)
    return clock, code, identity


def merged(identities: int, share: float, seed: int = 2) -> IdentityMap:
    """A map in which this share of the identities belongs to a smaller one."""
    rng = np.random.default_rng(seed)
    canonical = np.arange(identities, dtype=np.int32)
    movers = np.unique(rng.integers(identities // 2, identities, int(identities * share)))
    canonical[movers] = rng.integers(0, identities // 2, movers.size)
    return IdentityMap(canonical)


def timed(question: Callable[[], object], repeats: int = 7) -> str:
    """Median and best of some runs; CPU time of all threads beside it, which a busy machine disturbs less."""
    taken, used = [], []
    for _ in range(repeats):
        began, cpu = time.perf_counter(), time.process_time()
        question()
        taken.append(time.perf_counter() - began)
        used.append(time.process_time() - cpu)
    return f"{statistics.median(taken) * 1e3:8.1f} ms (best {min(taken) * 1e3:7.1f}, CPU {statistics.median(used) * 1e3:7.1f})"


def ask(snapshot: Snapshot, identities: IdentityMap, threads: int, title: str) -> None:
    """Every question."""
    print(f"\n{title}: {len(snapshot.parts)} parts, {snapshot.events:,} events")
    table = np.zeros(NAMES + 2, np.uint16)
    table[2 : 2 + TOUCHPOINTS * 2] = np.arange(1, TOUCHPOINTS * 2 + 1)  # two cells (channels) for each touchpoint
    cells = Cells(
        [0, *(c * STAGES // (TOUCHPOINTS * 2) for c in range(TOUCHPOINTS * 2))],
        [-1, *(c // 2 for c in range(TOUCHPOINTS * 2))],
    )
    steps = np.zeros(NAMES + 2, np.uint16)
    steps[[3, 6, 9, 12]] = 1, 2, 3, 4
    weeks = START + np.arange(6) * 7 * DAY
    first = snapshot.parts[0]
    busiest, groups = int(first.ids[np.diff(first.offsets).argmax()]), identities.groups.profiles
    member = int(groups[0]) if groups.size else busiest
    names, moves, cohort = Labels(table), Labels(steps), Labels(np.full(NAMES + 2, 3))
    start, end = START + 7 * DAY, START + 21 * DAY
    common = (snapshot, identities)
    questions: dict[str, Callable[[], object]] = {
        "stage walk, everything": lambda: sequences.stage_walk(*common, names, cells, threads=threads).median_time,
        "stage walk, two weeks": lambda: (
            sequences.stage_walk(*common, names, cells, threads=threads, start=start, end=end).median_time
        ),
        "people dropped from a stage": lambda: sequences.stage_people(
            *common, names, cells, Selector.dropped(3), threads=threads
        ).columns(),
        "funnel, 4 steps in 7 days": lambda: sequences.funnel(
            *common, moves, [[1], [2], [3], [4]], 7 * DAY, threads=threads
        ),
        "retention, weekly": lambda: sequences.retention(*common, cohort, weeks, threads=threads),
        "top 50 three-step paths": lambda: sequences.paths(*common, threads=threads).top(50),
        "sessions, 30 min": lambda: sequences.sessions(*common, threads=threads),
        "timeline, 50 newest of the busiest": lambda: sequences.timeline(*common, busiest),
        "timeline, 50 newest of a merged one": lambda: sequences.timeline(*common, member),
        "activity of the busiest": lambda: sequences.profile_activity(*common, busiest),
    }
    for name, question in questions.items():
        question()
        print(f"  {name:38}{timed(question)}")


def build(folder: Path, events: int, *, head: int, runs: int) -> JourneyIndex:
    """Append everything in batches, sealing so that `runs` runs and a head of `head` events remain."""
    clock, code, identity = generate(events)
    index = JourneyIndex.open(folder, MemoryManifest(), seal_events=1 << 60, most_runs=100)
    rows = np.arange(events, dtype=np.int64)
    sealed_each = max(1, -(-(events - head) // runs))
    appending, longest = 0.0, 0.0
    sealing: list[float] = []
    for low in range(0, events, BATCH):
        at = slice(low, min(low + BATCH, events))
        began = time.perf_counter()
        index.append(rows[at], clock[at], code[at], identity[at])
        index.publish()
        taken = time.perf_counter() - began
        appending, longest = appending + taken, max(longest, taken)
        if index.head_events >= sealed_each and len(sealing) < runs:
            began = time.perf_counter()
            index.seal()
            sealing.append(time.perf_counter() - began)
    if head == 0:
        index.seal()
    print(
        f"append {events / appending:,.0f} events/s (batches of {BATCH:,}, published each time; longest {longest * 1000:.0f} ms)"
    )
    print("seal " + ", ".join(f"{seconds:.2f} s" for seconds in sealing) + f" ({sealed_each:,} events each)")
    return index


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", type=Path)
    options, _ = parser.parse_known_args()  # `python -m bench NAME` leaves its names there
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {options.events:,} events, {options.threads} threads"
    )
    began = time.perf_counter()
    sequences.warm()
    print(f"warm {time.perf_counter() - began:.1f} s")
    nobody, some = IdentityMap(), merged(max(4, options.events // 50), 0.05)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        index = build(Path(folder) / "four", options.events, head=min(2_000_000, options.events // 5), runs=4)
        ask(index.snapshot(), nobody, options.threads, "four runs and a head")
        ask(index.snapshot(), some, options.threads, "four runs and a head, 5 % merged")
        index.seal()
        began = time.perf_counter()
        index.compact(everything=True)
        print(
            f"\ncompaction into one run {time.perf_counter() - began:.2f} s, {sum(run.size for run in index.runs) / 1e6:.0f} MB"
        )
        ask(index.snapshot(), nobody, options.threads, "one run")
        ask(index.snapshot(), some, options.threads, "one run, 5 % merged")
        began = time.perf_counter()
        index.erase(7)
        print(f"\nerasure of one identity {(time.perf_counter() - began) * 1000:.1f} ms")
    print(
        f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB (the generated events included)"
    )


if __name__ == "__main__":
    main()
