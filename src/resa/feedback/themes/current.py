"""The themes in force: the newest model that was found, and what people decided about its themes."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from typing import Any

import msgspec

from resa.feedback.themes import runs
from resa.feedback.themes.definition import THEME, Theme, merged
from resa.feedback.themes.model import Model, Recogniser
from resa.kernel.definitions import Definition, Definitions
from resa.kernel.state import State


class Themes:
    """What comments are held against. Thread-safe; compiled once for each state of model and definitions."""

    def __init__(self, state: State, definitions: Definitions) -> None:
        """Nothing is loaded yet."""
        self._state = state
        self._definitions = definitions
        self._model: Model | None = None
        self._stamp: Hashable = None
        self._recogniser: Recogniser | None = None
        self._lock = threading.Lock()

    def model(self) -> Model:
        """The newest model; one without any themes before the first finding."""
        with self._lock:
            if self._model is None:
                self._model = runs.newest_model(self._state) or Model([])
            return self._model

    def replace(self, model: Model) -> None:
        """A newer one was found."""
        with self._lock:
            self._model, self._recogniser = model, None

    def definitions(self) -> dict[str, Definition[Theme]]:
        """Every theme by key."""
        found: list[Definition[Any]] = self._definitions.all(THEME.name)
        return {item.key: item for item in found}

    def bodies(self) -> dict[str, Theme]:
        """What people decided about each."""
        return {key: item.body for key, item in self.definitions().items()}

    def counts_as(self) -> dict[str, str]:
        """Each theme's key and the one it counts as, now that some are merged."""
        return merged(self.bodies())

    def phrases(self) -> dict[str, list[str]]:
        """The key phrases of each found theme, of all its languages."""
        out: dict[str, list[str]] = {}
        for told in self.model().languages:
            for theme in told.themes:
                out.setdefault(theme.key, []).extend(theme.phrases)
        return out

    def recogniser(self) -> Recogniser:
        """What says of a comment what it is about."""
        model, stamp = self.model(), self._definitions.stamp()
        with self._lock:
            if self._recogniser is not None and stamp == self._stamp:
                return self._recogniser
        made = Recogniser(model, self.bodies())
        with self._lock:
            if model is self._model:
                self._recogniser, self._stamp = made, stamp
        return made


def encoded(model: Model) -> bytes:
    """A model as it is kept."""
    return msgspec.msgpack.encode(model)
