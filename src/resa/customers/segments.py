"""The HTTP face of audiences: definitions, sizes, members, and why somebody is in."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
import numpy as np
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from resa import definitions_routes
from resa.access.guards import requires
from resa.customers import changes, people, segments_texts
from resa.definitions_routes import BegunDefinition, Shelf, one_of_two
from resa.journeys import Places
from resa.kernel import preferences, times
from resa.kernel.audiences import templates
from resa.kernel.audiences.explaining import Reason
from resa.kernel.audiences.rules import Audience, Rule
from resa.kernel.definitions import Definition
from resa.kernel.errors import Refused
from resa.kernel.identities import profile_id
from resa.kernel.workspace import Workspace

Limit = Annotated[int, QueryParameter(ge=1, le=200)]


class Unsaved(msgspec.Struct, forbid_unknown_fields=True):
    """An audience as it stands in the editor."""

    body: dict[str, Any]


class SavedAudience(msgspec.Struct, kw_only=True):
    """An audience. `live`: its members are kept in real time; until then they are counted when asked for."""

    key: str
    version: int
    body: Audience
    author: str
    at: str
    live: bool


class AudienceRow(msgspec.Struct, kw_only=True):
    """An audience in the list."""

    key: str
    name: str
    description: str
    version: int
    members: int
    live: bool
    as_of: str


class AudienceRows(msgspec.Struct):
    """All audiences, by key."""

    items: list[AudienceRow]
    next: None = None


class AudienceTemplate(msgspec.Struct):
    """An audience to begin with."""

    key: str
    name: str
    description: str
    body: Audience


class AudienceTemplates(msgspec.Struct):
    """All templates."""

    items: list[AudienceTemplate]
    next: None = None


class Reachable(msgspec.Struct):
    """Of the members: who consented to marketing, and who of those can be reached on the channel."""

    channel: str
    consented: int
    contactable: int


class Sampled(msgspec.Struct):
    """One of the members."""

    profile: str
    name: str | None
    email: str | None


class AudienceSize(msgspec.Struct, kw_only=True):
    """How many a rule holds for now, of how many, and how many of them can be reached."""

    members: int
    of: int
    simulated: int
    reachable: list[Reachable]
    sample: list[Sampled]
    took_ms: float


class AudienceMember(msgspec.Struct, kw_only=True):
    """A member, and since when; None: for as long as they are known."""

    profile: str
    name: str | None
    email: str | None
    since: str | None


class AudienceMembers(msgspec.Struct, kw_only=True):
    """Some members, ascending by id; `total` is all of them."""

    total: int
    items: list[AudienceMember]
    next: str | None


class Cause(msgspec.Struct):
    """An event."""

    row: int
    name: str
    time: str


class Because(msgspec.Struct, kw_only=True):
    """A part of the rule: whether it is met, since when and by which event, and until when if nothing else happens.

    `text` says it in English; `kind` and, of a condition, `rule` are for whoever says it in another language.
    """

    text: str
    kind: Literal["all", "any", "not", "condition"]
    rule: Rule | None
    met: bool
    since: str | None
    event: Cause | None
    until: str | None
    reasons: list[Because]


class Explanation(msgspec.Struct, kw_only=True):
    """Why a customer is in an audience or not."""

    member: bool
    since: str | None
    until: str | None
    reasons: list[Because]


class Belonging(msgspec.Struct):
    """An audience a customer belongs to, and since when."""

    key: str
    name: str
    since: str | None


class PresentStage(msgspec.Struct):
    """Where a customer stands on a journey map: the stage of their latest event on it."""

    journey: str
    stage: str
    name: str
    since: str


class Belongings(msgspec.Struct):
    """The audiences a customer belongs to, and their present stage on each map."""

    items: list[Belonging]
    stages: list[PresentStage]
    next: None = None


# -- definitions ---------------------------------------------------------------------------------------------------


class AudienceShelf(Shelf[Audience]):
    """Audiences over HTTP."""

    kind = "audience"
    new = BegunDefinition

    def rows(self) -> AudienceRows:
        """With their number of members."""
        return AudienceRows([_row(self.workspace, item) for item in self.workspace.definitions.all(self.kind)])

    def page(self, item: Definition[Audience]) -> SavedAudience:
        """With whether its members are kept already."""
        return _saved(self.workspace, item)

    def begin(self, new: BegunDefinition) -> dict[str, Any]:
        """Its own body, or a template's."""
        return one_of_two(new, self._template)

    def _template(self, key: str) -> Audience:
        known = {template.key: template for template in _templates(self.workspace)}
        if key not in known:
            remedy = f"Use one of {', '.join(known)}."
            raise Refused("from_template", key, "there is no such template.", remedy)
        return known[key].body


SAID: Final = {
    "list": "All audiences with their number of members.",
    "create": "Make an audience from a body or from a template.",
    "delete": "Take an audience away; refused while another refers to it. Its versions stay.",
}


@get("/api/audience-templates", sync_to_thread=True, guards=[requires("read")])
def list_audience_templates(workspace: NamedDependency[Workspace]) -> AudienceTemplates:
    """Audiences to begin with; amounts are in the workspace's currency."""
    return AudienceTemplates([AudienceTemplate(t.key, t.name, t.description, t.body) for t in _templates(workspace)])


# -- questions -----------------------------------------------------------------------------------------------------


@post("/api/audiences/size", sync_to_thread=True, status_code=200, guards=[requires("read")])
def size_audience(workspace: NamedDependency[Workspace], data: JSONBody[Unsaved]) -> AudienceSize:
    """How many a rule holds for, saved or not, and how many of them can be reached."""
    started = time.perf_counter()
    body = {"name": "unsaved", **data.body}
    audience: Audience = workspace.definitions.decode("audience", body)
    workspace.audiences.check(audience)
    size = workspace.audiences.size(audience)
    cards = people.cards(workspace, size.some)
    return AudienceSize(
        members=size.members,
        of=size.of,
        simulated=size.simulated,
        reachable=[Reachable(*reach) for reach in size.reachable],
        sample=[Sampled(cards[n].profile, cards[n].name, cards[n].email) for n in size.some],
        took_ms=round(1000 * (time.perf_counter() - started), 1),
    )


@get("/api/audiences/{key:str}/members", sync_to_thread=True, guards=[requires("read")])
def list_members(
    workspace: NamedDependency[Workspace],
    key: FromPath[str],
    limit: Limit = 50,
    cursor: FromQuery[str | None] = None,
) -> AudienceMembers:
    """The members now, and since when each of them."""
    found = workspace.audiences.population(key).profiles
    start = 0 if cursor is None else int(np.searchsorted(found, changes.offset(cursor)))
    some = [int(number) for number in found[start : start + limit]]
    cards = people.cards(workspace, some)
    since = workspace.audiences.since(key, some)
    return AudienceMembers(
        total=len(found),
        items=[
            AudienceMember(
                profile=profile_id(number),
                name=cards[number].name,
                email=cards[number].email,
                since=times.iso_or_none(since[number]) or cards[number].first_seen,
            )
            for number in some
        ],
        next=str(int(found[start + limit])) if start + limit < len(found) else None,
    )


@get("/api/audiences/{key:str}/explain", sync_to_thread=True, guards=[requires("read")])
def explain_member(workspace: NamedDependency[Workspace], key: FromPath[str], profile: FromQuery[str]) -> Explanation:
    """Why a customer is in an audience or not: each condition, since when, by which event, until when."""
    workspace.definitions.get("audience", key)
    number = people.resolve(workspace, profile)
    reason = workspace.audiences.reasons(key, number)
    names = {item.key: item.body.name for item in workspace.definitions.all("audience")}
    because = _because(reason, names, _causes(workspace, reason))
    unwrapped = because.reasons if because.text == "all of" else [because]
    return Explanation(member=because.met, since=because.since, until=because.until, reasons=unwrapped)


@get("/api/customers/{profile:str}/audiences", sync_to_thread=True, guards=[requires("read")])
def list_audiences_of(workspace: NamedDependency[Workspace], profile: FromPath[str]) -> Belongings:
    """The audiences a customer belongs to, and their present stage on each journey map."""
    number = people.resolve(workspace, profile)
    names = {item.key: item.body.name for item in workspace.definitions.all("audience")}
    first = people.cards(workspace, [number])[number].first_seen
    items = [
        Belonging(key, names[key], times.iso_or_none(workspace.audiences.since(key, [number])[number]) or first)
        for key in workspace.audiences.of(number)
    ]
    return Belongings(items, _stages(workspace, number))


# -- inside --------------------------------------------------------------------------------------------------------


def _templates(workspace: Workspace) -> list[templates.Template]:
    with workspace.state.read() as tx:
        return templates.templates(preferences.load(tx).currency)


def _row(workspace: Workspace, item: Definition[Audience]) -> AudienceRow:
    return AudienceRow(
        key=item.key,
        name=item.body.name,
        description=item.body.description,
        version=item.version,
        members=workspace.audiences.count(item.key),
        live=workspace.audiences.live(item.key),
        as_of=times.iso(workspace.clock()),
    )


def _saved(workspace: Workspace, item: Definition[Audience]) -> SavedAudience:
    return SavedAudience(
        key=item.key,
        version=item.version,
        body=item.body,
        author=item.author,
        at=times.iso(item.at),
        live=not item.deleted and workspace.audiences.live(item.key),
    )


def _causes(workspace: Workspace, reason: Reason) -> dict[int, Cause]:
    """The events that reasons rest on, by row."""
    rows: set[int] = set()
    waiting = [reason]
    while waiting:
        part = waiting.pop()
        waiting += part.reasons
        if part.row is not None:
            rows.add(part.row)
    found = workspace.body.rows(np.array(sorted(rows), np.int64)).to_pylist() if rows else []
    return {
        event["row"]: Cause(event["row"], event["name"] or event["type"], times.iso(event["time"])) for event in found
    }


def _because(reason: Reason, names: Mapping[str, str], causes: Mapping[int, Cause]) -> Because:
    kind = segments_texts.kind(reason.rule)
    return Because(
        text=segments_texts.text(reason.rule, names),
        kind=kind,
        rule=reason.rule if kind == "condition" else None,
        met=reason.met,
        since=times.iso_or_none(reason.since),
        event=causes.get(reason.row) if reason.row is not None else None,
        until=times.iso_or_none(reason.until),
        reasons=[_because(part, names, causes) for part in reason.reasons],
    )


def _stages(workspace: Workspace, number: int) -> list[PresentStage]:
    return [
        PresentStage(place.journey, place.stage.key, place.stage.name, times.iso(at))
        for place, at in Places(workspace).present(people.events_of(workspace, number).to_pylist())
    ]


routes = [
    Router(
        path="/",
        tags=["audiences"],
        route_handlers=[
            *definitions_routes.routes(
                AudienceShelf,
                "/api/audiences",
                names=("audience", "audiences"),
                words=("an audience", "audiences"),
                said=SAID,
            ),
            list_audience_templates,
            size_audience,
            list_members,
            explain_member,
            list_audiences_of,
        ],
    )
]
