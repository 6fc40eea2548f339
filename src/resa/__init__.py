"""Resa: customer experience optimization on one event log.

From Python: `ws = resa.open("./resa-data")` (docs/python.md). What that needs is imported when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from resa.python import Table, Workspace, connect, event, open  # noqa: A004  # read as `resa.open`

__all__ = ["Table", "Workspace", "connect", "event", "open"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module("resa.python"), name)
