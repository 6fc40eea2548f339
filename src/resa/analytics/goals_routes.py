"""The HTTP face of goals."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Router, delete, get, post, put
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, JSONBody

from resa.access.guards import Call, requires
from resa.analytics import goals
from resa.analytics.goals import Goals
from resa.analytics.metrics_routes import Gone, audited, provide_metrics
from resa.kernel.metrics.evaluation import Metrics
from resa.kernel.workspace import Workspace


class NewGoal(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A goal to set."""

    key: str
    body: dict[str, Any]


class ChangedGoal(msgspec.Struct, forbid_unknown_fields=True):
    """A goal as edited, and the version it was edited from."""

    expected_version: int
    body: dict[str, Any]


@get("/api/goals", sync_to_thread=True, guards=[requires("read")])
def list_goals(known: NamedDependency[Goals]) -> goals.GoalRows:
    """All goals with how far each is."""
    return known.rows()


@post("/api/goals", sync_to_thread=True, guards=[requires("write")])
def create_goal(
    workspace: NamedDependency[Workspace], known: NamedDependency[Goals], request: Call, data: JSONBody[NewGoal]
) -> goals.SavedGoal:
    """Set a goal."""
    return _save(workspace, known, request, data.key, data.body, 0)


@get("/api/goals/{key:str}", sync_to_thread=True, guards=[requires("read")])
def get_goal(
    workspace: NamedDependency[Workspace],
    known: NamedDependency[Goals],
    key: FromPath[str],
    version: FromQuery[int | None] = None,
) -> goals.SavedGoal:
    """A goal, how far it is, and its history."""
    return known.saved(workspace.definitions.get("goal", key, version))


@put("/api/goals/{key:str}", sync_to_thread=True, guards=[requires("write")])
def change_goal(
    workspace: NamedDependency[Workspace],
    known: NamedDependency[Goals],
    request: Call,
    key: FromPath[str],
    data: JSONBody[ChangedGoal],
) -> goals.SavedGoal:
    """Save a goal; 409 with the current one if somebody saved it meanwhile. Brings back a deleted one as well."""
    workspace.definitions.history("goal", key)
    return _save(workspace, known, request, key, data.body, data.expected_version)


@delete("/api/goals/{key:str}", status_code=200, sync_to_thread=True, guards=[requires("write")])
def delete_goal(
    workspace: NamedDependency[Workspace], known: NamedDependency[Goals], request: Call, key: FromPath[str]
) -> Gone:
    """Take a goal away. Its versions stay."""
    del known  # it makes the kind known
    workspace.definitions.get("goal", key)
    gone = workspace.definitions.delete(
        "goal", key, author=request.user.actor.name, alongside=audited(request, "goal.deleted", f"goal:{key}")
    )
    return Gone(key, gone.version)


def _save(
    workspace: Workspace, known: Goals, request: Call, key: str, body: dict[str, Any], expected: int
) -> goals.SavedGoal:
    known.check(workspace.definitions.decode("goal", body))
    item = workspace.definitions.save(
        "goal",
        key,
        body,
        expected=expected,
        author=request.user.actor.name,
        alongside=audited(request, "goal.saved", f"goal:{key}"),
    )
    return known.saved(item)


def provide_goals(workspace: NamedDependency[Workspace], keeper: NamedDependency[Metrics]) -> Goals:
    """The goals, measured by the application's metrics."""
    return Goals(workspace, keeper)


routes = [
    Router(
        path="/",
        tags=["goals"],
        dependencies={
            "keeper": Provide(provide_metrics, sync_to_thread=False),
            "known": Provide(provide_goals, sync_to_thread=False),
        },
        route_handlers=[list_goals, create_goal, get_goal, change_goal, delete_goal],
    ),
]
