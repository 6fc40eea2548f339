"""Times as they are stored (int64 milliseconds UTC) and as the API writes them (ISO 8601 with milliseconds)."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now() -> int:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


def iso(at: int) -> str:
    """`2026-11-21T10:00:00.000Z` for milliseconds `at`."""
    moment = _EPOCH + timedelta(milliseconds=at)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}Z"


def iso_or_none(at: int | None) -> str | None:
    """`iso(at)`, or None where nothing happened yet."""
    return None if at is None else iso(at)
