"""Kernels: functions that numba compiles. It is loaded when the first of them is called, for it takes 125 MB and most of
a second; a server that rests, and one that starts, needs neither.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final

_making: Final = threading.RLock()


class Deferred:
    """What numba will make, standing in its module's globals until one of them is called; then all of them are made.

    All of a module at once, because kernels call each other by those globals, and numba must find its own there.
    """

    def __init__(self, make: Callable[[], Any], names: dict[str, Any]) -> None:
        """`names` are the globals of the module it stands in."""
        self._make = make
        self._names = names
        self._made: Any = None

    def __call__(self, *arguments: Any) -> Any:
        """What the kernel answers."""
        if self._made is None:
            _make_all(self._names)
        return self._made(*arguments)

    def made(self) -> Any:
        """Numba's own, made once."""
        if self._made is None:
            self._made = self._make()
        return self._made


def _make_all(names: dict[str, Any]) -> None:
    with _making:
        for name, value in list(names.items()):
            if isinstance(value, Deferred):
                names[name] = value.made()


def kernel(function: Any) -> Any:
    """A function that runs as machine code, without the interpreter's lock; kept compiled on disk."""
    return Deferred(lambda: _njit()(nogil=True, cache=True)(function), function.__globals__)


def inlined(function: Any) -> Any:
    """The same, as a part of the kernels that call it."""
    return Deferred(lambda: _njit()(nogil=True, cache=True, inline="always")(function), function.__globals__)


def loader(kind: str, names: dict[str, Any]) -> Any:
    """For kernels of the module with the globals `names`: what stands at an address, as numba's type `kind`."""
    return Deferred(lambda: _loading(kind), names)


def _loading(kind: str) -> Any:
    from numba import types  # noqa: PLC0415  # see the module
    from numba.extending import intrinsic  # noqa: PLC0415

    loaded = getattr(types, kind)

    def load(_context: Any, _address: Any) -> Any:
        def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            return builder.load(builder.inttoptr(arguments[0], context.get_value_type(loaded).as_pointer()))

        return loaded(types.int64), generate

    return intrinsic(load)


def _njit() -> Any:
    from numba import njit  # noqa: PLC0415  # see the module

    return njit
