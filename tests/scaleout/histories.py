"""Seeded random histories, as the events of a body: several names, late events, ties, bots, money, properties."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa

from resa.kernel.events import CHANNELS, SCHEMA

DAY = 24 * 3600 * 1000
START = 1_767_225_600_000  # 2026-01-01
NAMES = ("Product Viewed", "Product Added", "Checkout Started", "Order Completed", "Email Opened", "Signed Up")
FIRST_CODE = 2


def events(count: int, *, identities: int = 40, seed: int = 1, first_row: int = 0, days: int = 75) -> pa.Table:
    """`count` events of `identities` customers over `days`; one in ten comes days late, one in fifty is a bot's."""
    random = np.random.default_rng(seed)
    identity = random.integers(0, identities, count).astype(np.uint32)
    # Bursts make sessions; whole seconds make ties.
    time = START + np.sort(random.integers(0, days * 24, count)) * 3_600_000 + random.integers(0, 1200, count) * 1000
    late = random.random(count) < 0.1
    time = np.where(late, np.maximum(START, time - random.integers(0, 20, count) * DAY), time).astype(np.int64)
    name = random.integers(0, len(NAMES), count)
    bot = random.random(count) < 0.02
    bought = (name == NAMES.index("Order Completed")) & ~bot
    values: dict[str, object] = {
        "row": np.arange(first_row, first_row + count, dtype=np.int64),
        "identity": identity,
        "profile_then": identity,
        "code": np.where(bot, 0, FIRST_CODE + name).astype(np.uint16),
        "message_id": [f"m-{first_row + i}" for i in range(count)],
        "type": ["track"] * count,
        "name": [NAMES[n] for n in name],
        "time": time,
        "received_at": time + 500,
        "user_id": [f"u{i}" if i % 3 == 0 else None for i in identity],
        "anonymous_id": [f"a{i}" for i in identity],
        "channel": [CHANNELS[i] for i in random.integers(0, 4, count)],
        "source": ["shop"] * count,
        "revenue": [f"{random.integers(1, 90_000) / 100:.2f}" if b else None for b in bought],
        "currency": ["EUR" if b else None for b in bought],
        "bot": bot,
        "simulated": (identity % 7 == 0),
        "verified": np.ones(count, bool),
        "properties": [json.dumps({"sku": f"s{n}", "quantity": int(n) % 4 + 1}) for n in random.integers(0, 30, count)],
        "context": ["{}"] * count,
    }
    arrays = [_array(values.get(field.name, [None] * count), field.type) for field in SCHEMA]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def _array(values: object, kind: pa.DataType) -> pa.Array:
    return pa.array(values, pa.string()).cast(kind) if pa.types.is_decimal(kind) else pa.array(values, kind)


def batches(table: pa.Table, size: int) -> list[pa.Table]:
    """The same events as a lander hands them over."""
    return [table.slice(start, size) for start in range(0, table.num_rows, size)]
