"""Which language is spoken, and what a text says in it: the one asked for, its relatives, else the survey's first."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Final

from resa.feedback.surveys.definition import Survey

RIGHT_TO_LEFT: Final = frozenset("ar arc ckb dv fa he ku nqo ps sd syr ug ur yi".split())
_WISH: Final = re.compile(r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,3})\s*(?:;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?))?\s*")
MOST_WISHES: Final = 30


def spoken(survey: Survey, wishes: Iterable[str]) -> str:
    """The language of the survey that comes nearest to what is wished, the dearest wish first."""
    known = {language.lower(): language for language in survey.languages}
    for wish in wishes:
        whole = wish.lower().replace("_", "-")
        stem = whole.partition("-")[0]
        relatives = (name for name in known if name.partition("-")[0] == stem)
        found = whole if whole in known else stem if stem in known else next(relatives, None)
        if found is not None:
            return known[found]
    return survey.languages[0]


def wished(header: str) -> list[str]:
    """The languages of an `Accept-Language` header, the dearest first."""
    found = []
    for place, part in enumerate(header[:2000].split(",")[:MOST_WISHES]):
        if (wish := _WISH.fullmatch(part)) is not None and float(wish[2] or 1) > 0:
            found.append((-float(wish[2] or 1), place, wish[1]))
    return [name for _, _, name in sorted(found)]


def said(texts: Mapping[str, str], survey: Survey, language: str) -> str:
    """A text in a language, or in the survey's first, or in the next one that has it; "" where none has."""
    for each in (language, *survey.languages):
        if texts.get(each, "").strip():
            return texts[each]
    return ""


def direction(language: str) -> str:
    """`rtl` or `ltr`."""
    return "rtl" if language.lower().partition("-")[0] in RIGHT_TO_LEFT else "ltr"


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    found: Mapping[str, Mapping[str, str]] = tomllib.loads(
        resources.files(__package__).joinpath("words.toml").read_text("utf-8")
    )
    return found


def word(name: str, language: str) -> str:
    """A word of the survey's frame (buttons, errors) in a language; English where we don't speak it."""
    known = _words()
    stem = language.lower().partition("-")[0]
    return known.get({"nb": "no", "nn": "no"}.get(stem, stem), {}).get(name) or known["en"][name]


def own_name(language: str) -> str:
    """What a language calls itself; its code where we don't know."""
    stem = language.lower().partition("-")[0]
    return _words().get({"nb": "no", "nn": "no"}.get(stem, stem), {}).get("language", language)


def frame_languages() -> list[str]:
    """The languages that buttons and errors are there in."""
    return sorted(_words())
