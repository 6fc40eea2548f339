"""Who is of which persona now: by rule, by audience, or as the adopted run placed them, newcomers included."""

from __future__ import annotations

import time
from collections.abc import Hashable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from resa.kernel.errors import NotFound, Refused
from resa.kernel.identity_map import IdentityMap
from resa.kernel.lens import Lens
from resa.kernel.matching import sql
from resa.kernel.periods import Period
from resa.kernel.populations import Population
from resa.kernel.recent import Recent
from resa.kernel.workspace import Workspace
from resa.predictions.personas import placing, runs
from resa.predictions.personas.definition import Deed, Persona, Rule
from resa.predictions.personas.runs import Assigned, Run
from resa.predictions.personas.shapes import KindOfCustomer

Array = npt.NDArray[Any]

DAY: Final = 86_400_000
FRESH_SECONDS: Final = 60.0
"""How long newcomers wait for their persona: measuring them again for every question would cost more than it tells."""


class Members:
    """The members of a workspace's personas."""

    def __init__(self, workspace: Workspace) -> None:
        """Nothing is kept yet."""
        self._workspace = workspace
        self._assigned = Recent(2)
        self._newcomers = Recent(2)
        self._ruled = Recent(16)

    def of(self, key: str) -> Population:
        """Who is of the persona now. NotFound, or Refused where nothing says who is."""
        definitions = self._workspace.definitions
        held = {item.key: item for item in definitions.all("persona")}
        if key not in held:
            kind = self.found().get(key)
            if kind is None:
                raise NotFound("persona", key)
            return self._placed(kind.id)
        return self.fitting(key, held[key].body)

    def fitting(self, key: str, persona: Persona) -> Population:
        """Who fits the persona as described (also one that is not saved)."""
        if persona.found is not None:
            return self._placed(persona.found)
        if persona.audience is not None:
            return self._workspace.populations.get(f"audience:{persona.audience}")
        if persona.rule is not None:
            return self._fits(persona.rule)
        raise Refused(
            "population",
            f"persona:{key}",
            "nothing says who is of this persona.",
            "Give it a rule or an audience, or adopt one that was found in the data.",
        )

    def keys(self) -> list[str]:
        """The personas that have members: what an answer can be split by. Mere pictures are left out."""
        saved = self._workspace.definitions.all("persona")
        told = [item.key for item in saved if self._has_members(item.body)]
        held, taken = {item.body.found for item in saved}, {item.key for item in saved}
        unsaved = [kind.key for kind in self.found().values() if kind.id not in held and kind.key not in taken]
        return sorted(told + unsaved)

    def _has_members(self, persona: Persona) -> bool:
        """Whether something says who belongs, and is there."""
        if persona.audience is None:
            return persona.rule is not None or persona.found is not None
        return any(item.key == persona.audience for item in self._workspace.definitions.all("audience"))

    def found(self) -> dict[str, KindOfCustomer]:
        """The kinds of the adopted run by key."""
        run = runs.current(self._workspace.state)
        return {kind.key: kind for kind in run.result.kinds} if run is not None and run.result is not None else {}

    # -- found in the data -------------------------------------------------------------------------------------------

    def _placed(self, id_: str) -> Population:
        run = runs.current(self._workspace.state)
        ids = [kind.id for kind in run.result.kinds] if run is not None and run.result is not None else []
        if run is None or id_ not in ids:
            return Population(np.zeros(0, np.uint32), ("persona", id_, run.id if run else 0))
        place, map_ = ids.index(id_), self._workspace.identities.map()
        assigned = self._of_run(run)
        stamp, new = self._new(run, map_, assigned)
        mine = assigned.profiles[assigned.kind == place]
        both = np.concatenate((mine[_still(mine, map_)], new.profiles[new.kind == place]))
        return Population(np.sort(both).astype(np.uint32), ("persona", run.id, place, map_, stamp))

    def _of_run(self, run: Run) -> Assigned:
        return self._assigned.get(run.id, lambda: runs.known(self._workspace.state, run.id)[1])

    def _new(self, run: Run, map_: IdentityMap, assigned: Assigned) -> tuple[Hashable, Assigned]:
        """Those who came since the run, and what changes when they are looked at again."""
        landed = self._workspace.body.landed()
        if landed <= run.row:
            return 0, Assigned(np.zeros(0, np.uint32), np.zeros(0, np.uint8))
        minute = int(time.monotonic() // FRESH_SECONDS)

        def look() -> tuple[int, Assigned]:
            model, _ = runs.known(self._workspace.state, run.id)
            found = placing.newcomers(self._workspace, model, self._moved_on(run.lens), run.row)
            unknown = ~np.isin(found.profiles, assigned.profiles)
            return landed, Assigned(found.profiles[unknown], found.kind[unknown])

        return self._newcomers.get((run.id, map_, minute), look)

    def _moved_on(self, lens: Lens) -> Lens:
        """The run's lens, as long a period, ending now."""
        end = max(lens.period.end, self._workspace.clock())
        return lens.during(Period(end - (lens.period.end - lens.period.start), end))

    # -- drawn by hand -----------------------------------------------------------------------------------------------

    def _fits(self, rule: Rule) -> Population:
        workspace = self._workspace
        timed = any(deed.within_days is not None for deed in rule.all)
        now = workspace.clock()
        token = (
            *("rule", rule_key(rule), workspace.body.landed(), workspace.identities.map()),
            now // 60_000 if timed else 0,  # what ends by itself ends to the minute
        )
        return Population(self._ruled.get(token, lambda: self._asked(rule, now)), token)

    def _asked(self, rule: Rule, now: int) -> Array:
        dialect = self._workspace.body.dialect
        whens = [sql.predicate(deed.match, dialect) for deed in rule.all]
        having = [_having(deed, when, now) for deed, when in zip(rule.all, whens, strict=True)]
        any_ = " OR ".join(f"({when})" for when in whens)
        found = self._workspace.body.native(
            f"SELECT profile FROM log WHERE NOT bot AND time < {now} AND ({any_}) GROUP BY profile "
            f"HAVING {' AND '.join(having)} ORDER BY profile"
        )
        profiles: Array = found.column("profile").to_numpy().astype(np.uint32)
        return profiles


def rule_key(rule: Rule) -> str:
    """A text that is the same for equal rules."""
    return repr(rule)


def _having(deed: Deed, when: str, now: int) -> str:
    timed = f"({when})" if deed.within_days is None else f"({when}) AND time >= {now - deed.within_days * DAY}"
    count = f"count(CASE WHEN {timed} THEN 1 END)"
    return f"{count} = 0" if deed.never else f"{count} >= {deed.at_least}"


def _still(profiles: Array, map_: IdentityMap) -> Array:
    """Which of these are profiles still: not merged into others, not erased."""
    inside = profiles < map_.canonical.size
    still = np.ones(len(profiles), np.bool_)
    still[inside] = map_.canonical[profiles[inside]] == profiles[inside]
    return still
