"""A map's rules say the same of every event in Spark's SQL as in Python, however hostile names and values are."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from resa.journeys import rules
from resa.kernel.body.spark import Spark
from resa.kernel.matching import Match
from tests.journeys.test_rules import events, expected, journey_of, matches

pytestmark = [pytest.mark.spark, pytest.mark.full, pytest.mark.timeout(900)]

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
MAPS = st.lists(st.lists(st.lists(matches, min_size=1, max_size=2), min_size=1, max_size=4), min_size=6, max_size=6)


@settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=SLOW, phases=[Phase.generate])
@given(maps=MAPS, found=st.lists(events, min_size=40, max_size=60))
def test_spark_and_python_label_every_event_alike(
    spark_session: Spark, maps: list[list[list[Match]]], found: list[dict[str, Any]]
) -> None:
    """Six maps in one query: to Spark they cost little more than one."""
    journeys = [journey_of(touchpoints) for touchpoints in maps]
    kinds = {"simulated": pa.bool_()}
    columns = {name: pa.array([event[name] for event in found], kinds.get(name, pa.string())) for name in found[0]}
    given_events = pa.table({**columns, "row": pa.array(range(len(found)), pa.int64())})
    session = spark_session.session
    session.createDataFrame(given_events).createOrReplaceTempView("given")
    labels = ", ".join(f"CAST({rules.labels(journey, 'spark')} AS int) AS l{n}" for n, journey in enumerate(journeys))
    log = "SELECT * EXCEPT (revenue), CAST(revenue AS DECIMAL(18, 4)) AS revenue FROM given"
    answer = session.sql(f"SELECT {labels} FROM ({log}) ORDER BY `row`").toArrow()
    for number, journey in enumerate(journeys):
        assert answer.column(f"l{number}").to_pylist() == [expected(journey, event) for event in found], journey
