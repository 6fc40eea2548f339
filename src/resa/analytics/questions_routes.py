"""The HTTP face of questions: funnels, paths, retention, trends, on-site search; saved ones, and answers as files."""

from __future__ import annotations

from litestar import Router, post
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from resa.access.guards import requires
from resa.analytics import funnels
from resa.analytics.asking import Asking
from resa.analytics.people import Customers
from resa.kernel.workspace import Workspace


@post("/api/questions/funnel", status_code=200, sync_to_thread=True, guards=[requires("read")])
def ask_funnel(asking: NamedDependency[Asking], data: JSONBody[funnels.Funnel]) -> funnels.FunnelNumbers:
    """How many customers came to each step."""
    return funnels.numbers(asking, data)


@post("/api/questions/funnel/people", status_code=200, sync_to_thread=True, guards=[requires("read")])
def ask_funnel_people(asking: NamedDependency[Asking], data: JSONBody[funnels.FunnelPeople]) -> Customers:
    """The customers behind a figure of a funnel; `total` is the figure."""
    return funnels.people(asking, data)


def provide_asking(workspace: NamedDependency[Workspace], state: State) -> Asking:
    """The application's one keeper of labels and answers."""
    if "asking" not in state:
        state["asking"] = Asking(workspace)
    asked: Asking = state["asking"]
    return asked


routes = [
    Router(
        path="/",
        tags=["questions"],
        dependencies={"asking": Provide(provide_asking, sync_to_thread=False)},
        route_handlers=[ask_funnel, ask_funnel_people],
    )
]
