"""What the cold-start model says of comments written for these tests, and when it says "not yet"."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from resa.feedback.text import Reader
from tests.text.test_languages import SPOKEN

TAUGHT = {"en", "sv", "hu"}

SAID = {
    "positive": [
        "Fast delivery and very friendly staff, thank you!",
        "I love this shop, everything was perfect.",
        "Snabb leverans och trevlig personal, jag är jättenöjd!",
        "Fantastisk service, jag rekommenderar er gärna.",
        "Nagyon gyors és kedves kiszolgálás, csak ajánlani tudom!",
        "Minden tökéletes volt, köszönöm szépen.",
    ],
    "negative": [
        "Terrible service, the parcel was damaged and nobody helped me.",
        "This is not good at all, I want a refund.",
        "Dålig service, paketet var trasigt och ingen hjälpte mig.",
        "Jag är mycket besviken, det fungerar inte.",
        "Szörnyű kiszolgálás, a csomag sérült volt és senki nem segített.",
        "Nagyon csalódott vagyok, rossz minőség és lassú szállítás.",
    ],
}


@pytest.mark.parametrize(("sentiment", "text"), [(key, text) for key, texts in SAID.items() for text in texts])
def test_a_plain_comment_is_understood(sentiment: str, text: str) -> None:
    read = Reader().read([text])[0]
    assert read.language in TAUGHT
    assert read.sentiment == sentiment
    assert (read.score > 0) == (sentiment == "positive")


@pytest.mark.parametrize(
    ("language", "text", "turned"),
    [
        ("en", "The food was good.", "The food was not good."),
        ("en", "I am happy with it.", "I am not happy with it."),
        ("sv", "Det var bra.", "Det var inte bra."),
        ("hu", "Ez jó volt.", "Ez nem jó, nem ajánlom."),
    ],
)
def test_a_negation_turns_a_comment_round(language: str, text: str, turned: str) -> None:
    plain, negated = Reader().read([text, turned], [language, language])
    assert plain.score > negated.score


@pytest.mark.parametrize(
    ("sentiment", "texts"),
    [
        ("positive", ["Love it", "Great!", "So good", "Excellent", "Very nice", "lovely staff"]),
        ("negative", ["so bad", "Horrible", "Useless", "too slow, terrible", "rude staff", "I hate it"]),
    ],
)
def test_two_or_three_words_are_enough_where_all_are_known(sentiment: str, texts: list[str]) -> None:
    assert {text: read.sentiment for text, read in zip(texts, Reader().read(texts), strict=True)} == dict.fromkeys(
        texts, sentiment
    )


@pytest.mark.parametrize("language", sorted(SPOKEN.keys() - TAUGHT))
def test_of_a_language_it_was_not_taught_nothing_is_said(language: str) -> None:
    read = Reader().read([SPOKEN[language]])[0]
    assert (read.language, read.sentiment, read.score) == (language, None, 0.0)


def test_a_text_that_says_nothing_gets_no_sentiment() -> None:
    assert [read.sentiment for read in Reader().read(["", "asdf", "42", "..."])] == [None] * 4


def test_reading_is_the_same_alone_and_among_others() -> None:
    texts = [text for texts in SAID.values() for text in texts]
    reader = Reader()
    together = reader.read(texts)
    alone = [reader.read([text])[0] for text in texts]
    assert [read.sentiment for read in alone] == [read.sentiment for read in together]
    assert [read.score for read in alone] == pytest.approx([read.score for read in together], abs=1e-5)


def test_reading_needs_nothing_that_a_server_at_rest_does_without() -> None:
    program = (
        "import sys; from resa.feedback.text import Reader; Reader().read(['good']); "
        "print(sorted({'sklearn', 'scipy', 'numba', 'pandas'} & {*sys.modules}))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_a_thousand_comments_take_less_than_a_second_of_one_core() -> None:
    texts = [text for texts in SAID.values() for text in texts] * 84
    reader = Reader()
    reader.read(texts[:50])
    began = time.process_time()
    reader.read(texts)
    assert len(texts) / (time.process_time() - began) > 1_000
