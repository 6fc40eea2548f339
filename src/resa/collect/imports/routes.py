"""The HTTP face of imports: by upload from the console, by path from this machine's own command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import anyio.to_thread
import msgspec
from litestar import Litestar, Request, Router, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from resa.access.guards import Call, local, requires
from resa.collect.imports import jobs, mappings, readers, runner
from resa.collect.imports.runner import Runner
from resa.collect.imports.shaping import Problem
from resa.kernel import audit, preferences
from resa.kernel.errors import Refused
from resa.kernel.workspace import Workspace

MOST_UPLOAD: Final = 4 * 1024**3
PREVIEWED: Final = 5_000


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """What is asked beside the file itself; `path` only from this machine's own socket."""

    path: str | None = None
    mapping: str | None = None
    """The name of a ready-made mapping, or a mapping as TOML or JSON. Unset: one is proposed."""
    timezone: str | None = None
    source: str | None = None
    again: bool = False


class Shown(msgspec.Struct):
    """One import and how far it is."""

    id: int
    file: str
    mapping: str
    state: str
    records: int
    events: int
    failed: int
    skipped: int
    total_bytes: int
    done_bytes: int
    started_at: str
    ended_at: str | None
    error: str | None


class Imports(msgspec.Struct):
    """The newest imports first."""

    items: list[Shown]
    next: str | None = None


class ShownMapping(msgspec.Struct):
    """A ready-made mapping."""

    name: str
    title: str
    description: str
    body: dict[str, Any]


class ImportMappings(msgspec.Struct):
    """The ready-made mappings."""

    items: list[ShownMapping]
    next: str | None = None


class Previewed(msgspec.Struct):
    """What an import would do, from the file's first records."""

    format: str
    columns: list[str]
    mapping: dict[str, Any] | None
    records: int
    events: int
    failed: int
    skipped: int
    complete: bool
    sample: list[dict[str, Any]]
    problems: list[dict[str, Any]]


def of(app: Litestar) -> Runner:
    """The runner of an application: one for all requests."""
    running: Runner | None = app.state.get("imports")
    if running is None:
        running = app.state.imports = Runner(app.state.workspace)
    return running


async def recover(app: Litestar) -> None:
    """At the start of a server: go on with what was interrupted."""
    await anyio.to_thread.run_sync(of(app).recover)


async def close(app: Litestar) -> None:
    """At its end: stop after the batch being written."""
    await anyio.to_thread.run_sync(of(app).close)


@get("/api/imports", sync_to_thread=True, guards=[requires("read")])
def list_imports(workspace: NamedDependency[Workspace], limit: FromQuery[int] = 100) -> Imports:
    """The imports there were, newest first."""
    return Imports([_shown(progress) for progress in jobs.recent(workspace.state, max(1, min(limit, 500)))])


@get("/api/imports/{number:int}", sync_to_thread=True, guards=[requires("read")])
def get_import(workspace: NamedDependency[Workspace], number: FromPath[int]) -> Shown:
    """One import."""
    return _shown(jobs.get(workspace.state, number))


@get("/api/import-mappings", sync_to_thread=False, guards=[requires("read")])
def list_mappings() -> ImportMappings:
    """The mappings that come with Resa."""
    found = mappings.ready_made().values()
    return ImportMappings(
        [ShownMapping(item.name, item.title, item.description.strip(), msgspec.to_builtins(item)) for item in found]
    )


@post("/api/imports", request_max_body_size=MOST_UPLOAD, status_code=202, guards=[requires("write")])
async def start_import(request: Call, workspace: NamedDependency[Workspace]) -> Shown:
    """Import a file: multipart with `file` and `mapping` (a name, or TOML or JSON text), and perhaps `timezone`, `source`, `again`."""
    asked, path, name = await _take(request)
    running = of(request.app)

    def start() -> jobs.Progress:
        plan = _plan(workspace, asked, path, name)
        progress = running.start(plan)
        with workspace.state.write() as tx:
            detail = {"file": name, "mapping": plan.title}
            audit.record(tx, request.user.actor, "import.started", f"import:{progress.id}", detail)
        return progress

    return _shown(await _keeping_none(start, running, path))


@post("/api/imports/preview", request_max_body_size=MOST_UPLOAD, status_code=200, guards=[requires("write")])
async def preview_import(request: Call, workspace: NamedDependency[Workspace]) -> Previewed:
    """Show what an import would do, keeping nothing. Without a mapping one is proposed from the columns."""
    asked, path, name = await _take(request)

    def look() -> Previewed:
        try:
            return _preview(workspace, asked, path, name)
        finally:
            if asked.path is None:
                path.unlink(missing_ok=True)

    return await anyio.to_thread.run_sync(look)


@post("/api/imports/{number:int}/stop", sync_to_thread=True, status_code=200, guards=[requires("write")])
def stop_import(request: Call, number: FromPath[int]) -> Shown:
    """Stop an import after the batch it is writing; what is written stays."""
    return _shown(of(request.app).stop(number))


@post("/api/imports/{number:int}/resume", sync_to_thread=True, status_code=200, guards=[requires("write")])
def resume_import(request: Call, number: FromPath[int]) -> Shown:
    """Go on with an import that was stopped or failed, where it was."""
    return _shown(of(request.app).resume(number))


async def _keeping_none(start: Any, running: Runner, path: Path) -> jobs.Progress:
    """Start in a thread; an upload that is refused does not stay on the disk."""
    try:
        progress: jobs.Progress = await anyio.to_thread.run_sync(start)
    except BaseException:
        if path.parent == running.folder:
            path.unlink(missing_ok=True)
        raise
    return progress


async def _take(request: Request[Any, Any, Any]) -> tuple[Asked, Path, str]:
    """What was asked, where the file is now, and its name."""
    if request.content_type[0] == "application/json":
        asked = _asked(await request.json())
        if asked.path is None or not local(request):
            rule = "is only possible from this machine's own command line."
            raise Refused("path", asked.path, rule, "Upload the file as multipart/form-data.")
        path = Path(asked.path)
        return asked, path, path.name
    form = await request.form()
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise Refused("file", None, "is missing.", "Send the file as the multipart field `file`.")
    told = {name: value for name, value in form.items() if name != "file" and isinstance(value, str) and value}
    asked = _asked(told | ({"again": told["again"].lower() in ("1", "true", "on")} if "again" in told else {}))
    if asked.path is not None:
        raise Refused("path", asked.path, "can't be sent with a file.", "Leave it out.")
    name = Path(file.filename or "upload").name[:200]
    source = file.file
    size = source.seek(0, 2)
    source.seek(0)
    path = await anyio.to_thread.run_sync(runner.receive, of(request.app), name, size, source)
    return asked, path, name


def _asked(told: object) -> Asked:
    try:
        return msgspec.convert(told, Asked)
    except msgspec.ValidationError as error:
        raise Refused("body", None, f"{error}.", "See /schema/openapi.json.") from None


def _plan(workspace: Workspace, asked: Asked, path: Path, name: str) -> jobs.Plan:
    mapping = mappings.find(asked.mapping) if asked.mapping else _proposed(path, name)
    if mapping is None:
        raise Refused("mapping", None, "is missing, and none fits this file's columns.", "Choose or write a mapping.")
    with workspace.state.read() as tx:
        zone = preferences.load(tx).timezone
    return jobs.plan(
        path, mapping, workspace_zone=zone, timezone=asked.timezone, file=name, source=asked.source, again=asked.again
    )


def _proposed(path: Path, name: str) -> mappings.Mapping | None:
    columns, sample, _ = readers.look(path)
    return mappings.propose(name, columns, sample)


def _preview(workspace: Workspace, asked: Asked, path: Path, name: str) -> Previewed:
    columns, sample, kind = readers.look(path)
    mapping = mappings.find(asked.mapping) if asked.mapping else mappings.propose(name, columns, sample)
    names = columns if columns is not None else list(dict.fromkeys(key for record in sample for key in record))
    if mapping is None:
        return Previewed(kind, names, None, len(sample), 0, 0, 0, False, [], [])
    asked.mapping = asked.mapping or msgspec.json.encode(mapping).decode()
    seen = jobs.preview(_plan(workspace, asked, path, name), most_records=PREVIEWED, now=workspace.clock())
    return Previewed(
        seen.format,
        names,
        msgspec.to_builtins(mapping),
        seen.records,
        seen.events,
        seen.failed,
        seen.skipped,
        seen.complete,
        [jobs.readable(draft) for draft in seen.sample],
        [problem(item) for item in seen.problems],
    )


def problem(item: Problem) -> dict[str, Any]:
    """A problem as the API tells it."""
    return {"record": item.number, "field": item.field, "value": item.value, "rule": item.rule, "remedy": item.remedy}


def _shown(progress: jobs.Progress) -> Shown:
    return msgspec.convert(progress.shown(), Shown)


routes: list[Router] = [
    Router(
        path="/",
        route_handlers=[
            list_imports,
            get_import,
            list_mappings,
            start_import,
            preview_import,
            stop_import,
            resume_import,
        ],
        tags=["collect"],
    )
]
