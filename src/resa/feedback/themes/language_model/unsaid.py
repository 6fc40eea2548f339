"""Comments of which nothing can be said yet, put before the language model where it may be asked for that: the newest first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import sqlalchemy as sa

from resa.feedback.themes import store
from resa.feedback.themes.language_model import asking, uses, writers
from resa.feedback.themes.store import FOREIGN, NOT_YET, Reading, comments
from resa.kernel.workspace import Workspace

AT_A_TIME: Final = 400
"""Comments of one run; what is left is due again."""

_WAITS: Final = sa.and_(comments.c.sentiment == NOT_YET, ~comments.c.model.startswith(FOREIGN))


def waiting(workspace: Workspace) -> bool:
    """Whether the model may be asked for sentiments, and there is a comment to ask it about."""
    if not asking.available(workspace, "sentiment"):
        return False
    with workspace.state.read() as tx:
        return tx.execute(sa.select(comments.c.id).where(_WAITS).limit(1)).first() is not None


def ask(workspace: Workspace, report: Callable[[str, float], None]) -> dict[str, Any]:
    """Ask about the newest of them; how many were read, and whether the day's budget ended it. Raises Misspoken or Unreachable."""
    read = 0
    while read < AT_A_TIME:
        report("asking", read / AT_A_TIME)
        try:
            some = _some(workspace)
        except asking.Spent:
            return {"read": read, "spent": True}
        read += some
        if some < uses.AT_ONCE:
            break
    return {"read": read, "spent": False}


def _some(workspace: Workspace) -> int:
    c = comments.c
    query = sa.select(comments).where(_WAITS).order_by(c.time.desc(), c.id.desc()).limit(uses.AT_ONCE)
    with workspace.state.read() as tx:
        rows = tx.execute(query).all()
        known = writers.known(workspace, tx, [row.identity for row in rows])
    model = asking.configured(workspace)
    felt = uses.sentiment(workspace, [row.text for row in rows], known) if rows else None
    if felt is None or model is None:
        return 0
    with workspace.state.write() as tx:
        said = [(row.id, uses.reading(_reading(row), one, model.model)) for row, one in zip(rows, felt, strict=True)]
        store.set_readings(tx, said)
        store.tell_anew(workspace.state, tx, [row.id for row in rows])
    return len(rows)


def _reading(row: sa.Row[Any]) -> Reading:
    return Reading(row.language, row.sentiment, row.sentiment_score, row.probability, row.model)
