"""Events for tests of the kernel: only what a test cares about is said."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec

from resa.kernel.events import Draft

DAY = 86_400_000
BEGINNING = 1_700_000_000_000

_numbers = itertools.count()


def draft(name: str = "Product Viewed", *, user: str | None = None, anon: str | None = None, **fields: Any) -> Draft:
    """A draft with a message id of its own; `properties` may be a dict."""
    values: dict[str, Any] = {
        "message_id": f"m-{next(_numbers)}",
        "type": "track",
        "name": name,
        "channel": "web",
        "source": "test",
    }
    values |= {"time": BEGINNING, "received_at": BEGINNING} | fields
    for part in ("properties", "context"):
        if isinstance(values.get(part), dict):
            values[part] = msgspec.json.encode(values[part]).decode()
    return Draft(user_id=user, anonymous_id=anon, **values)


def identify(*, user: str | None = None, anon: str | None = None, **traits: Any) -> Draft:
    """An `identify` call with these traits."""
    return draft("", type="identify", user=user, anon=anon, properties=traits)
