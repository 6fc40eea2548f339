"""The comparison in simulation: planted effects are found and covered, harmless and shuffled ones stay silent."""

from __future__ import annotations

import numpy as np
import pytest

from resa.journeys.friction.calibration import Comparison, Effect
from resa.journeys.friction.moments import DAY, Moments
from resa.kernel.multiplicity import discovered

LEAST = 50


def trial(seed: int, cost: float, *, people: int = 1_000, shuffled: bool = False) -> tuple[Effect | None, float]:
    """The effect found, and the difference one would see without a comparison.

    Customers come one to four times. What can be seen of them before (device, intent, activity, day) drives both whether the
    signal strikes and whether they buy; so does nothing else, but customers differ in what they buy beyond that.
    """
    dice = np.random.default_rng(seed)
    person = np.repeat(np.arange(people), dice.integers(1, 5, people))
    count = person.size
    phone, active = dice.random(people)[person] < 0.6, dice.integers(0, 4, people)[person]
    habit = dice.normal(0, 0.08, people)[person]
    close, day = dice.random(count) < 0.4, dice.integers(0, 12, count)
    struck = dice.random(count) < 0.04 + 0.10 * phone + 0.25 * close + 0.01 * day
    buys = dice.random(count) < np.clip(0.42 - 0.10 * phone + 0.2 * close + 0.01 * day + habit, 0.2, 1) - cost * struck
    if shuffled:
        buys = dice.permutation(buys)
    time = day * DAY + dice.integers(0, DAY, count)
    order = np.lexsort((time, person))
    hits = np.cumsum(struck[order]) - struck[order]
    first = np.searchsorted(person[order], person[order])
    clean = np.empty(count, bool)
    clean[order] = hits == hits[first]
    zero = np.zeros(count, np.int64)
    moments = Moments(
        signal=zero.astype(np.uint8),
        hit=struck,
        profile=person.astype(np.uint32),
        time=time,
        row=np.arange(count),
        page=zero,
        item=zero,
        extra=zero,
        context=zero,
        converted=buys,
        returned=buys,
        clean=clean,
        activity=2**active,
        before=zero,
        depth=zero,
        close=close.astype(np.uint8),
        tenure=zero + 40 * DAY,
        channel=zero.astype(np.uint8),
        device=1 + phone.astype(np.uint8),
        trouble=zero.astype(bool),
    )
    cases, controls = moments.take(struck & clean), moments.take(~struck & clean)
    bad = (~cases.converted, ~controls.converted)
    comparison = Comparison(cases, controls, bad, (cases.context, controls.context))
    return comparison.effect(np.ones(len(cases), bool), LEAST), float(bad[0].mean() - bad[1].mean())


def trials(seeds: range, cost: float, *, shuffled: bool = False) -> list[Effect]:
    """Many of them."""
    found = [trial(seed, cost, shuffled=shuffled)[0] for seed in seeds]
    assert all(found)
    return [effect for effect in found if effect]


def covered(effects: list[Effect], truth: float) -> float:
    """The share of intervals that hold the truth."""
    return sum(effect.difference.low <= truth <= effect.difference.high for effect in effects) / len(effects)


@pytest.mark.parametrize("cost", [0.0, 0.12])
def test_intervals_hold_the_planted_effect_as_often_as_they_say(cost: float) -> None:
    effects = trials(range(80), cost)
    assert 0.89 <= covered(effects, cost) <= 1
    assert float(np.mean([effect.difference.value for effect in effects])) == pytest.approx(cost, abs=0.015)


def test_without_a_comparison_the_same_customers_mislead() -> None:
    """Who meets friction here is also who buys: the plain difference hides most of a real loss."""
    plain = [trial(seed, 0.12)[1] for seed in range(20)]
    assert float(np.mean(plain)) < 0.09


def test_a_real_loss_is_found() -> None:
    assert float(np.mean([effect.p < 0.01 for effect in trials(range(40), 0.15)])) > 0.9


@pytest.mark.parametrize("shuffled", [False, True])
def test_false_alarms_are_as_rare_as_stated(shuffled: bool) -> None:
    """One test at 5 %: about 5 of 100 harmless signals; seeded, with room for chance (binomial, 120 of them)."""
    effects = trials(range(1_000, 1_120), 0.0, shuffled=shuffled)
    assert float(np.mean([effect.p < 0.05 for effect in effects])) <= 0.10


def test_a_ledger_of_harmless_signals_stays_silent() -> None:
    """Ledgers of ten harmless lines at a false discovery rate of 10 %: at most about one in ten says anything at all."""
    p = [effect.p for effect in trials(range(2_000, 2_150), 0.0)]
    ledgers = [discovered(p[first : first + 10]) for first in range(0, len(p), 10)]
    loud = sum(any(q is not None and q <= 0.1 for q in ledger) for ledger in ledgers)
    assert loud <= 4


@pytest.mark.full
def test_intervals_and_false_alarms_over_a_thousand_trials() -> None:
    for cost in (0.0, 0.05, 0.2):
        assert 0.93 <= covered(trials(range(5_000, 6_000), cost), cost) <= 0.97
    alarms = float(np.mean([effect.p < 0.05 for effect in trials(range(6_000, 7_000), 0.0)]))
    assert 0.03 <= alarms <= 0.07


def test_too_few_are_told_apart_from_none() -> None:
    assert trial(1, 0.2, people=80)[0] is None


def test_outcomes_that_are_all_alike_prove_nothing_for_certain() -> None:
    """Sixty customers who all left, and none of the controls: the interval still has a width."""
    zero = np.zeros(400, np.int64)
    moments = Moments(
        **dict.fromkeys(Moments.__dataclass_fields__, zero) | {"profile": np.arange(400, dtype=np.uint32)}
    )
    cases, controls = moments.take(np.arange(60)), moments.take(np.arange(60, 400))
    effect = Comparison(cases, controls, (np.ones(60), np.zeros(340)), (zero[:60], zero[60:])).effect(
        np.ones(60, bool), LEAST
    )
    assert effect is not None
    assert (effect.bad, effect.expected, effect.difference.high) == (1, 0, 1)
    assert 0.9 < effect.difference.low < 1


def test_customers_without_anybody_comparable_are_left_out() -> None:
    """Half of the cases are of another season."""
    zero = np.zeros(600, np.int64)
    time = np.where(np.arange(600) < 50, 400 * DAY, 0)
    columns = dict.fromkeys(Moments.__dataclass_fields__, zero)
    moments = Moments(**columns | {"profile": np.arange(600, dtype=np.uint32), "time": time})
    cases, controls = moments.take(np.arange(100)), moments.take(np.arange(100, 600))
    bad = (np.arange(100) % 2 == 0, np.arange(500) % 2 == 0)
    comparison = Comparison(cases, controls, bad, (zero[:100], zero[100:]))
    effect = comparison.effect(np.ones(100, bool), 50)
    assert effect is not None
    assert (effect.cases, effect.controls, effect.difference.value) == (50, 500, 0)


def test_false_discovery_rate_is_that_of_benjamini_and_hochberg() -> None:
    """Their rule by hand: the largest k with p(k) <= k / m * rate, and everything up to it."""
    dice = np.random.default_rng(1)
    for _ in range(50):
        p = [float(value) for value in dice.random(20) ** 2]
        ranked = sorted(p)
        k = max((n + 1 for n in range(20) if ranked[n] <= (n + 1) / 20 * 0.1), default=0)
        by_hand = {value for value in ranked[:k]}
        q = discovered([*p, None])
        assert {value for value, found in zip(p, q, strict=False) if found is not None and found <= 0.1} == by_hand
        assert q[-1] is None
