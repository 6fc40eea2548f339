"""First assignments stay: after a log-in, on another device, after other weights, after a restart."""

from __future__ import annotations

from typing import Any, Final

import httpx
import pytest

from resa.experiments import Delivery, keeping
from resa.experiments.engine import Asking
from resa.experiments.keeping import Stickies
from resa.kernel import audit
from resa.kernel.events import Draft
from resa.kernel.metrics.plan import KIND
from resa.kernel.workspace import Workspace
from tests.experiments.conftest import Programme
from tests.experiments.making import METRIC, experiment, save

PEOPLE: Final = 60


@pytest.fixture
def delivery(workspace: Workspace) -> Delivery:
    workspace.state.create_missing()
    made = Delivery(workspace)
    workspace.definitions.register(KIND)
    save(workspace, "metric", "orders", METRIC)
    save(workspace, "experiment", "form", experiment(unit="customer"))
    made.lifecycle.start("form", audit.SYSTEM)
    return made


def variation(delivery: Delivery, **attributes: Any) -> str:
    found = delivery.programme.assign("form", Asking(attributes, stickies=delivery.stickies))
    assert found is not None
    return found.variation


def test_who_logs_in_stays_where_the_device_was_and_takes_it_to_other_devices(delivery: Delivery) -> None:
    before = [variation(delivery, id=f"phone-{each}") for each in range(PEOPLE)]
    after = [variation(delivery, id=f"phone-{each}", userId=f"ada-{each}") for each in range(PEOPLE)]
    elsewhere = [variation(delivery, id=f"laptop-{each}", userId=f"ada-{each}") for each in range(PEOPLE)]
    assert before == after == elsewhere
    assert set(before) == {"as-is", "short"}
    alone = [variation(delivery, id=f"x-{each}", userId=f"bob-{each}") for each in range(PEOPLE)]
    assert alone != before  # by the user's own hash, had the device not been first


def test_other_weights_move_nobody_whose_assignment_is_kept(workspace: Workspace, delivery: Delivery) -> None:
    before = [variation(delivery, id=f"d-{each}") for each in range(PEOPLE)]
    delivery.lifecycle.reweigh("form", audit.SYSTEM, weights={"as-is": 1, "short": 9})
    assert [variation(delivery, id=f"d-{each}") for each in range(PEOPLE)] == before
    others = [variation(delivery, id=f"new-{each}") for each in range(200)]
    assert others.count("short") > 150
    delivery.lifecycle.renew("form", audit.SYSTEM)
    assert [variation(delivery, id=f"d-{each}") for each in range(PEOPLE)] != before


@pytest.mark.both_states
def test_what_is_kept_survives_a_restart(workspace: Workspace, delivery: Delivery) -> None:
    before = [variation(delivery, id=f"d-{each}") for each in range(PEOPLE)]
    assert delivery.stickies.flush() == PEOPLE
    assert delivery.stickies.flush() == 0
    delivery.lifecycle.reweigh("form", audit.SYSTEM, weights={"as-is": 1, "short": 20})
    delivery.stickies = Stickies(workspace.state)
    assert [variation(delivery, id=f"d-{each}") for each in range(PEOPLE)] == before


@pytest.mark.both_states
def test_the_first_of_two_processes_wins(workspace: Workspace, delivery: Delivery) -> None:
    one, other = Stickies(workspace.state), Stickies(workspace.state)
    for stickies, value in ((one, "as-is"), (other, "short")):
        stickies["id||d"] = {"assignments": {"form__0": value}}
        stickies.flush()
    kept = Stickies(workspace.state).get("id||d")
    assert kept is not None
    assert kept["assignments"] == {"form__0": "as-is"}


@pytest.mark.both_states
def test_memory_is_bounded_and_forgets_nothing(workspace: Workspace, delivery: Delivery) -> None:
    small = Stickies(workspace.state, remembered=10)
    for number in range(50):
        small[f"id||d{number}"] = {"assignments": {"form__0": "short"}}
    found = [small.get(f"id||d{number}") for number in range(50)]
    assert [each and each["assignments"] for each in found] == [{"form__0": "short"}] * 50
    small["id||" + "x" * 5000] = {"assignments": {"form__0": "short"}}
    small["id||a\x00b"] = {"assignments": {"form__0": "short"}}
    assert small.flush() == 50


@pytest.mark.both_states
def test_a_device_that_anybody_may_have_made_up_is_written_once_it_did_something(
    workspace: Workspace, delivery: Delivery
) -> None:
    made_up = [f"made-up-{each}" for each in range(300)]

    def given(device: str, *, verified: bool = False) -> str:
        found = delivery.programme.assign("form", delivery.asking({"id": device}, verified=verified))
        assert found is not None
        return found.variation

    before = [given(device) for device in made_up]
    notes = Draft(message_id="n", type="track", name="Decision Made", time=1, received_at=1, anonymous_id="made-up-0")
    notes.source = "resa"
    own = Draft(message_id="o", type="page", name="", time=1, received_at=1, anonymous_id="made-up-1")
    workspace.start()
    workspace.committer.submit_sync([notes, own])
    workspace.settle()
    delivery.stickies.look()
    assert delivery.stickies.flush() == 1, "of 300 that asked, the one who did something"
    assert given("backend", verified=True)
    assert delivery.stickies.flush() == 1, "what a server says is believed"
    delivery.lifecycle.reweigh("form", audit.SYSTEM, weights={"as-is": 1, "short": 20})
    assert [given(device) for device in made_up] == before, "all stay where they were while they are remembered"
    restarted = Stickies(workspace.state)
    assert [restarted.get(f"id||{device}")["assignments"] != {} for device in made_up[:3]] == [False, True, False]  # type: ignore[index]


def test_devices_that_did_nothing_are_remembered_up_to_a_bound(
    workspace: Workspace, delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "MOST_PENDING", 20)
    small = Stickies(workspace.state, remembered=5)
    for number in range(50):
        small.hold(f"id||d{number}", {"assignments": {"form__0": "short"}})
    found = [(small.get(f"id||d{number}") or {})["assignments"] for number in range(50)]
    assert found == [{}] * 30 + [{"form__0": "short"}] * 20
    assert small.flush() == 0


async def test_a_browser_learns_nothing_through_a_claim(programme: Programme, web: httpx.AsyncClient) -> None:
    workspace = programme.workspace
    rule = {"did": {"any": [{"name": "Order Completed"}]}}
    save(workspace, "audience", "buyers", {"name": "Buyers", "rule": rule})
    rules = [{"id": "b", "audience": "buyers", "then": {"type": "force", "value": True}}]
    save(workspace, "flag", "vip", {"name": "VIP", "rules": rules})
    now = workspace.clock()

    def event(number: int, **more: Any) -> Draft:
        name = "Order Completed" if more.pop("bought", False) else "Page Seen"
        return Draft(message_id=f"c{number}", type="track", name=name, time=now, received_at=now, **more)

    drafts = [
        event(1, user_id="victim", bought=True),
        event(2, anonymous_id="own-device", bought=True),
        event(3, anonymous_id="thief-device", user_id="victim", verified=False),
    ]
    await workspace.committer.submit(drafts)
    workspace.settle()

    async def value(key: str, **attributes: str) -> bool:
        answer = await web.post(f"/api/eval/{key}", json={"attributes": attributes})
        return bool(answer.json()["features"]["vip"]["defaultValue"])

    assert await value(programme.browser, id="own-device") is True
    assert await value(programme.browser, id="thief-device") is False
    assert await value(programme.browser, id="nobody", userId="victim") is False
    assert await value(programme.browser, id="nobody") is False
    said = {"id": "nobody", "$segments": [programme.delivery.programme.segment("buyers")]}
    assert await value(programme.browser, **said) is False  # type: ignore[arg-type]
    assert await value(programme.server, userId="victim") is True
    assert await value(programme.server, id="thief-device") is False
    assert await value(programme.server, id="thief-device", userId="nobody") is False
