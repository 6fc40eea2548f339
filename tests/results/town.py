"""A town of simulated visitors: an experiment through the real door, with effects that are known because they were planted."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
from litestar import Litestar

from resa.app import create
from resa.collect.doors import Doors
from resa.kernel import audit, times
from resa.kernel.workspace import Workspace
from resa.settings import Settings
from tests.cast import Cast

BEGAN: Final = 1_788_220_800_000  # 2026-09-01
DAY: Final = 86_400_000
DOOR: Final = 1_200
"""Events that go through the door in one call."""

METRICS: Final[dict[str, dict[str, Any]]] = {
    "orders": {
        "name": "Ordered",
        "unit": "customer",
        "measure": {"form": "conversion", "events": {"any": [{"name": "Order Completed"}]}},
    },
    "revenue": {
        "name": "Revenue",
        "unit": "customer",
        "measure": {"form": "mean", "events": {"any": [{"name": "Order Completed"}]}, "property": "revenue"},
        "currency": "EUR",
    },
    "views": {
        "name": "Views",
        "unit": "event",
        "measure": {"form": "count", "events": {"any": [{"name": "Product Viewed"}]}},
    },
    "complaints": {
        "name": "Complained",
        "unit": "customer",
        "measure": {"form": "conversion", "events": {"any": [{"name": "Complaint Sent"}]}},
        "direction": "down",
    },
}


class Clock:
    """The workspace's time, moved by hand."""

    def __init__(self) -> None:
        """At the beginning."""
        self.now = BEGAN

    def __call__(self) -> int:
        """The time now (ms)."""
        return self.now


@dataclass
class Town:
    """A workspace, its application and its visitors."""

    workspace: Workspace
    app: Litestar
    cast: Cast
    clock: Clock
    key: str
    events: list[dict[str, Any]] = field(default_factory=list)

    def define(self, kind: str, key: str, body: dict[str, Any]) -> None:
        """Save a definition."""
        self.workspace.definitions.save(kind, key, body, expected=None, author="Ada")

    async def run(self, editor: httpx.AsyncClient, key: str, **more: Any) -> None:
        """Define and start an experiment."""
        for name, body in METRICS.items():
            self.define("metric", name, body)
        variations = [{"key": "as-is"}, {"key": "short"}]
        metrics = {"primary": ["orders"], "secondary": ["revenue", "views"], "guardrails": ["complaints"]}
        self.define("experiment", key, {"name": key, "variations": variations, "metrics": metrics, **more})
        started = await editor.post(f"/api/experiments/{key}/start", json={})
        assert started.status_code < 300, started.text

    def say(self, who: str, name: str, at: int, **properties: Any) -> None:
        """Something a visitor did; it goes through the door with `send`."""
        self.events.append(
            {
                "type": "track",
                "event": name,
                "anonymousId": who,
                "messageId": f"{who}-{name}-{at}-{len(self.events)}",
                "timestamp": times.iso(at),
                "properties": properties,
                "context": {"device": {"type": "mobile" if who.endswith(("1", "3", "5")) else "desktop"}},
            }
        )

    async def send(self) -> None:
        """Everything said, through the Segment door with a server's key, and until it can be asked for."""
        client = await self.cast.stranger()
        for begin in range(0, len(self.events), DOOR):
            part = self.events[begin : begin + DOOR]
            body = {"batch": part, "sentAt": times.iso(self.clock.now), "writeKey": self.key}
            answer = await client.post("/v1/batch", json=body)
            assert (answer.status_code, answer.json()["failed"]) == (200, []), answer.text[:500]
        self.events = []
        self.workspace.settle()


def visit(
    town: Town,
    key: str,
    people: int,
    *,
    days: int,
    seed: int,
    rate: Callable[[str], float],
    assigned: Callable[[random.Random], str] = lambda dice: dice.choice(("as-is", "short")),
    complaint: Callable[[str], float] = lambda _: 0.02,
) -> None:
    """People come over some days, are shown a variation and order with its rate; also before, which must not count."""
    dice = random.Random(seed)
    for number in range(people):
        who, arm = f"{key}-{number}", assigned(dice)
        at = BEGAN + 60_000 + dice.randrange(days * DAY - 7_200_000)
        keen = dice.random() < 0.3
        if keen:
            town.say(who, "Product Viewed", at - 3 * DAY)
            town.say(who, "Order Completed", at - 2 * DAY, revenue=dice.randrange(20, 200), currency="EUR")
        town.say(who, "Experiment Viewed", at, experiment=key, variation=arm)
        if keen:
            town.say(who, "Product Viewed", at + dice.randrange(1, 3_600_000))
        if dice.random() < rate(arm) * (1.6 if keen else 0.75):
            town.say(who, "Order Completed", at + 3_600_000, revenue=dice.randrange(20, 200), currency="EUR")
        if dice.random() < complaint(arm):
            town.say(who, "Complaint Sent", at + 3_700_000)


@contextmanager
def opened(folder: Path) -> Iterator[tuple[Workspace, Clock, Litestar]]:
    """A workspace whose clock is moved by hand, taking events."""
    clock = Clock()
    workspace = Workspace.open(Settings.of({}, data=folder), clock=clock)
    app = create(workspace)
    workspace.start()
    try:
        yield workspace, clock, app
    finally:
        workspace.close()


def server_key(workspace: Workspace) -> str:
    """The write key of a server."""
    return Doors(workspace).sources.create(audit.SYSTEM, "Backend", "server").write_key
