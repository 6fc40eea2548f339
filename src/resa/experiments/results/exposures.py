"""Who was shown what: the first exposure of each unit to an experiment's phase, and who was shown two variations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from resa.experiments.definition import Unit
from resa.kernel.matching.sql import ENGINES, number_of, text_of
from resa.kernel.metrics.asking import Body
from resa.kernel.metrics.units import Array, Begun
from resa.kernel.periods import Period

EVENT: Final = "Experiment Viewed"


class Wanted(NamedTuple):
    """Which exposures: of an experiment's phase, from its start up to a moment; simulated visitors with or without."""

    experiment: str
    phase: int
    variations: tuple[str, ...]
    unit: Unit
    period: Period
    simulated: bool = True


@dataclass(frozen=True)
class Exposed:
    """Units that were shown one variation: those a reading is of. Numbers of units are places in `arm` and `first`."""

    profile: Array
    """Customers of these units, ascending."""
    unit: Array
    """The unit of each of them."""
    arm: Array
    first: Array
    """When each unit was first exposed (ms)."""
    crossed: Array
    """Customers of units that were shown two variations: left out."""
    crossed_first: Array
    """The variation these were shown first."""
    assigned: Array
    """The variation shown first to each unit that this phase assigned; who was in an earlier one brought theirs along."""
    begun: Begun
    _placed: list[tuple[Array, Array]] = field(default_factory=list)
    """The rows looked up last, and their units: metrics of one scan share them."""

    @property
    def size(self) -> int:
        """How many units."""
        return int(self.arm.size)

    def counts(self, arms: int) -> list[int]:
        """Units by variation."""
        return [int(n) for n in np.bincount(self.arm, minlength=arms)]

    def shown_first(self, arms: int) -> list[int]:
        """Units by the variation they were shown first, those that crossed over included: what chance assigned in this phase."""
        return [int(n) for n in np.bincount(self.assigned, minlength=arms)]

    def places(self, profile: Array) -> Array:
        """The unit of each of these profiles, -1 for those that are none."""
        known = next((units for rows, units in self._placed if rows is profile), None)
        if known is None:
            known = self._looked_up(profile)
            self._placed[:] = [(profile, known), *self._placed[:1]]
        return known

    @property
    def ordered(self) -> bool:
        """Whether units come in the order of their customers, one of each: of everything but accounts."""
        return bool((np.diff(self.unit) > 0).all())

    def _looked_up(self, profile: Array) -> Array:
        if not self.profile.size:
            return np.full(np.shape(profile), -1)
        at = np.minimum(np.searchsorted(self.profile, profile), self.profile.size - 1)
        return np.where(self.profile[at] == profile, self.unit[at], -1)


class Statements:
    """The questions about exposures, in one engine's SQL."""

    def __init__(self, engine: str, wanted: Wanted) -> None:
        """For `duckdb` or `spark`."""
        self._engine, self._wanted = engine, wanted

    def where(self, phases: str = "=") -> str:
        """Which events are exposures of this phase (or, with `<`, of those before it)."""
        literal, wanted = ENGINES[self._engine].literal, self._wanted
        parts = [
            self._of(),
            f"time >= {wanted.period.start}",
            f"{number_of('phase', self._engine)} {phases} {wanted.phase}",
            f"{text_of('variation', self._engine)} IN ({', '.join(map(literal, wanted.variations)) or 'NULL'})",
        ]
        return " AND ".join(parts)

    def _of(self) -> str:
        """Which events are exposures of the experiment at all, up to the period's end."""
        literal, wanted = ENGINES[self._engine].literal, self._wanted
        parts = [
            f"type = 'track' AND name = {literal(EVENT)} AND source = 'resa' AND NOT bot",
            f"time < {wanted.period.end}",
            f"{text_of('experiment', self._engine)} = {literal(wanted.experiment)}",
        ]
        if not wanted.simulated:
            parts.append("NOT coalesce(simulated, FALSE)")
        return " AND ".join(parts)

    def shown(self) -> str:
        """Every customer with each variation they were shown, when first, and the unit that was assigned."""
        unit = text_of("unit", self._engine) if self._wanted.unit == "account" else "NULL"
        return f"""
SELECT profile, {text_of("variation", self._engine)} AS variation, {unit} AS unit, min(time) AS first
  FROM log WHERE {self.where()} GROUP BY 1, 2, 3"""

    def begun(self) -> str:
        """Every customer and when they were first shown anything."""
        return f"SELECT profile, min(time) AS since FROM log WHERE {self.where()} GROUP BY profile"

    def earlier(self) -> str:
        """Every customer who was in an earlier phase."""
        return f"SELECT DISTINCT profile FROM log WHERE {self.where('<')}"

    def drawn_before(self, drawn: int) -> str:
        """Every customer who was exposed before the period, or to an earlier phase, since all were drawn in the phase `drawn`."""
        start, phase = self._wanted.period.start, number_of("phase", self._engine)
        return f"""
SELECT DISTINCT profile FROM log
 WHERE {self._of()} AND {phase} >= {drawn} AND (time < {start} OR {phase} < {self._wanted.phase})"""

    def first_of(self, column: str) -> str:
        """What a column of the event said at each customer's first exposure."""
        row = '"row"' if self._engine == "duckdb" else "`row`"
        return f"""
SELECT profile, value FROM (
  SELECT profile, {column} AS value, row_number() OVER (PARTITION BY profile ORDER BY time, {row}) AS place
    FROM log WHERE {self.where()}
) AS shown WHERE place = 1"""


def read(body: Body, wanted: Wanted, before: int = 0) -> Exposed:
    """The units of an experiment's phase."""
    statements = Statements(body.dialect, wanted)
    table = body.native(statements.shown())
    variation = table.column("variation").to_pylist()
    numbers = {key: place for place, key in enumerate(wanted.variations)}
    arm = np.array([numbers[each] for each in variation], np.int64)
    profile = np.asarray(table.column("profile").to_numpy(), np.int64)
    first = np.asarray(table.column("first").to_numpy(), np.int64)
    account = wanted.unit == "account"
    named = np.array([str(name) for name in table.column("unit").to_pylist()], np.str_) if account else None
    known = np.empty(0, np.int64)
    if wanted.phase > 1:
        known = np.asarray(body.native(statements.earlier()).column("profile").to_numpy(), np.int64)
    return _units(profile, arm, first, named, known, Begun(statements.begun(), *_since(profile, first), before))


def _since(profile: Array, first: Array) -> tuple[Array, Array]:
    """Customers, ascending, and when each was first exposed."""
    people = np.unique(profile)
    since = np.full(people.size, np.iinfo(np.int64).max)
    np.minimum.at(since, np.searchsorted(people, profile), first)
    return people, since


def _units(profile: Array, arm: Array, first: Array, named: Array | None, known: Array, begun: Begun) -> Exposed:
    """Customers, or the accounts they belong to, each with the variation and time of the first exposure."""
    unit = np.unique(profile if named is None else named, return_inverse=True)[1]
    count = int(unit.max()) + 1 if unit.size else 0
    order = np.lexsort((arm, first, unit))
    starts = np.searchsorted(unit[order], np.arange(count))
    first_of, arm_of = first[order][starts], arm[order][starts]
    lowest, highest = np.full(count, np.iinfo(np.int64).max), np.full(count, -1)
    np.minimum.at(lowest, unit, arm)
    np.maximum.at(highest, unit, arm)
    clean = lowest == highest
    number = np.cumsum(clean) - 1
    people, at = np.unique(profile, return_index=True)
    of_people = unit[at]
    kept = clean[of_people]
    brought = np.zeros(count, np.bool_)
    brought[unit[np.isin(profile, known)]] = True
    return Exposed(
        profile=people[kept],
        unit=number[of_people[kept]],
        arm=arm_of[clean],
        first=first_of[clean],
        crossed=people[~kept],
        crossed_first=arm_of[~clean],
        assigned=arm_of[~brought],
        begun=begun,
    )
