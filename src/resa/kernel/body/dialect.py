"""Questions are written once, in DuckDB's SQL or in Ibis; here they become Spark's SQL."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir


@lru_cache(maxsize=512)
def spark_sql(sql: str) -> str:
    """A statement in DuckDB's SQL as Spark's."""
    import sqlglot  # noqa: PLC0415  # only a lake's questions need it

    (statement,) = sqlglot.transpile(sql, read="duckdb", write="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)
    return statement


def compile_for_spark(expression: ir.Expr) -> str:
    """An Ibis expression as Spark's SQL."""
    import ibis  # noqa: PLC0415  # half a second; only questions need it

    return str(ibis.to_sql(expression, dialect="pyspark"))
