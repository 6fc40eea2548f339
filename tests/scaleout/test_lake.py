"""The lake without a cluster: landing exactly once, looking rows up, merging, erasing, sweeping what a crash left."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from resa.kernel.body.lake import GRACE_SECONDS, MERGE, LakeBody
from resa.kernel.body.spark import Spark
from resa.kernel.events import SCHEMA
from resa.kernel.state import State

from . import histories


@pytest.fixture
def lake(state: State, tmp_path: Path) -> LakeBody:
    """An empty lake in a folder; its Spark is never asked, hence never started."""
    return open_lake(state, tmp_path)


def open_lake(state: State, folder: Path) -> LakeBody:
    return LakeBody(str(folder / "lake"), state, Spark())


def files(folder: Path) -> list[Path]:
    return sorted((folder / "lake").rglob("*.parquet"))


def everything(lake: LakeBody) -> pa.Table:
    return lake.rows(np.arange(lake.landed()))


def test_what_landed_is_read_back_unchanged(lake: LakeBody) -> None:
    events = histories.events(2_000)
    for batch in histories.batches(events, 700):
        lake.land(batch)
    assert lake.landed() == 2_000
    assert everything(lake).select(SCHEMA.names).equals(events)


def test_a_replayed_batch_lands_once(lake: LakeBody) -> None:
    events = histories.events(300)
    lake.land(events.slice(0, 200))
    lake.land(events.slice(0, 200))
    lake.land(events.slice(100, 200))
    assert lake.landed() == 300
    assert everything(lake).select(SCHEMA.names).equals(events)


def test_a_gap_in_the_log_is_refused(lake: LakeBody) -> None:
    events = histories.events(300)
    lake.land(events.slice(0, 100))
    with pytest.raises(ValueError, match="The next row to land is 100, the batch begins at 200"):
        lake.land(events.slice(200, 100))
    assert lake.landed() == 100


def test_files_are_split_by_month_and_sorted_by_row(lake: LakeBody, tmp_path: Path) -> None:
    lake.land(histories.events(2_000, days=75))
    assert [path.parent.name for path in files(tmp_path)] == ["month=2026-01", "month=2026-02", "month=2026-03"]
    for path in files(tmp_path):
        table = pq.read_table(path, partitioning=None)
        months = np.unique(table.column("time").to_numpy().astype("datetime64[ms]").astype("datetime64[M]"))
        rows = table.column("row").to_numpy()
        assert [f"month={month}" for month in months] == [path.parent.name]
        assert (np.diff(rows) > 0).all()


def test_rows_come_in_the_order_asked_for_with_their_profile_now(lake: LakeBody) -> None:
    events = histories.events(500, identities=5)
    lake.land(events)
    identity = events.column("identity").to_numpy()
    lake.set_identity_map(np.array([3, 4], np.uint32), np.array([1, -1], np.int64))
    wanted = np.array([400, 3, 250, 7, 499])
    found = lake.rows(wanted)
    alive = wanted[identity[wanted] != 4]
    assert found.column("row").to_pylist() == alive.tolist()
    assert found.column("profile").to_pylist() == [1 if identity[row] == 3 else identity[row] for row in alive]


def test_rows_that_do_not_exist_are_left_out(lake: LakeBody) -> None:
    assert lake.rows(np.array([5])).num_rows == 0
    lake.land(histories.events(3))
    assert lake.rows(np.array([5, 1])).column("row").to_pylist() == [1]
    assert lake.rows(np.array([], np.int64)).num_rows == 0


def test_a_rebuild_reads_every_row_in_order(lake: LakeBody) -> None:
    events = histories.events(1_000)
    for batch in histories.batches(events, 90):
        lake.land(batch)
    read = pa.concat_tables(lake.sequence(150))
    assert read.equals(events.slice(150).select(["row", "time", "code", "identity"]))


def test_small_files_are_merged_and_the_old_ones_kept_for_who_reads_them(lake: LakeBody, tmp_path: Path) -> None:
    events = histories.events(MERGE * 10, days=20)
    for batch in histories.batches(events, 10):
        lake.land(batch)
    listed = lake._manifest.listing().files
    assert [file.events for file in listed] == [MERGE * 10]
    assert len(files(tmp_path)) == MERGE + 1
    assert everything(lake).select(SCHEMA.names).equals(events)
    lake._delete_replaced(0)
    assert len(files(tmp_path)) == 1
    assert everything(lake).num_rows == MERGE * 10


def test_an_erasure_leaves_no_byte_of_the_erased(lake: LakeBody, tmp_path: Path) -> None:
    events = histories.events(400, identities=8)
    marker = pa.array([f"marker-{i}-" + "x" * 8 for i in events.column("identity").to_pylist()])
    events = events.set_column(events.schema.get_field_index("page_title"), SCHEMA.field("page_title"), marker)
    for batch in histories.batches(events, 20):
        lake.land(batch)
    lake.erase(np.array([2, 5]))
    left = [i for i in events.column("identity").to_pylist() if i not in (2, 5)]
    assert everything(lake).column("identity").to_pylist() == left
    titles = {title for path in files(tmp_path) for title in pq.read_table(path)["page_title"].to_pylist()}
    assert titles == {f"marker-{i}-" + "x" * 8 for i in set(left)}
    assert lake.landed() == 400


def test_landing_goes_on_after_the_last_events_were_erased(lake: LakeBody) -> None:
    events = histories.events(200, identities=1)
    lake.land(events.slice(0, 100))
    lake.erase(np.array([0]))
    lake.land(events.slice(100, 100))
    assert lake.landed() == 200
    assert everything(lake).column("row").to_pylist() == list(range(100, 200))


def test_an_unlisted_file_is_swept_once_it_is_old(state: State, tmp_path: Path) -> None:
    open_lake(state, tmp_path).land(histories.events(10))
    folder = files(tmp_path)[0].parent
    old, young = folder / "old.parquet", folder / "young.parquet"
    for path in (old, young):
        path.write_bytes(b"torn")
    past = time.time() - GRACE_SECONDS - 5
    for path in (old, *files(tmp_path)):
        if path != young:
            os.utime(path, (past, past))
    lake = open_lake(state, tmp_path)
    assert (old.exists(), young.exists()) == (False, True)
    assert everything(lake).num_rows == 10


LANDER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from tests.scaleout import histories
from resa.kernel.body.lake import LakeBody
from resa.kernel.body.spark import Spark
from resa.kernel.state import State
body = LakeBody(sys.argv[2], State.open(sys.argv[1]), Spark())
for batch in histories.batches(histories.events(600), 100):
    if batch.column("row")[-1].as_py() >= body.landed():
        body.land(batch)
"""


@pytest.mark.parametrize("point", ["land.before-cursor:3", "land.after:2"])
def test_a_lander_killed_at_any_point_loses_and_doubles_nothing(
    state: State, state_url: str, tmp_path: Path, point: str
) -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", LANDER, state_url, str(tmp_path / "lake"), str(root)]
    killed = subprocess.run(command, env={**os.environ, "RESA_CRASH_AT": point}, timeout=60, check=False)
    assert killed.returncode == -9
    subprocess.run(command, timeout=60, check=True)
    assert everything(open_lake(state, tmp_path)).select(SCHEMA.names).equals(histories.events(600))
