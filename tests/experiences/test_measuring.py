"""An experience's own split becomes an experiment: nobody is moved, what was planted comes out, and the winner is shown to everybody."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

import pytest

from resa import experiences
from resa.kernel import audit
from tests.cast import Cast
from tests.results.test_planted import asked, by_key
from tests.results.town import BEGAN, DAY, METRICS, Town, opened

ARMS: Final = [{"key": "calm", "content": "calm", "weight": 2}, {"key": "loud", "content": "loud", "weight": 1}]
RATES: Final = {"calm": 0.2, "loud": 0.6}


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """A town whose home page shows one of two texts."""
    with opened(tmp_path / "data") as (workspace, clock, app):
        async with AsyncExitStack() as stack:
            key = app.state.doors.sources.create(audit.SYSTEM, "Backend", "server").write_key
            made = Town(workspace, app, Cast(app, workspace, stack), clock, key)
            app.state.doors.segment.decider = experiences.register(workspace, app.state.delivery, budget=20)
            made.define("metric", "orders", METRICS["orders"])
            made.define("metric", "complaints", METRICS["complaints"])
            made.define("placement", "home", {"name": "Home"})
            for text in RATES:
                versions = [{"language": "en", "body": {"text": text}}]
                content = {"name": text, "type": "text", "approval": "approved", "versions": versions}
                made.define("content", text, content)
            body = {"name": "Greeting", "placement": "home", "status": "live", "variations": ARMS, "holdout": 0.1}
            made.define("experience", "greeting", body)
            yield made


async def shown(town: Town, who: str) -> str | None:
    """The variation that a visitor sees."""
    page = await town.cast.stranger()
    body = {"writeKey": town.key, "anonymousId": who, "placements": ["home"]}
    answer = await page.post("/v1/decide", json=body)
    assert answer.status_code == 200, answer.text
    (decision,) = answer.json()["decisions"]
    return decision["variation"] if decision["content"] else None


async def measure(town: Town, status: int = 201, **wish: Any) -> dict[str, Any]:
    """What is answered to who wants to know which variation is better."""
    editor = await town.cast.member("editor")
    answer = await editor.post("/api/experiences/greeting/measure", json={"primary": ["orders"], **wish})
    assert answer.status_code == status, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def test_a_split_is_measured_without_moving_anybody_and_the_winner_is_shown(town: Town) -> None:
    town.clock.now = BEGAN + 1_000
    people = [f"v{number}" for number in range(800)]
    before = {who: await shown(town, who) for who in people[:100]}
    assert set(before.values()) == {"calm", "loud", None}, "the hold-out sees nothing"
    made = await measure(town, guardrails=["complaints"], expected_version=1)
    assert made == {"experiment": "greeting", "version": 2}
    assert {who: await shown(town, who) for who in people[:100]} == before

    dice = random.Random(4)
    for number, who in enumerate(people):
        town.clock.now = BEGAN + 60_000 + number * 14 * 60_000
        seen = await shown(town, who)
        if seen is not None and dice.random() < RATES[seen]:
            town.say(who, "Order Completed", town.clock.now + 5_000, revenue=10, currency="EUR")
    await town.app.state.doors.segment.decider.logbook.flush()
    town.clock.now = BEGAN + 9 * DAY
    await town.send()
    results = await asked(town, "/api/experiments/greeting/results")
    arms = {each["variation"]: each["exposed"] for each in results["exposures"]["arms"]}
    assert sum(arms.values()) == pytest.approx(0.9 * len(people), abs=30)
    assert arms["calm"] == pytest.approx(2 * arms["loud"], rel=0.25)
    (orders,) = by_key(results, "orders")["comparisons"]
    assert orders["relative"]["low"] < RATES["loud"] / RATES["calm"] - 1 < orders["relative"]["high"]
    assert (orders["variation"], orders["good"]) == ("loud", True)
    assert (results["verdict"]["action"], results["verdict"]["variation"]) == ("ship", "loud")

    editor = await town.cast.member("editor")
    shipped = await editor.post("/api/experiments/greeting/ship", json={"variation": "loud"})
    assert shipped.status_code == 200
    everybody = {who: await shown(town, who) for who in people[:100]}
    assert {everybody[who] for who in before if before[who]} == {"loud"}
    assert {everybody[who] for who in before if not before[who]} == {None}, "the hold-out stays one"


async def test_what_can_not_be_measured_is_refused_and_nothing_is_left_behind(town: Town) -> None:
    assert (await measure(town, 400, primary=["nothing"]))["field"] == "primary[0]"
    assert (await measure(town, 400, primary=[]))["field"] == "primary"
    assert (await measure(town, 409, expected_version=7))["code"] == "conflict"
    town.define("experience", "greeting", {"name": "G", "placement": "home", "variations": ARMS[:1]})
    assert (await measure(town, 400))["field"] == "variations"
    assert [item.key for item in town.workspace.definitions.all("experiment")] == []
    town.define("experience", "greeting", {"name": "G", "placement": "home", "variations": ARMS})
    assert (await measure(town))["experiment"] == "greeting"
    assert "greeting" in (await measure(town, 409))["message"]
