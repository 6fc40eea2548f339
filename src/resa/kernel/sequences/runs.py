"""Runs: sealed journeys on disk, one uncompressed Arrow IPC file each, memory-mapped.

One record batch: `identity u32` (ascending) and `events list<struct<time, code u16, row>>`, time and row as
offsets from the bases named in the schema's metadata. A run never changes, except for an erasure's scrub.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from resa.kernel.sequences.manifest import VERSION, RunInfo
from resa.kernel.sequences.parts import NEVER, Array, Part, narrowest
from resa.kernel.sequences.walk import Block

SUFFIX: Final = ".arrow"
UNFINISHED: Final = ".part"
_TICK: Final = "ms"
SAID: Final = ("name", "month", "min_time", "max_time", "min_row", "max_row")  # by file and manifest alike


class DamagedRun(Exception):
    """A run that isn't what the manifest says; the index can be rebuilt from the body (`JourneyIndex.reset`)."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"run {path}: {why}; remedy: reset the journey index, it is rebuilt from the events")


def month_of(time: int) -> str:
    """The calendar month (UTC) of a time in ms."""
    return str(np.datetime64(time, "ms").astype("datetime64[M]"))


def month_range(month: str, after: int = 0) -> tuple[int, int]:
    """[start, end) in ms of a calendar month."""
    first = np.datetime64(month, "M") + after
    return int(first.astype("datetime64[ms]").astype(np.int64)), int(
        (first + 1).astype("datetime64[ms]").astype(np.int64)
    )


@dataclass
class Bounds:
    """Inclusive bounds of times and rows, as far as known before writing."""

    min_time: int
    max_time: int
    min_row: int
    max_row: int


class Builder:
    """Gathers blocks of journeys (label = code) into the columns of a run. Memory: the run, once."""

    def __init__(self, events: int, identities: int, bounds: Bounds) -> None:
        """Make room for so many events and identities at most, within `bounds`."""
        time, row = narrowest(bounds.min_time, bounds.max_time), narrowest(bounds.min_row, bounds.max_row)
        # What is wide is kept as it is; only u32 counts from a base.
        self._base_time = bounds.min_time if time is np.uint32 else 0
        self._base_row = bounds.min_row if row is np.uint32 else 0
        self.ids = np.empty(identities, np.uint32)
        self.offsets = np.zeros(identities + 1, np.int32)
        self.time = np.empty(events, time)
        self.code = np.empty(events, np.uint16)
        self.row = np.empty(events, row)
        self._identities = self._events = 0
        self._seen = Bounds(NEVER, -NEVER, NEVER, -NEVER)

    def add(self, block: Block) -> None:
        count, size = block.profiles.size, int(block.starts[-1])
        to, at = slice(self._events, self._events + size), self._identities
        time, row, seen = block.time[:size], block.row[:size], self._seen
        self.ids[at : at + count] = block.profiles
        self.offsets[at + 1 : at + count + 1] = block.starts[1:] + self._events
        np.subtract(time, self._base_time, out=self.time[to], casting="unsafe")
        np.subtract(row, self._base_row, out=self.row[to], casting="unsafe")
        self.code[to] = block.label[:size]
        seen.min_time, seen.max_time = min(seen.min_time, int(time.min())), max(seen.max_time, int(time.max()))
        seen.min_row, seen.max_row = min(seen.min_row, int(row.min())), max(seen.max_row, int(row.max()))
        self._identities, self._events = at + count, self._events + size

    def part(self) -> Part:
        """What was gathered."""
        identities, events, seen = self._identities, self._events, self._seen
        return Part(
            *(self.ids[:identities], self.offsets[: identities + 1]),
            *(self.time[:events], self.code[:events], self.row[:events]),
            base_time=self._base_time,
            base_row=self._base_row,
            min_time=seen.min_time if events else 0,
            max_time=seen.max_time if events else 0,
        )

    def info(self) -> RunInfo:
        """What the manifest will say of it."""
        seen = self._seen
        first, last = month_of(seen.min_time), month_of(seen.max_time)
        month = first if first == last else f"{first}..{last}"
        name = f"{month}-{seen.min_row}-{uuid.uuid4().hex[:12]}{SUFFIX}"
        return RunInfo(
            name, month, self._events, self._identities, seen.min_time, seen.max_time, seen.min_row, seen.max_row, 0
        )


def schema_of(part: Part) -> pa.Schema:
    """The Arrow schema of a run with this part's widths and bases."""
    event = pa.struct(
        [
            pa.field("time", pa.from_numpy_dtype(part.time.dtype), nullable=False),
            pa.field("code", pa.uint16(), nullable=False),
            pa.field("row", pa.from_numpy_dtype(part.row.dtype), nullable=False),
        ]
    )
    return pa.schema(
        [
            pa.field("identity", pa.uint32(), nullable=False),
            pa.field("events", pa.list_(pa.field("item", event, nullable=False)), nullable=False),
        ]
    )


def write(folder: Path, part: Part, info: RunInfo) -> RunInfo:
    """Write a run beside the finished ones, safely on disk, under a name that is not yet its own; returns it with its size."""
    schema = schema_of(part)
    event = schema.field("events").type.value_type
    columns = [_column(array, field.type) for array, field in zip((part.time, part.code, part.row), event, strict=True)]
    events = pa.StructArray.from_arrays(columns, fields=list(event))
    lists = pa.ListArray.from_arrays(_column(part.offsets, pa.int32()), events, type=schema.field("events").type)
    said = {"version": VERSION, "tick": _TICK, "base_time": part.base_time, "base_row": part.base_row}
    for name in SAID:
        said[name] = getattr(info, name)
    batch = pa.record_batch(
        [_column(part.ids, pa.uint32()), lists],
        schema=schema.with_metadata({key: str(value) for key, value in said.items()}),
    )
    path = folder / (info.name + UNFINISHED)
    with path.open("wb") as file:
        with pa.ipc.new_file(file, batch.schema) as writer:
            writer.write_batch(batch)
        file.flush()
        os.fsync(file.fileno())
    return RunInfo(**{**info.__dict__, "size": path.stat().st_size})


def finish(folder: Path, infos: Iterable[RunInfo]) -> None:
    """Give written runs their names."""
    for info in infos:
        (folder / (info.name + UNFINISHED)).rename(folder / info.name)


def settle(folder: Path) -> None:
    """Make renames and removals in `folder` durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@dataclass(frozen=True)
class Run:
    """An open run. Its part stays readable after the file is unlinked, until the last reader lets go."""

    path: Path
    info: RunInfo
    part: Part
    _address: int  # of the file's first byte, as mapped
    _mapped: Any

    @classmethod
    def open(cls, folder: Path, info: RunInfo) -> Run:
        """Map a run and check everything that a kernel will trust."""
        path = folder / info.name
        try:
            mapped = pa.memory_map(str(path)).read_buffer(info.size)
            with pa.ipc.open_file(pa.BufferReader(mapped)) as reader:
                batch = reader.get_batch(0)
        except (OSError, pa.ArrowInvalid) as error:
            raise DamagedRun(path, str(error)) from error
        if mapped.size != info.size:
            raise DamagedRun(path, f"{mapped.size} bytes instead of {info.size}")
        return cls(path, info, _part(path, info, batch), mapped.address, mapped)

    def scrub(self, identity: int) -> None:
        """Overwrite the events of `identity` in the file; those who have it mapped see them gone at once."""
        place = self.part.find(identity)
        if place is None:
            return
        with self.path.open("r+b") as file:
            for array in (self.part.code, self.part.time, self.part.row):  # the code first: kernels skip code 0
                file.seek(array[place].ctypes.data - self._address)
                file.write(bytes(array[place].nbytes))
                file.flush()
            os.fsync(file.fileno())


def _part(path: Path, info: RunInfo, batch: pa.RecordBatch) -> Part:
    said = {key.decode(): value.decode() for key, value in (batch.schema.metadata or {}).items()}
    if (said.get("version"), said.get("tick"), info.version) != (str(VERSION), _TICK, VERSION):
        raise DamagedRun(path, f"version {said.get('version')}, tick {said.get('tick')}: expected {VERSION}, {_TICK}")
    lists = batch.column("events")
    try:
        time, code, row = (_flat(lists.values.field(name)) for name in ("time", "code", "row"))
        ids = _flat(batch.column("identity"))
        offsets = np.frombuffer(lists.buffers()[1], np.int32, ids.size + 1)
    except (AttributeError, KeyError, ValueError) as error:
        raise DamagedRun(path, f"unexpected columns: {error}") from error
    bases = int(said["base_time"]), int(said["base_row"])
    part = Part(ids, offsets, time, code, row, *bases, info.min_time, info.max_time)
    if batch.schema.remove_metadata() != schema_of(part):
        raise DamagedRun(path, f"unexpected columns {batch.schema.remove_metadata()}")
    bounds = {name: str(getattr(info, name)) for name in SAID}
    if (info.events, info.identities) != (part.events, ids.size) or not bounds.items() <= said.items():
        raise DamagedRun(path, f"it holds {part.events} events of {ids.size} identities, {said}: not {info}")
    if not _sound(ids, offsets, part.events):
        raise DamagedRun(path, "its lists are not in order")
    return part


def _sound(ids: Array, offsets: Array, events: int) -> bool:
    """Whether a run's lists may be trusted: identities ascend, lists are in order and end inside the events."""
    within = offsets[0] == 0 and offsets[-1] == events
    return bool(within and (offsets[1:] > offsets[:-1]).all() and (ids[1:] > ids[:-1]).all())


def _column(array: Array, kind: pa.DataType) -> pa.Array:
    """The array as Arrow's, not copied (`pa.array` would import pandas first)."""
    return pa.Array.from_buffers(kind, array.size, [None, pa.py_buffer(array)])


def _flat(column: pa.Array) -> Array:
    """The column as NumPy's, not copied."""
    if column.null_count or column.offset:
        raise ValueError("expected a plain column")
    return np.frombuffer(column.buffers()[1], column.type.to_pandas_dtype(), len(column))
