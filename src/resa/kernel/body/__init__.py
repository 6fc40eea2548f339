"""The body: all history, as the table `events`, asked set questions. One DuckDB file by default; a Parquet lake when outgrown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    import ibis.expr.types as ir


class Body(Protocol):
    """What both bodies do. The internal view `log` has `events.SCHEMA` and `profile`, the profile's number now (erased ones left out).

    `trait_facts` and `consent_facts` have what events say, one row for each thing said (`sayings`), with `profile` too.
    """

    dialect: str
    """The SQL that `column` is asked in: `duckdb` or `spark`."""

    def landed(self) -> int:
        """Rows below are in the body."""
        ...

    def land(self, events: pa.Table) -> None:
        """Append the next rows (from `landed()` on) and move the cursor, in one commit."""
        ...

    def tidy(self) -> None:
        """Do what is due now and then and takes a while, such as moving a write-ahead log into its file."""
        ...

    def set_identity_map(self, identity: np.ndarray, profile: np.ndarray) -> None:
        """The identities whose profile is another one now (-1: erased), replacing what was said before."""
        ...

    def query(self, sql: str, parameters: Sequence[Any] | None = None) -> pa.Table:
        """Our own SQL over `log`."""
        ...

    def native(self, sql: str) -> pa.Table:
        """Our own SQL over `log`, written in `dialect`: for what no translation knows, such as the tests of a match."""
        ...

    def ask(self, expression: ir.Expr) -> pa.Table:
        """An Ibis expression over the unbound table `questions.log`."""
        ...

    def column(self, expression: str, first: int, last: int) -> np.ndarray:
        """A SQL expression over `log`'s own columns for rows first..last-1, in row order, as uint16."""
        ...

    def rows(self, rows: np.ndarray) -> pa.Table:
        """Whole events by row number, in the order asked for."""
        ...

    def sequence(self, first_row: int) -> Iterator[pa.Table]:
        """(row, time, code, identity) in row order from `first_row` on: what the journey index is rebuilt from."""
        ...

    def erase(self, identities: np.ndarray) -> None:
        """Take every event of these identities out of the store for good."""
        ...

    def close(self) -> None:
        """Give files and connections back."""
        ...
