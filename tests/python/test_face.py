"""`resa.open`: every kind of question as a table, the same in this process and over a server's socket."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import resa
from resa.kernel.errors import ResaError
from resa.python.workspace import Lens

YEAR: Lens = {"start": (datetime.now(UTC) - timedelta(days=360)).date()}


def test_sql_keeps_the_engines_types(ws: resa.Workspace) -> None:
    found = ws.sql(
        "SELECT name, count(*) AS events, sum(revenue) AS revenue, min(time) AS first, avg(length(name)) AS letters "
        "FROM events WHERE type = 'track' GROUP BY name ORDER BY name"
    )
    assert found["name"] == ["Order Completed", "Product Viewed"]
    kinds = {field.name: field.type for field in found.arrow.schema}
    assert kinds["events"] == pa.int64()
    assert pa.types.is_decimal(kinds["revenue"])
    assert pa.types.is_timestamp(kinds["first"])
    assert kinds["letters"] == pa.float64()
    assert isinstance(found["revenue"][0], Decimal)
    assert found["revenue"][1] is None


def test_a_table_goes_to_pandas_and_polars(ws: resa.Workspace) -> None:
    found = ws.sql("SELECT channel, count(*) AS events FROM events GROUP BY channel ORDER BY channel")
    frames: tuple[Any, Any] = found.to_pandas(), found.to_polars()
    assert list(frames[0]["channel"]) == frames[1]["channel"].to_list() == found["channel"]
    assert pa.table(found).equals(found.arrow)  # by Arrow's own protocol
    assert "channel" in repr(found)
    assert "<td>app</td>" in found._repr_html_()


def test_funnels_count_as_sql_does(ws: resa.Workspace) -> None:
    found = ws.funnel("Product Viewed", resa.event("Order Completed", ("revenue", "greater", 50)), window="30d", **YEAR)
    assert found["label"] == ["Product Viewed", "Order Completed"]
    everybody = ws.sql("SELECT count(DISTINCT profile) AS n FROM events WHERE name = 'Product Viewed'")
    assert found["customers"][0] == everybody["n"][0] == 180
    assert 0 < found["customers"][1] < 180
    split = ws.funnel("Product Viewed", "Order Completed", by="channel", **YEAR)
    assert {"web", "app", "store"} <= set(split["group"])


def test_trends_retention_and_paths_come_as_rows(ws: resa.Workspace) -> None:
    months = ws.trends("Order Completed", interval="month", **YEAR)
    assert sum(months["events"]) == ws.sql("SELECT count(*) AS n FROM events WHERE name = 'Order Completed'")["n"][0]
    assert {field.name: str(field.type) for field in months.arrow.schema}["at"] == "timestamp[ms, tz=UTC]"
    cohorts = ws.retention("Product Viewed", interval="month", **YEAR)
    first = [row for row in cohorts.rows() if row["interval"] == 0]
    assert sum(row["size"] for row in first) == 180
    links = ws.paths("Product Viewed", steps=3, **YEAR)
    assert {"from", "to", "customers"} <= set(links.columns)
    assert len(links) > 0
    assert ws.paths("Product Viewed", steps=3, show="top", **YEAR)["names"][0][0] == "Product Viewed"
    assert ws.search(**YEAR).columns[0] == "term"


def test_metrics_have_values_groups_and_points(ws: resa.Workspace) -> None:
    for key in ("orders", "average-order-value"):
        if key not in ws.metrics()["key"]:
            ws.ask("POST", "/api/metrics", {"key": key, "from_template": "shop"})
    values = ws.metric("orders", "average-order-value", **YEAR)
    assert values["key"] == ["orders", "average-order-value"]
    orders = ws.sql("SELECT count(DISTINCT order_id) AS n FROM events")["n"][0]
    assert values["value"][0] == orders
    low, value, high = (values[name][1] for name in ("low", "value", "high"))
    assert low < value < high
    groups = ws.metric("orders", by="channel", **YEAR)
    assert {"web", "app", "store"} <= set(groups["group"])
    points = ws.metric("orders", interval="month", **YEAR)
    mixed = ws.trends("Order Completed", metrics=["orders"], interval="month", **YEAR)
    assert [row["value"] for row in mixed.rows() if row["value"] is not None] == points["value"]
    assert [row["events"] for row in mixed.rows() if row["events"] is not None] == points["value"]
    assert sum(points["value"]) == orders


def test_attribution_friction_and_audiences_come_as_rows(ws: resa.Workspace) -> None:
    touches = ws.attribution("Order Completed", **YEAR)
    assert sum(touches["last"]) == pytest.approx(touches.answer["conversions"])
    assert ws.friction(**YEAR).columns[:3] == ["signal", "name", "where"]
    if "buyers" not in ws.audiences()["key"]:
        rule = {"all": [{"did": {"any": [resa.event("Order Completed")]}}]}
        ws.ask("POST", "/api/audiences", {"key": "buyers", "body": {"name": "Buyers", "rule": rule}})
    wanted = ws.sql("SELECT DISTINCT profile FROM events WHERE name = 'Order Completed'")["profile"]
    until = time.monotonic() + 60
    while len(people := ws.members("audience:buyers")) < len(wanted) and time.monotonic() < until:
        time.sleep(0.2)  # a new audience is filled in the background
    assert set(people["profile"]) == set(wanted)
    assert {field.name: str(field.type) for field in people.arrow.schema}["since"] == "timestamp[ms, tz=UTC]"


def test_journeys_as_the_map_counts_them(ws: resa.Workspace) -> None:
    assert "customer-journey" in ws.journeys()["key"]
    stages = ws.journey(**YEAR)
    touchpoints = ws.journey(show="touchpoints", **YEAR)
    bought = dict(zip(stages["stage"], stages["customers"], strict=True))["purchase"]
    orders = ws.sql("SELECT count(DISTINCT profile) AS n FROM events WHERE name = 'Order Completed'")
    assert bought == orders["n"][0]
    assert set(touchpoints["stage"]) <= set(stages["stage"])


def test_personas_are_found_adopted_and_listed(ws: resa.Workspace) -> None:
    told: list[tuple[str, float]] = []
    found = ws.find_personas(most=3, adopt=True, progress=lambda step, share: told.append((step, share)))
    assert len(found) == 3
    assert sum(found["size"]) == 180
    revenue = ws.sql("SELECT sum(revenue) AS sum FROM events")["sum"][0]
    assert abs(sum(found["revenue"]) - revenue) < Decimal("0.05")
    assert told[-1][1] == 1.0
    rows = ws.personas()
    assert sum(rows["members"]) == 180
    people = ws.members(f"persona:{rows['key'][0]}")
    assert len(people) == rows["members"][0]
    assert ws.persona(rows["key"][0])["effect"]
    persona = f"persona:{rows['key'][0]}"
    within = ws.funnel("Product Viewed", "Order Completed", population=persona, start=YEAR["start"])
    assert within["customers"][0] == rows["members"][0]


def test_what_the_api_refuses_is_raised_as_it_says_it(ws: resa.Workspace) -> None:
    with pytest.raises(ResaError) as refused:
        ws.sql("DROP TABLE events")
    assert refused.value.status == 400
    assert refused.value.details["remedy"]
    with pytest.raises(ResaError, match="window"):
        ws.funnel("Product Viewed", window="soon")


async def test_it_may_be_asked_where_a_loop_runs_already(ws: resa.Workspace) -> None:
    """As in a notebook."""
    assert asyncio.get_running_loop()
    assert ws.sql("SELECT 1 AS one")["one"] == [1]


def test_the_same_numbers_in_this_process_and_over_the_socket(ws: resa.Workspace, answers: list[object]) -> None:
    answers.append(
        [
            ws.funnel("Product Viewed", "Order Completed", by="channel", **YEAR).rows(),
            ws.journey(**YEAR).rows(),
            ws.sql('SELECT * FROM events ORDER BY "row" LIMIT 50').rows(),
            ws.personas().rows(),
        ]
    )
    assert answers[0] == answers[-1]


def test_a_directory_without_a_workspace_is_refused_not_made(tmp_path: Path) -> None:
    with pytest.raises(ResaError, match="no workspace"):
        resa.open(tmp_path / "typo")
    assert not (tmp_path / "typo").exists()
    with resa.open(tmp_path / "new", create=True) as ws:
        assert len(ws.sql("SELECT * FROM events")) == 0
        assert ws.sql("SELECT * FROM events").columns[0] == "message_id"
        assert ws.personas().columns[:2] == ["key", "name"]


def test_a_script_that_forgets_to_close_ends_all_the_same(tmp_path: Path) -> None:
    code = f"import resa; ws = resa.open({str(tmp_path / 'd')!r}, create=True); print(len(ws.journeys()))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stdout.strip()) == (0, "1"), ran.stderr


def test_importing_resa_imports_nothing_else() -> None:
    """Whoever only wants its version pays nothing, and pandas and Polars stay out until they are asked for."""
    code = "import resa, sys; print([m for m in ('pyarrow', 'pandas', 'polars', 'duckdb', 'litestar') if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.strip() == "[]"
