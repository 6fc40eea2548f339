"""Thompson sampling: chances are the posterior's, weights keep their promises, learning pays, drift does not fool it."""

from __future__ import annotations

from typing import Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resa.experiments.bandits.leaves import Cell, Leaf, Rules, learn, route
from resa.experiments.bandits.thompson import Earned, allot, beliefs, chances
from resa.kernel.errors import Refused

RATES: Final = (0.05, 0.05, 0.08)


def clicks(*counts: tuple[int, int]) -> list[Earned]:
    """One batch: by choice how many clicked of how many."""
    return [Earned(n, float(hit), float(hit)) for hit, n in counts]


def test_chances_of_shares_are_those_of_draws_from_beta_distributions() -> None:
    known = beliefs([clicks((100, 1_000), (120, 1_000), (90, 1_000))], share=True)
    dice = np.random.default_rng(1)
    draws = np.stack([dice.beta(1 + hit, 901 + 100 - hit, 200_000) for hit in (100, 120, 90)])
    assert chances(known) == pytest.approx(np.bincount(draws.argmax(0)) / 200_000, abs=0.004)
    assert chances(known, largest=False) == pytest.approx(np.bincount(draws.argmin(0)) / 200_000, abs=0.004)


def test_chances_of_values_are_those_of_normal_means() -> None:
    dice = np.random.default_rng(2)
    samples = [dice.gamma(2, scale, 400) for scale in (10, 11, 9)]
    known = beliefs([[Earned(s.size, float(s.sum()), float(s @ s)) for s in samples]], share=False)
    draws = np.stack([dice.normal(k.mean, k.variance**0.5, 200_000) for k in known])
    assert chances(known) == pytest.approx(np.bincount(draws.argmax(0), minlength=3) / 200_000, abs=0.004)
    assert known[0].mean == pytest.approx(samples[0].mean(), rel=0.01)


def test_nothing_known_means_equal_chances() -> None:
    assert chances(beliefs([clicks((0, 0), (0, 0))], share=True)) == pytest.approx([0.5, 0.5])
    assert chances(beliefs([clicks((0, 0), (0, 0))], share=False)) == pytest.approx([0.5, 0.5])


@given(
    st.lists(st.floats(0, 1), min_size=2, max_size=8).filter(lambda found: sum(found) > 0.1),
    st.floats(0, 0.3),
    st.floats(0, 0.08),
)
def test_weights_add_up_to_one_and_keep_floor_and_control(best: list[float], control: float, floor: float) -> None:
    weights = allot(np.array(best) / sum(best), control=control, floor=floor)
    assert round(sum(weights) * 10_000) == 10_000
    assert min(weights) > floor - 1e-4
    assert weights[0] > max(control, floor) - 1e-4


def test_floors_that_leave_nothing_are_refused() -> None:
    with pytest.raises(Refused, match="floor"):
        allot(np.array([0.5, 0.5]), control=0.6, floor=0.5)


def lived(seed: int, rates: tuple[float, ...], scale: list[float]) -> tuple[float, list[float]]:
    """A bandit's life of batches of 500 visitors: what it earned, and its last weights."""
    dice, weights, history, earned = np.random.default_rng(seed), [1 / len(rates)] * len(rates), [], 0.0
    for factor in scale:
        counts = dice.multinomial(500, weights)
        hits = dice.binomial(counts, np.array(rates) * factor)
        history.append(clicks(*zip(hits.tolist(), counts.tolist(), strict=True)))
        earned += float(hits.sum())
        weights = allot(chances(beliefs(history, share=True)))
    return earned, weights


def test_learning_earns_most_of_what_knowing_would() -> None:
    """Of 800 to be had by always choosing the best and 600 by equal shares, with a control share of a tenth."""
    lives = [lived(seed, RATES, [1.0] * 20) for seed in range(15)]
    assert np.mean([earned for earned, _ in lives]) > 700
    assert np.mean([weights[2] for _, weights in lives]) > 0.75
    assert all(weights[0] >= 0.1 for _, weights in lives)


def test_a_choice_is_not_better_for_having_been_shown_in_a_good_week() -> None:
    """First a bad week with equal shares, then a good one in which one of two equal choices is shown to nearly all."""
    history = [clicks((50, 1_000), (50, 1_000)), clicks((20, 100), (380, 1_900))]
    pooled = beliefs([clicks((70, 1_100), (430, 2_900))], share=True)
    assert chances(pooled)[1] > 0.99
    assert chances(beliefs(history, share=True))[1] == pytest.approx(0.5, abs=0.1)


def test_memory_follows_a_reward_that_turned() -> None:
    history = [clicks((100, 1_000), (50, 1_000))] * 10 + [clicks((50, 1_000), (90, 1_000))] * 5
    assert chances(beliefs(history, share=True))[1] < 0.01
    assert chances(beliefs(history, share=True, memory=2))[1] > 0.99


# -- contexts ------------------------------------------------------------------------------------------------------

RULES: Final = Rules(attributes=("device", "country"), choices=2)


def crowd(seed: int, rates: dict[str, tuple[float, float]], size: int = 8_000) -> list[Cell]:
    """Visitors by device and (meaningless) country, both choices equally often."""
    dice, found = np.random.default_rng(seed), []
    for device, pair in rates.items():
        for country in ("se", "de", None):
            for choice, rate in enumerate(pair):
                n = size // (6 * len(rates))
                hits = float(dice.binomial(n, rate))
                found.append(Cell((device, country), 0, choice, Earned(n, hits, hits)))
    return found


def test_contexts_that_want_another_choice_become_leaves() -> None:
    leaves = learn(crowd(1, {"mobile": (0.10, 0.05), "desktop": (0.05, 0.10)}), RULES)
    assert len(leaves) == 2
    assert leaves[0].condition in ({"device": "mobile"}, {"device": "desktop"})
    assert leaves[-1].condition == {}
    mobile = leaves[route(leaves, {"device": "mobile", "country": "se"})]
    desktop = leaves[route(leaves, {"device": "desktop"})]
    assert mobile.weights[0] > 0.9
    assert desktop.weights[1] > 0.85


def test_contexts_without_a_difference_are_one_leaf() -> None:
    """At most one look in a hundred splits, less chance: a difference between choices is no difference of contexts."""
    split = sum(
        len(learn(crowd(seed, {"mobile": (0.05, 0.08), "desktop": (0.1, 0.13)}), RULES)) > 1 for seed in range(200)
    )
    assert split <= 4


def test_leaves_are_matched_in_their_order() -> None:
    leaves = [Leaf({"device": "mobile", "country": "se"}, [], [], [], []), Leaf({"device": "mobile"}, [], [], [], [])]
    leaves.append(Leaf({}, [], [], [], []))
    ways = ({"device": "mobile", "country": "se"}, {"device": "mobile", "country": "de"}, {"country": "se"})
    assert [route(leaves, way) for way in ways] == [0, 1, 2]
