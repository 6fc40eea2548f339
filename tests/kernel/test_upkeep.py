"""What is done now and then beside the way of events: nobody waits for it longer than they must."""

from __future__ import annotations

import time

import pytest
import sqlalchemy as sa

from resa.app import create
from resa.kernel.body import duck
from resa.kernel.projections import Follower, cursors
from resa.kernel.workspace import Workspace
from resa.settings import Settings
from tests.kernel.making import draft


def test_a_projection_that_is_far_behind_does_not_pause_between_its_batches(workspace: Workspace) -> None:
    workspace.committer.start()
    for number in range(10):
        workspace.committer.submit_sync([draft(anon=f"visitor-{number}") for _ in range(5)])
    follower = Follower(workspace.profiles, workspace.tail, pause=3600, most=10)
    follower.start()
    while workspace.profiles.position() < 50:
        follower._thread.join(0.01)
    follower.stop()


def test_a_place_up_to_which_nothing_changed_is_written_down_when_nothing_more_comes(workspace: Workspace) -> None:
    """Else a start much later would look at it again, with what was defined meanwhile."""
    workspace.start()
    profiles = next(each.projection for each in workspace.followers if each.projection.name == "profiles")
    for drafts in ([draft(anon="a")], [draft(anon="a", bot=True)]):
        workspace.committer.submit_sync(drafts)
        workspace.settle()
    assert profiles.position() == 2
    until = time.monotonic() + 20
    while profiles.noted() < 2:
        assert time.monotonic() < until
        time.sleep(0.02)
    with workspace.state.read() as tx:
        written = tx.execute(sa.select(cursors.c.row).where(cursors.c.name == "profiles")).scalar_one()
    assert written == 2


def test_a_long_write_ahead_log_of_the_body_is_moved_into_its_file_once_its_events_are_visible(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.committer.start()
    wal = workspace.settings.data / "body.duckdb.wal"
    workspace.committer.submit_sync([draft(anon="a")])
    workspace.followers[1].catch_up()
    assert wal.stat().st_size > 0
    monkeypatch.setattr(duck, "LONG_WAL", 1)
    workspace.committer.submit_sync([draft(anon="a")])
    workspace.followers[1].catch_up()
    assert not wal.exists() or wal.stat().st_size == 0
    assert workspace.body.query("SELECT count(*) AS n FROM log").to_pylist() == [{"n": 2}]


def test_what_is_new_in_this_version_follows_a_log_whose_beginning_is_only_in_the_body(settings: Settings) -> None:
    """Every slice's follower, on a directory made before there were any."""
    before = Workspace.open(settings).start()
    before.committer.submit_sync([draft(anon="a"), draft(anon="b")])
    before.settle()
    before.tail.forget(before.tail.next_row)
    before.close()
    after = Workspace.open(settings)
    create(after)
    after.start()
    assert len(after.followers) > len(before.followers)
    after.committer.submit_sync([draft(anon="c")])
    after.settle(20)
    assert after.body.query("SELECT count(*) AS n FROM log").to_pylist() == [{"n": 3}]
    after.close()
