"""What people say of comments as definitions: where the text of a comment lies, and what they decided about themes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal

import msgspec

from resa.kernel import definitions
from resa.kernel.definitions import Kind
from resa.kernel.errors import Refused
from resa.kernel.events import OWN_NAMES
from resa.kernel.matching import Match, check_match

LONGEST: Final = 10_000
"""Characters kept of a comment."""
MOST_PHRASES: Final = 100
RESERVED: Final = frozenset({"none"})
"""Keys that mean something else in the API's filters."""

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Property = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Phrase = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Metric = Literal["nps", "csat", "ces", "rating"]

SCALES: Final[Mapping[str, tuple[float, float]]] = {
    "nps": (0, 10),
    "csat": (1, 5),
    "ces": (1, 7),
    "rating": (1, 5),
}
"""Lowest and highest score of each metric."""


class CommentSource(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Which events carry a comment, and in which properties its text and score stand.

    `metric` says what the score is; where `metric_property` is given, the event says so itself (`Survey Answered`).
    """

    name: Name
    match: Match
    text: Property
    title: Property | None = None
    """A property read before the text, such as a review's headline."""
    score: Property | None = None
    metric: Metric | None = None
    metric_property: Property | None = None
    language: Property | None = None
    """A property that names the language; what is detected counts where it is sure."""
    off: bool = False


class Theme(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """What many comments are about: found in them (`found`), or described by phrases; and what people decided about it.

    `into`: it counts as that theme (merged). `out_of`: it was split off that one, so comments with its phrases are about it and not
    about the other, however that is found anew. `pinned`: finding anew never moves it. `hidden`: left out of lists.
    """

    name: Name
    description: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    found: bool = False
    phrases: Annotated[list[Phrase], msgspec.Meta(max_length=MOST_PHRASES)] = []
    """A comment that holds one of them is about it, whatever else is found; `*` at the end of a word: any ending."""
    into: str | None = None
    out_of: str | None = None
    pinned: bool = False
    hidden: bool = False


def check_source(source: CommentSource) -> None:
    """Refuse what the types can't."""
    definitions.printable(source)
    check_match("match", source.match)
    if source.match.name in OWN_NAMES:
        raise Refused("match.name", source.match.name, "Resa writes these events itself.", "Use another event.")
    if source.metric is not None and source.metric_property is not None:
        rule = "the metric is either fixed or said by the event."
        raise Refused("metric_property", source.metric_property, rule, "Leave one of the two out.")
    if source.score is None and (source.metric is not None or source.metric_property is not None):
        raise Refused("score", None, "a metric needs a score.", "Name the property that holds the score.")
    if source.score is not None and source.metric is None and source.metric_property is None:
        raise Refused("metric", None, "a score needs a scale.", f"Use one of {', '.join(SCALES)}.")


def check_theme(theme: Theme) -> None:
    """Refuse what the types can't."""
    definitions.printable(theme)
    if theme.out_of is not None and not theme.phrases:
        raise Refused("phrases", None, "what is split off is known by phrases.", "Choose at least one.")
    if not theme.found and not theme.phrases:
        raise Refused("phrases", None, "a theme of one's own is known by phrases.", "Give at least one.")
    for place, phrase in enumerate(theme.phrases):
        if not any(letter.isalnum() for letter in phrase):
            raise Refused(f"phrases[{place}]", phrase, "a phrase holds a word.", "Write what customers write.")


def check_together(themes: Mapping[str, Theme]) -> None:
    """Refuse merges into what is not there, splits off it, and circles of either."""
    for key in themes:
        _check_way(themes, key, "into", "merged into", "Undo the other merge first.")
        _check_way(themes, key, "out_of", "split off", "Undo the other split first.")


def _check_way(themes: Mapping[str, Theme], key: str, field: str, done: str, remedy: str) -> None:
    seen = [key]
    while (at := getattr(themes[seen[-1]], field)) is not None:
        if at not in themes:
            rule = f"{seen[-1]} is {done} {at}, which is not there."
            raise Refused(field, at, rule, "Name a theme that is there.")
        if at in seen:
            raise Refused(field, getattr(themes[key], field), f"a theme can't be {done} itself.", remedy)
        seen.append(at)


def ancestors(themes: Mapping[str, Theme], key: str) -> set[str]:
    """The themes that one was split off, those it was split off before included."""
    found: set[str] = set()
    at = themes[key].out_of
    while at is not None and at not in found:
        found.add(at)
        at = themes[at].out_of if at in themes else None
    return found


def merged(themes: Mapping[str, Theme]) -> dict[str, str]:
    """What each theme counts as now: its own key, or the one it was merged into."""
    out: dict[str, str] = {}
    for key in themes:
        at = key
        while (into := themes[at].into) is not None and into in themes:
            at = into
        out[key] = at
    return out


SOURCE: Final = Kind("comment-source", CommentSource, check_source)
THEME: Final = Kind("theme", Theme, check_theme, check_together)


def _source(name: str, event: str, text: str, **more: str) -> CommentSource:
    return msgspec.convert(
        {"name": name, "match": {"type": "track", "name": event}, "text": text, **more}, CommentSource
    )


BUILT_IN: Final[Mapping[str, CommentSource]] = {
    "survey-answers": _source(
        *("Survey answers", "Survey Answered", "comment"),
        score="score",
        metric_property="metric",
        language="language",
    ),
    "product-reviews": _source(
        "Product reviews", "Product Reviewed", "review_body", title="review_title", score="rating", metric="rating"
    ),
    "chats": _source("Chat messages", "Chat Message Received", "text"),
    "tickets": _source("Tickets", "Ticket Created", "description", title="subject"),
}
"""What holds where nobody saved a source of that key; `off` in a saved one switches it off."""
