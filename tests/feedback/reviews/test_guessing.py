"""Files of past feedback: columns and scale guessed, doubts told, events at their own time, the same file once."""

from __future__ import annotations

import asyncio
import csv
import gzip
import json
from typing import Any

import httpx
import pytest
from litestar import Litestar

from resa.feedback.reviews import guessing
from resa.feedback.reviews.guessing import scale_of
from resa.feedback.reviews.mapping import mapping
from resa.kernel.errors import Refused
from resa.kernel.workspace import Workspace
from tests.imports.files import real

PROSE = ("It came late and the box was broken open.", "Lovely staff, I shall surely come again.")


def rows(**columns: list[Any]) -> list[dict[str, Any]]:
    """Records of these columns."""
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        (["0", "7", "10"], "0-10"),
        (["9", "10"], "0-10"),
        (["1", "3", "5"], "1-5"),
        (["1.0", "5.0"], "1-5"),
        (["2", "7"], "1-7"),
        (["0", "5"], "0-10"),
        (["88", "12"], None),
        (["-1", "5"], None),
        (["good", "5", "4"], None),
        ([], None),
    ],
)
def test_the_scale_is_seen_from_the_scores(values: list[str], scale: str | None) -> None:
    assert scale_of(values) == scale


def test_columns_are_known_by_name_and_by_what_is_in_them() -> None:
    sample = rows(
        Respondent=["a@x.se", "b@x.se"] * 20,
        **{"NPS Score": ["0", "10"] * 20, "Why?": list(PROSE) * 20, "Submitted at": ["2026-01-02", "2026-01-03"] * 20},
    )
    found, doubts = guessing.guess(list(sample[0]), sample)
    assert (found.score, found.scale, found.comment, found.date) == ("NPS Score", "0-10", "Why?", "Submitted at")
    assert found.what == "survey"
    assert doubts == []


def test_what_can_be_two_things_is_asked() -> None:
    sample = rows(stars=["4", "5"] * 20, text=list(PROSE) * 20, date=["03/04/2026", "05/06/2026"] * 20)
    found, doubts = guessing.guess(list(sample[0]), sample)
    assert (found.what, found.scale, found.date_format) == ("review", "1-5", "%d/%m/%Y")
    assert set(doubts) == {"scale", "date"}


def test_nothing_to_bring_in_is_refused() -> None:
    with pytest.raises(Refused, match="score"):
        mapping(guessing.Columns(on="2026-01-01"))


CSV = "id;betyg;kommentar;datum\n1;2;Leveransen var sen och paketet trasigt;2025-03-01\n;5;Mycket trevlig personal, tack;2025-03-02\n"


async def test_a_file_comes_in_once_at_its_own_time(
    app: Litestar, workspace: Workspace, editor: httpx.AsyncClient
) -> None:
    del app
    workspace.start()
    files = {"file": ("svar.csv", CSV.encode())}
    guessed = (await editor.post("/api/feedback-imports/guess", files=files)).json()
    assert guessed["columns"]["comment"] == "kommentar"
    chosen = {**guessed["columns"], "customer": "id", "scale": "1-5", "what": "survey", "survey": "old"}
    asked = await editor.post("/api/feedback-imports/guess", files=files, data={"columns": json.dumps(chosen)})
    told = json.dumps(asked.json()["mapping"])
    for _ in range(2):
        started = await editor.post("/api/imports", files=files, data={"mapping": told})
        assert started.status_code == 202, started.text
        while (await editor.get(f"/api/imports/{started.json()['id']}")).json()["state"] == "running":
            await asyncio.sleep(0.01)
    workspace.settle()
    items = (await editor.get("/api/inbox")).json()["items"]
    assert [(row["score"], row["metric"], row["status"], row["at"][:10]) for row in items] == [
        (5, "csat", "closed", "2025-03-02"),
        (2, "csat", "closed", "2025-03-01"),
    ]
    assert items[0]["comment"] == "Mycket trevlig personal, tack"


async def test_columns_that_are_not_there_are_refused(editor: httpx.AsyncClient) -> None:
    files = {"file": ("svar.csv", CSV.encode())}
    for columns, field in (('{"score": "x"}', "score"), ("{", "columns")):
        answer = await editor.post("/api/feedback-imports/guess", files=files, data={"columns": columns})
        assert (answer.status_code, answer.json()["field"]) == (400, field), answer.text


def test_the_reviews_of_a_clothing_shop_are_understood() -> None:
    path = real("womens_clothing_reviews/womens_clothing_reviews.csv.gz")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        sample = [row for _, row in zip(range(1_000), csv.DictReader(file), strict=False)]
    found, doubts = guessing.guess(list(sample[0]), sample)
    assert (found.what, found.score, found.scale, found.comment) == ("review", "Rating", "1-5", "Review Text")
    assert (found.product, found.title) == ("Clothing ID", "Title")
    assert doubts == ["date"]
