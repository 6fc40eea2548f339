"""With known non-response the corrected score recovers the truth where the raw one is biased; where it is random both agree."""

from __future__ import annotations

import numpy as np
import pytest

from resa.feedback.scores import nonresponse
from resa.feedback.scores.nonresponse import Corrected

TRUE_NPS = 0.0


def survey(seed: int, *, people: int = 900, biased: bool = True, sampled: bool = False) -> tuple[Corrected, float]:
    """An asked crowd of whom some answer, and what the score of all of them is on average over all crowds.

    What can be seen (three measures) moves both the score and who answers; the score's own chance moves neither.
    """
    dice = np.random.default_rng(seed)
    seen = dice.normal(size=(people, 3))
    drawn = np.where(seen[:, 2] > 0, 0.8, 0.2) if sampled else np.ones(people)
    score = (
        7.5 + 1.2 * seen[:, 0] + 0.6 * seen[:, 1] + (0.8 * seen[:, 2] if sampled else 0) + dice.normal(0, 1.5, people)
    )
    points = 100.0 * (score >= 8.5) - 100.0 * (score <= 6.5)
    chance = 1 / (1 + np.exp(0.8 - 1.1 * seen[:, 0] - 0.4 * seen[:, 1])) if biased else np.full(people, 0.35)
    asked = dice.random(people) < drawn
    answered = (dice.random(people) < chance) & asked
    noise = dice.normal(size=(people, 4))
    found = nonresponse.corrected(
        points[asked], answered[asked], np.column_stack([seen, noise])[asked], np.arange(people)[asked], drawn[asked]
    )
    return found, float(points.mean())


def test_known_non_response_is_corrected() -> None:
    covered = raw_covered = 0
    off, raw_off = [], []
    for seed in range(60):
        found, _ = survey(seed)
        assert found.corrected.value is not None
        assert found.corrected.low is not None
        assert found.corrected.high is not None
        assert found.raw.value is not None
        assert found.raw.low is not None
        assert found.raw.high is not None
        off.append(found.corrected.value - TRUE_NPS)
        raw_off.append(found.raw.value - TRUE_NPS)
        covered += found.corrected.low <= TRUE_NPS <= found.corrected.high
        raw_covered += found.raw.low <= TRUE_NPS <= found.raw.high
        assert found.differs
    assert np.mean(raw_off) > 15, "the raw score is far too good"
    assert abs(np.mean(off)) < 2, "the corrected one is not"
    assert covered / 60 >= 0.88
    assert raw_covered / 60 < 0.2


def test_where_response_is_random_nothing_is_claimed() -> None:
    loud = 0
    for seed in range(100, 160):
        found, _ = survey(seed, biased=False)
        loud += found.differs
        assert found.raw.value is not None
        assert found.corrected.value is not None
        assert abs(found.raw.value - found.corrected.value) < 12
        assert found.tells is not None
        assert found.tells < 0.02
    assert loud / 60 <= 0.12


def test_who_was_drawn_more_often_counts_less() -> None:
    off, raw_off = [], []
    for seed in range(200, 230):
        found, truth = survey(seed, people=1_500, biased=False, sampled=True)
        assert found.corrected.value is not None
        assert found.raw.value is not None
        off.append(found.corrected.value - truth)
        raw_off.append(found.raw.value - truth)
    assert abs(np.mean(off)) < 2.5
    assert np.mean(raw_off) > 6


def test_it_says_when_it_can_not_help() -> None:
    dice = np.random.default_rng(1)
    seen, who = dice.normal(size=(400, 2)), np.arange(400)
    score = dice.choice([-100.0, 0, 100], 400)
    some = dice.random(400) < 0.4

    def reason(answered: np.ndarray, behaviour: np.ndarray = seen) -> str | None:
        return nonresponse.corrected(
            score[: answered.size], answered, behaviour[: answered.size], who[: answered.size]
        ).reason

    assert reason(np.zeros(0, bool)) == "nobody asked"
    assert reason(some & (who < 30)) == "too few answers"
    assert reason(np.ones(400, bool)) == "everybody answered"
    assert reason(some, np.ones((400, 2))) == "nothing known"
    assert reason(seen[:, 0] > 0.2, np.column_stack([seen[:, 0] * 100, seen[:, 1]])) in ("no overlap", None)
    split = np.column_stack([(who < 200) * 1.0, seen[:, 1]])
    assert reason(some & (who < 200), split) == "no overlap"


@pytest.mark.full
def test_the_interval_covers_nearly_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(1_000, 1_400):
        found, _ = survey(seed)
        assert found.corrected.low is not None
        assert found.corrected.high is not None
        covered += found.corrected.low <= TRUE_NPS <= found.corrected.high
    assert 0.91 <= covered / 400 <= 0.98
