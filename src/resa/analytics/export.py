"""Answers as files: CSV that no spreadsheet takes for formulas, and Parquet."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from litestar import Response

Format = Literal["csv", "parquet"]
TYPES: Final = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet may read as the beginning of a formula, or skip on the way to one."""

Rows = Sequence[Mapping[str, Any]]


def file(rows: Rows, form: Format) -> bytes:
    """The rows as a file; their first names the columns."""
    return _csv(rows) if form == "csv" else _parquet(rows)


def table(found: pa.Table, form: Format) -> bytes:
    """A table as a file: Parquet keeps its types; in CSV lists and objects are JSON."""
    return _table_csv(found) if form == "csv" else _write(found)


def answer(content: bytes, name: str, form: Format) -> Response[bytes]:
    """The file as what a route answers."""
    disposition = f'attachment; filename="{name}.{form}"'
    return Response(content, media_type=TYPES[form], headers={"Content-Disposition": disposition})


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


def _table_csv(found: pa.Table) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([safe(name) for name in found.column_names])
    for batch in found.to_batches(max_chunksize=10_000):
        columns = [column.to_pylist() for column in batch.columns]
        writer.writerows([safe(_cell(value)) for value in row] for row in zip(*columns, strict=True))
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    return msgspec.json.encode(value, enc_hook=str).decode() if isinstance(value, list | tuple | dict) else value


def _parquet(rows: Rows) -> bytes:
    return _write(pa.Table.from_pylist([dict(row) for row in rows]))


def _write(found: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(found, sink, compression="zstd")
    return sink.getvalue()
