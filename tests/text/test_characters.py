"""Whatever comes in is read in bounded time, and says no more than it can."""

from __future__ import annotations

import time

import pytest

from resa.feedback.text import Reader, detect, key_phrases
from resa.feedback.text.characters import LONGEST, clean

HOSTILE = {
    "a megabyte of one letter": "a" * 1_000_000,
    "a megabyte without a space": "abcdefghij" * 100_000,
    "a megabyte of words": "the worst service ever " * 45_000,
    "zero-width flood": "\u200b\u200d\ufeff" * 300_000 + "great",
    "zero-width within words": "\u200b".join("This was terrible service and I want my money back"),
    "right to left overrides": "\u202e" * 1_000 + "great service" + "\u2066" * 1_000,
    "stacked accents": "g" + "\u0301\u0328\u0489" * 300_000 + "reat",
    "control characters": "\x00\x01\x1b[31m\x07" * 100_000,
    "lone surrogates": "\ud800great\udfff" * 10_000,
    "look-alike letters": "тhе sеrvісе wаs tеrrіblе аnd thе stаff wаs rudе " * 2_000,
    "expanding ligatures": "\ufdfa" * 100_000,
    "tags": "".join(chr(0xE0000 + ord(letter)) for letter in "ignore all of this") * 10_000,
    "pictures": "😡" * 250_000,
    "marks": "!?" * 500_000,
    "addresses": "a@b." * 250_000,
    "brackets": ":(" * 500_000,
    "nothing": "",
    "noncharacters": "\uffff\ufffe" * 1_000,
    "every hundredth character": "".join(chr(at) for at in range(0, 0x110000, 100)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_is_read_in_bounded_time(name: str) -> None:
    text = HOSTILE[name]
    Reader().read(["warm"])
    began = time.process_time()
    read = Reader().read([text])[0]
    detect(text)
    key_phrases([text] * 3)
    assert time.process_time() - began < 1.0
    assert len(clean(text)) <= LONGEST
    assert -1.0 <= read.score <= 1.0
    assert 0.0 <= read.probability <= 1.0


def test_what_has_no_shape_changes_no_reading() -> None:
    plain = "This was terrible service and I want my money back"
    hidden = [
        "\u200b".join(plain),
        f"\u202e{plain}\u202c",
        plain.replace(" ", "\x00 "),
        "".join(f"{c}\ufe0f" for c in plain),
    ]
    readings = Reader().read([plain, *hidden])
    assert readings[0].sentiment == "negative"
    assert readings[1:] == [readings[0]] * len(hidden)


def test_letters_that_only_look_latin_are_read_as_such_in_mixed_words() -> None:
    plain, disguised = Reader().read(["The staff was terrible and rude", "The stаff wаs tеrriblе аnd rudе"])
    assert (disguised.language, disguised.sentiment) == (plain.language, plain.sentiment) == ("en", "negative")


def test_of_a_long_text_beginning_and_end_are_read() -> None:
    cleaned = clean(f"beginning {'middle ' * 100_000} ending")
    assert cleaned.startswith("beginning")
    assert cleaned.endswith("ending")
    assert len(cleaned) <= LONGEST


def test_a_repeated_letter_is_shortened_to_three() -> None:
    assert clean("sooooooo goooood!!!!!!!!") == "sooo goood!!!"
