"""Imports over HTTP: upload, preview, progress, stop and resume; paths only over the machine's own socket."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from resa.kernel.workspace import Workspace

from .files import ORDERS, orders


@pytest.fixture(autouse=True)
def taking_events(workspace: Workspace, app: object) -> None:
    """The workspace behind the application takes events."""
    workspace.start()


async def finished(client: httpx.AsyncClient, number: int) -> dict[str, Any]:
    until = time.monotonic() + 60
    while (found := (await client.get(f"/api/imports/{number}")).json())["state"] == "running":
        assert time.monotonic() < until
    return dict(found)


async def test_an_uploaded_file_is_imported_and_leaves_the_disk(
    editor: httpx.AsyncClient, workspace: Workspace, tmp_path: Path
) -> None:
    content = orders(tmp_path / "orders.csv", 200).read_bytes()
    answer = await editor.post("/api/imports", files={"file": ("orders.csv", content)}, data={"mapping": ORDERS})
    assert answer.status_code == 202, answer.text
    progress = await finished(editor, answer.json()["id"])
    assert (progress["file"], progress["state"], progress["events"]) == ("orders.csv", "done", 200)
    again = await editor.post("/api/imports", files={"file": ("copy.csv", content)}, data={"mapping": ORDERS})
    assert (again.json()["id"], again.json()["state"]) == (progress["id"], "done")
    assert [item["id"] for item in (await editor.get("/api/imports")).json()["items"]] == [progress["id"]]
    workspace.settle()
    assert workspace.body.landed() == 200
    assert list((workspace.settings.data / "imports").iterdir()) == []


async def test_a_preview_proposes_a_mapping_and_keeps_nothing(
    editor: httpx.AsyncClient, workspace: Workspace, tmp_path: Path
) -> None:
    content = orders(tmp_path / "orders.csv", 30).read_bytes()
    answer = await editor.post("/api/imports/preview", files={"file": ("orders.csv", content)})
    body = answer.json()
    assert answer.status_code == 200, answer.text
    assert (body["format"], body["columns"], body["events"]) == (
        "csv",
        ["order", "at", "customer", "amount", "city"],
        30,
    )
    assert body["mapping"]["event"][0]["user_id"] == "{customer}"
    assert body["sample"][0]["name"] == "Order Completed"
    assert workspace.tail.next_row == 0
    assert (await editor.get("/api/imports")).json()["items"] == []


async def test_a_file_nothing_is_known_of_shows_its_columns(editor: httpx.AsyncClient) -> None:
    body = (await editor.post("/api/imports/preview", files={"file": ("x.csv", b"foo,bar\n1,2\n")})).json()
    assert (body["columns"], body["mapping"], body["sample"]) == (["foo", "bar"], None, [])


async def test_what_is_refused_leaves_no_file(editor: httpx.AsyncClient, workspace: Workspace) -> None:
    for files, data in (
        ({"file": ("x.csv", b"foo\n1\n")}, {}),
        ({"file": ("x.csv", b"foo\n1\n")}, {"mapping": "nonsense"}),
        ({"file": ("x.parquet", b"PAR1no")}, {"mapping": ORDERS}),
    ):
        answer = await editor.post("/api/imports", files=files, data=data)
        assert answer.status_code == 400, answer.text
        assert answer.json()["remedy"]
    assert not (workspace.settings.data / "imports").exists() or not list(
        (workspace.settings.data / "imports").iterdir()
    )


async def test_a_path_is_only_taken_over_the_socket(owner: httpx.AsyncClient, tmp_path: Path) -> None:
    path = orders(tmp_path / "orders.csv", 3)
    answer = await owner.post("/api/imports", json={"path": str(path), "mapping": ORDERS})
    assert (answer.status_code, answer.json()["field"]) == (400, "path")


async def test_who_only_looks_sees_imports_but_starts_none(viewer: httpx.AsyncClient, tmp_path: Path) -> None:
    assert (await viewer.get("/api/imports")).status_code == 200
    names = {item["name"] for item in (await viewer.get("/api/import-mappings")).json()["items"]}
    assert {"online_retail", "eshop_clothing_2008", "otto_sample", "segment"} <= names
    files = {"file": ("orders.csv", orders(tmp_path / "orders.csv", 1).read_bytes())}
    assert (await viewer.post("/api/imports", files=files, data={"mapping": ORDERS})).status_code == 403


async def test_an_import_that_does_not_run_can_not_be_stopped(editor: httpx.AsyncClient) -> None:
    assert (await editor.post("/api/imports/1/stop")).status_code == 404
