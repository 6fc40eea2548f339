"""The list of runs and the watermark: which files are the index, changed in one transaction."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final, Protocol

import sqlalchemy as sa

from resa.kernel.state import State, metadata

VERSION: Final = 1

runs_table: Final = sa.Table(
    "index_runs",
    metadata,
    sa.Column("name", sa.String(120), primary_key=True),
    sa.Column("month", sa.String(32), nullable=False),
    sa.Column("events", sa.BigInteger, nullable=False),
    sa.Column("identities", sa.BigInteger, nullable=False),
    sa.Column("min_time", sa.BigInteger, nullable=False),
    sa.Column("max_time", sa.BigInteger, nullable=False),
    sa.Column("min_row", sa.BigInteger, nullable=False),
    sa.Column("max_row", sa.BigInteger, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
)
watermark_table: Final = sa.Table(
    "index_watermark",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("row", sa.BigInteger, nullable=False),
)


@dataclass(frozen=True)
class RunInfo:
    """What is known of a run without opening it. Bounds are inclusive; `month` is `2026-11`, or `2026-01..2026-03`."""

    name: str
    month: str
    events: int
    identities: int
    min_time: int
    max_time: int
    min_row: int
    max_row: int
    size: int
    version: int = VERSION


class Manifest(Protocol):
    """Where the list of runs and the watermark are kept."""

    def load(self) -> tuple[tuple[RunInfo, ...], int]:
        """The runs and the watermark: every row below it is in one of them, or was kept out."""
        ...

    def replace(self, remove: Sequence[str], add: Sequence[RunInfo], watermark: int) -> None:
        """Change the list and the watermark in one transaction."""
        ...


class StateManifest:
    """The manifest in the state store."""

    def __init__(self, state: State) -> None:
        self._state = state

    def load(self) -> tuple[tuple[RunInfo, ...], int]:
        with self._state.read() as tx:
            runs = tuple(
                RunInfo(**row) for row in tx.execute(sa.select(runs_table).order_by(runs_table.c.name)).mappings()
            )
            return runs, tx.scalar(sa.select(watermark_table.c.row)) or 0

    def replace(self, remove: Sequence[str], add: Sequence[RunInfo], watermark: int) -> None:
        with self._state.write() as tx:
            if remove:
                tx.execute(
                    sa.delete(runs_table).where(runs_table.c.name == sa.bindparam("gone")),
                    [{"gone": name} for name in remove],
                )
            if add:
                tx.execute(sa.insert(runs_table), [asdict(run) for run in add])
            self._state.upsert(tx, watermark_table, [{"id": 1, "row": watermark}], key=["id"])


class MemoryManifest:
    """A manifest that lives as long as its object: for tests and throw-away indexes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: dict[str, RunInfo] = {}
        self._watermark = 0

    def load(self) -> tuple[tuple[RunInfo, ...], int]:
        with self._lock:
            return tuple(self._runs.values()), self._watermark

    def replace(self, remove: Sequence[str], add: Sequence[RunInfo], watermark: int) -> None:
        with self._lock:
            runs = {name: run for name, run in self._runs.items() if name not in set(remove)}
            self._runs = runs | {run.name: run for run in add}
            self._watermark = watermark
