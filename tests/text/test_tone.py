"""The tone of a text by a rated list: what strengthens a word, turns it round, and sets one against another."""

from __future__ import annotations

import numpy as np
import pytest

from resa.feedback.text import features, tone
from resa.feedback.text.cold_start import ColdStart, shipped
from resa.feedback.text.features import Grammar

ENGLISH = Grammar(frozenset(["not", "no"]), frozenset(["but"]), ("n't",))
RATED = {"good": 2.0, "great": 3.0, "bad": -2.0, "problem": -1.5, "no": -1.0}
STRENGTHS = {"very": 0.3, "slightly": -0.3}


def whole(text: str) -> float:
    return float(tone.figures([features.parsed(text, ENGLISH)], ENGLISH, RATED, STRENGTHS)[0, 0])


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ("it was bad", "it was good"),
        ("it was good", "it was great"),
        ("it was good", "it was very good"),
        ("it was very bad", "it was bad"),
        ("it was slightly good", "it was good"),
        ("it was not good", "it was there"),
        ("it was there", "it wasn't bad"),
        ("it was very there good", "it was there very good"),
        ("good food but bad staff", "bad staff but good food"),
        ("it was good", "it was good!!"),
        ("it was bad!!", "it was bad"),
        ("a problem", "no problem"),
        ("there was no", "there was"),
    ],
)
def test_what_is_said_more_kindly_has_the_better_tone(less: str, more: str) -> None:
    assert whole(less) < whole(more)


def test_a_text_without_rated_words_has_no_tone_and_says_so() -> None:
    figures = tone.figures(
        [features.parsed(text, ENGLISH) for text in ("it came today", "")], ENGLISH, RATED, STRENGTHS
    )
    assert figures.shape == (2, tone.FIGURES)
    assert figures[:, :8].tolist() == [[0.0] * 8] * 2
    assert figures[:, -1].tolist() == [1.0, 1.0]


def test_no_texts_have_no_figures() -> None:
    assert tone.figures([], ENGLISH, RATED, STRENGTHS).shape == (0, tone.FIGURES)


def test_however_long_a_text_its_figures_stay_bounded() -> None:
    figures = tone.figures([features.parsed("great! " * 20_000, ENGLISH)], ENGLISH, RATED, STRENGTHS)
    assert np.abs(figures).max() < 20


def test_a_model_that_was_packed_and_unpacked_hears_the_same() -> None:
    texts = ["Very good, thank you!", "not good", "it came today"]
    again = ColdStart.unpacked(shipped().packed())
    assert again.languages["en"].tone is not None
    assert np.array_equal(again.languages["en"].read(texts), shipped().languages["en"].read(texts))


def test_only_a_language_with_a_rated_list_has_a_tone() -> None:
    assert {name for name, spoken in shipped().languages.items() if spoken.tone} == {"en"}
