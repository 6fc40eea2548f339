"""From a map's rules to what the kernels walk: a label for every row, kept and grown, and the cells of a lens."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from resa.journeys import rules
from resa.journeys.definition import Journey
from resa.kernel.body import Body
from resa.kernel.events import CHANNELS
from resa.kernel.sequences import Cells, Labels

Array = npt.NDArray[Any]

CHUNK: Final = 2_000_000  # rows labelled by one question to the body: bounds what is in memory twice
_ASK: Final = 65535
_EVERY_CODE: Final = np.full(65535, _ASK, np.uint16)

TOUCHPOINTS, CHANNELS_OF_STAGES = 0, 1
"""The groupings of `layout`: by touchpoint, and by stage and channel."""


class LabelStore:
    """The labels of a few maps in memory: 2 bytes a row, computed once; later calls ask for the new rows only."""

    def __init__(self, body: Body, most: int = 4) -> None:
        """Keep the labels of the `most` maps used last."""
        self._body = body
        self._engine = getattr(body, "dialect", "duckdb")
        self._most = most
        self._kept: OrderedDict[str, _Grown] = OrderedDict()
        self._lock = threading.Lock()

    def labels(self, journey: Journey) -> Array:
        """The label (`rules.read`) of every landed row, in row order."""
        expression = rules.labels(journey, self._engine)
        with self._lock:
            grown = self._kept.setdefault(expression, _Grown())
            self._kept.move_to_end(expression)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return grown.upto(self._body, expression, self._body.landed())


@dataclass
class _Grown:
    room: Array = field(default_factory=lambda: np.zeros(0, np.uint16))
    size: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def upto(self, body: Body, expression: str, landed: int) -> Array:
        with self.lock:
            if landed > self.room.size:
                larger = np.zeros(max(landed, self.room.size + self.room.size // 2), np.uint16)
                larger[: self.size] = self.room[: self.size]
                self.room = larger
            while self.size < landed:
                last = min(landed, self.size + CHUNK)
                self.room[self.size : last] = body.column(expression, self.size, last)
                self.size = last
            return self.room[: self.size]


def layout(journey: Journey) -> Cells:
    """The cells (touchpoint x channel) of a map, the stage of each, and the groupings customers are counted by."""
    places = [place for place, _, _ in journey.touchpoints()]
    cells = 1 + len(places) * len(CHANNELS)
    touchpoint, channel = np.divmod(np.arange(-1, cells - 1), len(CHANNELS))
    stage = np.array([*places, 0], np.int64)[touchpoint]
    return Cells(stage, touchpoint, stage * len(CHANNELS) + channel)


def seen_through(labels: Array, journey: Journey, channel: str | None, *, simulated: bool) -> Labels:
    """The cell of each row as the lens shows it: one channel only, if told so, and with or without the simulated."""
    count = sum(1 for _ in journey.touchpoints())
    label = np.arange(count * rules.VARIANTS)
    variant = label % rules.VARIANTS
    cell = label // rules.VARIANTS * len(CHANNELS) + variant // 2 + 1
    if channel is not None:
        cell[variant // 2 != CHANNELS.index(channel)] = 0
    if not simulated:
        cell[variant % 2 == 1] = 0
    table = np.concatenate(([0], cell)).astype(np.uint16)
    return Labels(_EVERY_CODE, table[labels])
