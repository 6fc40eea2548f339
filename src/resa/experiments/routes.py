"""The HTTP face of experiments, layers and hold-outs: written, started, paused, changed, stopped, shipped."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from resa import definitions_routes
from resa.access.guards import Call, requires
from resa.definitions_routes import SavedVersion, Shelf
from resa.experiments import checking, phases
from resa.experiments.definition import Change, Experiment, Holdout, InLayer, Layer, Status
from resa.experiments.delivery import Delivery
from resa.experiments.lifecycle import Item
from resa.experiments.results.brief import Brief, briefs
from resa.kernel import times
from resa.kernel.definitions import Definition
from resa.kernel.workspace import Workspace


class ExperimentRow(msgspec.Struct, frozen=True, kw_only=True):
    """An experiment in a list."""

    key: str
    name: str
    status: Status
    unit: str
    variations: list[str]
    primary: list[str]
    owner: str
    idea: str | None
    goal: str | None
    started: str | None
    ended: str | None
    phase: int
    shipped: str | None
    learning: str
    on_pages: bool
    """Whether any variation changes pages."""
    version: int
    result: Brief | None
    """How it stands, from the last look; null: it never began."""


class ExperimentRows(msgspec.Struct, frozen=True):
    """All experiments: those that run first, then the newest."""

    items: list[ExperimentRow]
    next: None = None


class ExperimentPage(msgspec.Struct, frozen=True, kw_only=True):
    """An experiment with its history, newest first.

    `arms` are the keys of its variations in order, `resolution` that of a fractional design (null: a full one).
    """

    key: str
    version: int
    body: Experiment
    author: str
    at: str
    arms: list[str]
    resolution: int | None
    history: list[SavedVersion]


class ExperimentShelf(Shelf[Experiment]):
    """Experiments over HTTP."""

    kind = "experiment"

    def rows(self) -> ExperimentRows:
        """Those that run first."""
        found = sorted(self.workspace.definitions.all("experiment"), key=lambda item: item.at, reverse=True)
        found.sort(key=lambda item: item.body.status != "running")
        told = briefs(self.workspace)
        return ExperimentRows([_row(item, told.get(item.key)) for item in found])

    def page(self, item: Definition[Experiment]) -> ExperimentPage:
        """With its history."""
        return page(item, self.history(item.key))


def _row(item: Definition[Experiment], told: Brief | None) -> ExperimentRow:
    body = item.body
    return ExperimentRow(
        key=item.key,
        name=body.name,
        status=body.status,
        unit=body.unit,
        variations=[each.key for each in body.arms],
        primary=body.metrics.primary,
        owner=body.owner,
        idea=body.idea,
        goal=body.goal,
        started=body.started,
        ended=body.ended,
        phase=body.phase,
        shipped=body.shipped,
        learning=body.learning,
        on_pages=body.pages is not None and any(map(_changes, body.pages.changes.values())),
        version=item.version,
        result=told,
    )


def _changes(change: Change) -> bool:
    return bool(change.css or change.mutations or change.redirect)


def page(item: Definition[Experiment], history: list[SavedVersion]) -> ExperimentPage:
    """An experiment as its page shows it."""
    return ExperimentPage(
        key=item.key,
        version=item.version,
        body=item.body,
        author=item.author,
        at=times.iso(item.at),
        arms=[each.key for each in item.body.arms],
        resolution=checking.resolution(item.body),
        history=history,
    )


class LayerPart(msgspec.Struct, frozen=True, kw_only=True, rename={"start": "from", "end": "to"}):
    """What an experiment takes of a layer, from 0 to 1. It holds it while it runs or pauses; a draft only plans with it."""

    experiment: str
    name: str
    status: Status
    start: float
    end: float


class LayerRow(msgspec.Struct, frozen=True, kw_only=True):
    """A layer, and the experiments that take their part of it."""

    key: str
    name: str
    unit: str
    version: int
    experiments: list[str]
    parts: list[LayerPart]


class LayerRows(msgspec.Struct, frozen=True):
    """All layers, by key."""

    items: list[LayerRow]
    next: None = None


class LayerPage(msgspec.Struct, frozen=True, kw_only=True):
    """A layer with its history, newest first."""

    key: str
    version: int
    body: Layer
    author: str
    at: str
    history: list[SavedVersion]


class LayerShelf(Shelf[Layer]):
    """Layers over HTTP."""

    kind = "layer"

    def rows(self) -> LayerRows:
        """With who is in them."""
        taken: dict[str, list[LayerPart]] = {}
        for item in self.workspace.definitions.all("experiment"):
            if (layer := item.body.layer) is not None:
                taken.setdefault(layer.key, []).append(_part(item, layer))
        return LayerRows(
            [
                LayerRow(
                    key=item.key,
                    name=item.body.name,
                    unit=item.body.unit,
                    version=item.version,
                    experiments=[each.experiment for each in taken.get(item.key, [])],
                    parts=sorted(taken.get(item.key, []), key=lambda each: each.start),
                )
                for item in self.workspace.definitions.all("layer")
            ]
        )

    def page(self, item: Definition[Layer]) -> LayerPage:
        """With its history."""
        return LayerPage(
            key=item.key,
            version=item.version,
            body=item.body,
            author=item.author,
            at=times.iso(item.at),
            history=self.history(item.key),
        )


def _part(item: Definition[Experiment], layer: InLayer) -> LayerPart:
    body = item.body
    return LayerPart(experiment=item.key, name=body.name, status=body.status, start=layer.start, end=layer.end)


class HoldoutRow(msgspec.Struct, frozen=True, kw_only=True):
    """A hold-out in a list; `since`: when it was made."""

    key: str
    name: str
    share: float
    unit: str
    active: bool
    since: str
    version: int


class HoldoutRows(msgspec.Struct, frozen=True):
    """All hold-outs, by key."""

    items: list[HoldoutRow]
    next: None = None


class HoldoutPage(msgspec.Struct, frozen=True, kw_only=True):
    """A hold-out with its history, newest first."""

    key: str
    version: int
    body: Holdout
    author: str
    at: str
    history: list[SavedVersion]


class HoldoutShelf(Shelf[Holdout]):
    """Hold-outs over HTTP."""

    kind = "holdout"

    def rows(self) -> HoldoutRows:
        """By key."""
        return HoldoutRows(
            [
                HoldoutRow(
                    key=item.key,
                    name=item.body.name,
                    share=item.body.share,
                    unit=item.body.unit,
                    active=item.body.active,
                    since=self.history(item.key)[-1].at,
                    version=item.version,
                )
                for item in self.workspace.definitions.all("holdout")
            ]
        )

    def page(self, item: Definition[Holdout]) -> HoldoutPage:
        """With its history."""
        return HoldoutPage(
            key=item.key,
            version=item.version,
            body=item.body,
            author=item.author,
            at=times.iso(item.at),
            history=self.history(item.key),
        )


# -- an experiment's life ------------------------------------------------------------------------------------------


class Move(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A step, and the version it was decided on (left out: whatever is there)."""

    expected_version: int | None = None


class Phase(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A new phase: other weights or coverage move only who must move; `anew` assigns everybody anew."""

    expected_version: int | None = None
    weights: dict[str, Annotated[float, msgspec.Meta(ge=0, le=1_000_000)]] | None = None
    coverage: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    anew: bool = False


class Ending(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The end of an experiment, and what was learned."""

    expected_version: int | None = None
    learning: Annotated[str, msgspec.Meta(max_length=4000)] | None = None


class Shipping(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The variation that everybody gets from now on, and what was learned."""

    variation: str
    expected_version: int | None = None
    learning: Annotated[str, msgspec.Meta(max_length=4000)] | None = None


class Checklist(msgspec.Struct, frozen=True):
    """What must be there before an experiment starts, and what should be; `ready`: it may start."""

    ready: bool
    items: list[Item]


@get("/api/experiments/{key:str}/checklist", sync_to_thread=True, guards=[requires("read")])
def get_checklist(delivery: NamedDependency[Delivery], key: FromPath[str]) -> Checklist:
    """The launch checklist of an experiment."""
    items = delivery.lifecycle.checklist(key)
    return Checklist(all(each.done or not each.needed for each in items), items)


class Phases(msgspec.Struct, frozen=True):
    """The phases of an experiment, oldest first; none before it starts."""

    items: list[phases.Phase]
    next: None = None


@get("/api/experiments/{key:str}/phases", sync_to_thread=True, guards=[requires("read")])
def list_phases(workspace: NamedDependency[Workspace], key: FromPath[str]) -> Phases:
    """The phases of an experiment: since when, with which weights. Results are read by phase."""
    return Phases(phases.of(workspace.definitions, key))


@post("/api/experiments/{key:str}/start", status_code=200, sync_to_thread=True, guards=[requires("write")])
def start_experiment(
    workspace: NamedDependency[Workspace],
    delivery: NamedDependency[Delivery],
    request: Call,
    key: FromPath[str],
    data: JSONBody[Move],
) -> ExperimentPage:
    """Start an experiment, or let a paused one go on. It pins the versions of what it stands on."""
    return _moved(workspace, delivery.lifecycle.start(key, request.user.actor, data.expected_version))


@post("/api/experiments/{key:str}/pause", status_code=200, sync_to_thread=True, guards=[requires("write")])
def pause_experiment(
    workspace: NamedDependency[Workspace],
    delivery: NamedDependency[Delivery],
    request: Call,
    key: FromPath[str],
    data: JSONBody[Move],
) -> ExperimentPage:
    """Pause an experiment: everybody sees what they would see without it."""
    return _moved(workspace, delivery.lifecycle.pause(key, request.user.actor, data.expected_version))


@post("/api/experiments/{key:str}/phase", status_code=200, sync_to_thread=True, guards=[requires("write")])
def begin_phase(
    workspace: NamedDependency[Workspace],
    delivery: NamedDependency[Delivery],
    request: Call,
    key: FromPath[str],
    data: JSONBody[Phase],
) -> ExperimentPage:
    """Begin a new phase of a running experiment. Results are read by phase."""
    actor = request.user.actor
    if data.anew:
        return _moved(workspace, delivery.lifecycle.renew(key, actor, data.expected_version))
    moved = delivery.lifecycle.reweigh(key, actor, data.expected_version, weights=data.weights, coverage=data.coverage)
    return _moved(workspace, moved)


@post("/api/experiments/{key:str}/stop", status_code=200, sync_to_thread=True, guards=[requires("write")])
def stop_experiment(
    workspace: NamedDependency[Workspace],
    delivery: NamedDependency[Delivery],
    request: Call,
    key: FromPath[str],
    data: JSONBody[Ending],
) -> ExperimentPage:
    """Stop an experiment: everybody sees again what they saw before."""
    moved = delivery.lifecycle.stop(key, request.user.actor, data.expected_version, learning=data.learning)
    return _moved(workspace, moved)


@post("/api/experiments/{key:str}/ship", status_code=200, sync_to_thread=True, guards=[requires("write")])
def ship_experiment(
    workspace: NamedDependency[Workspace],
    delivery: NamedDependency[Delivery],
    request: Call,
    key: FromPath[str],
    data: JSONBody[Shipping],
) -> ExperimentPage:
    """Ship a variation: everybody the experiment was meant for gets it, but for those in a hold-out."""
    moved = delivery.lifecycle.ship(
        key, data.variation, request.user.actor, data.expected_version, learning=data.learning
    )
    return _moved(workspace, moved)


def _moved(workspace: Workspace, item: Definition[Any]) -> ExperimentPage:
    return page(item, ExperimentShelf(workspace).history(item.key))


_KINDS: Final = (
    (ExperimentShelf, "/api/experiments", ("experiment", "experiments"), ("an experiment", "experiments")),
    (LayerShelf, "/api/layers", ("layer", "layers"), ("a layer", "layers")),
    (HoldoutShelf, "/api/holdouts", ("holdout", "holdouts"), ("a hold-out", "hold-outs")),
)

routes = [
    Router(
        path="/",
        tags=["experiments"],
        route_handlers=[
            *(
                handler
                for shelf, path, names, words in _KINDS
                for handler in definitions_routes.routes(shelf, path, names=names, words=words)
            ),
            get_checklist,
            list_phases,
            start_experiment,
            pause_experiment,
            begin_phase,
            stop_experiment,
            ship_experiment,
        ],
    ),
]
