"""The HTTP face of personas: drawn, found, adopted, checked; their members; the searches that find them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal

import anyio.to_thread
import msgspec
from litestar import Litestar, Router, delete, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from resa import definitions_routes
from resa.access.guards import Call, requires
from resa.customers import people
from resa.definitions_routes import NewDefinition, SavedVersion, Shelf
from resa.kernel import audit, preferences, times
from resa.kernel import lens as lenses
from resa.kernel.definitions import Definition
from resa.kernel.errors import Conflict, NotFound, Refused
from resa.kernel.identities import profile_id
from resa.kernel.lens import Lens
from resa.kernel.workspace import Workspace
from resa.predictions.personas import naming, runs
from resa.predictions.personas.definition import RESERVED, Persona
from resa.predictions.personas.jobs import Searches
from resa.predictions.personas.members import Members
from resa.predictions.personas.runs import Run
from resa.predictions.personas.shapes import (
    Before,
    Difference,
    Drift,
    KindOfCustomer,
    PersonaCheck,
    Result,
    Tried,
    Worth,
)

DAYS: Final = 365
"""How far back a search or a check looks where nobody says."""

# -- shapes --------------------------------------------------------------------------------------------------------


class Typical(msgspec.Struct, frozen=True):
    """A customer in the middle of a kind."""

    profile: str
    name: str | None
    email: str | None


class Kind(msgspec.Struct, frozen=True):
    """A kind of customers as a run found it; `id` stays with it from run to run."""

    id: str
    key: str
    name: str
    face: str
    size: int
    share: float
    stability: float
    differences: list[Difference]
    worth: Worth
    typical: list[Typical]
    before: Before | None


class PersonaRow(msgspec.Struct, frozen=True):
    """A persona in the list; `members` is nothing where nothing says who fits. `version` 0: found, not saved yet."""

    key: str
    name: str
    face: str
    summary: str
    kind: Literal["drawn", "found"]
    version: int
    members: int | None
    share: float | None
    """Of the customers the adopted run looked at."""
    worth: Worth | None


class PersonaRows(msgspec.Struct, frozen=True):
    """All personas, by key, and the run whose kinds hold."""

    items: list[PersonaRow]
    run: int | None
    as_of: str
    next: None = None


class PersonaPage(msgspec.Struct, frozen=True):
    """A persona with its history, newest first, and what the adopted run says of it, where it was found."""

    key: str
    version: int
    body: Persona
    author: str
    at: str
    history: list[SavedVersion]
    members: int | None
    found: Kind | None


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
    kinds: list[Kind]
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


class PersonaMembers(msgspec.Struct, frozen=True):
    """A page of the customers of a persona, by number."""

    total: int
    items: list[Typical]
    next: str | None


# -- personas ------------------------------------------------------------------------------------------------------


class PersonaShelf(Shelf[Persona]):
    """Personas over HTTP: those that were saved, and the kinds of the adopted run as personas nobody saved yet."""

    kind = "persona"

    def __init__(self, workspace: NamedDependency[Workspace], personas: NamedDependency[Members]) -> None:
        """With who belongs to them."""
        super().__init__(workspace)
        self._personas = personas

    def rows(self) -> PersonaRows:
        """By key."""
        return _list(self.workspace, self._personas)

    def page(self, item: Definition[Persona]) -> PersonaPage:
        """With what the adopted run says of it."""
        return _page(self.workspace, self._personas, item, self.history(item.key) if item.version else [])

    def begin(self, new: NewDefinition) -> dict[str, Any]:
        """Its body, under a key that is no word of the API's paths."""
        if new.key in RESERVED:
            raise Refused("key", new.key, "this word is part of the API's paths.", "Choose another key.")
        return new.body

    def find(self, key: str, version: int | None) -> Definition[Persona]:
        """The saved persona, or the kind of the adopted run."""
        return _definition(self.workspace, self._personas, key, version)

    def known(self, key: str, expected: int) -> None:
        """Whoever edits a kind that nobody saved yet saves its first version."""
        if expected or key not in self._personas.found():
            super().known(key, expected)


SAID: Final = {
    "list": "All personas: those that were saved, and the kinds of the adopted run that nobody saved yet.",
    "create": "Draw a persona.",
}


def _list(workspace: Workspace, personas: Members) -> PersonaRows:
    run = runs.current(workspace.state)
    kinds = {kind.id: kind for kind in run.result.kinds} if run is not None and run.result is not None else {}
    saved = workspace.definitions.all("persona")
    rows = [_row(personas, item, kinds.get(item.body.found or "")) for item in saved]
    held = {item.body.found for item in saved}
    keys = {item.key for item in saved}
    rows += [
        PersonaRow(
            one.key, one.name, one.face, "", "found", 0, len(personas.of(one.key).profiles), one.share, one.worth
        )
        for one in kinds.values()
        if one.id not in held and one.key not in keys
    ]
    return PersonaRows(sorted(rows, key=lambda row: row.key), run.id if run else None, times.iso(workspace.clock()))


@get("/api/personas/{key:str}/members", sync_to_thread=True, guards=[requires("read")])
def get_persona_members(
    workspace: NamedDependency[Workspace],
    personas: NamedDependency[Members],
    key: FromPath[str],
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
    cursor: FromQuery[str | None] = None,
) -> PersonaMembers:
    """Who is of this persona now."""
    profiles = personas.of(key).profiles
    after = _cursor(cursor)
    start = int(profiles.searchsorted(after, side="right")) if after is not None else 0
    numbers = [int(number) for number in profiles[start : start + limit]]
    more = start + limit < len(profiles)
    return PersonaMembers(len(profiles), _typical(workspace, numbers), str(numbers[-1]) if more else None)


From = Annotated[str | None, QueryParameter(name="from", description="Day or time it begins; default: a year before.")]
To = Annotated[
    str | None, QueryParameter(name="to", description="Day or time it ends, not included; default: tomorrow.")
]


@get("/api/personas/{key:str}/check", sync_to_thread=True, guards=[requires("read")])
def check_persona(
    workspace: NamedDependency[Workspace],
    personas: NamedDependency[Members],
    key: FromPath[str],
    start: From = None,
    end: To = None,
    channel: FromQuery[str | None] = None,
    simulated: FromQuery[bool] = True,
) -> PersonaCheck:
    """Hold a persona against the data: how many fit, whether its assumptions hold, what sets those who fit apart."""
    from resa.predictions.personas import checking  # noqa: PLC0415  # SciPy: a second that no other answer waits for

    persona = _definition(workspace, personas, key, None).body
    checking.refuse_unchecked(key, persona)
    asked = SearchedLens(start=start, end=end, channel=channel, simulated=simulated)
    return checking.check(workspace, personas, key, persona, _lens(workspace, asked))


# -- searches ------------------------------------------------------------------------------------------------------


@post("/api/personas/find", sync_to_thread=True, guards=[requires("write")])
def find_personas(
    workspace: NamedDependency[Workspace],
    searches: NamedDependency[Searches],
    request: Call,
    data: JSONBody[Find],
) -> PersonaSearch:
    """Search the data for kinds of customers, in the background; `id` tells how far it is at `/api/personas/jobs/{id}`."""
    lens = _lens(workspace, data.lens)
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
) -> PersonaRows:
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
            body = Persona(name=kind.name, face=kind.face, summary=_summary(kind), found=kind.id)
            workspace.definitions.save("persona", key, body, expected=None, author=_author(request))
    with workspace.state.write() as tx:
        runs.adopt(tx, run.id, workspace.clock())
        audit.record(tx, request.user.actor, "personas.adopted", f"search:{run.id}", {"kinds": [k.id for k in kinds]})
    return _list(workspace, personas)


# -- inside --------------------------------------------------------------------------------------------------------


def _chosen(result: Result, keys: list[str] | None) -> list[KindOfCustomer]:
    if keys is None:
        return result.kinds
    known = {kind.key: kind for kind in result.kinds}
    for place, key in enumerate(keys):
        if key not in known:
            raise Refused(f"keys[{place}]", key, "this search found no such kind.", f"Use some of {', '.join(known)}.")
    return [known[key] for key in keys]


def _summary(kind: KindOfCustomer) -> str:
    """The three largest differences as a sentence."""
    said = [f"{'more' if one.effect > 0 else 'less'} {one.label} than others" for one in kind.differences[:3]]
    return f"{', '.join(said)}.".capitalize() if said else ""


def _definition(workspace: Workspace, personas: Members, key: str, version: int | None) -> Definition[Persona]:
    """The saved persona, or the kind of the adopted run of that key as a persona nobody saved yet (version 0)."""
    try:
        return workspace.definitions.get("persona", key, version)
    except NotFound:
        kind, run = personas.found().get(key), runs.current(workspace.state)
        if version is not None or kind is None or run is None:
            raise
        body = Persona(name=kind.name, face=kind.face, summary=_summary(kind), found=kind.id)
        return Definition("persona", key, 0, body, run.author, run.ended_at or run.started_at, deleted=False)


def _page(
    workspace: Workspace, personas: Members, item: Definition[Persona], history: list[SavedVersion]
) -> PersonaPage:
    kinds = {kind.id: kind for kind in personas.found().values()}
    found = kinds.get(item.body.found or "")
    return PersonaPage(
        key=item.key,
        version=item.version,
        body=item.body,
        author=item.author,
        at=times.iso(item.at),
        history=history,
        members=_count(personas, item.key, item.body),
        found=_kind(workspace, found) if found else None,
    )


def _row(personas: Members, item: Definition[Persona], kind: KindOfCustomer | None) -> PersonaRow:
    body = item.body
    return PersonaRow(
        item.key,
        body.name,
        body.face,
        body.summary,
        body.kind,
        item.version,
        _count(personas, item.key, body),
        kind.share if kind else None,
        kind.worth if kind else None,
    )


def _count(personas: Members, key: str, persona: Persona) -> int | None:
    """How many fit; None where nothing says who does, or what says it is gone."""
    if persona.rule is None and persona.audience is None and persona.found is None:
        return None
    try:
        return len(personas.fitting(key, persona).profiles)
    except (NotFound, Refused):  # the audience it names was deleted
        return None


def _kind(workspace: Workspace, kind: KindOfCustomer) -> Kind:
    values = {name: getattr(kind, name) for name in Kind.__struct_fields__ if name != "typical"}
    return Kind(**values, typical=_typical(workspace, kind.typical))


def _typical(workspace: Workspace, numbers: list[int]) -> list[Typical]:
    """Customers by number as they are now; those who were erased or merged into others are left out."""
    still = [number for number in numbers if workspace.identities.profile(number) == number]
    cards = people.cards(workspace, still)
    return [
        Typical(profile_id(n), cards[n].name, None if cards[n].email is None else str(cards[n].email)) for n in still
    ]


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
    return FoundKinds(**values, kinds=[_kind(workspace, kind) for kind in result.kinds])


def _lens(workspace: Workspace, asked: SearchedLens) -> Lens:
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


def _cursor(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdecimal() or len(text) > 10 or int(text) >= 2**32:
        raise Refused("cursor", text, "this is no cursor.", "Send the 'next' of the page before.")
    return int(text)


def _author(request: Call) -> str:
    return request.user.actor.name


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


routes = [
    Router(
        path="/",
        tags=["personas"],
        dependencies={"searches": Provide(provide_searches, sync_to_thread=False)},
        route_handlers=[
            *definitions_routes.routes(
                PersonaShelf,
                "/api/personas",
                names=("persona", "personas"),
                words=("a persona", "personas"),
                said=SAID,
            ),
            find_personas,
            list_persona_jobs,
            get_persona_job,
            cancel_persona_job,
            adopt_personas,
            get_persona_members,
            check_persona,
        ],
    )
]
