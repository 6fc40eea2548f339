"""Traits, campaign and offer in content: `{{ trait.firstName | default: "you" }}`, escaped by where they stand.

No template language: a name, a default, nothing that loops, calls or nests.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from resa.kernel.errors import Refused

SOURCES: Final = ("trait", "campaign", "offer")
LONGEST: Final = 200

_ANY: Final = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_KNOWN: Final = re.compile(
    r"\s*(trait|campaign|offer)\.([A-Za-z_$][A-Za-z0-9_$.-]{0,79})\s*(?:\|\s*default:\s*\"([^\"{}]{0,200})\"\s*)?"
)

Said = Mapping[str, Mapping[str, Any]]
"""By source, what is known: `{"trait": {"firstName": "Ada"}}`."""

Part = str | tuple[str, str, str]
"""Text as it stands, or (source, name, default)."""


def parse(at: str, text: str) -> list[Part]:
    """The parts of a text. Raises Refused for a placeholder that is none."""
    parts: list[Part] = []
    end = 0
    for found in _ANY.finditer(text):
        known = _KNOWN.fullmatch(found[1])
        if known is None:
            remedy = 'Write {{ trait.firstName | default: "you" }}; there are trait, campaign and offer.'
            raise Refused(at, found[0], "this is no placeholder.", remedy)
        parts += [text[end : found.start()], (known[1], known[2], known[3] or "")]
        end = found.end()
    if "{{" in text[end:]:
        raise Refused(at, text[end:], "a placeholder is not closed.", "Close it with }}.")
    return [part for part in (*parts, text[end:]) if part != ""]


def names(parts: list[Part]) -> Iterator[tuple[str, str]]:
    """The (source, name) that a text asks for."""
    return ((part[0], part[1]) for part in parts if not isinstance(part, str))


def fill(parts: list[Part], said: Said, escape: Callable[[str], str]) -> str:
    """The text with what is known put in, each value escaped."""
    return "".join(part if isinstance(part, str) else escape(_value(part, said)) for part in parts)


def plain(value: str) -> str:
    """For text that is never read as anything else."""
    return value


def in_html(value: str) -> str:
    """For HTML, in text and in quoted attributes."""
    return html.escape(value, quote=True)


def in_url(value: str) -> str:
    """For a part of an address: it can't change the scheme, the host or the path."""
    return quote(value, safe="")


def _value(part: tuple[str, str, str], said: Said) -> str:
    source, name, default = part
    value = said.get(source, {}).get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value == "":
        return default
    text = str(value)[:LONGEST]
    return "".join(character for character in text if character.isprintable() or character == "\n")
