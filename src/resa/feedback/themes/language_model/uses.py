"""What the language model is asked for, where it is switched on: names, summaries, translations, sentiment. Never needed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Final, Literal

import msgspec

from resa.feedback.themes.language_model import asking
from resa.feedback.themes.language_model.redaction import redacted
from resa.feedback.themes.store import FOREIGN, Reading
from resa.kernel.workspace import Workspace

Known = Sequence[Iterable[str]] | None
"""Of each text what is known of its writer, and must not leave."""

_QUOTED: Final = 12
_LONGEST: Final = 600
AT_ONCE: Final = 20

NAME: Final = (
    "These are comments of customers about one theme, with its key phrases. Name the theme in at most five words of the "
    'language most of them are in, as a noun phrase a manager would use. Answer {"name": "..."}.'
)
_SUMMARY: Final = (
    "These are comments of customers about one theme. Say in at most three sentences of the language asked for what "
    'they say, what differs between them, and nothing they do not say. Answer {"summary": "..."}.'
)
_TRANSLATION: Final = (
    "Translate each text into the language asked for, keeping tone and mistakes of matter, in the same order. Answer "
    '{"texts": ["..."]}.'
)
_SENTIMENT: Final = (
    "Say of each text whether its writer is positive, neutral or negative about what they speak of, in the same order, "
    'with a probability between 0 and 1. Answer {"items": [{"sentiment": "negative", "probability": 0.9}]}.'
)


class Named(msgspec.Struct, forbid_unknown_fields=True):
    """A name for a theme."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]


class Summarised(msgspec.Struct, forbid_unknown_fields=True):
    """What comments say, in short."""

    summary: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


class Translated(msgspec.Struct, forbid_unknown_fields=True):
    """Texts in another language, in order."""

    texts: Annotated[list[str], msgspec.Meta(max_length=100)]


class Felt(msgspec.Struct, forbid_unknown_fields=True):
    """What the model says of one text."""

    sentiment: Literal["positive", "neutral", "negative"]
    probability: Annotated[float, msgspec.Meta(ge=0, le=1)]


class Feelings(msgspec.Struct, forbid_unknown_fields=True):
    """The same of several, in order."""

    items: list[Felt]


def name(workspace: Workspace, phrases: Sequence[str], comments: Sequence[str], known: Known = None) -> str | None:
    """A name for a theme; None where the model may not be asked."""
    matter = {"phrases": list(phrases), "comments": shown(workspace, comments, known)}
    found = asking.ask(workspace, "names", NAME, matter, Named)
    return None if found is None else " ".join(found.name.split())


def summary(workspace: Workspace, comments: Sequence[str], language: str, known: Known = None) -> str | None:
    """What these comments say; None where the model may not be asked."""
    matter = {"language": language, "comments": shown(workspace, comments, known)}
    found = asking.ask(workspace, "summaries", _SUMMARY, matter, Summarised)
    return None if found is None else found.summary


def translation(workspace: Workspace, texts: Sequence[str], language: str, known: Known = None) -> list[str] | None:
    """The texts in another language; None where the model may not be asked. Raises Misspoken where some are missing."""
    matter = {"language": language, "texts": shown(workspace, texts, known)}
    found = asking.ask(workspace, "translations", _TRANSLATION, matter, Translated)
    if found is not None and len(found.texts) != len(matter["texts"]):
        raise asking.Misspoken("The language model left texts out.")
    return None if found is None else found.texts


def sentiment(workspace: Workspace, texts: Sequence[str], known: Known = None) -> list[Felt] | None:
    """The sentiment of each text; None where the model may not be asked. Raises Misspoken where some are missing."""
    matter = {"texts": shown(workspace, texts, known, most=AT_ONCE)}
    found = asking.ask(workspace, "sentiment", _SENTIMENT, matter, Feelings)
    if found is not None and len(found.items) != len(matter["texts"]):
        raise asking.Misspoken("The language model left texts out.")
    return None if found is None else found.items


def reading(before: Reading, felt: Felt, model: str) -> Reading:
    """A comment's reading with what the language model said of its sentiment."""
    sign = {"positive": 1.0, "neutral": 0.0, "negative": -1.0}[felt.sentiment]
    return msgspec.structs.replace(
        before,
        sentiment=felt.sentiment,
        sentiment_score=round(sign * felt.probability, 4),
        probability=round(felt.probability, 4),
        model=f"{FOREIGN}{model}",
    )


def shown(workspace: Workspace, texts: Sequence[str], known: Known = None, *, most: int = _QUOTED) -> list[str]:
    """Texts as they are sent: few, not too long, and without personal details unless somebody allowed those."""
    model = asking.configured(workspace)
    some = list(zip(texts, known or [()] * len(texts), strict=True))[:most]
    if model is not None and not model.redact:
        return [text[:_LONGEST] for text, _ in some]
    return [redacted(text, names)[:_LONGEST] for text, names in some]
