"""The HTTP face of bandits, and of judging any policy on the log."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from resa import definitions_routes
from resa.access.guards import Call, requires
from resa.definitions_routes import SavedVersion, Shelf
from resa.experiments.bandits import judging
from resa.experiments.bandits.definition import Bandit
from resa.experiments.bandits.learning import Bandits, Update
from resa.kernel import times
from resa.kernel.definitions import Definition
from resa.kernel.workspace import Workspace


class BanditRow(msgspec.Struct, frozen=True, kw_only=True):
    """A bandit in a list."""

    key: str
    name: str
    experiment: str
    metric: str
    active: bool
    updates: int
    updated: str | None
    weights: dict[str, float]
    version: int


class BanditRows(msgspec.Struct, frozen=True):
    """All bandits, by key."""

    items: list[BanditRow]
    next: None = None


class BanditPage(msgspec.Struct, frozen=True, kw_only=True):
    """A bandit with what it learned last, and its history, newest first."""

    key: str
    version: int
    body: Bandit
    author: str
    at: str
    last: Update | None
    history: list[SavedVersion]


class Updates(msgspec.Struct, frozen=True):
    """The updates of a bandit, the last first."""

    items: list[Update]
    next: None = None


class BanditShelf(Shelf[Bandit]):
    """Bandits over HTTP."""

    kind = "bandit"

    def __init__(self, workspace: NamedDependency[Workspace], bandits: NamedDependency[Bandits]) -> None:
        """With what they learned."""
        super().__init__(workspace)
        self._bandits = bandits

    def rows(self) -> BanditRows:
        """By key."""
        return BanditRows([self._row(item) for item in self.workspace.definitions.all(self.kind)])

    def page(self, item: Definition[Bandit]) -> BanditPage:
        """With its last update and history."""
        updates = self._bandits.updates(item.key)
        return BanditPage(
            key=item.key,
            version=item.version,
            body=item.body,
            author=item.author,
            at=times.iso(item.at),
            last=updates[0] if updates else None,
            history=self.history(item.key),
        )

    def check(self, key: str, body: dict[str, Any]) -> None:
        """Refuse an experiment or a metric that is not there, or can't be learned from."""
        del key
        self._bandits.check(self.workspace.definitions.decode(self.kind, body))

    def _row(self, item: Definition[Bandit]) -> BanditRow:
        updates, body = self._bandits.updates(item.key), item.body
        return BanditRow(
            key=item.key,
            name=body.name,
            experiment=body.experiment,
            metric=body.metric,
            active=body.active,
            updates=len(updates),
            updated=updates[0].at if updates else None,
            weights=updates[0].learned.weights if updates else {},
            version=item.version,
        )


@get("/api/bandits/{key:str}/updates", sync_to_thread=True, guards=[requires("read")])
def list_bandit_updates(
    workspace: NamedDependency[Workspace], bandits: NamedDependency[Bandits], key: FromPath[str]
) -> Updates:
    """What a bandit learned with every update: chances, means, weights, and contexts in which another variation is best."""
    workspace.definitions.get("bandit", key)
    return Updates(bandits.updates(key))


@post("/api/bandits/{key:str}/update", status_code=200, sync_to_thread=True, guards=[requires("write")])
def update_bandit(bandits: NamedDependency[Bandits], request: Call, key: FromPath[str]) -> Update:
    """Let a bandit learn now: the batch is closed, and a new phase of its experiment begins with the new weights."""
    return bandits.update(key, request.user.actor)


@post("/api/experiments/evaluate", status_code=200, sync_to_thread=True, guards=[requires("read")])
def evaluate_policy(workspace: NamedDependency[Workspace], data: JSONBody[judging.Judge]) -> judging.Verdict:
    """What a rule would have earned on the logged decisions of the last days, before anyone sees it. Changes nothing."""
    return judging.judge(workspace, data)


SAID: Final = {
    "list": "All bandits, with their last weights.",
    "create": "Make a bandit of an experiment: its weights follow a metric from then on.",
    "get": "A bandit, what it learned last, and its history.",
}

routes: Final = [
    Router(
        path="/",
        tags=["bandits"],
        route_handlers=[
            *definitions_routes.routes(
                BanditShelf, "/api/bandits", names=("bandit", "bandits"), words=("a bandit", "bandits"), said=SAID
            ),
            list_bandit_updates,
            update_bandit,
            evaluate_policy,
        ],
    )
]
