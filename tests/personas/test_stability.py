"""How many kinds there are: as many as were planted, and none where nothing belongs together."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from resa.predictions.personas import placing, stability
from resa.predictions.personas.stability import Effort

QUICK = Effort(most=6, resamples=8, shuffles=5)


def clouds(kinds: int, apart: float, seed: int, customers: int = 1_200) -> tuple[np.ndarray, np.ndarray]:
    """Customers around so many middles in twelve dimensions."""
    dice = np.random.default_rng(seed)
    label = dice.integers(0, kinds, customers)
    middles = dice.normal(size=(kinds, 12)) * apart
    return (middles[label] + dice.normal(size=(customers, 12))).astype(np.float32), label


@pytest.mark.parametrize(("kinds", "seed"), [(2, 2), (3, 3), (4, 4), (5, 8)])
def test_as_many_kinds_are_found_as_were_planted(kinds: int, seed: int) -> None:
    points, label = clouds(kinds, apart=1.2, seed=seed)
    found = stability.search(points, 0, QUICK)
    assert found.chosen is not None
    assert found.centers is not None
    assert found.chosen.kinds == kinds
    assert found.distinct
    again, _ = placing.nearest(points, found.centers)
    assert adjusted_rand_score(label, again) > 0.9


@pytest.mark.parametrize("seed", range(4))
def test_shuffled_columns_hold_no_kinds(seed: int) -> None:
    """The same columns, each shuffled for itself: whoever finds kinds there finds them everywhere."""
    points, _ = clouds(4, apart=1.2, seed=seed)
    shuffled = np.random.default_rng(seed).permuted(points, axis=0)
    assert stability.search(shuffled, seed, QUICK).chosen is None


def test_columns_of_two_humps_that_have_nothing_to_do_with_each_other_hold_no_kinds() -> None:
    """Parting one column in two comes out again each time, and yet says nothing of the others."""
    dice = np.random.default_rng(5)
    points = (dice.integers(0, 2, (1_500, 6)) * 4 + dice.normal(size=(1_500, 6))).astype(np.float32)
    points[:, 0] *= 3
    found = stability.search(points, 0, QUICK)
    assert any(min(one.jaccard) > stability.STABLE for one in found.tried)
    assert found.chosen is None


def test_a_continuum_is_said_to_be_one() -> None:
    """Stretches of one cloud come out again, but there are no gaps between them."""
    dice = np.random.default_rng(6)
    cloud = dice.multivariate_normal(np.zeros(6), np.full((6, 6), 0.7) + 0.3 * np.eye(6), 1_500).astype(np.float32)
    found = stability.search(cloud, 0, QUICK)
    assert found.chosen is None or not found.distinct


def test_the_same_sample_and_seed_give_the_same_answer() -> None:
    points, _ = clouds(3, apart=0.8, seed=7, customers=400)
    one, other = (stability.search(points, 11, QUICK) for _ in range(2))
    assert one.tried == other.tried
    assert np.array_equal(one.centers, other.centers)  # type: ignore[arg-type]


def test_a_search_tells_how_far_it_is_and_ends_when_told_to() -> None:
    points, _ = clouds(3, apart=1.0, seed=9, customers=300)
    heard: list[float] = []
    stability.search(points, 0, QUICK, heard.append)
    assert heard == sorted(heard)
    assert 0 < heard[0] < heard[-1] <= 1

    class Enough(Exception):
        pass

    def stop(_share: float) -> None:
        raise Enough

    with pytest.raises(Enough):
        stability.search(points, 0, QUICK, stop)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(30))
def test_shuffled_columns_hold_no_kinds_however_often_one_looks(seed: int) -> None:
    points, _ = clouds(2 + seed % 5, apart=0.6 + seed % 3 * 0.4, seed=100 + seed)
    points[:, : seed % 4] = np.round(points[:, : seed % 4])  # some columns of few values
    shuffled = np.random.default_rng(seed).permuted(points, axis=0)
    assert stability.search(shuffled, seed, QUICK).chosen is None
