"""What a power cut leaves: the files as the disk was last told to have them. What was acknowledged is in them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from resa.kernel import state as store
from resa.kernel.state import State, sqlite_url
from resa.kernel.workspace import Workspace
from resa.settings import Settings
from tests.kernel.making import draft

ROOT = Path(__file__).parents[2]


class Disk:
    """Copies of the state store, made whenever its write-ahead log is synced."""

    def __init__(self, data: Path, kept: Path) -> None:
        self.data, self.kept, self.synced = data, kept, 0
        self._one_at_a_time = threading.Lock()

    def sync(self, log: int) -> None:
        os.fdatasync(log)
        with self._one_at_a_time:
            copy = self.kept / str(self.synced + 1)
            copy.mkdir(parents=True)
            for name in ("state.sqlite", "state.sqlite-wal"):
                shutil.copy(self.data / name, copy)
            self.synced += 1

    def after_the_cut(self) -> State:
        return State.open(sqlite_url(self.kept / str(self.synced)))


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk(tmp_path / "data", tmp_path / "kept")
    monkeypatch.setattr(store, "_to_disk", disk.sync)
    return disk


def numbers(state: State) -> list[int]:
    with state.read() as tx:
        return list(tx.exec_driver_sql("SELECT number FROM kept ORDER BY 1").scalars())


def test_what_was_written_is_there_and_what_waited_for_no_disk_is_there_with_the_next_that_did(disk: Disk) -> None:
    disk.data.mkdir()
    state = State.open(sqlite_url(disk.data))
    with state.write() as tx:
        tx.exec_driver_sql("CREATE TABLE kept (number INTEGER)")
    with state.write_unsynced() as tx:
        tx.exec_driver_sql("INSERT INTO kept VALUES (1)")
    assert numbers(state) == [1]
    assert numbers(disk.after_the_cut()) == []
    with state.write() as tx:
        tx.exec_driver_sql("INSERT INTO kept VALUES (2)")
    assert numbers(disk.after_the_cut()) == [1, 2]
    state.checkpoint()
    with state.write() as tx:
        tx.exec_driver_sql("INSERT INTO kept VALUES (3)")
    assert numbers(disk.after_the_cut()) == [1, 2, 3]
    state.close()


def test_an_acknowledged_event_is_on_disk(disk: Disk) -> None:
    workspace = Workspace.open(Settings(data=disk.data)).start()
    for number in range(5):
        workspace.committer.submit_sync([draft(anon=f"v-{number}")])
        with disk.after_the_cut().read() as tx:
            assert tx.execute(sa.text("SELECT next_row FROM log_head")).scalar_one() == number + 1
            assert tx.execute(sa.text("SELECT count(*) FROM identities")).scalar_one() == number + 1
    workspace.close()


REFUSING = """
import sys
from pathlib import Path
from resa.kernel import state as store
from resa.kernel.workspace import Workspace
from resa.settings import Settings
from tests.kernel.making import draft

def refuse(log):
    raise OSError(5, "Input/output error")

workspace = Workspace.open(Settings(data=Path(sys.argv[1]))).start()
store._to_disk = refuse
workspace.committer.submit_sync([draft(anon="v", message_id="once")])
print("acknowledged")
"""


def test_a_disk_that_refuses_ends_the_process_and_what_is_sent_again_is_there_once(tmp_path: Path) -> None:
    died = subprocess.run(
        [sys.executable, "-c", REFUSING, str(tmp_path)], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert (died.returncode, died.stdout) == (os.EX_IOERR, "")
    assert "does not take what is committed" in died.stderr
    workspace = Workspace.open(Settings(data=tmp_path)).start()
    workspace.committer.submit_sync([draft(anon="v", message_id="once")])
    workspace.settle()
    assert workspace.tail.next_row == 1
    workspace.close()
