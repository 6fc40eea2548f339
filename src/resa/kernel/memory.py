"""What a process that rests holds on to for nothing, and how it lets go."""

from __future__ import annotations

import ctypes
import gc
import sys
from importlib.abc import MetaPathFinder
from typing import Final

import pyarrow as pa

_LIBC: Final = ctypes.CDLL(None)


def give_back() -> None:
    """Return to the system what was freed: glibc keeps it, some tens of megabytes after a start or a large question.

    Elsewhere (musl, macOS) this does nothing. It takes milliseconds, in which other threads may have to wait for memory.
    """
    if hasattr(_LIBC, "malloc_trim"):
        _LIBC.malloc_trim(0)


class Settling:
    """Keeps the collector from looking, again and again, through what modules brought and what stays as long as they do.

    A look through everything holds the interpreter for a tenth of a second and more: whoever waits for an answer waits for it too.
    """

    def __init__(self) -> None:
        """Collect once, then leave alone what is there."""
        self._seen = self._settled = len(sys.modules)
        gc.collect()
        gc.freeze()

    def look(self) -> None:
        """Call it now and then: what was loaded since (kernels, models) is left alone once loading ended."""
        now = len(sys.modules)
        if now == self._seen and now != self._settled:
            gc.freeze()
            self._settled = now
        self._seen = now


class _NoPandas(MetaPathFinder):
    """Says that there is no pandas."""

    def find_spec(self, fullname: str, _path: object, _target: object = None) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError("pandas is kept out while Arrow looks for it")


def without_pandas() -> None:
    """Let Arrow not look for pandas: with its first array it imports it where it is installed, a second and 50 MB.

    For a process that will not ask Arrow for data frames (`to_pandas` fails in it); call it before anything makes an array.
    """
    sys.meta_path.insert(0, blocker := _NoPandas())
    try:
        pa.array([None])
    finally:
        sys.meta_path.remove(blocker)
