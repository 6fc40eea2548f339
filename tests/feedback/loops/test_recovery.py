"""What came of getting back to customers: a planted effect is found, none is found where there is none, chance is read as chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from resa.channels import email
from resa.feedback import loops
from resa.feedback.loops import recovery, tables
from resa.feedback.loops.recovery import Recovery
from resa.kernel.events import Draft
from resa.kernel.workspace import Workspace
from tests.feedback.loops.making import answered, happen
from tests.kernel.making import draft

DAY = 86_400_000
CUSTOMERS = 1_500


@pytest.fixture
def running(workspace: Workspace) -> Workspace:
    """A workspace with the loops, taking events."""
    loops.register(workspace, email.registered(workspace))
    return workspace.start()


def history(workspace: Workspace, effect: float, seed: int) -> None:
    """Unhappy customers 100 days ago. Busy ones are contacted more often and come back more often anyway; contact adds `effect`."""
    random, now = np.random.default_rng(seed), workspace.clock()
    asked = now - 100 * DAY
    drafts: list[Draft] = []
    contacted: dict[str, int] = {}
    for number in range(CUSTOMERS):
        who, busy = f"c{number}", bool(random.random() < 0.5)
        answer = answered(
            workspace, f"user:{who}", float(random.integers(0, 7)), at=asked - int(random.integers(0, 6)) * DAY
        )
        before = [answer.time - int(day * DAY) for day in random.uniform(1, 80, 12 if busy else 2)]
        called = bool(random.random() < (0.7 if busy else 0.2))
        back = random.random() < (0.6 if busy else 0.2) + (effect if called else 0)
        after = [answer.time + 20 * DAY] if back else []
        drafts += [draft("", type="page", user=who, time=at, received_at=now) for at in (*before, *after)]
        drafts.append(answer)
        if called:
            contacted[answer.message_id] = answer.time + DAY
    happen(workspace, *drafts)
    a = tables.answers.c
    with workspace.state.write() as tx:
        for message, at in contacted.items():
            tx.execute(
                sa.update(tables.answers).where(a.message_id == message).values(contacted_at=at, contacted_by="hand")
            )


def returned(found: Recovery) -> recovery.Difference:
    """What was found of coming back."""
    return next(each for each in found.differences if each.outcome == "returned")


def test_a_planted_effect_is_found_although_the_busy_are_called_more_often(running: Workspace) -> None:
    history(running, 0.2, seed=5)
    found = recovery.measured(running, rule=None, days=60, currency="EUR")
    assert (found.way, found.reason) == ("comparison", "")
    of = returned(found)
    assert of.low <= 0.2 <= of.high
    assert of.low > 0
    assert of.high - of.low < 0.2


def test_where_contact_does_nothing_nothing_is_found(running: Workspace) -> None:
    history(running, 0.0, seed=6)
    of = returned(recovery.measured(running, rule=None, days=60, currency="EUR"))
    assert of.low <= 0 <= of.high


def test_few_customers_say_nothing(running: Workspace) -> None:
    happen(running, answered(running, "user:a", 3, at=running.clock() - 90 * DAY))
    found = recovery.measured(running, rule=None, days=60, currency="EUR")
    assert (found.reason, found.differences) == ("few", [])


def test_a_hold_out_is_read_by_the_arm_given(running: Workspace) -> None:
    body = {"name": "Low", "then": {"task": {}}, "holdout": 0.5}
    running.definitions.save("feedback-rule", "low", body, expected=0, author="a test")
    random, now = np.random.default_rng(7), running.clock()
    happen(running, *(answered(running, f"user:h{number}", 3) for number in range(800)))
    f = tables.firings.c
    with running.state.write() as tx:
        arms = {row.identity_number: row.arm for row in tx.execute(sa.select(tables.firings))}
        tx.execute(sa.update(tables.firings).values(at=now - 90 * DAY))
        keys = running.identities.keys(tx, list(arms))
        assert tx.execute(sa.select(sa.func.count()).where(f.arm == "held_out")).scalar_one() > 300
    back = [
        keys[number].partition(":")[2]
        for number, arm in arms.items()
        if random.random() < (0.55 if arm == "acted" else 0.25)
    ]
    paid: dict[str, Any] = {"revenue": "10", "currency": "EUR", "time": now - 70 * DAY, "received_at": now}
    happen(running, *(draft("Order Completed", user=who, **paid) for who in back))

    found = recovery.measured(running, rule="low", days=60, currency="EUR")
    assert (found.way, found.reason, found.contacted + found.others) == ("experiment", "", 800)
    assert {each.outcome for each in found.differences} == {"returned", "bought", "spent"}
    for each in found.differences:
        effect = 3.0 if each.outcome == "spent" else 0.3
        assert each.low <= effect <= each.high
        assert each.low > 0
