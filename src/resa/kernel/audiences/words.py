"""The pieces that rules are made of, in the SQL of the engine that the body is asked in."""

from __future__ import annotations

from collections.abc import Sequence

from resa.kernel.audiences.plan import Behaviour, Present
from resa.kernel.audiences.rules import CENT, MAX_SUM, plain
from resa.kernel.matching import Condition, Match, sql


class Words:
    """Of one engine."""

    def __init__(self, engine: str) -> None:
        """`duckdb` or `spark`."""
        self.engine = engine
        self.sql = sql.ENGINES[engine]
        self.row = self.sql.row
        self.key = f"(time, {self.row})"
        self.by_rank = f"(rank, time, {self.row})"

    def any_of(self, matches: Sequence[Match]) -> str:
        """Whether an event meets any of the matches."""
        return "(" + " OR ".join(f"({sql.predicate(match, self.engine)})" for match in matches) + ")"

    def value_of(self, source: Behaviour) -> str:
        """What an event adds to a sum, in ten-thousandths; NULL where it adds nothing. Equal to `plan.value_units`."""
        if source.property is None:
            return "0"
        number = sql.number_of(source.property, self.engine)
        inside = f"abs({number}) <= CAST('{MAX_SUM!r}' AS DOUBLE)"
        if source.currency is not None:
            inside += f" AND currency = '{source.currency}'"
        return f"CASE WHEN {inside} THEN CAST(floor({number} * {CENT} + 0.5) AS BIGINT) END"

    def stage_of(self, present: Present) -> str:
        """The stage of an event, NULL where it has none."""
        if not present.rules:
            return "CAST(NULL AS STRING)"
        arms = (
            f"WHEN {sql.predicate(match, self.engine)} THEN {self.sql.literal(stage)}" for stage, match in present.rules
        )
        return f"CASE {' '.join(arms)} END"

    def holds(self, condition: Condition) -> str:
        """A test of x in the JSON column `properties`."""
        match = Match(type="identify", where=[plain(condition)])
        return f"COALESCE({sql.meets(match, self.sql, named=False)}, FALSE)"
