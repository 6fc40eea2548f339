"""What an answer may be, per kind of question: cleaned, or refused with a code that pages have words for."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from resa.feedback.surveys.definition import LONGEST_TEXT, Question
from resa.kernel.errors import Refused

WORDS: Final = ".words"
"""`<question>.words` holds what was written beside the options that take words: by option, a text."""
LONGEST_WRITE_IN: Final = 200
LONGEST_FIELD: Final = 254

_EMAIL: Final = re.compile(r"[^\s@<>\"',;:\\()\[\]]{1,64}@[^\s@<>\"',;:\\()\[\]]{1,185}\.[^\s@<>\"',;:\\()\[\].]{2,63}")
_PHONE: Final = re.compile(r"\+?[0-9][0-9 ()./-]{4,28}[0-9]")
_HIDDEN: Final = frozenset(
    "\u200b\u2060\ufeff\u00ad\u180e" + "".join(map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]))
)
"""Characters that show nothing, or turn the direction of what stands around them. Joiners stay: scripts and emoji need them."""


class Unfit(Refused):
    """An answer that its question does not take. `code` is stable: pages say it in the customer's language."""

    def __init__(
        self, question: Question, code: str, value: object, rule: str, remedy: str, limit: int | None = None
    ) -> None:
        """`limit` is the number the rule speaks of."""
        super().__init__(f"answers.{question.key}", value, rule, remedy, code=code)
        self.limit = limit


def clean(question: Question, value: Any) -> Any:
    """The answer as it is kept; None for none. Raises Unfit; never for a text that is merely odd."""
    found = None if value is None or value in ("", [], {}) else _KINDS[question.kind](question, value)
    if found is None and question.required:
        raise Unfit(question, "required", None, "this question needs an answer.", "Answer it.")
    return found


def words(question: Question, value: Any) -> dict[str, str]:
    """What was written beside options that take words; anything else is left out."""
    if not isinstance(value, Mapping):
        return {}
    open_ones = [option.key for option in question.options if option.write_in]
    found = {key: text(value[key])[:LONGEST_WRITE_IN] for key in open_ones if isinstance(value.get(key), str)}
    return {key: said for key, said in found.items() if said}


def text(value: str) -> str:
    """A text as it is kept: composed, without control and hidden characters, trimmed."""
    kept = "".join(
        each
        for each in value
        if each not in _HIDDEN and (each in "\n\t" or unicodedata.category(each) not in ("Cc", "Cs"))
    )
    return unicodedata.normalize("NFC", kept).strip()


def _number(question: Question, value: Any) -> int:
    lowest, highest = question.span
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,4}", value.strip()):
        value = int(value)
    whole = (
        isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value == int(value)
    )
    if not whole or not lowest <= value <= highest:
        rule = f"a whole number from {lowest} to {highest}."
        raise Unfit(question, "not_in_range", _shown(value), rule, "Use one of them.")
    return int(value)


def _one(question: Question, value: Any) -> str:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return _option(question, value)


def _option(question: Question, value: Any) -> str:
    if not isinstance(value, str) or all(option.key != value for option in question.options):
        rule = "there is no such option."
        raise Unfit(question, "no_option", _shown(value), rule, "Use the key of one of the question's.")
    return value


def _several(question: Question, value: Any) -> list[str]:
    picked = {_option(question, one) for one in _listed(question, value)}
    alone = [option.key for option in question.options if option.alone and option.key in picked]
    if alone and len(picked) > 1:
        raise Unfit(
            question, "not_together", ", ".join(sorted(picked)), f"{alone[0]} stands alone.", "Pick only it, or others."
        )
    least, most = question.least or 1, question.most or len(question.options)
    if len(picked) < least and not alone:
        raise Unfit(question, "too_few", len(picked), f"at least {least} are picked.", "Pick more.", least)
    if len(picked) > most:
        raise Unfit(question, "too_many", len(picked), f"at most {most} are picked.", "Pick fewer.", most)
    return [option.key for option in question.options if option.key in picked]


def _ranked(question: Question, value: Any) -> list[str]:
    """The best first. Fewer than all are fine where `least` says so."""
    order = [_option(question, one) for one in _listed(question, value)]
    if len(set(order)) != len(order):
        raise Unfit(question, "twice", ", ".join(order), "each option has one place.", "Give each another place.")
    least = question.least or len(question.options)
    if len(order) < least:
        raise Unfit(question, "too_few", len(order), f"at least {least} are ranked.", "Rank more.", least)
    return order[: question.most]


def _matrix(question: Question, value: Any) -> dict[str, str] | None:
    if not isinstance(value, Mapping):
        raise Unfit(question, "no_option", _shown(value), "a matrix is answered row by row.", "Send an object.")
    rows = [row.key for row in question.rows]
    for key in value:
        if key not in rows:
            raise Unfit(question, "no_option", _shown(key), "there is no such row.", "Use the keys of its rows.")
    found = {key: _option(question, value[key]) for key in rows if value.get(key) not in (None, "")}
    if question.required and len(found) < len(rows):
        raise Unfit(
            question, "every_row", len(found), "every row needs an answer.", "Answer the others too.", len(rows)
        )
    return found or None


def _text(question: Question, value: Any) -> str | None:
    if not isinstance(value, str):
        raise Unfit(question, "no_text", _shown(value), "is answered with a text.", "Send one.")
    most = min(question.max_length, LONGEST_TEXT)
    if len(value) > 4 * LONGEST_TEXT:  # not worth cleaning first
        raise Unfit(question, "too_long", len(value), f"at most {most} characters.", "Write less.", most)
    said = text(value.replace("\r\n", "\n").replace("\r", "\n"))
    if len(said) > most:
        raise Unfit(question, "too_long", len(said), f"at most {most} characters.", "Write less.", most)
    return said or None


def _date(question: Question, value: Any) -> str:
    try:
        day = date.fromisoformat(value if isinstance(value, str) and len(value) == 10 else "")
    except ValueError:
        raise Unfit(question, "no_date", _shown(value), "this is no day.", "Use one such as 2026-12-24.") from None
    early = question.earliest is not None and day < date.fromisoformat(question.earliest)
    late = question.latest is not None and day > date.fromisoformat(question.latest)
    if early or late:
        rule = f"a day from {question.earliest or 'ever'} to {question.latest or 'ever'}."
        raise Unfit(question, "date_out", value, rule, "Use one between.")
    return day.isoformat()


def _contact(question: Question, value: Any) -> dict[str, str] | None:
    if not isinstance(value, Mapping):
        raise Unfit(
            question, "no_text", _shown(value), "is answered with an object.", f"Use {', '.join(question.fields)}."
        )
    found: dict[str, str] = {}
    for field in question.fields:
        said = value.get(field)
        said = text(said)[:LONGEST_FIELD].replace("\n", " ") if isinstance(said, str) else ""
        if said:
            found[field] = said
    if "email" in found and _EMAIL.fullmatch(found["email"]) is None:
        raise Unfit(
            question, "no_email", found["email"], "this is no e-mail address.", "Use one such as ada@example.com."
        )
    if "phone" in found and _PHONE.fullmatch(found["phone"]) is None:
        raise Unfit(
            question, "no_phone", found["phone"], "this is no phone number.", "Use one such as +46 70 123 45 67."
        )
    return found or None


def _listed(question: Question, value: Any) -> list[Any]:
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list) or len(value) > len(question.options) * 2:
        raise Unfit(question, "no_option", _shown(value), "is answered with a list of options.", "Send their keys.")
    return value


def _shown(value: object) -> str | int | float | None:
    return value if isinstance(value, int | float | None) and not isinstance(value, bool) else str(value)[:200]


_KINDS: Final[Mapping[str, Callable[[Question, Any], Any]]] = {
    "nps": _number,
    "csat": _number,
    "ces": _number,
    "scale": _number,
    "rating": _number,
    "single": _one,
    "multiple": _several,
    "ranking": _ranked,
    "matrix": _matrix,
    "text": _text,
    "date": _date,
    "contact": _contact,
}
