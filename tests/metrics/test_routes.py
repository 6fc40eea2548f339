"""Metrics and goals over the API: made, changed, taken away, asked through a lens, refused."""

from __future__ import annotations

import random
from typing import Any, Final
from zoneinfo import ZoneInfo

import httpx
import numpy as np
import pytest
from litestar import Litestar

from resa.app import create
from resa.kernel import preferences
from resa.kernel.decoding import decode
from resa.kernel.events import Draft
from resa.kernel.lens import Lens
from resa.kernel.metrics.definition import Metric
from resa.kernel.metrics.evaluation import Asked, Metrics
from resa.kernel.periods import Period
from resa.kernel.populations import Population
from resa.kernel.workspace import Workspace
from resa.settings import Settings
from tests.metrics.asked import ORDER, VIEW

DAY: Final = 86_400_000
NOW: Final = 1_780_000_000_000  # 2026-05-28
JUNE: Final = {"from": "2026-05-01", "to": "2026-05-29"}


@pytest.fixture
def workspace(settings: Settings) -> Any:
    opened = Workspace.open(settings, clock=lambda: NOW)
    yield opened
    opened.close()


@pytest.fixture
def app(workspace: Workspace) -> Litestar:
    made = create(workspace)
    workspace.start()
    workspace.committer.submit_sync(list(history()))
    workspace.settle()
    return made


def history() -> list[Draft]:
    """Thirty customers over eight weeks: views and, every third time, an order; one in ten pays in crowns."""
    dice = random.Random(3)
    made = []
    for number in range(600):
        who, paid = dice.randrange(30), number % 3 == 0
        time = NOW - dice.randrange(1, 56 * 24) * 3_600_000
        made.append(
            Draft(
                message_id=f"m{number}",
                type="track",
                name="Order Completed" if paid else "Product Viewed",
                time=time,
                received_at=time,
                anonymous_id=f"a{who}",
                channel="web" if who % 2 else "store",
                source="shop",
                revenue="25.50" if paid else None,
                currency=("SEK" if number % 30 == 0 else "EUR") if paid else None,
                order_id=f"o{number}" if paid else None,
                simulated=who >= 27,
            )
        )
    return made


async def ask(client: httpx.AsyncClient, body: dict[str, Any], **more: Any) -> Any:
    """One metric that is not saved."""
    answer = await client.post("/api/metrics/preview", json={"body": body, "lens": JUNE, **more})
    assert answer.status_code == 200, answer.text
    (item,) = answer.json()["items"]
    return item


ORDERS: Final = {"name": "Orders", "unit": "event", "measure": {"form": "count", "events": ORDER}}


async def test_a_metric_is_made_changed_taken_away_and_brought_back(editor: httpx.AsyncClient) -> None:
    made = await editor.post("/api/metrics", json={"key": "orders", "body": ORDERS})
    assert (made.status_code, made.json()["version"]) == (201, 1)
    again = await editor.post("/api/metrics", json={"key": "orders", "body": ORDERS | {"name": "Other"}})
    assert again.status_code == 409
    changed = await editor.put(
        "/api/metrics/orders", json={"expected_version": 1, "body": ORDERS | {"direction": "none"}}
    )
    assert changed.json()["version"] == 2
    listed = (await editor.get("/api/metrics")).json()["items"]
    assert [(row["key"], row["form"], row["direction"], row["shows"]) for row in listed] == [
        ("orders", "count", "none", "number")
    ]
    gone = (await editor.delete("/api/metrics/orders")).json()
    assert (await editor.get("/api/metrics")).json()["items"] == []
    back = await editor.put("/api/metrics/orders", json={"expected_version": gone["expected_version"], "body": ORDERS})
    assert [one["version"] for one in back.json()["history"]] == [4, 3, 2, 1]


async def test_starter_sets_are_taken_over_and_answered_together(editor: httpx.AsyncClient) -> None:
    offered = (await editor.get("/api/metric-templates", params={"set": "shop", "stage": "purchase"})).json()["items"]
    keys = [item["key"] for item in offered]
    assert {"conversion", "average-order-value", "revenue-per-visitor"} <= set(keys)
    for key in keys:
        made = await editor.post("/api/metrics", json={"key": key, "from_template": "shop"})
        assert made.status_code == 201, made.text
    answer = await editor.post("/api/metrics/values", json={"keys": keys, "lens": JUNE | {"compare": "previous"}})
    found = answer.json()
    assert [item["key"] for item in found["items"]] == keys
    assert found["compare"] == {"from": "2026-04-03T00:00:00.000Z", "to": "2026-05-01T00:00:00.000Z"}
    values = {item["key"]: item for item in found["items"]}
    assert values["orders"]["value"] > 0
    assert values["orders"]["previous"]["value"] > 0
    change = values["orders"]["change"]
    assert change["low"] <= change["ratio"] <= change["high"]
    assert values["conversion"]["low"] <= values["conversion"]["value"] <= values["conversion"]["high"]


REVENUE: Final[dict[str, Any]] = {"name": "Revenue", "unit": "event", "measure": {"form": "sum", "events": ORDER}}


async def test_money_is_summed_in_the_currency_most_amounts_are_in_and_the_others_are_told(
    viewer: httpx.AsyncClient,
) -> None:
    unnamed = await ask(viewer, REVENUE)
    in_euro, in_crowns = [await ask(viewer, REVENUE | {"currency": currency}) for currency in ("EUR", "SEK")]
    assert (unnamed["value"], unnamed["currency"], unnamed["refused"]) == (in_euro["value"], "EUR", None)
    crowns = in_crowns["value"] / 25.5
    assert unnamed["left_out"] == [{"currency": "SEK", "amounts": crowns}]
    orders = await ask(viewer, ORDERS)
    assert in_euro["value"] / 25.5 + crowns == orders["value"]
    assert in_crowns["left_out"] == orders["left_out"] == []


async def test_the_currency_chosen_for_the_workspace_is_summed_in_if_any_money_is_in_it(
    workspace: Workspace, viewer: httpx.AsyncClient
) -> None:
    in_crowns = await ask(viewer, REVENUE | {"currency": "SEK"})
    for chosen, counted in {"SEK": "SEK", "USD": "EUR"}.items():
        with workspace.state.write() as tx:
            preferences.change(workspace.state, tx, {"currency": chosen})
        found = await ask(viewer, REVENUE)
        assert found["currency"] == counted
        assert (found["value"] == in_crowns["value"]) == (counted == "SEK")


async def test_what_is_left_out_is_that_of_the_people_asked_about(
    workspace: Workspace, viewer: httpx.AsyncClient
) -> None:
    everyone = np.arange(workspace.identities.count, dtype=np.uint32)
    members = {"some": everyone[::3], "others": np.delete(everyone, slice(None, None, 3))}
    workspace.populations.register("audience", lambda key: Population(members[key], key))
    whole = await ask(viewer, REVENUE, by="channel", interval="week")
    parts = [await ask(viewer, REVENUE, lens=JUNE | {"population": f"audience:{key}"}) for key in members]
    assert sum(one["amounts"] for part in parts for one in part["left_out"]) == whole["left_out"][0]["amounts"]
    assert sum(part["value"] for part in parts) == whole["value"]
    for split in ("groups", "series"):
        assert sum(part["value"] for part in whole[split]) == pytest.approx(whole["value"])


async def test_a_ratio_of_metrics_counts_their_money_in_one_currency(editor: httpx.AsyncClient) -> None:
    visitors = {"name": "Visitors", "unit": "customer", "measure": {"form": "unique"}}
    for key, body in {"revenue": REVENUE, "visitors": visitors}.items():
        assert (await editor.post("/api/metrics", json={"key": key, "body": body})).status_code == 201
    of = {"form": "ratio", "numerator": {"of": "metric", "metric": "revenue"}}
    ratio = {
        "name": "Each",
        "unit": "customer",
        "measure": of | {"denominator": {"of": "metric", "metric": "visitors"}},
    }
    people = (await ask(editor, visitors))["value"]
    found = await ask(editor, ratio)
    in_euro = await ask(editor, REVENUE | {"currency": "EUR"})
    assert (found["currency"], found["value"] * people) == ("EUR", pytest.approx(in_euro["value"]))
    assert found["left_out"][0]["currency"] == "SEK"


def test_one_metric_that_is_refused_leaves_the_others_their_values(workspace: Workspace, app: Litestar) -> None:
    gone = {"of": "metric", "metric": "gone"}
    ratio = {"name": "Each", "unit": "customer", "measure": {"form": "ratio", "numerator": gone, "denominator": gone}}
    asked = [Asked(key, decode(Metric, body)) for key, body in {"rate": ratio, "orders": ORDERS}.items()]
    lens = Lens(Period(NOW - 28 * DAY, NOW))
    rate, orders = Metrics(workspace).values(asked, lens, zone=ZoneInfo("UTC"))
    assert rate.refused is not None
    assert orders.refused is None
    assert orders.estimate.n > 0


async def test_groups_and_days_of_a_count_add_up(viewer: httpx.AsyncClient) -> None:
    found = await ask(viewer, ORDERS, by="channel", interval="day")
    assert {group["group"] for group in found["groups"]} == {"web", "store"}
    assert sum(group["value"] for group in found["groups"]) == found["value"]
    assert len(found["series"]) == 28
    assert sum(point["value"] for point in found["series"]) == found["value"]
    assert found["series"][0]["at"] == "2026-05-01T00:00:00.000Z"
    assert (
        found["series"][0]["value"]
        == (await ask(viewer, ORDERS, lens={"from": "2026-05-01", "to": "2026-05-02"}))["value"]
    )


async def test_the_lens_leaves_out_what_it_is_told_to(viewer: httpx.AsyncClient) -> None:
    whole = await ask(viewer, ORDERS)
    parts = [await ask(viewer, ORDERS, lens=JUNE | {"channel": channel}) for channel in ("web", "store")]
    assert whole["value"] == sum(part["value"] for part in parts)
    assert (await ask(viewer, ORDERS, lens=JUNE | {"simulated": False}))["value"] < whole["value"]


async def test_a_population_narrows_and_splits(workspace: Workspace, viewer: httpx.AsyncClient) -> None:
    everyone = np.arange(workspace.identities.count, dtype=np.uint32)
    members = {"some": everyone[::3], "others": np.delete(everyone, slice(None, None, 3))}
    workspace.populations.register("audience", lambda key: Population(members[key], key))
    whole = await ask(viewer, ORDERS)
    parts = [await ask(viewer, ORDERS, lens=JUNE | {"population": f"audience:{key}"}) for key in members]
    assert sum(part["value"] for part in parts) == whole["value"]
    split = await ask(viewer, ORDERS, by="audience:some,audience:others")
    assert [group["value"] for group in split["groups"]] == [part["value"] for part in parts]


async def test_windows_that_are_open_do_not_count_and_it_says_so(viewer: httpx.AsyncClient) -> None:
    measure = {"form": "conversion", "start": VIEW, "events": ORDER, "within": 7 * 86_400}
    found = await ask(viewer, {"name": "Conversion", "unit": "customer", "measure": measure})
    assert found["counts_until"] == "2026-05-21T20:26:40.000Z"
    earlier = {"from": "2026-04-10", "to": "2026-05-01"}
    assert (await ask(viewer, {"name": "C", "unit": "customer", "measure": measure}, lens=earlier))[
        "counts_until"
    ] is None


async def test_a_ratio_names_metrics_and_holds_them(editor: httpx.AsyncClient) -> None:
    ratio = {
        "name": "Orders per visitor",
        "unit": "customer",
        "measure": {
            "form": "ratio",
            "numerator": {"of": "metric", "metric": "orders"},
            "denominator": {"of": "metric", "metric": "visitors"},
        },
    }
    early = await editor.post("/api/metrics", json={"key": "rate", "body": ratio})
    assert (early.status_code, early.json()["field"]) == (400, "measure.numerator.metric")
    visitors = {"name": "Visitors", "unit": "customer", "measure": {"form": "unique"}}
    for key, body in {"orders": ORDERS, "visitors": visitors, "rate": ratio}.items():
        assert (await editor.post("/api/metrics", json={"key": key, "body": body})).status_code == 201
    answer = await editor.post("/api/metrics/values", json={"keys": ["orders", "visitors", "rate"], "lens": JUNE})
    orders, customers, rate = (item["value"] for item in answer.json()["items"])
    assert rate == pytest.approx(orders / customers)
    assert (await editor.delete("/api/metrics/visitors")).status_code == 400


IMPOSSIBLE: Final[list[tuple[str, dict[str, Any]]]] = [
    ("by", {"by": "weather"}),
    ("by", {"by": "property:"}),
    ("interval", {"interval": "day", "lens": {"from": "1990-01-01", "to": "2026-01-01"}}),
    ("interval", {"interval": "hour"}),
    ("from", {"lens": {"from": "2026-05-02", "to": "2026-05-01"}}),
    ("population", {"lens": JUNE | {"population": "planet:mars"}}),
    ("body", {"body": None}),
]


async def test_impossible_questions_are_refused(viewer: httpx.AsyncClient) -> None:
    for field, changed in IMPOSSIBLE:
        answer = await viewer.post("/api/metrics/preview", json={"body": ORDERS, "lens": JUNE, **changed})
        assert answer.status_code == 400, answer.text
        assert field in answer.text, changed


async def test_a_metric_that_is_not_there_is_not_found(viewer: httpx.AsyncClient) -> None:
    assert (await viewer.get("/api/metrics/nothing")).status_code == 404
    assert (await viewer.post("/api/metrics/values", json={"keys": ["nothing"]})).status_code == 404


# -- goals -----------------------------------------------------------------------------------------------------------

GOAL: Final = {"name": "More orders", "metric": "orders", "target": 400, "owner": "Ines", "due": "2026-06-30"}


@pytest.fixture
async def measured(editor: httpx.AsyncClient) -> httpx.AsyncClient:
    """Somebody with metrics to aim at."""
    share = {"name": "Conversion", "unit": "customer", "measure": {"form": "conversion", "events": ORDER}}
    for key, body in {"orders": ORDERS, "conversion": share}.items():
        assert (await editor.post("/api/metrics", json={"key": key, "body": body})).status_code == 201
    return editor


async def test_a_goal_says_how_far_it_is(measured: httpx.AsyncClient) -> None:
    made = await measured.post("/api/goals", json={"key": "more", "body": GOAL | {"start": "2026-05-01"}})
    assert made.status_code == 201, made.text
    progress = made.json()["progress"]
    orders = (await ask(measured, ORDERS))["value"]
    assert progress["value"] == orders
    assert progress["share"] == pytest.approx(orders / 400)
    assert progress["elapsed"] == pytest.approx((28 - 0.1481) / 61, abs=0.001)
    assert progress["on_track"] == (progress["share"] >= progress["elapsed"])
    (row,) = (await measured.get("/api/goals")).json()["items"]
    assert (row["metric_name"], row["owner"], row["start"], row["progress"]) == (
        "Orders",
        "Ines",
        "2026-05-01",
        progress,
    )


async def test_a_goal_of_a_share_is_measured_from_where_it_began(measured: httpx.AsyncClient) -> None:
    body = GOAL | {"metric": "conversion", "target": 1, "start": "2026-05-01", "days": 14}
    progress = (await measured.post("/api/goals", json={"key": "all", "body": body})).json()["progress"]
    way = (progress["value"] - progress["start_value"]) / (1 - progress["start_value"])
    assert progress["share"] == pytest.approx(way)
    assert progress["reached"] == (progress["value"] >= 1)


async def test_a_goal_begins_when_it_is_set_unless_it_says_otherwise(measured: httpx.AsyncClient) -> None:
    await measured.post("/api/goals", json={"key": "more", "body": GOAL})
    assert (await measured.get("/api/goals")).json()["items"][0]["start"] == "2026-05-28"


async def test_a_goal_whose_metric_is_gone_says_so(measured: httpx.AsyncClient) -> None:
    await measured.post("/api/goals", json={"key": "more", "body": GOAL})
    await measured.delete("/api/metrics/orders")
    progress = (await measured.get("/api/goals/more")).json()["progress"]
    assert (progress["value"], progress["refused"]["field"]) == (None, "metric")


NO_GOALS: Final[list[tuple[str, dict[str, Any]]]] = [
    ("metric", {"metric": "nothing"}),
    ("metric", {"metric": "No Key"}),
    ("due", {"due": "soon"}),
    ("due", {"due": "2026-01-01", "start": "2026-05-01"}),
    ("due", {"due": "9999-01-01"}),
    ("target", {"target": 1e99}),
    ("days", {"days": 0}),
    ("population", {"population": "audience:nobody"}),
]


async def test_impossible_goals_are_refused(measured: httpx.AsyncClient) -> None:
    for field, changed in NO_GOALS:
        answer = await measured.post("/api/goals", json={"key": "more", "body": GOAL | changed})
        assert answer.status_code == 400, answer.text
        assert answer.json()["field"] == field, changed


async def test_a_goal_is_changed_and_taken_away(measured: httpx.AsyncClient) -> None:
    await measured.post("/api/goals", json={"key": "more", "body": GOAL})
    changed = await measured.put("/api/goals/more", json={"expected_version": 1, "body": GOAL | {"target": 9}})
    assert (changed.json()["version"], changed.json()["body"]["target"]) == (2, 9)
    late = await measured.put("/api/goals/more", json={"expected_version": 1, "body": GOAL})
    assert late.status_code == 409
    assert (await measured.delete("/api/goals/more")).json() == {"key": "more", "expected_version": 3}
    assert (await measured.get("/api/goals/more")).status_code == 404
