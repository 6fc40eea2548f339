"""What is kept of askings, on SQLite and on PostgreSQL; and mail, with a server of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import contextmanager

import pytest

from resa.kernel.contacts import Policy
from resa.settings import Settings
from tests.asking.conftest import DAY, ORDERED, Shop, opened, shopping

pytestmark = pytest.mark.both_states


@pytest.fixture
async def own(settings: Settings) -> AsyncIterator[Shop]:
    """A workspace of the test's own."""
    with contextmanager(opened)(settings) as known:
        async with shopping(known) as shop:
            yield shop


async def test_the_whole_life_of_an_asking(own: Shop) -> None:
    """Event, place, page, answer, rest, turn of a round, another sender, the end."""
    own.policy(Policy(quiet=[]))
    own.survey("ces", trigger=ORDERED, rest="30 days")
    own.survey("nps", channels=["api"], trigger={"kind": "relational", "every": "10 days"}, purpose="analytics")
    own.sweep()
    own.commit(own.event(), own.identify("ada", email="ada@example.com"))
    found = await own.due()
    assert found is not None
    await own.post("shown", ask=found["ask"])
    await own.post("answers", token=found["token"], ask=found["ask"], answers={"nps": 9}, final=True)
    assert [each["score"] for each in own.logged("Survey Answered")] == [9]
    assert [ask.state for ask in own.asks("ces")] == ["answered"]
    own.commit(own.event())
    assert [ask.why for ask in own.asks("ces", "dropped")] == ["own_cap"]
    for _ in range(2):
        own.clock.ahead += 6 * DAY
        own.sweep()
    taken = own.asking.fetching.take("sms", None, 10)
    assert [each.ask.identity for each in taken] == ["anon:ada"]
    assert [each["channel"] for each in own.logged("Survey Requested")] == ["site", "api"]
    with own.workspace.state.write() as tx:
        own.asking.book.forget_old(tx, own.clock() + 900 * DAY)
        assert own.asking.book.tallies(tx, "ces", 0) == []
        own.asking.book.forget(tx, ["anon:ada"])
