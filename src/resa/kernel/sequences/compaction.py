"""Which runs to join next: few per month, and few in all, since each one costs every question a little."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from resa.kernel.sequences.manifest import RunInfo

RATIO: Final = 3  # a run is joined with younger ones once they are a third of it
MOST_EVENTS: Final = 1_000_000_000  # a run's lists are counted in 31 bits


def due(runs: Sequence[RunInfo], most_runs: int) -> tuple[RunInfo, ...]:
    """The runs to join into one next; empty if there is nothing worth doing."""
    for _, of_month in groupby(sorted(runs, key=lambda run: (run.month, run.min_row)), key=lambda run: run.month):
        if young := _outgrown(list(of_month)):
            return young
    return _cheapest(sorted(runs, key=lambda run: (run.min_time, run.min_row)), len(runs) - most_runs + 1)


def _outgrown(runs: list[RunInfo]) -> tuple[RunInfo, ...]:
    """The youngest runs of a month, back to the first that is much larger than all after it together."""
    at, events = len(runs) - 1, runs[-1].events
    while at > 0 and runs[at - 1].events < RATIO * events and events + runs[at - 1].events <= MOST_EVENTS:
        at -= 1
        events += runs[at].events
    return tuple(runs[at:]) if len(runs) - at > 1 else ()


def _cheapest(runs: list[RunInfo], width: int) -> tuple[RunInfo, ...]:
    """Of the runs in order of time, `width` neighbours with the fewest events."""
    if width < 2:
        return ()
    windows = [tuple(runs[at : at + width]) for at in range(len(runs) - width + 1)]
    best = min(windows, key=lambda window: sum(run.events for run in window))
    return best if sum(run.events for run in best) <= MOST_EVENTS else ()
