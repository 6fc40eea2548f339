"""A comment as the words that themes are made of, in any script and without lists of any language's words.

Words are cut to their first letters, which brings most inflections of a word together in most alphabets: a method that
needs no knowledge of the language (P. McNamee, J. Mayfield: Character n-gram tokenization for European language text
retrieval, 2004). Scripts that put no spaces between words give pieces of two or three characters.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import cache
from typing import Final

STEM: Final = 6
"""Letters kept of a word."""
LONGEST: Final = 4_000
"""Characters of a comment that are looked at for themes: a bound on the time, beyond which nobody is brief."""
MOST_WORDS: Final = 400

_ASCII: Final = re.compile(r"[a-z]+(?:'[a-z]+)*")
_CASED: Final = re.compile(_ASCII.pattern, re.IGNORECASE)
_SMALL: Final = 2
"""Words of fewer letters say nothing by themselves."""

_PAIRS: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_TRIPLES: Final = "\u0e00-\u0e7f\u0e80-\u0eff\u1000-\u109f\u1780-\u17ff"
_SPACELESS: Final = re.compile(f"([{_PAIRS}]+)|([{_TRIPLES}]+)")


def plain(text: str) -> str:
    """A text in compatibility forms and without invisible characters, with its capitals."""
    text = text[:LONGEST]
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        text = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    return text.replace("’", "'")


def normal(text: str) -> str:
    """A text as it is compared: plain, and no case."""
    return plain(text).casefold()


def words(text: str) -> list[str]:
    """The whole words of a text, in order, as they are compared."""
    text = normal(text)
    found = _ASCII.findall(text) if text.isascii() else _any_script().findall(text)
    return found[:MOST_WORDS]


def written(text: str) -> list[str]:
    """The same of a plain text, with their capitals."""
    found: list[str] = (_CASED if text.isascii() else _any_script()).findall(text)
    return found[:MOST_WORDS]


def stem(word: str) -> str:
    """What stands for a word and its inflections."""
    return word[:STEM]


def spaceless(word: str) -> bool:
    """Whether a word is of a script that puts no spaces between words."""
    return not word.isascii() and _SPACELESS.search(word) is not None


def features(found: list[str]) -> set[str]:
    """What of a comment's words themes are made of."""
    out: set[str] = set()
    for word in found:
        if word.isascii():
            if len(word) > _SMALL:
                out.add(word[:STEM])
        elif spaceless(word):
            out.update(_pieces(word))
        elif len(word) > _SMALL or not word.isalpha():
            out.add(word[:STEM])
    return out


def _pieces(word: str) -> set[str]:
    out: set[str] = set()
    for pairs, triples in _SPACELESS.findall(word):
        run, size = (pairs, 2) if pairs else (triples, 3)
        out.update(run[at : at + size] for at in range(max(1, len(run) - size + 1)))
    return out


@cache
def _any_script() -> re.Pattern[str]:
    """Letters with the marks that belong to them, which Python's own `\\w` leaves out (vowels of Indic scripts, for one)."""
    ranges: list[str] = []
    start = last = -2
    for point in range(0x300, min(sys.maxunicode, 0x20000)):
        if unicodedata.category(chr(point)) in ("Mn", "Mc"):
            if point != last + 1:
                if start >= 0:
                    ranges.append(f"{chr(start)}-{chr(last)}")
                start = point
            last = point
    ranges.append(f"{chr(start)}-{chr(last)}")
    marks = "".join(ranges)
    return re.compile(rf"[^\W\d_](?:[^\W\d_]|[{marks}]|'(?=[^\W\d_]))*")
