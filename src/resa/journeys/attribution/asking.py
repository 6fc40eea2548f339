"""Attribution asked and kept: paths cut once, models asked of them, each told with its reading and limits."""

from __future__ import annotations

import time
from collections.abc import Hashable

import msgspec

from resa.journeys.attribution import touches
from resa.journeys.attribution.answers import Answer, Asked, check
from resa.kernel import sequences
from resa.kernel.lens import Lens
from resa.kernel.populations import Population
from resa.kernel.recent import Recent
from resa.kernel.workspace import Workspace


class Attributions:
    """Answers questions of attribution of one workspace. Thread-safe."""

    def __init__(self, workspace: Workspace) -> None:
        """Nothing is computed yet."""
        self._workspace = workspace
        self._labels = sequences.LabelStore(workspace.body, most=2)
        self._data = Recent(4)
        self._values = Recent(8)
        self._answers = Recent(32)

    def ask(self, asked: Asked, lens: Lens) -> Answer:
        """Divide the conversions seen through the lens; its channel is that of the conversions. Raises Refused, NotFound."""
        check(asked)
        from resa.journeys.attribution import dividing  # noqa: PLC0415  # loads numba; starting up must not wait for it

        began = time.perf_counter()
        kind = touches.of(self._workspace, asked.touch, self._values)
        who = self._workspace.populations.get(lens.population) if lens.population else None
        seen = self._seen(asked, lens, kind, who)
        key = (*seen, msgspec.json.encode(asked))

        def compute() -> Answer:
            data = self._data.get(seen, lambda: dividing.read(self._workspace, self._labels, asked, lens, kind, who))
            return dividing.answer(asked, lens, data, self._workspace.clock())

        answer = self._answers.get(key, compute)
        return msgspec.structs.replace(answer, took_ms=round(1000 * (time.perf_counter() - began)))

    def _seen(self, asked: Asked, lens: Lens, kind: touches.Touches, who: Population | None) -> tuple[Hashable, ...]:
        """All that the paths depend on."""
        workspace = self._workspace
        return (
            msgspec.json.encode((asked.conversion, asked.window_days, kind.touches, kind.number)),
            lens,
            who.token if who else None,
            workspace.body.landed(),
            workspace.index.next_row,
            workspace.identities.map(),
        )
