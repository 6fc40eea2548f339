"""The HTTP face of the searches for personas: begun, looked after, cancelled, and what they found adopted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal

import anyio.to_thread
import msgspec
from litestar import Litestar, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from resa.access.guards import Call, requires
from resa.kernel import audit, preferences, times
from resa.kernel import lens as lenses
from resa.kernel.errors import Conflict, Refused
from resa.kernel.lens import Lens
from resa.kernel.workspace import Workspace
from resa.predictions.personas import naming, runs, shown
from resa.predictions.personas.definition import RESERVED, Persona
from resa.predictions.personas.jobs import Searches
from resa.predictions.personas.members import Members
from resa.predictions.personas.runs import Run
from resa.predictions.personas.shapes import Drift, KindOfCustomer, Result, Tried

DAYS: Final = 365
"""How far back a search or a check looks where nobody says."""


class SearchedLens(
    msgspec.Struct, forbid_unknown_fields=True, kw_only=True, rename={"start": "from", "end": "to"}, frozen=True
):
    """What of the log is looked at; without `from` a year. `compare` and `by` are read by other questions only."""

    start: str | None = None
    end: str | None = None
    compare: str | None = None
    channel: str | None = None
    simulated: bool = True
    population: str | None = None
    by: str | None = None


class Find(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A search to begin. The same seed on the same events finds the same."""

    lens: SearchedLens = msgspec.field(default_factory=SearchedLens)
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] = 0
    most: Annotated[int, msgspec.Meta(ge=2, le=12)] = 8
    """Most kinds that are tried."""


class LookedAt(msgspec.Struct, frozen=True, rename={"start": "from", "end": "to"}):
    """What a search looks at."""

    start: str
    end: str
    channel: str | None
    simulated: bool
    population: str | None


class FoundKinds(msgspec.Struct, frozen=True):
    """What a search found. No kinds: no stable ones are there, which is an answer."""

    customers: int
    sample: int
    kinds: list[shown.Kind]
    tried: list[Tried]
    distinct: bool
    verdict: str
    drift: list[Drift]
    gone: list[str]
    seconds: float


class PersonaSearch(msgspec.Struct, frozen=True):
    """A search, how far it is (0 to 1), and what it found once it is done."""

    id: int
    state: Literal["waiting", "running", "done", "failed", "stopped"]
    step: str
    progress: float
    lens: LookedAt
    seed: int
    most: int
    author: str
    started_at: str
    ended_at: str | None
    adopted_at: str | None
    error: str | None
    result: FoundKinds | None


class PersonaSearches(msgspec.Struct, frozen=True):
    """The newest searches first."""

    items: list[PersonaSearch]
    next: None = None


class Adopt(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Let the kinds of a search hold from now on. `keys`: make personas of these kinds only; unset: of all."""

    job: int
    keys: list[str] | None = None


# -- searches ------------------------------------------------------------------------------------------------------


@post("/api/personas/find", sync_to_thread=True, guards=[requires("write")])
def find_personas(
    workspace: NamedDependency[Workspace],
    searches: NamedDependency[Searches],
    request: Call,
    data: JSONBody[Find],
) -> PersonaSearch:
    """Search the data for kinds of customers, in the background; `id` tells how far it is at `/api/personas/jobs/{id}`."""
    lens = read_lens(workspace, data.lens)
    if lens.population is not None:
        if lens.population.startswith("persona:"):
            rule = "personas are not searched within a persona: its members would depend on themselves."
            raise Refused("lens.population", lens.population, rule, "Use an audience, or everybody.")
        workspace.populations.get(lens.population)
    run = searches.start(lens, seed=data.seed, most=data.most, author=request.user.actor)
    with workspace.state.write() as tx:
        audit.record(tx, request.user.actor, "personas.searched", f"search:{run.id}")
    return _search(workspace, run)


@get("/api/personas/jobs", sync_to_thread=True, guards=[requires("read")])
def list_persona_jobs(workspace: NamedDependency[Workspace]) -> PersonaSearches:
    """The last searches."""
    return PersonaSearches([_search(workspace, run) for run in runs.recent(workspace.state)])


@get("/api/personas/jobs/{number:int}", sync_to_thread=True, guards=[requires("read")])
def get_persona_job(workspace: NamedDependency[Workspace], number: FromPath[int]) -> PersonaSearch:
    """How far a search is, and what it found."""
    return _search(workspace, runs.get(workspace.state, number))


@delete("/api/personas/jobs/{number:int}", status_code=200, sync_to_thread=True, guards=[requires("write")])
def cancel_persona_job(
    workspace: NamedDependency[Workspace],
    searches: NamedDependency[Searches],
    request: Call,
    number: FromPath[int],
) -> PersonaSearch:
    """Let a search end within moments. What it found so far is nothing."""
    run = searches.stop(number)
    with workspace.state.write() as tx:
        audit.record(tx, request.user.actor, "personas.search_cancelled", f"search:{number}")
    return _search(workspace, run)


@post("/api/personas/adopt", status_code=200, sync_to_thread=True, guards=[requires("write")])
def adopt_personas(
    workspace: NamedDependency[Workspace],
    personas: NamedDependency[Members],
    request: Call,
    data: JSONBody[Adopt],
) -> shown.PersonaRows:
    """Let the kinds of a search hold: their members, and a persona for each that has none yet. Names people gave stay."""
    run = runs.get(workspace.state, data.job)
    if run.result is None or not run.result.kinds:
        raise Conflict(f"Search {run.id} has no kinds to adopt: it is {run.state}.", state=run.state)
    kinds = _chosen(run.result, data.keys)
    saved = workspace.definitions.all("persona")
    held, taken = {item.body.found for item in saved}, {item.key for item in saved} | set(RESERVED)
    for kind in kinds:
        if kind.id not in held:
            key = naming.key(kind.key, taken)
            taken.add(key)
            body = Persona(name=kind.name, face=kind.face, summary=shown.summary(kind), found=kind.id)
            workspace.definitions.save("persona", key, body, expected=None, author=request.user.actor.name)
    with workspace.state.write() as tx:
        runs.adopt(tx, run.id, workspace.clock())
        audit.record(tx, request.user.actor, "personas.adopted", f"search:{run.id}", {"kinds": [k.id for k in kinds]})
    return shown.listed(workspace, personas)


# -- inside --------------------------------------------------------------------------------------------------------


def _chosen(result: Result, keys: list[str] | None) -> list[KindOfCustomer]:
    if keys is None:
        return result.kinds
    known = {kind.key: kind for kind in result.kinds}
    for place, key in enumerate(keys):
        if key not in known:
            raise Refused(f"keys[{place}]", key, "this search found no such kind.", f"Use some of {', '.join(known)}.")
    return [known[key] for key in keys]


def _search(workspace: Workspace, run: Run) -> PersonaSearch:
    return PersonaSearch(
        id=run.id,
        state=run.state,  # type: ignore[arg-type]  # the module that writes it knows no others
        step=run.step,
        progress=run.progress,
        lens=msgspec.convert(runs.shown_lens(run.lens), LookedAt),
        seed=run.seed,
        most=run.most,
        author=run.author,
        started_at=times.iso(run.started_at),
        ended_at=times.iso_or_none(run.ended_at),
        adopted_at=times.iso_or_none(run.adopted_at),
        error=run.error,
        result=None if run.result is None else _found(workspace, run.result),
    )


def _found(workspace: Workspace, result: Result) -> FoundKinds:
    values = {name: getattr(result, name) for name in FoundKinds.__struct_fields__ if name != "kinds"}
    return FoundKinds(**values, kinds=[shown.kind_of(workspace, kind) for kind in result.kinds])


def read_lens(workspace: Workspace, asked: SearchedLens) -> Lens:
    """What is looked at; a year where nobody says since when."""
    zone = preferences.zone(workspace.state)
    seen = lenses.read(
        asked.start,
        asked.end,
        zone,
        workspace.clock(),
        channel=asked.channel,
        simulated=asked.simulated,
        population=asked.population,
    )
    if asked.start is not None:
        return seen
    ends = datetime.fromtimestamp(seen.period.end / 1000, UTC) - timedelta(days=DAYS)
    return seen.during(seen.period._replace(start=round(ends.timestamp() * 1000)))


def provide_searches(workspace: NamedDependency[Workspace], request: Call) -> Searches:
    """The application's one runner."""
    return of(request.app, workspace)


def of(app: Litestar, workspace: Workspace) -> Searches:
    """The runner of an application: one for all requests."""
    running: Searches | None = app.state.get("persona_searches")
    if running is None:
        running = app.state.persona_searches = Searches(workspace)
    return running


async def recover(app: Litestar) -> None:
    """At the start of a server: what ran when the last one ended does not run any more."""
    await anyio.to_thread.run_sync(of(app, app.state.workspace).recover)


async def close(app: Litestar) -> None:
    """At its end: stop what runs."""
    await anyio.to_thread.run_sync(of(app, app.state.workspace).close)


handlers: Final = [find_personas, list_persona_jobs, get_persona_job, cancel_persona_job, adopt_personas]
