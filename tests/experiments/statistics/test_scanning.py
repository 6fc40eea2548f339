"""Moments from a table in one scan are those of the values."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from resa.experiments.statistics import Fixed, Measure, Moments, Quotient, read, scanning

MEASURES = (
    Measure("mean", "spent today", covariates=(Quotient("before"),)),
    Measure("ratio", "spent today", "visits"),
    Measure("proportion", "bought"),
)


def table(far: float = 0.0) -> pa.Table:
    dice = np.random.default_rng(1)
    n = 5_000
    spent = np.round(dice.lognormal(2, 1, n) * (dice.random(n) < 0.3), 2)
    return pa.table(
        {
            "arm": dice.choice(["old", "new"], n),
            "spent today": spent + far,
            "before": dice.gamma(2, 3, n) + far,
            "visits": 1 + dice.poisson(2, n),
            "bought": spent > 0,
        }
    )


@pytest.mark.parametrize("far", [0.0, 1e7])
def test_one_scan_reads_as_the_values_do(far: float) -> None:
    units = table(far)
    asked: list[str] = []
    connection = duckdb.connect()
    connection.register("units", units)

    def ask(sql: str) -> list[dict[str, Any]]:
        asked.append(sql)
        return list(connection.sql(sql).to_arrow_table().to_pylist())

    found = scanning.moments(ask, "units", "arm", MEASURES)
    assert len(asked) == 2, "a glance at the first rows, and the scan"
    arms = units.column("arm").to_numpy(zero_copy_only=False)
    values = {
        name: np.asarray(units.column(name).to_numpy(zero_copy_only=False), float) for name in units.column_names[1:]
    }
    plain = {arm: Moments.of({name: column[arms == arm] for name, column in values.items()}) for arm in ("old", "new")}
    for measure in MEASURES:
        scanned, wanted = (read(measure, some["old"], some["new"], Fixed()) for some in (found, plain))
        assert (*scanned.difference, scanned.p) == pytest.approx((*wanted.difference, wanted.p), rel=1e-7)
        skewness, known = (some["old"].only(["spent today"]).skewness for some in (found, plain))
        assert skewness == pytest.approx(known, rel=1e-5)


def test_a_unit_without_a_value_did_nothing() -> None:
    units = pa.table({"arm": [0, 0, 1, 1], "x": [None, 4.0, 1.0, 2.0]})
    connection = duckdb.connect()
    connection.register("units", units)
    found = scanning.moments(
        lambda sql: connection.sql(sql).to_arrow_table().to_pylist(), "units", "arm", [Measure("mean", "x")]
    )
    assert [float(found[arm].mean[0]) for arm in (0, 1)] == [2.0, 1.5]
