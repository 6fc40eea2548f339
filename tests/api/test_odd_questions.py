"""Questions nobody asks in good faith: numbers no store holds, cursors that are none, texts at the edge of Unicode."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from resa.kernel.workspace import Workspace
from tests.cast import Cast
from tests.kernel.making import draft

HUGE = (2**63, 10**25, int("9" * 400))


@pytest.mark.both_states
async def test_a_number_no_store_holds_is_refused(cast: Cast) -> None:
    program = await cast.key("*")
    for number in HUGE:
        for method, path, body in (
            ("POST", "/api/unlink", {"link": number}),
            ("POST", "/api/unlink/preview", {"link": number}),
            ("POST", "/api/relink", {"link": number}),
            ("POST", f"/api/failed-events/{number}/redrive", {}),
            ("DELETE", f"/api/failed-events/{number}", None),
            ("GET", f"/api/imports/{number}", None),
            ("GET", f"/api/audit?before={number}", None),
        ):
            answer = await program.request(method, path, json=body)
            assert answer.status_code in (400, 404), (path, answer.text)


@pytest.mark.both_states
@pytest.mark.parametrize("q", ["\ud7ff", "a\U0010ffff", "\U0010ffff", "p_" + "9" * 5000, "p_٣", "%", "'"])
async def test_any_text_can_be_searched_for(q: str, cast: Cast) -> None:
    program = await cast.key("read")
    answer = await program.get("/api/customers", params={"q": q})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("before", ["--5,1", "9" * 30 + ",1", "1," + "9" * 5000, "1", ",", "1,-1", "٣,1"])
async def test_a_cursor_that_is_none_is_refused(
    before: str, cast: Cast, workspace: Workspace, known_customer: str
) -> None:
    program = await cast.key("read")
    answer = await program.get(f"/api/customers/{known_customer}/timeline", params={"before": before})
    assert (answer.status_code, answer.json()["field"]) == (400, "before")


@pytest.mark.parametrize("workspace_name", [{}, [None], 7, True])
async def test_a_field_named_as_one_of_our_own_parts_is_refused_like_any_other(
    workspace_name: Any, stranger: httpx.AsyncClient
) -> None:
    body = {"token": "x", "email": "x", "password": "x", "name": "x", "workspace": workspace_name}
    answer = await stranger.post("/api/setup", json=body)
    assert (answer.status_code, answer.json()["field"]) == (400, "workspace")


async def test_an_answer_in_sql_is_json_whatever_was_asked(cast: Cast) -> None:
    program = await cast.key("sql:read")
    asked = "SELECT map([1.5], [2]), ['nan'::DOUBLE], map([{'a': 1}], [2]), 1e308 * 10, repeat('9', 30)::HUGEINT"
    answer = await program.post("/api/sql", json={"sql": asked})
    keyed = {"key": [{"a": 1}], "value": [2]}
    assert answer.json()["rows"] == [[{"1.5": 2}, [None], keyed, None, int("9" * 30)]]


@pytest.mark.parametrize(
    ("traits", "rule"),
    [({"a": "x" * 40_000}, "bytes"), ({"a\u0000": 1}, "NUL"), ({"a": ["\u0000"]}, "NUL"), ({}, "1 to 500")],
)
async def test_traits_no_door_would_take_are_refused(
    traits: dict[str, Any], rule: str, cast: Cast, known_customer: str
) -> None:
    program = await cast.key("*")
    answer = await program.patch(f"/api/customers/{known_customer}/traits", json=traits)
    assert answer.status_code == 400
    assert rule in answer.json()["rule"]


@pytest.mark.parametrize("content", [b"\x1f\x8bxx", b"\x1f\x8b", b"PAR1xxxxPAR1", b"", b"\x00" * 100])
async def test_an_upload_that_is_no_file_of_ours_is_refused(content: bytes, cast: Cast) -> None:
    program = await cast.key("write")
    for path in ("/api/imports/preview", "/api/imports"):
        answer = await program.post(path, files={"file": ("x.gz", content)}, data={"mapping": "otto_sample"})
        assert answer.status_code in (200, 202, 400), answer.text


@pytest.fixture
def known_customer(workspace: Workspace) -> str:
    """A customer there is."""
    workspace.state.create_missing()
    workspace.start()
    workspace.committer.submit_sync([draft(user="ada")])
    workspace.settle()
    return "p_0"
