"""What a page of questions opens on: something that the workspace's own customers did, and that can be asked."""

from __future__ import annotations

import httpx
import msgspec
import numpy as np

from resa.analytics import paths, retention, starts, trends
from resa.analytics.asking import LensBody
from resa.kernel.events import Draft
from resa.kernel.workspace import Workspace
from tests.questions.conftest import World, day

JOURNEY = ("Product Viewed", "Product Added", "Checkout Started", "Order Completed")


def test_each_kind_begins_with_a_question_that_is_answered(world: World) -> None:
    found = starts.starts(world.asking, 30)  # the history is older than that: all of it is looked at
    through = LensBody(start=day(0), end=day(30))
    counts = trends.numbers(world.asking, msgspec.structs.replace(found.trends[0], lens=through))
    assert counts.series[0].total.events > 0
    come = retention.numbers(world.asking, msgspec.structs.replace(found.retention[0], lens=through))
    assert come.total.size > 0
    ways = paths.numbers(world.asking, msgspec.structs.replace(found.paths[0], lens=through))
    assert found.paths[0].by_page
    assert ways.customers > 0


def test_the_commonest_event_comes_first(world: World) -> None:
    times: dict[tuple[str, str | None], int] = {}
    for draft in world.drafts:
        event = (draft.type, draft.name if draft.type == "track" else None)
        times[event] = times.get(event, 0) + 1
    (one,) = starts.starts(world.asking, 30).trends[0].series
    assert one.match is not None
    assert times[one.match.type, one.match.name] == max(times.values())


async def test_a_funnel_leads_through_the_stages_of_the_map(workspace: Workspace, viewer: httpx.AsyncClient) -> None:
    workspace.start()
    now = workspace.clock()
    people = {"a": 4, "b": 4, "c": 3, "d": 2}  # how far each came
    workspace.committer.submit_sync(
        [
            Draft(
                message_id=f"{who}{step}",
                type="track",
                name=name,
                time=now - 3_600_000 + step,
                received_at=now,
                anonymous_id=who,
                source="shop",
            )
            for who, steps in people.items()
            for step, name in enumerate(JOURNEY[:steps])
        ]
    )
    workspace.settle()
    answer = await viewer.get("/api/question-starts")
    assert answer.status_code == 200, answer.text
    funnel = answer.json()["funnel"][0]["question"]
    names = [step["any"][0]["name"] for step in funnel["steps"]]
    assert len(names) > 1
    assert names == [name for name in JOURNEY if name in names]
    asked = await viewer.post("/api/questions/funnel", json={**funnel, "lens": {}})
    assert asked.json()["steps"][0]["customers"] == 4


async def test_an_empty_workspace_has_nothing_to_begin_with(viewer: httpx.AsyncClient) -> None:
    answer = await viewer.get("/api/question-starts")
    assert answer.json() == {"trends": [], "funnel": [], "retention": [], "paths": []}


def test_the_way_through_is_the_one_most_people_went() -> None:
    # Bits: 0 mail, 1 visit; 2 product, 3 list; 4 order. Many had the mail, but those who ordered came by the visit.
    did, people = np.array([0b00001, 0b01010, 0b11010, 0b00110]), np.array([1_000, 60, 40, 30])
    assert starts.way_through([[0, 1], [2, 3], [4]], did, people) == [1, 3, 4]
    assert starts.way_through([[0], [2], [4]], did, people) == []


def test_a_long_way_that_hardly_anybody_went_is_no_way_to_begin_with() -> None:
    # Bits: 0 visit, 1 product, 2 order; 3 removed, 4 compared, 5 chat, 6 mail. Two people went the longer way.
    did, people = np.array([0b0000111, 0b1111000]), np.array([500, 2])
    assert starts.way_through([[0, 3], [1, 4], [2, 5], [6]], did, people) == [0, 1, 2]
