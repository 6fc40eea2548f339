"""What friction tells the scores of surveys: every moment at which a signal struck somebody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from litestar.datastructures import State

from resa.journeys.friction.ledger import Ledgers
from resa.journeys.friction.routes import provide_ledgers
from resa.journeys.friction.signals import SIGNALS
from resa.kernel.lens import Lens
from resa.kernel.workspace import Workspace


class Hits(NamedTuple):
    """Whose, when, and which of the signals; one length."""

    profile: Any
    time: Any
    signal: Any


class OnScores:
    """The hits of a lens, without any place."""

    def __init__(self, ledgers: Ledgers) -> None:
        """Stands on the keeper of friction."""
        self._ledgers = ledgers
        self.signals: Sequence[tuple[str, str]] = [(signal.key, signal.name) for signal in SIGNALS]

    def hits(self, lens: Lens) -> Hits:
        """Every moment of friction."""
        found = self._ledgers.hits(lens)
        return Hits(found.profile, found.time, found.signal)


def offered(workspace: Workspace, state: State) -> OnScores:
    """The friction of an application, for whoever reads scores."""
    return OnScores(provide_ledgers(workspace, state))
