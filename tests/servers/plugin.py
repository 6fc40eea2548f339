"""Fixtures: `state` and `settings` on both engines, `postgres_url`, `spark_cluster`, `spark_session`.

A test that takes `state` (or `state_url`) runs twice, on SQLite and on PostgreSQL. So does every test of the
folders in `ON_BOTH`, or with the marker `both_states`, that takes a workspace: their `settings` name the store.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from resa.kernel.body.spark import Spark
from resa.kernel.state import State, sqlite_url

from . import postgres, spark

ON_BOTH = ("kernel", "customers")
"""Folders of tests about what is kept in the state store."""

ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]

_numbers = itertools.count(1)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line("markers", "both_states: runs on SQLite and on PostgreSQL (needs the fixture `settings`)")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what depends on `state_setting` on both engines where that is worth its time."""
    if "state_setting" not in metafunc.fixturenames:
        return
    marked = metafunc.definition.get_closest_marker("both_states") is not None
    if marked or metafunc.definition.path.parent.name in ON_BOTH:
        metafunc.parametrize("state_setting", ENGINES, indirect=True)


@pytest.fixture
def state_setting(request: pytest.FixtureRequest) -> str | None:
    """What `Settings.state` says: nothing (SQLite), or where this test is to run on PostgreSQL, its URL."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return None
    url: str = request.getfixturevalue("postgres_url")
    return url


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


@pytest.fixture(params=ENGINES)
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
        assert joined.session  # from now on: what a test opens beside it may be closed without ending it
        yield joined
        joined.close()
