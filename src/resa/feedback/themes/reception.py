"""An event that carries a comment becomes a kept comment: read, and held against the themes in force."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from resa.feedback.themes.current import Themes
from resa.feedback.themes.sources import Comment, Sources
from resa.feedback.themes.store import Mention, Reading
from resa.feedback.themes.understanding import Understanding
from resa.kernel.state import State

Row = dict[str, Any]

OWN: Final = "resa"


class Reception:
    """Turns events into kept comments: for the follower, and for what searches the history."""

    def __init__(self, state: State, sources: Sources, understanding: Understanding, themes: Themes) -> None:
        """What it needs to read a comment."""
        self.state = state
        self.sources = sources
        self.understanding = understanding
        self.themes = themes

    def found(self, events: pa.Table) -> list[tuple[Row, Comment]]:
        """The events of a batch that carry a comment, with it."""
        kinds = self.sources.kinds()
        if not kinds or not events.num_rows:
            return []
        named = pa.array(sorted({name for _, name in kinds if name is not None}), pa.string())
        unnamed = pa.array(sorted({kind for kind, name in kinds if name is None}), pa.string())
        wanted = pc.or_(pc.is_in(events.column("name"), named), pc.is_in(events.column("type"), unnamed))
        foreign = pc.not_equal(pc.fill_null(events.column("source"), ""), OWN)
        counted = pc.and_(pc.not_equal(events.column("code"), pa.scalar(0, pa.uint16())), foreign)
        chosen = events.filter(pc.and_(wanted, counted))
        pairs = ((event, self.sources.comment(event)) for event in chosen.to_pylist())
        return [(event, comment) for event, comment in pairs if comment is not None]

    def read(self, found: Sequence[tuple[Row, Comment]]) -> tuple[list[Row], list[list[Mention]]]:
        """Rows of the store, and what each is about."""
        said = [comment for _, comment in found]
        readings = self.understanding.read([each.text for each in said], [each.language for each in said])
        rows = [_row(event, comment, reading) for (event, comment), reading in zip(found, readings, strict=True)]
        return rows, self.mentions((each.text, reading.language) for each, reading in zip(said, readings, strict=True))

    def mentions(self, texts: Iterable[tuple[str, str | None]]) -> list[list[Mention]]:
        """What comments are about, by the themes in force; of each its text and language."""
        return self.themes.recogniser().mentions(texts)


def _row(event: Row, comment: Comment, reading: Reading) -> Row:
    return {
        "message_id": event["message_id"],
        "identity": event["identity"],
        "time": event["time"],
        "channel": event["channel"] or "other",
        "source": comment.source,
        "event": event["name"] or event["type"],
        "survey": comment.survey,
        "text": comment.text,
        "metric": comment.metric,
        "score": comment.score,
        "simulated": bool(event["simulated"]),
        "language": reading.language,
        "sentiment": reading.sentiment,
        "sentiment_score": reading.sentiment_score,
        "probability": reading.probability,
        "model": reading.model,
    }
