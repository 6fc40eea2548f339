"""Importance, contrast and worth: properties from the literature, planted truths, and silence where nothing is true."""

from __future__ import annotations

import numpy as np
import pytest

from resa.feedback.scores import contrast, fits, importance, worth


def overlapping(seed: int, people: int = 400, *, true: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Five drivers that overlap; the first moves the outcome most, the second less, the others not."""
    dice = np.random.default_rng(seed)
    shared = dice.normal(size=people)
    x = 0.5 * shared[:, None] + dice.normal(size=(people, 5))
    y = (2.0 * x[:, 0] + 1.0 * x[:, 1]) * true + dice.normal(0, 2, people)
    return x, y


def test_relative_weights_add_up_to_r_squared_and_agree_with_shapleys() -> None:
    x, y = overlapping(1)
    weights, shapley = importance.relative_weights(x, y), importance.lmg(x, y)
    rest = y - y.mean() - fits.standardised(x) @ np.linalg.lstsq(fits.standardised(x), y - y.mean(), rcond=None)[0]
    explained = 1 - rest.var() / y.var()
    assert weights.sum() == pytest.approx(explained)
    assert shapley.sum() == pytest.approx(explained)
    assert np.allclose(weights, shapley, atol=0.02)


def test_of_drivers_that_do_not_overlap_each_has_its_own_part() -> None:
    """Both measures are then the squared correlation (Johnson 2000; Groemping 2007)."""
    x = np.array([[a, b, c] for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)] * 5, float)
    y = 3 * x[:, 0] + x[:, 1] + np.tile([1, -1], 20) * 0.0 + np.repeat(np.arange(5), 8)
    expected = [np.corrcoef(x[:, at], y)[0, 1] ** 2 for at in range(3)]
    assert importance.relative_weights(x, y) == pytest.approx(expected, abs=1e-9)
    assert importance.lmg(x, y) == pytest.approx(expected, abs=1e-9)


def test_what_moves_the_outcome_is_found_and_what_does_not_is_not() -> None:
    wrong = 0
    for seed in range(20):
        found = importance.importance(*overlapping(seed), np.arange(400), times=60)
        q = [each for each in found.q if each is not None]
        assert q[0] < 0.001
        assert q[1] < 0.05
        wrong += sum(each <= 0.05 for each in q[2:])
        assert np.all((found.weight_low <= found.weight_high) & (found.weight_low >= 0))
        assert found.weight.argmax() == 0
    assert wrong <= 5


def test_slopes_are_covered_as_often_as_is_said() -> None:
    covered = 0
    for seed in range(200):
        slope, error, _ = importance.slopes(*overlapping(seed), np.arange(400))
        covered += abs(slope[0] - 2.0) < 1.96 * error[0]
    assert 180 <= covered <= 198


def test_shuffled_outcomes_have_no_drivers() -> None:
    loud = sum(
        any(
            q is not None and q <= 0.05
            for q in importance.importance(*overlapping(seed, true=False), np.arange(400), times=2).q
        )
        for seed in range(100, 150)
    )
    assert loud <= 6


def acts(seed: int, *, true: bool = True, people: int = 600) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whether each did each of thirty things; those with a bad answer did the first two more and less often."""
    dice = np.random.default_rng(seed)
    bad = dice.random(people) < 0.3
    chance = np.full((people, 30), 0.2)
    if true:
        chance[bad, 0], chance[bad, 1] = 0.4, 0.08
    return dice.random((people, 30)) < chance, bad, ~bad


def test_what_came_before_a_bad_answer_is_found_by_customers() -> None:
    found = contrast.contrast(*acts(3))
    assert found.q[0] is not None
    assert found.q[0] < 0.01
    assert found.q[1] is not None
    assert found.q[1] < 0.05
    assert found.low[0] > 0 > found.high[1]
    assert sum(q is not None and q <= 0.05 for q in found.q[2:]) <= 1
    assert (found.bad + found.good, found.odds.size) == (600, 30)


def test_the_log_odds_are_the_closed_form() -> None:
    did = np.array([[1]] * 8 + [[0]] * 2 + [[1]] * 3 + [[0]] * 7, bool)
    bad = np.arange(20) < 10
    found = contrast.contrast(did, bad, ~bad)
    assert found.odds[0] == pytest.approx(np.log(8.5 * 7.5 / (2.5 * 3.5)))
    spread = np.sqrt(1 / 8.5 + 1 / 2.5 + 1 / 3.5 + 1 / 7.5)
    assert found.high[0] - found.low[0] == pytest.approx(2 * 1.959963984540054 * spread)


def test_shuffled_answers_have_nothing_before_them() -> None:
    loud = sum(
        any(q is not None and q <= 0.05 for q in contrast.contrast(*acts(seed, true=False)).q)
        for seed in range(200, 260)
    )
    assert loud <= 6


def test_too_few_customers_are_not_contrasted() -> None:
    did, bad, good = acts(4)
    assert contrast.contrast(did[:25], bad[:25], good[:25]).q.count(None) == 30


def followed(seed: int, per_step: float, people: int = 800) -> tuple[np.ndarray, ...]:
    """Scores and spending that share a cause from before; beyond it, so much a step."""
    dice = np.random.default_rng(seed)
    loyal = dice.normal(size=people)
    score = np.clip(np.round(7 + 1.5 * loyal + dice.normal(0, 1.5, people)), 0, 10)
    spent = np.maximum(0, 60 + 25 * loyal + per_step * score + dice.normal(0, 30, people))
    return (
        score,
        spent,
        np.column_stack([loyal + dice.normal(0, 0.05, people), dice.normal(size=(people, 3))]),
        np.arange(people),
    )


def unadjusted(score: np.ndarray, spent: np.ndarray) -> float:
    """The slope of one on the other alone."""
    return float(np.polyfit(score, spent, 1)[0])


def test_what_a_step_is_worth_is_recovered_and_covered() -> None:
    found = [worth.slope(*followed(seed, 4.0)) for seed in range(40)]
    values = [each.value for each in found if each]
    assert np.mean(values) == pytest.approx(4.0, abs=0.4)
    assert sum(each is not None and each.low <= 4.0 <= each.high for each in found) >= 34
    plain = [unadjusted(*followed(seed, 4.0)[:2]) for seed in range(40)]
    assert np.mean(plain) > 8, "unadjusted it is more than twice as much"


def test_a_step_that_is_worth_nothing_is_not_shown_to_be() -> None:
    shown = sum(found.shown for seed in range(300, 360) if (found := worth.slope(*followed(seed, 0.0))))
    assert shown <= 8


def test_too_few_followed_say_nothing() -> None:
    score, spent, behaviour, people = followed(1, 4.0)
    assert worth.slope(score[:40], spent[:40], behaviour[:40], people[:40]) is None
    assert worth.slope(np.full(100, 9.0), spent[:100], behaviour[:100], people[:100]) is None


def test_people_share_a_fold_and_the_logistic_fit_is_the_maximum() -> None:
    people = np.repeat(np.arange(50), 3)
    fold = fits.folds(people, 1)
    assert all(np.unique(fold[people == who]).size == 1 for who in range(50))
    dice = np.random.default_rng(2)
    x = dice.normal(size=(500, 2))
    y = (dice.random(500) < fits.sigmoid(0.5 + x[:, 0])).astype(float)
    p = fits.logistic(1e-6)(x, y)(x)
    assert np.abs(np.column_stack([np.ones(500), x]).T @ (y - p)).max() < 1e-4
