"""The embedded body: one DuckDB file in the data directory, owned by this process."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb
import numpy as np
import pyarrow as pa

from resa.kernel import crash, work
from resa.kernel.body import analysts, sayings
from resa.kernel.events import SCHEMA

if TYPE_CHECKING:
    import ibis.expr.types as ir

_TYPES: Final = {
    pa.int64(): "BIGINT",
    pa.uint32(): "UINTEGER",
    pa.uint16(): "USMALLINT",
    pa.string(): "VARCHAR",
    pa.bool_(): "BOOLEAN",
    pa.decimal128(18, 4): "DECIMAL(18,4)",
}

_TABLES: Final = f"""
CREATE SCHEMA IF NOT EXISTS raw;
CREATE TABLE IF NOT EXISTS raw.events ({", ".join(f'"{f.name}" {_TYPES[f.type]}' for f in SCHEMA)});
CREATE TABLE IF NOT EXISTS raw.landed (next_row BIGINT NOT NULL);
INSERT INTO raw.landed SELECT 0 WHERE NOT EXISTS (FROM raw.landed);
CREATE TABLE IF NOT EXISTS raw.identity_map (identity UINTEGER, profile BIGINT);
CREATE TABLE IF NOT EXISTS raw.traits (identity UINTEGER, name VARCHAR, value VARCHAR, rank UTINYINT, time BIGINT, "row" BIGINT);
CREATE TABLE IF NOT EXISTS raw.consents (identity UINTEGER, purpose VARCHAR, state VARCHAR, rank UTINYINT, time BIGINT, "row" BIGINT);
CREATE OR REPLACE VIEW log AS
  SELECT e.*, coalesce(m.profile, e.identity::BIGINT) AS profile
    FROM raw.events e LEFT JOIN raw.identity_map m ON e.identity = m.identity
   WHERE coalesce(m.profile, 0) >= 0;
CREATE OR REPLACE VIEW trait_facts AS
  SELECT f.*, coalesce(m.profile, f.identity::BIGINT) AS profile
    FROM raw.traits f LEFT JOIN raw.identity_map m ON f.identity = m.identity
   WHERE coalesce(m.profile, 0) >= 0;
CREATE OR REPLACE VIEW consent_facts AS
  SELECT f.*, coalesce(m.profile, f.identity::BIGINT) AS profile
    FROM raw.consents f LEFT JOIN raw.identity_map m ON f.identity = m.identity
   WHERE coalesce(m.profile, 0) >= 0;
"""

_BEFORE_CONSENTS: Final = """
SELECT count(*) FILTER (table_name = 'events') * (1 - count(*) FILTER (table_name = 'consents'))
  FROM information_schema.tables WHERE table_schema = 'raw'
"""

BATCH: Final = 1_000_000

LONG_WAL: Final = 64 * 2**20
"""Bytes of write-ahead log from which `tidy` moves it into the file. That compresses the last, unfinished row group
anew: four times as rarely (as DuckDB would do it by itself) costs a third less in all."""


STANDS_BACK: Final = 10
"""Niceness of DuckDB's own threads."""


def _connected(path: Path, settings: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    """Open it in a thread that stands back, for DuckDB's own threads take its niceness: a question over years leaves the processor to
    pages that wait for a decision. On Linux; elsewhere niceness is of processes."""
    opened: Future[duckdb.DuckDBPyConnection] = Future()

    def connect() -> None:
        try:
            if sys.platform == "linux":
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), STANDS_BACK)
            opened.set_result(duckdb.connect(str(path), config=settings))
        except Exception as error:  # noqa: BLE001  # the caller's to deal with
            opened.set_exception(error)

    threading.Thread(target=connect, name="resa-duckdb").start()
    return opened.result()


class DuckBody:
    """All history in `body.duckdb`. Thread-safe: every call uses a cursor of its own; only one thread may land."""

    dialect = "duckdb"

    def __init__(self, path: Path, *, memory: str = "4GB", threads: int | None = None) -> None:
        """Open or create the file; nothing is fetched from anywhere, ever."""
        settings: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "enable_external_access": "false",
            "python_enable_replacements": "false",
            "preserve_insertion_order": "true",
            "checkpoint_threshold": "1GB",  # `tidy` comes before
            "memory_limit": memory,
            "temp_directory": str(path.with_suffix(".tmp")),
        }
        if threads:
            settings["threads"] = threads
        self.path = path
        self._connection = _connected(path, settings)
        self._connection.execute("SET GLOBAL TimeZone = 'UTC'")
        before_consents = self._number(_BEFORE_CONSENTS) > 0
        self._connection.execute(_TABLES)
        self._connection.execute(analysts.VIEWS)
        self._connection.execute("SET lock_configuration = true")
        self._landing = threading.Lock()
        self._landed = self._number("SELECT next_row FROM raw.landed")
        if before_consents:
            self._recall_consents()

    def _recall_consents(self) -> None:
        """A file from before consent was kept beside the events: read it off them once."""
        events = self.query(
            "SELECT * EXCLUDE (profile) FROM log WHERE contains(context, '\"consent\"') OR contains(name, 'Consent')"
        )
        agreed = sayings.consents(events)
        with self._connection.cursor() as cursor:
            cursor.register("agreed", agreed)
            cursor.execute("INSERT INTO raw.consents SELECT * FROM agreed")

    def _number(self, sql: str) -> int:
        # Fetching one row only would leave its transaction open, and no checkpoint could pass it.
        return int(self._connection.execute(sql).fetchall()[0][0])

    def landed(self) -> int:
        """Rows below are in the file."""
        return self._landed

    def land(self, events: pa.Table) -> None:
        """Append a batch, what it says of traits and consent, and the cursor in one transaction."""
        with self._landing, self._connection.cursor() as cursor:
            upto = self._landed + events.num_rows
            facts, agreed = sayings.traits(events), sayings.consents(events)
            cursor.execute("BEGIN")
            try:
                cursor.register("batch", events)
                cursor.execute("INSERT INTO raw.events SELECT * FROM batch")
                if facts.num_rows:
                    cursor.register("facts", facts)
                    cursor.execute("INSERT INTO raw.traits SELECT * FROM facts")
                if agreed.num_rows:
                    cursor.register("agreed", agreed)
                    cursor.execute("INSERT INTO raw.consents SELECT * FROM agreed")
                crash.reached("land.before-cursor")
                cursor.execute("UPDATE raw.landed SET next_row = ?", [upto])
                cursor.execute("COMMIT")
            except BaseException:
                cursor.execute("ROLLBACK")
                raise
            self._landed = upto
        crash.reached("land.after")

    def tidy(self) -> None:
        """Move a long write-ahead log into the file. Landings wait meanwhile, half a second perhaps; questions don't.

        Apart from landing, so that a batch is visible before this begins: DuckDB would do it within the batch's commit.
        """
        wal = self.path.with_name(self.path.name + ".wal")
        if wal.exists() and wal.stat().st_size >= LONG_WAL:
            with contextlib.suppress(duckdb.TransactionException), self._connection.cursor() as cursor:  # next time
                cursor.execute("CHECKPOINT")

    def set_identity_map(self, identity: np.ndarray, profile: np.ndarray) -> None:
        """Replace the map in one transaction."""
        moved = pa.table({"identity": identity.astype(np.uint32), "profile": profile.astype(np.int64)})
        with self._landing, self._connection.cursor() as cursor:
            cursor.register("moved", moved)
            cursor.execute(
                "BEGIN; DELETE FROM raw.identity_map; INSERT INTO raw.identity_map SELECT * FROM moved; COMMIT"
            )

    def query(self, sql: str, parameters: Sequence[Any] | None = None) -> pa.Table:
        """Our own SQL; concurrent calls don't wait for each other."""
        with self._asked() as cursor:
            return cursor.sql(sql, params=parameters or []).to_arrow_table()

    @contextmanager
    def _asked(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor that is interrupted if whoever asks stops asking."""
        with (
            self._connection.cursor() as cursor,
            work.interruptible(cursor.interrupt, duckdb.InterruptException),
        ):
            yield cursor

    def native(self, sql: str) -> pa.Table:
        """The same as `query`: this is DuckDB."""
        return self.query(sql)

    def ask(self, expression: ir.Expr) -> pa.Table:
        """Compile an Ibis expression to DuckDB's SQL and run it."""
        import ibis  # noqa: PLC0415  # costs 0.5 s; only questions need it, and starting up must not wait for it

        return self.query(str(ibis.to_sql(expression, dialect="duckdb")))

    def column(self, expression: str, first: int, last: int) -> np.ndarray:
        """Labels of rows first..last-1 in row order (uint16). Rows that are gone (erased) are 0."""
        out = np.zeros(max(0, last - first), np.uint16)
        found = self.query(
            f'SELECT "row", CAST({expression} AS USMALLINT) AS label FROM raw.events WHERE "row" >= ? AND "row" < ?',
            [first, last],
        )
        out[found.column("row").to_numpy() - first] = found.column("label").to_numpy()
        return out

    def rows(self, rows: np.ndarray) -> pa.Table:
        """Events by row number; a joined table is ten times faster than a long IN list."""
        wanted = pa.table({"wanted": rows.astype(np.int64), "place": np.arange(len(rows))})
        with self._asked() as cursor:
            cursor.register("wanted_rows", wanted)
            low, high = (int(rows.min()), int(rows.max())) if len(rows) else (0, 0)
            return cursor.sql(
                'SELECT log.* FROM log JOIN wanted_rows ON log."row" = wanted WHERE log."row" BETWEEN ? AND ? ORDER BY place',
                params=[low, high],
            ).to_arrow_table()

    def sequence(self, first_row: int) -> Iterator[pa.Table]:
        """What the index is rebuilt from, in batches of a million rows."""
        for start in range(first_row, self._landed, BATCH):
            yield self.query(
                'SELECT "row", time, code, identity FROM raw.events WHERE "row" >= ? AND "row" < ? ORDER BY "row"',
                [start, start + BATCH],
            )

    def erase(self, identities: np.ndarray) -> None:
        """Delete the identities' events, traits and consent, then rewrite the file so that no byte of them stays."""
        gone = pa.table({"identity": identities.astype(np.uint32)})
        with self._landing, self._connection.cursor() as cursor:
            cursor.register("gone", gone)
            cursor.execute("BEGIN")
            cursor.execute("DELETE FROM raw.events WHERE identity IN (SELECT identity FROM gone)")
            cursor.execute("DELETE FROM raw.traits WHERE identity IN (SELECT identity FROM gone)")
            cursor.execute("DELETE FROM raw.consents WHERE identity IN (SELECT identity FROM gone)")
            cursor.execute("COMMIT")
            cursor.execute("CHECKPOINT")

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of one's own to the same file, to be closed by the caller."""
        return self._connection.cursor()

    def close(self) -> None:
        """Write what is in the WAL into the file and close it."""
        self._connection.close()
