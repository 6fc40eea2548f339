"""The HTTP face of journey maps and of definitions."""

from __future__ import annotations

import logging
import threading
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Litestar, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from resa import definitions_routes
from resa.access.guards import Call, requires
from resa.definitions_routes import BegunDefinition, SavedVersion, Shelf, one_of_two
from resa.journeys import against, notes_routes, templates
from resa.journeys.asked import From, To, Whose, seen
from resa.journeys.claims import Claims
from resa.journeys.definition import Goal, Journey
from resa.journeys.discovery import Discovered, Discoveries
from resa.journeys.handovers import FIGURES, Channels, Handovers
from resa.journeys.layers import Friction, Layered, Layers
from resa.journeys.notes import Notes
from resa.journeys.numbers import Maps, Numbers
from resa.kernel import audit, periods, preferences, times
from resa.kernel.behind import Customers
from resa.kernel.definitions import Change, Definition, Portable, Unreadable
from resa.kernel.errors import Refused
from resa.kernel.workspace import Workspace

log: Final = logging.getLogger(__name__)

Application = Callable[[Any, Any, Any], Awaitable[None]]

WATCHED: Final = ("/health", "/metrics")
"""What programs ask all the time, and nobody waits for."""

# -- shapes --------------------------------------------------------------------------------------------------------


class Map(msgspec.Struct, frozen=True):
    """A journey map with its history, newest first."""

    key: str
    version: int
    body: Journey
    author: str
    at: str
    history: list[SavedVersion]


class MapRow(msgspec.Struct, frozen=True):
    """A map in the list."""

    key: str
    name: str
    persona: str
    goal: Goal | None
    version: int
    stages: int


class MapRows(msgspec.Struct, frozen=True):
    """All maps, by key."""

    items: list[MapRow]
    next: None = None


class TemplateRow(msgspec.Struct, frozen=True):
    """A map to begin with."""

    key: str
    name: str
    description: str
    stages: list[str]


class TemplateRows(msgspec.Struct, frozen=True):
    """All templates."""

    items: list[TemplateRow]
    next: None = None


class NewMap(BegunDefinition, kw_only=True):
    """A map to make: from a template, or with a body of its own. `name` takes the place of the body's."""

    name: str | None = None


class Exported(msgspec.Struct, forbid_unknown_fields=True):
    """A definition as it stands in a file."""

    kind: str
    key: str
    body: dict[str, Any]


class Export(msgspec.Struct, frozen=True, omit_defaults=True):
    """Definitions as they stand in a file, by kind and key; and those that are stored but can't be read, which no file has."""

    definitions: list[Exported]
    unreadable: list[Unreadable] = []


class Apply(msgspec.Struct, forbid_unknown_fields=True):
    """Definitions to make current; `dry_run` only says what would change."""

    definitions: list[Exported]
    dry_run: bool = False


class FieldChange(msgspec.Struct, frozen=True):
    """One field that differs; `text` is the difference as a line."""

    path: str
    text: str
    before: Any = None
    after: Any = None


class Applied(msgspec.Struct, frozen=True):
    """What happened to one definition, or would."""

    kind: str
    key: str
    change: Literal["new", "changed", "same"]
    diff: list[FieldChange]


class AppliedAll(msgspec.Struct, frozen=True):
    """What happened, in the order of the file."""

    changes: list[Applied]


# -- maps ----------------------------------------------------------------------------------------------------------


class MapShelf(Shelf[Journey]):
    """Journey maps over HTTP."""

    kind = "journey"
    new = NewMap

    def rows(self) -> MapRows:
        """By key."""
        return MapRows([_row(item) for item in self.workspace.definitions.all(self.kind)])

    def page(self, item: Definition[Journey]) -> Map:
        """With its history."""
        return Map(item.key, item.version, item.body, item.author, times.iso(item.at), self.history(item.key))

    def begin(self, new: NewMap) -> dict[str, Any]:
        """Its own body or a template's, under the name given."""
        body = one_of_two(new, templates.load)
        return body if new.name is None else {**body, "name": new.name}


SAID: Final = {"list": "All journey maps.", "create": "Make a map from a template or from a body."}


@get("/api/journey-templates", sync_to_thread=True, guards=[requires("read")])
def list_templates() -> TemplateRows:
    """Maps to begin with."""
    found = [(key, templates.load(key)) for key in templates.KEYS]
    return TemplateRows([TemplateRow(k, t.name, t.description, [stage.name for stage in t.stages]) for k, t in found])


# -- numbers -------------------------------------------------------------------------------------------------------


@get("/api/journeys/{key:str}/numbers", sync_to_thread=True, guards=[requires("read")])
def get_numbers(
    workspace: NamedDependency[Workspace],
    maps: NamedDependency[Maps],
    key: FromPath[str],
    start: From = None,
    end: To = None,
    compare: FromQuery[str | None] = None,
    channel: FromQuery[str | None] = None,
    simulated: FromQuery[bool] = True,
    population: Whose = None,
) -> Numbers:
    """The living numbers of a map, compared with another period if asked."""
    journey = workspace.definitions.get("journey", key).body
    zone = preferences.zone(workspace.state)
    lens = seen(workspace, journey, start, end, channel=channel, simulated=simulated, population=population)
    return maps.numbers(journey, lens, periods.compared(compare, lens.period, zone, since=maps.since()))


@get("/api/journeys/{key:str}/people", sync_to_thread=True, guards=[requires("read")])
def get_people(
    workspace: NamedDependency[Workspace],
    maps: NamedDependency[Maps],
    channels: NamedDependency[Channels],
    key: FromPath[str],
    cell: FromQuery[str],
    start: From = None,
    end: To = None,
    channel: FromQuery[str | None] = None,
    simulated: FromQuery[bool] = True,
    population: Whose = None,
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
    cursor: FromQuery[str | None] = None,
) -> Customers:
    """The people behind a figure of the map; `total` is the figure."""
    journey = workspace.definitions.get("journey", key).body
    lens = seen(workspace, journey, start, end, channel=channel, simulated=simulated, population=population)
    asked = channels if cell.partition(":")[0] in FIGURES else maps
    return asked.people(journey, lens, cell, limit=limit, cursor=cursor)


# -- what else is asked of a map -----------------------------------------------------------------------------------


@get("/api/journeys/{key:str}/cells", sync_to_thread=True, guards=[requires("read")])
def get_cells(
    workspace: NamedDependency[Workspace],
    layers: NamedDependency[Layers],
    key: FromPath[str],
    start: From = None,
    end: To = None,
    channel: FromQuery[str | None] = None,
    simulated: FromQuery[bool] = True,
    population: Whose = None,
) -> Layered:
    """What the customers of each stage and touchpoint are worth, how satisfied they are, where they struggle."""
    journey = workspace.definitions.get("journey", key).body
    lens = seen(workspace, journey, start, end, channel=channel, simulated=simulated, population=population)
    return layers.layers(journey, lens)


@get("/api/journeys/{key:str}/discovered", sync_to_thread=True, guards=[requires("read")])
def get_discovered(
    workspace: NamedDependency[Workspace],
    discoveries: NamedDependency[Discoveries],
    key: FromPath[str],
    start: From = None,
    end: To = None,
    channel: FromQuery[str | None] = None,
    simulated: FromQuery[bool] = True,
    population: Whose = None,
    least: Annotated[
        float, QueryParameter(ge=0, le=1, description="Share of customers from which a step counts.")
    ] = 0.01,
) -> Discovered:
    """Steps that customers take and no touchpoint of the map mentions, each with a touchpoint ready to be added."""
    journey = workspace.definitions.get("journey", key).body
    lens = seen(workspace, journey, start, end, channel=channel, simulated=simulated, population=population)
    return discoveries.discovered(journey, lens, least)


@get("/api/journeys/{key:str}/channels", sync_to_thread=True, guards=[requires("read")])
def get_channels(
    workspace: NamedDependency[Workspace],
    channels: NamedDependency[Channels],
    key: FromPath[str],
    start: From = None,
    end: To = None,
    channel: FromQuery[str | None] = None,
    simulated: FromQuery[bool] = True,
    population: Whose = None,
) -> Handovers:
    """For each step from stage to stage who changed channel, who went on after that, and which hand-overs are broken."""
    journey = workspace.definitions.get("journey", key).body
    lens = seen(workspace, journey, start, end, channel=channel, simulated=simulated, population=population)
    return channels.handovers(journey, lens)


@get("/api/journeys/{key:str}/against", sync_to_thread=True, guards=[requires("read")])
def get_against(
    workspace: NamedDependency[Workspace],
    maps: NamedDependency[Maps],
    key: FromPath[str],
    intended: Annotated[
        str | None, QueryParameter(description="Key of the intended map; default: the one it names.")
    ] = None,
    start: From = None,
    end: To = None,
    channel: FromQuery[str | None] = None,
    population: Whose = None,
) -> against.Opposed:
    """A map beside the one intended: what differs, and which intended touchpoints real events already show."""
    journey = workspace.definitions.get("journey", key).body
    other = intended or journey.intended
    if other is None or other == key:
        raise Refused(
            "intended", other, "a map is held against another one.", "Name its key, or save it as the map's 'intended'."
        )
    lens = seen(workspace, journey, start, end, channel=channel, population=population)
    goal = workspace.definitions.get("journey", other).body
    return against.opposed(workspace, maps, (key, journey), (other, goal), lens)


# -- files ---------------------------------------------------------------------------------------------------------


@get("/api/definitions/export", sync_to_thread=True, guards=[requires("read")])
def export_definitions(workspace: NamedDependency[Workspace], kind: FromQuery[str | None] = None) -> Export:
    """All definitions, or those of one kind, as a file that can be applied."""
    found = workspace.definitions.export(kind)
    return Export(
        [Exported(item.kind, item.key, msgspec.json.decode(item.body)) for item in found],
        workspace.definitions.unreadable(kind),
    )


@post("/api/definitions/apply", status_code=200, sync_to_thread=True, guards=[requires("write")])
def apply_definitions(workspace: NamedDependency[Workspace], request: Call, data: JSONBody[Apply]) -> AppliedAll:
    """Make definitions current: all or none. The same file again changes nothing."""
    wanted = [Portable(item.kind, item.key, msgspec.Raw(msgspec.json.encode(item.body))) for item in data.definitions]
    changes = workspace.definitions.apply(
        wanted,
        author=request.user.actor.name,
        dry_run=data.dry_run,
        alongside=audit.recording(request.user.actor, "definitions.applied", f"{len(wanted)} definitions"),
    )
    return AppliedAll([_applied(change) for change in changes])


# -- inside --------------------------------------------------------------------------------------------------------


def _row(item: Definition[Journey]) -> MapRow:
    body = item.body
    return MapRow(item.key, body.name, body.persona, body.goal, item.version, len(body.stages))


def _applied(change: Change) -> Applied:
    lines = [
        FieldChange(
            item.path,
            str(item),
            None if item.before is msgspec.UNSET else item.before,
            None if item.after is msgspec.UNSET else item.after,
        )
        for item in change.diff
    ]
    return Applied(change.kind, change.key, change.change, lines)


def provide_maps(workspace: NamedDependency[Workspace], state: State) -> Maps:
    """The application's one keeper of labels and answers."""
    if "maps" not in state:
        state["maps"] = Maps(workspace)
    maps: Maps = state["maps"]
    return maps


FRICTION: Final = "friction_of_maps"


def offer_friction(state: State, friction: Friction) -> None:
    """Let maps show what `friction` knows; called by who knows, while the application is assembled."""
    state[FRICTION] = friction


def provide_channels(workspace: NamedDependency[Workspace], state: State) -> Channels:
    """The application's one keeper of crossings."""
    if "channels_of_maps" not in state:
        state["channels_of_maps"] = Channels(workspace, provide_maps(workspace, state))
    channels: Channels = state["channels_of_maps"]
    return channels


def provide_discoveries(workspace: NamedDependency[Workspace], state: State) -> Discoveries:
    """The application's one keeper of steps off the maps."""
    if "discoveries" not in state:
        state["discoveries"] = Discoveries(workspace, provide_maps(workspace, state))
    discoveries: Discoveries = state["discoveries"]
    return discoveries


def provide_layers(workspace: NamedDependency[Workspace], state: State) -> Layers:
    """The application's one keeper of layers."""
    if "layers" not in state:
        state["layers"] = Layers(workspace, provide_maps(workspace, state), lambda: state.get(FRICTION))
    layers: Layers = state["layers"]
    return layers


def provide_notes(workspace: NamedDependency[Workspace]) -> Notes:
    """The notes of the workspace."""
    return Notes(workspace)


def provide_claims(workspace: NamedDependency[Workspace], state: State) -> Claims:
    """The application's one keeper of tested claims."""
    if "claims" not in state:
        state["claims"] = Claims(provide_maps(workspace, state), provide_channels(workspace, state))
    claims: Claims = state["claims"]
    return claims


class Warming:
    """Prepares the maps in a thread once somebody comes. Made per application; failing harms nothing.

    Not before: a server that rests needs neither the kernels nor the labels, and starts and sleeps lighter without.
    """

    def __init__(self) -> None:
        """Nothing runs yet."""
        self._wanted = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def around(self, application: Application) -> Application:
        """An ASGI application that notices the first visitor: whoever asks questions opened the console or signed in before."""

        async def noticing(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http" and scope["path"] not in WATCHED:
                self._wanted.set()
            await application(scope, receive, send)

        return noticing

    def start(self, app: Litestar) -> None:
        """At start-up."""
        maps = provide_maps(app.state["workspace"], app.state)
        self._thread = threading.Thread(target=self._warm, args=(maps,), name="resa-maps", daemon=True)
        self._thread.start()

    def stop(self, _app: Litestar) -> None:
        """At shutdown, before the workspace closes."""
        self._stop.set()
        self._wanted.set()
        if self._thread is not None:
            self._thread.join(timeout=30)

    def _warm(self, maps: Maps) -> None:
        self._wanted.wait()
        try:
            maps.warm(self._stop)
        except Exception:  # a thread's boundary: the next question computes what this one could not
            log.warning("The maps could not be prepared; the first question takes longer.", exc_info=True)


routes = [
    Router(
        path="/",
        tags=["journeys"],
        dependencies={
            "maps": Provide(provide_maps, sync_to_thread=False),
            "channels": Provide(provide_channels, sync_to_thread=False),
            "discoveries": Provide(provide_discoveries, sync_to_thread=False),
            "layers": Provide(provide_layers, sync_to_thread=False),
            "notes": Provide(provide_notes, sync_to_thread=False),
            "claims": Provide(provide_claims, sync_to_thread=False),
        },
        route_handlers=[
            *definitions_routes.routes(
                MapShelf, "/api/journeys", names=("journey", "journeys"), words=("a map", "journey maps"), said=SAID
            ),
            list_templates,
            get_numbers,
            get_people,
            get_cells,
            get_discovered,
            get_channels,
            get_against,
            *notes_routes.handlers,
        ],
    ),
    Router(path="/", tags=["definitions"], route_handlers=[export_definitions, apply_definitions]),
]
