"""Attribution asked and kept: paths cut once, models asked of them, each told with its reading and limits."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from resa.journeys.attribution import touches
from resa.journeys.attribution.answers import Answer, Asked, Figure, check
from resa.kernel import sequences
from resa.kernel.behind import Customers, Found, page
from resa.kernel.lens import Lens
from resa.kernel.populations import Population
from resa.kernel.recent import Recent
from resa.kernel.workspace import Workspace

if TYPE_CHECKING:
    from resa.journeys.attribution import dividing


class _Look(NamedTuple):
    """All that paths depend on, and the log labelled for them."""

    key: tuple[Hashable, ...]
    labelled: Callable[[], dividing.Seen]


class Attributions:
    """Answers questions of attribution of one workspace. Thread-safe."""

    def __init__(self, workspace: Workspace) -> None:
        """Nothing is computed yet."""
        self._workspace = workspace
        self._labels = sequences.LabelStore(workspace.body, most=2)
        self._data = Recent(4)
        self._values = Recent(8)
        self._answers = Recent(32)
        self._people = Recent(4)

    def ask(self, asked: Asked, lens: Lens) -> Answer:
        """Divide the conversions seen through the lens; its channel is that of the conversions. Raises Refused, NotFound."""
        check(asked)
        from resa.journeys.attribution import dividing  # noqa: PLC0415  # loads numba; starting up must not wait for it

        began = time.perf_counter()
        look = self._look(asked, lens)

        def compute() -> Answer:
            return dividing.answer(asked, lens, self._read(look), self._workspace.clock())

        answer = self._answers.get((*look.key, msgspec.json.encode(asked)), compute)
        return msgspec.structs.replace(answer, took_ms=round(1000 * (time.perf_counter() - began)))

    def people(
        self, asked: Asked, lens: Lens, figure: Figure, *, limit: int = 50, cursor: str | None = None
    ) -> Customers:
        """The customers behind a figure of the answer to the same question. Raises Refused, NotFound."""
        check(asked)
        from resa.journeys.attribution import dividing  # noqa: PLC0415  # loads numba; starting up must not wait for it

        look = self._look(asked, lens)

        def compute() -> Found:
            return dividing.people(look.labelled(), self._read(look), figure)

        found = self._people.get((*look.key, asked.most, figure), compute)
        return page(self._workspace, found, limit, cursor)

    def _read(self, look: _Look) -> dividing.Data:
        from resa.journeys.attribution import dividing  # noqa: PLC0415  # as above

        data: dividing.Data = self._data.get(look.key, lambda: dividing.read(self._workspace, look.labelled()))
        return data

    def _look(self, asked: Asked, lens: Lens) -> _Look:
        from resa.journeys.attribution import dividing  # noqa: PLC0415  # as above

        kind = touches.of(self._workspace, asked.touch, self._values)
        who = self._workspace.populations.get(lens.population) if lens.population else None

        def labelled() -> dividing.Seen:
            return dividing.seen(self._workspace, self._labels, asked, lens, kind, who)

        return _Look(self._seen(asked, lens, kind, who), labelled)

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
