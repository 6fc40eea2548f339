"""Answers as Arrow tables, which pandas and Polars take over without copying where they can."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

MOMENT: Final = pa.timestamp("ms", tz="UTC")
_SHOWN: Final = 20

Schema = Mapping[str, pa.DataType]
"""Columns of a table: also an answer without rows has them."""


class Table:
    """An answer. `arrow` is the table, `answer` all that the API said; DuckDB and others read it as an Arrow stream."""

    def __init__(self, arrow: pa.Table, answer: Any = None) -> None:
        """Wrap an Arrow table and the answer it was made of."""
        self.arrow = arrow
        self.answer = answer

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        names: list[str] = self.arrow.column_names
        return names

    def __len__(self) -> int:
        """How many rows there are."""
        return int(self.arrow.num_rows)

    def __getitem__(self, column: str) -> list[Any]:
        """The values of a column."""
        values: list[Any] = self.arrow.column(column).to_pylist()
        return values

    def rows(self) -> list[dict[str, Any]]:
        """The rows as mappings."""
        rows: list[dict[str, Any]] = self.arrow.to_pylist()
        return rows

    def to_pandas(self) -> pd.DataFrame:
        """The table as a pandas data frame; pandas is imported now, and only now."""
        return self.arrow.to_pandas()

    def to_polars(self) -> pl.DataFrame:
        """The table as a Polars data frame; Polars is imported now, and only now."""
        import polars as pl  # noqa: PLC0415  # optional

        frame = pl.from_arrow(self.arrow)
        assert isinstance(frame, pl.DataFrame)
        return frame

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The table for whoever speaks Arrow's PyCapsule protocol."""
        return self.arrow.__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        """The first rows as text."""
        shown = [self.columns, *([_text(value) for value in row.values()] for row in self._first())]
        widths = [max(len(row[place]) for row in shown) for place in range(len(self.columns))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in shown
        ]
        return "\n".join([*lines, *self._rest()])

    def _repr_html_(self) -> str:
        """The first rows as a notebook shows them."""
        head = "".join(f"<th>{escape(name)}</th>" for name in self.columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(_text(value))}</td>" for value in row.values()) + "</tr>"
            for row in self._first()
        )
        rest = "".join(f"<p>{line}</p>" for line in self._rest())
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{rest}"

    def _first(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.arrow.slice(0, _SHOWN).to_pylist()
        return rows

    def _rest(self) -> list[str]:
        return [f"and {len(self) - _SHOWN:,} more rows"] if len(self) > _SHOWN else []


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1_000 else f"{value:,.0f}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}".removesuffix(" 00:00")
    return str(value)


def made(rows: Sequence[Mapping[str, Any]], schema: Schema, answer: Any = None) -> Table:
    """A table of these columns; times may be ISO texts."""
    columns = {name: pa.array([_fit(row.get(name), kind) for row in rows], kind) for name, kind in schema.items()}
    return Table(pa.table(columns), answer)


def _fit(value: Any, kind: pa.DataType) -> Any:
    if value is None:
        return None
    if pa.types.is_timestamp(kind) and isinstance(value, str):
        return datetime.fromisoformat(value)
    if pa.types.is_floating(kind):
        return float(value)
    return value


_ENGINE: Final = {
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
    "SMALLINT": pa.int16(),
    "TINYINT": pa.int8(),
    "UBIGINT": pa.uint64(),
    "UINTEGER": pa.uint32(),
    "USMALLINT": pa.uint16(),
    "UTINYINT": pa.uint8(),
    "DOUBLE": pa.float64(),
    "FLOAT": pa.float32(),
    "BOOLEAN": pa.bool_(),
    "VARCHAR": pa.string(),
    "TIMESTAMP": pa.timestamp("us"),
    "TIMESTAMP_MS": pa.timestamp("ms"),
    "TIMESTAMP WITH TIME ZONE": pa.timestamp("us", tz="UTC"),
    "DATE": pa.date32(),
}


def asked_in_sql(answer: Mapping[str, Any]) -> Table:
    """The answer to a statement, with the engine's types; what Arrow has no plain type for (JSON, lists) stays text.

    Numbers of the answer are to be read exactly (`Decimal`), so that money stays exact.
    """
    names, rows = _distinct(answer["columns"]), answer["rows"]
    columns = [_engine_column([row[place] for row in rows], kind) for place, kind in enumerate(answer["types"])]
    return Table(pa.table(dict(zip(names, columns, strict=True))), answer)


def _distinct(names: Sequence[str]) -> list[str]:
    """Two columns of one name get numbers."""
    out: list[str] = []
    for name in names:
        out.append(
            name if name not in out else next(f"{name}_{n}" for n in range(2, 1_000) if f"{name}_{n}" not in out)
        )
    return out


def _engine_column(values: list[Any], kind: str) -> pa.Array:
    if kind.startswith("DECIMAL("):
        precision, scale = (int(part) for part in kind[8:-1].split(","))
        exact = [None if value is None else Decimal(str(value)) for value in values]
        return pa.array(exact, pa.decimal128(precision, scale))
    if kind == "HUGEINT":  # sums of whole numbers; Arrow has none so wide
        return pa.array([None if value is None else Decimal(str(value)) for value in values], pa.decimal128(38, 0))
    arrow = _ENGINE.get(kind)
    if arrow is None:
        return pa.array([None if value is None else _as_text(value) for value in values], pa.string())
    if pa.types.is_temporal(arrow):
        return pa.array(values, pa.string()).cast(arrow)
    return pa.array([_fit(value, arrow) for value in values], arrow)


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)
