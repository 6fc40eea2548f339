"""The HTTP face of comments: the comments themselves, their themes in figures, the work on them."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import anyio.to_thread
import msgspec
from litestar import Litestar, Response, Router, delete, get, post
from litestar.di import NamedDependency, Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from resa.access.guards import Call, requires
from resa.analytics import export
from resa.feedback.themes import Comments, answers, card, pages, runs, shelves
from resa.feedback.themes.answers import ThemeFigures
from resa.feedback.themes.card import ModelCard
from resa.feedback.themes.columns import Filter
from resa.feedback.themes.pages import CommentPage
from resa.kernel import audit, periods, preferences, times
from resa.kernel import lens as lenses
from resa.kernel.lens import Lens
from resa.kernel.periods import Period
from resa.kernel.workspace import Workspace

# -- the lens and the filter ---------------------------------------------------------------------------------------


class Seen(msgspec.Struct, frozen=True):
    """Which comments a request asks for."""

    lens: Lens
    compare: Period | None
    filtered: Filter


def seen(
    workspace: NamedDependency[Workspace],
    start: Annotated[
        str | None, QueryParameter(name="from", description="Day or time it begins; default: 30 days before.")
    ] = None,
    end: Annotated[
        str | None, QueryParameter(name="to", description="Day or time it ends, not included; default: tomorrow.")
    ] = None,
    compare: FromQuery[str | None] = None,
    channel: FromQuery[str | None] = None,
    simulated: FromQuery[bool] = True,
    population: Annotated[
        str | None, QueryParameter(description="`audience:<key>` or `persona:<key>`; default: everybody.")
    ] = None,
    sentiment: FromQuery[str | None] = None,
    language: FromQuery[str | None] = None,
    source: FromQuery[str | None] = None,
    survey: FromQuery[str | None] = None,
    metric: FromQuery[str | None] = None,
    low: FromQuery[float | None] = None,
    high: FromQuery[float | None] = None,
    text: Annotated[str | None, QueryParameter(max_length=200, description="Comments that hold this text.")] = None,
) -> Seen:
    """The lens, and what of the comments is looked at. Raises Refused."""
    zone, now = preferences.zone(workspace.state), workspace.clock()
    lens = lenses.read(start, end, zone, now, channel=channel, simulated=simulated, population=population or None)
    filtered = Filter(
        sentiment=sentiment,
        language=language,
        source=source,
        survey=survey,
        metric=metric,
        low=low,
        high=high,
        text=(text or "").replace("\x00", "") or None,
    )
    return Seen(lens, periods.compared(compare, lens.period, zone), filtered)


@get("/api/comments", sync_to_thread=True, guards=[requires("read")])
def list_comments(
    workspace: NamedDependency[Workspace],
    comments: NamedDependency[Comments],
    seen: NamedDependency[Seen],
    theme: Annotated[str | None, QueryParameter(description="A theme's key; `none`: without any.")] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
    cursor: FromQuery[str | None] = None,
) -> CommentPage:
    """Comments, newest first, with how each was read and what it is about."""
    filtered = msgspec.structs.replace(seen.filtered, theme=theme)
    return pages.page(workspace, comments.themes, seen.lens, filtered, limit=limit, cursor=cursor)


@get(
    "/api/comments/export",
    sync_to_thread=True,
    guards=[requires("read")],
    responses={200: ResponseSpec(bytes, generate_examples=False, media_type="text/csv", description="The file.")},
)
def export_comments(
    workspace: NamedDependency[Workspace],
    comments: NamedDependency[Comments],
    request: Call,
    seen: NamedDependency[Seen],
    theme: FromQuery[str | None] = None,
) -> Response[bytes]:
    """The same comments as a CSV file (up to 100,000), in which no spreadsheet finds a formula."""
    filtered = msgspec.structs.replace(seen.filtered, theme=theme)
    rows = pages.everything(workspace, comments.themes, seen.lens, filtered)
    with workspace.state.write() as tx:
        audit.record(tx, request.user.actor, "comments.exported", "comments", {"comments": len(rows)})
    return export.answer(export.file(rows, "csv"), "comments", "csv")


@get("/api/comments/themes", sync_to_thread=True, guards=[requires("read")])
def get_theme_figures(
    workspace: NamedDependency[Workspace],
    comments: NamedDependency[Comments],
    seen: NamedDependency[Seen],
    hidden: FromQuery[bool] = False,
) -> ThemeFigures:
    """What the comments are about: each theme with its volume, change, score impact, sentiment, revenue, trend, quotes."""
    return answers.figures(workspace, comments.themes, seen.lens, seen.compare, seen.filtered, hidden=hidden)


# -- work and model ------------------------------------------------------------------------------------------------


class CommentRun(msgspec.Struct, frozen=True):
    """Work on comments and how far it is (0 to 1)."""

    id: int
    kind: str
    state: str
    step: str
    progress: float
    author: str
    started_at: str
    ended_at: str | None
    error: str | None
    result: dict[str, Any] | None


class CommentRuns(msgspec.Struct, frozen=True):
    """The newest first."""

    items: list[CommentRun]
    next: None = None


class BeginRun(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Work to begin: `find` themes, `learn` from scores, `read` everything anew, `fill` from the history, `ask` the language model."""

    kind: Literal["fill", "find", "learn", "read", "ask"]


@post("/api/comments/jobs", sync_to_thread=True, guards=[requires("write")])
def begin_comment_job(
    workspace: NamedDependency[Workspace],
    comments: NamedDependency[Comments],
    request: Call,
    data: JSONBody[BeginRun],
) -> CommentRun:
    """Begin work in the background; 409 where the same is being done already."""
    run = comments.jobs.start(data.kind, request.user.actor)
    with workspace.state.write() as tx:
        audit.record(tx, request.user.actor, f"comments.{data.kind}", f"comments:{run.id}")
    return _run(run)


@get("/api/comments/jobs", sync_to_thread=True, guards=[requires("read")])
def list_comment_jobs(workspace: NamedDependency[Workspace]) -> CommentRuns:
    """The last pieces of work."""
    return CommentRuns([_run(run) for run in runs.recent(workspace.state)])


@get("/api/comments/jobs/{number:int}", sync_to_thread=True, guards=[requires("read")])
def get_comment_job(workspace: NamedDependency[Workspace], number: FromPath[int]) -> CommentRun:
    """How far work is, and what came of it."""
    return _run(runs.get(workspace.state, number))


@delete("/api/comments/jobs/{number:int}", status_code=200, sync_to_thread=True, guards=[requires("write")])
def cancel_comment_job(
    workspace: NamedDependency[Workspace], comments: NamedDependency[Comments], request: Call, number: FromPath[int]
) -> CommentRun:
    """Let work end within moments. What it did so far stays."""
    run = comments.jobs.stop(number)
    with workspace.state.write() as tx:
        audit.record(tx, request.user.actor, "comments.cancelled", f"comments:{number}")
    return _run(run)


@get("/api/comments/model", sync_to_thread=True, guards=[requires("read")])
def get_comment_model(workspace: NamedDependency[Workspace], comments: NamedDependency[Comments]) -> ModelCard:
    """What reads the comments, what it learned from, and how good it is."""
    return card.of(workspace.state, comments.understanding)


def _run(run: runs.Run) -> CommentRun:
    said = msgspec.structs.asdict(run)
    return CommentRun(**said | {"started_at": times.iso(run.started_at), "ended_at": times.iso_or_none(run.ended_at)})


async def recover(app: Litestar) -> None:
    """At the start of a server: what was interrupted is marked so, what is due begins."""
    await anyio.to_thread.run_sync(_kept(app).jobs.recover)


async def close(app: Litestar) -> None:
    """At its end: stop what runs."""
    await anyio.to_thread.run_sync(_kept(app).jobs.close)


def _kept(app: Litestar) -> Comments:
    found: Comments = app.state["comments"]
    return found


asked: Final = Router(
    path="/",
    tags=["comments"],
    dependencies={"seen": Provide(seen, sync_to_thread=True)},
    route_handlers=[list_comments, export_comments, get_theme_figures],
)
routes: Final = [
    Router(
        path="/",
        tags=["comments"],
        route_handlers=[
            asked,
            *shelves.routes(),
            begin_comment_job,
            list_comment_jobs,
            get_comment_job,
            cancel_comment_job,
            get_comment_model,
        ],
    )
]
