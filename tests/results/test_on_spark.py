"""DuckDB and Spark over a lake say the same of who was exposed and what they came to, to the last bit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from resa.experiments.results.exposures import Statements
from resa.kernel.body.duck import DuckBody
from resa.kernel.body.lake import LakeBody
from resa.kernel.body.spark import Spark
from resa.kernel.state import State, sqlite_url
from tests.metrics.asked import Parts
from tests.results.histories import READ, WANTED, all_totals, history
from tests.results.test_totals import EDGES, IDENTITIES, merged

pytestmark = [pytest.mark.spark, pytest.mark.full, pytest.mark.timeout(900)]


@pytest.fixture
def both(spark_session: Spark, tmp_path: Path) -> Iterator[tuple[Parts, Parts]]:
    """The same, in a DuckDB file and in a lake."""
    duck, state = DuckBody(tmp_path / "body.duckdb"), State.open(sqlite_url(tmp_path))
    lake = LakeBody(str(tmp_path / "lake"), state, spark_session)
    yield Parts(duck, tmp_path / "one", IDENTITIES), Parts(lake, tmp_path / "other", IDENTITIES)
    duck.close()
    state.close()


def test_exposures_and_totals_are_the_same_on_duckdb_and_spark(both: tuple[Parts, Parts]) -> None:
    rows = history(11, 500, IDENTITIES)
    for parts in both:
        parts.land(rows)
        parts.move(merged(11))
    (one, totals), (other, also) = (all_totals(parts, EDGES) for parts in both)
    for field in ("profile", "unit", "arm", "first", "crossed", "crossed_first", "assigned"):
        assert np.array_equal(getattr(one, field), getattr(other, field)), field
    assert one.size > 5
    for place, metric in enumerate(READ):
        mine, its = totals[str(place)], also[str(place)]
        assert np.array_equal(mine.x, its.x), metric
        assert np.array_equal(mine.y, its.y), metric
        assert np.array_equal(mine.changes.columns["x"], its.changes.columns["x"]), metric
    firsts = [
        dict(zip(table.column(0).to_pylist(), table.column(1).to_pylist(), strict=True))
        for table in (parts.body.native(Statements(parts.body.dialect, WANTED).first_of("device")) for parts in both)
    ]
    assert firsts[0] == firsts[1]
    assert len(firsts[0]) > 5
