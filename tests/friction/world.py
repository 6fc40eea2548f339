"""A shop whose friction is planted: which signals drive customers away, by how much, and which are harmless decoys.

Customers differ in ways that make them meet friction and buy at once (devices, how much they browse, how near to buying they
are, the season), so that a comparison without covariates is wrong; all of it can be seen before the friction happens.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from resa.kernel.events import Draft

DAY = 86_400_000
BEGIN = 1_700_006_400_000  # 15 November 2023, 00:00 UTC
DAYS = 40


@dataclass(frozen=True)
class Planted:
    """How often a signal comes up in a visit, and how many percentage points of conversion within the week it costs."""

    chance: float
    cost: float


TRUTH = {
    "slow-page": Planted(0.12, 0.20),
    "rage-click": Planted(0.08, 0.15),
    "empty-search": Planted(0.10, 0.0),
    "repeated-error": Planted(0.06, 0.0),
}


def shop(
    seed: int, people: int = 4_000, truth: dict[str, Planted] = TRUTH, *, shuffled: bool = False
) -> Iterator[Draft]:
    """Visits of `people` customers; with `shuffled`, the buying of some other customer."""
    dice = random.Random(seed)
    for who in range(people):
        yield from _customer(who, dice, truth, shuffled)


def _customer(who: int, dice: random.Random, truth: dict[str, Planted], shuffled: bool) -> Iterator[Draft]:
    device = dice.choice(("mobile", "mobile", "desktop"))
    eager = dice.random() < 0.4
    for _ in range(dice.choice((1, 1, 1, 2))):
        day = dice.randrange(8, DAYS - 9)
        start = BEGIN + day * DAY + dice.randrange(8 * 3600, 20 * 3600) * 1000
        yield from _visit(who, start, day, dice, device, eager, truth, shuffled)


def _visit(
    who: int,
    now: int,
    day: int,
    dice: random.Random,
    device: str,
    eager: bool,
    truth: dict[str, Planted],
    shuffled: bool,
) -> Iterator[Draft]:
    def event(type_: str, name: str, after: float, path: str, /, **properties: Any) -> Draft:
        nonlocal now
        now += round(after * 1000)
        revenue = properties.pop("revenue", None)
        return Draft(
            message_id=f"{who}-{now}-{name}-{dice.random()}",
            type=type_,
            name=name,
            time=now,
            received_at=now,
            anonymous_id=f"a{who}",
            channel="web",
            source="shop",
            device=device,
            page_path=path,
            revenue=revenue,
            currency="EUR" if revenue else None,
            properties=json.dumps(properties),
        )

    # What makes customers buy also makes them meet friction: intent, a phone, the season.
    chance = 0.35 + 0.25 * eager - 0.10 * (device == "mobile") + 0.10 * (day >= 20)
    more = (1.6 if eager else 0.7) * (1.4 if device == "mobile" else 0.7) * (1.5 if day >= 20 else 0.8)
    met = {signal: dice.random() < min(0.9, planted.chance * more) for signal, planted in truth.items()}
    if eager:
        yield event("track", "Product Added", 5, "/product/7", name="lamp")
    slow = met.get("slow-page", False)
    yield event("page", "Checkout", 20, "/checkout", load_time=9000 if slow else 900)
    yield event("track", "Element Clicked", 15, "/checkout", element="pay")
    if met.get("rage-click"):
        yield event("track", "Element Clicked", 0.4, "/checkout", element="pay")
        yield event("track", "Element Clicked", 0.4, "/checkout", element="pay")
    empty = met.get("empty-search", False)
    yield event("track", "Products Searched", 20, "/search", query="lamp", results=0 if empty else 12)
    if met.get("repeated-error"):
        yield event("track", "Error Occurred", 5, "/checkout", message="oops")
        yield event("track", "Error Occurred", 5, "/checkout", message="oops")
    buys = dice.random() < chance - sum(truth[signal].cost for signal, there in met.items() if there)
    if shuffled:
        buys = dice.random() < 0.4
    if buys:
        yield event(
            "track", "Order Completed", dice.uniform(1, 5 * 24) * 3600, "/thanks", revenue=f"{dice.uniform(20, 80):.2f}"
        )
