"""The card of the text model: figures by language, shipped and learned, and how much of one's own comments is not read yet."""

from __future__ import annotations

import random
from typing import Any

import pytest

from resa.feedback.text import cold_start, proof
from resa.feedback.themes import card
from resa.feedback.themes.faculty import TextFaculty
from resa.feedback.themes.understanding import Scored, Understanding
from resa.kernel.workspace import Workspace

pytestmark = pytest.mark.both_states

WORDS = {9: ["loistava", "nopea", "kiitos"], 2: ["hidas", "rikki", "pettymys"]}


def scored(count: int) -> list[Scored]:
    dice = random.Random(1)
    scores: list[Any] = [dice.choice([9, 2]) for _ in range(count)]
    return [
        Scored(f"toimitus oli {dice.choice(WORDS[each])} tilaus {at}", "nps", each, "fi")
        for at, each in enumerate(scores)
    ]


def test_the_figures_are_of_the_model_that_is_shipped() -> None:
    told = proof.shipped()
    assert told.model == cold_start.shipped().version
    assert {one.language for one in told.sets} == set(cold_start.shipped().languages)
    assert all(one.quality.n >= 100 for one in told.sets)


def test_before_anything_is_learned_the_card_has_the_shipped_models_figures(workspace: Workspace) -> None:
    told = card.of(workspace.state, Understanding(workspace.state, TextFaculty()))
    assert (told.learned, told.measured, told.languages) == (False, [], [])
    assert {one.language for one in told.shipped} == {"en", "hu", "sv"}
    assert all(0 < one.accuracy < 1 and one.source for one in told.shipped)


def test_a_learned_model_shows_its_own_cross_validated_figures(workspace: Workspace) -> None:
    understanding = Understanding(workspace.state, TextFaculty())
    understanding.learn(scored(120), made_at=1)
    told = card.of(workspace.state, understanding)
    assert (told.learned, told.learned_from) == (True, 120)
    assert [(one.language, one.n, one.by) for one in told.measured] == [
        (None, 120, "cross-validation"),
        ("fi", 120, "cross-validation"),
    ]
    assert told.measured[0].macro_f1 > 0.8
