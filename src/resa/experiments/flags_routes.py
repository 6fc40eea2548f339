"""The HTTP face of flags: written, tried for a customer, ramped."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from litestar import Router, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from resa import definitions_routes
from resa.access.guards import Call, requires
from resa.definitions_routes import SavedVersion, Shelf
from resa.experiments import payload
from resa.experiments.definition import Flag, Ramp, Run
from resa.experiments.delivery import Delivery
from resa.experiments.engine import Asking
from resa.experiments.payload import Ramping
from resa.experiments.rollout import harmed
from resa.kernel import times
from resa.kernel.definitions import Definition
from resa.kernel.workspace import Workspace


class FlagRow(msgspec.Struct, frozen=True, kw_only=True):
    """A flag in a list; `rules` counts them."""

    key: str
    name: str
    type: str
    default: Any
    public: bool
    owner: str
    tags: list[str]
    rules: int
    experiments: list[str]
    version: int


class FlagRows(msgspec.Struct, frozen=True):
    """All flags, by key."""

    items: list[FlagRow]
    next: None = None


class Climb(msgspec.Struct, frozen=True, kw_only=True):
    """Where the ramp of a rule stands: the share it covers now, and when that changes next; `harmed`: what took it back by itself."""

    rule: str
    status: str
    coverage: float
    started: str
    next: str | None
    reason: str
    harmed: str | None


class FlagPage(msgspec.Struct, frozen=True, kw_only=True):
    """A flag with its history, newest first.

    `handed_out`: its rules are in the public payload. It is false for a public flag if something it stands on is not public.
    """

    key: str
    version: int
    body: Flag
    author: str
    at: str
    handed_out: bool
    ramps: list[Climb]
    history: list[SavedVersion]


class FlagShelf(Shelf[Flag]):
    """Flags over HTTP."""

    kind = "flag"

    def __init__(self, workspace: NamedDependency[Workspace], delivery: NamedDependency[Delivery]) -> None:
        """With what the application delivers."""
        super().__init__(workspace)
        self._delivery = delivery

    def rows(self) -> FlagRows:
        """By key."""
        return FlagRows([_row(item) for item in self.workspace.definitions.all("flag")])

    def page(self, item: Definition[Flag]) -> FlagPage:
        """With its ramps and history."""
        world = self._delivery.programme.current().world
        return FlagPage(
            key=item.key,
            version=item.version,
            body=item.body,
            author=item.author,
            at=times.iso(item.at),
            handed_out=payload.opened(world, item.body),
            ramps=[
                climb(rule.id, rule.then, state, self.workspace.clock())
                for rule in item.body.rules
                if isinstance(rule.then, Ramp) and (state := world.ramps.get((item.key, rule.id))) is not None
            ],
            history=self.history(item.key),
        )


def _row(item: Definition[Flag]) -> FlagRow:
    body = item.body
    return FlagRow(
        key=item.key,
        name=body.name,
        type=body.type,
        default=body.default,
        public=body.public,
        owner=body.owner,
        tags=body.tags,
        rules=len(body.rules),
        experiments=[rule.then.experiment for rule in body.rules if isinstance(rule.then, Run)],
        version=item.version,
    )


def climb(rule: str, ramp: Ramp, state: Ramping, now: int) -> Climb:
    """A ramp as it stands."""
    share, until = payload.covered(ramp, state, now)
    return Climb(
        rule=rule,
        status=state.status,
        coverage=share,
        started=times.iso(state.started),
        next=times.iso_or_none(until),
        reason=state.reason,
        harmed=harmed(state),
    )


class Tried(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Whose value is wanted: attributes such as `id` (the device), `userId`, `country`, and the page's address."""

    attributes: dict[str, Any] = {}
    url: Annotated[str, msgspec.Meta(max_length=4000)] = ""


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """A flag's value, and why: the source, the rule, and the experiment with its variation."""

    key: str
    value: Any
    on: bool
    source: str
    rule: str
    experiment: str | None
    variation: str | None
    bucket: float | None


@post("/api/flags/{key:str}/evaluate", status_code=200, sync_to_thread=True, guards=[requires("read")])
def evaluate_flag(
    workspace: NamedDependency[Workspace],
    delivery: NamedDependency[Delivery],
    key: FromPath[str],
    data: JSONBody[Tried],
) -> Value:
    """Which value a customer gets, and why. Nothing is kept or counted."""
    workspace.definitions.get("flag", key)
    found = delivery.flag(key, Asking(delivery.knowledge.complete(data.attributes, verified=True), url=data.url))
    result = found.result
    return Value(
        key=key,
        value=found.value,
        on=found.on,
        source=found.source,
        rule=found.rule,
        experiment=str(found.experiment["key"]) if found.experiment is not None else None,
        variation=result.key if result is not None else None,
        bucket=result.bucket if result is not None else None,
    )


class Step(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What to do with a ramp."""

    action: Literal["start", "hold", "finish", "roll_back"]


@post("/api/flags/{key:str}/ramps/{rule:str}", status_code=200, sync_to_thread=True, guards=[requires("write")])
def move_ramp(
    workspace: NamedDependency[Workspace],
    delivery: NamedDependency[Delivery],
    request: Call,
    key: FromPath[str],
    rule: FromPath[str],
    data: JSONBody[Step],
) -> Climb:
    """Start the ramp of a rule, hold it where it is, give it to everybody, or roll it back."""
    actor, ramps = request.user.actor, delivery.ramps
    steps = {"start": ramps.start, "hold": ramps.hold, "finish": ramps.finish, "roll_back": ramps.roll_back}
    state = steps[data.action](key, rule, actor)
    body: Flag = workspace.definitions.get("flag", key).body
    ramp = next(each.then for each in body.rules if each.id == rule and isinstance(each.then, Ramp))
    return climb(rule, ramp, state, workspace.clock())


routes = [
    Router(
        path="/",
        tags=["flags"],
        route_handlers=[
            *definitions_routes.routes(FlagShelf, "/api/flags", names=("flag", "flags"), words=("a flag", "flags")),
            evaluate_flag,
            move_ramp,
        ],
    ),
]
