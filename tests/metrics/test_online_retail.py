"""The published totals of a gift shop's year come out of metric definitions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from resa.collect.imports.jobs import Job
from resa.kernel.decoding import decode
from resa.kernel.lens import Lens
from resa.kernel.metrics import Asked, Metric, Metrics, check
from resa.kernel.periods import Period
from resa.kernel.workspace import Workspace
from tests.imports.files import plan, real
from tests.metrics.asked import events

LONDON: Final = ZoneInfo("Europe/London")
YEAR: Final = Lens(Period(1_291_161_600_000, 1_325_376_000_000))  # 2010-12-01 to 2012-01-01
LINES: Final = """
timezone = "Europe/London"

[[event]]
name = "Line Sold"
time = "{InvoiceDate}"
user_id = "{CustomerID}"
anonymous_id = { from = "invoice-{InvoiceNo}", unless = "{CustomerID}" }
order_id = "{InvoiceNo}"
revenue = { sum = ["{Quantity}", "{UnitPrice}"] }
currency = "GBP"
[event.properties]
customer = "{CustomerID}"
code = "{StockCode}"
quantity = { from = "{Quantity}", as = "integer" }
price = { from = "{UnitPrice}", as = "number" }
"""
"""Each line of an invoice as an event of its own."""
LINE: Final = events("Line Sold")
KNOWN: Final = events("Line Sold", where=[{"property": "customer", "op": "exists"}])
SALE: Final = events(
    "Line Sold",
    where=[
        {"property": "customer", "op": "exists"},
        {"property": "quantity", "op": "greater", "value": 0},
        {"property": "price", "op": "greater", "value": 0},
    ],
)
INVOICE: Final = events("Order Completed", "Order Refunded", "Debt Adjusted", "Stock Adjusted")


def ask(metrics: Metrics, by: str | None = None, **bodies: dict[str, Any]) -> dict[str, Any]:
    """Their values, all asked for at once."""
    asked = []
    for key, body in bodies.items():
        metric = decode(Metric, {"name": key, **body})
        check(metric)
        asked.append(Asked(key, metric))
    return {one.asked.key: one for one in metrics.values(asked, YEAR, zone=LONDON, interval="month", by=by)}


@pytest.mark.full
def test_metrics_reproduce_the_published_totals(workspace: Workspace) -> None:
    """Revenue 9,747,747.934, 25,900 invoices, 38 countries; whoever isn't known is a customer per invoice."""
    path = real("online_retail/online_retail_2010_2011.parquet")
    workspace.state.create_missing()
    workspace.start()
    assert Job(workspace.state, workspace.committer, plan(path, "online_retail")).run().state == "done"
    workspace.settle()
    found = ask(
        Metrics(workspace),
        by="property:country",
        revenue={"unit": "event", "measure": {"form": "sum", "events": INVOICE}},
        in_pounds={"unit": "event", "currency": "GBP", "measure": {"form": "sum", "events": INVOICE}},
        invoices={"unit": "order", "measure": {"form": "unique", "events": INVOICE}},
        customers={"unit": "customer", "measure": {"form": "unique"}},
        countries={"unit": "event", "measure": {"form": "unique", "events": INVOICE, "property": "country"}},
        value={"unit": "order", "measure": {"form": "mean", "events": INVOICE, "property": "revenue"}},
        by_customer={"unit": "customer", "measure": {"form": "mean", "events": INVOICE, "property": "revenue"}},
    )
    assert {key: one.refused for key, one in found.items()} == dict.fromkeys(found)
    total = Decimal("9747747.9340")
    assert (
        round(Decimal(found["revenue"].estimate.value), 4)
        == round(Decimal(found["in_pounds"].estimate.value), 4)
        == total
    )
    assert found["revenue"].currency == "GBP"
    assert found["invoices"].estimate.value == 25_900
    assert found["customers"].estimate.value == 8_082
    assert found["countries"].estimate.value == 38
    assert found["value"].estimate.value == pytest.approx(float(total) / 25_900, rel=1e-12)
    assert found["by_customer"].estimate.value == pytest.approx(float(total) / 8_082, rel=1e-12)
    for key in ("revenue", "invoices"):
        whole = found[key].estimate.value
        assert sum(point.value for point in found[key].series) == pytest.approx(whole, rel=1e-12)
        assert sum(group.estimate.value for group in found[key].groups) == pytest.approx(whole, rel=1e-12)


@pytest.mark.full
def test_metrics_reproduce_the_published_totals_of_lines(workspace: Workspace) -> None:
    """541,909 lines, 4,070 codes, 4,372 known customers; sales only: 397,884 lines, 4,338 customers, 8,911,407.904."""
    path = real("online_retail/online_retail_2010_2011.parquet")
    workspace.state.create_missing()
    workspace.start()
    assert Job(workspace.state, workspace.committer, plan(path, LINES)).run().state == "done"
    workspace.settle()
    found = ask(
        Metrics(workspace),
        lines={"unit": "event", "measure": {"form": "count", "events": LINE}},
        share_known={
            "unit": "event",
            "measure": {
                "form": "ratio",
                "numerator": {"of": "events", "events": KNOWN},
                "denominator": {"of": "events", "events": LINE},
            },
        },
        revenue={"unit": "event", "measure": {"form": "sum", "events": LINE}},
        invoices={"unit": "order", "measure": {"form": "unique", "events": LINE}},
        codes={"unit": "event", "measure": {"form": "unique", "events": LINE, "property": "code"}},
        known={"unit": "customer", "measure": {"form": "unique", "events": KNOWN}},
        sold={"unit": "event", "measure": {"form": "count", "events": SALE}},
        buyers={"unit": "customer", "measure": {"form": "unique", "events": SALE}},
        sales={"unit": "event", "measure": {"form": "sum", "events": SALE}},
    )
    values = {key: round(Decimal(one.estimate.value), 4) for key, one in found.items() if key != "share_known"}
    assert values == {
        "lines": 541_909,
        "revenue": Decimal("9747747.9340"),
        "invoices": 25_900,
        "codes": 4_070,
        "known": 4_372,
        "sold": 397_884,
        "buyers": 4_338,
        "sales": Decimal("8911407.9040"),
    }
    assert found["share_known"].estimate.value == pytest.approx((541_909 - 135_080) / 541_909, rel=1e-12)
