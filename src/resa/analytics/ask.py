"""Run a checked SELECT: read-only, with caps on rows, bytes, time and how many run at once."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, Final

import duckdb
import msgspec
import pyarrow as pa

from resa.kernel import work
from resa.kernel.body.duck import DuckBody
from resa.kernel.errors import Overloaded, Refused
from resa.kernel.workspace import Workspace

MOST_ROWS: Final = 10_000
MOST_BYTES: Final = 16 * 1024 * 1024
MOST_SECONDS: Final = 30.0
AT_ONCE: Final = 2
MOST_FILE_ROWS: Final = 250_000
MOST_FILE_BYTES: Final = 128 * 1024 * 1024
_BATCH: Final = 10_000
_ZONED: Final = "TIMESTAMP WITH TIME ZONE"

_turns: Final = threading.BoundedSemaphore(AT_ONCE)
_encode: Final = msgspec.json.Encoder(decimal_format="number", enc_hook=str).encode


class Answer(msgspec.Struct, kw_only=True):
    """Columns by name, rows of values. `truncated` if there was more than may be shown. `types`: the engine's, by column."""

    columns: list[str]
    rows: list[msgspec.Raw]
    truncated: bool
    took_ms: int
    types: list[str]


def ask(workspace: Workspace, sql: str, *, seconds: float = MOST_SECONDS) -> Answer:
    """Answer one SELECT. Raises Refused for what may not be asked, can't be read or takes too long."""
    started = time.monotonic()
    with _asked(workspace, sql, seconds) as (cursor, statement):
        cursor.execute(statement)
        columns = [column[0] for column in cursor.description or ()]
        types = [str(column[1]) for column in cursor.description or ()]
        rows, truncated = _fetch(cursor)
    took = round((time.monotonic() - started) * 1000)
    return Answer(columns=columns, rows=rows, truncated=truncated, took_ms=took, types=types)


def ask_for_file(workspace: Workspace, sql: str, *, seconds: float = MOST_SECONDS) -> pa.Table:
    """The whole answer to one SELECT, for a file. Raises Refused as `ask`, and for more than a file may hold."""
    with _asked(workspace, sql, seconds) as (cursor, statement):
        batches, rows, size = [], 0, 0
        reader: Any = cursor.sql(statement).to_arrow_reader(_BATCH)
        for batch in reader:
            work.check()
            rows, size = rows + batch.num_rows, size + batch.nbytes
            if rows > MOST_FILE_ROWS or size > MOST_FILE_BYTES:
                most = f"a file holds at most {MOST_FILE_ROWS:,} rows and {MOST_FILE_BYTES // 2**20} MB."
                raise Refused("sql", sql, most, "Group or limit what is asked for.", code="sql_too_much")
            batches.append(batch)
        return pa.Table.from_batches(batches, reader.schema)


@contextmanager
def _asked(workspace: Workspace, sql: str, seconds: float) -> Iterator[tuple[duckdb.DuckDBPyConnection, str]]:
    """A cursor and the checked statement to run on it, while its turn lasts."""
    from resa.analytics.statement import checked  # noqa: PLC0415  # its parser costs a start 0.5 s and 30 MB

    statement = checked(sql)
    if not isinstance(workspace.body, DuckBody):
        raise Refused(
            "sql",
            sql,
            "on a lake SQL is asked of its engine.",
            "See docs/scale-out.md.",
            code="sql_elsewhere",
            status=501,
        )
    if not _turns.acquire(timeout=5):
        raise Overloaded(f"{AT_ONCE} questions are being answered already.", retry_after=5)
    try:
        with closing(workspace.body.cursor()) as cursor, _refusals(statement, seconds), _in_time(cursor, seconds):
            cursor.execute("BEGIN TRANSACTION READ ONLY")
            yield cursor, _without_zones(cursor, statement)
    finally:
        _turns.release()


@contextmanager
def _in_time(cursor: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """Interrupt it when its time is over, or whoever asks stops asking."""
    timer = threading.Timer(seconds, cursor.interrupt)
    timer.start()
    try:
        with work.interruptible(cursor.interrupt, duckdb.InterruptException):
            yield
    finally:
        timer.cancel()


@contextmanager
def _refusals(statement: str, seconds: float) -> Iterator[None]:
    """The engine's errors in the words of a refusal."""
    try:
        yield
    except duckdb.InterruptException:
        late = f"took longer than {seconds:g} s."
        raise Refused(
            "sql", statement, late, "Ask for a shorter period or fewer columns.", code="sql_timeout"
        ) from None
    except duckdb.OutOfMemoryException:
        needs = "needs more memory than a question may have."
        raise Refused("sql", statement, needs, "Group or limit earlier.", code="sql_memory") from None
    except duckdb.Error as error:
        said = str(error).splitlines()[0]
        raise Refused("sql", statement, "the engine refused it.", said, code="sql_error") from None


def _without_zones(cursor: duckdb.DuckDBPyConnection, statement: str) -> str:
    """The statement with its times in UTC without a zone, as the views have theirs: `now()` has one, which Python's side
    of the engine can't read without a further library.
    """
    told = cursor.execute(f"DESCRIBE {statement}").fetchall()
    types = [str(column[1]) for column in told]
    if not any(_ZONED in kind for kind in types):
        return statement
    names = [f"c{place}" for place in range(len(types))]
    columns = ", ".join(
        f'CAST({name} AS {kind.replace(_ZONED, "TIMESTAMP")}) AS "{str(column[0]).replace(chr(34), chr(34) * 2)}"'
        for name, kind, column in zip(names, types, told, strict=True)
    )
    return f"SELECT {columns} FROM ({statement}) AS answer({', '.join(names)})"


def _fetch(cursor: duckdb.DuckDBPyConnection) -> tuple[list[msgspec.Raw], bool]:
    rows: list[msgspec.Raw] = []
    size = 0
    while found := cursor.fetchmany(500):
        for row in found:
            encoded = _encode(_plain(row))
            size += len(encoded)
            if len(rows) >= MOST_ROWS or size > MOST_BYTES:
                return rows, True
            rows.append(msgspec.Raw(encoded))
    return rows, False


def _plain(row: tuple[Any, ...]) -> list[Any]:
    """Values JSON can carry: not-a-number and infinities become null, the keys of maps text."""
    return [_value(value) for value in row]


def _value(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {str(key): _value(each) for key, each in value.items()}
    return [_value(each) for each in value] if isinstance(value, list) else value
