"""The log of looks: each time a result was read, what was said, and what one test of a fixed sample would have said."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import sqlalchemy as sa

from resa.experiments.results.verdict import Verdict
from resa.kernel import times
from resa.kernel.audit import Actor
from resa.kernel.errors import shorten
from resa.kernel.state import metadata
from resa.kernel.workspace import Workspace

table: Final = sa.Table(
    "experiment_looks",
    metadata,
    sa.Column("experiment", sa.String(64), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("phase", sa.Integer, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("reader", sa.String(320), nullable=False),
    sa.Column("row", sa.BigInteger, nullable=False),
    sa.Column("said", sa.Text, nullable=False),  # JSON
)

APART: Final = 600_000
"""Whoever reads the same result again within ten minutes (ms) takes no new look."""
MOST: Final = 5_000


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What was said of one primary metric and variation. `fixed_p`, `fixed_called`: what one test of a fixed sample would have."""

    metric: str
    variation: str
    value: float | None
    low: float | None
    high: float | None
    called: str | None
    """`better`, `worse` or nothing."""
    fixed_p: float | None
    fixed_called: str | None


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What a look showed."""

    units: int
    verdict: Verdict
    claims: list[Claim]


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """One look at a result."""

    number: int
    phase: int
    at: str
    reader: str
    seen: Seen
    would_have_misled: bool = False
    """Whether a fixed sample's test, read at this look, would have called what the plan's reading has not called to this day."""


class Looks:
    """The looks at the experiments of a workspace. Thread-safe."""

    def __init__(self, workspace: Workspace) -> None:
        """Stands on the state store alone."""
        self._workspace = workspace

    def of(self, experiment: str, phase: int | None = None) -> list[Look]:
        """All looks, the first first; each says whether a fixed sample's test would have misled."""
        c = table.c
        query = sa.select(table).where(c.experiment == experiment).order_by(c.number)
        if phase is not None:
            query = query.where(c.phase == phase)
        with self._workspace.state.read() as tx:
            rows = tx.execute(query).all()
        return judged([_look(row) for row in rows])

    def newest(self) -> dict[tuple[str, int], Look]:
        """The last look at each phase of each experiment, by key and phase."""
        c = table.c
        last = sa.select(c.experiment, sa.func.max(c.number).label("number")).group_by(c.experiment, c.phase).subquery()
        query = sa.select(table).join(last, sa.and_(c.experiment == last.c.experiment, c.number == last.c.number))
        with self._workspace.state.read() as tx:
            rows = tx.execute(query).all()
        return {(row.experiment, row.phase): _look(row) for row in rows}

    def note(self, experiment: str, phase: int, row: int, seen: Seen, actor: Actor) -> None:
        """Keep that somebody looked; not a second time at the same data, nor within ten minutes of the last look."""
        now, c = self._workspace.clock(), table.c
        newest = sa.select(table).where(c.experiment == experiment).order_by(c.number.desc()).limit(1)
        with self._workspace.state.write() as tx:
            last = tx.execute(newest).first()
            if last is not None and last.phase == phase and (last.row == row or now - last.at < APART):
                return
            number = 1 if last is None else last.number + 1
            if number > MOST:
                return
            said = msgspec.json.encode(seen).decode()
            tx.execute(
                table.insert().values(
                    experiment=experiment,
                    number=number,
                    phase=phase,
                    at=now,
                    reader=shorten(actor.name, 320),
                    row=row,
                    said=said,
                )
            )


def judged(looks: list[Look]) -> list[Look]:
    """Each look with whether a fixed sample's test would have misled, as seen from the last one."""
    if not looks:
        return []
    final = {(claim.metric, claim.variation): claim.called for claim in looks[-1].seen.claims}
    return [msgspec.structs.replace(look, would_have_misled=_misled(look, final)) for look in looks]


def _misled(look: Look, final: dict[tuple[str, str], str | None]) -> bool:
    return any(
        claim.fixed_called is not None and claim.fixed_called != final.get((claim.metric, claim.variation))
        for claim in look.seen.claims
    )


def _look(row: sa.Row[tuple[Any, ...]]) -> Look:
    seen = msgspec.json.decode(row.said, type=Seen)
    return Look(number=row.number, phase=row.phase, at=times.iso(row.at), reader=row.reader, seen=seen)
