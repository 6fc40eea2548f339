"""Comment sources made ready for the log: which of its events carry a comment, and what it says."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Final, NamedTuple

from resa.feedback.themes.definition import BUILT_IN, LONGEST, SCALES, SOURCE, CommentSource
from resa.kernel.definitions import Definition, Definitions
from resa.kernel.matching.python import Event, number_of, passes, properties, text_of

_LANGUAGE: Final = 16


class Comment(NamedTuple):
    """What an event says in words: `score` lies on the scale of `metric`, or there is none."""

    source: str
    text: str
    metric: str | None
    score: float | None
    language: str | None
    survey: str | None


class _Source(NamedTuple):
    key: str
    body: CommentSource
    passes: Callable[[Event, Mapping[str, Any]], bool]


class Sources:
    """The sources of a workspace, compiled once for each state of the definitions."""

    def __init__(self, definitions: Definitions) -> None:
        """Over the definitions, in which the kind must be registered."""
        self._definitions = definitions
        self._stamp: Hashable = object()
        self._by_name: dict[tuple[str, str | None], list[_Source]] = {}
        self._listed: dict[str, tuple[CommentSource, int]] = {}

    def listed(self) -> dict[str, tuple[CommentSource, int]]:
        """Every source by key with its version; 0: built in, saved by nobody."""
        self._refresh()
        return self._listed

    def kinds(self) -> list[tuple[str, str | None]]:
        """The types and names of events that may carry a comment; None: whatever they are called."""
        self._refresh()
        return list(self._by_name)

    def comment(self, event: Event) -> Comment | None:
        """The comment that an event carries, by the first source (by key) that knows it."""
        self._refresh()
        candidates = self._by_name.get((event["type"], event["name"])) or self._by_name.get((event["type"], None))
        if not candidates:
            return None
        said = properties(event)
        for source in candidates:
            if source.passes(event, said) and (found := _read(source, event, said)) is not None:
                return found
        return None

    def _refresh(self) -> None:
        stamp = self._definitions.stamp()
        if stamp == self._stamp:
            return
        listed = {key: (body, 0) for key, body in BUILT_IN.items()}
        saved: list[Definition[CommentSource]] = self._definitions.all(SOURCE.name)
        listed |= {item.key: (item.body, item.version) for item in saved}
        by_name: dict[tuple[str, str | None], list[_Source]] = {}
        for key, (body, _) in sorted(listed.items()):
            if not body.off:
                one = _Source(key, body, passes(body.match))
                by_name.setdefault((body.match.type, body.match.name), []).append(one)
        self._listed, self._by_name, self._stamp = listed, by_name, stamp


def _read(source: _Source, event: Event, said: Mapping[str, Any]) -> Comment | None:
    body = source.body
    parts = [text_of(name, event, said) for name in (body.title, body.text) if name is not None]
    text = "\n".join(part.strip() for part in parts if part and part.strip())[:LONGEST].replace("\x00", "")
    if not text.strip():
        return None
    metric = body.metric if body.metric_property is None else text_of(body.metric_property, event, said)
    score = None if body.score is None else number_of(body.score, event, said)
    if metric is None or score is None or not _within(metric, score):
        metric = score = None
    language = None if body.language is None else text_of(body.language, event, said)
    survey = text_of("survey", event, said)
    return Comment(
        source.key, text, metric, score, language[:_LANGUAGE] if language else None, survey[:64] if survey else None
    )


def _within(metric: str, score: float) -> bool:
    if metric not in SCALES:
        return False
    low, high = SCALES[metric]
    return math.isfinite(score) and low <= score <= high
