"""The characters of a comment, made fit for reading: bounded, folded, and without what has no shape.

Whatever comes in (a megabyte, zero-width floods, direction marks, stacked accents, look-alike letters) costs the same few
microseconds and becomes at most `LONGEST` characters.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

LONGEST: Final = 8_000
"""Characters of a text that are read; of a longer one its beginning and its end, where people say what they think."""

_ENDING: Final = 2_000
_WINDOW: Final = 65_536
"""Characters that are looked at to find them."""

_INVISIBLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U000e0000-\U000e0fff]"
)
"""Soft hyphens, zero-width and direction marks, fillers, variation selectors, tags."""

_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]+")
_STACKED: Final = re.compile(
    "([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{2})[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
_REPEATED: Final = re.compile(r"(.)\1{2,}", re.DOTALL)
_WORD: Final = re.compile(r"\w+")
_LATIN: Final = re.compile("[A-Za-z]")
_LOOKALIKE: Final = re.compile("[\u0370-\u052f]")
_ADDRESS: Final = re.compile(r"(?:https?://|www\.)\S{1,2000}|\S{1,80}@\S{2,80}|@\w{1,40}")

_ALIKE: Final = str.maketrans(
    "аеорсухіјѕԁһкмтвАЕОРСУХІЈЅКМТВНοαενιρτυΟΑΕΝΙΡΤΥΒΗΚΜΖ", "aeopcyxijsdhkmtbAEOPCYXIJSKMTBHoaeviptuOAENIPTYBHKMZ"
)
"""Cyrillic and Greek letters that look like Latin ones; only for words that mix scripts."""


def clean(text: str) -> str:
    """The text as it is read: at most `LONGEST` characters, compatibility forms folded, repeats shortened to three."""
    seen = _INVISIBLE.sub("", text[:_WINDOW])
    if len(seen) > LONGEST:
        seen = f"{seen[: LONGEST - _ENDING - 1]} {_INVISIBLE.sub('', text[-_ENDING:])}"
    seen = _STACKED.sub(r"\1", _CONTROL.sub(" ", seen))
    if not seen.isascii():
        seen = unicodedata.normalize("NFKC", seen)[:LONGEST]
        seen = _INVISIBLE.sub("", seen)
        if _LOOKALIKE.search(seen):
            seen = _WORD.sub(_one_script, seen)
    return _REPEATED.sub(r"\1\1\1", seen)


def without_addresses(text: str) -> str:
    """The text without links, mail addresses and names of accounts, which are in no language."""
    return _ADDRESS.sub(" ", text)


def _one_script(word: re.Match[str]) -> str:
    mixed = _LATIN.search(word[0]) and _LOOKALIKE.search(word[0])
    return word[0].translate(_ALIKE) if mixed else word[0]
