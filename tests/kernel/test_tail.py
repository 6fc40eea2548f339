"""The commit: what is acknowledged is durable, once, in dense order."""

from __future__ import annotations

import asyncio
import threading

import pytest
import sqlalchemy as sa

from resa.kernel.errors import Overloaded
from resa.kernel.state import metadata
from resa.kernel.tail import Committer
from resa.kernel.workspace import Workspace
from resa.settings import Settings
from tests.kernel.making import BEGINNING, draft

notes = sa.Table("test_notes", metadata, sa.Column("text", sa.Text))


def rows_of(workspace: Workspace) -> list[str]:
    """Message ids in the body, in log order."""
    workspace.settle()
    found = workspace.body.query('SELECT message_id FROM log ORDER BY "row"')
    return list(found.column("message_id").to_pylist())


def test_rows_are_dense_and_in_the_order_of_submission(workspace: Workspace) -> None:
    workspace.start()
    first = workspace.committer.submit_sync([draft(anon="a") for _ in range(3)])
    second = workspace.committer.submit_sync([draft(anon="b") for _ in range(2)])
    assert [*first.rows, *second.rows] == [0, 1, 2, 3, 4]


def test_a_message_id_seen_before_is_acknowledged_and_not_written_again(workspace: Workspace) -> None:
    workspace.start()
    one, other = draft(anon="a", message_id="x"), draft(anon="a", message_id="y")
    assert workspace.committer.submit_sync([one, other, one]).rows == [0, 1, None]
    assert workspace.committer.submit_sync([other, draft(anon="a", message_id="z")]).rows == [None, 2]
    assert rows_of(workspace) == ["x", "y", "z"]


def test_a_merge_by_hand_is_in_force_though_no_event_comes_with_it(workspace: Workspace) -> None:
    workspace.start()
    workspace.committer.submit_sync([draft(anon="laptop"), draft(anon="phone")])
    links: list[int] = []
    identities = workspace.identities
    workspace.committer.submit_sync(
        [], lambda tx: links.append(identities.link(tx, 0, 1, at=BEGINNING, by="a test", reason=""))
    )
    assert identities.profile(1) == 0
    workspace.committer.submit_sync([], lambda tx: identities.unlink(tx, links[0], by="a test", reason=""))
    assert identities.profile(1) == 1


def test_a_message_id_is_remembered_across_a_restart(settings: Settings) -> None:
    workspace = Workspace.open(settings).start()
    workspace.committer.submit_sync([draft(anon="a", message_id="x")])
    workspace.close()
    again = Workspace.open(settings).start()
    assert again.committer.submit_sync([draft(anon="a", message_id="x"), draft(anon="a", message_id="y")]).rows == [
        None,
        1,
    ]
    assert rows_of(again) == ["x", "y"]
    again.close()


def test_a_message_id_may_come_again_after_a_day(settings: Settings) -> None:
    now = [BEGINNING]
    workspace = Workspace.open(settings, clock=lambda: now[0]).start()
    workspace.committer.submit_sync([draft(anon="a", message_id="x")])
    now[0] += 25 * 3_600_000
    assert workspace.committer.submit_sync([draft(anon="a", message_id="y")]).rows == [1]
    assert workspace.committer.submit_sync([draft(anon="a", message_id="x")]).rows == [2]
    workspace.close()


def test_what_is_written_alongside_is_in_the_same_transaction(workspace: Workspace) -> None:
    workspace.state.create_missing()
    workspace.start()

    def note(tx: sa.Connection) -> None:
        tx.execute(sa.insert(notes), {"text": "kept"})

    def fail(tx: sa.Connection) -> None:
        tx.execute(sa.insert(notes), {"text": "lost"})
        raise ValueError("no")

    workspace.committer.submit_sync([draft(anon="a", message_id="x")], note)
    with pytest.raises(ValueError, match="no"):
        workspace.committer.submit_sync([draft(anon="a", message_id="y")], fail)
    with workspace.state.read() as tx:
        assert list(tx.execute(sa.select(notes.c.text)).scalars()) == ["kept"]
    assert rows_of(workspace) == ["x"]


def test_a_submission_that_fails_takes_no_neighbour_with_it(workspace: Workspace) -> None:
    def fail(_tx: sa.Connection) -> None:
        raise ValueError("no")

    async def together() -> list[object]:
        calls = [
            workspace.committer.submit([draft(anon="a", message_id=f"m{i}")], fail if i == 2 else None)
            for i in range(5)
        ]
        waiting = [asyncio.ensure_future(call) for call in calls]
        await asyncio.sleep(0)
        workspace.start()
        return [type(outcome).__name__ for outcome in await asyncio.gather(*waiting, return_exceptions=True)]

    assert asyncio.run(together()) == ["Receipt", "Receipt", "ValueError", "Receipt", "Receipt"]
    assert rows_of(workspace) == ["m0", "m1", "m3", "m4"]


def test_whoever_finds_the_waiting_room_full_is_told_to_come_back(workspace: Workspace) -> None:
    committer = Committer(workspace.state, workspace.identities, workspace.tail, clock=workspace.clock, most_waiting=10)
    waiting = threading.Thread(target=committer.submit_sync, args=([draft(anon="a") for _ in range(8)],))
    waiting.start()
    while committer.load == 0:
        pass
    with pytest.raises(Overloaded) as refused:
        committer.submit_sync([draft(anon="a") for _ in range(5)])
    assert refused.value.retry_after >= 1
    committer.start()
    waiting.join()
    committer.stop()


def test_bots_land_but_are_no_customers(workspace: Workspace) -> None:
    workspace.start()
    workspace.committer.submit_sync([draft(anon="a"), draft(anon="crawler", bot=True)])
    workspace.settle()
    assert workspace.body.query("SELECT count(*) AS n FROM events").to_pylist() == [{"n": 2}]
    assert workspace.body.query("SELECT count(*) AS n FROM profiles").to_pylist() == [{"n": 1}]
    assert workspace.index.snapshot().events == 1


@pytest.mark.parametrize("junk", ["null", "undefined", "0", " ", "NaN", "00000000-0000-0000-0000-000000000000"])
def test_a_junk_user_id_joins_nobody(workspace: Workspace, junk: str) -> None:
    workspace.start()
    workspace.committer.submit_sync([draft(anon="a", user=junk), draft(anon="b", user=junk)])
    workspace.settle()
    found = workspace.body.query("SELECT count(DISTINCT profile) AS n, count(user_id) AS users FROM events").to_pylist()
    assert found == [{"n": 2, "users": 0}]


def test_the_tail_is_dropped_from_disk_only_when_everything_has_it(settings: Settings) -> None:
    workspace = Workspace.open(settings)
    workspace.committer.start()
    workspace.committer.submit_sync([draft(anon="a") for _ in range(4)])
    workspace.committer.submit_sync([draft(anon="a") for _ in range(4)])
    workspace.tail.forget(6)
    with workspace.state.read() as tx:
        assert list(tx.execute(sa.text("SELECT first_row FROM tail")).scalars()) == [4]
    workspace.committer.stop()
    workspace.close()
