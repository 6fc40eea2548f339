"""Customers of planted kinds, as events: what a search must find again."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import numpy as np

from resa.kernel.events import Draft
from resa.kernel.workspace import Workspace

DAY: Final = 86_400_000
HOUR: Final = 3_600_000
NOW: Final = 1_780_012_800_000  # 2026-05-29, 00:00 UTC, a Friday
CATEGORIES: Final = ("Dairy", "Garden", "Toys", "Wine")


@dataclass(frozen=True)
class Habit:
    """How one kind of customer behaves, on average."""

    visits: float
    span_days: int
    channel: dict[str, float]
    hour: int
    orders: float
    price: float
    category: dict[str, float]
    weekend: bool = False
    traits: dict[str, Any] = field(default_factory=dict)


HABITS: Final = (
    Habit(24, 170, {"web": 0.9, "app": 0.1}, 20, 0.35, 40.0, {"Dairy": 0.8, "Wine": 0.2}, traits={"plan": "family"}),
    Habit(9, 60, {"app": 0.95, "web": 0.05}, 8, 0.5, 15.0, {"Toys": 0.9, "Dairy": 0.1}, traits={"plan": "free"}),
    Habit(14, 160, {"store": 0.9, "web": 0.1}, 13, 0.6, 120.0, {"Garden": 0.9, "Wine": 0.1}, True, {"plan": "pro"}),
)


def events(
    customers: int, seed: int, *, first: int = 0, habits: tuple[Habit, ...] = HABITS, now: int = NOW
) -> tuple[list[Draft], list[int]]:
    """The events of so many customers, and which habit each has."""
    dice = random.Random(seed)
    drafts: list[Draft] = []
    kinds = []
    for number in range(first, first + customers):
        kind = dice.randrange(len(habits))
        kinds.append(kind)
        drafts += _customer(number, habits[kind], dice, now)
    return drafts, kinds


def _customer(number: int, habit: Habit, dice: random.Random, now: int) -> list[Draft]:
    user = f"c{number}"
    made = [
        _draft(
            user, 0, now - habit.span_days * DAY, type="identify", properties=msgspec.json.encode(habit.traits).decode()
        )
    ]
    for visit in range(max(2, round(dice.gauss(habit.visits, habit.visits / 5)))):
        day = now - dice.randrange(1, habit.span_days) * DAY
        if habit.weekend:
            day -= ((day // DAY + 3) % 7 - 5) % 7 * DAY  # back to a Saturday or Sunday
        at = day - day % DAY + habit.hour * HOUR + round(dice.gauss(0, 1.2) * HOUR)
        common = {
            "channel": _drawn(habit.channel, dice),
            "properties": f'{{"category": "{_drawn(habit.category, dice)}"}}',
        }
        made.append(_draft(user, 3 * visit + 1, at, name="Product Viewed", **common))
        if dice.random() < habit.orders:
            paid = {
                "revenue": f"{max(1.0, dice.gauss(habit.price, habit.price / 4)):.2f}",
                "currency": "EUR",
                "order_id": f"{user}-{visit}",
            }
            made.append(_draft(user, 3 * visit + 2, at + 600_000, name="Order Completed", **common, **paid))
    return made


def _draft(user: str, number: int, at: int, **fields: Any) -> Draft:
    values = {"type": "track", "name": "", "channel": "web", "source": "test"} | fields
    return Draft(message_id=f"{user}-{number}-{at}", user_id=user, time=at, received_at=at, **values)


def _drawn(shares: dict[str, float], dice: random.Random) -> str:
    return dice.choices(list(shares), list(shares.values()))[0]


def fill(workspace: Workspace, drafts: list[Draft]) -> None:
    """Commit them and wait until questions see them."""
    for start in range(0, len(drafts), 20_000):
        workspace.committer.submit_sync(drafts[start : start + 20_000])
    workspace.settle()


def agreement(workspace: Workspace, profiles: np.ndarray, kind: np.ndarray, truth: list[int]) -> float:
    """The adjusted Rand index between what was found and what was planted."""
    from sklearn.metrics import adjusted_rand_score

    with workspace.state.read() as tx:
        found = workspace.identities.find(tx, [f"user:c{number}" for number in range(len(truth))])
    of = {found[f"user:c{number}"]: one for number, one in enumerate(truth)}
    return float(adjusted_rand_score([of[int(p)] for p in profiles], kind.tolist()))
