"""The HTTP face of attribution."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from litestar import Router, post
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from resa.access.guards import requires
from resa.journeys.attribution.answers import Answer, Asked, Figure
from resa.journeys.attribution.asking import Attributions
from resa.kernel import lens as lenses
from resa.kernel import preferences
from resa.kernel.behind import Customers
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


class PeopleQuestion(Question, kw_only=True, frozen=True):
    """Whose names to list: of the item of this kind and `touch`, of all who converted, or only those who did after such a touch."""

    kind: Literal["touch", "rest", "none", "all"] = "all"
    item: str | None = None
    converting: bool = False
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50
    cursor: str | None = None


@post("/api/attribution", status_code=200, sync_to_thread=True, guards=[requires("read")])
def ask_attribution(
    workspace: NamedDependency[Workspace], attributions: NamedDependency[Attributions], data: JSONBody[Question]
) -> Answer:
    """Divide the conversions of a period among the touches before them, by up to six models."""
    return attributions.ask(data, _lens(workspace, data.lens))


@post("/api/attribution/people", status_code=200, sync_to_thread=True, guards=[requires("read")])
def ask_attribution_people(
    workspace: NamedDependency[Workspace], attributions: NamedDependency[Attributions], data: JSONBody[PeopleQuestion]
) -> Customers:
    """The customers behind a figure of attribution; their events add up to its touches, or to its conversions."""
    figure = Figure(data.kind, data.item, data.converting)
    lens = _lens(workspace, data.lens)
    return attributions.people(data, lens, figure, limit=data.limit, cursor=data.cursor)


def _lens(workspace: Workspace, looked: Looked) -> lenses.Lens:
    return lenses.read(
        looked.start,
        looked.end,
        preferences.zone(workspace.state),
        workspace.clock(),
        channel=looked.channel,
        simulated=looked.simulated,
        population=looked.population,
    )


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
        route_handlers=[ask_attribution, ask_attribution_people],
    )
]
