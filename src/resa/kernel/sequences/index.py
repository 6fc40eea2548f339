"""The journey index: sealed runs on disk, the head in memory, and what moves events from one to the other.

Every row below the watermark is in exactly one run, every row from it on only in the head. After a restart the
caller appends the rows from the watermark on again. Appending is for one thread, maintenance (seal, compact,
erase) for any one at a time, snapshots for all.
"""

from __future__ import annotations

import threading
import time as clock
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from resa.kernel import crash
from resa.kernel.identity_map import IdentityMap
from resa.kernel.sequences import compaction, parts, runs, walk
from resa.kernel.sequences.manifest import Manifest, RunInfo
from resa.kernel.sequences.parts import ALWAYS, NEVER, Array, Part
from resa.kernel.sequences.runs import Run
from resa.kernel.sequences.walk import Labels, Reading, Snapshot

_NOBODY: Final = IdentityMap()
_CODES: Final = Labels.codes()


class Batch(NamedTuple):
    """Events in order of arrival, not yet sorted."""

    row: Array
    time: Array
    code: Array
    identity: Array


class _View(NamedTuple):
    runs: tuple[Run, ...]
    frozen: tuple[Part, ...]  # being sealed
    large: Part | None  # L1
    small: Part | None  # L0
    watermark: int
    next_row: int

    @property
    def head(self) -> tuple[Part, ...]:
        return (*self.frozen, *(part for part in (self.large, self.small) if part))

    @property
    def loose(self) -> int:
        return sum(part.events for part in self.head)


class JourneyIndex:
    """See the module; `open` it."""

    def __init__(
        self,
        folder: Path,
        manifest: Manifest,
        *,
        seal_events: int,
        seal_seconds: float,
        fold_events: int,
        most_runs: int,
        crash_point: Callable[[str], None],
    ) -> None:
        self.folder = folder
        self._manifest = manifest
        self._seal_events, self._seal_seconds, self._fold_events, self._most_runs = (
            seal_events,
            seal_seconds,
            fold_events,
            most_runs,
        )
        self._crash_point = crash_point
        self._head = (
            threading.Lock()
        )  # guards `_view` against lost changes, and `_pending`; never held while writing files
        self._maintenance = threading.Lock()
        self._pending: list[Batch] = []
        self._pending_events = 0
        self._next_row = 0
        self._since = clock.monotonic()
        self._doubtful = False  # a commit failed, and whether it did its work couldn't be asked
        self._view = _View((), (), None, None, 0, 0)

    @classmethod
    def open(
        cls,
        folder: Path,
        manifest: Manifest,
        *,
        seal_events: int = 2_000_000,
        seal_seconds: float = 600,
        fold_events: int = 200_000,
        most_runs: int = 6,
        crash_point: Callable[[str], None] = crash.reached,
    ) -> JourneyIndex:
        """Map the runs of the manifest and remove what a crash left behind. Raises `DamagedRun`."""
        folder.mkdir(parents=True, exist_ok=True)
        index = cls(
            folder,
            manifest,
            seal_events=seal_events,
            seal_seconds=seal_seconds,
            fold_events=fold_events,
            most_runs=most_runs,
            crash_point=crash_point,
        )
        infos, watermark = manifest.load()
        index._remove_orphans({info.name for info in infos})
        index._view = _View(tuple(Run.open(folder, info) for info in infos), (), None, None, watermark, watermark)
        index._next_row = watermark
        return index

    @classmethod
    def reset(cls, folder: Path, manifest: Manifest) -> None:
        """Forget every run, so that the index is rebuilt from the events."""
        infos, _ = manifest.load()
        manifest.replace([info.name for info in infos], [], 0)
        for info in infos:
            (folder / info.name).unlink(missing_ok=True)

    @property
    def watermark(self) -> int:
        """Rows below are sealed; the caller appends those from here on again after a restart."""
        return self._view.watermark

    @property
    def runs(self) -> tuple[RunInfo, ...]:
        """What is sealed."""
        return tuple(run.info for run in self._view.runs)

    @property
    def next_row(self) -> int:
        """Rows below are in the index."""
        return self._next_row

    @property
    def head_events(self) -> int:
        """Events that are in memory only."""
        return self._view.loose + self._pending_events

    # --- the head ---

    def append(self, row: Array, time: Array, code: Array, identity: Array) -> None:
        """Take one batch, rows ascending; rows already known are passed over, those of code 0 kept out."""
        if not row.size:
            return
        batch = Batch(
            np.asarray(row, np.int64),
            np.asarray(time, np.int64),
            np.asarray(code, np.uint16),
            np.asarray(identity, np.uint32),
        )
        keep = (batch.row >= self._next_row) & (batch.code != 0)
        with self._head:
            if not keep.all():
                batch = Batch(*(column[keep] for column in batch))
            self._pending.append(batch)
            self._pending_events += batch.row.size
            self._next_row = max(self._next_row, int(row[-1]) + 1)
            if self._pending_events >= self._fold_events // 4:
                self._publish()

    def publish(self) -> None:
        """Make what was appended visible. A snapshot does so itself; to do it here keeps the work out of a question's time."""
        with self._head:
            self._publish()

    def snapshot(self) -> Snapshot:
        """Everything appended so far, for questions."""
        if self._view.next_row != self._next_row:
            self.publish()
        view = self._view
        return Snapshot(
            (*(run.part for run in view.runs), *view.head), watermark=view.watermark, next_row=view.next_row
        )

    def _publish(self) -> None:
        view = self._view
        if self._pending_events:
            columns = (np.concatenate(column) for column in zip(*self._pending, strict=True))
            fresh = parts.of_events(*columns)
            small = joined((view.small, fresh)) if view.small else fresh
            if small.events >= self._fold_events:
                view = view._replace(large=joined((view.large, small)) if view.large else small, small=None)
            else:
                view = view._replace(small=small)
        self._pending, self._pending_events = [], 0
        self._view = view._replace(next_row=self._next_row)

    # --- maintenance ---

    def maintain(self) -> None:
        """Seal and compact when due; call it every second or so from a thread of its own."""
        waiting = self._next_row - self.watermark
        if waiting and (self.head_events >= self._seal_events or clock.monotonic() - self._since >= self._seal_seconds):
            self.seal()
        while self.compact():
            pass

    def seal(self) -> None:
        """Move the head into runs, one for each calendar month."""
        with self._maintenance:
            self._prepare()
            with self._head:
                self._publish()
                view = self._view = self._view._replace(frozen=self._view.head, large=None, small=None)
            self._since = clock.monotonic()
            if view.next_row == view.watermark:
                return
            made = [
                written for month in _months(view.frozen) if (written := self._write(view.frozen, *month, point="seal"))
            ]
            added = self._commit((), made, view.next_row, "seal")
            with self._head:
                now = self._view
                self._view = now._replace(runs=(*now.runs, *added), frozen=(), watermark=view.next_row)
            self._crash_point("seal.after-swap")

    def compact(self, *, everything: bool = False) -> bool:
        """Join the runs that are due, if any (or all there are); says whether it did."""
        with self._maintenance:
            self._prepare()
            view = self._view
            names = {run.name for run in (self.runs if everything else compaction.due(self.runs, self._most_runs))}
            old = tuple(run for run in view.runs if run.info.name in names)
            if not old:
                return False
            made = self._write(tuple(run.part for run in old), ALWAYS, NEVER, point="compact")
            added = self._commit(tuple(run.info.name for run in old), [made] if made else [], view.watermark, "compact")
            with self._head:
                self._view = self._view._replace(
                    runs=(*(run for run in self._view.runs if run.info.name not in names), *added)
                )
            self._crash_point("compact.after-swap")
            self._unlink(run.info.name for run in old)
            return True

    def erase(self, identity: int) -> None:
        """Overwrite the events of `identity` in head and runs. Its tombstone in the identity map must stand before."""
        with self._maintenance:
            self._prepare()
            with self._head:
                self._publish()
                for part in self._view.head:
                    part.scrub(identity)
            for run in self._view.runs:
                run.scrub(identity)

    def _write(self, sources: tuple[Part, ...], start: int, end: int, *, point: str) -> RunInfo | None:
        self._crash_point(f"{point}.before-write")
        builder = gathered(sources, start, end)
        part = builder.part()
        if not part.events:
            return None
        info = runs.write(self.folder, part, builder.info())
        self._crash_point(f"{point}.after-write")
        return info

    def _commit(self, removed: Sequence[str], made: Sequence[RunInfo], watermark: int, point: str) -> tuple[Run, ...]:
        """Names, folder, opened and checked, manifest: in this order."""
        runs.finish(self.folder, made)
        self._crash_point(f"{point}.after-rename")
        runs.settle(self.folder)
        opened = tuple(Run.open(self.folder, info) for info in made)
        self._crash_point(f"{point}.before-manifest")
        self._replace(removed, made, watermark)
        self._crash_point(f"{point}.after-manifest")
        self._crash_point(f"{point}.before-swap")
        return opened

    def _replace(self, removed: Sequence[str], made: Sequence[RunInfo], watermark: int) -> None:
        """Change the manifest; where the commit's fate is unknown (a connection lost), look."""
        self._doubtful = True
        try:
            self._manifest.replace(removed, made, watermark)
        except Exception:
            infos, saved = self._manifest.load()
            if saved != watermark or not {run.name for run in made} <= {run.name for run in infos}:
                self._doubtful = False
                self._unlink(run.name for run in made)
                raise
        self._doubtful = False

    def _prepare(self) -> None:
        """Before files are written: remove what a failed attempt left, and settle the fate of its commit if it is in doubt."""
        for path in self.folder.glob(f"*{runs.UNFINISHED}"):
            path.unlink()
        if self._doubtful:
            infos, saved = self._manifest.load()
            opened = tuple(Run.open(self.folder, info) for info in infos)
            with self._head:
                sealed = saved != self._view.watermark
                frozen = () if sealed else self._view.frozen
                self._view = self._view._replace(runs=opened, frozen=frozen, watermark=saved)
            self._remove_orphans({info.name for info in infos})
            self._doubtful = False

    def _unlink(self, names: Iterator[str]) -> None:
        for name in names:
            with suppress(FileNotFoundError):
                (self.folder / name).unlink()
        runs.settle(self.folder)

    def _remove_orphans(self, known: set[str]) -> None:
        found = [path.name for path in self.folder.iterdir() if path.name.endswith((runs.SUFFIX, runs.UNFINISHED))]
        if orphans := [name for name in found if name not in known]:
            self._unlink(iter(orphans))


def gathered(sources: tuple[Part, ...], start: int = ALWAYS, end: int = NEVER) -> runs.Builder:
    """The events of several parts in [start, end) as one; what an erasure scrubbed is left behind."""
    chosen = tuple(part for part in sources if part.events and part.min_time < end and part.max_time >= start)
    counts = [events_within(part, start, end) for part in chosen]
    bounds = runs.Bounds(
        min_time=max(start, min((part.min_time for part in chosen), default=0)),
        max_time=min(end - 1, max((part.max_time for part in chosen), default=0)),
        min_row=min((row_bounds(part)[0] for part in chosen), default=0),
        max_row=max((row_bounds(part)[1] for part in chosen), default=0),
    )
    builder = runs.Builder(
        sum(counts), sum(min(count, part.ids.size) for count, part in zip(counts, chosen, strict=True)), bounds
    )
    for block in walk.blocks(Reading(chosen, _NOBODY.groups, _NOBODY.hidden, _CODES, start, end)):
        builder.add(block)
    return builder


def events_within(part: Part, start: int, end: int) -> int:
    """How many events of `part` lie in [start, end), at most."""
    if part.min_time >= start and part.max_time < end:
        return part.events
    time = part.time
    return int(np.count_nonzero((time >= start - part.base_time) & (time < end - part.base_time)))


def row_bounds(part: Part) -> tuple[int, int]:
    """The smallest and largest row of `part`; what was scrubbed counts as it reads."""
    return part.base_row + int(part.row.min()), part.base_row + int(part.row.max())


def joined(sources: tuple[Part, ...]) -> Part:
    """Several parts of the head as one."""
    return gathered(sources).part()


def _months(head: tuple[Part, ...]) -> list[tuple[int, int]]:
    """The calendar months [start, end) in ms that these parts have events in."""
    months: set[str] = set()
    for part in head:
        if runs.month_of(part.min_time) == runs.month_of(part.max_time):
            months.add(runs.month_of(part.min_time))
            continue
        month = (
            (part.time.astype(np.int64) + part.base_time)
            .astype("datetime64[ms]")
            .astype("datetime64[M]")
            .astype(np.int64)
        )
        present = np.flatnonzero(np.bincount(month - month.min())) + month.min()
        months.update(str(name) for name in present.astype("datetime64[M]"))
    return [runs.month_range(month) for month in sorted(months)]
