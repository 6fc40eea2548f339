"""The body when one machine is outgrown: a Parquet lake on storage that every machine sees, asked by Spark.

Landing and looking up rows need no cluster, so the log keeps moving while it is away. The list of files is the
truth (`manifest`); small files are merged as they come, like the levels of a log-structured tree.
"""

from __future__ import annotations

import math
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from resa.kernel import crash
from resa.kernel.body.dialect import compile_for_spark, spark_sql
from resa.kernel.body.manifest import LakeFile, Listing, Manifest, Outrun
from resa.kernel.body.spark import Spark
from resa.kernel.body.storage import Storage
from resa.kernel.events import SCHEMA
from resa.kernel.state import State

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from pyspark.sql import DataFrame

FOLDER: Final = "events"
BATCH: Final = 1_000_000
"""Rows a rebuild of the journey index reads at a time."""

MERGE: Final = 8
"""Files of one month and one order of magnitude that are merged into one."""
MOST_MERGED: Final = 1_000_000
"""Rows a merged file may have; it bounds the memory of a merge."""
GRACE_SECONDS: Final = 600.0
"""How long a merged-away file stays for questions that still read it, and an unlisted one for whoever writes it."""

SEQUENCE: Final = ["row", "time", "code", "identity"]
GONE: Final = "FILE_NOT_EXIST"
"""In Spark's error when a file was deleted under a question (an erasure does not wait)."""


class LakeBody:
    """All history as Parquet files. Thread-safe; one process (the leader) lands, merges and erases."""

    dialect = "spark"
    """The SQL that `column` takes."""

    def __init__(self, root: str, state: State, spark: Spark | str | None = None) -> None:
        """Open or begin the lake at `root`, its list of files in `state`; `spark` (or a master's URL) answers questions."""
        self._storage = Storage(root)
        self._manifest = Manifest(state)
        self.spark = spark if isinstance(spark, Spark) else Spark(spark)
        self._changing = threading.RLock()
        self._showing = threading.Lock()
        self._moved: tuple[np.ndarray, np.ndarray] = (np.empty(0, np.uint32), np.empty(0, np.int64))
        self._map_version = 0
        self._shown: tuple[int, int] | None = None
        self._landed = self._manifest.head()[1]
        self._sweep_unlisted()

    # -- landing --------------------------------------------------------------------------------------------------

    def landed(self) -> int:
        """Rows below are in the lake."""
        return self._landed

    def land(self, events: pa.Table) -> None:
        """Write a file for each month in the batch and commit them with the cursor; rows landed before are skipped."""
        with self._changing:
            landed = self._landed
            events = _rows_from(events, landed)
            if not events.num_rows:
                return
            first, last = _ends(events)
            if first != landed:
                raise ValueError(f"The next row to land is {landed}, the batch begins at {first}.")
            added = [self._write(month, part) for month, part in _by_month(events)]
            crash.reached("land.before-cursor")
            self._manifest.append(added, landed=landed, to=last + 1)
            self._landed = last + 1
            crash.reached("land.after")
            self.merge()

    def _write(self, month: str, events: pa.Table) -> LakeFile:
        first, last = _ends(events)
        path = f"{FOLDER}/month={month}/{first:012d}-{last:012d}-{uuid.uuid4().hex[:12]}.parquet"
        size = self._storage.write(path, events)
        return LakeFile(path, month, first, last, events.num_rows, size)

    def _read(self, file: LakeFile, columns: Sequence[str] | None = None) -> pa.Table:
        path = self._storage.path(file.path)
        names = None if columns is None else list(columns)
        return pq.read_table(path, filesystem=self._storage.filesystem, columns=names, partitioning=None)

    # -- upkeep ---------------------------------------------------------------------------------------------------

    def merge(self) -> None:
        """Merge small files where enough of one size have come together."""
        with self._changing:
            for month, group in _mergeable(self._manifest.listing()):
                merged = pa.concat_tables([self._read(file) for file in group]).sort_by("row")
                self._manifest.swap(group, [self._write(month, merged)])
            self._delete_replaced(GRACE_SECONDS)

    def erase(self, identities: np.ndarray) -> None:
        """Rewrite each file that holds events of these identities without them, and delete the old one at once."""
        with self._changing:
            gone = pa.array(np.unique(identities).astype(np.uint32))
            for file in self._manifest.listing().files:
                hit = pc.is_in(self._read(file, ["identity"]).column("identity"), gone)
                if not pc.any(hit).as_py():
                    continue
                kept = self._read(file).filter(pc.invert(hit))
                self._manifest.swap([file], [self._write(file.month, kept)] if kept.num_rows else [])
            self._delete_replaced(0)

    def _delete_replaced(self, grace: float) -> None:
        paths = self._manifest.replaced(int((time.time() - grace) * 1000) + 1)
        for path in paths:
            self._storage.delete(path)
        self._manifest.forget(paths)

    def _sweep_unlisted(self) -> None:
        """Delete what a crash left behind: files that were written but never committed."""
        old = time.time() - GRACE_SECONDS
        candidates = [path for path, changed in self._storage.files(FOLDER) if changed < old]
        known = self._manifest.known()
        for path in candidates:
            if path not in known:
                self._storage.delete(path)

    # -- questions ------------------------------------------------------------------------------------------------

    def tidy(self) -> None:
        """Nothing: small files are merged with a landing."""

    def set_identity_map(self, identity: np.ndarray, profile: np.ndarray) -> None:
        """From the next question on these identities belong to these profiles."""
        with self._showing:
            self._moved = (identity.astype(np.uint32), profile.astype(np.int64))
            self._map_version += 1

    def query(self, sql: str, parameters: Sequence[Any] | None = None) -> pa.Table:
        """Our own SQL (DuckDB's dialect, as for the embedded body), answered by Spark."""
        return self._run(spark_sql(sql), parameters)

    def native(self, sql: str) -> pa.Table:
        """Spark's own SQL."""
        return self._run(sql)

    def ask(self, expression: ir.Expr) -> pa.Table:
        """An Ibis expression, answered by Spark."""
        return self._run(compile_for_spark(expression))

    def frame(self, sql: str) -> DataFrame:
        """Spark's SQL over `log`, not yet run."""
        self.refresh()
        return self.spark.session.sql(sql)

    def _run(self, sql: str, parameters: Sequence[Any] | None = None) -> pa.Table:
        self.refresh()
        try:
            return self.spark.run(sql, parameters)
        except Exception as error:
            if GONE not in str(error):
                raise
        self.refresh(force=True)
        return self.spark.run(sql, parameters)

    def refresh(self, *, force: bool = False) -> None:
        """Let the views `lake` and `log` be the files and the identity map of this moment."""
        version, _ = self._manifest.head()
        with self._showing:
            if not force and self._shown == (version, self._map_version):
                return
            listing = self._manifest.listing()
            self.spark.show([self._storage.uri(file.path) for file in listing.files], *self._moved)
            self._shown = (listing.version, self._map_version)

    def column(self, expression: str, first: int, last: int) -> np.ndarray:
        """Labels of rows first..last-1 in row order (uint16), computed by Spark; rows that are gone are 0."""
        out = np.zeros(max(0, last - first), np.uint16)
        uris = [self._storage.uri(file.path) for file in self._manifest.listing().holding(first, last)]
        label = f"CAST(({expression}) AS int) AS label"
        frame = self.spark.files(uris).where(f"row >= {first} AND row < {last}").selectExpr("row", label)
        found = frame.where("label <> 0").toArrow()
        out[found.column("row").to_numpy() - first] = found.column("label").to_numpy()
        return out

    # -- rows, without a cluster ------------------------------------------------------------------------------------

    def rows(self, rows: np.ndarray) -> pa.Table:
        """Events by row number, in the order asked for: only the row groups that hold them are read."""
        wanted = np.asarray(rows, np.int64)
        files = [file for file in self._manifest.listing().files if _holds_any(file, np.sort(wanted))]
        found = self._dataset(files).to_table(filter=ds.field("row").isin(pa.array(wanted)))
        found = found.append_column("profile", pa.array(self._profiles(found.column("identity").to_numpy())))
        found = found.filter(pc.greater_equal(found.column("profile"), 0)).sort_by("row")
        numbers = found.column("row").to_numpy()
        if not len(numbers):
            return found
        at = np.minimum(np.searchsorted(numbers, wanted), len(numbers) - 1)
        return found.take(at[numbers[at] == wanted])

    def sequence(self, first_row: int) -> Iterator[pa.Table]:
        """What the index is rebuilt from, in batches of about a million rows."""
        listing = self._manifest.listing()
        for start in range(first_row, listing.landed, BATCH):
            inside = (ds.field("row") >= start) & (ds.field("row") < start + BATCH)
            files = listing.holding(start, start + BATCH)
            yield self._dataset(files).to_table(columns=SEQUENCE, filter=inside).sort_by("row")

    def _dataset(self, files: Sequence[LakeFile]) -> ds.Dataset:
        paths = [self._storage.path(file.path) for file in files]
        return ds.dataset(paths, schema=SCHEMA, filesystem=self._storage.filesystem, format="parquet")

    def _profiles(self, identities: np.ndarray) -> np.ndarray:
        moved, profile = self._moved
        out = identities.astype(np.int64)
        if len(moved):
            order = np.argsort(moved)
            at = np.minimum(np.searchsorted(moved, identities, sorter=order), len(moved) - 1)
            hit = moved[order[at]] == identities
            out[hit] = profile[order[at[hit]]]
        return out

    def close(self) -> None:
        """Leave the cluster; the files need no closing."""
        self.spark.close()


def _ends(events: pa.Table) -> tuple[int, int]:
    ends = pc.min_max(events.column("row")).as_py()
    return int(ends["min"]), int(ends["max"])


def _rows_from(events: pa.Table, row: int) -> pa.Table:
    """The part of a batch that is new; a replay after a crash hands over what landed before."""
    return events.filter(pc.greater_equal(events.column("row"), row)).cast(SCHEMA)


def _by_month(events: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """The events of each month (UTC) in the batch, in row order."""
    months = events.column("time").to_numpy().astype("datetime64[ms]").astype("datetime64[M]")
    for month in np.unique(months):
        yield str(month), events.filter(pa.array(months == month)).sort_by("row")


def _mergeable(listing: Listing) -> Iterator[tuple[str, list[LakeFile]]]:
    """Groups of files of one month whose sizes have the same order of magnitude, oldest first."""
    levels: dict[tuple[str, int], list[LakeFile]] = defaultdict(list)
    for file in listing.files:
        levels[file.month, int(math.log(file.events, MERGE))].append(file)
    for (month, _), group in levels.items():
        if len(group) >= MERGE and sum(file.events for file in group) <= MOST_MERGED:
            yield month, group


def _holds_any(file: LakeFile, ascending: np.ndarray) -> bool:
    low, high = np.searchsorted(ascending, [file.first_row, file.last_row + 1])
    return bool(high > low)


__all__ = ["LakeBody", "Outrun"]
