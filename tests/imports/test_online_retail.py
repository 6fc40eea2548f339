"""All 541,909 lines of a gift shop's year, imported by the ready-made mapping and counted by Resa's own questions."""

from __future__ import annotations

from decimal import Decimal

from resa.collect.imports.jobs import Job
from resa.kernel.workspace import Workspace

from .files import plan, real

LINES = """
WITH line AS (
  SELECT order_id, user_id, profile, json_extract_string(properties, '$.country') AS country,
         unnest(from_json(json_extract(properties, '$.products'),
                          '[{"product_id": "VARCHAR", "quantity": "BIGINT", "price": "DECIMAL(18,4)"}]')) AS product
  FROM log
),
sale AS (SELECT * FROM line WHERE product.quantity > 0 AND product.price > 0 AND user_id IS NOT NULL)
"""


def test_the_figures_of_online_retail_come_out_of_the_body(workspace: Workspace) -> None:
    path = real("online_retail/online_retail_2010_2011.parquet")
    workspace.state.create_missing()
    workspace.start()
    progress = Job(workspace.state, workspace.committer, plan(path, "online_retail")).run()
    assert (progress.state, progress.records, progress.events, progress.failed) == ("done", 541_909, 25_900, 0)
    workspace.settle()

    def ask(sql: str) -> list[object]:
        return list(workspace.body.query(sql).to_pylist()[0].values())

    invoices = "SELECT count(*), count(DISTINCT order_id), count(DISTINCT user_id), sum(revenue) FROM log"
    assert ask(invoices) == [25_900, 25_900, 4_372, Decimal("9747747.9340")]
    lines = (
        "SELECT count(*), count(DISTINCT product.product_id), count(*) - count(user_id), count(DISTINCT country), "
        "sum(product.quantity * product.price) FROM line"
    )
    assert ask(LINES + lines) == [541_909, 4_070, 135_080, 38, Decimal("9747747.9340")]
    sales = "SELECT count(*), count(DISTINCT user_id), sum(product.quantity * product.price) FROM sale"
    assert ask(LINES + sales) == [397_884, 4_338, Decimal("8911407.9040")]
    # Whoever isn't known is a customer per invoice: nobody is joined with anybody.
    assert ask("SELECT count(DISTINCT profile) FROM log") == ask("SELECT count(DISTINCT identity) FROM log") == [8_082]
