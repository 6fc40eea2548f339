"""What one commit wrote: its drafts, and the numbers it gave them.

On disk a group is one compressed blob of msgpack: that takes a tenth of the time of building Arrow's columns, and the
client waits for it. The columns are built once, off the way of the acknowledgement, by whoever reads first.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from operator import attrgetter
from typing import Final

import msgspec
import numpy as np
import pyarrow as pa

from resa.kernel.events import CARRIED, MONEY, SCHEMA, Draft

_SMALL: Final = 2_000
"""Groups below so many events are given their columns together: small ones cost as much each as large ones."""

_CODEC: Final = pa.Codec("lz4_raw")
_WORTH_ZIPPING: Final = 16 * 1024
_building: Final = threading.Lock()


class _Packed(msgspec.Struct, array_like=True):
    """A group on disk. The numbers are little-endian arrays of u32, u32 and u16."""

    identity: bytes
    profile: bytes
    code: bytes
    drafts: list[Draft]


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(_Packed)


class Group:
    """Consecutive events of the log, from row `first` on. `drafts` are gone once there is a table of them."""

    __slots__ = ("_drafts", "_numbers", "_table", "count", "first")

    def __init__(
        self, first: int, drafts: Sequence[Draft], identity: np.ndarray, profile: np.ndarray, code: np.ndarray
    ) -> None:
        """`identity` and `profile` (u32) and `code` (u16) as the commit assigned them. Raises for values no column can hold."""
        self.first = first
        self.count = len(drafts)
        self._drafts = drafts
        self._numbers = identity, profile, code
        self._table: pa.Table | None = None
        _check(drafts)

    @property
    def next_row(self) -> int:
        """The row after the last."""
        return self.first + self.count

    @property
    def identity(self) -> np.ndarray:
        """The identity of each event (u32)."""
        return self._numbers[0]

    @property
    def code(self) -> np.ndarray:
        """The code of the (type, name) of each event (u16)."""
        return self._numbers[2]

    def sources(self, places: np.ndarray) -> list[str]:
        """The source of the events at these places."""
        drafts = self._drafts  # taken once: another thread may be giving the group its columns
        if drafts:
            return [drafts[place].source or "" for place in places.tolist()]
        return [source or "" for source in self.table().column("source").take(pa.array(places)).to_pylist()]

    def packed(self) -> bytes:
        """The group as it is kept on disk. Raises UnicodeEncodeError for text that is none."""
        identity, profile, code = (numbers.tobytes() for numbers in self._numbers)
        plain = _ENCODER.encode(_Packed(identity, profile, code, self._drafts))  # type: ignore[arg-type]
        if len(plain) < _WORTH_ZIPPING:
            return b"\x00" + plain
        zipped: bytes = _CODEC.compress(plain, asbytes=True)
        return b"\x01" + len(plain).to_bytes(8, "little") + zipped

    @classmethod
    def unpacked(cls, first: int, blob: bytes) -> Group:
        """A group read back."""
        plain = blob[1:] if blob[0] == 0 else _CODEC.decompress(blob[9:], int.from_bytes(blob[1:9], "little"))
        said = _DECODER.decode(plain)
        kinds = (said.identity, np.uint32), (said.profile, np.uint32), (said.code, np.uint16)
        return cls(first, said.drafts, *(np.frombuffer(raw, kind) for raw, kind in kinds))

    def table(self) -> pa.Table:
        """The events with all columns of `events.SCHEMA`."""
        if self._table is None:
            give_columns([self])
        assert self._table is not None
        return self._table


def give_columns(groups: Sequence[Group]) -> None:
    """Build the columns of groups that lack them, those of neighbours together."""
    with _building:
        waiting: list[Group] = []
        for group in groups:
            if group._table is None:
                waiting.append(group)
            if sum(each.count for each in waiting) >= _SMALL:
                _build(waiting)
                waiting = []
        if waiting:
            _build(waiting)


def _build(groups: list[Group]) -> None:
    table = _columns(groups)
    start = 0
    for group in groups:
        group._table = table.slice(start, group.count)
        group._drafts = ()
        start += group.count


def _columns(groups: list[Group]) -> pa.Table:
    drafts = [draft for group in groups for draft in group._drafts]
    identity, profile, code = (np.concatenate(part) for part in zip(*(g._numbers for g in groups), strict=True))
    row = np.concatenate([np.arange(group.first, group.next_row, dtype=np.int64) for group in groups])
    if not drafts:
        return SCHEMA.empty_table()
    arrays = [pa.array(row), pa.array(identity), pa.array(profile), pa.array(code)]
    arrays += [_array(list(map(attrgetter(field.name), drafts)), field.type) for field in CARRIED]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def _array(values: Sequence[object], kind: pa.DataType) -> pa.Array:
    if values[0] is None and values.count(None) == len(values):
        return pa.nulls(len(values), kind)
    return pa.array(values, pa.string()).cast(kind) if pa.types.is_decimal(kind) else pa.array(values, kind)


def _check(drafts: Sequence[Draft]) -> None:
    """Raise now for what no column can hold: later it would stop everybody who follows the log."""
    np.fromiter([draft.time for draft in drafts], np.int64)
    np.fromiter([draft.received_at for draft in drafts], np.int64)
    amounts = [draft.revenue for draft in drafts if draft.revenue is not None]
    if amounts:
        pa.array(amounts, pa.string()).cast(MONEY)
