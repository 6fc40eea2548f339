"""The HTTP face of bringing feedback in: columns guessed from the beginning of a file; the import itself is that of all files."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Final

import anyio.to_thread
import msgspec
from litestar import post
from litestar.datastructures import UploadFile

from resa.access.guards import Call, requires
from resa.collect.imports import readers
from resa.feedback.reviews import guessing
from resa.feedback.reviews.guessing import Columns
from resa.feedback.reviews.mapping import mapping
from resa.kernel.errors import Refused

MOST: Final = 4_000_000
LOOKED_AT: Final = 1_000
SHOWN: Final = 5
LONGEST: Final = 400


class GuessedColumns(msgspec.Struct, frozen=True, kw_only=True):
    """What a file seems to hold. `doubts` are what a person should look at; `mapping` is what `POST /api/imports` takes."""

    names: list[str]
    columns: Columns
    doubts: list[str]
    mapping: dict[str, Any] | None
    problem: str
    sample: list[dict[str, str]]


@post("/api/feedback-imports/guess", request_max_body_size=MOST, status_code=200, guards=[requires("write")])
async def guess_columns(request: Call) -> GuessedColumns:
    """Which column is what: multipart with `file` (its beginning will do) and perhaps `columns` as JSON, where a person chose."""
    form = await request.form()
    file, chosen = form.get("file"), form.get("columns")
    if not isinstance(file, UploadFile):
        raise Refused("file", None, "is missing.", "Send the file as the multipart field `file`.")
    name, content = file.filename or "file.csv", await file.read()
    return await anyio.to_thread.run_sync(lambda: _guessed(name, content, chosen if isinstance(chosen, str) else None))


def _guessed(name: str, content: bytes, chosen: str | None) -> GuessedColumns:
    suffix = "".join(Path(name).suffixes[-2:])[:20] or ".csv"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"file{suffix}")
        path.write_bytes(content)
        columns, sample, _ = readers.look(path, most=LOOKED_AT)
    names = list(columns or dict.fromkeys(key for record in sample for key in record))
    guessed, doubts = guessing.guess(names, sample)
    if chosen is not None:
        guessed, doubts = _chosen(chosen, names), []
    made, problem = None, ""
    try:
        made = msgspec.to_builtins(mapping(guessed))
    except Refused as error:
        problem = error.message
    shown = [
        {key: str(value)[:LONGEST] for key, value in record.items() if value is not None} for record in sample[:SHOWN]
    ]
    return GuessedColumns(names=names, columns=guessed, doubts=doubts, mapping=made, problem=problem, sample=shown)


def _chosen(text: str, names: list[str]) -> Columns:
    try:
        columns = msgspec.json.decode(text, type=Columns)
    except msgspec.DecodeError as error:
        raise Refused(
            "columns", text[:60], f"can't be read: {error}.", "Send what this call answered, changed."
        ) from None
    for part in ("score", "comment", "date", "customer", "email", "channel", "title", "product"):
        if (column := getattr(columns, part)) is not None and column not in names:
            raise Refused(part, column, "the file has no such column.", f"It has {', '.join(names)}.")
    return columns


routes = [guess_columns]
