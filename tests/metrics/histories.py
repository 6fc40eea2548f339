"""Small random histories in which everything a metric can be about happens, and what was done to identities since."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from typing import Any, Final

import pyarrow as pa

from resa.kernel.events import MONEY, SCHEMA

DAY: Final = 86_400_000
START: Final = 1_767_225_600_000  # 2026-01-01
DAYS: Final = 30
NOW: Final = START + DAYS * DAY
NAMES: Final = ("Product Viewed", "Product Added", "Order Completed", "Order Refunded", "Survey Answered", "Signed In")
SCORES: Final[tuple[Any, ...]] = (*range(11), "7", "9.5", "many", True, None, 2.0000005, 1e13, [3])


def events(count: int, *, identities: int, seed: int, first_row: int = 0) -> list[dict[str, Any]]:
    """Events as rows of `log` without a profile: bursts, ties, late ones, bots, two currencies, orders in parts, junk."""
    dice = random.Random(seed)
    found = []
    at = START
    for row in range(first_row, first_row + count):
        if dice.random() < 0.4:
            at = START + dice.randrange(DAYS * 24 * 6) * 600_000
        else:
            at += dice.choice((0, 0, 1_000, 60_000, 1_800_000, 1_800_001, 7_200_000))
        found.append(_event(dice, row, dice.randrange(identities), at))
    return found


def _event(dice: random.Random, row: int, identity: int, at: int) -> dict[str, Any]:
    name = dice.choice(NAMES)
    page = dice.random() < 0.15
    money = name.startswith("Order") and not page and dice.random() < 0.9
    said: dict[str, Any] = {"kind": dice.choice(("nps", "csat"))}
    if name == "Survey Answered":
        said["score"] = dice.choice(SCORES)
    bot = dice.random() < 0.03
    return dict.fromkeys(SCHEMA.names) | {
        "row": row,
        "identity": identity,
        "profile_then": identity,
        "code": 0 if bot else 2 + NAMES.index(name),
        "message_id": f"m{row}",
        "type": "page" if page else "track",
        "name": "" if page else name,
        "time": at,
        "received_at": at + dice.choice((10, 10, 9 * DAY)),
        "anonymous_id": f"a{identity}",
        "channel": dice.choice(("web", "web", "app", None)),
        "source": "resa" if dice.random() < 0.05 else dice.choice(("shop", None)),
        "device": dice.choice(("phone", "desktop", None)),
        "page_path": "/" if page else None,
        "revenue": f"{dice.choice((-1, 1, 1, 1)) * dice.randrange(1, 200_000) / 100:.2f}" if money else None,
        "currency": dice.choice(("EUR", "EUR", "EUR", "SEK")) if money else None,
        "order_id": f"o{dice.randrange(30)}" if money and dice.random() < 0.7 else None,
        "bot": bot,
        "simulated": identity % 5 == 0,
        "verified": True,
        "properties": json.dumps(said) if dice.random() < 0.97 else "not json",
        "context": "{}",
    }


def table(rows: Iterable[dict[str, Any]]) -> pa.Table:
    """The same as a lander hands them over."""
    found = list(rows)
    columns = [[row[field.name] for row in found] for field in SCHEMA]
    arrays = [
        pa.array(values, pa.string()).cast(MONEY) if field.type == MONEY else pa.array(values, field.type)
        for values, field in zip(columns, SCHEMA, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)
