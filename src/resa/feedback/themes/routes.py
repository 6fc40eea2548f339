"""The HTTP face of comments: themes with their figures, the comments themselves, their sources, the work on them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Final, Literal

import anyio.to_thread
import msgspec
from litestar import Litestar, Response, Router, delete, get, post
from litestar.di import NamedDependency, Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from resa import definitions_routes
from resa.access.guards import Call, requires
from resa.analytics import export
from resa.definitions_routes import GoneDefinition, NewDefinition, SavedVersion, Shelf
from resa.feedback.themes import Comments, answers, card, pages, runs, store
from resa.feedback.themes.answers import ThemeFigures
from resa.feedback.themes.card import ModelCard
from resa.feedback.themes.columns import Filter
from resa.feedback.themes.definition import RESERVED, SOURCE, THEME, CommentSource, Theme
from resa.feedback.themes.pages import CommentPage
from resa.kernel import audit, periods, preferences, times
from resa.kernel import lens as lenses
from resa.kernel.audit import Actor
from resa.kernel.definitions import Definition
from resa.kernel.errors import NotFound, Refused
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


# -- themes --------------------------------------------------------------------------------------------------------


class ThemeEntry(msgspec.Struct, frozen=True):
    """A theme in the list; `phrases` are those it was found by, then those people gave."""

    key: str
    version: int
    body: Theme
    phrases: list[str]
    in_force: bool
    """Whether comments are held against it: it was found at the last finding, or is known by phrases."""


class ThemeEntries(msgspec.Struct, frozen=True):
    """All themes, by key."""

    items: list[ThemeEntry]
    next: None = None


class ThemePage(msgspec.Struct, frozen=True):
    """A theme with its history, newest first."""

    key: str
    version: int
    body: Theme
    author: str
    at: str
    history: list[SavedVersion]
    phrases: list[str]


class ThemeShelf(Shelf[Theme]):
    """Themes over HTTP, found ones and people's own."""

    kind = THEME.name

    def __init__(self, workspace: NamedDependency[Workspace], comments: NamedDependency[Comments]) -> None:
        """With what was found."""
        super().__init__(workspace)
        self._comments = comments

    def rows(self) -> ThemeEntries:
        """By key."""
        phrases = self._comments.themes.phrases()
        return ThemeEntries(
            [
                ThemeEntry(
                    key,
                    item.version,
                    item.body,
                    [*phrases.get(key, []), *item.body.phrases],
                    key in phrases or bool(item.body.phrases),
                )
                for key, item in sorted(self._comments.themes.definitions().items())
            ]
        )

    def page(self, item: Definition[Theme]) -> ThemePage:
        """With the phrases it was found by."""
        found = self._comments.themes.phrases().get(item.key, [])
        history = self.history(item.key)
        return ThemePage(item.key, item.version, item.body, item.author, times.iso(item.at), history, found)

    def begin(self, new: NewDefinition) -> dict[str, Any]:
        """Its body; found themes are only made by finding."""
        if new.key in RESERVED:
            raise Refused("key", new.key, "this word means something else in filters.", "Choose another key.")
        if new.body.get("found"):
            raise Refused("found", True, "a theme is found by a search.", "Give phrases, and leave found out.")
        return new.body

    def check(self, key: str, body: dict[str, Any]) -> None:
        """Where a theme comes from stays as it is."""
        try:
            before = self.workspace.definitions.get(THEME.name, key).body.found
        except NotFound:
            return
        if bool(body.get("found", False)) != before:
            raise Refused(
                "found", body.get("found"), "where a theme comes from can't be changed.", "Leave it as it was."
            )

    def save(self, actor: Actor, key: str, body: dict[str, Any], expected: int) -> Definition[Theme]:
        """Save it; comments are held against its phrases anew, in the background."""
        before = self._comments.themes.bodies().get(key)
        saved = super().save(actor, key, body, expected)
        if (before.phrases if before else []) != saved.body.phrases:
            self._comments.jobs.themes_changed()
        return saved

    def delete(self, actor: Actor, key: str) -> GoneDefinition:
        """Take it away; the comments about it are about the rest."""
        gone = super().delete(actor, key)
        self._comments.jobs.themes_changed()
        return gone


# -- sources -------------------------------------------------------------------------------------------------------


class SourceRow(msgspec.Struct, frozen=True):
    """Where comments come from; `version` 0: built in, saved by nobody. `comments`: how many came."""

    key: str
    version: int
    body: CommentSource
    comments: int


class SourceRows(msgspec.Struct, frozen=True):
    """All sources, by key."""

    items: list[SourceRow]
    next: None = None


class SourcePage(msgspec.Struct, frozen=True):
    """A source with its history, newest first."""

    key: str
    version: int
    body: CommentSource
    author: str
    at: str
    history: list[SavedVersion]
    comments: int


class SourceShelf(Shelf[CommentSource]):
    """Comment sources over HTTP: the built-in ones, and what people saved."""

    kind = SOURCE.name

    def __init__(self, workspace: NamedDependency[Workspace], comments: NamedDependency[Comments]) -> None:
        """With how many comments each gave."""
        super().__init__(workspace)
        self._comments = comments

    def rows(self) -> SourceRows:
        """By key."""
        counts = store.by_source(self.workspace.state)
        listed = sorted(self._comments.sources.listed().items())
        return SourceRows([SourceRow(key, version, body, counts.get(key, 0)) for key, (body, version) in listed])

    def page(self, item: Definition[CommentSource]) -> SourcePage:
        """With how many comments it gave."""
        counts = store.by_source(self.workspace.state)
        history = self.history(item.key) if item.version else []
        return SourcePage(
            item.key, item.version, item.body, item.author, times.iso(item.at), history, counts.get(item.key, 0)
        )

    def find(self, key: str, version: int | None) -> Definition[CommentSource]:
        """The saved source, or the built-in one as a definition nobody saved yet."""
        built_in = self._comments.sources.listed().get(key)
        if version is None and built_in is not None and built_in[1] == 0:
            return Definition(self.kind, key, 0, built_in[0], audit.SYSTEM.name, 0, deleted=False)
        return super().find(key, version)

    def known(self, key: str, expected: int) -> None:
        """Whoever edits a built-in source saves its first version."""
        if expected or key not in self._comments.sources.listed():
            super().known(key, expected)

    def save(self, actor: Actor, key: str, body: dict[str, Any], expected: int) -> Definition[CommentSource]:
        """Save it; the history is searched by it in the background."""
        saved = super().save(actor, key, body, expected)
        self._comments.jobs.sources_changed()
        return saved

    def delete(self, actor: Actor, key: str) -> GoneDefinition:
        """Take it away; its comments are forgotten, unless there is a built-in one of that key."""
        gone = super().delete(actor, key)
        self._comments.jobs.sources_changed()
        return gone


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


def _shelves() -> Iterable[Any]:
    yield from definitions_routes.routes(
        ThemeShelf, "/api/themes", names=("theme", "themes"), words=("a theme", "themes, with what people decided")
    )
    yield from definitions_routes.routes(
        SourceShelf,
        "/api/comment-sources",
        names=("comment_source", "comment_sources"),
        words=("a comment source", "comment sources, the built-in ones too"),
    )


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
            *_shelves(),
            begin_comment_job,
            list_comment_jobs,
            get_comment_job,
            cancel_comment_job,
            get_comment_model,
        ],
    )
]
