"""The HTTP face of customers."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Router, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from resa.access.guards import Call, requires
from resa.customers import changes, merging, people, timeline, views
from resa.kernel.workspace import Workspace

Limit = Annotated[int, QueryParameter(ge=1, le=500)]


class Two(msgspec.Struct, forbid_unknown_fields=True):
    """Two customers, and why."""

    profiles: list[str]
    reason: str = ""


class OfLink(msgspec.Struct, forbid_unknown_fields=True):
    """A link between identifiers, and why."""

    link: int
    reason: str = ""


class Choice(msgspec.Struct, forbid_unknown_fields=True):
    """A purpose granted or denied."""

    purpose: str
    state: str


class Merged(msgspec.Struct):
    """The link that now holds two customers together, and the profile that stays."""

    link: int
    profile: str


class Profiles(msgspec.Struct):
    """The profiles there are afterwards."""

    profiles: list[str]


@get("/api/customers", sync_to_thread=True, guards=[requires("read")])
def list_customers(
    workspace: NamedDependency[Workspace],
    q: FromQuery[str] = "",
    limit: Limit = 50,
    cursor: FromQuery[str | None] = None,
) -> views.Page:
    """Search customers by id, name, e-mail or phone; without `q` the latest seen."""
    return people.find(workspace, q, limit, changes.offset(cursor))


@get("/api/customers/{profile:str}", sync_to_thread=True, guards=[requires("read")])
def get_customer(workspace: NamedDependency[Workspace], profile: FromPath[str]) -> views.Customer:
    """One customer: traits, consent, identifiers, links, revenue, channels."""
    return people.read(workspace, profile)


@get("/api/customers/{profile:str}/timeline", sync_to_thread=True, guards=[requires("read")])
def get_timeline(
    workspace: NamedDependency[Workspace],
    profile: FromPath[str],
    before: FromQuery[str | None] = None,
    limit: Limit = 50,
    channel: FromQuery[str | None] = None,
    name: FromQuery[str | None] = None,
) -> views.Page:
    """The customer's events on all channels, newest first."""
    return timeline.page(workspace, profile, before=before, limit=limit, channel=channel, name=name)


@patch("/api/customers/{profile:str}/consent", sync_to_thread=True, guards=[requires("profiles:write")])
def set_consent(
    workspace: NamedDependency[Workspace], request: Call, profile: FromPath[str], data: JSONBody[Choice]
) -> views.Customer:
    """Record what the customer told somebody about one purpose."""
    changes.set_consent(workspace, profile, data.purpose, data.state, request.user.actor)
    return people.read(workspace, profile)


@patch("/api/customers/{profile:str}/traits", sync_to_thread=True, guards=[requires("profiles:write")])
def set_traits(
    workspace: NamedDependency[Workspace], request: Call, profile: FromPath[str], data: JSONBody[dict[str, Any]]
) -> views.Customer:
    """Set traits by hand; null removes one."""
    changes.set_traits(workspace, profile, data, request.user.actor)
    return people.read(workspace, profile)


@post("/api/merges/preview", sync_to_thread=True, status_code=200, guards=[requires("profiles:write")])
def preview_merge(workspace: NamedDependency[Workspace], data: JSONBody[Two]) -> views.Blast:
    """What merging two customers would do; changes nothing."""
    return merging.preview(workspace, data.profiles)


@post("/api/merges", sync_to_thread=True, guards=[requires("profiles:write")])
def merge(workspace: NamedDependency[Workspace], request: Call, data: JSONBody[Two]) -> Merged:
    """Merge two customers. The link of the answer undoes it."""
    return Merged(*merging.merge(workspace, data.profiles, request.user.actor, data.reason))


@post("/api/unlink/preview", sync_to_thread=True, status_code=200, guards=[requires("profiles:write")])
def preview_unlink(workspace: NamedDependency[Workspace], data: JSONBody[OfLink]) -> views.Apart:
    """What undoing a link would do; changes nothing."""
    return merging.preview_undo(workspace, data.link)


@post("/api/unlink", sync_to_thread=True, status_code=200, guards=[requires("profiles:write")])
def unlink(workspace: NamedDependency[Workspace], request: Call, data: JSONBody[OfLink]) -> Profiles:
    """Undo a link: traits, timeline, consent and numbers are as if it had never been."""
    return Profiles(merging.undo(workspace, data.link, request.user.actor, data.reason))


@post("/api/relink", sync_to_thread=True, status_code=200, guards=[requires("profiles:write")])
def relink(workspace: NamedDependency[Workspace], request: Call, data: JSONBody[OfLink]) -> Merged:
    """Put a link that was undone or refused into force."""
    return Merged(data.link, merging.redo(workspace, data.link, request.user.actor))


routes = [
    Router(
        path="/",
        tags=["customers"],
        route_handlers=[
            list_customers,
            get_customer,
            get_timeline,
            set_consent,
            set_traits,
            preview_merge,
            merge,
            preview_unlink,
            unlink,
            relink,
        ],
    )
]
