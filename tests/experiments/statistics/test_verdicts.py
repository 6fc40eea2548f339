"""Verdicts say what the readings allow, in an order that puts faults and harm first."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import numpy as np
import pytest

from resa.experiments.statistics import (
    AlwaysValid,
    Fixed,
    GroupSequential,
    Measure,
    Method,
    Moments,
    Reading,
    check_sample_ratio,
    read,
)
from resa.experiments.statistics.guardrails import Guard, guard
from resa.experiments.statistics.verdicts import Finding, Progress, Verdict, best, judge

TODAY = date(2026, 3, 2)


def reading(lift: float, method: Method | None = None, n: int = 20_000, spread: float = 5.0) -> Reading:
    """An effect of exactly so much on 10, with a standard error of `spread * sqrt(2 / n)`."""
    steps = np.linspace(-1, 1, n) * spread * 3**0.5
    arms = [Moments.of({"x": 10 * more + steps}) for more in (1.0, 1 + lift)]
    return read(Measure("mean", "x"), arms[0], arms[1], method or GroupSequential((0.5,)))


def progress(**known: Any) -> Progress:
    usual: dict[str, Any] = {"days": 14, "units": 40_000, "a_day": 2_000, "size": 80_000, "effect": 0.02}
    return Progress(TODAY, **usual | known)


def primary(lift: float, **known: Any) -> Finding:
    return Finding("Revenue", "primary", reading(lift, known.pop("method", None)), **known)


def guardrail(lift: float, margin: float = 0.01, better: Literal["up", "down"] = "up") -> Finding:
    return Finding("Speed", "guardrail", reading(lift, AlwaysValid()), better, margin)


def verdict(*findings: Finding, ratio: tuple[int, int] | None = None, **known: Any) -> Verdict:
    checked = None if ratio is None else check_sample_ratio(ratio, (1, 1))
    return judge("Green", findings, checked, progress(**known))


@pytest.mark.parametrize(
    ("given", "action", "code"),
    [
        (verdict(primary(0.03), ratio=(20_000, 21_500)), "check", "sample_ratio"),
        (verdict(primary(0.03), guardrail(-0.1)), "stop", "guardrail_harmed"),
        (verdict(primary(-0.03)), "stop", "worse"),
        (verdict(primary(0.03, better="down")), "stop", "worse"),
        (verdict(primary(-0.03, better="down")), "ship", "better"),
        (verdict(primary(0.03), guardrail(0.02), ratio=(20_000, 20_100)), "ship", "better"),
        (verdict(primary(0.03), guardrail(0.0, margin=0.001)), "keep_going", "better_guardrails_open"),
        (verdict(primary(0.03), guardrail(0.0, margin=0.0)), "ship", "better"),
        (verdict(primary(0.03), guardrail(-0.1, margin=0.0)), "stop", "guardrail_harmed"),
        (verdict(primary(0.03), guardrail(0.0, margin=0.001), units=80_000), "ship", "better_guardrails_unproven"),
        (verdict(primary(0.03), days=4), "keep_going", "better_before_a_week"),
        (verdict(primary(0.03, p=0.2)), "keep_going", "undecided"),
        (verdict(primary(0.012)), "keep_going", "undecided"),
        (verdict(primary(0.001), units=80_000), "stop", "no_difference"),
        (verdict(primary(0.001), units=80_000, effect=0.005), "stop", "not_shown"),
        (verdict(primary(-0.006), effect=0.01), "stop", "hopeless"),
        (verdict(primary(0.03, method=Fixed())), "keep_going", "not_the_end"),
        (verdict(primary(0.03, method=Fixed()), units=80_000), "ship", "better"),
        (verdict(), "keep_going", "too_few"),
    ],
)
def test_the_first_rule_that_holds_is_the_verdict(given: Verdict, action: str, code: str) -> None:
    assert (given.action, given.code) == (action, code)
    assert given.sentence.endswith(".")


def test_a_verdict_says_how_much_and_until_when() -> None:
    waiting = verdict(primary(0.012))
    assert waiting.until == date(2026, 3, 23), "20 days are left, 21 make whole weeks"
    assert "until about 2026-03-23" in waiting.sentence
    assert "Revenue +1.2%, between" in waiting.sentence
    shipped = verdict(primary(0.03))
    assert shipped.sentence.startswith("Ship Green: Revenue is better (+3.0%, between +")
    assert shipped.values["effect"] == pytest.approx(0.03)
    assert verdict(primary(0.012), a_day=0).until is None


def test_of_several_variations_the_best_that_ships_is_the_experiments_verdict() -> None:
    findings = {name: [primary(lift)] for name, lift in (("A", 0.03), ("B", 0.06), ("C", -0.03))}
    verdicts = {name: judge(name, found, None, progress()) for name, found in findings.items()}
    assert best(verdicts, findings)[0] == "B"
    del verdicts["A"], verdicts["B"]
    assert best(verdicts, findings)[1].code == "worse"


@pytest.mark.parametrize(
    ("lift", "better", "margin", "state"),
    [
        (0.0, "up", 0.05, "safe"),
        (0.0, "up", 0.005, "open"),
        (-0.1, "up", 0.05, "harmed"),
        (-0.1, "up", 0.2, "safe"),
        (0.1, "down", 0.05, "harmed"),
        (-0.1, "down", 0.05, "safe"),
        (0.1, "none", 0.05, "harmed"),
        (0.0, "none", 0.05, "safe"),
        (0.0, "none", 0.001, "open"),
    ],
)
def test_a_guardrail_is_safe_harmed_or_open(
    lift: float, better: Literal["up", "down", "none"], margin: float, state: Guard
) -> None:
    assert guard(reading(lift, AlwaysValid()), better, margin) == state


def test_too_few_units_leave_a_guardrail_open() -> None:
    assert guard(reading(-0.5, AlwaysValid(), n=50), "up", 0.01) == "open"
