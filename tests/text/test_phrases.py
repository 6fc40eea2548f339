"""Key phrases are found without knowing the language."""

from __future__ import annotations

import random

from resa.feedback.text import key_phrases

SAID = {
    "en": (
        "the {} was too slow and i had to wait for it again",
        ["delivery time", "customer service", "return label", "checkout page"],
    ),
    "sv": (
        "jag tycker att {} var för långsam och det är inte bra",
        ["kundtjänst personal", "leveransen hem", "appens betalning"],
    ),
    "fi": ("minusta {} oli liian hidas ja se ei ole hyvä", ["asiakaspalvelu puhelimessa", "toimitusaika", "maksusivu"]),
}


def test_what_is_said_often_comes_first_and_words_of_grammar_alone_do_not() -> None:
    for frame, subjects in SAID.values():
        dice = random.Random(2)
        texts = [frame.format(dice.choice(subjects)) for _ in range(200)]
        found = [phrase.text for phrase in key_phrases(texts, 12)]
        assert any(subjects[0] in phrase for phrase in found)
        assert not {"the", "i", "it", "jag", "att", "var", "ja", "se", "oli"} & {*found}


def test_a_phrase_says_how_many_comments_have_it() -> None:
    texts = ["Broken zipper. Broken zipper!"] * 4 + ["Broken heel."] * 3
    found = {phrase.text: phrase.comments for phrase in key_phrases(texts)}
    assert found["broken zipper"] == 4
    assert found["broken heel"] == 3


def test_writing_without_spaces_has_phrases_too() -> None:
    found = key_phrases(["配送が遅い", "配送が早い", "配送は普通", "店員が親切"] * 3)
    assert any("配" in phrase.text for phrase in found)


def test_nothing_said_has_no_phrases() -> None:
    assert key_phrases([]) == []
    assert key_phrases(["", "!!!", "42"]) == []
