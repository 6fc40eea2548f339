"""Threads of access's own, so that no long question of somebody else's makes a log-in wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_lookups: Final = ThreadPoolExecutor(4, thread_name_prefix="resa-access")
_hashing: Final = ThreadPoolExecutor(2, thread_name_prefix="resa-argon2")  # bounds memory: 19 MiB each


async def lookup(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a quick read of state."""
    return await asyncio.get_running_loop().run_in_executor(_lookups, partial(work, *args, **kwargs))


async def hashing(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run something that hashes a password; two at a time, the rest wait in line."""
    return await asyncio.get_running_loop().run_in_executor(_hashing, partial(work, *args, **kwargs))
