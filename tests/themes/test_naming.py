"""What a theme is called: whole phrases as customers write them, no word of grammar, nothing twice."""

from __future__ import annotations

import random

import numpy as np
import pytest

from resa.feedback.themes import naming

OTHERS = (
    "the staff were kind and the shop was clean;I like the colour of it and the size;it was a gift for the kids".split(
        ";"
    )
)


def called(mine: list[str], weights: dict[str, float], others: list[str] = OTHERS) -> list[str]:
    """The phrases of a theme whose comments are `mine`, each of them written ten times among many others."""
    texts = mine * 10 + others * 60
    places = list(range(len(texts)))
    random.Random(1).shuffle(places)
    shuffled = [texts[place] for place in places]
    members = np.array(sorted(places.index(place) for place in range(len(mine) * 10)))
    return naming.phrases(naming.tokens(shuffled), members, weights)


def test_inflections_are_one_under_the_form_that_most_write() -> None:
    mine = ["Delivery on Monday?", "no deliveries on time", "my delivery!", "Delivery, please"]
    assert called(mine, {"delive": 0.9}) == ["delivery"]


def test_a_phrase_that_stands_together_is_named_whole_and_its_pieces_are_not() -> None:
    mine = ["Please send my boarding pass now", "boarding pass did not print", "The boarding pass, where is it?"]
    assert called(mine, {"boardi": 0.7, "pass": 0.7})[0] == "boarding pass"
    assert len(called(mine, {"boardi": 0.7, "pass": 0.7})) == 1


def test_words_of_grammar_stand_only_inside_a_phrase() -> None:
    mine = ["it was out of stock", "always out of stock", "the bread is out of stock again"]
    assert called(mine, {"out": 0.5, "stock": 0.8, "the": 0.3, "was": 0.3}) == ["out of stock"]


def test_a_piece_of_a_sentence_that_many_write_alike_does_not_stand_for_it() -> None:
    mine = ["Please pack heavy things at the bottom", "heavy", "so heavy", "Heavy!", "what is heavy goes up"]
    assert called(mine, {"heavy": 0.9, "things": 0.3, "pack": 0.3, "bottom": 0.3})[0] == "heavy"


def test_no_phrase_goes_on_over_the_end_of_a_sentence() -> None:
    mine = ["The courier was rude. Parcel broken", "rude courier. Parcel was wet", "courier, parcel: both bad"]
    assert all("courier parcel" not in phrase for phrase in called(mine, {"courie": 0.7, "parcel": 0.7}))


def test_capitals_are_the_words_own_and_not_the_sentences() -> None:
    mine = ["Checkout refuses my USB key", "the checkout lost my USB key", "USB key gone, checkout hangs"]
    assert set(called(mine, {"usb": 0.7, "key": 0.5, "checko": 0.6})) == {"USB key", "checkout"}


def test_where_words_have_no_spaces_a_run_of_characters_is_named() -> None:
    mine = ["配送太慢了", "这次配送太慢", "配送太慢，不满意"]
    others = ["质量很好", "价格合适", "客服态度好"]
    assert called(mine, {"配送": 0.7, "送太": 0.4, "太慢": 0.6}, others)[0].startswith("配送")


@pytest.mark.parametrize(
    ("found", "taken", "said"),
    [
        (["late", "delivery", "courier", "box"], set(), "Late, delivery, courier"),
        (["late"], {"Late"}, "Late 2"),
        ([], set(), "Theme"),
    ],
)
def test_a_name_has_at_most_three_parts_and_is_nobody_elses(found: list[str], taken: set[str], said: str) -> None:
    assert naming.name(found, taken) == said
