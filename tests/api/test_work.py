"""Long questions are listed while they run, can be cancelled, and end when nobody waits for them any more."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from resa.access import keys
from resa.kernel import audit
from resa.kernel.workspace import Workspace

FOREVER = {"sql": "SELECT count(*) FROM generate_series(1, 1000000000000)"}
MINE = {"X-Resa-Work": "abcdefgh-1"}


def client(server: str, workspace: Workspace, *scopes: str) -> httpx.Client:
    """A program with a key."""
    with workspace.state.write() as tx:
        made = keys.create(tx, audit.SYSTEM, f"with {scopes}", scopes, workspace.clock())
    return httpx.Client(base_url=server, headers={"Authorization": f"Bearer {made.key}"}, timeout=30)


def until(true: Callable[[], Any]) -> Any:
    """What `true` says, as soon as it is."""
    for _ in range(400):
        if said := true():
            return said
        time.sleep(0.02)
    raise AssertionError("it never came")


def running(who: httpx.Client) -> list[dict[str, Any]]:
    """What is listed, but for the listing."""
    items: list[dict[str, Any]] = who.get("/api/work").raise_for_status().json()["items"]
    return items


@pytest.fixture
def asked(server: str, workspace: Workspace) -> tuple[httpx.Client, threading.Thread, list[httpx.Response]]:
    """Somebody asks a question that takes for ever, in a thread."""
    analyst, answers = client(server, workspace, "read", "sql:read"), list[httpx.Response]()
    thread = threading.Thread(target=lambda: answers.append(analyst.post("/api/sql", json=FOREVER, headers=MINE)))
    thread.start()
    return analyst, thread, answers


def test_a_long_question_is_listed_and_can_be_cancelled(
    asked: tuple[httpx.Client, threading.Thread, list[httpx.Response]], server: str, workspace: Workspace
) -> None:
    analyst, thread, answers = asked
    (item,) = until(lambda: running(analyst))
    assert (item["id"], item["what"], item["mine"]) == ("abcdefgh-1", "sql", True)

    colleague = client(server, workspace, "read")
    assert running(colleague)[0]["mine"] is False
    refused = colleague.delete("/api/work/abcdefgh-1")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert analyst.get("/api/work").json()["items"], "it still runs"

    assert client(server, workspace, "read", "admin").delete("/api/work/abcdefgh-1").status_code == 200
    thread.join(timeout=10)
    assert (answers[0].status_code, answers[0].json()["code"]) == (409, "cancelled")
    assert running(analyst) == []
    assert analyst.delete("/api/work/abcdefgh-1").status_code == 404


def test_a_question_nobody_waits_for_any_more_ends(server: str, workspace: Workspace) -> None:
    analyst, watching = (client(server, workspace, "read", "sql:read") for _ in range(2))
    with pytest.raises(httpx.ReadTimeout):
        analyst.post("/api/sql", json=FOREVER, timeout=0.5)
    until(lambda: not running(watching))
