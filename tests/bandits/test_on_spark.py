"""DuckDB and Spark over a lake say the same of logged decisions and what came of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from resa.experiments.bandits.logged import Reward, Where, read, statement
from resa.kernel.body.duck import DuckBody
from resa.kernel.body.lake import LakeBody
from resa.kernel.body.spark import Spark
from resa.kernel.decoding import decode
from resa.kernel.metrics.definition import Events
from resa.kernel.periods import Period
from resa.kernel.state import State, sqlite_url
from tests.metrics.asked import Parts, events
from tests.metrics.histories import NOW, START
from tests.results.histories import history

IDENTITIES = 24
WHERE = Where(experiment="offer")
REWARDS = (
    Reward(events=decode(Events, events("Order Completed")), property="revenue", currency="EUR", within=5 * 86_400),
    Reward(events=decode(Events, events("Product Viewed", "Product Added")), within=3_600),
)


def landed(body: DuckBody | LakeBody, folder: Path) -> Parts:
    """The same history, with a merge."""
    parts = Parts(body, folder, IDENTITIES)
    parts.land(history(21, 600, IDENTITIES))
    parts.move({4: 3, 3: 3})
    return parts


def test_the_reward_is_what_came_in_time_after_the_first_exposure(tmp_path: Path) -> None:
    """Against a walk decision by decision."""
    body = DuckBody(tmp_path / "body.duckdb", threads=1)
    parts = landed(body, tmp_path / "journeys")
    found = read(body, WHERE, REWARDS[1], ["device"], Period(START, NOW), NOW, simulated=True)
    rows = body.query(
        statement("duckdb", WHERE, REWARDS[1], ["device"], Period(START, NOW), simulated=True)
    ).to_pylist()
    profiles, checked = parts.profiles, 0
    shown = {row["row"]: row for row in parts.rows}
    for decided in rows:
        moment = shown[decided["at"]]["time"]
        came = [
            row
            for row in parts.rows
            if profiles[row["identity"]] == decided["profile"]
            and moment < row["time"] <= moment + 3_600_000
            and row["type"] == "track"
            and row["name"] in ("Product Viewed", "Product Added")
            and not row["bot"]
        ]
        assert decided["reward"] == float(bool(came))
        checked += 1
    assert checked > 15
    assert found.log.size > 10
    assert (found.log.probability == 0.5).all()
    body.close()


@pytest.fixture
def both(spark_session: Spark, tmp_path: Path) -> Iterator[tuple[Parts, Parts]]:
    """The same, in a DuckDB file and in a lake."""
    duck, state = DuckBody(tmp_path / "body.duckdb"), State.open(sqlite_url(tmp_path))
    lake = LakeBody(str(tmp_path / "lake"), state, spark_session)
    yield landed(duck, tmp_path / "one"), landed(lake, tmp_path / "other")
    duck.close()
    state.close()


@pytest.mark.spark
@pytest.mark.full
@pytest.mark.timeout(900)
def test_logged_decisions_are_the_same_on_duckdb_and_spark(both: tuple[Parts, Parts]) -> None:
    for where in (WHERE, Where(placement="home")):
        for reward in REWARDS:
            answers = [
                parts.body.native(
                    statement(
                        parts.body.dialect, where, reward, ["device", "channel"], Period(START, NOW), simulated=False
                    )
                ).to_pylist()
                for parts in both
            ]
            assert answers[0] == answers[1]
