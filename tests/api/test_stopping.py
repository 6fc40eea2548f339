"""Whatever takes long can be stopped: asked of a history, each question ends as cancelled once its work was stopped."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import httpx
import pytest

from resa.kernel.work import Work
from resa.kernel.workspace import Workspace
from tests.friction.world import shop

LENS = {"period": {"from": "2023-11-15", "to": "2023-12-25"}}
ORDERED = {"type": "track", "name": "Order Completed"}
SEEN = {"type": "track", "name": "Product Viewed"}
METRIC = {
    "name": "Ordered",
    "unit": "customer",
    "measure": {"form": "conversion", "events": {"any": [ORDERED]}},
}
QUESTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "funnel": ("/api/questions/funnel", {"steps": [{"any": [SEEN]}, {"any": [ORDERED]}]}),
    "trends": ("/api/questions/trends", {"series": [{"match": SEEN}]}),
    "retention": ("/api/questions/retention", {"start": {"any": [SEEN]}}),
    "paths": ("/api/questions/paths", {"anchor": {"match": SEEN}}),
    "attribution": ("/api/attribution", {"conversion": {"any": [ORDERED]}}),
    "metrics": ("/api/metrics/preview", {"body": METRIC}),
    "friction": ("/api/friction?from=2023-11-15&to=2023-12-25", {}),
    "the map": ("/api/journeys/customer-journey/numbers?from=2023-11-15&to=2023-12-25", {}),
}


@pytest.fixture
def filled(workspace: Workspace) -> Workspace:
    """A small shop."""
    workspace.start()
    workspace.committer.submit_sync(list(shop(3, 200)))
    workspace.settle()
    return workspace


async def test_every_long_question_is_listed_while_it_runs_and_ends_when_it_is_cancelled(
    viewer: httpx.AsyncClient, filled: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, check = threading.Event(), Work.check

    def held(of: Work) -> None:
        """At its first look around, a question waits to be stopped."""
        for _ in range(2_000):
            if of.stopped or of.what == "work":
                break
            begun.set()
            time.sleep(0.005)
        check(of)

    monkeypatch.setattr(Work, "check", held)
    for name, (path, body) in QUESTIONS.items():
        begun.clear()
        asks = viewer.get(path) if "?" in path else viewer.post(path, json=body | {"lens": LENS["period"]})
        asked = asyncio.create_task(asks)
        assert await asyncio.to_thread(begun.wait, 30), name
        listed = [one for one in (await viewer.get("/api/work")).json()["items"] if one["what"] != "work"]
        assert [one["mine"] for one in listed] == [True], name
        asked_of = path.removeprefix("/api/").partition("?")[0].replace("customer-journey", "{key}")
        assert listed[0]["what"] == asked_of
        assert (await viewer.delete(f"/api/work/{listed[0]['id']}")).status_code == 200
        answer = await asked
        assert (answer.status_code, answer.json().get("code")) == (409, "cancelled"), (name, answer.text[:300])
    assert filled.works.all() == []


async def test_every_long_question_ends_when_its_work_is_stopped(
    viewer: httpx.AsyncClient, filled: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ask(path: str, body: dict[str, Any]) -> httpx.Response:
        asks = "?" in path
        return await (viewer.get(path) if asks else viewer.post(path, json=body | {"lens": LENS["period"]}))

    begin = filled.works.begin
    for name, (path, body) in QUESTIONS.items():
        answer = await ask(path, body)
        assert answer.status_code == 200, (name, answer.text)

    def stopped(*args: Any, **named: Any) -> Any:
        work = begin(*args, **named)
        work.stop()
        return work

    # Of another history, so that nothing that was kept answers.
    filled.committer.submit_sync(list(shop(4, 50)))
    filled.settle()
    monkeypatch.setattr(filled.works, "begin", stopped)
    for name, (path, body) in QUESTIONS.items():
        answer = await ask(path, body)
        assert (answer.status_code, answer.json().get("code")) == (409, "cancelled"), (name, answer.text[:300])
    assert filled.works.all() == []
