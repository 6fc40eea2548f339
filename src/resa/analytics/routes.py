"""The HTTP face of analytics."""

from __future__ import annotations

from typing import Annotated

import msgspec
import sqlalchemy as sa
from litestar import Response, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery, JSONBody, QueryParameter

from resa.access.guards import Call, requires
from resa.analytics import ask, export, home
from resa.kernel import audit, times
from resa.kernel.body.analysts import COLUMNS
from resa.kernel.tail import event_names
from resa.kernel.workspace import Workspace


class Sql(msgspec.Struct, forbid_unknown_fields=True):
    """A question in SQL."""

    sql: str


class Column(msgspec.Struct):
    """A column of a view."""

    name: str
    type: str
    description: str


class View(msgspec.Struct):
    """A view analysts may ask."""

    name: str
    columns: list[Column]


class Schema(msgspec.Struct):
    """What can be asked in SQL."""

    views: list[View]
    functions: list[str]


class EventName(msgspec.Struct):
    """An event name that occurs, and since when."""

    type: str
    name: str
    first_seen: str


class EventNames(msgspec.Struct):
    """Event names, alphabetically."""

    items: list[EventName]


@post("/api/sql", sync_to_thread=True, status_code=200, guards=[requires("sql:read")])
def sql(workspace: NamedDependency[Workspace], request: Call, data: JSONBody[Sql]) -> ask.Answer:
    """Answer one SELECT over the views events, profiles and journeys."""
    answer = ask.ask(workspace, data.sql)
    _audited(workspace, request, data, rows=len(answer.rows), took_ms=answer.took_ms)
    return answer


@post("/api/sql/export", sync_to_thread=True, status_code=200, guards=[requires("sql:read")])
def export_sql(
    workspace: NamedDependency[Workspace],
    request: Call,
    data: JSONBody[Sql],
    form: Annotated[export.Format, QueryParameter(name="format", description="csv or parquet.")] = "csv",
) -> Response[bytes]:
    """The whole answer to one SELECT as a file; refused where it is too much for one."""
    found = ask.ask_for_file(workspace, data.sql)
    _audited(workspace, request, data, rows=found.num_rows, format=form)
    return export.answer(export.table(found, form), "answer", form)


def _audited(workspace: Workspace, request: Call, data: Sql, **detail: str | int) -> None:
    action = "sql.exported" if "format" in detail else "sql.asked"
    with workspace.state.write() as tx:
        audit.record(tx, request.user.actor, action, "sql", {"sql": data.sql[:2_000], **detail})


@get("/api/sql/schema", sync_to_thread=True, guards=[requires("sql:read")])
def sql_schema(workspace: NamedDependency[Workspace]) -> Schema:
    """The views, their columns and what each means, and the functions beyond standard SQL."""
    from resa.analytics.statement import FUNCTIONS  # noqa: PLC0415  # see `ask`

    found = workspace.body.query(
        "SELECT table_name, column_name, data_type FROM information_schema.columns "
        "WHERE table_schema = 'main' AND table_name IN ('events', 'profiles', 'journeys') ORDER BY table_name, ordinal_position"
    ).to_pylist()
    views: dict[str, list[Column]] = {}
    for row in found:
        columns = views.setdefault(row["table_name"], [])
        columns.append(Column(row["column_name"], row["data_type"], COLUMNS.get(row["column_name"], "")))
    return Schema([View(name, columns) for name, columns in views.items()], sorted(FUNCTIONS))


@get("/api/home", sync_to_thread=True, guards=[requires("read")])
def get_home(
    pages: NamedDependency[home.HomePages],
    days: Annotated[int, QueryParameter(ge=1, le=400)] = 30,
    simulated: FromQuery[bool] = True,
) -> home.Home:
    """The home page's numbers for the last days, against as many before."""
    return pages.get(days, simulated)


@get("/api/event-names", sync_to_thread=True, guards=[requires("read")])
def list_event_names(
    workspace: NamedDependency[Workspace],
    q: FromQuery[str] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 200,
) -> EventNames:
    """Names of events that have come in, for choosing one."""
    query = sa.select(event_names).order_by(event_names.c.type.desc(), event_names.c.name).limit(limit)
    if q:
        query = query.where(sa.func.lower(event_names.c.name).contains(q.lower(), autoescape=True))
    with workspace.state.read() as tx:
        return EventNames([EventName(row.type, row.name, times.iso(row.at)) for row in tx.execute(query)])


def provide_pages(workspace: NamedDependency[Workspace], state: State) -> home.HomePages:
    """The application's one keeper of home pages."""
    if "home_pages" not in state:
        state["home_pages"] = home.HomePages(workspace)
    pages: home.HomePages = state["home_pages"]
    return pages


routes = [
    Router(
        path="/",
        tags=["analytics"],
        route_handlers=[sql, export_sql, sql_schema, get_home, list_event_names],
        dependencies={"pages": Provide(provide_pages, sync_to_thread=False)},
    )
]
