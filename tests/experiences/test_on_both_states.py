"""What deciding reads and writes of the state store, on SQLite and on PostgreSQL."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from resa import experiences, journeys
from resa.collect.doors import Doors
from resa.experiences import codes
from resa.experiments import Delivery
from resa.kernel.workspace import Workspace
from resa.predictions import personas
from tests.experiences.conftest import SERVER_KEY, Shop
from tests.kernel.making import draft, identify

pytestmark = pytest.mark.both_states
GRANTED = {"consent": {"categoryPreferences": {"personalization": True}}}


async def test_persons_budgets_and_codes_are_the_same_on_both(workspace: Workspace) -> None:
    personas.register(workspace)
    journeys.register(workspace)
    delivery = Delivery(workspace)
    doors = Doors(workspace)
    deciding = experiences.register(workspace, delivery, budget=20)
    workspace.state.create_missing()
    doors.sources.ensure(SERVER_KEY, "Backend", "server")
    doors.segment.decider = deciding
    workspace.start()
    application: Any = doors.segment
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://resa.test") as client:
        await _all(Shop(workspace, deciding, client))
    await deciding.stop()


async def _all(shop: Shop) -> None:
    shop.save("audience", "pros", name="Pros", rule={"trait": {"property": "plan", "op": "is", "value": "pro"}})
    shop.show("for-pros", body={"text": 'Hi {{ trait.firstName | default: "you" }}'}, audience="pros")
    claim = draft(user="ada", anon="claimed")
    claim.verified = False
    shop.commit(identify(user="ada", anon="phone", plan="pro", firstName="Ada"), claim, draft(anon="alone"))
    shop.live("pros")
    asked: list[dict[str, Any]] = [
        {"key": SERVER_KEY, "userId": "ada", "anonymousId": None},
        {"key": SERVER_KEY, "userId": "bob", "anonymousId": None},
        {"key": SERVER_KEY, "anonymousId": "alone"},
    ]
    seen = [(await shop.ask("for-pros", context=GRANTED, **who))["for-pros"]["content"] for who in asked]
    assert [each and each["body"]["text"] for each in seen] == ["Hi Ada", None, None]
    browsing = [
        shop.deciding.people.read(f"anon:{who}", verified=False).audiences for who in ("phone", "claimed", "alone")
    ]
    assert browsing == [frozenset({"pros"}), frozenset(), None]  # None: the profile's own, for it is no more than that

    shop.show("once", "popup", frequency={"most": 1, "per": "1 day"})
    told = [(await shop.ask("once", key=SERVER_KEY))["once"]["reason"]["code"] for _ in range(2)]
    assert told == ["everybody", "own_cap"]

    shop.save("offer", "ten", name="Ten", codes="single")
    with shop.workspace.state.write() as tx:
        assert codes.add(shop.workspace.state, tx, "ten", ["A1"]) == (1, 0)
        assert [codes.give(tx, "ten", who, 1) for who in ("user:ada", "anon:phone", "anon:alone")] == ["A1", "A1", None]
    assert len(await shop.logged()) == 3
