"""Personal details taken out of a text before it leaves: addresses, numbers, links, the customer's own known details.

By their shape, in any language. Names where they are known from the writer's profile, or where they stand after words that
names follow (a title, "my name is", a greeting at the end). Another name stays: that is said wherever the switch is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_SHAPES: Final = (
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "[e-mail]"),
    (re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE), "[link]"),
    (re.compile(r"\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){3,7}(?:[ ]?[A-Z0-9]{1,4})?\b"), "[account]"),
    (re.compile(r"(?<!\w)@\w{2,}"), "[handle]"),
    (re.compile(r"\+?\d(?:[\s().\-/]{0,2}\d){5,}"), "[number]"),
    (re.compile(r"\b(?=[\w-]*\d)(?=[\w-]*[^\W\d_])[\w-]{6,}\b"), "[code]"),
)
_SHORTEST: Final = 3

_TITLES: Final = (
    "mr|mrs|ms|miss|dr|herr|frau|fru|hr|sr|sra|señor|señora|mme|madame|monsieur|sig|signora|dhr|mevr|pan|pani"
)
_CALLED: Final = (
    "my name is|this is|jag heter|mitt namn är|jeg heter|jeg hedder|ich heiße|mein name ist|je m'appelle|me llamo|"
    "mi chiamo|ik heet|mijn naam is|nimeni on|nazywam się|chamo-me|meu nome é"
)
_ENDINGS: Final = (
    "regards|sincerely|hälsningar|hälsningar,|mvh|vänligen|grüße|grüßen|cordialement|saludos|saluti|groet|groeten|"
    "hilsen|terveisin|pozdrawiam"
)
_NAME: Final = r"[^\W\d_a-zß-öø-ÿ][^\W\d_]*(?:[-'’ ][^\W\d_a-zß-öø-ÿ][^\W\d_]*){0,2}"
_NAMED: Final = tuple(
    re.compile(rf"(?<!\w)((?i:{words}){between}){_NAME}")
    for words, between in ((_TITLES, r"\.?[ ]+"), (_CALLED, r"[ ]+"), (_ENDINGS, r"[,!.]?\s+"))
)


def redacted(text: str, known: Iterable[str] = ()) -> str:
    """The text without them; `known` are values of the customer's own profile."""
    for shape, word in _SHAPES:
        text = shape.sub(word, text)
    for named in _NAMED:
        text = named.sub(r"\1[name]", text)
    for value in sorted({one.strip() for one in known}, key=len, reverse=True):
        if len(value) >= _SHORTEST:
            text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", "[name]", text, flags=re.IGNORECASE)
    return text
