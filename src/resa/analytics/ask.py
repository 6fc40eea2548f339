"""Run a checked SELECT: read-only, with caps on rows, bytes, time and how many run at once."""

from __future__ import annotations

import math
import threading
import time
from typing import Any, Final

import duckdb
import msgspec

from resa.kernel.body.duck import DuckBody
from resa.kernel.errors import Overloaded, Refused
from resa.kernel.workspace import Workspace

MOST_ROWS: Final = 10_000
MOST_BYTES: Final = 16 * 1024 * 1024
MOST_SECONDS: Final = 30.0
AT_ONCE: Final = 2

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
        return _run(workspace.body, statement, seconds)
    finally:
        _turns.release()


def _run(body: DuckBody, statement: str, seconds: float) -> Answer:
    started = time.monotonic()
    cursor = body.cursor()
    timer = threading.Timer(seconds, cursor.interrupt)
    timer.start()
    try:
        cursor.execute("BEGIN TRANSACTION READ ONLY")
        cursor.execute(statement)
        columns = [column[0] for column in cursor.description or ()]
        types = [str(column[1]) for column in cursor.description or ()]
        rows, truncated = _fetch(cursor)
    except duckdb.InterruptException:
        raise Refused(
            "sql",
            statement,
            f"took longer than {seconds:g} s.",
            "Ask for a shorter period or fewer columns.",
            code="sql_timeout",
        ) from None
    except duckdb.OutOfMemoryException:
        raise Refused(
            "sql",
            statement,
            "needs more memory than a question may have.",
            "Group or limit earlier.",
            code="sql_memory",
        ) from None
    except duckdb.Error as error:
        raise Refused(
            "sql", statement, "the engine refused it.", str(error).splitlines()[0], code="sql_error"
        ) from None
    finally:
        timer.cancel()
        cursor.close()
    took = round((time.monotonic() - started) * 1000)
    return Answer(columns=columns, rows=rows, truncated=truncated, took_ms=took, types=types)


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
