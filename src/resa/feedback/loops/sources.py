"""Which events are answers, and what of them is the score and the comment."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from resa.feedback.themes.sources import Comment, Sources
from resa.kernel import foreign
from resa.kernel.matching import python as matching

MOST_COMMENT: Final = 4_000
METRICS: Final = ("nps", "csat", "ces")
OWN: Final = "resa"


class Source(NamedTuple):
    """Where an event of this name carries its text and its score; `metric` is what the score is where the event says nothing.

    `key` is that of the comment source that reads the same events.
    """

    key: str
    text: str
    score: str | None
    metric: str | None


ANSWERS: Final[Mapping[str, Source]] = {
    "Survey Answered": Source("survey-answers", "comment", "score", None),
    "Product Reviewed": Source("product-reviews", "review_body", "rating", "rating"),
}
"""What is in the inbox, whether or not it holds words."""
ASKED_FOR: Final = frozenset(source.key for source in ANSWERS.values())
"""Sources that rules act on where they name none."""


class Answer(NamedTuple):
    """An answer as rules see it. `identity` is `kind:value`; times in ms UTC; `sentiment` and `themes` once it was understood."""

    message_id: str
    row: int
    number: int
    """Of the identity."""
    identity: str
    at: int
    received_at: int
    event: str
    survey: str | None
    metric: str | None
    score: float | None
    comment: str
    channel: str
    language: str | None
    simulated: bool
    sentiment: str | None = None
    themes: tuple[str, ...] = ()
    understood: bool = False
    source: str = "survey-answers"
    """The comment source it came by."""

    @property
    def anonymous(self) -> bool:
        """Whether it was promised that nobody learns who answered."""
        return self.identity.startswith("anon:survey-")


class Answers:
    """Which events are answers: of surveys and reviews, and whatever else a comment source finds words in."""

    def __init__(self, comments: Sources) -> None:
        """By these comment sources."""
        self._comments = comments

    def chosen(self, events: pa.Table) -> pa.Table:
        """The events of a batch that may be answers."""
        kinds = self._comments.kinds()
        named = pa.array(sorted({*ANSWERS, *(name for _, name in kinds if name is not None)}), pa.string())
        unnamed = pa.array(sorted({kind for kind, name in kinds if name is None}), pa.string())
        wanted = pc.or_(pc.is_in(events.column("name"), named), pc.is_in(events.column("type"), unnamed))
        foreign_ones = pc.not_equal(pc.fill_null(events.column("source"), ""), OWN)
        return events.filter(pc.and_(wanted, foreign_ones))

    def read(self, event: Mapping[str, Any]) -> Answer | None:
        """The answer an event of the log is, by its columns' names; None where it is none."""
        if event["type"] == "track" and (known := ANSWERS.get(event["name"])) is not None:
            return _answer(event, known)
        found = self._comments.comment(event)
        return None if found is None else _remark(event, found)


def _answer(event: Mapping[str, Any], source: Source) -> Answer:
    said = matching.properties(event)
    metric = said.get("metric")
    return Answer(
        **_place(event),
        event=event["name"],
        survey=_text(said.get("survey"), 64),
        metric=metric if metric in METRICS else source.metric,
        score=_finite(None if source.score is None else matching.number_of(source.score, event, said)),
        comment=_text(said.get(source.text), MOST_COMMENT) or "",
        channel=_text(said.get("channel"), 40) or event["channel"] or "other",
        language=_text(said.get("language"), 20),
        source=source.key,
    )


def _remark(event: Mapping[str, Any], found: Comment) -> Answer:
    return Answer(
        **_place(event),
        event=foreign.storable(event["name"] or event["type"]),
        survey=None,
        metric=found.metric,
        score=found.score,
        comment=_text(found.text, MOST_COMMENT) or "",
        channel=event["channel"] or "other",
        language=_text(found.language, 20),
        source=found.source,
    )


def _place(event: Mapping[str, Any]) -> dict[str, Any]:
    user = event["user_id"]
    return {
        "message_id": foreign.storable(event["message_id"]),
        "row": event["row"],
        "number": event["identity"],
        "identity": foreign.storable(f"user:{user}" if user else f"anon:{event['anonymous_id']}"),
        "at": event["time"],
        "received_at": event["received_at"],
        "simulated": bool(event["simulated"]),
    }


def _text(value: object, most: int) -> str | None:
    """A text that every store can hold, cut; None for anything else."""
    return foreign.storable(value[:most]).strip() or None if isinstance(value, str) else None


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
