"""The journey index as a thing on disk: what a crash, a damaged file, a slow disk's neighbour thread may do to it."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from resa.kernel.identity_map import IdentityMap
from resa.kernel.sequences import (
    Cells,
    DamagedRun,
    JourneyIndex,
    Labels,
    MemoryManifest,
    RunInfo,
    Snapshot,
    StateManifest,
    compaction,
    journey,
    sessions,
    stage_walk,
    timeline,
)
from resa.kernel.sequences.runs import month_range
from resa.kernel.state import State, sqlite_url
from tests.sequences.histories import POINTS

NOBODY = IdentityMap()
JANUARY, FEBRUARY = month_range("2026-01")
DAY = 86_400_000


def append(
    index: JourneyIndex, times: Sequence[int], identity: int | Sequence[int] = 1, *, first: int | None = None
) -> None:
    """One event (code 2) per time."""
    row = np.arange(len(times)) + (index.next_row if first is None else first)
    index.append(row, np.array(times), np.full(len(times), 2), np.broadcast_to(np.asarray(identity), len(times)))


def rows(snapshot: Snapshot, profile: int = 1) -> list[int]:
    """The rows of a profile's journey, oldest first."""
    found: list[int] = journey(snapshot, NOBODY, profile)[2].tolist()
    return found


# --- the head and its sealing ---


def test_what_was_appended_is_in_the_next_snapshot_and_not_in_an_older_one(tmp_path: Path) -> None:
    index = JourneyIndex.open(tmp_path, MemoryManifest())
    append(index, [JANUARY])
    before = index.snapshot()
    append(index, [JANUARY + 1])
    assert (rows(before), rows(index.snapshot())) == ([0], [0, 1])
    assert (before.next_row, index.snapshot().next_row) == (1, 2)


def test_a_seal_makes_one_run_per_calendar_month(tmp_path: Path) -> None:
    index = JourneyIndex.open(tmp_path, MemoryManifest())
    append(index, [FEBRUARY, JANUARY, FEBRUARY - 1, FEBRUARY + 1])
    index.seal()
    assert {(run.month, run.events, run.min_time, run.max_time) for run in index.runs} == {
        ("2026-01", 2, JANUARY, FEBRUARY - 1),
        ("2026-02", 2, FEBRUARY, FEBRUARY + 1),
    }
    assert (index.watermark, index.head_events) == (4, 0)


def test_a_run_is_an_arrow_file_anyone_can_read(tmp_path: Path) -> None:
    index = JourneyIndex.open(tmp_path, MemoryManifest())
    append(index, [JANUARY + 5, JANUARY + 3], [9, 4])
    index.seal()
    table = pa.ipc.open_file(pa.memory_map(str(tmp_path / index.runs[0].name))).read_all()
    assert table.column("identity").to_pylist() == [4, 9]
    assert table.column("events").to_pylist() == [
        [{"time": 0, "code": 2, "row": 1}],
        [{"time": 2, "code": 2, "row": 0}],
    ]
    assert (table.schema.metadata[b"base_time"], table.schema.metadata[b"tick"]) == (str(JANUARY + 3).encode(), b"ms")


def test_bots_are_kept_out_but_the_watermark_passes_them(tmp_path: Path) -> None:
    index = JourneyIndex.open(tmp_path, MemoryManifest())
    index.append(np.arange(3), np.full(3, JANUARY), np.array([0, 0, 0]), np.arange(3))
    index.seal()
    assert (index.runs, index.watermark, index.snapshot().next_row) == ((), 3, 3)


def test_maintenance_seals_by_number_and_by_age(tmp_path: Path) -> None:
    by_number = JourneyIndex.open(tmp_path / "number", MemoryManifest(), seal_events=3)
    append(by_number, [JANUARY] * 2)
    by_number.maintain()
    assert by_number.watermark == 0
    append(by_number, [JANUARY])
    by_number.maintain()
    assert by_number.watermark == 3
    by_age = JourneyIndex.open(tmp_path / "age", MemoryManifest(), seal_seconds=0)
    append(by_age, [JANUARY])
    by_age.maintain()
    assert by_age.watermark == 1


@pytest.mark.parametrize(
    ("times", "first"),
    [
        ([JANUARY, JANUARY + 400 * DAY + 1, JANUARY + 4000 * DAY], 0),  # longer than u32 counts in ms
        ([-(60 * 365 * DAY), -1, 0, 1], 0),  # before 1970
        ([JANUARY, JANUARY + 1], (1 << 40) + 3),
    ],
    ids=["ten years", "before 1970", "rows beyond u32"],
)
def test_no_millisecond_and_no_row_is_lost_to_a_narrow_type(tmp_path: Path, times: list[int], first: int) -> None:
    index = JourneyIndex.open(tmp_path, MemoryManifest())
    append(index, times, first=first)
    expected = list(zip(reversed(times), range(first + len(times) - 1, first - 1, -1), strict=True))
    for change in (lambda: None, index.seal, lambda: index.compact(everything=True)):
        change()
        time, row = timeline(index.snapshot(), NOBODY, 1)
        assert list(zip(time.tolist(), row.tolist(), strict=True)) == expected


# --- runs ---


def test_years_of_months_come_down_to_six_runs(tmp_path: Path) -> None:
    index = JourneyIndex.open(tmp_path, MemoryManifest())
    for month in range(30):
        append(index, [month_range("2024-01", month)[0]] * (20 + month % 7))
        index.seal()
        index.maintain()
        assert len(index.runs) <= 6
    assert sum(run.events for run in index.runs) == index.next_row
    assert rows(index.snapshot()) == list(range(index.next_row))


def test_a_run_is_joined_with_younger_ones_only_when_they_are_not_much_smaller() -> None:
    def run(events: int, number: int) -> RunInfo:
        return RunInfo(str(number), "2026-01", events, 1, 0, 0, number, number, 0)

    assert compaction.due([run(100, 0), run(10, 1)], 6) == ()
    assert compaction.due([run(100, 0), run(10, 1), run(10, 2)], 6) == (run(10, 1), run(10, 2))
    assert compaction.due([run(100, 0), run(30, 1), run(10, 2)], 6) == ()
    assert compaction.due([run(100, 0), run(30, 1), run(20, 2)], 6) == (run(100, 0), run(30, 1), run(20, 2))


def test_a_reader_keeps_what_it_reads_when_compaction_removes_the_files(tmp_path: Path) -> None:
    index = JourneyIndex.open(tmp_path, MemoryManifest())
    for _ in range(3):
        append(index, [JANUARY] * 5)
        index.seal()
    before = index.snapshot()
    index.compact(everything=True)
    assert [path.name for path in tmp_path.iterdir()] == [index.runs[0].name]
    assert rows(before) == rows(index.snapshot()) == list(range(15))


def _truncate(path: Path, _info: RunInfo) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def _disorder(path: Path, _info: RunInfo) -> None:
    data = path.read_bytes()
    path.write_bytes(data.replace(np.array([3, 4, 5], np.uint32).tobytes(), np.array([3, 5, 4], np.uint32).tobytes()))


def _other_version(path: Path, _info: RunInfo) -> None:
    with pa.ipc.open_file(path) as reader:
        batch = reader.get_batch(0)
    batch = batch.replace_schema_metadata({**batch.schema.metadata, b"version": b"9"})
    with pa.ipc.new_file(path.with_suffix(".new"), batch.schema) as writer:
        writer.write_batch(batch)
    path.with_suffix(".new").rename(path)


def _other_run(path: Path, _info: RunInfo) -> None:
    other = JourneyIndex.open(path.parent / "other", MemoryManifest())
    append(other, [JANUARY] * 3, [7, 8, 9])
    other.seal()
    (path.parent / "other" / other.runs[0].name).rename(path)


@pytest.mark.parametrize("damage", [_truncate, _disorder, _other_version, _other_run, lambda path, _: path.unlink()])
def test_a_damaged_run_is_refused_and_the_index_can_be_rebuilt(tmp_path: Path, damage: object) -> None:
    manifest = MemoryManifest()
    index = JourneyIndex.open(tmp_path, manifest)
    append(index, [JANUARY] * 3, [3, 4, 5])
    index.seal()
    before = (tmp_path / index.runs[0].name).read_bytes()
    damage(tmp_path / index.runs[0].name, index.runs[0])  # type: ignore[operator]
    path = tmp_path / index.runs[0].name
    assert not path.exists() or path.read_bytes() != before
    with pytest.raises(DamagedRun, match="remedy"):
        JourneyIndex.open(tmp_path, manifest)
    JourneyIndex.reset(tmp_path, manifest)
    index = JourneyIndex.open(tmp_path, manifest)
    append(index, [JANUARY] * 3, [3, 4, 5])
    assert (index.watermark, rows(index.snapshot(), 4)) == (0, [1])


def test_files_that_no_manifest_knows_are_removed_at_open(tmp_path: Path) -> None:
    for name in ("2026-01-0-abc.arrow", "2026-01-0-abd.arrow.part"):
        (tmp_path / name).write_bytes(b"left by a crash")
    (tmp_path / "notes.txt").write_text("somebody's")
    JourneyIndex.open(tmp_path, MemoryManifest())
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_an_erasure_overwrites_the_bytes_in_every_run_at_once(tmp_path: Path) -> None:
    index = JourneyIndex.open(tmp_path, MemoryManifest())
    marker = JANUARY + 0x1234567
    append(index, [JANUARY, marker, marker], [1, 2, 3])
    index.seal()
    append(index, [marker], 2)
    before = index.snapshot()
    offset = np.uint32(marker - JANUARY).tobytes()
    path = tmp_path / index.runs[0].name
    assert path.read_bytes().count(offset) == 2
    index.erase(2)
    assert path.read_bytes().count(offset) == 1
    for snapshot in (before, index.snapshot(), JourneyIndex.open(tmp_path, index._manifest).snapshot()):
        assert (rows(snapshot, 1), rows(snapshot, 2), rows(snapshot, 3)) == ([0], [], [2])
    index.compact(everything=True)
    assert index.runs[0].identities == 2


# --- the manifest ---


def test_the_manifest_is_kept_in_state(state: State, tmp_path: Path) -> None:
    index = JourneyIndex.open(tmp_path, StateManifest(state))
    for times in ([JANUARY, FEBRUARY], [JANUARY]):
        append(index, times)
        index.seal()
    again = JourneyIndex.open(tmp_path, StateManifest(state))
    assert (set(again.runs), again.watermark) == (set(index.runs), 3)
    index.compact(everything=True)
    again = JourneyIndex.open(tmp_path, StateManifest(state))
    assert (again.runs, again.watermark, rows(again.snapshot())) == (index.runs, 3, [0, 2, 1])


class Unsure(MemoryManifest):
    """A manifest whose connection is lost, just after the commit or just before."""

    commits = True

    def replace(self, remove: Sequence[str], add: Sequence[RunInfo], watermark: int) -> None:
        if self.commits:
            super().replace(remove, add, watermark)
        raise ConnectionError("lost")


@pytest.mark.parametrize("commits", [True, False])
def test_a_commit_of_unknown_fate_is_looked_up(tmp_path: Path, commits: bool) -> None:
    manifest = Unsure()
    manifest.commits = commits
    index = JourneyIndex.open(tmp_path, manifest)
    append(index, [JANUARY] * 3)
    if commits:
        index.seal()
    else:
        with pytest.raises(ConnectionError):
            index.seal()
        assert list(tmp_path.iterdir()) == []
        manifest.replace = MemoryManifest().replace  # type: ignore[method-assign]
    append(index, [JANUARY] * 2)
    assert rows(index.snapshot()) == [0, 1, 2, 3, 4]
    if not commits:
        index.seal()
        assert (index.watermark, rows(index.snapshot())) == (5, [0, 1, 2, 3, 4])


class Gone(MemoryManifest):
    """A manifest that is lost for a while, after the commit or before it; it can't even be asked."""

    lost, commits = False, True

    def load(self) -> tuple[tuple[RunInfo, ...], int]:
        if self.lost:
            raise ConnectionError("lost")
        return super().load()

    def replace(self, remove: Sequence[str], add: Sequence[RunInfo], watermark: int) -> None:
        if self.commits:
            super().replace(remove, add, watermark)
        if self.lost:
            raise ConnectionError("lost")


@pytest.mark.parametrize("commits", [True, False])
@pytest.mark.parametrize("work", ["seal", "compact"])
def test_a_commit_of_unknown_fate_is_settled_before_the_next_one(tmp_path: Path, work: str, commits: bool) -> None:
    manifest = Gone()
    index = JourneyIndex.open(tmp_path, manifest)
    append(index, [JANUARY, FEBRUARY])
    index.seal()
    append(index, [FEBRUARY])
    manifest.lost, manifest.commits = True, commits
    with pytest.raises(ConnectionError):
        index.seal() if work == "seal" else index.compact(everything=True)
    append(index, [FEBRUARY + 1])
    assert rows(index.snapshot()) == [0, 1, 2, 3]
    manifest.lost, manifest.commits = False, True
    index.seal()
    assert (index.watermark, rows(index.snapshot())) == (4, [0, 1, 2, 3])
    again = JourneyIndex.open(tmp_path, manifest)
    assert (again.watermark, rows(again.snapshot())) == (4, [0, 1, 2, 3])
    assert (
        {path.name for path in tmp_path.iterdir()}
        == {run.name for run in index.runs}
        == {run.name for run in again.runs}
    )


# --- more than one thread, and kill -9 ---


def test_every_snapshot_holds_every_row_below_its_own_exactly_once(tmp_path: Path) -> None:
    """While one thread appends, one seals, compacts and erases nobody, and two ask."""
    index = JourneyIndex.open(tmp_path, MemoryManifest(), seal_events=3_000, fold_events=400, most_runs=3)
    done, wrong = threading.Event(), []

    def maintain() -> None:
        while not done.is_set():
            index.maintain()

    def ask() -> None:
        while not done.is_set():
            snapshot = index.snapshot()
            counted = sessions(snapshot, NOBODY, gap=0).events
            if counted != snapshot.next_row:
                wrong.append((counted, snapshot.next_row))

    threads = [threading.Thread(target=maintain), threading.Thread(target=ask), threading.Thread(target=ask)]
    for thread in threads:
        thread.start()
    random = np.random.default_rng(5)
    for _ in range(400):
        size = int(random.integers(1, 100))
        append(index, (JANUARY + random.integers(0, 90 * DAY, size)).tolist(), random.integers(0, 200, size).tolist())
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert index.watermark > 0
    assert sessions(index.snapshot(), NOBODY).events == index.next_row


CHILD = """
import sys
from pathlib import Path
import numpy as np
from resa.kernel.sequences import JourneyIndex, StateManifest
from resa.kernel.state import State, sqlite_url
folder = Path(sys.argv[1])
index = JourneyIndex.open(folder / "runs", StateManifest(State.open(sqlite_url(folder))))
start = index.next_row
for batch in range(4):
    row = np.arange(start + batch * 10, start + batch * 10 + 10)
    index.append(row, {january} + row, np.full(10, 2), row % 3)
    index.seal()
    index.compact(everything=True)
"""


def _in_full(point: str) -> object:
    """Two points by default; the histories raise at all of them, in one process."""
    return (
        point if point in ("seal.after-rename", "seal.after-manifest") else pytest.param(point, marks=pytest.mark.full)
    )


@pytest.mark.parametrize("point", [_in_full(point) for point in POINTS])
def test_killed_at_a_named_point_the_index_comes_back_whole(tmp_path: Path, point: str) -> None:
    """`kill -9` by RESA_CRASH_AT, at the second time the point is reached."""
    command = [sys.executable, "-c", CHILD.format(january=JANUARY), str(tmp_path)]
    environment = {"RESA_CRASH_AT": f"{point}:2", "PATH": ""}
    child = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    assert child.returncode == -signal.SIGKILL, child.stderr
    state = State.open(sqlite_url(tmp_path))
    index = JourneyIndex.open(tmp_path / "runs", StateManifest(state))
    committed = point.startswith("compact") or point.endswith(("after-manifest", "-swap"))
    assert index.watermark == (20 if committed else 10)
    assert {path.name for path in (tmp_path / "runs").iterdir()} == {run.name for run in index.runs}
    held = [rows(index.snapshot(), profile) for profile in range(3)]
    assert held == [list(range(profile, index.watermark, 3)) for profile in range(3)]
    state.close()


def test_importing_resa_does_not_import_numba() -> None:
    code = "import sys, resa.cli, resa.kernel.sequences, resa.kernel.identity_map; print('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "False\n"


# --- what a question refuses ---


def test_a_label_that_is_no_cell_is_refused_before_a_kernel_reads_beyond_the_map(tmp_path: Path) -> None:
    index = JourneyIndex.open(tmp_path, MemoryManifest())
    with pytest.raises(ValueError, match="labels: 3 is not one of the 2 cells"):
        stage_walk(index.snapshot(), NOBODY, Labels(np.array([0, 1, 3])), Cells([0, 0, 1]))
    with pytest.raises(ValueError, match="labels: 7 is not one of the 2 cells"):
        stage_walk(index.snapshot(), NOBODY, Labels(np.array([0, 65535]), np.array([7], np.uint16)), Cells([0, 0, 1]))


def test_an_empty_index_answers_every_question(tmp_path: Path) -> None:
    index = JourneyIndex.open(tmp_path, MemoryManifest())
    answer = stage_walk(index.snapshot(), NOBODY, Labels(np.array([0, 1])), Cells([0, 0]))
    assert (answer.customers, answer.stage_customers.tolist(), np.isnan(answer.median_time).tolist()) == (
        0,
        [0],
        [True],
    )
    assert timeline(index.snapshot(), NOBODY, 3)[0].size == 0
    index.seal()
    assert index.compact(everything=True) is False
