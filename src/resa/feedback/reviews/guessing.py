"""Which column of a file is what, and on which scale its scores are. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

import msgspec

Scale = Literal["0-10", "1-5", "1-7"]
What = Literal["survey", "review"]
Record = Mapping[str, Any]

SCALES: Final[Mapping[Scale, tuple[int, int]]] = {"0-10": (0, 10), "1-5": (1, 5), "1-7": (1, 7)}
METRICS: Final[Mapping[Scale, str]] = {"0-10": "nps", "1-5": "csat", "1-7": "ces"}

_NAMES: Final[Mapping[str, str]] = {
    "score": r"score|rating|nps|csat|ces|stars?|betyg|poäng|grade|note|recommend(ation)?|likelihood",
    "comment": r"comments?|reviews? ?(text|body)|review|text|feedback|verbatim|answer|kommentar|fritext|omdöme|reason|why",
    "date": r"date|time(stamp)?|submitted|created|answered|responded|completed|datum|tid|day",
    "customer": r"(customer|user|client|member|respondent|contact|kund)[ _]?(id|no|number|nr)?",
    "email": r"e-?mail([ _]?address)?|mail|epost|e-post",
    "channel": r"channel|source|medium|kanal",
    "title": r"title|headline|subject|rubrik",
    "product": r"(product|item|article|clothing|sku)[ _]?(id|no|sku)?",
}
_DATES: Final = ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y/%m/%d")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
PROSE: Final = 25
"""Characters that what people write has on average, at least."""


class Columns(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which column is what; null: none. `scale` is that of `score`; `on` a day for answers without a date of their own."""

    what: What = "survey"
    score: str | None = None
    scale: Scale | None = None
    comment: str | None = None
    date: str | None = None
    date_format: str | None = None
    customer: str | None = None
    email: str | None = None
    channel: str | None = None
    title: str | None = None
    product: str | None = None
    survey: str = "imported"
    on: str | None = None


def guess(names: Sequence[str], sample: Sequence[Record]) -> tuple[Columns, list[str]]:
    """The columns as they seem, and what is not sure about them: `scale`, `date`, `score`, `comment`."""
    taken: set[str] = set()

    def pick(part: str, fits: Callable[[list[str]], bool]) -> str | None:
        """The column whose name says so and whose values agree; else, for text and date, one whose values alone do."""
        pattern = re.compile(_NAMES[part], re.IGNORECASE)
        free = [name for name in names if name and name not in taken]
        ranked = [name for name in free if pattern.fullmatch(_words(name))]
        ranked += [name for name in free if name not in ranked and pattern.search(_words(name))]
        found = next((name for name in ranked if fits(_values(sample, name))), None)
        if found is not None:
            taken.add(found)
        return found

    email = pick("email", lambda values: _share(values, lambda text: bool(_EMAIL.fullmatch(text))) > 0.8)
    date = pick("date", _dated)
    score = pick("score", lambda values: scale_of(values) is not None)
    comment = pick("comment", _prose) or _longest(names, sample, taken)
    if comment:
        taken.add(comment)
    found = Columns(
        score=score,
        scale=scale_of(_values(sample, score)) if score else None,
        comment=comment,
        date=date,
        date_format=_format(_values(sample, date)) if date else None,
        customer=pick("customer", _many),
        email=email,
        channel=pick("channel", lambda values: bool(values) and not _prose(values)),
        title=pick("title", bool),
        product=pick("product", bool),
    )
    if found.product or re.search("review|rating|stars?", " ".join(names), re.IGNORECASE):
        found.what = "review"
    return found, _doubts(found, sample)


def scale_of(values: Sequence[str]) -> Scale | None:
    """The scale that scores are on, as they seem; None for what are no scores."""
    numbers = [_whole(text) for text in values]
    whole = [number for number in numbers if number is not None]
    if not whole or len(whole) < 0.9 * len(values):
        return None
    low, high = min(whole), max(whole)
    if low < 0 or high > 10:
        return None
    if high > 7 or low == 0:
        return "0-10"
    return "1-7" if high > 5 else "1-5"


def _doubts(found: Columns, sample: Sequence[Record]) -> list[str]:
    doubts = [part for part in ("score", "comment", "date") if getattr(found, part) is None]
    if found.score:
        seen = {_whole(text) for text in _values(sample, found.score)} - {None}
        low, high = SCALES[found.scale or "0-10"]
        if not {low, high} <= seen:  # one end was never given: it may be another scale
            doubts.append("scale")
    if found.date_format in ("%d/%m/%Y", "%m/%d/%Y") and not _told_apart(_values(sample, found.date or "")):
        doubts.append("date")
    return doubts


def _words(name: str) -> str:
    return re.sub(r"[\s_.-]+", " ", re.sub(r"(?<=[a-zåäö0-9])(?=[A-ZÅÄÖ])", " ", name)).strip()


def _values(sample: Sequence[Record], name: str) -> list[str]:
    found = (record.get(name) for record in sample)
    return [str(value).strip() for value in found if value is not None and str(value).strip()]


def _share(values: Sequence[str], test: Callable[[str], bool]) -> float:
    return sum(map(test, values)) / len(values) if values else 0.0


def _whole(text: str) -> int | None:
    return int(text.partition(".")[0]) if re.fullmatch(r"-?\d{1,3}(\.0+)?", text) else None


def _prose(values: list[str]) -> bool:
    return (
        bool(values) and sum(map(len, values)) / len(values) >= PROSE and _share(values, lambda text: " " in text) > 0.5
    )


def _many(values: list[str]) -> bool:
    return bool(values) and not _prose(values) and len(set(values)) > len(values) / 10


def _longest(names: Sequence[str], sample: Sequence[Record], taken: set[str]) -> str | None:
    lengths = {name: sum(map(len, _values(sample, name))) for name in names if name and name not in taken}
    best = max(lengths, key=lambda name: lengths[name], default=None)
    return best if best is not None and _prose(_values(sample, best)) else None


def _dated(values: list[str]) -> bool:
    return bool(values) and (_share(values, _iso) > 0.9 or _format(values) is not None)


def _iso(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).year > 1970
    except ValueError:
        return False


def _format(values: Sequence[str]) -> str | None:
    """The pattern of dates that are not ISO; where day and month can't be told apart, the day is first."""
    if _share(values, _iso) > 0.9:
        return None
    for pattern in _DATES:
        if values and _share(values, lambda text, pattern=pattern: _reads(text, pattern)) > 0.98:  # type: ignore[misc]
            return pattern
    return None


def _reads(text: str, pattern: str) -> bool:
    try:
        datetime.strptime(text, pattern)
    except ValueError:
        return False
    return True


def _told_apart(values: Sequence[str]) -> bool:
    return any(int(part) > 12 for text in values for part in re.findall(r"^(\d{1,2})/(\d{1,2})", text) for part in part)
