"""How often a short sentence of a language nobody taught is read all the same, and how often a language is mistaken for another.

Sentences are translations of two shops' programs: `pip install --no-deps --target FOLDER django-oscar djangorestframework`, then
`RESA_TEST_LOCALES=FOLDER python -m bench text_languages`. Nothing was learned or chosen with them.
"""

from __future__ import annotations

import gettext
import os
import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from resa.feedback.text.languages import HINTED_AS
from resa.feedback.text.reading import Read, Reader

FOLDER = Path(os.environ.get("RESA_TEST_LOCALES", "locales"))
PLACED = re.compile(r"%\(\w+\)\w|%\w|\{[^}]*\}|<[^>]+>|&\w+;|https?://\S+")
UNSPACED = {"ja", "zh", "th", "km", "lo", "my"}
LEAST = 12
"""Letters of a sentence that is looked at; half as many where characters are words."""
MOST = 400
FEWEST = 40


def sentences(folder: Path) -> dict[str, list[str]]:
    """Per language: what is no name, no template and differs from the original."""
    out: dict[str, dict[str, None]] = defaultdict(dict)
    for path in sorted(folder.rglob("LC_MESSAGES/django.mo")):
        language = _language(path.parent.parent.name)
        with path.open("rb") as file:
            told = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]  # the whole of it has no public name
        for original, text in told.items():
            source = original[0] if isinstance(original, tuple) else original
            plain = " ".join(PLACED.sub(" ", text).split())
            if (
                source
                and (language == "en" or plain != " ".join(PLACED.sub(" ", source).split()))
                and _long(plain, language)
            ):
                out[language][plain] = None
            if source and _long(english := " ".join(PLACED.sub(" ", source).split()), "en"):
                out["en"][english] = None
    english = set(out["en"])
    return {
        language: [text for text in texts if language == "en" or text not in english][:MOST]
        for language, texts in sorted(out.items())
        if len(texts) >= FEWEST
    }


def _language(name: str) -> str:
    base = re.split("[_@.]", name)[0]
    return HINTED_AS.get(base, base)


def _long(text: str, language: str) -> bool:
    if language in UNSPACED:
        return len(text) >= LEAST // 2
    return len(text) >= LEAST and len(text.split()) >= 3


def main() -> None:
    """Print the figures."""
    if not FOLDER.is_dir():
        print(f"no translations in {FOLDER} (RESA_TEST_LOCALES)")
        return
    reader = Reader()
    taught = set(reader.taught)
    said = {language: (texts, reader.read(texts)) for language, texts in sentences(FOLDER).items()}
    print(
        "language: sentences, letters each; named right, named as another (the most frequent), not named; given a sentiment\n"
    )
    for language, (texts, read) in said.items():
        print(f"{language:4} {_line(language, texts, read)}")
    foreign = [(texts, read) for language, (texts, read) in said.items() if language not in taught]
    read = [one for _, each in foreign for one in each]
    texts = [text for each, _ in foreign for text in each]
    print(
        f"\nlanguages that were not taught: {len(foreign)}, {len(read):,} sentences; given a sentiment all the same {_share(read):.4f}"
    )
    for low, high in ((0, 20), (20, 40), (40, 80), (80, 10_000)):
        some = [one for text, one in zip(texts, read, strict=True) if low <= len(text) < high]
        print(f"    of {low} to {min(high, 999)} letters: {_share(some):.4f} of {len(some):,}")
    for language in sorted(taught & said.keys()):
        print(f"{language}: of {len(said[language][1]):,} sentences {_share(said[language][1]):.3f} given a sentiment")


def _line(language: str, texts: Sequence[str], read: Sequence[Read]) -> str:
    others: dict[str, int] = defaultdict(int)
    for one in read:
        others[one.language or ""] += 1
    right, none = others.pop(language, 0), others.pop("", 0)
    most = max(others, key=lambda name: others[name], default="-")
    count = len(read)
    return (
        f"{count:4}, {sum(map(len, texts)) / count:3.0f}; {right / count:.3f}, {sum(others.values()) / count:.3f} ({most}), "
        f"{none / count:.3f}; {_share(read):.3f}"
    )


def _share(read: Sequence[Read]) -> float:
    return sum(one.sentiment is not None for one in read) / max(1, len(read))


if __name__ == "__main__":
    main()
