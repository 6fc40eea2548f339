"""Comments one by one: a page of them, newest first, and all that a filter leaves as a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

import msgspec
import numpy as np
import sqlalchemy as sa

from resa.feedback.themes import columns
from resa.feedback.themes.columns import Filter
from resa.feedback.themes.current import Themes
from resa.feedback.themes.store import about, comments
from resa.kernel import times
from resa.kernel.errors import Refused
from resa.kernel.identities import profile_id
from resa.kernel.lens import Lens
from resa.kernel.workspace import Workspace

_AT_ONCE: Final = 2_000
_CURSOR: Final = re.compile(r"-?[0-9]{1,15}-[0-9]{1,15}")
MOST_EXPORTED: Final = 100_000


class Themed(msgspec.Struct, frozen=True):
    """A theme that a comment is about."""

    key: str
    name: str
    weight: float


class CommentRow(msgspec.Struct, frozen=True):
    """A comment and how it was read. `about`: the message id of its event."""

    id: int
    about: str
    profile: str
    time: str
    text: str
    channel: str
    source: str
    event: str
    survey: str | None
    metric: str | None
    score: float | None
    language: str | None
    sentiment: str
    sentiment_score: float
    probability: float
    model: str
    themes: list[Themed]


class CommentPage(msgspec.Struct, frozen=True):
    """Comments, newest first; `next` continues."""

    items: list[CommentRow]
    next: str | None


def page(
    workspace: Workspace, themes: Themes, lens: Lens, filtered: Filter, *, limit: int, cursor: str | None = None
) -> CommentPage:
    """The comments seen through a lens and a filter. Raises Refused."""
    found = list(islice(_rows(workspace, themes, lens, filtered, _read_cursor(cursor)), limit + 1))
    last = found[limit - 1][0] if len(found) > limit else None
    return CommentPage([row for _, row in found[:limit]], last)


def everything(workspace: Workspace, themes: Themes, lens: Lens, filtered: Filter) -> list[dict[str, Any]]:
    """All of them, up to `MOST_EXPORTED`, as rows of a file."""
    rows: list[dict[str, Any]] = []
    for _, row in _rows(workspace, themes, lens, filtered, None):
        values = msgspec.structs.asdict(row)
        values["themes"] = "; ".join(theme.name for theme in row.themes)
        rows.append(values)
        if len(rows) == MOST_EXPORTED:
            break
    return rows


def _rows(
    workspace: Workspace, themes: Themes, lens: Lens, filtered: Filter, after: tuple[int, int] | None
) -> Iterator[tuple[str, CommentRow]]:
    """Each with the cursor that continues after it, newest first; a population is applied as they come, for profiles change and are not kept."""
    c = comments.c
    counts_as = themes.counts_as()
    names = {key: body.name for key, body in themes.bodies().items()}
    conditions = columns.where(workspace, lens, lens.period, filtered)
    if filtered.theme is not None:
        if filtered.theme != "none" and filtered.theme not in counts_as:
            raise Refused("theme", filtered.theme, "there is no such theme.", "Use the key of one, or 'none'.")
        conditions.append(columns.of_theme(workspace, counts_as, filtered.theme))
    mask = None
    if lens.population is not None:
        mask = workspace.populations.get(lens.population).mask(workspace.identities.count)
    while True:
        query = sa.select(comments).where(*conditions).order_by(c.time.desc(), c.id.desc()).limit(_AT_ONCE)
        if after is not None:
            query = query.where(sa.or_(c.time < after[0], sa.and_(c.time == after[0], c.id < after[1])))
        with workspace.state.read() as tx:
            rows = tx.execute(query).all()
        profiles = workspace.identities.profiles(np.array([row.identity for row in rows], np.int64)).tolist()
        kept = [
            (row, profile)
            for row, profile in zip(rows, profiles, strict=True)
            if profile >= 0 and (mask is None or mask[profile])
        ]
        for start in range(0, len(kept), 100):  # few are asked for at first: their themes are read as they are needed
            some = kept[start : start + 100]
            said = _themes(workspace, [row.id for row, _ in some], counts_as, names)
            yield from ((f"{row.time}-{row.id}", _row(row, profile, said.get(row.id, []))) for row, profile in some)
        if len(rows) < _AT_ONCE:
            return
        after = (int(rows[-1].time), int(rows[-1].id))


def _themes(
    workspace: Workspace, numbers: list[int], counts_as: dict[str, str], names: dict[str, str]
) -> dict[int, list[Themed]]:
    query = (
        sa.select(about.c.comment, about.c.theme, about.c.weight)
        .where(workspace.state.among(about.c.comment, numbers))
        .order_by(about.c.comment, about.c.weight.desc(), about.c.theme)
    )
    out: dict[int, dict[str, Themed]] = {}
    with workspace.state.read() as tx:
        for comment, theme, weight in tx.execute(query):
            whole = counts_as.get(theme)
            if whole is not None:
                out.setdefault(comment, {}).setdefault(whole, Themed(whole, names[whole], weight))
    return {comment: list(found.values()) for comment, found in out.items()}


def _row(row: sa.Row[Any], profile: int, said: list[Themed]) -> CommentRow:
    same = ("text", "channel", "source", "event", "survey", "metric", "score", "language", "sentiment")
    return CommentRow(
        id=row.id,
        about=row.message_id,
        profile=profile_id(profile),
        time=times.iso(row.time),
        **{name: getattr(row, name) for name in same},
        sentiment_score=row.sentiment_score,
        probability=row.probability,
        model=row.model,
        themes=said,
    )


def _read_cursor(cursor: str | None) -> tuple[int, int] | None:
    if cursor is None:
        return None
    at, _, number = cursor.rpartition("-")
    if not _CURSOR.fullmatch(cursor):
        raise Refused("cursor", cursor, "this is no place to continue from.", "Send `next` as it was answered.")
    return int(at), int(number)
