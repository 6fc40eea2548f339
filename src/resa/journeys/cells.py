"""From a map's rules to what the kernels walk: a label for every event, kept and grown, and the cells of a lens."""

from __future__ import annotations

import dataclasses
import threading
from collections import OrderedDict
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np

from resa.journeys import rules
from resa.journeys.definition import Journey
from resa.kernel.body import Body
from resa.kernel.events import CHANNELS
from resa.kernel.sequences import Cells, Labels, Snapshot
from resa.kernel.sequences.parts import Part

CHUNK: Final = 2_000_000  # rows labelled by one question to the body: bounds what is in memory twice

TOUCHPOINTS, CHANNELS_OF_STAGES = 0, 1
"""The groupings of `layout`: by touchpoint, and by stage and channel."""


class LabelStore:
    """The labels of a few maps in memory, computed once; later calls ask the body for the new rows only.

    They are kept by row (2 bytes an event) and once more in the order of the journey index's parts: looking ten million
    rows up at random costs half a second, reading them in order next to nothing, and sealed parts never change.
    """

    def __init__(self, body: Body, most: int = 3) -> None:
        """Keep the labels of the `most` maps used last."""
        self._body = body
        self._engine = body.dialect
        self._most = most
        self._kept: OrderedDict[str, _Grown] = OrderedDict()
        self._lock = threading.Lock()

    def labelled(self, journey: Journey, snapshot: Snapshot) -> Snapshot:
        """The snapshot with labels (`rules.read`) in the place of codes; 0 is nothing to the map."""
        expression = rules.labels(journey, self._engine)
        with self._lock:
            grown = self._kept.setdefault(expression, _Grown())
            self._kept.move_to_end(expression)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        with grown.lock:
            grown.grow(self._body, expression, snapshot.next_row)
            parts = tuple(grown.aligned(part) for part in snapshot.parts)
        return Snapshot(parts, watermark=snapshot.watermark, next_row=snapshot.next_row)


class _Grown:
    """The labels of one map, so far."""

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
        while self.size < size:
            last = min(size, self.size + CHUNK)
            self.rows[self.size : last] = body.column(expression, self.size, last)
            self.size = last

    def aligned(self, part: Part) -> Part:
        """The part with labels for codes. What an erasure scrubs later stays hidden by the identity map."""
        if part not in self._aligned:
            row = part.row.astype(np.int64) + part.base_row
            label = np.where(part.code == 0, 0, self.rows[np.clip(row, 0, self.size - 1)])
            self._aligned[part] = dataclasses.replace(part, code=label.astype(np.uint16))
        return self._aligned[part]


def layout(journey: Journey) -> Cells:
    """The cells (touchpoint x channel) of a map, the stage of each, and the groupings customers are counted by."""
    places = [place for place, _, _ in journey.touchpoints()]
    cells = 1 + len(places) * len(CHANNELS)
    touchpoint, channel = np.divmod(np.arange(-1, cells - 1), len(CHANNELS))
    stage = np.array([*places, 0], np.int64)[touchpoint]
    return Cells(stage, touchpoint, stage * len(CHANNELS) + channel)


def seen_through(journey: Journey, channel: str | None, *, simulated: bool) -> Labels:
    """The cell of each label as the lens shows it: one channel only, if told so, and with or without the simulated."""
    count = sum(1 for _ in journey.touchpoints())
    label = np.arange(count * rules.VARIANTS)
    variant = label % rules.VARIANTS
    cell = label // rules.VARIANTS * len(CHANNELS) + variant // 2 + 1
    if channel is not None:
        cell[variant // 2 != CHANNELS.index(channel)] = 0
    if not simulated:
        cell[variant % 2 == 1] = 0
    return Labels(np.concatenate(([0], cell)).astype(np.uint16))
