"""How many a survey reaches, counted before it asks: as many as are asked once it does."""

from __future__ import annotations

import json
from typing import Any

from resa.channels.email import suppression
from resa.kernel.contacts import Cap, Policy
from tests.asking.conftest import ORDERED, Shop

SENDER = {"host": "127.0.0.1", "port": 2525, "security": "none", "from_address": "hello@shop.example"}
POLICY = Policy(caps=[Cap(kinds=["email"], most=1, per="7 days")])


def told(shop: Shop, who: str, email: str | None, marketing: bool | None, **more: Any) -> None:
    """Somebody says who they are and what they agree to."""
    traits = {} if email is None else {"email": email}
    agreed = {} if marketing is None else {"consent": {"categoryPreferences": {"marketing": marketing}}}
    said = {"type": "identify", "properties": json.dumps(traits), "context": json.dumps(agreed)}
    shop.commit(shop.event(who, "", **said, **more))


async def reach(shop: Shop, survey: str) -> dict[str, Any]:
    """What the server counts."""
    headers = {"Authorization": f"Bearer {shop.key('read')}"}
    response = await shop.client.get(f"/api/surveys/{survey}/reach", headers=headers)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def test_as_many_are_reached_as_are_asked_then(shop: Shop) -> None:
    shop.policy(POLICY)
    shop.save("email-sender", "default", **SENDER)
    shop.survey("first", channels=["email"], trigger=ORDERED, sample=1.0)
    shop.survey(
        "mailed",
        channels=["email", "site", "api"],
        trigger={**ORDERED, "events": [{"type": "track", "name": "Parcel Came"}]},
        status="draft",
    )
    assert (await reach(shop, "mailed"))["target"] == 0
    told(shop, "user:ada", "ada@example.com", True)
    told(shop, "user:bob", "bob@example.com", None)
    told(shop, "user:cleo", None, True)
    told(shop, "user:dan", "dan@example.com", True)
    told(shop, "user:eve", "eve@example.com", True)
    told(shop, "anon:eves-phone", None, False)
    shop.commit(shop.event("user:eve", "Signed In", anonymous_id="eves-phone"))
    told(shop, "user:finn", "finn@example.com", True, simulated=True)
    told(shop, "user:gus", "gus@example.com", True)
    told(shop, "user:hugo", "hugo, who else", True)
    told(shop, "user:ines", "old@example.com", True)
    told(shop, "user:ines", "ines@example.com", None)
    with shop.workspace.state.write() as tx:
        for address in ("dan@example.com", "old@example.com"):
            suppression.add(shop.workspace.state, tx, suppression.Suppressed(address, "bounced", "", 0, "x"))
    shop.commit(shop.event("user:gus"))  # asked by the other survey: a mail this week
    found = await reach(shop, "mailed")
    assert (found["target"], found["simulated"], found["sample"], found["everybody"]) == (8, 1, 1.0, False)
    assert found["channels"] == [
        {"channel": "email", "ready": True, "agreed": 6, "reached": 3, "now": 2},
        {"channel": "site", "ready": True, "agreed": 8, "reached": 8, "now": 8},
        {"channel": "api", "ready": True, "agreed": 6, "reached": None, "now": None},
    ]
    shop.survey("mailed", channels=["email"], trigger={**ORDERED, "events": [{"type": "track", "name": "Parcel Came"}]})
    for user in ("ada", "bob", "cleo", "dan", "eve", "finn", "gus", "hugo", "ines"):
        shop.commit(shop.event(f"user:{user}", "Parcel Came"))
    assert {ask.identity for ask in shop.asks("mailed", "asked")} == {"user:ada", "user:ines"}
    assert (await reach(shop, "mailed"))["channels"][0]["now"] == 0, "they have been mailed this week now"


async def test_only_who_is_of_the_segment_is_counted(shop: Shop) -> None:
    bought = {"did": {"any": [{"type": "track", "name": "Bought A Boat"}], "at_least": 1}}
    shop.save("audience", "buyers", name="Buyers", rule=bought)
    shop.survey(
        "boats", channels=["email"], audience="buyers", sample=0.5, trigger={"kind": "relational", "every": "90 days"}
    )
    told(shop, "user:kim", "kim@example.com", True)
    told(shop, "user:lea", "lea@example.com", True)
    shop.commit(shop.event("user:kim", "Bought A Boat"))
    found = await reach(shop, "boats")
    assert (found["target"], found["sample"], found["everybody"]) == (1, 0.5, True)
    assert found["channels"][0] | {"ready": True} == {
        "channel": "email",
        "ready": True,
        "agreed": 1,
        "reached": 1,
        "now": 1,
    }
    headers = {"Authorization": f"Bearer {shop.key('read')}"}
    assert (await shop.client.get("/api/surveys/none/reach", headers=headers)).status_code == 404
