"""The HTTP face of results: the reading and its verdict, the looks taken, segments, the people behind an arm."""

from __future__ import annotations

from typing import Annotated, Final

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from resa.access.guards import Call, requires
from resa.experiments.results import answers, guarding
from resa.experiments.results.foresight import Foresight, Planned, foresee
from resa.experiments.results.people import people
from resa.experiments.results.readout import Readouts
from resa.experiments.results.segments import segments
from resa.kernel.workspace import Workspace

Phase = Annotated[
    int | None, QueryParameter(ge=1, le=1_000_000, description="Of which phase; default: the present one.")
]
MetricKey = Annotated[
    str | None, QueryParameter(description="A metric of the experiment; default: the first primary one.")
]


@get("/api/experiments/{key:str}/results", sync_to_thread=True, guards=[requires("read")])
def get_results(
    readouts: NamedDependency[Readouts],
    request: Call,
    key: FromPath[str],
    phase: Phase = None,
    simulated: FromQuery[bool] = True,
) -> answers.Results:
    """What an experiment has shown so far: exposures, every metric by the plan's method, verdict. Reading it is a look, which is kept."""
    return readouts.results(key, phase=phase, simulated=simulated, actor=request.user.actor)


@get("/api/experiments/{key:str}/looks", sync_to_thread=True, guards=[requires("read")])
def list_looks(readouts: NamedDependency[Readouts], key: FromPath[str], phase: Phase = None) -> answers.Looks:
    """Each look at the result: what was said, what one test of a fixed sample would have, and whether that would have misled."""
    readouts.find(key)
    return answers.Looks(readouts.looks.of(key, phase))


@get("/api/experiments/{key:str}/segments", sync_to_thread=True, guards=[requires("read")])
def list_experiment_segments(
    workspace: NamedDependency[Workspace],
    readouts: NamedDependency[Readouts],
    key: FromPath[str],
    by: Annotated[
        str,
        QueryParameter(
            description="device, channel, ..., property:<name>, persona, audience or audience:<a>,audience:<b>."
        ),
    ],
    metric: MetricKey = None,
    phase: Phase = None,
    simulated: FromQuery[bool] = True,
) -> answers.Segments:
    """A metric by segment, with the false discovery rate controlled. Segments are searched, not planned: a lead, not a proof."""
    return segments(workspace, readouts.scan(key, phase=phase, simulated=simulated), metric, by)


@get("/api/experiments/{key:str}/people", sync_to_thread=True, guards=[requires("read")])
def list_experiment_people(
    workspace: NamedDependency[Workspace],
    readouts: NamedDependency[Readouts],
    key: FromPath[str],
    variation: Annotated[
        str | None, QueryParameter(description="A variation, or `crossovers`; default: everybody read.")
    ] = None,
    metric: Annotated[
        str | None, QueryParameter(description="A metric of the experiment, to see each one's value.")
    ] = None,
    did: Annotated[
        bool | None, QueryParameter(description="Only those with a value above 0 (true) or without (false).")
    ] = None,
    phase: Phase = None,
    simulated: FromQuery[bool] = True,
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
    cursor: FromQuery[str | None] = None,
) -> answers.People:
    """The customers behind a variation, last exposed first; `total` is the figure of the result."""
    scan = readouts.scan(key, phase=phase, simulated=simulated)
    return people(workspace, scan, variation, metric, did=did, limit=limit, cursor=cursor)


@post("/api/experiments/plan", status_code=200, sync_to_thread=True, guards=[requires("read")])
def plan_experiment(
    workspace: NamedDependency[Workspace], readouts: NamedDependency[Readouts], data: JSONBody[Planned]
) -> Foresight:
    """How many units, how many days, how small an effect: from the business's own last weeks. Changes nothing."""
    return foresee(workspace, readouts.metrics, data)


@get("/api/holdouts/{key:str}/results", sync_to_thread=True, guards=[requires("read")])
def get_holdout_results(
    workspace: NamedDependency[Workspace],
    readouts: NamedDependency[Readouts],
    key: FromPath[str],
    metrics: Annotated[str, QueryParameter(description="Keys of metrics, with commas between.")],
    simulated: FromQuery[bool] = True,
) -> answers.Results:
    """What the whole programme does to these metrics, measured against those who see nothing of it."""
    names = [name.strip() for name in metrics.split(",") if name.strip()][:20]
    return guarding.of_holdout(workspace, readouts, key, names, simulated)


@get("/api/holdouts/{key:str}/people", sync_to_thread=True, guards=[requires("read")])
def list_holdout_people(
    workspace: NamedDependency[Workspace],
    readouts: NamedDependency[Readouts],
    key: FromPath[str],
    variation: Annotated[
        str | None, QueryParameter(description="`holdout`, `programme` or `crossovers`; default: everybody.")
    ] = None,
    metric: Annotated[str | None, QueryParameter(description="A metric, to see each one's value.")] = None,
    simulated: FromQuery[bool] = True,
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
    cursor: FromQuery[str | None] = None,
) -> answers.People:
    """The customers who are held out of the whole programme, or who are not, last met first."""
    scan = guarding.in_holdout(workspace, readouts, key, [metric] if metric else [], simulated)
    return people(workspace, scan, variation, metric, did=None, limit=limit, cursor=cursor)


routes: Final = [
    Router(
        path="/",
        tags=["results"],
        route_handlers=[
            get_results,
            list_looks,
            list_experiment_segments,
            list_experiment_people,
            get_holdout_results,
            list_holdout_people,
            plan_experiment,
        ],
    )
]
