"""The inbox and its tasks: found, handed on, closed, undone; nobody overwrites anybody."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from litestar import Litestar

from resa.feedback.loops.sending import Sending
from resa.kernel.workspace import Workspace
from tests.cast import Cast
from tests.feedback.loops.making import DETRACTORS, answered, happen, read_by_itself, understood
from tests.kernel.making import identify

pytestmark = pytest.mark.both_states
HOUR = 3_600_000
DAY = 24 * HOUR


@pytest.fixture
def running(app: Litestar, workspace: Workspace) -> Workspace:
    """The workspace with every part of the application, taking events."""
    del app
    return workspace.start()


async def items(client: httpx.AsyncClient, path: str = "/api/inbox", **asked: Any) -> list[dict[str, Any]]:
    """The items of an answer."""
    answer = await client.get(path, params=asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_answers_are_found_by_what_they_say(running: Workspace, editor: httpx.AsyncClient) -> None:
    now = running.clock()
    late = answered(running, "user:ann", 2, "Late, 100% late", at=now - HOUR)
    happen(
        running,
        late,
        answered(running, "user:bob", 9, "Lovely", at=now, channel="site"),
        answered(running, "anon:x", 7, at=now - 1),
    )
    read_by_itself(running, late)
    happen(running, understood(running, late, "negative", "delivery"), identify(user="ann", name="Ann Lee"))

    for asked, scores in (
        ({}, [9, 7, 2]),
        ({"score_to": 6}, [2]),
        ({"score_from": 9}, [9]),
        ({"sentiment": "negative"}, [2]),
        ({"theme": "delivery"}, [2]),
        ({"theme": "deliver"}, []),
        ({"text": "100% LATE"}, [2]),
        ({"text": "%"}, [2]),
        ({"channel": "site"}, [9]),
        ({"commented": False}, [7]),
        ({"survey": "other"}, []),
        ({"assignee": "none"}, [9, 7, 2]),
        ({"assignee": "me"}, []),
    ):
        assert [row["score"] for row in await items(editor, **asked)] == scores, asked
    (row,) = await items(editor, score_to=6)
    assert (row["name"], row["sentiment"], row["themes"]) == ("Ann Lee", "negative", ["delivery"])


async def test_pages_follow_one_another(running: Workspace, editor: httpx.AsyncClient) -> None:
    now = running.clock()
    happen(running, *(answered(running, f"user:{n}", n, at=now - n // 2 * HOUR) for n in range(7)))
    seen: list[int] = []
    cursor: str | None = None
    while True:
        page = (await editor.get("/api/inbox", params={"limit": 2, **({"cursor": cursor} if cursor else {})})).json()
        seen += [row["id"] for row in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert len(seen) == len(set(seen)) == 7
    assert (await editor.get("/api/inbox", params={"cursor": "x!"})).status_code == 400


async def test_an_answer_is_taken_closed_and_opened_again_with_a_trace(
    running: Workspace, editor: httpx.AsyncClient
) -> None:
    happen(running, answered(running, "user:ann", 2, "Late"))
    (row,) = await items(editor)
    path = f"/api/inbox/{row['id']}"
    me = (await editor.get("/api/session")).json()["user"]["id"]

    taken = (await editor.patch(path, json={"expected_version": 1, "assignee": me})).json()
    assert (taken["status"], taken["assignee"], taken["version"]) == ("open", me, 2)
    assert [each["id"] for each in await items(editor, assignee="me")] == [row["id"]]
    clash = await editor.patch(path, json={"expected_version": 1, "status": "closed"})
    assert (clash.status_code, clash.json()["code"]) == (409, "conflict")

    closed = (await editor.patch(path, json={"expected_version": 2, "status": "closed", "contacted": True})).json()
    assert (closed["status"], closed["contacted_by"]) == ("closed", "hand")
    undone = (await editor.patch(path, json={"expected_version": 3, "status": "open", "contacted": False})).json()
    assert (undone["status"], undone["contacted_at"]) == ("open", None)
    notes = await items(editor, f"{path}/notes")
    assert [note["kind"] for note in notes] == ["change"] * 3
    assert (await editor.get("/api/inbox/counts")).json() | {"open": 1, "new": 0, "mine": 1} == (
        await editor.get("/api/inbox/counts")
    ).json()

    Sending(running).step()  # the log is told
    running.settle()
    names = running.body.query("SELECT name FROM log WHERE source = 'resa'").column("name").to_pylist()
    assert "Loop Closed" in names


async def test_an_anonymous_answer_names_nobody(running: Workspace, editor: httpx.AsyncClient) -> None:
    happen(running, answered(running, "anon:survey-k3", 1, "I am afraid to say"))
    (row,) = await items(editor)
    assert (row["anonymous"], row["profile"], row["name"]) == (True, None, None)


async def test_a_viewer_looks_and_changes_nothing(running: Workspace, viewer: httpx.AsyncClient) -> None:
    happen(running, answered(running, "user:ann", 2))
    (row,) = await items(viewer)
    assert (
        await viewer.patch(f"/api/inbox/{row['id']}", json={"expected_version": 1, "status": "closed"})
    ).status_code == 403


async def test_a_task_is_snoozed_handed_on_overdue_and_done(
    running: Workspace, editor: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    happen(running, answered(running, "user:ann", 2))
    (row,) = await items(editor)
    boss = (await admin.get("/api/session")).json()["user"]["id"]
    made = await editor.post("/api/tasks", json={"title": "Call Ann", "answer": row["id"], "due_at": "2020-01-01"})
    assert made.status_code == 201, made.text
    task = made.json()
    assert task["overdue"]
    path = f"/api/tasks/{task['id']}"

    snoozed = (await editor.patch(path, json={"expected_version": 1, "snoozed_until": "2099-01-01"})).json()
    assert not snoozed["overdue"]
    handed = (await editor.patch(path, json={"expected_version": 2, "owner": boss, "snoozed_until": None})).json()
    assert (handed["owner"], handed["overdue"]) == (boss, True)
    assert [each["id"] for each in await items(admin, "/api/tasks", owner="me")] == [task["id"]]
    nobody = await editor.patch(path, json={"expected_version": 3, "owner": "u_nobody"})
    assert (nobody.status_code, nobody.json()["field"]) == (400, "owner")

    assert (await editor.patch(path, json={"expected_version": 2, "status": "done"})).status_code == 409
    done = (await editor.patch(path, json={"expected_version": 3, "status": "done"})).json()
    assert (done["status"], done["overdue"]) == ("done", False)
    await editor.post(f"{path}/notes", json={"text": "She was glad."})
    assert [note["kind"] for note in await items(editor, f"{path}/notes")] == ["change", "change", "change", "note"]

    Sending(running).step()
    running.settle()
    told = running.body.query("SELECT name FROM log WHERE source = 'resa' ORDER BY name").column("name").to_pylist()
    assert told == ["Task Closed", "Task Opened"]


async def test_an_overdue_task_is_told_once_to_whom_it_names(running: Workspace, admin: httpx.AsyncClient) -> None:
    then = {"task": {"due": "1 minute", "hours": None, "escalate_to": "admin@example.com"}}
    running.definitions.save("feedback-rule", "low", {"name": "Low", "then": then}, expected=0, author="a test")
    happen(running, answered(running, "user:ann", 2))
    sending = Sending(running)
    sending.step()
    assert await items(admin, "/api/loop-alerts") == []
    now = running.clock() + 2 * 60_000
    running.clock = lambda: now
    sending.step()
    sending.step()
    assert [alert["kind"] for alert in await items(admin, "/api/loop-alerts")] == ["overdue"]


# -- rules ---------------------------------------------------------------------------------------------------------------

TASK = {"task": {"due": "4 hours"}}


async def test_a_dry_run_says_how_often_and_does_nothing(running: Workspace, editor: httpx.AsyncClient) -> None:
    happen(running, *(answered(running, f"user:u{n}", n % 11, at=running.clock() - n * DAY) for n in range(22)))
    body = {"name": "Unhappy", "when": DETRACTORS, "then": TASK}
    answer = await editor.post("/api/feedback-rules/dry-run", json={"body": body, "days": 30})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["answers"], found["fired"], found["customers"]) == (22, 14, 14)
    assert await items(editor, "/api/tasks") == []


async def test_a_rule_that_names_no_segment_there_is_or_does_nothing_is_refused(editor: httpx.AsyncClient) -> None:
    for body, field in (
        ({"when": {"audience": "nobody"}, "then": TASK}, "when.audience"),
        ({"then": {}}, "then"),
        ({"then": {"webhook": {"url": "ftp://example.com/"}}}, "then.webhook.url"),
        ({"then": {"webhook": {"url": "https://a:b@example.com/"}}}, "then.webhook.url"),
        ({"then": {"task": {"due": "soon"}}}, "then.task.due"),
        ({"when": {"score_from": 7, "score_to": 6}, "then": TASK}, "when.score_to"),
    ):
        answer = await editor.post("/api/feedback-rules", json={"key": "x", "body": {"name": "X", **body}})
        assert (answer.status_code, answer.json()["field"]) == (400, field), answer.text


async def test_alerts_are_each_persons_own(running: Workspace, cast: Cast) -> None:
    told = {"name": "Low", "then": {"alert": {"to": ["Editor@example.com"]}}}
    running.definitions.save("feedback-rule", "low", told, expected=0, author="a test")
    happen(running, answered(running, "user:ann", 3, "Late"))
    editor, viewer = await cast.member("editor"), await cast.member("viewer")
    (alert,) = (await editor.get("/api/loop-alerts")).json()["items"]
    assert (alert["comment"], alert["seen"]) == ("Late", False)
    assert (await editor.get("/api/inbox/counts")).json()["alerts"] == 1
    assert (await viewer.get("/api/loop-alerts")).json()["items"] == []
    assert (await editor.post("/api/loop-alerts/seen")).json()["items"][0]["seen"] is True


async def test_many_are_changed_at_once_and_taken_back_and_nobody_is_overwritten(
    running: Workspace, editor: httpx.AsyncClient
) -> None:
    happen(running, *(answered(running, f"user:{who}", 3) for who in ("ann", "bob", "cat")))
    seen = await items(editor)
    other = seen[0]
    moved = await editor.patch(f"/api/inbox/{other['id']}", json={"expected_version": 1, "status": "waiting"})
    assert moved.status_code == 200
    wanted = [{"id": each["id"], "expected_version": each["version"], "status": "closed"} for each in seen]
    answer = await editor.post("/api/inbox/changes", json={"items": [*wanted, {"id": 2**61, "expected_version": 1}]})
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert said["skipped"] == [other["id"], 2**61]
    assert {each["status"] for each in said["items"]} == {"closed"}
    assert [each["status"] for each in await items(editor, status="waiting")] == ["waiting"]
    back = [{"id": each["id"], "expected_version": each["version"], "status": "new"} for each in said["items"]]
    assert (await editor.post("/api/inbox/changes", json={"items": back})).json()["skipped"] == []
    assert len(await items(editor, status="new")) == 2
    nobody = [{**each, "expected_version": 3, "assignee": "u_nobody"} for each in back]
    assert (await editor.post("/api/inbox/changes", json={"items": nobody})).status_code == 400
