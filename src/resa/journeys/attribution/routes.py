"""The HTTP face of attribution."""

from __future__ import annotations

import msgspec
from litestar import Router, post
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from resa.access.guards import requires
from resa.journeys.attribution.answers import Answer, Asked
from resa.journeys.attribution.asking import Attributions
from resa.kernel import lens as lenses
from resa.kernel import preferences
from resa.kernel.workspace import Workspace


class Looked(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, rename={"start": "from", "end": "to"}):
    """What of the log is looked at; without `from` and `to` the last 30 days. `compare` is read by other questions only."""

    start: str | None = None
    end: str | None = None
    compare: str | None = None
    channel: str | None = None
    simulated: bool = True
    population: str | None = None


class Question(Asked, kw_only=True, frozen=True):
    """A question of attribution through a lens."""

    lens: Looked = msgspec.field(default_factory=Looked)


@post("/api/attribution", status_code=200, sync_to_thread=True, guards=[requires("read")])
def ask_attribution(
    workspace: NamedDependency[Workspace], attributions: NamedDependency[Attributions], data: JSONBody[Question]
) -> Answer:
    """Divide the conversions of a period among the touches before them, by up to six models."""
    seen = data.lens
    zone, now = preferences.zone(workspace.state), workspace.clock()
    lens = lenses.read(
        seen.start,
        seen.end,
        zone,
        now,
        channel=seen.channel,
        simulated=seen.simulated,
        population=seen.population,
    )
    return attributions.ask(data, lens)


def provide_attributions(workspace: NamedDependency[Workspace], state: State) -> Attributions:
    """The application's one keeper of paths and answers."""
    if "attributions" not in state:
        state["attributions"] = Attributions(workspace)
    attributions: Attributions = state["attributions"]
    return attributions


routes = [
    Router(
        path="/",
        tags=["attribution"],
        dependencies={"attributions": Provide(provide_attributions, sync_to_thread=False)},
        route_handlers=[ask_attribution],
    )
]
