"""The HTTP face of what a team writes on a map together; assumptions with a claim come with what the data say of it."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from resa.access.guards import Call, Forbidden, requires
from resa.journeys.asked import From, To, Whose, seen
from resa.journeys.claims import Claim, Claims, Tested
from resa.journeys.definition import Journey
from resa.journeys.notes import ChangedNote, NewNote, Note, NoteKind, Notes
from resa.kernel import times
from resa.kernel.definitions import key_rule
from resa.kernel.lens import Lens
from resa.kernel.workspace import Workspace


class NoteRow(msgspec.Struct, frozen=True, kw_only=True):
    """A note as the board shows it."""

    id: str
    version: int
    kind: NoteKind
    on: str
    text: str
    good: bool | None
    claim: Claim | None
    tested: Tested | None
    """What the data of the lens say of the claim."""
    author: str
    mine: bool
    at: str
    changed_at: str | None
    deleted: bool


class Votes(msgspec.Struct, frozen=True):
    """Votes on one thing; `mine` is the asking person's own."""

    on: str
    up: int
    down: int
    mine: bool | None


class NoteRows(msgspec.Struct, frozen=True):
    """The notes of a map, the first written first, and the votes on each thing, most votes for first."""

    items: list[NoteRow]
    votes: list[Votes]
    next: None = None


class NoteVersions(msgspec.Struct, frozen=True):
    """A note's versions, oldest first."""

    items: list[NoteRow]
    next: None = None


@get("/api/journeys/{key:str}/notes", sync_to_thread=True, guards=[requires("read")])
def list_notes(
    workspace: NamedDependency[Workspace],
    notes: NamedDependency[Notes],
    claims: NamedDependency[Claims],
    request: Call,
    key: FromPath[str],
    start: From = None,
    end: To = None,
    channel: FromQuery[str | None] = None,
    simulated: FromQuery[bool] = True,
    population: Whose = None,
    deleted: Annotated[bool, QueryParameter(description="With the deleted ones, which can be restored.")] = False,
) -> NoteRows:
    """Comments, assumptions, experiences and votes on a map; claims are tested through the lens."""
    journey = _journey(workspace, key)
    lens = seen(workspace, journey, start, end, channel=channel, simulated=simulated, population=population)
    found = notes.of(key, deleted=deleted)
    rows = [
        _row(versions[-1], request, versions[0], _tested(claims, versions[-1], journey, lens))
        for versions in found
        if versions[-1].kind != "vote"
    ]
    return NoteRows(rows, _votes([versions[-1] for versions in found], request))


@post("/api/journeys/{key:str}/notes", sync_to_thread=True, guards=[requires("write")])
def add_note(
    workspace: NamedDependency[Workspace],
    notes: NamedDependency[Notes],
    request: Call,
    key: FromPath[str],
    data: JSONBody[NewNote],
) -> NoteRow:
    """Write on a map. A second vote of the same person on the same thing takes the place of the first."""
    return _row(notes.add(key, _journey(workspace, key), data, request.user.actor), request)


@get("/api/journeys/{key:str}/notes/{note:str}", sync_to_thread=True, guards=[requires("read")])
def get_note(notes: NamedDependency[Notes], request: Call, key: FromPath[str], note: FromPath[str]) -> NoteVersions:
    """All versions of a note."""
    return NoteVersions([_row(version, request) for version in notes.versions(key_rule("key", key), note)])


@patch("/api/journeys/{key:str}/notes/{note:str}", sync_to_thread=True, guards=[requires("write")])
def change_note(
    workspace: NamedDependency[Workspace],
    notes: NamedDependency[Notes],
    request: Call,
    key: FromPath[str],
    note: FromPath[str],
    data: JSONBody[ChangedNote],
) -> NoteRow:
    """Change one's own note; 409 if it was changed meanwhile."""
    first = _own(notes, request, key, note)
    return _row(notes.change(key, _journey(workspace, key), note, data, request.user.actor), request, first)


@delete("/api/journeys/{key:str}/notes/{note:str}", status_code=200, sync_to_thread=True, guards=[requires("write")])
def delete_note(notes: NamedDependency[Notes], request: Call, key: FromPath[str], note: FromPath[str]) -> NoteRow:
    """Take away one's own note (admins: anybody's); it can be restored."""
    first = _own(notes, request, key, note, admins=True)
    return _row(notes.delete(key, note, request.user.actor), request, first)


@post(
    "/api/journeys/{key:str}/notes/{note:str}/restore", status_code=200, sync_to_thread=True, guards=[requires("write")]
)
def restore_note(
    notes: NamedDependency[Notes],
    request: Call,
    key: FromPath[str],
    note: FromPath[str],
    version: Annotated[
        int | None, QueryParameter(ge=1, le=2**31 - 1, description="Default: the one before the last.")
    ] = None,
) -> NoteRow:
    """Undo a change or a deletion: an old version becomes the current one again."""
    first = _own(notes, request, key, note, admins=True)
    return _row(notes.restore(key, note, version, request.user.actor), request, first)


handlers = [list_notes, add_note, get_note, change_note, delete_note, restore_note]


def _journey(workspace: Workspace, key: str) -> Journey:
    journey: Journey = workspace.definitions.get("journey", key).body
    return journey


def _own(notes: Notes, request: Call, key: str, note: str, *, admins: bool = False) -> Note:
    """The note's first version; raises Forbidden if somebody else wrote it."""
    first = notes.versions(key_rule("key", key), note)[0]
    if first.author_id != request.user.actor.id and not (admins and request.user.may("admin")):
        raise Forbidden(f"{first.author} wrote this note.", remedy="Answer it with a note of your own on note:<id>.")
    return first


def _tested(claims: Claims, note: Note, journey: Journey, lens: Lens) -> Tested | None:
    return None if note.claim is None else claims.test(note.claim, journey, lens)


def _row(note: Note, request: Call, first: Note | None = None, tested: Tested | None = None) -> NoteRow:
    return NoteRow(
        id=note.id,
        version=note.version,
        kind=note.kind,
        on=note.on,
        text=note.text,
        good=note.good,
        claim=note.claim,
        tested=tested,
        author=note.author,
        mine=note.author_id == request.user.actor.id,
        at=times.iso((first or note).at),
        changed_at=None if first is None or first.version == note.version else times.iso(note.at),
        deleted=note.deleted,
    )


def _votes(found: list[Note], request: Call) -> list[Votes]:
    by_thing: dict[str, list[Note]] = {}
    for note in found:
        if note.kind == "vote" and not note.deleted:
            by_thing.setdefault(note.on, []).append(note)
    votes = []
    for on, cast in by_thing.items():
        mine = next((vote.good for vote in cast if vote.author_id == request.user.actor.id), None)
        up = sum(bool(vote.good) for vote in cast)
        votes.append(Votes(on, up, len(cast) - up, mine))
    return sorted(votes, key=lambda vote: (vote.down - vote.up, vote.on))
