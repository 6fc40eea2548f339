"""Assignment: uniform, independent, the same after a restart; other weights move only who must."""

from __future__ import annotations

import math
import random
from collections import Counter
from typing import Any, Final

import msgspec
import pytest

from resa.experiments import allocation, designs, engine
from resa.experiments.definition import Experiment, Piece, Variation
from resa.experiments.engine import hashing

THREE: Final = ("a", "b", "c")


def made(weights: list[float], coverage: float = 1.0) -> Experiment:
    variations = [Variation(key=key, weight=weight) for key, weight in zip(THREE, weights, strict=False)]
    return Experiment(name="E", variations=variations, coverage=coverage)


def arm(pieces: list[Piece], place: float) -> str | None:
    return next((each.variation for each in pieces if each.start <= place < each.end), None)


def chi_square(counts: list[int], expected: float) -> float:
    return sum((count - expected) ** 2 / expected for count in counts)


def uniform(units: int, salts: int) -> list[float]:
    """Chi-square of 100 cells for each salt, as a z-score (Wilson and Hilferty)."""
    found = []
    for salt in range(salts):
        bucket = hashing.bucketing(f"salt-{salt}", 2)
        cells = Counter(int((bucket(f"user-{number}") or 0.0) * 100) for number in range(units))
        square = chi_square([cells[cell] for cell in range(100)], units / 100)
        found.append(((square / 99) ** (1 / 3) - (1 - 2 / (9 * 99))) / math.sqrt(2 / (9 * 99)))
    return found


def crossed(units: int) -> float:
    """Chi-square of two experiments' arms crossed, 4 cells: 3 degrees of freedom."""
    first, second = hashing.bucketing("checkout-1", 2), hashing.bucketing("checkout-2", 2)
    cells = Counter(((first(name) or 0.0) < 0.5, (second(name) or 0.0) < 0.5) for name in map(str, range(units)))
    return chi_square(list(cells.values()), units / 4)


def test_buckets_are_uniform() -> None:
    scores = uniform(20_000, 6)
    assert max(scores) < 4
    assert abs(sum(scores)) / math.sqrt(len(scores)) < 4


@pytest.mark.full
def test_buckets_of_a_million_units_are_uniform_under_many_salts() -> None:
    scores = uniform(1_000_000, 4) + uniform(40_000, 50)
    assert max(scores) < 4
    assert abs(sum(scores)) / math.sqrt(len(scores)) < 4


def test_experiments_are_independent() -> None:
    assert crossed(20_000) < 21.1  # one in ten thousand


@pytest.mark.full
def test_experiments_are_independent_over_many_units() -> None:
    assert crossed(1_000_000) < 21.1


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ([1, 1, 0], [9, 1, 0], 0.4),  # b gives two fifths of all to a
        ([1, 1, 1], [2, 1, 1], 1 / 6),  # b and c give a twelfth each
        ([1, 1, 2], [1, 2, 1], 1 / 4),
        ([5, 3, 2], [2, 3, 5], 3 / 10),
        ([1, 1, 1], [1, 1, 1], 0.0),
    ],
)
def test_other_weights_move_only_who_must(before: list[float], after: list[float], changed: float) -> None:
    first, second = made(before), made(after)
    pieces = allocation.pieces(first)
    moved = allocation.moved(pieces, allocation.weights(second))
    places = [number / 10_000 + 0.00005 for number in range(10_000)]
    differ = sum(arm(pieces, place) != arm(moved, place) for place in places)
    assert differ / 10_000 == pytest.approx(changed, abs=3e-4)
    shares = Counter(arm(moved, place) for place in places)
    for key, share in allocation.weights(second).items():
        assert shares[key] / 10_000 == pytest.approx(share, abs=3e-4)


def test_more_coverage_moves_nobody_who_is_in() -> None:
    dice = random.Random(5)
    for _ in range(200):
        weights = [float(dice.randint(1, 9)) for _ in THREE]
        low, high = sorted(dice.random() for _ in range(2))
        pieces = allocation.pieces(made(weights, low))
        wanted = {key: share * high for key, share in allocation.weights(made(weights, high)).items()}
        moved = allocation.moved(pieces, wanted)
        for place in (number / 997 for number in range(997)):
            assert arm(pieces, place) in (None, arm(moved, place))
        assert sum(each.end - each.start for each in moved) == pytest.approx(high)


def test_a_changed_experiment_assigns_the_same_in_the_payload() -> None:
    body = made([1, 1, 1])
    wanted = {"a": 0.5, "b": 0.25, "c": 0.25}
    moved = allocation.moved(allocation.pieces(body), wanted)
    changed = msgspec.structs.replace(body, allocation=moved, seed="s")
    entries = allocation.entries(changed)
    assert [each.variation for each in entries[:3]] == ["a", "b", "c"]
    said: dict[str, Any] = {
        "key": "e",
        "seed": "s",
        "hashVersion": 2,
        "variations": [each.variation for each in entries],
        "ranges": [[each.start, each.end] for each in entries],
        "meta": [{"key": each.variation} for each in entries],
    }
    run = engine.compile({})
    for number in range(500):
        place = hashing.bucket("s", f"u{number}", 2)
        assert place is not None
        assert run.run(said, {"id": f"u{number}"}).key == arm(moved, place)


def test_text_beyond_ascii_is_hashed_as_javascript_counts_it() -> None:
    # FNV-1a over UTF-16 code units, as Node.js computes it with charCodeAt.
    assert [hashing.fnv1a(text) for text in ("", "a", "å", "😀")] == [2166136261, 3826002220, 1611356512, 3409036472]


@pytest.mark.parametrize(
    ("factors", "fraction", "runs", "resolution"),
    [(3, "full", 8, None), (3, "half", 4, 3), (4, "half", 8, 4), (5, "half", 16, 5), (5, "quarter", 8, 3),
     (6, "quarter", 16, 4), (7, "quarter", 32, 4), (6, "eighth", 8, 3), (7, "eighth", 16, 4)],
)  # fmt: skip
def test_designs_are_balanced_and_have_their_resolution(
    factors: int, fraction: str, runs: int, resolution: int | None
) -> None:
    found = designs.runs([2] * factors, fraction)
    assert len(set(found)) == runs
    assert found[0] == (0,) * factors
    assert designs.resolution(factors, fraction) == resolution
    for column in range(factors):
        assert sum(run[column] for run in found) == runs // 2
    for one in range(factors):
        for other in range(one):
            assert sum(run[one] ^ run[other] for run in found) == runs // 2  # orthogonal


def test_there_is_no_fraction_where_it_would_tell_nothing() -> None:
    assert designs.runs([2, 2], "half") == []
    assert designs.runs([2, 2, 3], "half") == []
    assert designs.runs([2] * 4, "quarter") == []
    assert len(designs.runs([2, 3, 4])) == 24
