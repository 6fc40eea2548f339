"""Imports as jobs: once for ever, resumed where they were, bad records kept with their reason, nothing kept by a dry run."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from resa.collect import failed
from resa.collect.imports import jobs
from resa.collect.imports.jobs import Job, Progress
from resa.kernel.errors import Conflict
from resa.kernel.workspace import Workspace
from resa.settings import Settings

from .files import ORDERS, orders, plan


@pytest.fixture
def running(workspace: Workspace) -> Workspace:
    """An open workspace that takes events."""
    workspace.state.create_missing()
    return workspace.start()


def run(workspace: Workspace, made: jobs.Plan) -> Progress:
    return Job(workspace.state, workspace.committer, made).run()


def counted(workspace: Workspace) -> tuple[int, int, str]:
    """Events, distinct message ids, revenue in the body."""
    workspace.settle()
    row = workspace.body.query(
        "SELECT count(*) AS n, count(DISTINCT message_id) AS ids, sum(revenue)::VARCHAR AS total FROM log"
    ).to_pylist()[0]
    return row["n"], row["ids"], row["total"]


def test_a_file_is_imported_once_for_ever(running: Workspace, tmp_path: Path) -> None:
    path = orders(tmp_path / "orders.csv", 300)
    assert run(running, plan(path)).events == 300
    renamed = path.rename(tmp_path / "again.csv")
    second = Job(running.state, running.committer, plan(renamed))
    assert second.was_done
    assert second.run().events == 300
    assert counted(running) == (300, 300, "45225.0000")


def test_the_same_file_by_another_mapping_needs_to_be_asked_for(running: Workspace, tmp_path: Path) -> None:
    path = orders(tmp_path / "orders.csv", 3)
    run(running, plan(path))
    other = ORDERS.replace("Order Completed", "Purchase")
    with pytest.raises(Conflict, match="again"):
        run(running, plan(path, other))
    with pytest.raises(Conflict, match="again"):
        run(running, plan(path, timezone="Asia/Tokyo"))
    assert run(running, plan(path, other, again=True)).events == 3
    assert counted(running)[:2] == (6, 6)


def test_bad_records_are_kept_with_their_reason_and_never_stop_the_others(running: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(
        "order,at,customer,amount,city\n1,2026-01-01,a,5,Lund\n2,soon,b,5,Lund\n3,2026-01-01,c,5\n4,2026-01-02,d,much,Lund\n5,2026-01-03,e,5,Lund\n"
    )
    progress = run(running, plan(path))
    assert (progress.state, progress.records, progress.events, progress.failed) == ("done", 5, 2, 3)
    with running.state.read() as tx:
        kept = failed.page(tx, before=None, code=None, state="open", limit=10)
    assert [(item.reason.index, item.reason.field) for item in kept] == [(4, "revenue"), (3, "record"), (2, "time")]
    assert '"userId":"b"' in kept[2].payload


def test_a_stopped_import_goes_on_where_it_was(running: Workspace, tmp_path: Path) -> None:
    path = orders(tmp_path / "orders.csv", 9_000)
    stopping = threading.Event()
    stopped = Job(running.state, running.committer, plan(path)).run(
        stopping=stopping, on_progress=lambda _: stopping.set()
    )
    assert stopped.state == "stopped"
    assert 0 < stopped.events < 9_000
    job = Job(running.state, running.committer, plan(path))
    assert job.resumed
    assert job.run().events == 9_000
    assert counted(running)[:2] == (9_000, 9_000)


def test_a_file_cut_off_in_the_middle_keeps_what_was_read(running: Workspace, tmp_path: Path) -> None:
    whole = gzip.compress(orders(tmp_path / "orders.csv", 20_000).read_bytes())
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(whole[: len(whole) // 2])
    progress = run(running, plan(path))
    assert progress.state == "failed"
    assert "gzip" in (progress.error or "")
    assert counted(running)[0] == progress.events > 0


def test_a_dry_run_shows_events_and_problems_and_keeps_nothing(running: Workspace, tmp_path: Path) -> None:
    path = orders(tmp_path / "orders.csv", 10)
    path.write_text(path.read_text() + "11,never,x,1,Lund\n")
    seen = jobs.preview(plan(path))
    assert (seen.records, seen.events, seen.failed, seen.complete) == (11, 10, 1, True)
    assert seen.sample[0].order_id == "1"
    assert seen.reasons == {"time: is not a time.": 1}
    assert counted(running)[0] == 0
    assert jobs.recent(running.state) == []


def test_an_event_may_have_a_megabyte_and_no_more(running: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "big.jsonl"
    path.write_text(
        "".join(
            f'{{"order":{n},"at":"2026-01-01","customer":"a","amount":1,"city":"{"x" * size}"}}\n'
            for n, size in enumerate((900_000, 1_000_001))
        )
    )
    progress = run(running, plan(path))
    assert (progress.events, progress.failed) == (1, 1)


KILLED = """
import sys
from pathlib import Path
from resa.collect.imports import jobs, mappings
from resa.kernel.workspace import Workspace
from resa.settings import Settings

data, file, mapping = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
jobs.BATCH_EVENTS = 500
workspace = Workspace.open(Settings.of({}, data=data))
workspace.state.create_missing()
workspace.start()
job = jobs.Job(workspace.state, workspace.committer, jobs.plan(file, mappings.find(mapping), workspace_zone="UTC"))
job.run(on_progress=lambda progress: print(progress.events, flush=True))
workspace.close()
print("done", flush=True)
"""


def test_an_import_killed_in_the_middle_again_and_again_adds_each_record_once(tmp_path: Path) -> None:
    path = orders(tmp_path / "orders.csv", 20_000)
    data = tmp_path / "data"
    heard: list[int] = []
    for kill_after in (2, 5, None):
        with subprocess.Popen(
            [sys.executable, "-c", KILLED, str(data), str(path), ORDERS], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            for batch, line in enumerate(process.stdout, 1):
                heard += [int(line)] if line.strip().isdigit() else []
                if batch == kill_after:
                    os.kill(process.pid, signal.SIGKILL)
                    break
    assert heard == sorted(heard), "each run goes on after what was acknowledged"
    with_workspace = Workspace.open(Settings.of({}, data=data)).start()
    try:
        assert counted(with_workspace) == (20_000, 20_000, "200015000.0000")
        assert jobs.recent(with_workspace.state)[0].state == "done"
    finally:
        with_workspace.close()


def test_imports_take_more_than_20000_events_a_second_of_processor_time(running: Workspace, tmp_path: Path) -> None:
    """Processor time, so that a busy machine says the same; a bench measures the clock."""
    path = orders(tmp_path / "orders.csv", 40_000)
    run(running, plan(orders(tmp_path / "warm.csv", 100, first=90_000)))
    begin = time.thread_time()
    assert run(running, plan(path)).events == 40_000
    assert 40_000 / (time.thread_time() - begin) > 20_000


def test_progress_and_events_are_one_transaction(running: Workspace, tmp_path: Path) -> None:
    path = orders(tmp_path / "orders.csv", 5_000)
    seen: list[tuple[int, int]] = []

    def look(progress: Progress) -> None:
        with running.state.read() as tx:
            kept = tx.execute(sa.select(jobs.table.c.events).where(jobs.table.c.id == progress.id)).scalar_one()
        seen.append((progress.events, kept))
        assert running.tail.next_row == kept

    Job(running.state, running.committer, plan(path)).run(on_progress=look)
    assert seen
    assert all(told == kept for told, kept in seen)
