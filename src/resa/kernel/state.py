"""The state store: SQLite by default, PostgreSQL when one machine is outgrown; one code path (SQLAlchemy Core).

Tables are declared beside the module that owns them, on `metadata`; `State.open` creates what is missing.
Writers on SQLite queue on a lock of this process, so no one ever meets SQLITE_BUSY; readers never wait (WAL).
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPICursor

from resa.kernel.errors import Conflict
from resa.kernel.turns import Turns

logger: Final = logging.getLogger("resa.state")

metadata: Final = sa.MetaData()

Row = Mapping[str, Any]

OWNER_LOCK: Final = 0x72657361  # "resa": the key of PostgreSQL's advisory lock


class Prepared:
    """A statement with `:name` parameters, compiled once per engine and handed to the driver as it is.

    For the few that run with every commit: what SQLAlchemy does around a statement costs ten times as much as running it.
    """

    def __init__(self, sqlite: str, postgresql: str | None = None) -> None:
        """The same text for both, unless they say it differently."""
        self._texts = {"sqlite": sqlite, "postgresql": postgresql or sqlite}
        self._compiled: dict[str, tuple[str, list[str] | None]] = {}

    def run(self, tx: sa.Connection, **values: Any) -> DBAPICursor:
        """Run it within `tx` with these values, which the driver must take as they are; its cursor gives the rows."""
        text, order = self._compiled.get(tx.dialect.name) or self._compile(tx.dialect)
        cursor = tx.connection.cursor()
        cursor.execute(text, values if order is None else tuple(map(values.__getitem__, order)))
        return cursor

    def _compile(self, dialect: sa.Dialect) -> tuple[str, list[str] | None]:
        made = sa.text(self._texts[dialect.name]).compile(dialect=dialect)
        found = self._compiled[dialect.name] = (str(made), made.positiontup)
        return found


class PreparedRows:
    """An INSERT of many rows in a few statements, compiled once per engine. A key stands in it once (PostgreSQL refuses a second).

    The driver gives the interpreter away in every statement, and on a busy server waits for it afterwards: with a statement a row
    a transaction, and with it all who write, stood still for several times as long as the rows take.
    """

    def __init__(self, into: str, columns: Sequence[str], then: str = "") -> None:
        """`into` a table (with an alias if `then`, the ON CONFLICT clause, needs one)."""
        self._head = f"INSERT INTO {into} ({', '.join(columns)}) VALUES "
        self._width, self._then = len(columns), then
        self._compiled: dict[tuple[str, int], str] = {}

    def run(self, tx: sa.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Run it within `tx`; the values go to the driver as they are."""
        cursor, done = tx.connection.cursor(), 0
        for size in _AT_ONCE:
            while len(rows) - done >= size:
                text = self._compiled.get((tx.dialect.name, size)) or self._compile(tx.dialect, size)
                cursor.execute(text, tuple(chain.from_iterable(rows[done : done + size])))
                done += size

    def _compile(self, dialect: sa.Dialect, size: int) -> str:
        row = f"({', '.join(['?' if dialect.name == 'sqlite' else '%s'] * self._width)})"
        text = self._compiled[dialect.name, size] = f"{self._head}{', '.join([row] * size)} {self._then}"
        return text


_AT_ONCE: Final = (256, 64, 16, 4, 1)
"""Rows of a statement: few texts to compile, and few statements for any number of rows."""

MOST_READERS: Final = 56
"""SQLite: connections beyond the eight that are kept; they cost little, and an event loop that had to wait for one would stand still."""


def sqlite_url(data: Path) -> str:
    """The URL of the embedded state store of a data directory."""
    return f"sqlite:///{data / 'state.sqlite'}"


_to_disk: Final = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync

_FULL_LOG: Final = 32_768
"""Pages (128 MB) of write-ahead log at which a commit has to checkpoint after all."""


def _tune(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are opened by `_begin`, with BEGIN IMMEDIATE for writers
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",  # `write` waits for the disk itself, when others may write already
        "foreign_keys=ON",
        "busy_timeout=10000",
        "secure_delete=FAST",
        "cache_size=-16384",
        f"wal_autocheckpoint={_FULL_LOG}",  # `checkpoint` is called before, away from those who wait for a commit
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("resa_writes") else "BEGIN")


def _unstorable(context: sa.engine.ExceptionContext) -> None:
    """One error on both engines for a value they can't hold: the drivers speak of large numbers and half texts in their own."""
    error = context.original_exception
    if isinstance(error, OverflowError | UnicodeEncodeError):
        raise sa.exc.DataError(context.statement, None, error) from error


class State:
    """Connections to the state store. Thread-safe; `write()` is serial on SQLite."""

    def __init__(self, url: str) -> None:
        """Connect to `url` (`sqlite:///...` or `postgresql+psycopg://...`); nothing is created yet."""
        embedded = url.startswith("sqlite")
        self.engine = sa.create_engine(
            url,
            pool_size=8,
            max_overflow=MOST_READERS if embedded else 8,
            pool_pre_ping=not embedded,
            hide_parameters=True,  # else an error in the log shows what customers and users sent
        )
        self.embedded = embedded
        sa.event.listen(self.engine, "handle_error", _unstorable)
        self._turns = Turns()
        self._writer: sa.Connection | None = None
        self._log: int | None = None
        if self.embedded:
            sa.event.listen(self.engine, "connect", _tune)
            sa.event.listen(self.engine, "begin", _begin)
        self._owner: sa.Connection | None = None

    @classmethod
    def open(cls, url: str) -> State:
        """Connect and create the tables that are missing."""
        state = cls(url)
        state.create_missing()
        return state

    def create_missing(self) -> None:
        """Create the tables that modules declared since; a slice that is imported later brings its own."""
        with self.write() as tx:
            metadata.create_all(tx)

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """One transaction that may change things; commits at the end, rolls back on any error. Durable once it is left.

        On SQLite the others may write, and all may read it, while it waits for the disk; what they write is durable no sooner.
        """
        if not self.embedded:
            with self.engine.connect() as connection, connection.begin():
                yield connection
            return
        with self.write_unsynced() as tx:
            yield tx
        self._sync()

    @contextmanager
    def write_unsynced(self) -> Iterator[sa.Connection]:
        """The same without waiting for the disk: it outlives this process, but a power cut may take it until the next `write` is through.

        For what is harmless if it happens again: a place in the log and what was folded up to it, say. Nothing that is written
        later outlives it. The disk's answer takes several times as long as all the rest of a short transaction.
        """
        if self.embedded:
            with self._turns, self._writing() as tx:
                yield tx
            return
        with self.engine.connect() as connection, connection.begin():
            connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        """SQLite's one connection that writes, for whose turn it is: who has the turn waits for no reader to give one back."""
        if self._writer is None:
            self._writer = self.engine.connect().execution_options(resa_writes=True)
        with self._writer.begin():
            yield self._writer

    def _sync(self) -> None:
        """SQLite: have on disk what was committed. A commit is in the write-ahead log, or in the file and synced by the checkpoint
        that moved it; so SQLite itself does with synchronous=FULL, but within the transaction.

        A disk that refuses ends the process: what is committed can't be taken back any more, and nothing later could be promised.
        Nobody was answered, and whoever sends again after the restart is told what is there already.
        """
        try:
            if self._log is None:
                self._log = os.open(f"{self.engine.url.database}-wal", os.O_RDWR)
            _to_disk(self._log)
        except FileNotFoundError:  # the file system can't have a write-ahead log: SQLite syncs the file itself
            return
        except OSError as error:
            logger.critical(
                "The disk does not take what is committed (%s). Resa ends, so that nothing is promised in vain.", error
            )
            logging.shutdown()
            os._exit(os.EX_IOERR)

    async def write_first(self, work: Callable[[sa.Connection], None]) -> None:
        """SQLite: `write_unsynced` in the caller's event loop, before all who write in the background. For a row or two.

        Only where the store is `embedded`: an event loop does not wait for a database across a network.
        """

        def written() -> None:
            with self._writing() as tx:
                work(tx)

        await self._turns.first(written)

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """One consistent snapshot to read from."""
        # SQLite's transactions are snapshots as they are; PostgreSQL's only at this level.
        level = {} if self.embedded else {"isolation_level": "REPEATABLE READ"}
        with self.engine.connect().execution_options(**level) as connection, connection.begin():
            yield connection

    @contextmanager
    def glance(self) -> Iterator[sa.Connection]:
        """A connection for a `Prepared` that only reads: one statement is a snapshot by itself, without a transaction around it."""
        with self.engine.connect() as connection:
            yield connection

    def upsert(
        self,
        tx: sa.Connection,
        table: sa.Table,
        rows: Sequence[Row],
        *,
        key: Sequence[str],
        update: Sequence[str] | None = None,
    ) -> None:
        """Insert `rows`; where `key` exists replace the `update` columns (default: all but the key; empty: none)."""
        if not rows:
            return
        insert = (sqlite.insert if self.embedded else postgresql.insert)(table)
        columns = [name for name in rows[0] if name not in key] if update is None else update
        statement = (
            insert.on_conflict_do_update(
                index_elements=list(key), set_={name: insert.excluded[name] for name in columns}
            )
            if columns
            else insert.on_conflict_do_nothing(index_elements=list(key))
        )
        tx.execute(statement, list(rows))

    def among(self, column: sa.ColumnElement[Any], values: Iterable[Any]) -> sa.ColumnElement[bool]:
        """`column IN values` for any number of values, as one parameter and one prepared statement."""
        wanted = list(values)
        if self.embedded:
            each = sa.func.json_each(json.dumps(wanted)).table_valued("value")
            return column.in_(sa.select(each.c.value))
        return column == sa.any_(sa.cast(wanted, postgresql.ARRAY(column.type)))

    def own(self) -> None:
        """Be the one server on this store until closed; Conflict if there is another.

        SQLite's data directory has a lock of its own. On PostgreSQL it is an advisory lock on a connection kept for
        it. Call it again now and then: a connection that broke took the lock with it.
        """
        if self.embedded:
            return
        if self._owner is not None:
            try:
                self._owner.exec_driver_sql("SELECT 1")
            except sa.exc.DBAPIError:
                self._owner.invalidate()
                self._owner = None
            else:
                return
        connection = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if not connection.scalar(sa.select(sa.func.pg_try_advisory_lock(OWNER_LOCK))):
            connection.close()
            remedy = "Stop it first, or give this one a database of its own."
            raise Conflict("Another server has this PostgreSQL database open.", remedy=remedy)
        self._owner = connection

    def checkpoint(self) -> None:
        """SQLite: move what is in the write-ahead log into the file, without making anybody wait."""
        if self.embedded:
            with contextlib.closing(self.engine.raw_connection()) as connection:
                connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def close(self) -> None:
        """Give the connections back."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        if self._log is not None:
            os.close(self._log)
            self._log = None
        if self._owner is not None:
            with contextlib.suppress(sa.exc.DBAPIError):  # a broken connection has lost the lock already
                self._owner.exec_driver_sql("SELECT pg_advisory_unlock_all()")  # at once, not when the server notices
            self._owner.invalidate()
            self._owner = None
        self.engine.dispose()
