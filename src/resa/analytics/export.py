"""Answers as files: CSV that no spreadsheet takes for formulas, and Parquet."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import pyarrow as pa
import pyarrow.parquet as pq

Format = Literal["csv", "parquet"]
TYPES: Final = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet may read as the beginning of a formula, or skip on the way to one."""

Rows = Sequence[Mapping[str, Any]]


def file(rows: Rows, form: Format) -> bytes:
    """The rows as a file; their first names the columns."""
    return _csv(rows) if form == "csv" else _parquet(rows)


def safe(value: Any) -> Any:
    """A value as a cell: a text that begins like a formula is quoted with an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _csv(rows: Rows) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    if rows:
        writer.writerow([safe(name) for name in rows[0]])
    writer.writerows([safe(value) for value in row.values()] for row in rows)
    return text.getvalue().encode()


def _parquet(rows: Rows) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), sink, compression="zstd")
    return sink.getvalue()
