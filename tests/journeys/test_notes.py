"""Maps made together: notes, votes and assumptions over HTTP, their undo, and the further questions of a map."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from resa.journeys import DEFAULT_KEY, notes
from resa.kernel.events import Draft
from resa.kernel.workspace import Workspace
from tests.cast import Cast

START = 1_700_000_000_000
HOUR = 3_600_000
MAP = f"/api/journeys/{DEFAULT_KEY}"
PERIOD = {"from": "2023-11-01", "to": "2023-12-01"}


async def add(client: httpx.AsyncClient, **note: Any) -> dict[str, Any]:
    """A note, written."""
    answer = await client.post(f"{MAP}/notes", json=note)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def listed(client: httpx.AsyncClient, **how: Any) -> dict[str, Any]:
    """The notes of the map."""
    answer = await client.get(f"{MAP}/notes", params={**PERIOD, **how})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_team_writes_on_a_map_and_everybody_reads_it(cast: Cast) -> None:
    one, two = await cast.member("editor", "one@example.com"), await cast.member("editor", "two@example.com")
    stage = (await one.get(MAP)).json()["body"]["stages"][0]
    told = await add(one, kind="experience", on=f"stage:{stage['key']}", text="Nobody found the shop.", good=False)
    await add(two, kind="comment", on=f"note:{told['id']}", text="Seen too.")
    await add(two, kind="comment", text="A good start.")
    found = (await listed(two))["items"]
    assert [(n["kind"], n["text"], n["author"], n["mine"]) for n in found] == [
        ("experience", "Nobody found the shop.", "one@example.com", False),
        ("comment", "Seen too.", "two@example.com", True),
        ("comment", "A good start.", "two@example.com", True),
    ]
    assert found[0]["good"] is False


async def test_a_person_has_one_vote_on_a_thing_and_may_change_it(cast: Cast) -> None:
    one, two = await cast.member("editor", "one@example.com"), await cast.member("editor", "two@example.com")
    stages = (await one.get(MAP)).json()["body"]["stages"]
    first, second = f"stage:{stages[0]['key']}", f"stage:{stages[1]['key']}"
    await add(one, kind="vote", on=first, good=False)
    changed = await add(one, kind="vote", on=first)
    await add(two, kind="vote", on=first)
    vote = await add(two, kind="vote", on=second, good=False)
    found = await listed(one)
    assert found["items"] == []
    assert found["votes"] == [
        {"on": first, "up": 2, "down": 0, "mine": True},
        {"on": second, "up": 0, "down": 1, "mine": None},
    ]
    assert changed["version"] == 2
    await two.delete(f"{MAP}/notes/{vote['id']}")
    assert [v["on"] for v in (await listed(one))["votes"]] == [first]
    again = await add(two, kind="vote", on=second)
    assert (again["id"], (await listed(two))["votes"][1]["mine"]) == (vote["id"], True)


@pytest.mark.both_states
async def test_changes_and_deletions_are_undone_by_restoring(
    editor: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    note = await add(editor, kind="comment", text="First.")
    at = f"{MAP}/notes/{note['id']}"
    changed = await editor.patch(at, json={"expected_version": 1, "text": "Second."})
    assert (changed.json()["text"], changed.json()["version"]) == ("Second.", 2)
    assert (await editor.patch(at, json={"expected_version": 1, "text": "Third."})).status_code == 409
    undone = await editor.post(f"{at}/restore")
    assert (undone.json()["text"], undone.json()["version"]) == ("First.", 3)
    assert (await admin.delete(at)).json()["deleted"] is True
    assert (await listed(editor))["items"] == []
    assert [n["deleted"] for n in (await listed(editor, deleted=True))["items"]] == [True]
    assert (await editor.delete(at)).status_code == 404
    back = await editor.post(f"{at}/restore", params={"version": 2})
    assert (back.json()["text"], back.json()["deleted"]) == ("Second.", False)
    texts = [(v["version"], v["text"], v["deleted"]) for v in (await editor.get(at)).json()["items"]]
    assert texts == [
        (1, "First.", False),
        (2, "Second.", False),
        (3, "First.", False),
        (4, "First.", True),
        (5, "Second.", False),
    ]
    assert (await editor.post(f"{at}/restore", params={"version": 4})).status_code == 404


async def test_the_audit_log_says_who_wrote_what_when(editor: httpx.AsyncClient, admin: httpx.AsyncClient) -> None:
    note = await add(editor, kind="comment", text="Hello.")
    await editor.delete(f"{MAP}/notes/{note['id']}")
    entries = (await admin.get("/api/audit")).json()["items"]
    actions = [(e["action"], e["object"]) for e in entries if e["action"].startswith("journey.note")]
    assert actions == [
        ("journey.note_deleted", f"journey:{DEFAULT_KEY}"),
        ("journey.note_added", f"journey:{DEFAULT_KEY}"),
    ]


async def test_others_words_are_their_own(cast: Cast) -> None:
    one, two = await cast.member("editor", "one@example.com"), await cast.member("editor", "two@example.com")
    viewer = await cast.member("viewer", "three@example.com")
    note = await add(one, kind="comment", text="Mine.")
    at = f"{MAP}/notes/{note['id']}"
    assert (await two.patch(at, json={"expected_version": 1, "text": "Not yours."})).status_code == 403
    assert (await two.delete(at)).status_code == 403
    assert (await viewer.post(f"{MAP}/notes", json={"kind": "comment", "text": "May I?"})).status_code == 403
    assert len((await listed(viewer))["items"]) == 1


SENSELESS: list[tuple[dict[str, Any], str]] = [
    ({"kind": "comment"}, "text"),
    ({"kind": "comment", "text": "\x00"}, "text"),
    ({"kind": "comment", "text": "x", "good": True}, "good"),
    ({"kind": "experience", "text": "x"}, "good"),
    ({"kind": "comment", "text": "x", "on": "stage:nowhere"}, "on"),
    ({"kind": "comment", "text": "x", "on": "weather"}, "on"),
    ({"kind": "comment", "text": "x", "claim": {"says": "uses", "than": "more"}}, "claim"),
    ({"kind": "assumption", "text": "x", "claim": {"says": "uses", "than": "more"}}, "claim.touchpoint"),
    (
        {
            "kind": "assumption",
            "text": "x",
            "claim": {"says": "goes_on", "than": "more", "stage": "purchase", "to": "purchase", "share": 0.1},
        },
        "claim.to",
    ),
    (
        {
            "kind": "assumption",
            "text": "x",
            "claim": {"says": "comes_by", "than": "more", "channel": "pigeon", "share": 0.1},
        },
        "claim.channel",
    ),
    (
        {
            "kind": "assumption",
            "text": "x",
            "claim": {"says": "comes_by", "than": "more", "channel": "web", "share": 0.1, "seconds": 4},
        },
        "claim.seconds",
    ),
]


async def test_a_note_that_says_nothing_sensible_is_refused_by_field(editor: httpx.AsyncClient) -> None:
    """One application for all of them: each takes a second to start."""
    for note, field in SENSELESS:
        refused = await editor.post(f"{MAP}/notes", json=note)
        assert (refused.status_code, refused.json()["field"]) == (400, field), note
        assert refused.json()["remedy"]


ODD = ("%00", "n_%ed%a0%80", "9" * 400, "n_" + "0" * 16, "'", "%F4%8F%BF%BF")


async def test_odd_names_of_notes_and_maps_are_not_there(editor: httpx.AsyncClient) -> None:
    for odd in ODD:
        for path in (f"{MAP}/notes/{odd}", f"/api/journeys/{odd}/notes/n_{'1' * 16}", f"/api/journeys/{odd}/notes"):
            assert (await editor.get(path)).status_code in (400, 404), path
        for version in (2**31 - 1, 2**63):
            restored = await editor.post(f"{MAP}/notes/{odd}/restore", params={"version": version})
            assert restored.status_code in (400, 404), odd
        note = {"kind": "comment", "text": "x", "on": f"note:{odd}"}
        assert (await editor.post(f"{MAP}/notes", json=note)).status_code in (400, 404)


async def test_a_map_holds_so_many_notes(editor: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "MOST_NOTES", 2)
    await add(editor, kind="comment", text="One.")
    await add(editor, kind="comment", text="Two.")
    assert (await editor.post(f"{MAP}/notes", json={"kind": "comment", "text": "Three."})).status_code == 400
    assert (await editor.get("/api/journeys/nothing/notes")).status_code == 404
    assert (await editor.get(f"{MAP}/notes/n_nothing")).status_code == 404


def happened(workspace: Workspace) -> None:
    """Forty people look at a product; thirty of them order; ten use a step that is on no map."""
    workspace.start()
    made = []
    for who in range(40):
        steps = [
            "Product Viewed",
            *(["Coupon Scratched"] if who < 10 else []),
            *(["Order Completed"] if who < 30 else []),
        ]
        made += [
            Draft(
                message_id=f"m{who}-{number}",
                type="track",
                name=name,
                time=START + who * HOUR + number * 60_000,
                received_at=START,
                anonymous_id=f"a{who}",
                channel="app" if who % 4 == 0 else "web",
                revenue="10" if name == "Order Completed" else None,
                currency="EUR" if name == "Order Completed" else None,
            )
            for number, name in enumerate(steps)
        ]
    workspace.committer.submit_sync(made)
    workspace.settle()


async def test_data_confirm_or_contradict_an_assumption(editor: httpx.AsyncClient, workspace: Workspace) -> None:
    happened(workspace)
    by_web = {"says": "comes_by", "than": "more", "channel": "web", "share": 0.5}
    await add(editor, kind="assumption", text="Most come by web.", claim=by_web)
    await add(editor, kind="assumption", text="Few do.", claim={**by_web, "than": "fewer"})
    await add(editor, kind="assumption", text="Three quarters do.", claim={**by_web, "share": 0.75})
    await add(editor, kind="assumption", text="They are kind.")
    found = (await listed(editor))["items"]
    assert [n["tested"] and n["tested"]["verdict"] for n in found] == ["confirmed", "contradicted", "undecided", None]
    tested = found[0]["tested"]
    assert (tested["value"], tested["n"]) == (0.75, 40)
    assert 0.5 < tested["low"] < 0.75 < tested["high"]
    assert found[0]["claim"] == by_web


async def test_a_map_is_asked_more_over_http(editor: httpx.AsyncClient, workspace: Workspace) -> None:
    happened(workspace)
    discovered = (await editor.get(f"{MAP}/discovered", params=PERIOD)).json()
    (step,) = discovered["items"]
    assert (step["name"], step["customers"], step["share"]) == ("Coupon Scratched", 10, 0.25)
    body = (await editor.get(MAP)).json()["body"]
    stage = next(s for s in body["stages"] if s["key"] == step["proposal"]["stage"])
    stage["touchpoints"].append(step["proposal"]["touchpoint"])
    made = await editor.post("/api/journeys", json={"key": "soon", "body": body})
    assert made.status_code == 201, made.text
    assert (await editor.get("/api/journeys/soon/discovered", params=PERIOD)).json()["items"] == []

    against = (await editor.get(f"{MAP}/against", params={**PERIOD, "intended": "soon"})).json()
    (added,) = [t for t in against["touchpoints"] if t["where"] == "intended"]
    assert (added["key"], added["real_customers"], against["added"]) == ("coupon-scratched", 10, 1)
    assert (await editor.get(f"{MAP}/against", params=PERIOD)).status_code == 400
    assert (await editor.get(f"{MAP}/against", params={**PERIOD, "intended": "never"})).status_code == 404

    cells = (await editor.get(f"{MAP}/cells", params=PERIOD)).json()
    by_stage = {stage["key"]: stage for stage in cells["stages"]}
    assert by_stage["purchase"]["value"] == [{"currency": "EUR", "total": "300.0000"}]
    assert by_stage["purchase"]["satisfaction"] is None

    assert by_stage["purchase"]["friction"] is None

    handovers = (await editor.get(f"{MAP}/channels", params=PERIOD)).json()
    assert len(handovers["transitions"]) == len(body["stages"]) - 1
    assert handovers["broken"] == 0


async def test_a_map_names_whose_it_is_and_what_it_should_become(editor: httpx.AsyncClient) -> None:
    body = (await editor.get(MAP)).json()["body"]
    await editor.post("/api/journeys", json={"key": "soon", "body": body})
    for field, value in (("population", "everybody"), ("intended", "So On")):
        refused = await editor.put(MAP, json={"expected_version": 1, "body": {**body, field: value}})
        assert (refused.status_code, refused.json()["field"]) == (400, field)
    saved = await editor.put(
        MAP, json={"expected_version": 1, "body": {**body, "population": "audience:nobody", "intended": "soon"}}
    )
    assert saved.status_code == 200, saved.text
    assert (await editor.get(f"{MAP}/against", params=PERIOD | {"population": "everyone"})).status_code == 200
    numbers = await editor.get(f"{MAP}/numbers", params={**PERIOD, "population": "everyone"})
    assert (numbers.status_code, numbers.json()["population"]) == (200, None)
    assert (await editor.get(f"{MAP}/numbers", params=PERIOD)).status_code in (400, 404)


async def test_a_map_shows_the_friction_that_is_found(editor: httpx.AsyncClient, workspace: Workspace) -> None:
    """Ten people click the same element four times in a second after they looked at a product; days later another one looks."""
    workspace.start()
    made = [
        Draft(
            message_id=f"r{who}-{number}",
            type="track",
            name=name,
            time=START + who * 10 * HOUR + number * 200,
            received_at=START,
            anonymous_id=f"a{who}",
            channel="web",
            page_path="/product",
            properties='{"element": "buy"}',
        )
        for who in range(11)
        for number, name in enumerate(["Product Viewed", *["Element Clicked"] * (4 if who < 10 else 0)])
    ]
    workspace.committer.submit_sync(made)
    workspace.settle()
    cells = (await editor.get(f"{MAP}/cells", params=PERIOD)).json()
    struck = {stage["key"]: stage["friction"] for stage in cells["stages"] if stage["friction"]}
    assert [friction["customers"] for friction in struck.values()] == [10]
