"""The HTTP face of collect: sources, live events, the trace of an event, failed events. The doors are `segment`."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
import sqlalchemy as sa
from litestar import Request, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Stream
from litestar.types import ControllerRouterHandler

from resa.access.guards import Call, requires
from resa.collect import failed, moments
from resa.collect.doors import Doors, Trace
from resa.collect.failed import FailedEvent
from resa.collect.live import LiveEvent, Wanted
from resa.collect.newcomers import Rate
from resa.collect.sources import Source, new_payload_key
from resa.kernel import audit, times
from resa.kernel.errors import Conflict, Overloaded, Refused
from resa.kernel.workspace import Workspace

MOST_STREAMS: Final = 50
_TICK: Final = 0.25
_STREAM_SECONDS: Final = 600
"""A stream ends after this; the browser opens another, and who is asking is looked at again."""
_LIVE_AT_ONCE: Final = 100

Number = Annotated[int | None, QueryParameter(ge=0, le=2**53)]
Text = Annotated[str | None, QueryParameter(max_length=512)]


class NewSource(msgspec.Struct, forbid_unknown_fields=True):
    """A source to make: `kind` is browser (the write key is public) or server (it is a secret)."""

    name: str
    kind: str
    environment: str = "production"


class SourceChange(msgspec.Struct, forbid_unknown_fields=True):
    """What to change about a source; what is left out stays."""

    name: str | None = None
    environment: str | None = None
    identity: Literal["off", "accepted", "required"] | None = None
    """Whether a browser source heeds identity tokens."""
    encrypted: bool | None = None
    """Whether the flags that its clients fetch are encrypted."""


class SourceAnswer(msgspec.Struct, kw_only=True):
    """A source, and whether it sends. Those who may not change sources get `write_key` shortened and no secrets.

    `payload_key` decrypts the flags that its clients fetch; null: they are handed out readable.
    """

    key: str
    name: str
    kind: str
    environment: str
    write_key: str
    created_at: str
    last_seen: str | None
    events_24h: int
    identity: str
    identity_secret: str | None
    encrypted: bool
    payload_key: str | None
    newcomers: Rate


class SourcesAnswer(msgspec.Struct):
    """The sources."""

    items: list[SourceAnswer]
    next: str | None = None


class LiveAnswer(msgspec.Struct):
    """The newest events, newest first."""

    items: list[LiveEvent]
    next: str | None = None


class FailedAnswer(msgspec.Struct):
    """A page of failed events, newest first; `next` is the `before` of the following one."""

    items: list[FailedEvent]
    next: int | None


class Redrive(msgspec.Struct, forbid_unknown_fields=True):
    """Drive a failed event again, as it was or with this text instead."""

    payload: str | None = None


class Redriven(msgspec.Struct):
    """It landed: in this row (null: an event with its message id had landed before)."""

    id: int
    row: int | None
    state: str


@get("/api/sources", guards=[requires("read")], sync_to_thread=True)
def list_sources(request: Call, workspace: NamedDependency[Workspace], doors: NamedDependency[Doors]) -> SourcesAnswer:
    """The sources with their write keys, when each was last heard of and how much it sent in 24 hours."""
    activity = _activity(workspace)
    may_change = request.user.may("write")
    return SourcesAnswer([_source(source, activity, doors, may_change) for source in doors.sources.listed()])


@post("/api/sources", guards=[requires("write")], sync_to_thread=True)
def create_source(data: JSONBody[NewSource], request: Call, doors: NamedDependency[Doors]) -> SourceAnswer:
    """Make a source. Its write key can write at once."""
    made = doors.sources.create(request.user.actor, data.name, data.kind, data.environment)
    return _source(made, {}, doors, may_change=True)


@patch("/api/sources/{key:str}", guards=[requires("write")], sync_to_thread=True)
def change_source(
    key: FromPath[str],
    data: JSONBody[SourceChange],
    request: Call,
    workspace: NamedDependency[Workspace],
    doors: NamedDependency[Doors],
) -> SourceAnswer:
    """Rename a source, move it to another environment, say whether it heeds identity tokens (browser sources) or has its flags encrypted."""
    if data.identity is not None:
        doors.sources.heed_identity(request.user.actor, key, data.identity)
    if data.encrypted is not None and data.encrypted != (doors.sources.get(key).payload_key is not None):
        doors.sources.encrypt_payloads(request.user.actor, key, _payload_key() if data.encrypted else None)
    changed = doors.sources.change(request.user.actor, key, data.name, data.environment)
    return _source(changed, _activity(workspace), doors, may_change=True)


@post("/api/sources/{key:str}/rotate", guards=[requires("write")], status_code=200, sync_to_thread=True)
def rotate_source(
    key: FromPath[str], request: Call, workspace: NamedDependency[Workspace], doors: NamedDependency[Doors]
) -> SourceAnswer:
    """Give a source a new write key. The old one writes no more."""
    rotated = doors.sources.rotate(request.user.actor, key)
    return _source(rotated, _activity(workspace), doors, may_change=True)


@post("/api/sources/{key:str}/identity-secret", guards=[requires("write")], status_code=200, sync_to_thread=True)
def rotate_identity_secret(
    key: FromPath[str], request: Call, workspace: NamedDependency[Workspace], doors: NamedDependency[Doors]
) -> SourceAnswer:
    """Give a source a new secret for identity tokens. What the old one signed proves nothing any more."""
    rotated = doors.sources.rotate_secret(request.user.actor, key)
    return _source(rotated, _activity(workspace), doors, may_change=True)


@post("/api/sources/{key:str}/payload-key", guards=[requires("write")], status_code=200, sync_to_thread=True)
def rotate_payload_key(
    key: FromPath[str], request: Call, workspace: NamedDependency[Workspace], doors: NamedDependency[Doors]
) -> SourceAnswer:
    """Give a source a new key for its encrypted flags. Clients that have the old one can't read them any more."""
    if doors.sources.get(key).payload_key is None:
        raise Conflict("The flags of this source are not encrypted: there is no key.", field="encrypted")
    rotated = doors.sources.encrypt_payloads(request.user.actor, key, _payload_key())
    return _source(rotated, _activity(workspace), doors, may_change=True)


@delete("/api/sources/{key:str}", guards=[requires("write")], sync_to_thread=True)
def revoke_source(key: FromPath[str], request: Call, doors: NamedDependency[Doors]) -> None:
    """Take a source out of force. What it wrote stays."""
    doors.sources.revoke(request.user.actor, key)


@get("/api/live", guards=[requires("read")], sync_to_thread=True)
def newest_events(
    doors: NamedDependency[Doors],
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 100,
    source: Text = None,
    name: Text = None,
    customer: Text = None,
    after: Number = None,
) -> LiveAnswer:
    """The newest of the last 2,000 events; `after` is the row of the newest one already seen."""
    wanted = Wanted(source, name, customer, -1 if after is None else after)
    return LiveAnswer(doors.view().newest(limit, wanted))


@get("/api/live/stream", guards=[requires("read")])
async def stream_events(
    request: Request[Any, Any, Any],
    doors: NamedDependency[Doors],
    source: Text = None,
    name: Text = None,
    customer: Text = None,
) -> Stream:
    """Events as they are committed (SSE; the id is the row). At most 100 a tick: the newest, `skipped` says how many not."""
    if doors.streams >= MOST_STREAMS:
        raise Overloaded(f"{MOST_STREAMS} live views are open already.", retry_after=10)
    last = request.headers.get("last-event-id", "")
    after = int(last) if last.isdecimal() and len(last) < 17 else doors.live.next_row - 1
    doors.live.newest(1, Wanted(source, name, customer))  # refuses a customer that is none before the stream begins
    stream = _stream(doors, Wanted(source, name, customer, after))
    return Stream(stream, media_type="text/event-stream", headers={"Cache-Control": "no-store"})


@get("/api/trace/{message_id:path}", guards=[requires("read")], sync_to_thread=True)
def trace_event(message_id: FromPath[Path], request: Call, doors: NamedDependency[Doors]) -> Trace:  # noqa: ARG001  # in the document
    """Where is my event? Each step it has taken, or why it failed; no steps: it never came, or too long ago."""
    return doors.trace(request.scope["path"].removeprefix("/api/trace/"))  # as it came: ids may hold slashes


@get("/api/failed-events", guards=[requires("read")], sync_to_thread=True)
def list_failed(
    workspace: NamedDependency[Workspace],
    before: Number = None,
    reason: Text = None,
    of_state: Annotated[str | None, QueryParameter(name="state", max_length=32)] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=500)] = 50,
) -> FailedAnswer:
    """Events that failed, newest first; `reason` is a code (`future`) or a field (`timestamp`)."""
    with workspace.state.read() as tx:
        items = failed.page(tx, before=before, code=reason, state=of_state, limit=limit)
    return FailedAnswer(items, items[-1].id if len(items) == limit else None)


@post("/api/failed-events/{number:int}/redrive", guards=[requires("events:write")], status_code=200)
async def redrive_failed(
    number: FromPath[int],
    data: JSONBody[Redrive],
    request: Call,
    workspace: NamedDependency[Workspace],
    doors: NamedDependency[Doors],
) -> Redriven:
    """Drive a failed event again through the same checks, mended or not; if it fails again, the answer says why."""
    found, behind = await asyncio.to_thread(_open, workspace, number)
    payload = found.payload if data.payload is None else data.payload

    def settle(tx: sa.Connection) -> None:
        failed.move(tx, number, failed.REDRIVEN)
        audit.record(tx, request.user.actor, "failed_event.redriven", f"failed_event:{number}")

    try:
        row = await doors.segment.redrive(found, payload, behind, settle)
    except Refused as reason:
        await asyncio.to_thread(_fail_again, workspace, number, reason, payload)
        raise
    return Redriven(number, row, failed.REDRIVEN)


@delete("/api/failed-events/{number:int}", guards=[requires("events:write")], sync_to_thread=True)
def discard_failed(number: FromPath[int], request: Call, workspace: NamedDependency[Workspace]) -> None:
    """Put a failed event aside; `restore` takes it back."""
    with workspace.state.write() as tx:
        failed.move(tx, number, failed.DISCARDED)
        audit.record(tx, request.user.actor, "failed_event.discarded", f"failed_event:{number}")


@post(
    "/api/failed-events/{number:int}/restore", guards=[requires("events:write")], status_code=200, sync_to_thread=True
)
def restore_failed(number: FromPath[int], request: Call, workspace: NamedDependency[Workspace]) -> FailedEvent:
    """Take a discarded failed event back."""
    with workspace.state.write() as tx:
        failed.move(tx, number, failed.OPEN, before=failed.DISCARDED)
        audit.record(tx, request.user.actor, "failed_event.restored", f"failed_event:{number}")
        return failed.get(tx, number)


routes: Final[list[ControllerRouterHandler]] = [
    list_sources,
    create_source,
    change_source,
    rotate_source,
    rotate_identity_secret,
    rotate_payload_key,
    revoke_source,
    newest_events,
    stream_events,
    trace_event,
    list_failed,
    redrive_failed,
    discard_failed,
    restore_failed,
]


async def _stream(doors: Doors, wanted: Wanted) -> AsyncIterator[bytes]:
    doors.streams += 1
    try:
        yield b": open\nretry: 1000\n\n"
        for tick in range(int(_STREAM_SECONDS / _TICK)):
            if not doors.open:
                return
            if doors.live.next_row > wanted.after + 1:
                upto = doors.live.next_row
                found = await asyncio.to_thread(doors.live.newest, _LIVE_AT_ONCE, wanted)
                if len(found) == _LIVE_AT_ONCE:
                    yield b"event: skipped\ndata: %d\n\n" % (found[-1].row - wanted.after - 1)
                for event in reversed(found):
                    yield b"id: %d\nevent: event\ndata: %b\n\n" % (event.row, msgspec.json.encode(event))
                wanted = msgspec.structs.replace(wanted, after=max(upto - 1, found[0].row if found else -1))
            elif tick % 60 == 59:
                yield b": still here\n\n"
            await asyncio.sleep(_TICK)
    finally:
        doors.streams -= 1


def _open(workspace: Workspace, number: int) -> tuple[FailedEvent, int | None]:
    with workspace.state.read() as tx:
        found, behind = failed.get(tx, number), failed.skew(tx, number)
    if found.state != failed.OPEN:
        raise Conflict(f"The failed event {number} is {found.state}, not open.", state=found.state)
    return found, behind


def _fail_again(workspace: Workspace, number: int, reason: Refused, payload: str) -> None:
    with workspace.state.write() as tx:
        failed.fail_again(tx, number, reason, payload)


def _payload_key() -> str:
    """A new one. Raises Refused where nothing can encrypt."""
    if importlib.util.find_spec("cryptography") is None:
        remedy = "Install it with Resa: pip install 'resa[encrypted]'."
        raise Refused("encrypted", True, "needs the package cryptography, which is not installed.", remedy)
    return new_payload_key()


def _activity(workspace: Workspace) -> dict[str, tuple[int, int]]:
    """Of each source: when it was last heard of, and how many events came from it in 24 hours."""
    since = workspace.clock() - moments.DAY
    sql = "SELECT source, max(received_at) AS seen, count(*) FILTER (WHERE received_at >= ?) AS events FROM log GROUP BY source"
    found = workspace.body.query(sql, [since]).to_pylist()
    return {row["source"]: (row["seen"], row["events"]) for row in found}


def _source(source: Source, activity: dict[str, tuple[int, int]], doors: Doors, may_change: bool) -> SourceAnswer:
    seen, events = activity.get(source.key, (None, 0))
    return SourceAnswer(
        key=source.key,
        name=source.name,
        kind=source.kind,
        environment=source.environment,
        write_key=source.write_key if may_change else f"{source.write_key[:4]}…",
        created_at=times.iso(source.created_at),
        last_seen=times.iso_or_none(seen),
        events_24h=events,
        identity=source.identity,
        identity_secret=source.identity_secret if may_change else None,
        encrypted=source.payload_key is not None,
        payload_key=source.payload_key if may_change else None,
        newcomers=doors.newcomers.rate(source.key),
    )
