"""A model learned from scores: in any language, versioned, told how good it is, the same every time."""

from __future__ import annotations

import random

import msgspec
import pytest

from resa.feedback.text import Model, Reader, TooFew, learned
from resa.feedback.text.labels import Scale
from resa.feedback.text.learned import FEWEST, worth_learning
from resa.kernel.errors import Refused

FINNISH = {
    5: "loistava nopea ystävällinen kiitos mahtava suosittelen hyvä upea sujuva ilo".split(),
    3: "tavallinen kohtalainen ihan menettelee keskinkertainen perus siedettävä odotettu".split(),
    1: "huono hidas rikki pettymys surkea töykeä virhe kallis myöhässä kamala".split(),
}
FILLING = "toimitus palvelu paketti henkilökunta verkkokauppa tilaus tuote myymälä oli se tämä hyvin aika".split()


def scored(count: int, seed: int = 3) -> tuple[list[str], list[float]]:
    """Comments in a language that the cold-start model does not know, with ratings that their words bear out."""
    dice = random.Random(seed)
    texts, scores = [], []
    for at in range(count):
        score = (5, 1, 3)[at % 3]
        words = [dice.choice(FILLING) for _ in range(5)] + [dice.choice(FINNISH[score]) for _ in range(2)]
        dice.shuffle(words)
        texts.append(" ".join([*words, str(at)]))
        scores.append(float(score))
    return texts, scores


@pytest.fixture(scope="module")
def finnish() -> Model:
    return learned.fit(*scored(300), scale="rating")


def test_a_language_the_cold_start_does_not_know_is_learned_from_scores(finnish: Model) -> None:
    good, bad = "Palvelu oli loistava, kiitos, suosittelen.", "Toimitus oli hidas ja tuote rikki, kamala pettymys."
    assert [read.sentiment for read in Reader().read([good, bad])] == [None, None]
    assert [read.sentiment for read in Reader(finnish).read([good, bad])] == ["positive", "negative"]


def test_it_says_what_it_learned_from_and_how_good_it_is(finnish: Model) -> None:
    about = finnish.about
    assert about.n == 300
    assert about.per_sentiment == {"negative": 100, "neutral": 100, "positive": 100}
    assert sum(about.per_language.values()) == 300
    assert about.quality.n == 300
    assert about.quality.macro_f1 > 0.9
    assert about.quality.calibration_error < 0.15
    assert "fi" in about.quality_per_language


def test_the_same_comments_give_the_same_model_byte_for_byte(finnish: Model) -> None:
    again = learned.fit(*scored(300), scale="rating")
    assert again.to_bytes() == finnish.to_bytes()
    assert again.version == finnish.version
    assert learned.fit(*scored(300, seed=4), scale="rating").version != finnish.version


def test_a_model_that_was_kept_reads_as_before(finnish: Model) -> None:
    kept = Model.from_bytes(finnish.to_bytes())
    texts = scored(30, seed=9)[0]
    assert Reader(kept).read(texts) == Reader(finnish).read(texts)
    assert msgspec.to_builtins(kept.about) == msgspec.to_builtins(finnish.about)


def test_scores_without_meaning_teach_nothing() -> None:
    texts, scores = scored(150)
    random.Random(1).shuffle(scores)
    model = learned.fit(texts, scores, scale="rating")
    assert model.quality.macro_f1 < 0.5
    assert model.quality.not_yet > 0.3


def test_in_english_it_stands_on_the_cold_start() -> None:
    good = ["excellent", "great", "wonderful", "perfect", "lovely"]
    bad = ["terrible", "awful", "horrible", "broken", "rude"]
    texts = [
        f"The {noun} was {word} number {at}" for at in range(6) for noun in ("food", "staff") for word in good + bad
    ]
    scores = [9.5 if any(word in text for word in good) else 2.0 for text in texts]
    model = learned.fit(texts, scores, scale="nps")
    assert model.about.cold_start_weight > 0
    assert model.about.cold_start == Reader().version
    said = Reader(model).read(["Fantastic people, thank you", "Disgusting and useless"])
    assert [read.sentiment for read in said] == ["positive", "negative"]


def test_too_few_comments_are_refused() -> None:
    with pytest.raises(TooFew):
        learned.fit(*scored(FEWEST - 1), scale="rating")
    texts, _ = scored(FEWEST)
    with pytest.raises(TooFew, match="nearly all say the same"):
        learned.fit(texts, [5.0] * FEWEST, scale="rating")


@pytest.mark.parametrize(("score", "scale"), [(11, "nps"), (0, "csat"), (6, "rating"), (float("nan"), "ces")])
def test_a_score_off_its_scale_is_refused(score: float, scale: Scale) -> None:
    texts, scores = scored(60)
    with pytest.raises(Refused, match="score"):
        learned.fit([*texts, "x"], [*scores, score], scale=[*["rating"] * 60, scale])  # type: ignore[list-item]


def test_learning_anew_is_worth_it_when_enough_new_scores_came(finnish: Model) -> None:
    assert [worth_learning(count, None) for count in (49, 50)] == [False, True]
    assert [worth_learning(count, finnish) for count in (359, 360)] == [False, True]
