"""The card of the text model: what reads the comments, what it learned from, and how good it is on comments it had not seen."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from resa.feedback.text import proof
from resa.feedback.text.quality import Quality
from resa.feedback.themes import store
from resa.feedback.themes.understanding import FEWEST, Learned, Understanding
from resa.kernel import times
from resa.kernel.state import State


class ReadingFigures(msgspec.Struct, frozen=True):
    """How good readings are in one language."""

    language: str | None
    """None: all languages together."""
    source: str | None
    """The set of comments it was measured on; None: your own."""
    by: Literal["source", "part", "cross-validation"]
    """The whole source was held out of learning, a part of it was, or each fifth in turn."""
    n: int
    accuracy: float
    """Of the comments something was said of."""
    macro_f1: float
    """Mean over the sentiments; what is "not yet" counts as missed."""
    calibration_error: float
    """How far the said probability is from the share that was right, on average."""
    not_yet: float
    """The share of comments nothing was said of."""


class CommentLanguage(msgspec.Struct, frozen=True):
    """Comments in one language."""

    language: str | None
    comments: int
    not_yet: int


class ModelCard(msgspec.Struct, frozen=True):
    """What reads the comments, and how well it does by its own measure."""

    version: str
    learned: bool
    made_at: str | None
    scored: int
    """Comments with a score now."""
    learned_from: int
    needed: int
    """Comments with a score from which the model learns."""
    quality: dict[str, Any]
    """What the learned model says of itself."""
    measured: list[ReadingFigures]
    """The learned model, by cross-validation on your own scored comments: all, then each language with enough of them."""
    shipped: list[ReadingFigures]
    """The model that ships with Resa."""
    languages: list[CommentLanguage]
    """What your comments are written in, the most frequent first."""
    comments: int
    not_yet: int
    """Comments whose sentiment can't be said honestly yet."""
    older: int
    """Comments read with another model than the present one."""


def of(state: State, understanding: Understanding) -> ModelCard:
    """The card as it is now."""
    learned = understanding.learned()
    version = understanding.reader().version
    total, not_yet, older = store.read_with(state, version)
    return ModelCard(
        version=version,
        learned=learned is not None,
        made_at=None if learned is None else times.iso(learned.made_at),
        scored=understanding.scored(),
        learned_from=0 if learned is None else learned.scored,
        needed=FEWEST,
        quality={} if learned is None else learned.quality,
        measured=[] if learned is None else _cross_validated(learned),
        shipped=[_measured(one.quality, one.language, one.source, one.held_out) for one in proof.shipped().sets],
        languages=[CommentLanguage(*row) for row in store.spoken(state)],
        comments=total,
        not_yet=not_yet,
        older=older,
    )


def _cross_validated(learned: Learned) -> list[ReadingFigures]:
    whole, each = learned.quality.get("quality"), learned.quality.get("quality_per_language", {})
    rows = [(None, whole)] if whole else []
    rows += sorted(each.items(), key=lambda item: -item[1]["n"])
    return [_measured(msgspec.convert(row, Quality), name, None, "cross-validation") for name, row in rows]


def _measured(
    quality: Quality, language: str | None, source: str | None, by: Literal["source", "part", "cross-validation"]
) -> ReadingFigures:
    return ReadingFigures(
        language=language,
        source=source,
        by=by,
        n=quality.n,
        accuracy=round(quality.accuracy, 4),
        macro_f1=round(quality.macro_f1, 4),
        calibration_error=round(quality.calibration_error, 4),
        not_yet=round(quality.not_yet, 4),
    )
