"""Journey maps over HTTP: made, edited by two at once, deleted and brought back, exported, asked."""

from __future__ import annotations

import random
from typing import Any

import httpx
import pytest

from resa.journeys import DEFAULT_KEY, Places, templates
from resa.kernel.events import Draft
from resa.kernel.workspace import Workspace
from tests.cast import Cast

NOON = 1_700_049_600_000  # 15 November 2023, 12:00 UTC
DAY = 86_400_000


async def body_of(client: httpx.AsyncClient, key: str = DEFAULT_KEY) -> dict[str, Any]:
    """The map as the API gives it."""
    answer = await client.get(f"/api/journeys/{key}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_new_workspace_has_a_filled_map(viewer: httpx.AsyncClient) -> None:
    """The eight stages, ready to look at."""
    (row,) = (await viewer.get("/api/journeys")).json()["items"]
    assert (row["key"], row["stages"], row["version"]) == (DEFAULT_KEY, 8, 1)
    found = await body_of(viewer)
    assert found["body"]["stages"][3]["key"] == "purchase"
    assert [item["version"] for item in found["history"]] == [1]


async def test_a_map_somebody_deleted_does_not_come_back_by_itself(
    editor: httpx.AsyncClient, workspace: Workspace
) -> None:
    """The first start is the first start."""
    from resa import journeys

    await editor.delete(f"/api/journeys/{DEFAULT_KEY}")
    journeys.ensure_default(workspace)
    assert (await editor.get("/api/journeys")).json()["items"] == []


async def test_templates_are_offered_and_make_maps(editor: httpx.AsyncClient) -> None:
    """Under a key and name of one's own."""
    offered = (await editor.get("/api/journey-templates")).json()["items"]
    assert [item["key"] for item in offered] == list(templates.KEYS)
    request = {"key": "shop", "name": "Our shop", "from_template": "five-stages"}
    made = await editor.post("/api/journeys", json=request)
    assert made.status_code == 201
    assert (made.json()["body"]["name"], len(made.json()["body"]["stages"])) == ("Our shop", 5)
    again = await editor.post("/api/journeys", json=request)
    assert again.status_code == 409
    for wrong in ({"key": "x"}, {"key": "x", "from_template": "nothing"}, {"key": "X", "from_template": "grocer"}):
        assert (await editor.post("/api/journeys", json=wrong)).status_code in (400, 404)


async def test_two_who_edit_at_once_lose_nothing(cast: Cast) -> None:
    """The second learns what the first saved."""
    one, two = await cast.member("editor", "one@example.com"), await cast.member("editor", "two@example.com")
    found = await body_of(one)
    found["body"]["name"] = "Mine"
    saved = await one.put(
        f"/api/journeys/{DEFAULT_KEY}", json={"expected_version": found["version"], "body": found["body"]}
    )
    assert (saved.status_code, saved.json()["version"], saved.json()["author"]) == (200, 2, "one@example.com")
    found["body"]["name"] = "No, mine"
    refused = await two.put(f"/api/journeys/{DEFAULT_KEY}", json={"expected_version": 1, "body": found["body"]})
    assert refused.status_code == 409
    assert refused.json()["current"]["version"] == 2
    assert refused.json()["current"]["body"]["name"] == "Mine"
    old = await body_of(two, f"{DEFAULT_KEY}?version=1")
    assert old["body"]["name"] == "Customer journey"


async def test_a_deleted_map_is_brought_back_by_an_old_version(editor: httpx.AsyncClient) -> None:
    """Undo before "are you sure"."""
    found = await body_of(editor)
    gone = await editor.delete(f"/api/journeys/{DEFAULT_KEY}")
    assert gone.status_code == 200
    assert (await editor.get(f"/api/journeys/{DEFAULT_KEY}")).status_code == 404
    back = await editor.put(
        f"/api/journeys/{DEFAULT_KEY}", json={"expected_version": found["version"], "body": found["body"]}
    )
    assert (back.status_code, back.json()["version"]) == (200, 3)
    assert (await body_of(editor))["body"] == found["body"]


async def test_a_mistake_is_named_by_its_path(editor: httpx.AsyncClient) -> None:
    """So that the editor can show it where it is."""
    found = await body_of(editor)
    found["body"]["stages"][2]["touchpoints"][0]["rule"] = {"any": [{"type": "track"}]}
    refused = await editor.put(
        f"/api/journeys/{DEFAULT_KEY}", json={"expected_version": found["version"], "body": found["body"]}
    )
    assert refused.status_code == 400
    assert refused.json()["field"] == "stages[2].touchpoints[0].rule.any[0].name"
    assert refused.json()["remedy"]


async def test_who_may_only_look_changes_nothing(viewer: httpx.AsyncClient) -> None:
    """Every route that writes."""
    found = await body_of(viewer)
    change = {"expected_version": 1, "body": found["body"]}
    answers = [
        await viewer.post("/api/journeys", json={"key": "x", "from_template": "grocer"}),
        await viewer.put(f"/api/journeys/{DEFAULT_KEY}", json=change),
        await viewer.delete(f"/api/journeys/{DEFAULT_KEY}"),
        await viewer.post("/api/definitions/apply", json={"definitions": []}),
    ]
    assert [answer.status_code for answer in answers] == [403] * 4


async def test_a_file_exported_applies_and_says_what_changes(editor: httpx.AsyncClient) -> None:
    """A dry run first; the same file again changes nothing."""
    file = (await editor.get("/api/definitions/export", params={"kind": "journey"})).json()
    same = (await editor.post("/api/definitions/apply", json={**file, "dry_run": True})).json()
    assert [(c["key"], c["change"], c["diff"]) for c in same["changes"]] == [(DEFAULT_KEY, "same", [])]
    file["definitions"][0]["body"]["stages"][0]["name"] = "Being noticed"
    for dry_run in (True, False):
        applied = await editor.post("/api/definitions/apply", json={**file, "dry_run": dry_run})
        (change,) = applied.json()["changes"]
        assert change["change"] == "changed"
        assert change["diff"] == [
            {
                "path": "stages[awareness].name",
                "text": '~ stages[awareness].name: "Awareness" -> "Being noticed"',
                "before": "Awareness",
                "after": "Being noticed",
            }
        ]
    assert (await body_of(editor))["version"] == 2
    again = await editor.post("/api/definitions/apply", json=file)
    assert again.json()["changes"][0]["change"] == "same"
    file["definitions"][0]["body"]["stages"] = []
    refused = await editor.post("/api/definitions/apply", json=file)
    assert (refused.status_code, refused.json()["field"]) == (400, "definitions[0].body.stages")
    assert (await editor.get("/api/definitions/export", params={"kind": "nonsense"})).status_code == 404


async def test_a_change_is_in_the_audit_log(editor: httpx.AsyncClient, admin: httpx.AsyncClient) -> None:
    """Who saved, who deleted."""
    await editor.post("/api/journeys", json={"key": "shop", "from_template": "grocer"})
    await editor.delete("/api/journeys/shop")
    found = [(e["action"], e["object"], e["actor"]) for e in (await admin.get("/api/audit")).json()["items"]]
    assert ("journey.saved", "journey:shop", "editor@example.com") in found
    assert ("journey.deleted", "journey:shop", "editor@example.com") in found


def visit(who: int, name: str, time: int, number: int) -> Draft:
    """One event of a web visitor."""
    return Draft(
        message_id=f"m{number}",
        type="track",
        name=name,
        time=time,
        received_at=time,
        anonymous_id=f"v{who}",
        channel="web" if number % 3 else "app",
        source="test",
        simulated=who % 5 == 0,
    )


@pytest.fixture
def shop(workspace: Workspace) -> Workspace:
    """Some weeks of a small shop that sends standard events."""
    dice, number, drafts = random.Random(5), 0, []
    names = [
        "Promotion Viewed",
        "Product Viewed",
        "Product Added",
        "Checkout Started",
        "Order Completed",
        "Email Opened",
    ]
    for who in range(60):
        time = NOON - dice.randrange(20) * DAY
        for name in names[: dice.randrange(1, len(names) + 1)]:
            drafts.append(visit(who, name, time, number))
            time, number = time + dice.randrange(DAY), number + 1
    drafts.append(visit(60, "Email Opened", NOON - 90 * DAY, number))  # so that earlier periods can be compared with
    workspace.start()
    workspace.committer.submit_sync(drafts)
    workspace.settle()
    return workspace


async def test_a_period_that_begins_before_the_data_is_compared_with_nothing(
    viewer: httpx.AsyncClient, shop: Workspace
) -> None:
    """A part of a period would make any number look like growth."""
    asked = {"from": "2023-09-01", "to": "2023-11-01", "compare": "previous"}
    numbers = (await viewer.get(f"/api/journeys/{DEFAULT_KEY}/numbers", params=asked)).json()
    assert (numbers["compare"], numbers["stages"][0]["previous"]) == (None, None)
    assert numbers["data_since"] > "2023-07-02"


async def test_ten_random_cells_open_exactly_their_people(viewer: httpx.AsyncClient, shop: Workspace) -> None:
    """Every number is a door, and behind it are as many people as it says."""
    lens = {"from": "2023-10-20", "to": "2023-11-16", "simulated": "true"}
    numbers = (await viewer.get(f"/api/journeys/{DEFAULT_KEY}/numbers", params={**lens, "compare": "previous"})).json()
    assert numbers["period"] == {"from": "2023-10-20T00:00:00.000Z", "to": "2023-11-16T00:00:00.000Z"}
    assert numbers["compare"] == {"from": "2023-09-23T00:00:00.000Z", "to": "2023-10-20T00:00:00.000Z"}
    cells: dict[tuple[str, str | None], int] = {}
    for stage in numbers["stages"]:
        cells[f"stage:{stage['key']}", None] = stage["customers"]
        cells[f"next:{stage['key']}", None] = stage["next"]
        cells[f"forward:{stage['key']}", None] = stage["forward"]
        cells[f"dropped:{stage['key']}", None] = stage["drop_off"]
        cells |= {(f"stage:{stage['key']}", c["channel"]): c["customers"] for c in stage["channels"]}
        for touchpoint in stage["touchpoints"]:
            cells[f"touchpoint:{touchpoint['key']}", None] = touchpoint["customers"]
            cells |= {(f"touchpoint:{touchpoint['key']}", c["channel"]): c["customers"] for c in touchpoint["channels"]}
    filled = sorted((cell for cell, count in cells.items() if count), key=str)
    assert len(filled) > 15
    for cell, channel in random.Random(8).sample(filled, 10):
        asked = {**lens, "cell": cell, "limit": "200"} | ({"channel": channel} if channel else {})
        people = (await viewer.get(f"/api/journeys/{DEFAULT_KEY}/people", params=asked)).json()
        assert people["total"] == len({person["profile"] for person in people["items"]}) == cells[cell, channel]


async def test_hand_overs_and_attribution_open_exactly_their_people(viewer: httpx.AsyncClient, shop: Workspace) -> None:
    """By the address and the question of their figures."""
    path, period = f"/api/journeys/{DEFAULT_KEY}", {"from": "2023-11-01", "to": "2023-12-01"}
    compared = (await viewer.get(f"{path}/channels", params=period)).json()
    pairs = [(t["from"], pair) for t in compared["transitions"] for pair in t["pairs"]]
    assert pairs
    for stage, pair in pairs:
        cell = f"crossed:{stage}:{pair['from']}:{pair['to']}"
        people = (await viewer.get(f"{path}/people", params={**period, "cell": cell, "limit": 200})).json()
        assert people["total"] == pair["customers"]
    refused = await viewer.get(f"{path}/people", params={**period, "cell": "crossed"})
    assert refused.status_code == 404
    question = {"lens": period, "conversion": {"any": [{"type": "track", "name": "Order Completed"}]}}
    answer = (await viewer.post("/api/attribution", json={**question, "models": ["last"]})).json()
    for item in answer["items"]:
        asked = {**question, "kind": item["kind"], "item": item["touch"], "limit": 1}
        people = (await viewer.post("/api/attribution/people", json=asked)).json()
        assert item["customers"] in (None, people["total"])
    everybody = (await viewer.post("/api/attribution/people", json=question)).json()
    assert everybody["total"] == answer["customers"] > 0


async def test_without_the_simulated_only_real_people_count(viewer: httpx.AsyncClient, shop: Workspace) -> None:
    """One click leaves them out; how many there are is said anyway."""
    lens = {"from": "2023-10-20", "to": "2023-11-16"}
    both = (await viewer.get(f"/api/journeys/{DEFAULT_KEY}/numbers", params=lens)).json()
    real = (await viewer.get(f"/api/journeys/{DEFAULT_KEY}/numbers", params={**lens, "simulated": "false"})).json()
    assert (both["customers"], real["customers"]) == (60, 48)
    assert real["simulated_events"] == both["simulated_events"] > 0
    asked = {**lens, "simulated": "false", "cell": "stage:awareness"}
    people = (await viewer.get(f"/api/journeys/{DEFAULT_KEY}/people", params=asked)).json()
    assert not any(person["simulated"] for person in people["items"])


async def test_days_are_the_workspaces_own(admin: httpx.AsyncClient, shop: Workspace) -> None:
    """Midnight in Sydney is not midnight in London."""
    await admin.patch("/api/workspace", json={"timezone": "Australia/Sydney"})
    lens = {"from": "2023-11-01", "to": "2023-11-02"}
    numbers = (await admin.get(f"/api/journeys/{DEFAULT_KEY}/numbers", params=lens)).json()
    assert numbers["period"] == {"from": "2023-10-31T13:00:00.000Z", "to": "2023-11-01T13:00:00.000Z"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"from": "yesterday"}, "from"),
        ({"from": "2023-11-02", "to": "2023-11-01"}, "from"),
        ({"to": "9" * 40}, "to"),
        ({"channel": "telepathy"}, "channel"),
        ({"compare": "better"}, "compare"),
        ({"compare": "2023-11-02..2023-11-01"}, "from"),
        ({"compare": ".."}, "compare"),
    ],
)
async def test_a_lens_that_makes_no_sense_is_refused(
    viewer: httpx.AsyncClient, wrong: dict[str, str], field: str
) -> None:
    """By the name of the parameter."""
    answer = await viewer.get(f"/api/journeys/{DEFAULT_KEY}/numbers", params=wrong)
    assert (answer.status_code, answer.json()["field"]) == (400, field)


@pytest.mark.parametrize("at", ["0001-01-01", "1900-01-01", "2199-12-31", "9999-12-31", "2024-02-29"])
@pytest.mark.parametrize("compare", ["previous", "year"])
async def test_the_ends_of_time_break_nothing(viewer: httpx.AsyncClient, at: str, compare: str) -> None:
    """Whatever day is asked for."""
    for lens in ({"from": at, "to": "2199-12-31T23:59:59Z"}, {"from": "1900-01-01", "to": at}, {"to": at}):
        answer = await viewer.get(f"/api/journeys/{DEFAULT_KEY}/numbers", params={**lens, "compare": compare})
        assert answer.status_code in (200, 400), answer.text


def test_an_event_knows_its_place_on_the_map(workspace: Workspace) -> None:
    """What a timeline shows beside it."""
    from resa import journeys

    journeys.ensure_default(workspace)
    places = Places(workspace)
    place = places.of({"type": "track", "name": "Order Completed", "channel": "web", "properties": "{}"})
    assert place is not None
    assert (place.journey, place.stage.key, place.touchpoint.key) == (DEFAULT_KEY, "purchase", "order")
    assert places.of({"type": "track", "name": "Nothing of the kind", "channel": "web", "properties": "{}"}) is None
