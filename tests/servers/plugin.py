"""Fixtures: `state` on both engines, `postgres_url`, `spark_cluster`.

A test that takes `state` (or `state_url`) runs twice, on SQLite and on PostgreSQL.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from resa.kernel.body.spark import Spark
from resa.kernel.state import State, sqlite_url

from . import postgres, spark

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Postgres]:
    """One PostgreSQL for the session, fsync off."""
    try:
        server = postgres.Postgres()
    except postgres.Unavailable as reason:
        pytest.skip(f"no PostgreSQL: {reason}")
    yield server
    server.stop()


@pytest.fixture
def postgres_url(postgres_server: postgres.Postgres) -> Iterator[str]:
    """The URL of an empty database of the test's own."""
    name = f"test_{next(_numbers)}"
    yield postgres_server.database(name)
    postgres_server.drop(name)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def state_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty state store, on each engine in turn."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path)
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def state(state_url: str) -> Iterator[State]:
    """An open state store with all its tables, on each engine in turn."""
    opened = State.open(state_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def spark_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[spark.Cluster]:
    """A standalone master and two workers for the session."""
    try:
        cluster = spark.Cluster(tmp_path_factory.mktemp("spark"))
    except spark.Unavailable as reason:
        pytest.skip(f"no Spark cluster: {reason}")
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def spark_session(spark_cluster: spark.Cluster) -> Iterator[Spark]:
    """This process as the driver of the cluster; one for all tests, since joining takes its time."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in spark_cluster.environment.items():
            patch.setenv(name, value)
        joined = Spark(spark_cluster.master)
        yield joined
        joined.close()
