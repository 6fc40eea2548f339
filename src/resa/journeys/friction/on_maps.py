"""What friction tells the journey maps: at each touchpoint and stage, whom it struck and by how many signals."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from litestar.datastructures import State

from resa.journeys import layers
from resa.journeys import routes as maps_routes
from resa.journeys.definition import Journey
from resa.journeys.friction.ledger import Ledgers
from resa.journeys.friction.routes import provide_ledgers
from resa.journeys.layers import Struggle
from resa.journeys.numbers import Maps
from resa.kernel.lens import Lens
from resa.kernel.recent import Recent
from resa.kernel.workspace import Workspace


class OnMaps:
    """Places the hits of a lens on a map: where the customer was last before each."""

    def __init__(self, ledgers: Ledgers, maps: Maps) -> None:
        """Stands on both keepers."""
        self._ledgers, self._maps = ledgers, maps
        self._kept = Recent(16)

    def __call__(self, journey: Journey, lens: Lens, /) -> Mapping[str, Struggle]:
        """By `stage:<key>` and `touchpoint:<key>`."""
        settings = msgspec.json.encode(self._ledgers.settings())

        def compute() -> Mapping[str, Struggle]:
            hits = self._ledgers.hits(lens)
            return layers.struggles(self._maps, journey, lens, (hits.profile, hits.time, hits.signal))

        return self._kept.get((*self._maps.key(journey, lens), settings), compute)


def offer(workspace: Workspace, state: State) -> None:
    """Let the maps of an application show its friction; called while it is assembled."""
    maps_routes.offer_friction(
        state, OnMaps(provide_ledgers(workspace, state), maps_routes.provide_maps(workspace, state))
    )
