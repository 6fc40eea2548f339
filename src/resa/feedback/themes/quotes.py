"""Quotes that stand for a theme: said with several of its words, by different customers, neither the longest nor alike."""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
import sqlalchemy as sa

from resa.feedback.themes import words
from resa.feedback.themes.columns import Columns, Mentions
from resa.feedback.themes.store import comments
from resa.kernel import times
from resa.kernel.identities import Identities, profile_id
from resa.kernel.state import State

QUOTES: Final = 3
_CANDIDATES: Final = 24
READABLE: Final = (25, 280)
"""Characters of a comment that is quoted as a whole."""
ALIKE: Final = 0.6
"""Share of words from which two comments say the same (Jaccard)."""


class Quote(msgspec.Struct, frozen=True):
    """A comment that stands for a theme."""

    comment: int
    profile: str
    text: str
    time: str
    score: float | None
    metric: str | None
    sentiment: str
    language: str | None


def quotes(state: State, identities: Identities, seen: Columns, said: Mentions) -> dict[str, list[Quote]]:
    """Up to `QUOTES` of each theme, the most typical first."""
    candidates: dict[str, list[int]] = {}
    for place, key in enumerate(said.keys):
        mine = np.flatnonzero(said.theme == place)
        best = mine[np.argsort(-said.typical[mine], kind="stable")[:_CANDIDATES]]
        candidates[key] = seen.id[said.comment[best]].tolist()
    wanted = sorted({number for numbers in candidates.values() for number in numbers})
    with state.read() as tx:
        rows = tx.execute(sa.select(comments).where(state.among(comments.c.id, wanted))).all() if wanted else []
    by_id = {row.id: row for row in rows}
    return {key: _chosen([by_id[n] for n in numbers if n in by_id], identities) for key, numbers in candidates.items()}


def _chosen(rows: list[sa.Row[tuple[object, ...]]], identities: Identities) -> list[Quote]:
    low, high = READABLE
    readable = [row for row in rows if low <= len(row.text) <= high] or rows
    out: list[Quote] = []
    spoken: list[set[str]] = []
    profiles: set[int] = set()
    for row in readable:
        profile, mine = identities.profile(row.identity), words.features(words.words(row.text))
        if profile < 0 or profile in profiles or any(_alike(mine, other) >= ALIKE for other in spoken):
            continue
        profiles.add(profile)
        spoken.append(mine)
        out.append(
            Quote(
                comment=row.id,
                profile=profile_id(profile),
                text=row.text if len(row.text) <= high * 2 else f"{row.text[: high * 2].rstrip()} …",
                time=times.iso(row.time),
                score=row.score,
                metric=row.metric,
                sentiment=row.sentiment,
                language=row.language,
            )
        )
        if len(out) == QUOTES:
            break
    return out


def _alike(one: set[str], other: set[str]) -> float:
    return len(one & other) / max(1, len(one | other))
