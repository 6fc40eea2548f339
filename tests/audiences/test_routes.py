"""Audiences over HTTP: made, sized, listed, explained; bad ones refused with what is wrong where."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from resa.kernel.workspace import Workspace
from tests.kernel.making import DAY, draft, identify

ORDER = [{"name": "Order Completed"}]
BUYERS: dict[str, Any] = {"name": "Buyers", "rule": {"did": {"any": ORDER, "within": "30 days"}}}


@pytest.fixture
def shop(workspace: Workspace) -> Workspace:
    """Anna ordered twice and may be written to, Bo once long ago, Cy looks around."""
    workspace.start()
    now = workspace.clock()
    consent = {"consent": {"categoryPreferences": {"Marketing": True}}}
    workspace.committer.submit_sync(
        [
            identify(user="anna", name="Anna", email="anna@shop.test"),
            draft("Order Completed", user="anna", time=now - 2 * DAY, context=consent, revenue="30", currency="EUR"),
            draft("Order Completed", user="anna", time=now - DAY, revenue="20", currency="EUR"),
            draft("Order Completed", user="bo", time=now - 90 * DAY, revenue="500", currency="EUR"),
            draft("Product Viewed", user="cy", time=now - 1000, simulated=True),
        ]
    )
    workspace.settle()
    return workspace


async def made(client: httpx.AsyncClient, key: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post("/api/audiences", json={"key": key, "body": body})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_an_audience_is_made_listed_and_says_who_is_in_since_when(
    shop: Workspace, editor: httpx.AsyncClient
) -> None:
    assert (await made(editor, "buyers", BUYERS))["version"] == 1
    listed = (await editor.get("/api/audiences")).json()["items"]
    assert [(item["key"], item["name"], item["members"]) for item in listed] == [("buyers", "Buyers", 1)]
    page = (await editor.get("/api/audiences/buyers/members")).json()
    assert (page["total"], page["next"]) == (1, None)
    assert [(item["name"], item["email"]) for item in page["items"]] == [("Anna", "anna@shop.test")]
    anna = page["items"][0]["profile"]
    belongs = (await editor.get(f"/api/customers/{anna}/audiences")).json()
    assert [(item["key"], item["since"]) for item in belongs["items"]] == [("buyers", page["items"][0]["since"])]
    assert {stage["journey"] for stage in belongs["stages"]} == {"customer-journey"}


async def test_a_size_says_who_can_be_reached(shop: Workspace, viewer: httpx.AsyncClient) -> None:
    body = {"name": "x", "rule": {"did": {"any": ORDER}}}
    size = (await viewer.post("/api/audiences/size", json={"body": body})).json()
    assert (size["members"], size["of"], size["simulated"]) == (2, 3, 0)
    assert size["reachable"] == [
        {"channel": "email", "consented": 1, "contactable": 1},
        {"channel": "sms", "consented": 1, "contactable": 0},
        {"channel": "push", "consented": 1, "contactable": 0},
    ]
    assert [one["name"] for one in size["sample"]] == ["Anna", "bo"]


async def test_why_she_is_in_is_told_with_event_and_end(shop: Workspace, editor: httpx.AsyncClient) -> None:
    rule = {
        "all": [
            {"did": {"any": ORDER, "at_least": 2, "within": "30 days"}},
            {"not": {"trait": {"property": "plan", "op": "is", "value": "pro"}}},
        ]
    }
    await made(editor, "twice", {"name": "Twice", "rule": rule})
    anna = (await editor.get("/api/customers", params={"q": "anna"})).json()["items"][0]["profile"]
    told = (await editor.get("/api/audiences/twice/explain", params={"profile": anna})).json()
    bought, not_pro = told["reasons"]
    assert told["member"]
    assert bought["text"] == "Order Completed at least 2 times in the last 30 days"
    assert bought["event"] == {"row": 2, "name": "Order Completed", "time": bought["since"]}
    assert told["since"] == bought["since"]
    first = shop.body.query("SELECT min(time) AS t FROM log WHERE user_id = 'anna' AND name = 'Order Completed'")
    from resa.kernel import times

    assert bought["until"] == times.iso(first.to_pylist()[0]["t"] + 30 * DAY)
    assert (not_pro["met"], not_pro["since"], not_pro["until"]) == (True, None, None)


async def test_an_edit_from_an_old_version_is_a_conflict(shop: Workspace, editor: httpx.AsyncClient) -> None:
    await made(editor, "buyers", BUYERS)
    changed: dict[str, Any] = {"expected_version": 1, "body": {**BUYERS, "name": "Customers"}}
    assert (await editor.put("/api/audiences/buyers", json=changed)).json()["version"] == 2
    changed["body"]["name"] = "Somebody else"
    assert (await editor.put("/api/audiences/buyers", json=changed)).status_code == 409


async def test_templates_are_audiences_in_the_workspaces_currency(shop: Workspace, editor: httpx.AsyncClient) -> None:
    listed = (await editor.get("/api/audience-templates")).json()["items"]
    assert {"at-risk", "big-spenders", "ambassadors", "new-customers", "lapsing", "cart-abandoners"} <= {
        item["key"] for item in listed
    }
    for item in listed:
        answer = await editor.post("/api/audiences", json={"key": item["key"], "from_template": item["key"]})
        assert answer.status_code == 201, answer.text
    members = {row["key"]: row["members"] for row in (await editor.get("/api/audiences")).json()["items"]}
    assert (members["new-customers"], members["at-risk"], members["big-spenders"]) == (1, 0, 1)
    assert (members["lapsing"], members["reachable-by-mail"]) == (0, 1)


def nested(depth: int) -> dict[str, Any]:
    rule: dict[str, Any] = {"trait": {"property": "plan", "op": "exists"}}
    for _ in range(depth):
        rule = {"not": rule}
    return rule


MANY = {"any": [{"trait": {"property": f"t{n}", "op": "exists"}} for n in range(500)]}


BAD: list[tuple[dict[str, Any], str, str]] = [
    (nested(500), "rule.not.not", "12 deep"),
    (MANY, "rule", "at most 200 conditions"),
    ({"all": []}, "rule.all", "nothing in it"),
    ({}, "rule", "exactly one thing"),
    ({"all": [{"did": {"any": ORDER}, "segment": "x"}]}, "rule.all[0]", "exactly one thing"),
    ({"segment": "nobody"}, "rule.segment", "not there"),
    ({"any": [{"segment": "buyers"}, {"did": {"any": []}}]}, "rule.any[1].did.any", "1 to 20 matches"),
    ({"did": {"any": ORDER, "within": "0 days"}}, "rule.did.within", "empty"),
    ({"did": {"any": ORDER, "within": "99999 weeks"}}, "rule.did.within", "3650 days"),
    ({"did": {"any": ORDER, "within": "soon"}}, "rule.did.within", "no period"),
    ({"did": {"any": ORDER, "at_least": 3, "at_most": 2}}, "rule.did.at_most", "at least 3 and at most 2"),
    ({"did": {"any": ORDER, "at_least": -1}}, "rule.did.at_least", "0 to"),
    ({"did": {"any": [{"name": "Segment Entered"}]}}, "rule.did.any[0].name", "rest"),
    ({"sum": {"any": ORDER, "property": "revenue", "at_least": 1}}, "rule.sum.currency", "several currencies"),
    ({"sum": {"any": ORDER, "property": "browser", "at_least": 1}}, "rule.sum.property", "text"),
    ({"sum": {"any": ORDER, "property": "price"}}, "rule.sum.at_least", "compared"),
    ({"context": {"property": "mood", "op": "exists"}}, "rule.context.property", "not known"),
    ({"consent": {"purpose": "fun", "is": "granted"}}, "rule.consent.purpose", "no purpose"),
    ({"consent": {"purpose": "marketing", "is": "maybe"}}, "rule.consent.is", "invalid"),
    ({"trait": {"property": "age", "op": "greater", "value": "old"}}, "rule.trait.value", "number"),
    ({"time": {"which": "last", "any": ORDER}}, "rule.time.within", "one of"),
    (
        {"without": {"any": ORDER, "without": ORDER, "after": "7 days", "within": "7 days"}},
        "rule.without.after",
        "empty",
    ),
    (
        {"ordered": {"steps": [{"any": ORDER}], "apart": "1 day", "within": "7 days"}},
        "rule.ordered.steps",
        "2 to 5",
    ),
    ({"did": {"any": ORDER, "whithin": "30 days"}}, "rule.did.whithin", "no such field"),
]


async def test_a_bad_rule_is_refused_with_name_value_rule_and_remedy(
    shop: Workspace, editor: httpx.AsyncClient
) -> None:
    await made(editor, "buyers", BUYERS)
    for rule, field, says in BAD:
        body = {"name": "bad", "rule": rule}
        for answer in (
            await editor.post("/api/audiences", json={"key": "bad", "body": body}),
            await editor.post("/api/audiences/size", json={"body": body}),
        ):
            said = answer.json()
            assert answer.status_code == 400, said
            assert said["field"].startswith(field), said
            assert says in said["message"], said
            assert {"value", "rule", "remedy"} <= said.keys()


async def test_audiences_in_a_circle_are_refused_and_one_referred_to_stays(
    shop: Workspace, editor: httpx.AsyncClient
) -> None:
    await made(editor, "buyers", BUYERS)
    await made(editor, "others", {"name": "Others", "rule": {"not": {"segment": "buyers"}}})
    circle = {"expected_version": 1, "body": {"name": "Buyers", "rule": {"segment": "others"}}}
    said = (await editor.put("/api/audiences/buyers", json=circle)).json()
    assert (said["field"], "circle" in said["message"]) == ("rule.segment", True)
    assert (await editor.delete("/api/audiences/buyers")).status_code == 400
    assert (await editor.delete("/api/audiences/others")).status_code == 200
    assert (await editor.delete("/api/audiences/buyers")).status_code == 200


async def test_members_come_in_pages(shop: Workspace, editor: httpx.AsyncClient) -> None:
    await made(editor, "all", {"name": "All", "rule": {"trait": {"property": "x", "op": "is_not", "value": 1}}})
    seen, cursor = [], None
    while True:
        asked = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await editor.get("/api/audiences/all/members", params=asked)).json()
        seen += [item["profile"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert (page["total"], sorted(set(seen))) == (3, sorted(seen))
    assert len(seen) == 3
