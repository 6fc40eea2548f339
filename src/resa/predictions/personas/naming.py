"""A name in plain words, from what sets a kind of customer apart; its key and its face."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from typing import Final

from resa.predictions.personas.shapes import Difference
from resa.predictions.personas.vocabulary import Column

FACES: Final = tuple(f"f{number}" for number in range(1, 13))
"""Keys of illustrations, dealt out in turn."""
WORTH_A_WORD: Final = 0.4
"""Standardised difference from which a feature is worth a word of the name."""
_ADJECTIVES: Final = 2


def name(
    differences: Iterable[Difference], columns: dict[str, Column], taken: Collection[str], *, buy: bool = True
) -> str:
    """Up to two adjectives, a noun, and what they are into: "Regular evening big spenders into Dairy".

    `buy`: whether any to speak of have ever bought.
    """
    words = _words(differences, columns)
    adjectives = [word for place, word in words if place == "adjective"]
    nouns = [word for place, word in words if place == "noun"]
    tails = [word for place, word in words if place == "tail"]
    noun = "browsers" if not buy else nouns[0] if nouns else "customers"
    for many in range(_ADJECTIVES, len(adjectives) + 1):
        said = _sentence(adjectives[:many], noun, tails[:1])
        if said not in taken:
            return said
    plain = _sentence(adjectives[:_ADJECTIVES], noun, tails[:1])
    return next(said for n in range(1, 1_000) if (said := plain if n == 1 else f"{plain} {n}") not in taken)


def _words(differences: Iterable[Difference], columns: dict[str, Column]) -> list[tuple[str, str]]:
    """(place, word), the most telling first, one for each family of features."""
    found: list[tuple[str, str]] = []
    spoken: set[str] = set()
    for one in differences:
        column = columns[one.column]
        word = column.high if one.effect > 0 else column.low
        if abs(one.effect) >= WORTH_A_WORD and word and column.place and column.family not in spoken:
            spoken.add(column.family)
            found.append((column.place, word))
    return found


def _sentence(adjectives: list[str], noun: str, tails: list[str]) -> str:
    said = " ".join([*adjectives, noun, *tails])
    return (said[:1].upper() + said[1:])[:120]


def key(text: str, taken: Collection[str]) -> str:
    """A key made of a name: its letters and digits, joined by -."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:56].strip("-") or "persona"
    return next(one for n in range(1, 10_000) if (one := stem if n == 1 else f"{stem}-{n}") not in taken)


def face(taken: Collection[str]) -> str:
    """The first face that nobody has; when all have been dealt out, from the first on again."""
    return next((one for one in FACES if one not in taken), FACES[len(taken) % len(FACES)])
