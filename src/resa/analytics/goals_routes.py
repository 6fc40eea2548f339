"""The HTTP face of goals."""

from __future__ import annotations

from typing import Any, Final

from litestar import Router
from litestar.di import NamedDependency, Provide

from resa import definitions_routes
from resa.analytics import goals
from resa.analytics.goals import Goal, Goals
from resa.analytics.metrics_routes import provide_metrics
from resa.definitions_routes import Shelf
from resa.kernel.definitions import Definition
from resa.kernel.metrics.evaluation import Metrics
from resa.kernel.workspace import Workspace


class GoalShelf(Shelf[Goal]):
    """Goals over HTTP."""

    kind = "goal"

    def __init__(self, workspace: NamedDependency[Workspace], known: NamedDependency[Goals]) -> None:
        """Measured by the application's goals."""
        super().__init__(workspace)
        self._known = known

    def rows(self) -> goals.GoalRows:
        """With how far each is."""
        return self._known.rows()

    def page(self, item: Definition[Goal]) -> goals.SavedGoal:
        """With how far it is."""
        return self._known.saved(item, self.history(item.key))

    def check(self, key: str, body: dict[str, Any]) -> None:
        """Refuse a metric or population that is not there."""
        del key
        self._known.check(self.workspace.definitions.decode(self.kind, body))


def provide_goals(workspace: NamedDependency[Workspace], keeper: NamedDependency[Metrics]) -> Goals:
    """The goals, measured by the application's metrics."""
    return Goals(workspace, keeper)


SAID: Final = {
    "list": "All goals with how far each is.",
    "create": "Set a goal.",
    "get": "A goal, how far it is, and its history.",
}

routes = [
    Router(
        path="/",
        tags=["goals"],
        dependencies={
            "keeper": Provide(provide_metrics, sync_to_thread=False),
            "known": Provide(provide_goals, sync_to_thread=False),
        },
        route_handlers=definitions_routes.routes(
            GoalShelf, "/api/goals", names=("goal", "goals"), words=("a goal", "goals"), said=SAID
        ),
    ),
]
