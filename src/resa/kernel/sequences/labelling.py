"""Labels that need more than an event's name: asked of the body once per row, kept, and grown as rows arrive."""

from __future__ import annotations

import dataclasses
import threading
from collections import OrderedDict
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np

from resa.kernel import work
from resa.kernel.body import Body
from resa.kernel.sequences.parts import Array, Part
from resa.kernel.sequences.walk import Snapshot

CHUNK: Final = 2_000_000  # rows labelled by one question to the body: bounds what is in memory twice
FEW: Final = 0.4
"""Up to this share of a part's events are copied for a question, with their times and rows: the walk then reads nothing else."""


class LabelStore:
    """The labels of a few questions in memory, computed once; later calls ask the body for the new rows only.

    They are kept by row (2 bytes an event) and once more in the order of the journey index's parts (2 bytes, or 10 of each
    event that is something to the question where these are few): looking ten million
    rows up at random costs half a second, reading them in order next to nothing, and sealed parts never change.
    """

    def __init__(self, body: Body, most: int = 3) -> None:
        """Keep the labels of the `most` questions asked last."""
        self._body = body
        self._most = most
        self._kept: OrderedDict[str, _Grown] = OrderedDict()
        self._lock = threading.Lock()

    def labelled(self, expression: str, snapshot: Snapshot) -> Snapshot:
        """The snapshot with labels in the place of codes.

        `expression` is SQL over the columns of `log` in the body's dialect: 1 to 65534, 0 for nothing to the question.
        """
        grown = self._grown(expression)
        with grown.lock:
            grown.grow(self._body, expression, snapshot.next_row)
            parts = tuple(grown.aligned(part) for part in snapshot.parts)
        return Snapshot(parts, watermark=snapshot.watermark, next_row=snapshot.next_row)

    def rows(self, expression: str, size: int) -> Array:
        """The labels of the rows below `size`, by row."""
        grown = self._grown(expression)
        with grown.lock:
            grown.grow(self._body, expression, size)
            return grown.rows[:size]

    def _grown(self, expression: str) -> _Grown:
        with self._lock:
            grown = self._kept.setdefault(expression, _Grown())
            self._kept.move_to_end(expression)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return grown


class _Grown:
    """The labels of one question, so far."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.rows = np.zeros(0, np.uint16)
        self.size = 0
        self._aligned: WeakKeyDictionary[Part, Part] = WeakKeyDictionary()

    def grow(self, body: Body, expression: str, size: int) -> None:
        """Ask for the labels of the rows below `size` that are not there yet."""
        if size > self.rows.size:
            larger = np.zeros(max(size, self.rows.size + self.rows.size // 2), np.uint16)
            larger[: self.size] = self.rows[: self.size]
            self.rows = larger
        work.expect(max(0, size - self.size))
        while self.size < size:
            last = min(size, self.size + CHUNK)
            self.rows[self.size : last] = body.column(expression, self.size, last)
            read, self.size = last - self.size, last
            work.advance(read)

    def aligned(self, part: Part) -> Part:
        """The part with labels for codes. What an erasure scrubs later stays hidden by the identity map."""
        if part not in self._aligned:
            row = part.row.astype(np.int64) + part.base_row
            label = np.where(part.code == 0, 0, self.rows[np.clip(row, 0, self.size - 1)])
            self._aligned[part] = _relabelled(part, label.astype(np.uint16))
        return self._aligned[part]


def _relabelled(part: Part, label: Array) -> Part:
    """The part with other labels; where most events are nothing to the question, without these."""
    kept = np.flatnonzero(label)
    if kept.size > FEW * label.size:
        return dataclasses.replace(part, code=label)
    offsets = np.searchsorted(kept, part.offsets)
    some = np.flatnonzero(np.diff(offsets))
    return dataclasses.replace(
        part,
        ids=part.ids[some],
        offsets=np.append(offsets[some], kept.size).astype(np.int32),
        time=part.time[kept],
        code=label[kept],
        row=part.row[kept],
    )
