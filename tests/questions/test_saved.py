"""Saved questions over HTTP, answers as files, and the names of properties."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest

from resa.analytics import export
from resa.analytics.properties import properties
from resa.kernel.errors import Refused
from resa.kernel.events import Draft
from resa.kernel.matching import Match
from resa.kernel.workspace import Workspace
from tests.questions.conftest import START, World

LENS = {"from": "2023-11-15", "to": "2023-12-20", "compare": "previous", "channel": None, "simulated": True}
BODIES: dict[str, dict[str, Any]] = {
    "trends": {
        "lens": LENS,
        "series": [{"match": {"name": "Product Viewed"}}],
        "interval": "week",
        "measure": "events",
    },
    "funnel": {"lens": LENS, "steps": [{"label": "=Look", "any": [{"name": "Product Viewed"}]}] * 2},
    "paths": {"lens": LENS, "anchor": {"match": {"name": "Product Viewed"}}, "gap_seconds": 86_400},
    "retention": {"lens": LENS, "start": {"any": [{"name": "Product Viewed"}]}},
    "sql": {"sql": "SELECT count(*) FROM events"},
}


@pytest.mark.parametrize("kind", BODIES)
async def test_a_question_is_saved_changed_deleted_and_brought_back(editor: httpx.AsyncClient, kind: str) -> None:
    body = {"name": "How many?", "kind": kind, "body": BODIES[kind]}
    made = await editor.post("/api/questions", json={"key": "mine", "body": body})
    assert (made.status_code, made.json()["version"]) == (201, 1), made.text
    (row,) = (await editor.get("/api/questions")).json()["items"]
    assert (row["key"], row["name"], row["kind"], row["author"]) == ("mine", "How many?", kind, "editor@example.com")
    found = (await editor.get("/api/questions/mine")).json()
    assert found["body"] == body
    changed = {"expected_version": 1, "body": {**body, "name": "How many now?"}}
    assert (await editor.put("/api/questions/mine", json=changed)).json()["version"] == 2
    assert (await editor.put("/api/questions/mine", json=changed | {"body": body})).status_code == 409
    assert (await editor.delete("/api/questions/mine")).json() == {"key": "mine", "expected_version": 3}
    assert (await editor.get("/api/questions/mine")).status_code == 404
    assert (await editor.put("/api/questions/mine", json={"expected_version": 3, "body": body})).status_code == 200
    file = (await editor.get("/api/definitions/export", params={"kind": "question"})).json()
    assert file["definitions"] == [{"kind": "question", "key": "mine", "body": body}]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "", "kind": "sql", "body": {"sql": "x"}}, "name"),
        ({"name": "x", "kind": "poem", "body": {}}, "kind"),
        ({"name": "x", "kind": "sql", "body": {"sql": ""}}, "body.sql"),
        (
            {"name": "x", "kind": "funnel", "body": {"steps": [{"any": [{"type": "track"}]}]}},
            "body.steps[0].any[0].name",
        ),
        ({"name": "x", "kind": "retention", "body": {}}, "body.start"),
    ],
)
async def test_what_could_not_be_asked_is_not_saved(
    editor: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    refused = await editor.post("/api/questions", json={"key": "mine", "body": body})
    assert (refused.status_code, refused.json()["field"]) == (400, field), refused.text


async def test_a_viewer_asks_and_saves_nothing(viewer: httpx.AsyncClient) -> None:
    body = {"name": "Mine", "kind": "sql", "body": BODIES["sql"]}
    assert (await viewer.post("/api/questions", json={"key": "mine", "body": body})).status_code == 403
    assert (await viewer.get("/api/questions")).status_code == 200


@pytest.mark.parametrize("kind", ["trends", "funnel", "paths", "retention", "search"])
async def test_an_answer_is_a_file_that_no_spreadsheet_takes_for_formulas(
    viewer: httpx.AsyncClient, workspace: Workspace, kind: str
) -> None:
    workspace.start()
    names = ["Product Viewed", "=cmd|' /C calc'!A0", "Products Searched"] * 2
    workspace.committer.submit_sync(
        [
            Draft(
                message_id=f"m{n}",
                type="track",
                name=name,
                time=START + n,
                received_at=START,
                anonymous_id="a",
                properties='{"query": "+hat"}',
            )
            for n, name in enumerate(names)
        ]
    )
    workspace.settle()
    asked = {key: value for key, value in BODIES.get(kind, {"lens": LENS}).items() if key != "measure"}
    if kind == "search":
        asked["lens"] = LENS
    as_csv = await viewer.post(f"/api/questions/{kind}/export", params={"format": "csv"}, json=asked)
    assert as_csv.status_code == 200, as_csv.text
    assert as_csv.headers["content-type"].startswith("text/csv")
    assert f'filename="{kind}.csv"' in as_csv.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(as_csv.text)))
    as_parquet = await viewer.post(f"/api/questions/{kind}/export", params={"format": "parquet"}, json=asked)
    table = pq.read_table(io.BytesIO(as_parquet.content))
    assert (table.num_rows, table.column_names) == (len(rows), list(rows[0]))
    assert len(rows) > 0
    texts = [str(value) for row in table.to_pylist() for value in row.values() if isinstance(value, str)]
    assert not any(value[:1] in "=+-@\t" for row in rows for value in row.values() if value and value in texts)
    if kind in ("paths", "funnel", "search"):
        assert any(value.startswith(("'=", "'+")) for row in rows for value in row.values())


def test_only_texts_are_quoted() -> None:
    hostile = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "plain", "a=b"]
    assert [export.safe(value) for value in hostile] == [*(f"'{value}" for value in hostile[:6]), "plain", "a=b"]
    assert [export.safe(value) for value in (-1, -0.5, None)] == [-1, -0.5, None]


async def test_no_other_kind_is_exported(viewer: httpx.AsyncClient) -> None:
    assert (await viewer.post("/api/questions/poem/export", json={})).status_code == 404
    assert (await viewer.post("/api/questions/trends/export", params={"format": "xls"}, json={})).status_code == 400
    refused = await viewer.post("/api/questions/trends/export", json={"series": [], "x": 1})
    assert refused.status_code == 400


def test_properties_are_named_with_what_they_are_and_their_values(world: World) -> None:
    found = {item.name: item for item in properties(world.workspace, Match(name="Product Viewed")).items}
    assert (found["plan"].kind, sorted(found["plan"].values)) == ("text", ["a", "b", "c"])
    assert (found["value"].kind, sorted(found["value"].values, key=str)) == ("number", [0.0, 1.0, 2.0, 3.0, 4.0])
    assert (found["device"].kind, sorted(found["device"].values, key=str)) == ("text", ["desktop", "mobile"])
    assert "page_path" not in found
    assert "page_path" in {item.name for item in properties(world.workspace, None).items}
    with pytest.raises(Refused):
        properties(world.workspace, Match())


async def test_properties_over_http(viewer: httpx.AsyncClient) -> None:
    answer = await viewer.get("/api/properties", params={"match": json.dumps({"type": "track", "name": "A"})})
    assert answer.json() == {"items": []}
    for wrong in ("{", "[]", '{"type": "poem"}', "[" * 20_000):
        assert (await viewer.get("/api/properties", params={"match": wrong})).status_code == 400
