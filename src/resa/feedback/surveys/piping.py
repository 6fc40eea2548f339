"""Earlier answers and traits in the texts of a survey: `{answer.reason}`, `{trait.firstName|there}`.

No template language: a name, a fall-back after `|`, nothing that loops, calls or nests. What is put in is plain text; who
shows it escapes it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from resa.kernel.errors import Refused

LONGEST: Final = 200
"""Characters of a value that are put in."""

_ANY: Final = re.compile(r"\{(answer|trait)\.([^{}|]{1,100})(?:\|([^{}]{0,200}))?\}")
_BEGUN: Final = re.compile(r"\{(?:answer|trait)\b")
_NAME: Final = re.compile(r"[A-Za-z0-9_$][A-Za-z0-9_$.-]{0,99}")

Value = Callable[[str, str], str | None]
"""(`answer` or `trait`, its name) -> what is known of it."""


def check(at: str, text: str, answered: set[str]) -> None:
    """Refuse a placeholder that is none, or of a question that is not `answered` before."""
    if len(_BEGUN.findall(text)) != len(_ANY.findall(text)):
        remedy = "Write {answer.reason} or {trait.firstName|there}."
        raise Refused(at, text, "a placeholder is not well-formed.", remedy)
    for source, name, _ in _ANY.findall(text):
        if _NAME.fullmatch(name) is None:
            raise Refused(at, name, "this is no name.", "Use the key of a question or the name of a trait.")
        if source == "answer" and name not in answered:
            rule = "no question that is surely asked before has this key."
            raise Refused(at, name, rule, "Name a question that comes before.")


def fill(text: str, value: Value) -> str:
    """The text with what is known put in, the fall-back else; hidden and control characters are left out."""

    def one(found: re.Match[str]) -> str:
        known = value(found[1], found[2])
        return visible(known)[:LONGEST] if known else (found[3] or "")

    return _ANY.sub(one, text)


def visible(text: str) -> str:
    """The text without characters that show nothing or turn the reading direction of what stands around them."""
    return "".join(character for character in text if character.isprintable() or character == "\n")


def traits(texts: list[str]) -> set[str]:
    """The names of the traits that these texts ask for."""
    return {name for text in texts for source, name, _ in _ANY.findall(text) if source == "trait"}
