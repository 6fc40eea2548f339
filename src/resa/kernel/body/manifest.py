"""Which files the lake consists of: a table in the state store. A row is the commit; a file without one is garbage.

`landed` and `version` change in the same transaction as the list, so a reader that knows the version knows the files.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from resa.kernel.state import State, metadata

head: Final = sa.Table(
    "lake_head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("landed", sa.BigInteger, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
)

files: Final = sa.Table(
    "lake_files",
    metadata,
    sa.Column("path", sa.Text, primary_key=True),  # below the lake's root
    sa.Column("month", sa.Text, nullable=False),
    sa.Column("first_row", sa.BigInteger, nullable=False),
    sa.Column("last_row", sa.BigInteger, nullable=False),
    sa.Column("events", sa.BigInteger, nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("replaced_at", sa.BigInteger),  # no longer part of the lake; kept a while for who still reads it
)


@dataclass(frozen=True, slots=True)
class LakeFile:
    """One Parquet file: the events of one month within a range of rows, sorted by row."""

    path: str
    month: str
    first_row: int
    last_row: int
    events: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Listing:
    """The lake at one moment: its files, the rows that have landed, and the version that names this state."""

    version: int
    landed: int
    files: tuple[LakeFile, ...]

    def holding(self, first: int, last: int) -> list[LakeFile]:
        """The files that may hold a row in [first, last)."""
        return [file for file in self.files if file.first_row < last and file.last_row >= first]


class Outrun(RuntimeError):
    """Somebody else changed the lake in between; what was written is garbage now. There must be one leader."""


class Manifest:
    """The list of files. Each change is one transaction, and fails if somebody else changed the same thing."""

    def __init__(self, state: State) -> None:
        """Make sure there is a head."""
        self._state = state
        state.create_missing()  # this module is imported only where there is a lake
        with state.write() as tx:
            state.upsert(tx, head, [{"id": 1, "landed": 0, "version": 0}], key=["id"], update=[])

    def head(self) -> tuple[int, int]:
        """(version, landed): cheap, to see whether a listing is still the newest."""
        with self._state.read() as tx:
            version, landed = tx.execute(sa.select(head.c.version, head.c.landed)).one()
        return int(version), int(landed)

    def listing(self) -> Listing:
        """The lake as it is now."""
        columns = [files.c[name] for name in LakeFile.__dataclass_fields__]
        with self._state.read() as tx:
            version, landed = tx.execute(sa.select(head.c.version, head.c.landed)).one()
            rows = tx.execute(sa.select(*columns).where(files.c.replaced_at.is_(None)).order_by(files.c.first_row))
            return Listing(int(version), int(landed), tuple(LakeFile(*row) for row in rows))

    def append(self, added: Sequence[LakeFile], *, landed: int, to: int) -> None:
        """Commit landed files: rows below `to` are in the lake from now on."""
        with self._state.write() as tx:
            changed = sa.update(head).where(head.c.landed == landed).values(landed=to, version=head.c.version + 1)
            self._change(tx, changed, f"the lake no longer ends at row {landed}")
            self._insert(tx, added)

    def swap(self, removed: Sequence[LakeFile], added: Sequence[LakeFile]) -> None:
        """Commit files that stand for others (a merge, an erasure); the others must still be part of the lake."""
        with self._state.write() as tx:
            tx.execute(sa.update(head).values(version=head.c.version + 1))
            for file in removed:
                still = sa.and_(files.c.path == file.path, files.c.replaced_at.is_(None))
                changed = sa.update(files).where(still).values(replaced_at=_now())
                self._change(tx, changed, f"{file.path} is no longer part of the lake")
            self._insert(tx, added)

    def replaced(self, before: int) -> list[str]:
        """Paths of files replaced before that moment (ms)."""
        with self._state.read() as tx:
            return list(tx.execute(sa.select(files.c.path).where(files.c.replaced_at < before)).scalars())

    def known(self) -> set[str]:
        """Every path with a row, replaced ones included."""
        with self._state.read() as tx:
            return set(tx.execute(sa.select(files.c.path)).scalars())

    def forget(self, paths: Sequence[str]) -> None:
        """Drop the rows of replaced files that were deleted."""
        with self._state.write() as tx:
            for path in paths:
                tx.execute(sa.delete(files).where(files.c.path == path, files.c.replaced_at.is_not(None)))

    def _change(self, tx: sa.Connection, statement: sa.Update, otherwise: str) -> None:
        if tx.execute(statement).rowcount != 1:
            raise Outrun(f"The change was not made: {otherwise}.")

    def _insert(self, tx: sa.Connection, added: Sequence[LakeFile]) -> None:
        if added:
            tx.execute(
                sa.insert(files),
                [{name: getattr(file, name) for name in LakeFile.__dataclass_fields__} for file in added],
            )


def _now() -> int:
    return time.time_ns() // 1_000_000
