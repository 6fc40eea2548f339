"""From a map's rules to what the kernels walk: the cells of a lens, and their groupings."""

from __future__ import annotations

import numpy as np

from resa.journeys import rules
from resa.journeys.definition import Journey
from resa.kernel.events import CHANNELS
from resa.kernel.sequences import Cells, Labels

TOUCHPOINTS, CHANNELS_OF_STAGES = 0, 1
"""The groupings of `layout`: by touchpoint, and by stage and channel."""


def layout(journey: Journey) -> Cells:
    """The cells (touchpoint x channel) of a map, the stage of each, and the groupings customers are counted by."""
    places = [place for place, _, _ in journey.touchpoints()]
    cells = 1 + len(places) * len(CHANNELS)
    touchpoint, channel = np.divmod(np.arange(-1, cells - 1), len(CHANNELS))
    stage = np.array([*places, 0], np.int64)[touchpoint]
    return Cells(stage, touchpoint, stage * len(CHANNELS) + channel)


def seen_through(journey: Journey, channel: str | None, *, simulated: bool) -> Labels:
    """The cell of each label as the lens shows it: one channel only, if told so, and with or without the simulated."""
    return shown(sum(1 for _ in journey.touchpoints()), channel, simulated=simulated)


def shown(count: int, channel: str | None, *, simulated: bool) -> Labels:
    """The same of `count` numbers of any kind, labelled by `rules.variants`."""
    label = np.arange(count * rules.VARIANTS)
    variant = label % rules.VARIANTS
    cell = label // rules.VARIANTS * len(CHANNELS) + variant // 2 + 1
    if channel is not None:
        cell[variant // 2 != CHANNELS.index(channel)] = 0
    if not simulated:
        cell[variant % 2 == 1] = 0
    return Labels(np.concatenate(([0], cell)).astype(np.uint16))
