"""The HTTP face of asking: who was asked, what was held back and why, and the askings that other senders fetch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from resa.access.guards import Call, requires
from resa.feedback.asking.fetching import SENDERS
from resa.feedback.asking.service import Asking
from resa.feedback.asking.tables import STATES
from resa.feedback.responses.answers import TOTAL
from resa.feedback.surveys.definition import Survey
from resa.kernel import audit, times
from resa.kernel.errors import NotFound, Refused
from resa.kernel.identities import profile_id
from resa.kernel.workspace import Workspace

Days = Annotated[int, QueryParameter(ge=1, le=400)]
Most = Annotated[int, QueryParameter(ge=1, le=500)]
MOST_TAKEN = 500


class AskingCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many askings are in a state (waiting, asked, shown, answered, dismissed, dropped), on a channel; `why` they were dropped."""

    state: str
    channel: str | None
    why: str | None
    count: int


class HeldBackCount(msgspec.Struct, frozen=True, kw_only=True):
    """How often the contact policy said no: by the ledger's kind of contact and its reason."""

    kind: str
    reason: str
    count: int


class QuotaCount(msgspec.Struct, frozen=True, kw_only=True):
    """Answers there are or that are being given, of those wanted: of the whole survey, or of one option of a question."""

    question: str | None
    option: str | None
    wanted: int
    taken: int


class SurveyAsking(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a survey's askings in some days; `full`: all answers wanted are there, and nobody is asked any more."""

    survey: str
    since: str
    items: list[AskingCount]
    held_back: list[HeldBackCount]
    quotas: list[QuotaCount] = []
    full: bool = False
    next: None = None


class ChannelReach(msgspec.Struct, frozen=True, kw_only=True):
    """How far one channel reaches: `agreed` may be asked there, of those `reached` have an address, of those `now` have room in
    their budget at this moment; null where Resa can't know. `ready`: something could be sent.
    """

    channel: Literal["site", "email", "api"]
    ready: bool
    agreed: int
    reached: int | None
    now: int | None


class SurveyReach(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a survey would reach if it asked now. `target`: customers it is for, without `simulated` ones, who are never asked.

    All counts are of the whole target. With a `sample` below 1 about that share of them is asked; unless it asks in rounds
    (`everybody` false), only those who come by or do what it follows.
    """

    survey: str
    target: int
    simulated: int
    sample: float
    everybody: bool
    channels: list[ChannelReach]


class SurveyRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One asking of one customer."""

    id: str
    survey: str
    profile: str | None
    identity: str
    state: str
    channel: str | None
    due: str
    until: str
    asked_at: str | None
    why: str | None


class SurveyRequests(msgspec.Struct, frozen=True):
    """Askings, the newest first."""

    items: list[SurveyRequest]
    next: None = None


class RequestsWish(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A sender of one's own takes askings that are due. `channel` is what it sends by; only these surveys, if any are named."""

    channel: Literal["sms", "push", "chat", "call", "email"]
    surveys: list[str] | None = None
    most: Annotated[int, msgspec.Meta(ge=1, le=MOST_TAKEN)] = 100


class TakenRequest(msgspec.Struct, frozen=True, kw_only=True):
    """An asking that is yours to send: the contact is counted, the customer counts as asked. `link` is theirs alone."""

    id: str
    survey: str
    identity: str
    profile: str | None
    link: str
    language: str | None


class TakenRequests(msgspec.Struct, frozen=True):
    """What was taken; nobody else gets it."""

    items: list[TakenRequest]
    next: None = None


@get("/api/survey-asking/{key:str}", sync_to_thread=True, guards=[requires("read")])
def get_survey_asking(
    workspace: NamedDependency[Workspace], asking: NamedDependency[Asking], key: FromPath[str], days: Days = 30
) -> SurveyAsking:
    """Who was asked and what came of it, what the contact policy held back, and how far its quotas are."""
    body = workspace.definitions.get("survey", key).body
    since = workspace.clock() - days * 86_400_000
    with workspace.state.read() as tx:
        tallies = asking.book.tallies(tx, key, since)
        counted = workspace.contacts.counts(tx, since)
    return SurveyAsking(
        survey=key,
        since=times.iso(since),
        items=[AskingCount(state=s, channel=channel, why=why, count=count) for s, channel, why, count in tallies],
        held_back=[
            HeldBackCount(kind=kind, reason=state, count=count)
            for kind, state, what, count in counted
            if what == f"survey:{key}" and state not in ("made", "reserved", "released")
        ],
        quotas=_quotas(body, asking.room.taken(key)),
        full=asking.room.closed(key, body),
    )


def _quotas(body: Survey, taken: Mapping[str, int]) -> list[QuotaCount]:
    whole = (
        []
        if body.quota is None
        else [QuotaCount(question=None, option=None, wanted=body.quota, taken=taken.get(TOTAL, 0))]
    )
    return whole + [
        QuotaCount(
            question=question.key,
            option=option.key,
            wanted=option.quota,
            taken=taken.get(f"{question.key}/{option.key}", 0),
        )
        for question in body.questions
        for option in question.options
        if option.quota is not None
    ]


@get("/api/surveys/{key:str}/reach", sync_to_thread=True, guards=[requires("read")])
def get_survey_reach(asking: NamedDependency[Asking], key: FromPath[str]) -> SurveyReach:
    """How many of those a survey is for can be asked, by which channel: by their consent, addresses and budgets as they are now."""
    plan, found = asking.reach(key)
    return SurveyReach(
        survey=key,
        target=found.target,
        simulated=found.simulated,
        sample=plan.body.sample,
        everybody=plan.every is not None,
        channels=[
            ChannelReach(
                channel=way.channel,
                ready=way.channel != "email" or asking.mails(),
                agreed=way.agreed,
                reached=way.reached,
                now=way.now,
            )
            for way in found.ways
        ],
    )


@get("/api/survey-requests", sync_to_thread=True, guards=[requires("read")])
def list_survey_requests(
    workspace: NamedDependency[Workspace],
    asking: NamedDependency[Asking],
    survey: FromQuery[str],
    status: FromQuery[str | None] = None,
    most: Most = 100,
) -> SurveyRequests:
    """The askings of a survey, the newest first."""
    workspace.definitions.get("survey", survey)
    if status is not None and status not in STATES:
        raise Refused("status", status, "is no state of an asking.", f"Use {', '.join(STATES)}.")
    with workspace.state.read() as tx:
        found = asking.book.listed(tx, survey, status, most)
        numbers = workspace.identities.find(tx, {ask.identity for ask in found})
    profiles = {key: profile_id(workspace.identities.profile(number)) for key, number in numbers.items()}
    return SurveyRequests(
        [
            SurveyRequest(
                id=ask.id,
                survey=ask.survey,
                profile=profiles.get(ask.identity),
                identity=ask.identity,
                state=ask.state,
                channel=ask.channel,
                due=times.iso(ask.due),
                until=times.iso(ask.until),
                asked_at=times.iso_or_none(ask.asked_at),
                why=ask.why,
            )
            for ask in found
        ]
    )


@post("/api/survey-requests/take", sync_to_thread=True, status_code=200, guards=[requires("write")])
def take_survey_requests(
    workspace: NamedDependency[Workspace], asking: NamedDependency[Asking], request: Call, data: JSONBody[RequestsWish]
) -> TakenRequests:
    """Take askings that are due on the channel `api`, to send them by a channel that Resa does not have."""
    if data.channel not in SENDERS:
        raise Refused("channel", data.channel, "is no channel of a sender.", f"Use {', '.join(SENDERS)}.")
    for key in data.surveys or []:
        try:
            workspace.definitions.get("survey", key)
        except NotFound:
            raise Refused("surveys", key, "there is no such survey.", "Leave it out.") from None
    taken = asking.fetching.take(data.channel, data.surveys, data.most)
    if taken:
        with workspace.state.write() as tx:
            audit.record(tx, request.user.actor, "surveys.taken", f"channel:{data.channel}", {"requests": len(taken)})
    asking.sweeper.wake()
    return TakenRequests(
        [
            TakenRequest(
                id=each.ask.id,
                survey=each.ask.survey,
                identity=each.ask.identity,
                profile=None if each.profile is None else profile_id(each.profile),
                link=each.link,
                language=each.language,
            )
            for each in taken
        ]
    )


routes = [
    Router(
        path="/",
        tags=["surveys"],
        route_handlers=[get_survey_asking, get_survey_reach, list_survey_requests, take_survey_requests],
    )
]
