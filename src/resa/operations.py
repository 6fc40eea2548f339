"""For those who run Resa: is it up, how far behind is what, how full is the waiting room."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any, Final

import msgspec
from litestar import MediaType, Request, Response, Router, get
from litestar.di import NamedDependency

from resa.access.guards import Forbidden, authenticate
from resa.collect.doors import Doors
from resa.experiences import Deciding
from resa.kernel.workspace import Workspace

VERSION: Final = version("resa")
_LOOPBACK: Final = ("127.0.0.1", "::1")


class Health(msgspec.Struct, kw_only=True):
    """`ok`, or `degraded` with the projections that fail."""

    status: str
    version: str
    row: int
    landed: int
    failing: dict[str, str]


@get("/health", sync_to_thread=False, tags=["operations"])
def health(workspace: NamedDependency[Workspace]) -> Response[Health]:
    """Whether this server works; 503 if something it needs fails."""
    failing = {f.projection.name: f.failure for f in workspace.followers if f.failure}
    body = Health(
        status="degraded" if failing else "ok",
        version=VERSION,
        row=workspace.tail.next_row,
        landed=workspace.body.landed(),
        failing=failing,
    )
    return Response(body, status_code=503 if failing else 200)


@get("/metrics", media_type=MediaType.TEXT, tags=["operations"])
async def metrics(
    request: Request[Any, Any, Any],
    workspace: NamedDependency[Workspace],
    doors: NamedDependency[Doors],
    deciding: NamedDependency[Deciding],
) -> str:
    """Figures for Prometheus; from this machine, or with an API key."""
    direct = (
        request.client is not None and request.client.host in _LOOPBACK and "x-forwarded-for" not in request.headers
    )
    if not direct and not (await authenticate(request)).may("read"):
        raise Forbidden("This key may not read.", remedy="Use a key with the scope read.")
    row = workspace.tail.next_row
    figures: list[tuple[str, str, str, float]] = [
        ("resa_log_rows_total", "counter", "Events committed since the workspace began.", row),
        ("resa_commit_load", "gauge", "How full the waiting room of the commit is, 0 to 1.", workspace.committer.load),
        ("resa_identities", "gauge", "Identifiers known.", workspace.identities.count),
        (
            "resa_index_head_events",
            "gauge",
            "Events of the journey index that are in memory only.",
            workspace.index.head_events,
        ),
        ("resa_index_runs", "gauge", "Sealed files of the journey index.", len(workspace.index.runs)),
    ]
    lines = [f"# HELP {name} {text}\n# TYPE {name} {kind}\n{name} {value:g}" for name, kind, text, value in figures]
    lines.append(
        "# HELP resa_projection_lag_rows Rows a projection has still to apply.\n# TYPE resa_projection_lag_rows gauge"
    )
    lines += [
        f'resa_projection_lag_rows{{projection="{f.projection.name}"}} {row - f.projection.position()}'
        for f in workspace.followers
    ]
    rates = doors.newcomers.rates()
    lines.append(
        "# HELP resa_new_identities_total Identities nobody saw before, by source.\n# TYPE resa_new_identities_total counter"
    )
    lines += [f'resa_new_identities_total{{source="{source}"}} {rate.total}' for source, rate in rates.items()]
    lines.append(
        "# HELP resa_new_identities_alarm Whether a source brings far more of them than usual.\n# TYPE resa_new_identities_alarm gauge"
    )
    lines += [f'resa_new_identities_alarm{{source="{source}"}} {rate.alarm:d}' for source, rate in rates.items()]
    lines.append("# HELP resa_decisions_total Placements answered, by reason.\n# TYPE resa_decisions_total counter")
    lines += [f'resa_decisions_total{{reason="{code}"}} {count}' for code, count in sorted(deciding.counts.items())]
    lost = deciding.logbook.lost
    lines.append(
        "# HELP resa_decisions_lost_total Decisions that could not be written to the log.\n"
        f"# TYPE resa_decisions_lost_total counter\nresa_decisions_lost_total {lost}"
    )
    return "\n".join(lines) + "\n"


routes = [Router(path="/", route_handlers=[health, metrics])]
