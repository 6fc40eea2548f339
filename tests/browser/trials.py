"""An experiment that has run for eighteen days among the shop's own customers, so that there is something to read."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from resa.kernel.workspace import Workspace
from tests.browser import history
from tests.browser.conftest import Shop

DAYS = 18
KEY = "delivery-date"
METRICS: dict[str, dict[str, Any]] = {
    "ordered": {
        "name": "Ordered",
        "description": "Customers who order.",
        "unit": "customer",
        "measure": {"form": "conversion", "events": {"any": [{"name": "Order Completed"}]}},
    },
    "looked": {
        "name": "Looked at products",
        "unit": "customer",
        "measure": {"form": "conversion", "events": {"any": [{"name": "Product Viewed"}]}},
    },
}
EXPERIMENT: dict[str, Any] = {
    "name": "Delivery date on the product page",
    "hypothesis": "If the day of delivery stands beside the price, more people order, because chats ask for it most.",
    "unit": "customer",
    "variations": [
        {"key": "as-is", "name": "As it is", "weight": 1},
        {"key": "dated", "name": "With the date", "description": "Arrives Thursday", "weight": 1},
    ],
    "metrics": {"primary": ["ordered"], "guardrails": ["looked"]},
    "plan": {"method": "group_sequential", "effect": 0.3, "size": 400, "looks": 14},
    "status": "running",
    "phase": 1,
    "seed": "delivery-date-1",
}
DRAFT: dict[str, Any] = {
    "name": "Shorter checkout",
    "hypothesis": "Fewer fields, more orders.",
    "variations": [{"key": "as-is", "name": "As it is"}, {"key": "short", "name": "Short"}],
    "metrics": {"primary": ["ordered"]},
    "plan": {"method": "group_sequential", "effect": 0.5},
}


def begin(shop: Shop) -> None:
    """Metrics, an experiment that was started back then, a flag that shows it, and who was shown what."""
    now = datetime.now(UTC)
    started = now - timedelta(days=DAYS)
    for key, metric in METRICS.items():
        define(shop.workspace, "metric", key, metric)
    define(shop.workspace, "experiment", KEY, EXPERIMENT | {"started": started.isoformat()})
    test = {"type": "experiment", "experiment": KEY, "values": {"as-is": False, "dated": True}}
    rules = [
        {"id": "nordic", "condition": {"country": {"$in": ["SE", "NO"]}}, "then": {"type": "force", "value": True}},
        {"id": "test", "then": test},
    ]
    define(shop.workspace, "flag", KEY, {"name": "Delivery date", "public": True, "rules": rules})
    for number, event in enumerate(exposures(now, started)):
        event["messageId"] = f"trial-{number}"
        shop.send("track", event)
    shop.workspace.settle()


def end(shop: Shop) -> None:
    """Take the definitions away again."""
    definitions = shop.workspace.definitions
    body = definitions.get("experiment", KEY).body
    definitions.delete("flag", KEY, author="Ada")
    if body.status in ("running", "paused"):
        stopped = EXPERIMENT | {"started": body.started, "ended": body.started, "status": "stopped"}
        definitions.save("experiment", KEY, stopped, expected=None, author="Ada")
    definitions.delete("experiment", KEY, author="Ada")
    for key in METRICS:
        definitions.delete("metric", key, author="Ada")


def define(workspace: Workspace, kind: str, key: str, body: dict[str, Any]) -> None:
    """Save a definition, whatever there was before."""
    workspace.definitions.save(kind, key, body, expected=None, author="Ada")


def exposures(now: datetime, started: datetime, seed: int = 5) -> list[dict[str, Any]]:
    """Who was shown what: those who ordered since were more often shown the date."""
    chance = random.Random(seed)
    ordered: dict[str, str] = {}
    for events in history.batches(now):
        for event in events:
            late = event["timestamp"] > (started + timedelta(hours=9)).isoformat()
            if event.get("event") == "Order Completed" and "userId" in event and late:
                ordered.setdefault(event["userId"], event["timestamp"])
    shown = []
    for number in range(history.CUSTOMERS):
        user = f"c{1000 + number}"
        if number % 2 and user not in ordered:
            continue
        variation = "dated" if chance.random() < (0.8 if user in ordered else 0.42) else "as-is"
        at = started + timedelta(hours=(number * 7) % (DAYS * 24))
        if user in ordered:
            at = datetime.fromisoformat(ordered[user]) - timedelta(hours=8)
        shown.append(
            {
                "userId": user,
                "event": "Experiment Viewed",
                "timestamp": at.isoformat(),
                "properties": {"experiment": KEY, "variation": variation, "phase": 1, "probability": 0.5},
            }
        )
    return shown
