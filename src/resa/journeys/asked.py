"""What every question about a map may be asked with: the lens in its address."""

from __future__ import annotations

from typing import Annotated, Final

from litestar.params import QueryParameter

from resa.journeys.definition import Journey
from resa.kernel import lens as lenses
from resa.kernel import preferences
from resa.kernel.lens import Lens
from resa.kernel.workspace import Workspace

EVERYONE: Final = "everyone"
"""The population that a map of some customers is looked at with all of them by."""

From = Annotated[str | None, QueryParameter(name="from", description="Day or time it begins; default: 30 days before.")]
To = Annotated[
    str | None, QueryParameter(name="to", description="Day or time it ends, not included; default: tomorrow.")
]
Whose = Annotated[
    str | None,
    QueryParameter(description="audience:<key>, persona:<key> or everyone; default: whose journey the map is."),
]


def seen(
    workspace: Workspace,
    journey: Journey,
    start: str | None,
    end: str | None,
    *,
    channel: str | None = None,
    simulated: bool = True,
    population: str | None = None,
) -> Lens:
    """The lens of a question about a map; without a population it looks at those whose journey the map is."""
    whose = population or journey.population
    return lenses.read(
        start,
        end,
        preferences.zone(workspace.state),
        workspace.clock(),
        channel=channel,
        simulated=simulated,
        population=None if whose == EVERYONE else whose,
    )
