"""The HTTP face of metrics: definitions, starter sets, values."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import sqlalchemy as sa
from litestar import Router, delete, get, post, put
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from resa.access.guards import Call, requires
from resa.analytics import metrics
from resa.analytics.asking import Asking
from resa.analytics.questions_routes import provide_asking
from resa.kernel import audit
from resa.kernel.definitions import Alongside
from resa.kernel.errors import Refused
from resa.kernel.metrics import starters
from resa.kernel.metrics.evaluation import Metrics
from resa.kernel.workspace import Workspace


class NewMetric(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A metric to make: with a body of its own, or the one of that key in a starter set (`from_template`: its name)."""

    key: str
    body: dict[str, Any] | None = None
    from_template: str | None = None


class ChangedMetric(msgspec.Struct, forbid_unknown_fields=True):
    """A metric as edited, and the version it was edited from."""

    expected_version: int
    body: dict[str, Any]


class Gone(msgspec.Struct, frozen=True):
    """A definition is gone; saving it with `expected_version` brings it back."""

    key: str
    expected_version: int


@get("/api/metrics", sync_to_thread=True, guards=[requires("read")])
def list_metrics(workspace: NamedDependency[Workspace], keeper: NamedDependency[Metrics]) -> metrics.MetricRows:
    """All metrics."""
    del keeper  # it makes the kind known
    return metrics.MetricRows([metrics.row(item) for item in workspace.definitions.all("metric")])


@post("/api/metrics", sync_to_thread=True, guards=[requires("write")])
def create_metric(
    workspace: NamedDependency[Workspace],
    keeper: NamedDependency[Metrics],
    request: Call,
    data: JSONBody[NewMetric],
) -> metrics.SavedMetric:
    """Make a metric from a body or from a starter set."""
    if (data.body is None) == (data.from_template is None):
        raise Refused("body", None, "a metric begins from one of two.", "Send body or from_template.")
    body = data.body
    if body is None:
        body = msgspec.to_builtins(starters.one(data.from_template or "", data.key).body)
    return _save(workspace, keeper, request, data.key, body or {}, 0)


@get("/api/metrics/{key:str}", sync_to_thread=True, guards=[requires("read")])
def get_metric(
    workspace: NamedDependency[Workspace],
    keeper: NamedDependency[Metrics],
    key: FromPath[str],
    version: FromQuery[int | None] = None,
) -> metrics.SavedMetric:
    """A metric as it is, or as it was in an old version."""
    del keeper
    return metrics.saved(workspace, workspace.definitions.get("metric", key, version))


@put("/api/metrics/{key:str}", sync_to_thread=True, guards=[requires("write")])
def change_metric(
    workspace: NamedDependency[Workspace],
    keeper: NamedDependency[Metrics],
    request: Call,
    key: FromPath[str],
    data: JSONBody[ChangedMetric],
) -> metrics.SavedMetric:
    """Save a metric; 409 with the current one if somebody saved it meanwhile. Brings back a deleted one as well."""
    workspace.definitions.history("metric", key)
    return _save(workspace, keeper, request, key, data.body, data.expected_version)


@delete("/api/metrics/{key:str}", status_code=200, sync_to_thread=True, guards=[requires("write")])
def delete_metric(
    workspace: NamedDependency[Workspace], keeper: NamedDependency[Metrics], request: Call, key: FromPath[str]
) -> Gone:
    """Take a metric away; refused while a ratio names it. Its versions stay."""
    del keeper
    workspace.definitions.get("metric", key)
    gone = workspace.definitions.delete(
        "metric", key, author=request.user.actor.name, alongside=audited(request, "metric.deleted", f"metric:{key}")
    )
    return Gone(key, gone.version)


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


def _save(
    workspace: Workspace, keeper: Metrics, request: Call, key: str, body: dict[str, Any], expected: int
) -> metrics.SavedMetric:
    metrics.checked(workspace, keeper, body)
    item = workspace.definitions.save(
        "metric",
        key,
        body,
        expected=expected,
        author=request.user.actor.name,
        alongside=audited(request, "metric.saved", f"metric:{key}"),
    )
    return metrics.saved(workspace, item)


def audited(request: Call, action: str, target: str) -> Alongside:
    """Write into the audit log who did it, in the same transaction."""

    def record(tx: sa.Connection) -> None:
        audit.record(tx, request.user.actor, action, target)

    return record


def provide_metrics(workspace: NamedDependency[Workspace], state: State) -> Metrics:
    """The application's one keeper of metrics' answers."""
    if "metrics" not in state:
        state["metrics"] = Metrics(workspace)
    keeper: Metrics = state["metrics"]
    return keeper


routes = [
    Router(
        path="/",
        tags=["metrics"],
        dependencies={
            "asking": Provide(provide_asking, sync_to_thread=False),
            "keeper": Provide(provide_metrics, sync_to_thread=False),
        },
        route_handlers=[
            list_metrics,
            create_metric,
            get_metric,
            change_metric,
            delete_metric,
            list_metric_templates,
            ask_metrics,
            preview_metric,
        ],
    ),
]
