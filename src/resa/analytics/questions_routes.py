"""The HTTP face of questions: funnels, trends, paths, retention, on-site search; saved ones, and answers as files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

import msgspec
from litestar import Response, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from resa import definitions_routes
from resa.access.guards import requires
from resa.analytics import export, funnels, paths, retention, saved, search, starts, trends
from resa.analytics import properties as naming
from resa.analytics.asking import Asking, LensBody, Question
from resa.definitions_routes import NewDefinition, SavedVersion, Shelf
from resa.kernel import times
from resa.kernel.behind import Customers
from resa.kernel.decoding import decode
from resa.kernel.definitions import Definition
from resa.kernel.errors import NotFound, Refused
from resa.kernel.matching import Match
from resa.kernel.workspace import Workspace

# -- asked ---------------------------------------------------------------------------------------------------------


@post("/api/questions/trends", status_code=200, sync_to_thread=True, guards=[requires("read")])
def ask_trends(asking: NamedDependency[Asking], data: JSONBody[trends.Trends]) -> trends.TrendNumbers:
    """Events and customers by day, week or month."""
    return trends.numbers(asking, data)


@post("/api/questions/trends/people", status_code=200, sync_to_thread=True, guards=[requires("read")])
def ask_trend_people(asking: NamedDependency[Asking], data: JSONBody[trends.TrendPeople]) -> Customers:
    """The customers behind a point or a line of a trend; `total` is the figure."""
    return trends.people(asking, data)


@post("/api/questions/funnel", status_code=200, sync_to_thread=True, guards=[requires("read")])
def ask_funnel(asking: NamedDependency[Asking], data: JSONBody[funnels.Funnel]) -> funnels.FunnelNumbers:
    """How many customers came to each step."""
    return funnels.numbers(asking, data)


@post("/api/questions/funnel/people", status_code=200, sync_to_thread=True, guards=[requires("read")])
def ask_funnel_people(asking: NamedDependency[Asking], data: JSONBody[funnels.FunnelPeople]) -> Customers:
    """The customers behind a figure of a funnel; `total` is the figure."""
    return funnels.people(asking, data)


@post("/api/questions/paths", status_code=200, sync_to_thread=True, guards=[requires("read")])
def ask_paths(asking: NamedDependency[Asking], data: JSONBody[paths.Paths]) -> paths.PathNumbers:
    """Which way customers go from an event, to it, or between two."""
    return paths.numbers(asking, data)


@post("/api/questions/paths/people", status_code=200, sync_to_thread=True, guards=[requires("read")])
def ask_path_people(asking: NamedDependency[Asking], data: JSONBody[paths.PathPeople]) -> Customers:
    """The customers behind a node or a link of paths; `total` is the figure."""
    return paths.people(asking, data)


@post("/api/questions/retention", status_code=200, sync_to_thread=True, guards=[requires("read")])
def ask_retention(asking: NamedDependency[Asking], data: JSONBody[retention.Retention]) -> retention.RetentionNumbers:
    """Who comes back, by when they began; or in how many intervals customers are active."""
    return retention.numbers(asking, data)


@post("/api/questions/retention/people", status_code=200, sync_to_thread=True, guards=[requires("read")])
def ask_retention_people(asking: NamedDependency[Asking], data: JSONBody[retention.RetentionPeople]) -> Customers:
    """The customers behind a figure of retention or stickiness; `total` is the figure."""
    return retention.people(asking, data)


@get("/api/questions/search", sync_to_thread=True, guards=[requires("read")])
def ask_search(
    asking: NamedDependency[Asking],
    start: Annotated[str | None, QueryParameter(name="from", description="Day or time it begins.")] = None,
    end: Annotated[str | None, QueryParameter(name="to", description="Day or time it ends, not included.")] = None,
    channel: FromQuery[str | None] = None,
    simulated: FromQuery[bool] = True,
    population: FromQuery[str | None] = None,
) -> search.SearchNumbers:
    """What customers search for on the site, what finds nothing, and after what they leave."""
    lens = LensBody(start=start, end=end, channel=channel, simulated=simulated, population=population)
    return search.numbers(asking, Question(lens=lens))


@get("/api/question-starts", sync_to_thread=True, guards=[requires("read")])
def list_starts(
    asking: NamedDependency[Asking], days: Annotated[int, QueryParameter(ge=1, le=400)] = 30
) -> starts.Starts:
    """Questions to begin with, by kind, of what customers did in the last days; a page opens on the first of its kind."""
    return starts.starts(asking, days)


@get("/api/properties", sync_to_thread=True, guards=[requires("read")])
def list_properties(workspace: NamedDependency[Workspace], match: FromQuery[str | None] = None) -> naming.Properties:
    """The properties that events of a kind carry, with some of their values; `match` is a match as JSON."""
    try:
        wanted = msgspec.json.decode(match, type=Match) if match else None
    except (msgspec.MsgspecError, RecursionError) as error:
        rule = "this is no match as JSON."
        raise Refused("match", match, rule, f'Send one like {{"name": "Order Completed"}}. {error}') from None
    return naming.properties(workspace, wanted)


# -- files ---------------------------------------------------------------------------------------------------------

_Ask = Callable[[Asking, Any], Any]
_EXPORTS: Final[Mapping[str, tuple[type[Question], _Ask, Callable[[Any], export.Rows]]]] = {
    "trends": (trends.Trends, trends.numbers, trends.columns),
    "funnel": (funnels.Funnel, funnels.numbers, funnels.columns),
    "paths": (paths.Paths, paths.numbers, paths.columns),
    "retention": (retention.Retention, retention.numbers, retention.columns),
    "search": (Question, search.numbers, search.columns),
}


@post("/api/questions/{kind:str}/export", status_code=200, sync_to_thread=True, guards=[requires("read")])
def export_question(
    asking: NamedDependency[Asking],
    kind: FromPath[str],
    data: JSONBody[dict[str, Any]],
    form: Annotated[export.Format, QueryParameter(name="format", description="csv or parquet.")] = "csv",
) -> Response[bytes]:
    """The answer to a question as a file: trends, funnel, paths, retention or search."""
    if kind not in _EXPORTS:
        raise NotFound("kind of question", kind, f"Use one of {', '.join(_EXPORTS)}.")
    shape, ask, columns = _EXPORTS[kind]
    rows = columns(ask(asking, decode(shape, data)))
    return export.answer(export.file(rows, form), kind, form)


# -- saved ---------------------------------------------------------------------------------------------------------


class SavedQuestion(msgspec.Struct, frozen=True):
    """A saved question with its history, newest first."""

    key: str
    version: int
    body: saved.Saved
    author: str
    at: str
    history: list[SavedVersion]


class QuestionRow(msgspec.Struct, frozen=True):
    """A question in the list."""

    key: str
    name: str
    kind: str
    version: int
    author: str
    at: str


class QuestionRows(msgspec.Struct, frozen=True):
    """All saved questions, by key."""

    items: list[QuestionRow]
    next: None = None


class QuestionShelf(Shelf[saved.Saved]):
    """Saved questions over HTTP."""

    kind = "question"

    def rows(self) -> QuestionRows:
        """By key."""
        found = self.workspace.definitions.all(self.kind)
        return QuestionRows(
            [QuestionRow(i.key, i.body.name, i.body.kind, i.version, i.author, times.iso(i.at)) for i in found]
        )

    def page(self, item: Definition[saved.Saved]) -> SavedQuestion:
        """With its history."""
        history = self.history(item.key)
        return SavedQuestion(item.key, item.version, item.body, item.author, times.iso(item.at), history)

    def begin(self, new: NewDefinition) -> dict[str, Any]:
        """Its body, under a key that is no word of the API's paths."""
        if new.key == "search":
            raise Refused("key", new.key, "this key is taken by the question of searches.", "Use another one.")
        return new.body


SAID: Final = {
    "create": "Save a question under a new key.",
    "get": "A saved question as it is, or as it was in an old version.",
}

# -- the application's -----------------------------------------------------------------------------------------------


def provide_asking(workspace: NamedDependency[Workspace], state: State) -> Asking:
    """The application's one keeper of labels and answers."""
    if "questions" not in state:
        state["questions"] = Asking(workspace)
    asked: Asking = state["questions"]
    return asked


routes = [
    Router(
        path="/",
        tags=["questions"],
        dependencies={"asking": Provide(provide_asking, sync_to_thread=False)},
        route_handlers=[
            *(ask_trends, ask_trend_people, ask_funnel, ask_funnel_people, ask_paths, ask_path_people),
            *(ask_retention, ask_retention_people, ask_search, list_starts, list_properties, export_question),
            *definitions_routes.routes(
                QuestionShelf,
                "/api/questions",
                names=("question", "questions"),
                words=("a question", "saved questions"),
                said=SAID,
            ),
        ],
    )
]
