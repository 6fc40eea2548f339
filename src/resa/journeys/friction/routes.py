"""The HTTP face of friction: the ledger, the people of a line, and the settings."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from litestar import Router, delete, get, put
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from resa.access.guards import Call, requires
from resa.journeys.friction.answers import Ledger, People
from resa.journeys.friction.definition import DEFAULT, KEY, KIND, Friction
from resa.journeys.friction.ledger import Ledgers
from resa.journeys.friction.signals import SIGNALS
from resa.kernel import audit, preferences, times
from resa.kernel import lens as lenses
from resa.kernel.definitions import Alongside, Definition
from resa.kernel.errors import NotFound
from resa.kernel.lens import Lens
from resa.kernel.workspace import Workspace


class SignalRow(msgspec.Struct, frozen=True):
    """A kind of friction that is looked for."""

    key: str
    name: str
    meaning: str
    place: str
    on: bool


class Settings(msgspec.Struct, frozen=True):
    """The settings in force; version 0 are the defaults, which nobody has changed."""

    version: int
    body: Friction
    defaults: Friction
    signals: list[SignalRow]
    author: str | None
    at: str | None


class ChangedSettings(msgspec.Struct, forbid_unknown_fields=True):
    """Settings as edited, and the version they were edited from (0: the defaults). What isn't said keeps its default."""

    expected_version: int
    body: dict[str, Any]


From = Annotated[str | None, QueryParameter(name="from", description="Day or time it begins; default: 30 days before.")]
To = Annotated[
    str | None, QueryParameter(name="to", description="Day or time it ends, not included; default: tomorrow.")
]
Whose = Annotated[str | None, QueryParameter(description="`audience:<key>` or `persona:<key>`; default: everybody.")]


@get("/api/friction", sync_to_thread=True, guards=[requires("read")])
def get_friction(
    workspace: NamedDependency[Workspace],
    ledgers: NamedDependency[Ledgers],
    start: From = None,
    end: To = None,
    channel: FromQuery[str | None] = None,
    simulated: FromQuery[bool] = True,
    population: Whose = None,
) -> Ledger:
    """The friction ledger: where customers struggle, how many, whether it drives them away, what it costs."""
    return ledgers.ledger(_lens(workspace, start, end, channel, simulated, population))


@get("/api/friction/{signal:str}/people", sync_to_thread=True, guards=[requires("read")])
def get_friction_people(
    workspace: NamedDependency[Workspace],
    ledgers: NamedDependency[Ledgers],
    signal: FromPath[str],
    where: Annotated[str | None, QueryParameter(description="`where.key` of a line; default: everywhere.")] = None,
    start: From = None,
    end: To = None,
    channel: FromQuery[str | None] = None,
    simulated: FromQuery[bool] = True,
    population: Whose = None,
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
    cursor: FromQuery[str | None] = None,
) -> People:
    """The customers a signal struck, each with the event that shows it; `total` is the figure of the ledger."""
    lens = _lens(workspace, start, end, channel, simulated, population)
    return ledgers.people(lens, signal, where, limit=limit, cursor=cursor)


@get("/api/friction/settings", sync_to_thread=True, guards=[requires("read")])
def get_friction_settings(workspace: NamedDependency[Workspace]) -> Settings:
    """Which events, thresholds, windows and outcome friction is found and calibrated by."""
    return _settings(workspace)


@put("/api/friction/settings", sync_to_thread=True, guards=[requires("write")])
def change_friction_settings(
    workspace: NamedDependency[Workspace], request: Call, data: JSONBody[ChangedSettings]
) -> Settings:
    """Save the settings; 409 with the current ones if somebody saved them meanwhile."""
    workspace.definitions.save(
        KIND.name,
        KEY,
        data.body,
        expected=data.expected_version,
        author=request.user.actor.name,
        alongside=_recorded(request, "friction.saved"),
    )
    return _settings(workspace)


@delete("/api/friction/settings", status_code=200, sync_to_thread=True, guards=[requires("write")])
def reset_friction_settings(workspace: NamedDependency[Workspace], request: Call) -> Settings:
    """Go back to the defaults. The versions stay."""
    workspace.definitions.get(KIND.name, KEY)
    workspace.definitions.delete(
        KIND.name, KEY, author=request.user.actor.name, alongside=_recorded(request, "friction.reset")
    )
    return _settings(workspace)


# -- inside --------------------------------------------------------------------------------------------------------


def _lens(
    workspace: Workspace,
    start: str | None,
    end: str | None,
    channel: str | None,
    simulated: bool,
    population: str | None,
) -> Lens:
    zone, now = preferences.zone(workspace.state), workspace.clock()
    return lenses.read(start, end, zone, now, channel=channel, simulated=simulated, population=population)


def _settings(workspace: Workspace) -> Settings:
    saved = _saved(workspace)
    body = saved.body if saved else DEFAULT
    return Settings(
        version=_version(workspace),
        body=body,
        defaults=DEFAULT,
        signals=[SignalRow(*signal, on=signal.key not in body.off) for signal in SIGNALS],
        author=saved.author if saved else None,
        at=times.iso(saved.at) if saved else None,
    )


def _saved(workspace: Workspace) -> Definition[Friction] | None:
    try:
        return workspace.definitions.get(KIND.name, KEY)
    except NotFound:
        return None


def _version(workspace: Workspace) -> int:
    """What an editor must send as `expected_version`: the newest there is, also where it took the settings back."""
    try:
        return max(item.version for item in workspace.definitions.history(KIND.name, KEY))
    except NotFound:
        return 0


def _recorded(request: Call, action: str) -> Alongside:
    return audit.recording(request.user.actor, action, f"{KIND.name}:{KEY}")


def provide_ledgers(workspace: NamedDependency[Workspace], state: State) -> Ledgers:
    """The application's one keeper of facts and answers."""
    if "ledgers" not in state:
        state["ledgers"] = Ledgers(workspace)
    ledgers: Ledgers = state["ledgers"]
    return ledgers


routes: Final = [
    Router(
        path="/",
        tags=["friction"],
        dependencies={"ledgers": Provide(provide_ledgers, sync_to_thread=False)},
        route_handlers=[
            get_friction,
            get_friction_people,
            get_friction_settings,
            change_friction_settings,
            reset_friction_settings,
        ],
    )
]
