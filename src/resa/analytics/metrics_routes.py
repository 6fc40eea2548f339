"""The HTTP face of metrics: definitions, starter sets, values."""

from __future__ import annotations

from typing import Annotated, Any, Final

from litestar import Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery, JSONBody, QueryParameter

from resa import definitions_routes
from resa.access.guards import requires
from resa.analytics import metrics
from resa.analytics.asking import Asking
from resa.analytics.questions_routes import provide_asking
from resa.definitions_routes import BegunDefinition, Shelf, one_of_two
from resa.kernel.definitions import Definition
from resa.kernel.metrics import starters
from resa.kernel.metrics.definition import Metric
from resa.kernel.metrics.evaluation import Metrics
from resa.kernel.workspace import Workspace


class MetricShelf(Shelf[Metric]):
    """Metrics over HTTP."""

    kind = "metric"
    new = BegunDefinition

    def __init__(self, workspace: NamedDependency[Workspace], keeper: NamedDependency[Metrics]) -> None:
        """Checked by the application's keeper, which makes the kind known."""
        super().__init__(workspace)
        self._keeper = keeper

    def rows(self) -> metrics.MetricRows:
        """By key."""
        return metrics.MetricRows([metrics.row(item) for item in self.workspace.definitions.all(self.kind)])

    def page(self, item: Definition[Metric]) -> metrics.SavedMetric:
        """With its history."""
        return metrics.saved(item, self.history(item.key))

    def begin(self, new: BegunDefinition) -> dict[str, Any]:
        """Its own body, or that of its key in a starter set."""
        return one_of_two(new, lambda named: starters.one(named, new.key).body)

    def check(self, key: str, body: dict[str, Any]) -> None:
        """Refuse a form that is none, and metrics it names that are not there."""
        del key
        metrics.checked(self.workspace, self._keeper, body)


@get("/api/metric-templates", sync_to_thread=True, guards=[requires("read")])
def list_metric_templates(
    named: Annotated[str | None, QueryParameter(name="set")] = None, stage: FromQuery[str | None] = None
) -> metrics.Starters:
    """The starter sets (or one: shop, media, travel, b2b), or what of them is suggested for a journey stage (its key)."""
    return metrics.templates(named, stage)


@post("/api/metrics/values", status_code=200, sync_to_thread=True, guards=[requires("read")])
def ask_metrics(
    asking: NamedDependency[Asking], keeper: NamedDependency[Metrics], data: JSONBody[metrics.Ask]
) -> metrics.MetricValues:
    """The values of metrics through a lens, all answered together."""
    return metrics.values(asking, keeper, data)


@post("/api/metrics/preview", status_code=200, sync_to_thread=True, guards=[requires("read")])
def preview_metric(
    asking: NamedDependency[Asking], keeper: NamedDependency[Metrics], data: JSONBody[metrics.Preview]
) -> metrics.MetricValues:
    """The value of a metric that is not saved yet."""
    return metrics.preview(asking, keeper, data)


def provide_metrics(workspace: NamedDependency[Workspace], state: State) -> Metrics:
    """The application's one keeper of metrics' answers."""
    return provide_asking(workspace, state).metrics


SAID: Final = {
    "create": "Make a metric from a body or from a starter set.",
    "delete": "Take a metric away; refused while a ratio names it. Its versions stay.",
}

routes = [
    Router(
        path="/",
        tags=["metrics"],
        dependencies={
            "asking": Provide(provide_asking, sync_to_thread=False),
            "keeper": Provide(provide_metrics, sync_to_thread=False),
        },
        route_handlers=[
            *definitions_routes.routes(
                MetricShelf, "/api/metrics", names=("metric", "metrics"), words=("a metric", "metrics"), said=SAID
            ),
            list_metric_templates,
            ask_metrics,
            preview_metric,
        ],
    ),
]
