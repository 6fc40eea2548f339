"""Journey maps: stages and touchpoints as versioned definitions, their living numbers, and the people behind each.

`definition` says what a map is, `rules` which events belong to a touchpoint (in SQL and in Python), `cells` labels
all events by it, `numbers` counts, `templates` are maps to begin with. Beyond its numbers: `layers` (value, satisfaction,
friction), `discovery` (steps off the map), `handovers` (between channels), `against` (the intended map), all on `crossings`,
which reads whole journeys; `notes` and `claims` (what a team writes, and what data say of it); `attribution`; `friction`.
`asked` is what all are asked with, `routes` and `notes_routes` are the HTTP face.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from resa.journeys import rules, templates
from resa.journeys.definition import KIND, Journey, Stage, Touchpoint
from resa.journeys.rules import Matcher
from resa.kernel.errors import Conflict
from resa.kernel.matching import Match
from resa.kernel.workspace import Workspace

DEFAULT_KEY: Final = "customer-journey"

__all__ = ["DEFAULT_KEY", "Journey", "Labelled", "Place", "Places", "ensure_default", "labelled", "register"]


class Place(NamedTuple):
    """Where an event stands on which map (its key)."""

    journey: str
    stage: Stage
    touchpoint: Touchpoint


class Labelled(NamedTuple):
    """A map as SQL over `log`: the number in `places` of an event's touchpoint, NULL for none."""

    sql: str
    places: list[Place]


def register(workspace: Workspace) -> None:
    """Make maps known to the workspace's definitions, and their stages to its audiences."""
    workspace.definitions.register(KIND)
    workspace.memberships.stages = lambda key: _stage_rules(workspace, key)


def _stage_rules(workspace: Workspace, key: str) -> list[tuple[str, Match]]:
    """The matches of a map in order, each with its stage; nothing where there is no such map."""
    found = next((item.body for item in workspace.definitions.all("journey") if item.key == key), None)
    if found is None:
        return []
    return [(stage.key, match) for _, stage, touchpoint in found.touchpoints() for match in touchpoint.rule.any]


def ensure_default(workspace: Workspace, template: str = templates.DEFAULT, key: str = DEFAULT_KEY) -> None:
    """Give a workspace that never had a map one from a template; nothing happens where somebody made or deleted one."""
    register(workspace)
    if not workspace.definitions.ever("journey"):
        try:
            workspace.definitions.save("journey", key, templates.load(template), expected=0, author="Resa")
        except Conflict:  # another process of the same store was faster: it is there
            return


def labelled(workspace: Workspace) -> Labelled | None:
    """The first map, by key, that has any rule; None where none has."""
    register(workspace)
    for item in workspace.definitions.all("journey"):
        if (sql := rules.touchpoint(item.body, workspace.body.dialect)) is not None:
            return Labelled(
                sql, [Place(item.key, stage, touchpoint) for _, stage, touchpoint in item.body.touchpoints()]
            )
    return None


class Places:
    """Says of any event where it stands: on the first map, by key, that has a touchpoint for it. Made per request."""

    def __init__(self, workspace: Workspace) -> None:
        """Read the maps as they are now."""
        register(workspace)
        self._matchers = [(item.key, Matcher(item.body)) for item in workspace.definitions.all("journey")]

    def present(self, events: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Place, int]]:
        """Where somebody with these events stands on each map, and since when: by the latest event that is on it."""
        newest = sorted(events, key=lambda event: (event["time"], event["row"]), reverse=True)
        for key, matcher in self._matchers:
            places = ((matcher.place(event), int(event["time"])) for event in newest)
            yield from itertools.islice(((Place(key, *place), at) for place, at in places if place is not None), 1)

    def of(self, event: Mapping[str, Any]) -> Place | None:
        """The place of an event given by the columns of `log`."""
        for key, matcher in self._matchers:
            if (found := matcher.place(event)) is not None:
                return Place(key, *found)
        return None
