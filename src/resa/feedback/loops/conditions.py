"""Whether an answer is what a rule waits for. Pure but for what it must ask of the customer, which it asks last."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Protocol

from resa.feedback.loops.definition import When, Worth
from resa.feedback.loops.sources import ASKED_FOR, Answer


class Customer(Protocol):
    """What rules may ask of who answered."""

    def belongs(self, answer: Answer, audience: str) -> bool:
        """Whether they are in the audience now."""
        ...

    def spent(self, answer: Answer, worth: Worth) -> float:
        """What they paid in that currency within the period before the answer."""
        ...


def waits(when: When) -> bool:
    """Whether the rule can say nothing before the comment was understood."""
    return bool(when.sentiment or when.themes)


def meets(when: When, answer: Answer, customer: Customer) -> bool:
    """Whether everything asked for holds."""
    return all(test(when, answer) for test in _PLAIN) and _asked(when, answer, customer)


def _asked(when: When, answer: Answer, customer: Customer) -> bool:
    if when.audience is not None and not customer.belongs(answer, when.audience):
        return False
    return when.worth is None or customer.spent(answer, when.worth) >= when.worth.at_least


def _score(when: When, answer: Answer) -> bool:
    if when.score_from is None and when.score_to is None:
        return True
    if answer.score is None:
        return False
    return (when.score_from is None or answer.score >= when.score_from) and (
        when.score_to is None or answer.score <= when.score_to
    )


def _understood(when: When, answer: Answer) -> bool:
    if when.sentiment and answer.sentiment not in when.sentiment:
        return False
    return not when.themes or not set(when.themes).isdisjoint(answer.themes)


def _words(when: When, answer: Answer) -> bool:
    return not when.words or (
        bool(answer.comment) and expression(tuple(when.words)).search(folded(answer.comment)) is not None
    )


_PLAIN: tuple[Callable[[When, Answer], bool], ...] = (
    lambda when, answer: answer.source in (when.sources or ASKED_FOR),
    lambda when, answer: not when.surveys or answer.survey in when.surveys,
    lambda when, answer: when.metric is None or answer.metric == when.metric,
    lambda when, answer: not when.channels or answer.channel in when.channels,
    lambda when, answer: when.commented is None or bool(answer.comment) == when.commented,
    _score,
    _understood,
    _words,
)


def folded(text: str) -> str:
    """Text as words are compared: one form of each letter, no capitals, one space between words."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text).casefold())


@lru_cache(256)
def expression(words: tuple[str, ...]) -> re.Pattern[str]:
    """Any of these as whole words; a `*` at an end leaves that end open. Every part is a literal: no text makes it slow."""
    parts = []
    for word in words:
        bare = folded(word).strip(" *")
        before = "" if word.startswith("*") else r"(?<!\w)"
        after = "" if word.endswith("*") else r"(?!\w)"
        parts.append(f"{before}{re.escape(bare)}{after}")
    return re.compile("|".join(parts))
