"""Responses over HTTP: answered by API, read, exported; and previews of what is being edited."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from resa.access.guards import requires
from resa.analytics import export
from resa.feedback.responses import listing, tokens
from resa.feedback.responses.answers import Responses
from resa.feedback.responses.desk import Desk
from resa.feedback.surveys.definition import Survey
from resa.kernel import times
from resa.kernel.errors import Refused
from resa.kernel.workspace import Workspace

Limit = Annotated[int, QueryParameter(ge=1, le=500)]
LONGEST_ID: Final = 200

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_ID)]
Token = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{1,80}$")]


class NewResponse(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Answers by question key, of somebody or (without both ids) of nobody known.

    `response` goes on with one that was begun, and makes a repeated call count once. With `complete` false it stays open.
    """

    answers: dict[str, Any]
    user_id: Id | None = None
    anonymous_id: Id | None = None
    request: Token | None = None
    response: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{8,40}$")] | None = None
    channel: Literal["site", "link", "email", "api"] = "api"
    language: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    complete: bool = True
    simulated: bool = False


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A response as it is now, and the key of the question that comes next (null: that was all)."""

    response: str
    survey: str
    version: int
    state: str
    next: str | None


class WantedLink(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Whose link, and for which asking."""

    user_id: Id | None = None
    anonymous_id: Id | None = None
    request: Token | None = None
    language: Annotated[str, msgspec.Meta(max_length=40)] | None = None


class Link(msgspec.Struct, frozen=True):
    """An address that one person answers under."""

    url: str


class Draft(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A survey as it is being edited; `audiences`: those whom the preview pretends to be of."""

    body: dict[str, Any]
    language: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    audiences: Annotated[list[str], msgspec.Meta(max_length=100)] = []


class Preview(msgspec.Struct, frozen=True):
    """Where the preview is, for a frame of the console, and until when."""

    url: str
    until: str


@post("/api/surveys/{key:str}/responses", sync_to_thread=True, status_code=200, guards=[requires("events:write")])
def answer_survey(responses: NamedDependency[Responses], key: FromPath[str], data: JSONBody[NewResponse]) -> Taken:
    """Answer a survey for somebody: with all answers at once, or in parts. 409 if it is closed, full or answered already."""
    if data.channel not in _channels(responses, key):
        rule = f"the survey {key} is not answered on this channel."
        raise Refused("channel", data.channel, rule, "Add the channel to it, or use another.")
    begun = responses.open(
        key,
        identity=identity(data.user_id, data.anonymous_id),
        request=data.request,
        channel=data.channel,
        language=data.language,
        response=data.response,
        simulated=data.simulated,
    )
    if begun.state == "open":
        begun = responses.answer(begun.id, data.answers, language=data.language)
        if data.complete:
            begun = responses.finish(begun.id)
    following = responses.way(begun).next if begun.state == "open" else None
    return Taken(
        response=begun.id,
        survey=key,
        version=begun.version,
        state=begun.state,
        next=None if following is None else following.key,
    )


@get("/api/surveys/{key:str}/responses", sync_to_thread=True, guards=[requires("read")])
def list_responses(
    workspace: NamedDependency[Workspace],
    key: FromPath[str],
    limit: Limit = 50,
    cursor: FromQuery[str | None] = None,
    only: FromQuery[Literal["complete", "partial", "open"] | None] = None,
) -> listing.Page:
    """The responses of a survey, the latest first. Anonymous ones show once their hour is over, without person or minute."""
    return listing.page(workspace, key, limit=limit, cursor=cursor, state=only)


@get("/api/surveys/{key:str}/responses/export", sync_to_thread=True, guards=[requires("read")])
def export_responses(
    workspace: NamedDependency[Workspace], key: FromPath[str], form: FromQuery[Literal["csv", "parquet"]] = "csv"
) -> Response[bytes]:
    """The responses of a survey as a file, a column per question. No cell of the CSV is taken for a formula."""
    return export.answer(listing.file(workspace, key, form), f"responses-{key}", form)


@get("/api/survey-responses/{response:str}", sync_to_thread=True, guards=[requires("read")])
def get_response(workspace: NamedDependency[Workspace], response: FromPath[str]) -> listing.Row:
    """One response with its answers."""
    return listing.one(workspace, response)


@post("/api/surveys/{key:str}/links", sync_to_thread=True, status_code=200, guards=[requires("events:write")])
def make_link(workspace: NamedDependency[Workspace], key: FromPath[str], data: JSONBody[WantedLink]) -> Link:
    """A link that one person answers this survey under, to be sent by whatever channel. It is theirs: it names them to us."""
    who = identity(data.user_id, data.anonymous_id)
    if who is None:
        raise Refused("user_id", None, "a link is somebody's.", "Send user_id or anonymous_id.")
    return Link(tokens.link(workspace, key, who, data.request, language=data.language))


@post("/api/survey-previews", sync_to_thread=True, status_code=200, guards=[requires("read")])
def preview_survey(
    workspace: NamedDependency[Workspace], desk: NamedDependency[Desk], data: JSONBody[Draft]
) -> Preview:
    """A survey as it is being edited, as a page to walk through; nothing is saved or recorded."""
    body: Survey = workspace.definitions.decode("survey", {**data.body, "status": "draft"})
    token, until = desk.previews.make(body, data.audiences)
    address = f"/s/{token}" + (f"?lang={data.language}" if data.language in body.languages else "")
    return Preview(address, times.iso(until))


def identity(user_id: str | None, anonymous_id: str | None) -> str | None:
    """The identity that ids name: the user's before the device's."""
    for kind, value in (("user", user_id), ("anon", anonymous_id)):
        if value is not None:
            if not value.isprintable() or not value.strip():
                raise Refused(f"{kind}_id", value, "this is no id.", "Use the one your events carry.")
            return f"{kind}:{value}"
    return None


def _channels(responses: Responses, key: str) -> list[str]:
    found: Survey = responses.workspace.definitions.get("survey", key).body
    return list(found.channels)


routes = [
    Router(
        path="/",
        tags=["surveys"],
        route_handlers=[
            answer_survey,
            list_responses,
            export_responses,
            get_response,
            make_link,
            preview_survey,
        ],
    )
]
