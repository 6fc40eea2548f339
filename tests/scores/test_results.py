"""The whole way: a shop whose scores are planted, from its events through the API."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar

from resa.app import create
from resa.kernel.workspace import Workspace
from tests.cast import Cast
from tests.scores.conftest import filled
from tests.scores.world import BEGIN, DAY, PERIOD, RETURN, SURVEY, Shop, answer, draft, shop


@pytest.fixture
async def client(asked_shop: tuple[Workspace, Litestar]) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who may look at the planted shop."""
    workspace, app = asked_shop
    async with AsyncExitStack() as stack:
        yield await Cast(app, workspace, stack).member("viewer")


async def ask(client: httpx.AsyncClient, path: str = "", status: int = 200, **parameters: Any) -> dict[str, Any]:
    """What the API answers of the survey in the shop's period."""
    answer = await client.get(f"/api/survey-results/{SURVEY}{path}", params=PERIOD | parameters)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_the_score_is_the_answers_and_opens_its_people(client: httpx.AsyncClient) -> None:
    found = await ask(client)
    steps = {step["answer"]: step for step in found["distribution"]}
    assert sum(step["n"] for step in steps.values()) == found["n"] == found["people"]
    good, bad = (sum(step["n"] for step in steps.values() if step["kind"] == kind) for kind in ("good", "bad"))
    assert found["score"]["value"] == pytest.approx(100 * (good - bad) / found["n"])
    assert found["score"]["low"] < found["score"]["value"] < found["score"]["high"]
    assert sum(point["n"] for point in found["series"]) == found["n"]
    assert (await ask(client, "/people", of="bad"))["total"] == bad
    nine = await ask(client, "/people", score=9, limit=20)
    assert nine["total"] == steps[9]["n"]
    assert {person["score"] for person in nine["items"]} == {9}
    following = await ask(client, "/people", score=9, limit=20, cursor=nine["next"])
    assert not {person["profile"] for person in nine["items"]} & {person["profile"] for person in following["items"]}


async def test_it_is_compared_with_the_period_before(client: httpx.AsyncClient) -> None:
    halves: dict[str, Any] = {"from": "2023-12-15", "to": "2023-12-25", "compare": "previous"}
    found = await ask(client, **halves)
    assert found["compare"] == {"from": "2023-12-05T00:00:00.000Z", "to": "2023-12-15T00:00:00.000Z"}
    before: dict[str, Any] = {"from": "2023-12-05", "to": "2023-12-15", "compare": "none"}
    then = await ask(client, **before)
    assert found["previous"] == then["score"]
    assert found["change"]["value"] == pytest.approx(found["score"]["value"] - then["score"]["value"])
    assert found["change"]["low"] < found["change"]["value"] < found["change"]["high"]


async def test_response_is_counted_by_asking(client: httpx.AsyncClient, planted: Shop) -> None:
    found = (await ask(client))["response"]
    answered = sum(draft.name == "Survey Answered" for draft in planted.drafts)
    assert (found["asked"], found["shown"], found["answered"]) == (len(planted.people), len(planted.people), answered)
    assert found["dismissed"] == len(planted.people) - answered
    assert found["rate"]["value"] == pytest.approx(answered / len(planted.people))
    assert (found["waiting"], found["unasked"]) == (0, 0)


async def test_known_non_response_is_corrected_through_the_log(client: httpx.AsyncClient, planted: Shop) -> None:
    found = await ask(client, "/corrected")
    assert found["verdict"] == "differs"
    assert found["raw"]["value"] - planted.nps > 8, "regulars answer more often and are happier"
    assert found["corrected"]["low"] <= planted.nps <= found["corrected"]["high"]
    assert found["shift"]["high"] < 0
    assert 0 < found["size"] < found["answered"]


async def test_what_came_before_bad_answers_is_found_and_opens_its_people(client: httpx.AsyncClient) -> None:
    found = await ask(client, "/before")
    deeds = {(deed["key"], deed["window"]): deed for deed in found["items"]}
    contacted = deeds["track:Support Contacted", "7d"]
    assert contacted["found"]
    assert contacted["low"] > 1
    assert contacted["bad_share"] > contacted["good_share"]
    assert not any(key.startswith("track:Survey") for key, _ in deeds)
    people = await ask(client, "/people", of="bad", did="track:Support Contacted", window="7d")
    assert people["total"] == contacted["bad"]


async def test_drivers_are_what_was_planted(client: httpx.AsyncClient) -> None:
    found = await ask(client, "/drivers")
    drivers = {driver["key"]: driver for driver in found["items"]}
    contacted, delivery = drivers["track:Support Contacted"], drivers["delivery"]
    assert contacted["found"]
    assert contacted["slope"]["high"] < 0
    assert delivery["found"]
    assert delivery["slope"]["high"] < 0
    assert "answer_recommend" not in drivers, "a score does not drive itself"
    assert drivers["answer_ease"]["slope"]["low"] > 0
    total = sum(driver["importance"]["value"] for driver in found["items"])
    assert total == pytest.approx(found["explained"])
    assert all(driver["importance"]["low"] <= driver["importance"]["high"] for driver in found["items"])


async def test_what_a_point_is_worth_is_recovered(client: httpx.AsyncClient) -> None:
    found = await ask(client, "/worth", days=25, to="2024-02-01")
    items = {item["outcome"]: item for item in found["items"]}
    assert found["currency"] == "EUR"
    assert items["returned"]["shown"]
    low, high = items["returned"]["step"]["low"], items["returned"]["step"]["high"]
    assert low <= RETURN <= high
    assert items["spent"]["step"]["low"] > 0
    assert abs(items["spent"]["point"]["value"]) < abs(items["spent"]["step"]["value"])


async def test_every_question_has_its_results(client: httpx.AsyncClient) -> None:
    found = await ask(client, "/questions")
    questions = {question["key"]: question for question in found["items"]}
    assert {key: question["kind"] for key, question in questions.items()} == {
        "recommend": "scale",
        "ease": "scale",
        "why": "single",
        "liked": "multiple",
    }
    why = questions["why"]
    assert sum(choice["n"] for choice in why["choices"]) == why["answered"] == found["completion"]["responses"]
    assert all(choice["low"] <= choice["share"] <= choice["high"] for choice in why["choices"])
    assert sum(choice["share"] for choice in questions["liked"]["choices"]) > 1
    assert questions["ease"]["mean"]["low"] < questions["ease"]["mean"]["value"]


@pytest.mark.parametrize("by", ["language", "channel", "version", "property:answer_why", "stage", "touchpoint"])
async def test_groups_add_up_and_open_their_people(client: httpx.AsyncClient, by: str) -> None:
    found = await ask(client, "/groups", by=by)
    whole = await ask(client)
    assert found["groups"]
    assert sum(group["n"] for group in found["groups"]) + found["unknown"] == whole["n"]
    first = found["groups"][0]
    people = await ask(client, "/people", by=by, group=first["key"])
    assert people["total"] == first["people"]
    if len(found["groups"]) > 1:
        assert first["difference"]["low"] < first["difference"]["value"] < first["difference"]["high"]


async def test_what_can_not_be_asked_is_refused(client: httpx.AsyncClient) -> None:
    assert (await ask(client, "/groups", 400, by="horoscope"))["field"] == "by"
    assert (await ask(client, "/people", 404, by="language", group="xx"))["field"] == "group"
    assert (await ask(client, "/people", 404, did="track:Nothing"))["field"] == "deed"
    assert (await ask(client, "/people", 400, cursor="x"))["field"] == "cursor"
    missing = await client.get("/api/survey-results/unheard-of")
    assert (missing.status_code, missing.json()["field"]) == (404, "survey")
    listed = (await client.get("/api/survey-results", params=PERIOD)).json()["items"]
    assert [row["key"] for row in listed] == [SURVEY]


async def test_where_response_is_random_and_scores_mean_nothing_all_is_silent(tmp_path: Path) -> None:
    workspace = filled(tmp_path, shop(8, 700, biased=False, shuffled=True))
    try:
        async with AsyncExitStack() as stack:
            viewer = await Cast(create(workspace), workspace, stack).member("viewer")
            assert (await ask(viewer, "/corrected"))["verdict"] == "same"
            assert not any(deed["found"] for deed in (await ask(viewer, "/before"))["items"])
            drivers = (await ask(viewer, "/drivers"))["items"]
            assert [driver["key"] for driver in drivers if driver["found"]] in ([], ["answer_ease"])
    finally:
        workspace.close()


async def test_odd_answers_are_read_and_bounded(viewer: httpx.AsyncClient, workspace: Workspace) -> None:
    """Off the scale, nested, huge, twice, unfinished: nothing breaks, and only what is a score counts as one."""
    workspace.start()
    at, dice = BEGIN + 20 * DAY, random.Random(1)
    of: dict[str, Any] = {"survey": SURVEY, "version": 1, "channel": "link"}
    drafts = [draft(1, "Survey Answered", at, **answer(9, "a", dice), **of)]
    drafts += [draft(1, "Survey Answered", at + 5, **answer(3, "a", dice), **of)]
    drafts += [
        draft(2, "Survey Answered", at, **(answer(9, "b", dice) | {"score": 99, "answer_why": {"x": [1]}}), **of)
    ]
    partial: dict[str, Any] = {
        "response": "c",
        "complete": False,
        "metric": "nps",
        "answer_recommend": "<script>",
        "answer_big": "x" * 10_000,
    }
    drafts += [draft(3, "Survey Answered", at, **partial, **of)]
    drafts += [draft(4, "Survey Answered", at, **(answer(10, "d", dice) | {"answer_grid": {"r": 3, "s": 5}}), **of)]
    workspace.committer.submit_sync(drafts)
    workspace.settle()
    found = await ask(viewer)
    assert (found["n"], found["response"]["unasked"]) == (2, 4)
    assert found["score"]["value"] == 0, "one who said 3 after 9 in the same response, and one who said 10"
    questions = await ask(viewer, "/questions")
    assert (questions["completion"]["responses"], questions["completion"]["complete"]) == (4, 3)
    by_key = {question["key"]: question for question in questions["items"]}
    assert by_key["big"]["stopped"] == 1
    assert [row["mean"]["value"] for row in by_key["grid"]["rows"]] == [3, 5]
    assert (await ask(viewer, "/corrected"))["verdict"] == "nobody asked"
    assert (await ask(viewer, "/drivers"))["reason"] == "too few answers"
    assert (await ask(viewer, "/worth"))["reason"] == "too few answers"
    assert (await ask(viewer, "/before"))["bad"] == 1


async def test_few_answers_of_an_anonymous_survey_stay_unsaid(viewer: httpx.AsyncClient, workspace: Workspace) -> None:
    """Fewer than five lie behind no figure: not the score, not a question's, not a period's, and no text is shown."""
    text = {"key": "said", "kind": "text", "text": {"en": "Why?"}}
    nps = {"key": "recommend", "kind": "nps", "text": {"en": "Recommend?"}}
    body = {"name": "Pulse", "anonymous": True, "questions": [nps, text], "channels": ["link"]}
    workspace.definitions.save("survey", SURVEY, body, expected=None, author="a test")
    workspace.start()

    def given(who: int, day: int, **more: Any) -> Any:
        said: dict[str, Any] = {"response": f"r{who}", "complete": True, "metric": "nps", "score": 9, "survey": SURVEY}
        return draft(who, "Survey Answered", BEGIN + day * DAY, **said, answer_recommend=9, channel="link", **more)

    workspace.committer.submit_sync([given(who, 20, answer_said="It is my boss.") for who in range(4)])
    workspace.settle()
    few = await ask(viewer)
    assert (few["n"], few["withheld"], few["score"], few["distribution"]) == (4, True, None, [])
    assert {point["score"]["value"] for point in few["series"]} == {None}
    for question in (await ask(viewer, "/questions"))["items"]:
        assert (question["answered"], question["withheld"]) == (4, True)
        assert (question["score"], question["choices"], question["examples"]) == (None, [], [])

    workspace.committer.submit_sync([given(9, 22)])
    workspace.settle()
    enough = await ask(viewer, interval="day")
    assert (enough["n"], enough["withheld"], enough["score"]["value"]) == (5, False, 100)
    assert {point["score"]["value"] for point in enough["series"]} == {None}, "no day has five"
    recommend, said = (await ask(viewer, "/questions"))["items"]
    assert (recommend["withheld"], recommend["score"]["value"]) == (False, 100)
    assert (said["answered"], said["withheld"], said["examples"]) == (4, True, [])
