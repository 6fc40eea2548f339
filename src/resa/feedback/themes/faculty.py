"""The text model as comments use it: reads with what a workspace learned, and learns from its scored comments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import msgspec

from resa.feedback.text import learned
from resa.feedback.text.labels import Scale
from resa.feedback.text.learned import Model
from resa.feedback.text.reading import Reader
from resa.feedback.themes.understanding import Scored


class TextFaculty:
    """Reads and learns with `feedback.text`."""

    def open(self, model: bytes | None, version: int) -> Reader:
        """A reader with a model that was learned, or with the shipped one alone."""
        del version  # the reader names itself
        return Reader(None if model is None else Model.from_bytes(model))

    def learn(self, scored: Sequence[Scored]) -> tuple[bytes, dict[str, Any]]:
        """A model learned from scored comments, oldest first, and its quality. Raises `learned.TooFew`."""
        model = learned.fit(
            [one.text for one in scored],
            [one.score for one in scored],
            [one.language for one in scored],
            scale=[cast("Scale", one.metric) for one in scored],
        )
        return model.to_bytes(), msgspec.to_builtins(model.about)
