"""Themes that were planted are found again, in any script; where there are none, none are."""

from __future__ import annotations

import msgspec
import pytest

from resa.feedback.themes import finding, lineage
from resa.feedback.themes.definition import Theme, check_theme, check_together
from resa.feedback.themes.finding import Text
from resa.feedback.themes.model import InLanguage, Model, Recogniser
from resa.kernel.errors import Refused
from tests.themes.planted import GREEK, World, shuffled


def found_in(texts: list[str], language: str | None = "en", seed: int = 0) -> list[InLanguage]:
    return finding.find((Text(text, language) for text in texts), seed=seed)


def truth_of(found: InLanguage, world: World) -> dict[str, int]:
    """Which planted theme each found one is, by its words."""
    weight = {
        theme.key: [sum(theme.weights.get(word[:6], 0) for word in matter) for matter in world.matter]
        for theme in found.themes
    }
    return {key: max(range(world.themes), key=lambda at: each[at]) for key, each in weight.items()}


@pytest.fixture(scope="module")
def world() -> World:
    return World(themes=6)


@pytest.fixture(scope="module")
def told(world: World) -> tuple[list[str], list[set[int]], Model]:
    texts, truth = world.comments(2_000)
    model = lineage.continued(Model([]), found_in(texts), set(), set()).model
    return texts, truth, model


def test_planted_themes_are_found_and_comments_are_held_against_them(
    world: World, told: tuple[list[str], list[set[int]], Model]
) -> None:
    _, _, model = told
    (found,) = model.languages
    of = truth_of(found, world)
    assert sorted(of.values()) == list(range(6))
    assert all(theme.stability > 0.9 for theme in found.themes)
    texts, truth = world.comments(1_000, seed=5)  # comments that nobody has seen
    recogniser = Recogniser(model, {key: Theme(name=key, found=True) for key in of})
    said = [{of[one.theme] for one in each} for each in recogniser.mentions((text, "en") for text in texts)]
    right = sum(len(one & other) for one, other in zip(said, truth, strict=True))
    assert right / sum(map(len, said)) > 0.97
    assert right / sum(map(len, truth)) > 0.9


def test_shuffled_comments_have_no_themes(told: tuple[list[str], list[set[int]], Model]) -> None:
    for seed in range(3):
        assert found_in(shuffled(told[0], seed)) == []


def test_languages_are_told_apart_and_scripts_do_not_matter() -> None:
    greek, latin = World(seed=3, themes=4, syllables=GREEK), World(seed=4, themes=3)
    texts = [Text(text, "el") for text in greek.comments(1_200)[0]] + [
        Text(text, None) for text in latin.comments(900)[0]
    ]
    found = {told.language: told for told in finding.find(texts)}
    assert {language: len(told.themes) for language, told in found.items()} == {"el": 4, "und": 3}


def test_too_few_comments_have_no_themes_yet(world: World) -> None:
    assert found_in(world.comments(finding.FEWEST - 1)[0]) == []
    assert found_in([]) == []
    assert found_in(["", " ", "?!", "\u200b"] * 50) == []


def test_a_theme_keeps_its_key_when_it_is_found_again(
    world: World, told: tuple[list[str], list[set[int]], Model]
) -> None:
    texts, _, model = told
    before = truth_of(model.languages[0], world)
    more = texts[500:] + world.comments(1_000, seed=9)[0]
    grown = lineage.continued(model, found_in(more, seed=2), set(), set(before))
    assert truth_of(grown.model.languages[0], world) == before
    assert (grown.new, grown.gone) == ([], [])


def test_what_is_not_found_again_comes_back_as_itself_and_what_is_pinned_never_moves(
    world: World, told: tuple[list[str], list[set[int]], Model]
) -> None:
    _, _, model = told
    before = truth_of(model.languages[0], world)
    pinned = next(key for key, place in before.items() if place == 0)
    other = next(key for key, place in before.items() if place == 1)
    weights = __import__("numpy").array([0, 0, 0.25, 0.25, 0.25, 0.25])
    without = lineage.continued(
        model, found_in(world.comments(1_500, seed=11, weights=weights)[0]), {pinned}, set(before)
    )
    assert other in without.gone
    assert pinned not in without.gone
    then = {theme.key: theme for theme in without.model.languages[0].themes}
    assert then[pinned] == {theme.key: theme for theme in model.languages[0].themes}[pinned]
    again = lineage.continued(without.model, found_in(told[0]), {pinned}, {*before})
    assert truth_of(again.model.languages[0], world) == before


def test_a_model_survives_being_kept(told: tuple[list[str], list[set[int]], Model]) -> None:
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(told[2]), type=Model) == told[2]


def test_phrases_of_ones_own_name_a_theme_in_any_script() -> None:
    themes = {
        "late": Theme(name="Late", phrases=["too late", "försen*", "太慢"]),
        "other": Theme(name="Other", phrases=["refund"]),
    }
    recogniser = Recogniser(Model([]), themes)
    said = recogniser.mentions(
        [("It came TOO  late!", "en"), ("Leveransen försenades", "sv"), ("配送太慢了", "zh"), ("late, too", "en")]
    )
    assert [[one.theme for one in each] for each in said] == [["late"], ["late"], ["late"], []]


def test_what_is_split_off_a_found_theme_stays_its_own_when_themes_are_found_anew(
    world: World, told: tuple[list[str], list[set[int]], Model]
) -> None:
    texts, _, model = told
    (found,) = model.languages
    parent = found.themes[0]
    whole = {theme.key: Theme(name=theme.key, found=True) for theme in found.themes}
    split = {**whole, "part": Theme(name="Part", phrases=parent.phrases[:1], out_of=parent.key)}

    def about(held: Model, themes: dict[str, Theme]) -> list[set[str]]:
        read = Recogniser(held, themes).mentions((text, "en") for text in texts[:600])
        return [{one.theme for one in each} for each in read]

    before, parted = about(model, whole), about(model, split)
    moved = [place for place, each in enumerate(parted) if "part" in each]
    assert any(parent.key in before[place] for place in moved)
    assert any(parent.key in each for each in parted), "the rest of it stays"
    assert all(parent.key not in parted[place] for place in moved)
    assert [each - {"part", parent.key} for each in parted] == [each - {parent.key} for each in before]
    anew = lineage.continued(model, found_in(texts[200:] + world.comments(600, seed=9)[0], seed=2), set(), set(split))
    again = about(anew.model, split)
    assert [place for place, each in enumerate(again) if "part" in each] == moved
    assert all(parent.key not in again[place] for place in moved)
    assert about(model, whole) == before, "without it everything is as it was"


def test_a_theme_is_split_off_what_is_there_and_not_off_itself() -> None:
    late, part = Theme(name="Late", found=True), Theme(name="Part", phrases=["too late"], out_of="late")
    check_together({"late": late, "part": part})
    with pytest.raises(Refused, match="not there"):
        check_together({"part": part})
    with pytest.raises(Refused, match="itself"):
        check_together({"part": Theme(name="Part", phrases=["too late"], out_of="part")})
    with pytest.raises(Refused, match="known by phrases"):
        check_theme(Theme(name="Part", found=True, out_of="late"))
