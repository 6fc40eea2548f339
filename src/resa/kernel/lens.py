"""The one lens over every question: which period, which channel, whose events."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import tzinfo

from resa.kernel import periods
from resa.kernel.errors import Refused
from resa.kernel.events import CHANNELS
from resa.kernel.periods import Period


@dataclass(frozen=True)
class Lens:
    """What of the log is looked at: a period, all channels or one, everybody or some, with or without simulated events.

    `population` names the customers looked at (`audience:<key>`, `persona:<key>`; see `kernel.populations`).
    """

    period: Period
    channel: str | None = None
    simulated: bool = True
    population: str | None = None

    def during(self, period: Period) -> Lens:
        """The same of another period."""
        return replace(self, period=period)


def read(
    start: str | None,
    end: str | None,
    zone: tzinfo,
    now: int,
    *,
    channel: str | None = None,
    simulated: bool = True,
    population: str | None = None,
) -> Lens:
    """A lens from what a caller says of it (see `periods.read`). Raises Refused."""
    if channel is not None and channel not in CHANNELS:
        raise Refused("channel", channel, "there is no such channel.", f"Use one of {', '.join(CHANNELS)}.")
    return Lens(periods.read(start, end, zone, now), channel, simulated, population)
