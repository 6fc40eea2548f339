"""A part of the journey index: the time-ordered events of each identity, as flat arrays a kernel can walk."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from resa.kernel.sequences import kernels

Array = npt.NDArray[Any]

ALWAYS: Final = -(1 << 63)
NEVER: Final = (1 << 63) - 1
U32: Final = 1 << 32


@dataclass(frozen=True, eq=False)
class Part:
    """The events of `ids[k]` stand at [offsets[k], offsets[k + 1]); their time is `base_time` + time, their row likewise.

    `time` and `row` are u32, or int64 (and the base 0) where u32 can't hold them. Code 0 marks what an erasure scrubbed.
    """

    ids: Array  # u32, ascending
    offsets: Array  # i32
    time: Array
    code: Array  # u16
    row: Array
    base_time: int
    base_row: int
    min_time: int  # bounds; an erasure may leave them wider than what is there
    max_time: int

    @property
    def events(self) -> int:
        return int(self.code.size)

    @cached_property
    def addresses(self) -> Array:
        """This part's row in the table that the kernels take."""
        entry = np.zeros(kernels.COLUMNS, np.int64)
        columns = (
            (kernels.IDS, self.ids),
            (kernels.OFFSETS, self.offsets),
            (kernels.TIME, self.time),
            (kernels.CODE, self.code),
            (kernels.ROW, self.row),
        )
        for column, array in columns:
            entry[column] = array.ctypes.data
        entry[kernels.COUNT] = self.ids.size
        entry[kernels.WIDE_TIME], entry[kernels.WIDE_ROW] = self.time.itemsize == 8, self.row.itemsize == 8
        entry[kernels.BASE_TIME], entry[kernels.BASE_ROW] = self.base_time, self.base_row
        return entry

    def find(self, identity: int) -> slice | None:
        """Where the events of `identity` stand."""
        at = int(np.searchsorted(self.ids, np.uint32(identity)))  # a plain int would widen all of them first
        if at == self.ids.size or self.ids[at] != identity:
            return None
        return slice(int(self.offsets[at]), int(self.offsets[at + 1]))

    def scrub(self, identity: int) -> None:
        """Overwrite the events of `identity` (of a part in memory)."""
        if place := self.find(identity):
            for array in (self.code, self.time, self.row):  # the code first: from then on the kernels skip them
                array[place] = 0


def narrowest(low: int, high: int) -> type[np.uint32] | type[np.int64]:
    """The type that holds offsets from `low` up to `high`."""
    return np.uint32 if high - low < U32 else np.int64


def of_sorted(identity: Array, time: Array, code: Array, row: Array) -> Part:
    """A part of events already ordered by (identity, time, row)."""
    first = (
        np.flatnonzero(np.concatenate(([True], identity[1:] != identity[:-1])))
        if identity.size
        else np.zeros(0, np.int64)
    )
    bounds = (int(time.min()), int(time.max())) if time.size else (0, 0)
    return Part(
        ids=np.ascontiguousarray(identity[first], np.uint32),
        offsets=np.append(first, identity.size).astype(np.int32),
        time=np.ascontiguousarray(time, np.int64),
        code=np.ascontiguousarray(code, np.uint16),
        row=np.ascontiguousarray(row, np.int64),
        base_time=0,
        base_row=0,
        min_time=bounds[0],
        max_time=bounds[1],
    )


def of_events(row: Array, time: Array, code: Array, identity: Array) -> Part:
    """A part of events in order of arrival (rows ascend)."""
    order = np.argsort(time, kind="stable")
    order = kernels.order_by_identity(np.ascontiguousarray(identity, np.uint32), order)
    return of_sorted(identity[order], time[order], code[order], row[order])


def table(parts: tuple[Part, ...]) -> Array:
    """The table of addresses of `parts`; whoever uses it keeps the parts alive."""
    return np.stack([part.addresses for part in parts]) if parts else np.zeros((0, kernels.COLUMNS), np.int64)
