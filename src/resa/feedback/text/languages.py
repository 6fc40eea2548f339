"""Which language a text is in, offline and for any script; `None` where that can't be told.

A naive Bayes model over sequences of one to four letters, each weighed against the mixture of all languages (the method of Cavnar
and Trenkle 1994 and Lui and Baldwin 2012, with the counts of lingua): a text is in a language if its sequences fit that one better than all of
them together. So gibberish, and languages it never saw, fit none. Scripts that only one language uses are told by the script.
Where scripts are mixed, the biggest one is judged, and its share bounds the probability.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resa.feedback.text.characters import clean, without_addresses
from resa.feedback.text.linear import from_bytes, softmax

SURE: Final = 0.5
"""The least probability with which a language is named."""

STEPS: Final = 24
"""Steps of a stored value per natural logarithm."""

READ: Final = 600
"""Characters that are looked at: more change nothing."""

LENGTHS: Final = (1, 2, 3, 4)

_WEIGHTS: Final = np.array([1.0, 0.2, 1.5, 1.8], np.float32)
"""How much a sequence of each length counts."""

_UNMET: Final = np.array([0.0, 0.1, 1.8, 1.6], np.float32)
"""What a sequence that is in no table costs every language, by length."""

_COST: Final = 1.2
"""What each letter costs every language against `unknown`."""

_SHARPNESS: Final = 0.3
"""Sequences overlap, so their evidence is less than its sum; fitted on translations of a program's messages."""

_DECAY: Final = 0.4
"""And the less so the longer a text is: the sum is divided by this power of its letters."""

_OFTEN: Final = {
    4.0: "en",
    2.0: "de es fr pt it nl sv hu pl ru tr no da fi cs uk ro ar",
    0.5: "ca sq mk bs az be ms sl et lv lt is eu cy ga so sw tl mi af mn kk",
    0.2: "la eo lg sn st tn ts xh yo zu",
}
"""How many times as often as others a language is expected among customers' comments, before a letter is read: a judgement."""

_TOGETHER: Final = 64
"""Texts judged at once."""

_HINT: Final = 30.0
HINTED_AS: Final = {"nb": "no", "nn": "no"}
"""Written forms of one language."""

_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)

Posteriors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Detected:
    """A language (ISO 639), or None, and how probable it is that this is right (of the best one, if None)."""

    language: str | None
    probability: float


_GROUPS: Final = (
    "none latin greek cyrillic armenian hebrew arabic syriac thaana nko devanagari bengali gurmukhi gujarati odia tamil telugu kannada malayalam "
    "sinhala thai lao tibetan burmese georgian hangul ethiopic cherokee canadian khmer mongolian han kana yi other"
).split()

_RANGES: Final = (
    (0x41, "latin"), (0x5B, "none"), (0x61, "latin"), (0x7B, "none"), (0xAA, "latin"), (0xAB, "none"), (0xB5, "none"), (0xBA, "latin"),
    (0xBB, "none"), (0xC0, "latin"), (0x2B0, "none"), (0x370, "greek"), (0x400, "cyrillic"), (0x530, "armenian"), (0x590, "hebrew"),
    (0x600, "none"), (0x620, "arabic"), (0x660, "none"), (0x66E, "arabic"), (0x6D4, "none"), (0x6D5, "arabic"), (0x6F0, "none"), (0x6FA, "arabic"),
    (0x700, "syriac"), (0x750, "arabic"), (0x780, "thaana"), (0x7C0, "nko"), (0x800, "other"), (0x8A0, "arabic"), (0x900, "none"),
    (0x904, "devanagari"), (0x93A, "none"), (0x93D, "devanagari"), (0x93E, "none"), (0x950, "devanagari"), (0x951, "none"), (0x958, "devanagari"),
    (0x962, "none"), (0x971, "devanagari"), (0x980, "bengali"), (0x981, "none"), (0x985, "bengali"), (0x9BC, "none"), (0x9DC, "bengali"),
    (0x9E2, "none"), (0x9F0, "bengali"), (0x9F2, "none"), (0xA00, "gurmukhi"), (0xA80, "gujarati"), (0xB00, "odia"), (0xB80, "tamil"),
    (0xC00, "telugu"), (0xC80, "kannada"), (0xD00, "malayalam"), (0xD80, "sinhala"), (0xE00, "thai"), (0xE3F, "none"), (0xE40, "thai"),
    (0xE50, "none"), (0xE80, "lao"), (0xF00, "tibetan"), (0x1000, "burmese"), (0x10A0, "georgian"), (0x1100, "hangul"), (0x1200, "ethiopic"),
    (0x13A0, "cherokee"), (0x1400, "canadian"), (0x1680, "other"), (0x1780, "khmer"), (0x1800, "mongolian"), (0x18B0, "other"), (0x1C80, "cyrillic"),
    (0x1C90, "georgian"), (0x1CC0, "other"), (0x1D00, "latin"), (0x1DC0, "none"), (0x1E00, "latin"), (0x1F00, "greek"), (0x2000, "none"),
    (0x2C60, "latin"), (0x2C80, "other"), (0x2D00, "georgian"), (0x2D30, "other"), (0x2D80, "ethiopic"), (0x2DE0, "cyrillic"), (0x2E00, "none"),
    (0x2E80, "han"), (0x3000, "none"), (0x3005, "han"), (0x3008, "none"), (0x3040, "kana"), (0x30FB, "none"), (0x30FC, "kana"),
    (0x3130, "hangul"), (0x3190, "none"), (0x31F0, "kana"), (0x3200, "none"), (0x3400, "han"), (0x4DC0, "none"), (0x4E00, "han"),
    (0xA000, "yi"), (0xA4D0, "other"), (0xA640, "cyrillic"), (0xA6A0, "other"), (0xA720, "latin"), (0xA800, "other"), (0xAB30, "latin"),
    (0xAB70, "cherokee"), (0xAC00, "hangul"), (0xD7FF, "none"), (0xF900, "han"), (0xFB00, "latin"), (0xFB13, "armenian"), (0xFB1D, "hebrew"),
    (0xFB50, "arabic"), (0xFE00, "none"), (0xFE70, "arabic"), (0xFEFF, "none"), (0x10000, "other"), (0x1F000, "none"), (0x20000, "han"),
    (0x323B0, "none"),
)  # fmt: skip
"""Where in Unicode 16 which script begins, as far as it matters here; signs, digits and the vowel signs of Indic scripts belong to none."""

_STARTS: Final = np.array([start for start, _ in _RANGES], np.uint32)
_GROUP_AT: Final = np.array([0, *(_GROUPS.index(group) for _, group in _RANGES)], np.uint8)

SOLE: Final = {
    "armenian": "hy", "thaana": "dv", "nko": "nqo", "gurmukhi": "pa", "gujarati": "gu", "odia": "or", "tamil": "ta", "telugu": "te",
    "kannada": "kn", "malayalam": "ml", "sinhala": "si", "thai": "th", "lao": "lo", "tibetan": "bo", "burmese": "my", "georgian": "ka",
    "hangul": "ko", "han": "zh", "kana": "ja", "cherokee": "chr", "khmer": "km", "greek": "el", "yi": "ii",
}  # fmt: skip
"""Scripts that one living language uses nearly alone."""

_ALONE: Final = 0.97
"""How sure a script of one language makes."""

_HAN: Final = _GROUPS.index("han")
_KANA: Final = _GROUPS.index("kana")

_UNTOLD: Final = frozenset(("none", "other", "ethiopic", "canadian", "mongolian", "syriac"))
"""Scripts of several languages that no table tells apart."""


@dataclass(frozen=True, slots=True)
class Table:
    """The sequences that tell, and what each says of each language."""

    keys: NDArray[np.uint32]
    values: NDArray[np.int8]
    names: tuple[str, ...]


@cache
def shipped() -> Table:
    """The table in this package."""
    arrays = from_bytes(resources.files(__package__).joinpath("languages.npz").read_bytes())
    return Table(
        arrays["keys"].astype(np.uint32), arrays["values"].astype(np.int8), tuple(str(name) for name in arrays["names"])
    )


def detect(text: str) -> Detected:
    """The language of a text."""
    return detect_all([text])[0]


def detect_all(texts: Sequence[str]) -> list[Detected]:
    """The language of each text; many at once are quicker."""
    names, found = posteriors(texts)
    return [named(names, row) for row in found]


def posteriors(texts: Sequence[str]) -> tuple[tuple[str, ...], Posteriors]:
    """The languages' names, and probabilities of shape (texts, languages + 1); the last column is `unknown`."""
    names = _names()
    out = np.empty((len(texts), len(names) + 1), np.float32)
    for start in range(0, len(texts), _TOGETHER):
        chunk = [without_addresses(clean(text)[: READ * 2])[:READ] for text in texts[start : start + _TOGETHER]]
        out[start : start + len(chunk)] = _judged(chunk)
    return names, out


def hinted(names: Sequence[str], found: Posteriors, declared: Sequence[str | None] | None) -> Posteriors:
    """The same, where somebody said which language a text is in: that one is `_HINT` times as probable before a letter is read."""
    if declared is None:
        return found
    place = {name: at for at, name in enumerate(names)}
    out = found.copy()
    for row, said in enumerate(declared):
        column = place.get(HINTED_AS.get(base := (said or "").split("-")[0].lower(), base))
        if column is not None:
            out[row, column] *= _HINT
    return np.asarray(out / out.sum(axis=1, keepdims=True), np.float32)


def named(names: Sequence[str], row: Posteriors) -> Detected:
    """What one row of posteriors says."""
    best = int(row[:-1].argmax())
    probability = float(row[best])
    return Detected(names[best] if probability >= SURE else None, probability)


def key_of(sequence: str) -> int:
    """The key of a sequence of letters in the table."""
    keys, _ = _keys(_codes(sequence), len(sequence))
    return int(keys[0])


@cache
def _names() -> tuple[str, ...]:
    told = shipped().names
    return told + tuple(sorted(set(SOLE.values()) - set(told)))


@cache
def _expected() -> NDArray[np.float32]:
    often = {name: times for times, named in _OFTEN.items() for name in named.split()}
    return np.log(np.array([*(often.get(name, 1.0) for name in _names()), 2.0], np.float32))


def _judged(texts: Sequence[str]) -> Posteriors:
    lengths = np.array([len(text) + 1 for text in texts])
    codes = _codes("\n".join(text.lower() if len(text.lower()) == len(text) else text for text in texts) + "\n")
    owner = np.repeat(np.arange(len(texts)), lengths)
    groups = _GROUP_AT[np.searchsorted(_STARTS, codes, side="right")]
    letters = np.zeros((len(texts), len(_GROUPS)), np.int64)
    np.add.at(letters, (owner, groups), 1)
    letters[:, 0] = 0
    _read_as_japanese(letters, groups, owner)
    main = letters.argmax(axis=1)
    total = letters.sum(axis=1)
    share = letters[np.arange(len(texts)), main] / np.maximum(total, 1)
    codes = np.where(groups == main[owner], codes, np.uint32(0))
    out = _by_sequences(codes, owner, len(texts), np.maximum(letters.max(axis=1), 1))
    names = _names()
    for row, group in enumerate(main):
        script = _GROUPS[group]
        if not total[row] or script in _UNTOLD:
            out[row] = 0.0
        elif script in SOLE:
            out[row] = 0.0
            out[row, names.index(SOLE[script])] = _ALONE
    out *= share[:, None]
    out[:, -1] = 1.0 - out[:, :-1].sum(axis=1)
    return out


def _read_as_japanese(letters: NDArray[np.int64], groups: NDArray[np.uint8], owner: NDArray[np.int64]) -> None:
    """Han among kana is Japanese; both arrays are changed in place."""
    mixed = letters[:, _KANA] > 0
    letters[mixed, _KANA] += letters[mixed, _HAN]
    letters[mixed, _HAN] = 0
    groups[(groups == _HAN) & mixed[owner]] = _KANA


def _by_sequences(
    codes: NDArray[np.uint32], owner: NDArray[np.int64], texts: int, letters: NDArray[np.int64]
) -> Posteriors:
    table = shipped()
    evidence = np.zeros((texts, len(table.names)), np.float32)
    for length in LENGTHS:
        keys, at = _keys(codes, length)
        if not len(keys):
            continue
        place = np.minimum(np.searchsorted(table.keys, keys), len(table.keys) - 1)
        met = table.keys[place] == keys
        whose = owner[at]
        known, of = place[met], whose[met]
        if len(known):
            starts = np.flatnonzero(np.concatenate(([True], of[1:] != of[:-1])))
            sums = np.add.reduceat(table.values[known], starts, axis=0, dtype=np.int32)
            evidence[of[starts]] += sums * (_WEIGHTS[length - 1] / STEPS)
        unmet = np.bincount(whose[~met], minlength=texts)
        evidence -= (unmet * _UNMET[length - 1]).astype(np.float32)[:, None]
    evidence -= (_COST * letters).astype(np.float32)[:, None]
    logits = np.zeros((texts, len(_names()) + 1), np.float32)
    logits[:, :] = -1e9
    logits[:, : len(table.names)] = evidence * (_SHARPNESS * letters**-_DECAY).astype(np.float32)[:, None]
    logits[:, -1] = 0.0
    return softmax(logits + _expected())


def _codes(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32)


def _keys(codes: NDArray[np.uint32], length: int) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Keys of all sequences of `length` letters (no zero among them), and where each begins."""
    count = len(codes) - length + 1
    if count <= 0:
        return np.empty(0, np.uint32), np.empty(0, np.int64)
    hashed = np.full(count, length, np.uint64)
    whole = np.ones(count, bool)
    for step in range(length):
        part = codes[step : step + count]
        whole &= part != 0
        hashed = (hashed ^ part) * _MULTIPLIER
        hashed ^= hashed >> np.uint64(29)
    at = np.flatnonzero(whole)
    return (hashed[at] >> np.uint64(16)).astype(np.uint32), at
