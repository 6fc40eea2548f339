"""The HTTP face of experiences and of the contact ledger."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from resa.access.guards import Call, requires
from resa.experiences import codes, coverage, dry_run, measuring, message_match, preview, shelves
from resa.experiences.deciding import Deciding
from resa.experiments import Delivery
from resa.kernel import audit, contacts, times
from resa.kernel.contacts import Policy
from resa.kernel.errors import NotFound, Refused
from resa.kernel.identities import profile_id, profile_number
from resa.kernel.workspace import Workspace

Days = Annotated[int, QueryParameter(ge=1, le=90)]


class NewCodes(msgspec.Struct, forbid_unknown_fields=True):
    """Single codes to put into an offer's stock."""

    codes: list[str]


class ContactEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A contact that was made (`made`), is queued (`reserved`), was taken back (`released`), or was held back and why."""

    id: str
    identity: str
    kind: str
    what: str
    at: str
    state: str
    reason: str | None
    rule: str | None
    until: str | None


class ContactsOf(msgspec.Struct, frozen=True, kw_only=True):
    """What a person got and what was held back, newest first, over all their identities as they are now."""

    profile: str
    items: list[ContactEntry]
    next: None = None


class ContactCount(msgspec.Struct, frozen=True):
    """How many contacts of a kind there were for something; `state` says what became of them, or why they were held back."""

    kind: str
    state: str
    what: str
    count: int


class ContactCounts(msgspec.Struct, frozen=True, kw_only=True):
    """All contacts of some days, and the policy in force."""

    since: str
    items: list[ContactCount]
    policy: Policy
    next: None = None


@post("/api/offers/{key:str}/codes", sync_to_thread=True, guards=[requires("write")])
def add_offer_codes(
    workspace: NamedDependency[Workspace], request: Call, key: FromPath[str], data: JSONBody[NewCodes]
) -> shelves.CodeStock:
    """Put single codes into an offer's stock; those that are there stay as they are."""
    if workspace.definitions.get("offer", key).body.codes != "single":
        raise Refused("key", key, "this offer gives out no single codes.", 'Set its codes to "single" first.')
    with workspace.state.write() as tx:
        stock = codes.add(workspace.state, tx, key, data.codes)
        audit.record(tx, request.user.actor, "offer.codes_added", f"offer:{key}", {"codes": len(data.codes)})
    return shelves.CodeStock(*stock)


@get("/api/contacts", sync_to_thread=True, guards=[requires("read")])
def get_contacts(workspace: NamedDependency[Workspace], days: Days = 7) -> ContactCounts:
    """How many contacts were made and held back, by kind and by what for; and the policy in force."""
    since = workspace.clock() - days * 86_400_000
    with workspace.state.read() as tx:
        counted = workspace.contacts.counts(tx, since)
    return ContactCounts(
        since=times.iso(since),
        items=[ContactCount(*each) for each in counted],
        policy=contacts.current(workspace.definitions),
    )


@get("/api/contacts/{profile:str}", sync_to_thread=True, guards=[requires("read")])
def get_contacts_of(workspace: NamedDependency[Workspace], profile: FromPath[str]) -> ContactsOf:
    """What one customer got, and what was held back and why."""
    number = workspace.identities.profile(profile_number(profile))  # merged: whom they belong to now
    with workspace.state.read() as tx:
        members = workspace.identities.members(tx, number)
        if not members:
            raise NotFound("profile", profile)
        keys = list(workspace.identities.keys(tx, members).values())
        entries = workspace.contacts.of(tx, keys)
    return ContactsOf(
        profile=profile_id(number),
        items=[
            ContactEntry(
                id=entry.id,
                identity=entry.identity,
                kind=entry.kind,
                what=entry.what,
                at=times.iso(entry.at),
                state=entry.state,
                reason=entry.reason,
                rule=entry.rule,
                until=times.iso_or_none(entry.until),
            )
            for entry in entries
        ],
    )


@post("/api/decide/preview", sync_to_thread=True, status_code=200, guards=[requires("write")])
def preview_decisions(
    deciding: NamedDependency[Deciding], request: Call, data: JSONBody[preview.PreviewWish]
) -> preview.Previews:
    """What a customer, or somebody of a persona, would see at each placement, and what was passed over and why.

    Changes nothing: no contact is counted, no code given out, no decision logged. That somebody looked is in the audit log.
    """
    found = preview.look(deciding, data)
    whose = data.somebody.profile
    with deciding.workspace.state.write() as tx:
        named = f"profile:{whose}" if whose is not None else "persona"
        audit.record(tx, request.user.actor, "decisions.previewed", named, preview.audited(data))
    return found


@post("/api/decide/dry-run", sync_to_thread=True, status_code=200, guards=[requires("write")])
def try_experiences(deciding: NamedDependency[Deciding], data: JSONBody[dry_run.DryRunWish]) -> dry_run.DryRun:
    """Who would have seen what on past days, what would have held others back, and the people behind one of the numbers."""
    return dry_run.run(deciding, data)


@post("/api/experiences/{key:str}/measure", sync_to_thread=True, guards=[requires("write")])
def measure_experience(
    workspace: NamedDependency[Workspace],
    delivery: NamedDependency[Delivery],
    request: Call,
    key: FromPath[str],
    data: JSONBody[measuring.Measure],
) -> measuring.Measured:
    """Find out which of an experience's variations is better: a running experiment splits them from now on, as they were split.

    Nobody sees another variation than before. The result is the experiment's.
    """
    return measuring.measure(workspace, delivery, key, data, request.user.actor)


@get("/api/content-coverage", sync_to_thread=True, guards=[requires("read")])
def get_content_coverage(workspace: NamedDependency[Workspace]) -> coverage.Coverage:
    """Which stages, personas and intents have content, and which have none."""
    return coverage.look(workspace)


@get("/api/message-match", sync_to_thread=True, guards=[requires("read")])
def get_message_match(workspace: NamedDependency[Workspace], days: Days = 7) -> message_match.Landings:
    """The campaigns that brought people, the pages they landed on, and which live experience keeps the ad's promise there."""
    return message_match.look(workspace, days)


routes = [
    Router(
        path="/",
        tags=["experiences"],
        route_handlers=[
            *shelves.handlers,
            add_offer_codes,
            preview_decisions,
            try_experiences,
            measure_experience,
            get_content_coverage,
            get_message_match,
        ],
    ),
    Router(path="/", tags=["contacts"], route_handlers=[get_contacts, get_contacts_of]),
]
