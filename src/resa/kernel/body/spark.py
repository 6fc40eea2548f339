"""The engine that answers questions about the lake: a session on a Spark master.

pyspark is imported at the first question. Everything here speaks Spark's own SQL; `dialect` turns what was written
for DuckDB or in Ibis into it.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from resa.kernel.body import sayings
from resa.kernel.events import MONEY, SCHEMA

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

LOCAL: Final = "local[*]"

SETTINGS: Final = {
    "spark.app.name": "resa",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.scheduler.mode": "FAIR",  # questions share the cluster instead of queueing
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "65536",
    # The lake's files are listed already: no job to list them again.
    "spark.sql.sources.parallelPartitionDiscovery.threshold": "100000",
}
"""What Resa needs; everything else (memory, cores, storage) is the business of spark-defaults.conf."""

SQL_TYPES: Final = {
    pa.int64(): "bigint",
    pa.int32(): "int",
    pa.uint32(): "bigint",
    pa.uint16(): "int",
    pa.string(): "string",
    pa.bool_(): "boolean",
    MONEY: "decimal(18,4)",
}
LAKE_SCHEMA: Final = ", ".join(f"`{field.name}` {SQL_TYPES[field.type]}" for field in SCHEMA)

NOW: Final = """
SELECT {hint} e.*, coalesce(m.profile, e.identity) AS profile
  FROM {table} e LEFT JOIN moved m ON e.identity = m.identity
 WHERE coalesce(m.profile, 0) >= 0
"""
"""The internal views: the columns of a table and the profile's number now, erased ones left out."""

SAID: Final = {
    "trait_facts": ("type = 'identify' AND NOT bot", sayings.traits_of, sayings.TRAITS),
    "consent_facts": (
        "NOT bot AND (contains(name, 'Consent') OR contains(context, '\"consent\"'))",
        sayings.consents_of,
        sayings.CONSENTS,
    ),
}
"""What events say: the view, which events to look at, how a task reads them, and the columns that come of it."""

MOST_BROADCAST: Final = 2_000_000
"""Up to so many moved identities every task gets the whole map; beyond that Spark decides how to join."""


_joining: Final = threading.Lock()
_joined: Final[list[Spark]] = []
"""Who uses this process's one connection to a cluster; the last to leave gives it up."""


class Spark:
    """A session on one master with temporary views of its own. Thread-safe; a process has one master at a time."""

    def __init__(self, master: str | None = None) -> None:
        """`master` as in `spark://host:7077`; none: as many threads of this machine as it has cores."""
        self.master = master or LOCAL
        self._session: SparkSession | None = None

    @property
    def session(self) -> SparkSession:
        """The session; the first call starts a Java process and takes seconds."""
        with _joining:
            if self._session is None:
                self._session = self._connect()
                _joined.append(self)
            return self._session

    def _connect(self) -> SparkSession:
        from pyspark.sql import SparkSession  # noqa: PLC0415  # the extra `spark`; a second to import

        # Executors need this environment's packages; elsewhere than here PYSPARK_PYTHON says where they are.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        builder = SparkSession.builder.master(self.master)
        for name, value in SETTINGS.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
        if (master := session.sparkContext.master) != self.master:
            raise RuntimeError(f"This process is joined to the Spark master {master}, it can't join {self.master} too.")
        session.sparkContext.setLogLevel("ERROR")
        return session.newSession()

    def files(self, uris: Sequence[str]) -> DataFrame:
        """The events in Parquet files."""
        if not uris:
            return self.session.createDataFrame([], LAKE_SCHEMA)
        return self.session.read.schema(LAKE_SCHEMA).parquet(*uris)

    def show(self, uris: Sequence[str], identity: np.ndarray, profile: np.ndarray) -> None:
        """Make `lake` these files, `log` the same with these identities moved, and what they say views beside it."""
        moved = pa.table({"identity": identity.astype(np.int64), "profile": profile.astype(np.int64)})
        frame = self.session.createDataFrame(moved) if moved.num_rows else self.session.sql(NOBODY)
        self.files(uris).createOrReplaceTempView("lake")
        frame.createOrReplaceTempView("moved")
        hint = "/*+ BROADCAST(m) */" if moved.num_rows <= MOST_BROADCAST else ""
        self.session.sql(NOW.format(hint=hint, table="lake")).createOrReplaceTempView("log")
        for name, (which, read, columns) in SAID.items():
            told = self.session.table("lake").where(which).select(*sayings.COLUMNS)
            schema = ", ".join(f"`{column.name}` {SQL_TYPES[column.type]}" for column in columns)
            told.mapInArrow(read, schema).createOrReplaceTempView(f"{name}_said")
            self.session.sql(NOW.format(hint=hint, table=f"{name}_said")).createOrReplaceTempView(name)

    def run(self, sql: str, parameters: Sequence[Any] | None = None) -> pa.Table:
        """The answer to Spark SQL, `?` standing for the parameters in turn."""
        return self.session.sql(sql, args=list(parameters) if parameters else None).toArrow()

    def close(self) -> None:
        """Leave; once nobody of this process is left, the cluster's cores are free again."""
        with _joining:
            if self._session is not None:
                _joined.remove(self)
                if not _joined:
                    self._session.stop()
                self._session = None


NOBODY: Final = "SELECT CAST(NULL AS bigint) AS identity, CAST(NULL AS bigint) AS profile WHERE false"
