"""What a policy would have earned comes out of another one's log: published figures, planted truths, alarms."""

from __future__ import annotations

import csv
import gzip
from typing import Final

import numpy as np
import pytest

from resa.experiments.bandits.offpolicy import Judged, Log, judge
from resa.kernel.errors import Refused
from tests.imports.files import real

FIGURES: Final = {
    "all": (80, "0.0038", "0.0042", "0.00236", "0.00233", "340"),
    "men": (34, "0.0046", "0.0069", "0.00301", "0.00319", "656"),
    "women": (46, "0.0046", "0.0046", "0.00744", "0.00237", "2"),
}
"""Campaign: items, click rates of the random and the learning policy, and IPS, SNIPS and effective size of uniform choice."""


def logged(policy: str, campaign: str) -> Log:
    """The public log of a fashion shop's recommendations."""
    with gzip.open(real(f"open_bandit_small/{policy}_{campaign}_log.csv.gz"), "rt", encoding="utf-8") as file:
        rows = [(row["click"], row["item_id"], row["propensity_score"]) for row in csv.DictReader(file)]
    click, item, probability = np.array(rows, np.float64).T
    return Log.of(click, item, probability)


def uniform(log: Log, choices: int) -> np.ndarray:
    """The policy that makes every choice equally often."""
    return np.broadcast_to(1 / choices, (log.size, choices))


@pytest.mark.parametrize("campaign", FIGURES)
def test_the_published_log_of_a_shop_gives_the_published_figures(campaign: str) -> None:
    items, random_rate, learning_rate, ips, snips, effective = FIGURES[campaign]
    log = logged("bts", campaign)
    judged = judge(log, uniform(log, items))
    told = (f"{judged.logged.value:.4f}", f"{judged.ips.value:.5f}", f"{judged.snips.value:.5f}")
    assert told == (learning_rate, ips, snips)
    assert f"{judged.overlap.effective:.0f}" == effective
    assert f"{logged('random', campaign).reward.mean():.4f}" == random_rate


def test_an_alarm_goes_off_where_one_decision_speaks_for_two_thirds() -> None:
    """The women's campaign has an effective size of 2.1 of 10,000; the others have hundreds."""
    log = logged("bts", "women")
    judged = judge(log, uniform(log, 46))
    assert f"{judged.overlap.effective:.1f}" == "2.1"
    assert judged.overlap.alarms == ["few_effective", "one_dominates", "weights_off"]
    assert judged.outcome == "no_overlap"
    for campaign in ("all", "men"):
        other = logged("bts", campaign)
        assert judge(other, uniform(other, FIGURES[campaign][0])).overlap.alarms == []


def world(seed: int, size: int = 3_000, per_customer: int = 1) -> tuple[Log, np.ndarray, float]:
    """A log with a planted truth: two contexts, four choices, a policy that suits the contexts, and what it earns."""
    dice = np.random.default_rng(seed)
    rates = np.array([[0.10, 0.06, 0.04, 0.05], [0.03, 0.12, 0.05, 0.07]])
    logging = np.array([[0.4, 0.3, 0.2, 0.1], [0.3, 0.1, 0.3, 0.3]])
    policy = np.array([[0.7, 0.1, 0.1, 0.1], [0.1, 0.7, 0.1, 0.1]])
    unit = np.repeat(np.arange(size // per_customer), per_customer)
    context = dice.integers(0, 2, unit.max() + 1)[unit]
    chosen = (dice.random(unit.size)[:, None] > logging[context].cumsum(1)).sum(1)
    mood = dice.normal(0, 0.02, unit.max() + 1)[unit]
    reward = (dice.random(unit.size) < np.clip(rates[context, chosen] + mood, 0, 1)) * 1.0
    log = Log.of(reward, chosen, logging[context, chosen], unit=unit, context=context)
    return log, policy[context], float((policy * rates).sum(1).mean())


def covered(seeds: range, per_customer: int = 1) -> dict[str, float]:
    """How often the intervals hold the planted truth."""
    hits = dict.fromkeys(("ips", "snips", "robust"), 0)
    for seed in seeds:
        log, target, truth = world(seed, per_customer=per_customer)
        judged = judge(log, target)
        for name in hits:
            value = getattr(judged, name)
            hits[name] += value.low <= truth <= value.high
    return {name: hit / len(seeds) for name, hit in hits.items()}


@pytest.mark.parametrize("per_customer", [1, 6])
def test_intervals_hold_the_planted_truth(per_customer: int) -> None:
    """In 95 of 100 worlds, less what 80 worlds can be off by chance; also where a customer has several decisions."""
    assert min(covered(range(80), per_customer).values()) > 0.88


@pytest.mark.full
def test_intervals_hold_the_planted_truth_of_many_worlds() -> None:
    found = covered(range(1_000, 3_000))
    assert min(found.values()) > 0.935, found


def test_a_better_policy_is_told_from_a_worse_one() -> None:
    log, target, _ = world(7, size=20_000)
    assert judge(log, target).outcome == "better"
    assert judge(log, target[:, [3, 2, 1, 0]]).outcome == "worse"


def test_the_model_makes_doubly_robust_intervals_narrower_where_contexts_differ() -> None:
    def width(judged: Judged, name: str) -> float:
        value = getattr(judged, name)
        return float(value.high - value.low)

    widths = [judge(log, target) for log, target, _ in (world(seed) for seed in range(10))]
    assert sum(width(each, "robust") for each in widths) < sum(width(each, "ips") for each in widths)


def test_the_policy_that_ran_is_worth_what_it_earned() -> None:
    log, _, _ = world(3)
    logging = np.array([[0.4, 0.3, 0.2, 0.1], [0.3, 0.1, 0.3, 0.3]])[log.context]
    judged = judge(log, logging)
    assert judged.ips.value == judged.snips.value == judged.logged.value
    assert judged.overlap.effective == pytest.approx(log.size)
    assert judged.outcome == "unclear"


def test_choices_the_log_never_made_ring() -> None:
    log, target, _ = world(5)
    more = np.concatenate([target * 0.5, np.full((log.size, 1), 0.5)], axis=1)
    judged = judge(log, more)
    assert judged.overlap.unsupported == pytest.approx(0.5)
    assert "unsupported" in judged.overlap.alarms
    assert judged.outcome == "no_overlap"


def test_clipping_says_how_much_it_took_away() -> None:
    log = logged("bts", "women")
    overlap = judge(log, uniform(log, 46), clip=20).overlap
    assert overlap.clipped > 0
    assert overlap.clipped_weight > 0.6
    assert overlap.alarms, "cutting weights does not give overlap"


def test_nothing_and_impossible_probabilities_are_refused() -> None:
    none = np.zeros(0)
    with pytest.raises(Refused, match="no decision"):
        judge(Log.of(none, none, none), np.zeros((0, 2)))
    with pytest.raises(Refused, match="probability"):
        Log.of(np.ones(1), np.zeros(1), np.zeros(1))
