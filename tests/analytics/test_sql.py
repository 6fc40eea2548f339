"""SQL: anything may be asked of the views, and nothing but a question."""

from __future__ import annotations

import csv
import io
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import httpx
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from resa.analytics import ask
from resa.analytics.statement import checked
from resa.kernel.errors import Refused
from resa.kernel.workspace import Workspace
from resa.settings import Settings
from tests.cast import Cast
from tests.kernel.making import BEGINNING, draft, identify

ALLOWED = [
    "SELECT 1",
    "select count(*) from events;",
    "FROM events SELECT name, count(*) GROUP BY ALL",
    "WITH buyers AS (SELECT profile FROM events WHERE revenue > 0) SELECT count(DISTINCT profile) FROM buyers",
    "SELECT properties ->> 'plan' AS plan, sum(revenue) FROM events GROUP BY 1 HAVING sum(revenue) > 1 ORDER BY 2 DESC LIMIT 5",
    "SELECT * EXCLUDE (properties, context) FROM events QUALIFY row_number() OVER (PARTITION BY profile ORDER BY time) = 1",
    "SELECT e.name FROM events e JOIN profiles p USING (profile) WHERE p.traits ->> 'plan' = 'pro' UNION ALL SELECT name FROM journeys",
    "SELECT date_trunc('week', time) AS week, quantile_cont(revenue, 0.9), arg_max(name, time), count(*) FILTER (WHERE bot) FROM events GROUP BY 1",
    "SELECT x FROM range(10) t(x)",
    "SELECT session, count(*) FROM events GROUP BY session",
    "SELECT count(*) FROM events WHERE time > now() - INTERVAL 30 DAY",
    "SELECT current_date, today(), current_time, localtime, localtimestamp, age(time) FROM events",
]

HOSTILE = [
    "",
    ";",
    "SELECT 1; SELECT 2",
    "DROP TABLE raw.events",
    "DELETE FROM events",
    "UPDATE events SET name = 'x'",
    "INSERT INTO events SELECT * FROM events",
    "CREATE TABLE t AS SELECT 1",
    "CREATE MACRO f() AS 1",
    "COPY (SELECT 1) TO '/tmp/out.csv'",
    "COPY events TO '/tmp/out.csv'",
    "EXPORT DATABASE '/tmp/out'",
    "IMPORT DATABASE '/tmp/out'",
    "ATTACH '/tmp/x.db' AS x",
    "DETACH raw",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET memory_limit = '100GB'",
    "RESET memory_limit",
    "PRAGMA database_list",
    "CALL pragma_version()",
    "EXPLAIN SELECT 1",
    "DESCRIBE events",
    "SHOW TABLES",
    "USE raw",
    "VACUUM",
    "CHECKPOINT",
    "BEGIN",
    "PREPARE q AS SELECT 1",
    "EXECUTE q",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_csv_auto('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM read_json('/etc/passwd')",
    "SELECT * FROM read_parquet('s3://bucket/x')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM 'https://example.com/x.parquet'",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM parquet_metadata('/etc/passwd')",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('raw.events')",
    "SELECT * FROM sqlite_scan('state.sqlite', 'users')",
    "SELECT * FROM raw.events",
    "SELECT * FROM raw.traits",
    "SELECT * FROM main.events",
    "SELECT * FROM body.raw.events",
    "SELECT * FROM log",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM pg_catalog.pg_tables",
    "SELECT * FROM sqlite_master",
    "SELECT (SELECT count(*) FROM raw.events)",
    "WITH events AS (SELECT * FROM raw.events) SELECT * FROM events",
    "SELECT * FROM events WHERE name IN (SELECT name FROM raw.events)",
    "SELECT * FROM events, LATERAL (SELECT * FROM raw.events)",
    "SELECT getenv('HOME')",
    "SELECT current_setting('memory_limit')",
    "SELECT getvariable('x')",
    "SELECT nextval('s')",
    "SELECT pg_sleep(100)",
    "SELECT sleep_ms(100000)",
    "SELECT write_log('x')",
    "SELECT error('x')",
    "SELECT current_query()",
    "SELECT json_deserialize_sql('{}')",
    "SELECT * FROM json_execute_serialized_sql('{}')",
    "SELECT $1",
    "SELECT ?",
    "SELECT * FROM events FOR UPDATE",
    "SELECT 1 INTO t",
    "PIVOT raw.events ON name USING count(*)",
    "SELECT * FROM (PIVOT raw.events ON name USING count(*))",
    "(" * 5_000 + "1" + ")" * 5_000,
    "SELECT " + "(" * 1_500 + "1" + ")" * 1_500,
    "SELECT '" + "x" * 30_000 + "'",
    "\x00",
    "SELECT \ud800",
    "-- nothing",
    "/* SELECT 1 */",
]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A workspace with a few events."""
    workspace = Workspace.open(Settings.of({}, data=tmp_path_factory.mktemp("sql"))).start()
    workspace.committer.submit_sync(
        [
            identify(user="u", anon="a", email="anna@shop.test", plan="pro"),
            draft(
                "Order Completed",
                user="u",
                anon="a",
                revenue="0.1000",
                currency="EUR",
                order_id="o1",
                time=BEGINNING + 1,
            ),
            draft("Order Completed", user="u", revenue="0.2000", currency="EUR", order_id="o2", time=BEGINNING + 2),
            draft("Product Viewed", anon="b", properties={"plan": "free"}, time=BEGINNING + 3),
        ]
    )
    workspace.settle()
    yield workspace
    workspace.close()


@pytest.fixture
def workspace(filled: Workspace) -> Workspace:
    """The same for the application of these tests."""
    return filled


@pytest.mark.parametrize("sql", ALLOWED)
def test_a_question_over_the_views_is_answered(filled: Workspace, sql: str) -> None:
    assert ask.ask(filled, sql).columns


@pytest.mark.parametrize("sql", HOSTILE)
def test_anything_else_is_refused_with_its_rule(filled: Workspace, sql: str) -> None:
    with pytest.raises(Refused) as refused:
        ask.ask(filled, sql)
    assert refused.value.details["field"] == "sql"
    assert refused.value.details["remedy"]


def test_the_engine_itself_has_no_files_and_locked_settings(filled: Workspace) -> None:
    for sql in (
        "SELECT * FROM read_text('/etc/passwd')",
        "COPY (SELECT 1) TO '/tmp/out.csv'",
        "SET enable_external_access = true",
        "LOAD httpfs",
    ):
        with pytest.raises(Exception, match=r"disabled|locked|cannot|not|Cannot"):
            filled.body.query(sql)


async def test_money_comes_out_exact(filled: Workspace, cast: Cast) -> None:
    analyst = await cast.key("sql:read")
    answer = await analyst.post("/api/sql", json={"sql": "SELECT sum(revenue) AS total FROM events"})
    assert answer.text.startswith('{"columns":["total"],"rows":[[0.3000]]')


@pytest.mark.parametrize("said", ["now()", "CURRENT_TIMESTAMP", "get_current_timestamp()", "transaction_timestamp()"])
def test_the_present_time_is_told_in_utc_as_all_times_are(filled: Workspace, said: str) -> None:
    answer = ask.ask(filled, f'SELECT 1 AS "a ""b", {said} AS t, [{said}] AS l, {{at: {said}}} AS s')
    assert answer.columns == ['a "b', "t", "l", "s"]
    assert answer.types == ["INTEGER", "TIMESTAMP", "TIMESTAMP[]", 'STRUCT("at" TIMESTAMP)']
    _, now, (listed,), inside = msgspec.json.decode(answer.rows[0])
    assert now == listed == inside["at"]
    told = datetime.fromisoformat(now)
    assert told.tzinfo is None
    assert abs(told - datetime.now(UTC).replace(tzinfo=None)) < timedelta(minutes=1)


def test_what_is_ordered_stays_so_where_its_times_are_told_in_utc(filled: Workspace) -> None:
    answer = ask.ask(filled, "SELECT x, now() AS at FROM range(50000) t(x) ORDER BY hash(x)")
    plain = ask.ask(filled, "SELECT x FROM range(50000) t(x) ORDER BY hash(x)")
    assert [msgspec.json.decode(row)[0] for row in answer.rows] == [msgspec.json.decode(row)[0] for row in plain.rows]


# -- files ----------------------------------------------------------------------------------------------------------

TAKEN = "SELECT '=1+1' AS formula, [1, 2] AS list, sum(revenue) AS total, max(time) AS last FROM events"


async def test_an_answer_is_taken_home_as_csv_without_formulas(cast: Cast) -> None:
    analyst = await cast.key("sql:read", "admin")
    answer = await analyst.post("/api/sql/export", params={"format": "csv"}, json={"sql": TAKEN})
    assert answer.headers["content-disposition"] == 'attachment; filename="answer.csv"'
    head, row = list(csv.reader(io.StringIO(answer.text)))
    assert head == ["formula", "list", "total", "last"]
    assert row[:3] == ["'=1+1", "[1,2]", "0.3000"]
    log = (await analyst.get("/api/audit")).json()["items"][0]
    assert (log["action"], log["detail"]) == ("sql.exported", {"sql": TAKEN, "rows": 1, "format": "csv"})


async def test_an_answer_is_taken_home_as_parquet_with_its_types(cast: Cast) -> None:
    analyst = await cast.key("sql:read")
    answer = await analyst.post("/api/sql/export", params={"format": "parquet"}, json={"sql": TAKEN})
    table = pq.read_table(io.BytesIO(answer.content))
    assert table.to_pylist()[0]["formula"] == "=1+1"
    assert table.schema.field("list").type == pa.list_(pa.int32())
    assert table.to_pylist()[0]["total"] == Decimal("0.3")


async def test_more_than_a_file_holds_is_refused_not_cut(cast: Cast) -> None:
    analyst = await cast.key("sql:read")
    answer = await analyst.post("/api/sql/export", json={"sql": f"SELECT * FROM range({ask.MOST_FILE_ROWS + 1})"})
    assert (answer.status_code, answer.json()["code"]) == (400, "sql_too_much")
    whole = await analyst.post("/api/sql/export", json={"sql": f"SELECT * FROM range({2 * ask.MOST_ROWS})"})
    assert whole.text.count("\n") == 2 * ask.MOST_ROWS + 1


async def test_only_who_may_ask_sql_asks_it(cast: Cast) -> None:
    reader: httpx.AsyncClient = await cast.key("read")
    assert (await reader.post("/api/sql", json={"sql": "SELECT 1"})).status_code == 403


def test_a_question_that_takes_too_long_is_ended(filled: Workspace) -> None:
    endless = "SELECT count(*) FROM range(100000000000) a, range(1000) b WHERE (a.range * b.range) % 7 = 3"
    started = time.monotonic()
    with pytest.raises(Refused, match="took longer"):
        ask.ask(filled, endless, seconds=0.3)
    assert time.monotonic() - started < 10


def test_rows_beyond_the_cap_are_cut_and_said_to_be(filled: Workspace) -> None:
    answer = ask.ask(filled, "SELECT * FROM range(20000)")
    assert (len(answer.rows), answer.truncated) == (ask.MOST_ROWS, True)


def test_bytes_beyond_the_cap_are_cut_and_said_to_be(filled: Workspace) -> None:
    answer = ask.ask(filled, "SELECT repeat('x', 1000000) FROM range(100)")
    assert answer.truncated
    assert sum(len(bytes(row)) for row in answer.rows) <= ask.MOST_BYTES


def test_questions_wait_for_their_turn(filled: Workspace) -> None:
    endless = "SELECT count(*) FROM range(100000000000) a, range(1000) b WHERE (a.range * b.range) % 7 = 3"
    refusals: list[str] = []

    def busy() -> None:
        with pytest.raises(Refused):
            ask.ask(filled, endless, seconds=1.0)
        refusals.append("ended")

    threads = [threading.Thread(target=busy) for _ in range(ask.AT_ONCE)]
    for thread in threads:
        thread.start()
    assert ask.ask(filled, "SELECT 1").rows
    for thread in threads:
        thread.join()
    assert refusals == ["ended"] * ask.AT_ONCE


def test_not_a_number_becomes_null(filled: Workspace) -> None:
    assert bytes(ask.ask(filled, "SELECT 'nan'::DOUBLE, 'inf'::DOUBLE, 1.5").rows[0]) == b"[null,null,1.5]"


def test_what_runs_is_generated_from_what_was_checked() -> None:
    assert checked("select /* x */ 1 -- y") == "SELECT 1"
