"""The scores and their intervals are the literature's: closed forms, published values, and coverage counted out exactly."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from resa.feedback.scores.intervals import Estimate, Sample, design_effect, difference, nps
from resa.feedback.scores.scales import SCALES
from resa.kernel.proportions import Z

NPS, CSAT, CES = SCALES["nps"], SCALES["csat"], SCALES["ces"]


def near(found: Estimate, *expected: float) -> bool:
    """Whether an interval is that, to the digits given."""
    return [found.low, found.high] == [pytest.approx(each, abs=5e-5) for each in expected]


def sample(metric: str, *scores: int) -> Sample:
    """Answers of as many people."""
    given = np.array(scores, float)
    return Sample.of(SCALES[metric], given, np.arange(given.size))


def of_counts(metric: str, counts: list[int]) -> Sample:
    """So many of each step."""
    return Sample(SCALES[metric], np.array(counts))


def test_an_nps_is_promoters_less_detractors() -> None:
    found = sample("nps", 10, 9, 9, 8, 7, 6, 0)
    assert found.score().value == pytest.approx(100 * (3 - 2) / 7)
    assert (found.good, found.bad, found.n) == (3, 2, 7)


def test_its_interval_is_the_adjusted_wald_of_rocks() -> None:
    """Three observations more, of (3/4, 3/2, 3/4), and the trinomial's variance; written out here by hand."""
    promoters, passives, detractors = 50, 30, 20
    n = 103.0
    p, d = 50.75 / n, 20.75 / n
    reach = 1.959963984540054 * math.sqrt((p + d - (p - d) ** 2) / n)
    found = nps(promoters, passives, detractors)
    assert found.value == pytest.approx(30)
    assert found.low == pytest.approx(100 * (p - d - reach))
    assert found.high == pytest.approx(100 * (p - d + reach))
    assert (round(found.low or 0, 2), round(found.high or 0, 2)) == (14.05, 44.20)


def test_it_covers_the_truth_where_the_plain_interval_does_not() -> None:
    """Rocks (2016): at small samples the plain Wald interval falls short, the adjusted one does not. Counted out, not simulated."""
    n = 20
    for p, d in ((0.8, 0.05), (0.9, 0.05), (0.5, 0.2), (0.3, 0.4)):
        truth, plain, adjusted = 100 * (p - d), 0.0, 0.0
        for promoters, detractors in itertools.product(range(n + 1), repeat=2):
            passives = n - promoters - detractors
            if passives < 0:
                continue
            chance = (
                math.comb(n, promoters)
                * math.comb(n - promoters, detractors)
                * p**promoters
                * d**detractors
                * (1 - p - d) ** passives
            )
            mean = (promoters - detractors) / n
            reach = 100 * Z * math.sqrt(((promoters + detractors) / n - mean**2) / n)
            plain += chance * (abs(100 * mean - truth) <= reach)
            found = nps(promoters, passives, detractors)
            assert found.low is not None
            assert found.high is not None
            adjusted += chance * (found.low <= truth <= found.high)
        assert adjusted >= 0.93, (p, d)
        assert adjusted > plain, (p, d)


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_a_csat_has_the_score_interval_newcombe_published(part: int, whole: int, low: float, high: float) -> None:
    """R. Newcombe, Statistics in Medicine 17, 1998, 857-872, table I, method 3."""
    found = of_counts("csat", [whole - part, 0, 0, 0, part]).score()
    assert found.value == pytest.approx(part / whole)
    assert near(found, low, high)


@pytest.mark.parametrize(
    ("mine", "other", "low", "high"),
    [((56, 70), (48, 80), 0.0524, 0.3339), ((9, 10), (3, 10), 0.1705, 0.8090), ((10, 10), (0, 20), 0.6791, 1.0)],
)
def test_the_difference_of_two_csats_is_newcombes(
    mine: tuple[int, int], other: tuple[int, int], low: float, high: float
) -> None:
    """R. Newcombe, Statistics in Medicine 17, 1998, 873-890, table II, method 10."""
    one, two = (of_counts("csat", [whole - part, 0, 0, 0, part]) for part, whole in (mine, other))
    found = difference(one, two)
    assert near(found, low, high)


def test_a_ces_is_a_mean_with_students_interval() -> None:
    """2, 4, 6 of a scale to 7: mean 4, s = 2, t(2) = 4.302653; wider than the scale, so kept on it. Ten alike 5 and 6: 2.262157."""
    assert sample("ces", 2, 4, 6).score() == (4.0, 1.0, 7.0)
    found = sample("ces", *([5] * 5 + [6] * 5)).score()
    reach = 2.262157163 * math.sqrt(10 * 0.25 / 9 / 10)
    assert found.value == 5.5
    assert near(found, 5.5 - reach, 5.5 + reach)


def test_the_difference_of_two_ces_is_welchs() -> None:
    """Against the textbook's formula: t with Welch-Satterthwaite's degrees of freedom."""
    from scipy import stats

    a, b = [1, 2, 3, 5, 7, 7, 6], [4, 5, 6, 6, 7, 7, 7, 7, 5]
    expected = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
    found = difference(sample("ces", *a), sample("ces", *b))
    assert near(found, expected.low, expected.high)


def test_two_nps_alike_do_not_differ_and_two_far_apart_do() -> None:
    one, other = of_counts("nps", [0] * 6 + [20, 0, 30, 0, 50]), of_counts("nps", [0] * 6 + [50, 0, 30, 0, 20])
    alike, apart = difference(one, one), difference(one, other)
    assert alike.value == 0
    assert alike.low == pytest.approx(-(alike.high or 0))
    assert apart.value == pytest.approx(60)
    assert apart.low is not None
    assert apart.low > 0


def test_people_who_answer_again_widen_the_interval() -> None:
    """The same answer four times over is one answer."""
    scores = np.array([9, 9, 10, 3, 7, 10, 9, 2, 8, 9] * 3, float)
    once = Sample.of(NPS, scores, np.arange(30)).score()
    fourfold = Sample.of(NPS, np.repeat(scores, 4), np.repeat(np.arange(30), 4)).score()
    assert once.low is not None
    assert once.high is not None
    assert fourfold.low is not None
    assert fourfold.high is not None
    assert fourfold.high - fourfold.low == pytest.approx(once.high - once.low, rel=0.05)
    assert design_effect(np.array([1.0, 2, 3]), np.array([1, 2, 3])) == 1


@pytest.mark.parametrize("metric", ["nps", "csat", "ces"])
def test_nothing_is_said_of_no_answers_and_something_of_one(metric: str) -> None:
    assert sample(metric).score() == (None, None, None)
    assert sample(metric, 5).score().value is not None
    assert difference(sample(metric), sample(metric, 5)) == (None, None, None)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (9, 9),
        ("9", 9),
        (9.0, 9),
        (11, None),
        (-1, None),
        (8.5, None),
        (True, None),
        ("x", None),
        (None, None),
        ([9], None),
        ("nan", None),
        (1e400, None),
    ],
)
def test_a_score_is_a_whole_number_of_its_scale(value: object, read: int | None) -> None:
    found = NPS.read(value)
    assert (None if math.isnan(found) else found) == read


def test_the_scales_are_the_usual_ones() -> None:
    assert CSAT.points(np.array([1, 3, 4, 5.0])).tolist() == [0, 0, 1, 1]
    assert CES.points(np.array([1.0, 7])).tolist() == [1, 7]
    assert NPS.points(np.array([0, 6, 7, 8, 9, 10.0])).tolist() == [-100, -100, 0, 0, 100, 100]
