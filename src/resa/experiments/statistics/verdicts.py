"""A verdict: what a team should do now, as a code with its values and a sentence that says it.

Rules, in the order of the table at `_RULES`; the first that holds is the verdict. They read only what the method of the plan allows to be
read now, so a verdict may be asked for every day.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import NormalDist
from typing import Final, Literal, NamedTuple

from resa.experiments.statistics.guardrails import Better, Guard, guard
from resa.experiments.statistics.readings import Reading
from resa.experiments.statistics.sample_ratio import SampleRatio
from resa.experiments.statistics.sequential import conditional_power

Action = Literal["ship", "stop", "keep_going", "check"]
Role = Literal["primary", "secondary", "guardrail"]
Value = str | int | float | bool | None

HOPELESS: Final = 0.1
"""Below this chance to find the planned effect yet, even if there is one, going on is not worth the wait."""
LEAST_DAYS: Final = 7
"""Nobody ships before every weekday was seen."""


class Finding(NamedTuple):
    """A metric of one variation. `p` is adjusted for how many were asked; `margin` of a guardrail as in `guardrails.guard`.

    Without a margin a guardrail only stops what does harm: that there is none at all could never be shown.
    """

    metric: str
    role: Role
    reading: Reading
    better: Better = "up"
    margin: float = 0.0
    p: float | None = None

    @property
    def real(self) -> bool:
        """Significant, and still so beside the other questions."""
        return self.reading.significant and (self.p is None or self.p <= self.reading.alpha)

    @property
    def good(self) -> bool:
        """Really better."""
        return self.real and self.better != "none" and self.reading.direction == self.better

    @property
    def bad(self) -> bool:
        """Really worse."""
        return self.real and self.better != "none" and self.reading.direction != self.better

    @property
    def guarded(self) -> Guard:
        """A guardrail's state."""
        return guard(self.reading, self.better, self.margin)


@dataclass(frozen=True)
class Progress:
    """How far the experiment is. `units` in all and a day; `size`: planned units in all; `effect`: the planned one (relative)."""

    today: date
    days: int
    units: int
    a_day: float | None = None
    size: int | None = None
    effect: float | None = None
    ends: date | None = None
    """When it ends by its schedule or its planned days."""

    @property
    def fraction(self) -> float | None:
        """The part of the planned units that is in."""
        return self.units / self.size if self.size else None

    @property
    def finished(self) -> bool:
        """All that was planned is in."""
        return (self.fraction is not None and self.fraction >= 1) or (
            self.size is None and self.ends is not None and self.today >= self.ends
        )

    @property
    def until(self) -> date | None:
        """About when all will be in, in whole weeks since the start where these are not longer than half as much again."""
        if self.finished:
            return None
        if self.size is None or not self.a_day:
            return self.ends
        left = math.ceil(max(0.0, self.size - self.units) / self.a_day)
        if left > 10 * 366:
            return None
        whole = math.ceil((self.days + left) / 7) * 7 - self.days
        return self.today + timedelta(days=whole if whole <= 1.5 * max(left, 1) else left)


@dataclass(frozen=True)
class Verdict:
    """`code` says which rule held, `values` with what; `sentence` is both in English."""

    action: Action
    code: str
    values: Mapping[str, Value]
    sentence: str
    until: date | None = None


@dataclass(frozen=True)
class _Case:
    """One variation against control, with all that the rules look at."""

    variation: str
    findings: Sequence[Finding]
    ratio: SampleRatio | None
    progress: Progress

    def of(self, role: Role) -> list[Finding]:
        """The findings in a role."""
        return [finding for finding in self.findings if finding.role == role]

    @property
    def better(self) -> Finding | None:
        """The primary metric with the surest good effect."""
        good = [finding for finding in self.of("primary") if finding.good]
        return min(good, key=lambda finding: finding.reading.p or 0.0) if good else None

    def guards(self, state: Guard) -> list[Finding]:
        """Guardrails in a state."""
        return [finding for finding in self.of("guardrail") if finding.guarded == state]


def judge(variation: str, findings: Sequence[Finding], ratio: SampleRatio | None, progress: Progress) -> Verdict:
    """The verdict of one variation against control."""
    case = _Case(variation, findings, ratio, progress)
    for rule in _RULES:
        found = rule(case)
        if found is not None:
            return found
    raise AssertionError("The last rule always holds.")


def best(verdicts: Mapping[str, Verdict], findings: Mapping[str, Sequence[Finding]]) -> tuple[str, Verdict]:
    """Of several variations, whose verdict is that of the experiment: a fault first, then who ships with the largest effect.

    It stops only once every variation does.
    """
    order: Mapping[Action, int] = {"check": 0, "ship": 1, "keep_going": 2, "stop": 3}

    def rank(name: str) -> tuple[int, float]:
        effects = [
            (finding.reading.relative.value or 0.0) * (-1 if finding.better == "down" else 1)
            for finding in findings[name]
            if finding.role == "primary"
        ]
        return order[verdicts[name].action], -max(effects, default=0.0)

    name = min(verdicts, key=rank)
    return name, verdicts[name]


# -- rules ---------------------------------------------------------------------------------------------------------


def _uneven(case: _Case) -> Verdict | None:
    if case.ratio is None or not case.ratio.mismatch:
        return None
    shares = ", ".join(f"{share:.1%}" for share in case.ratio.shares)
    return Verdict(
        "check",
        "sample_ratio",
        {"p": case.ratio.p, "shares": shares},
        f"Don't trust these results yet: the variations have {shares} of the units, which is not how they were to be divided "
        f"(p = {case.ratio.p:.2g}). Find what loses units unevenly, then start a new phase.",
    )


def _harmed(case: _Case) -> Verdict | None:
    harmed = [one for one in case.guards("harmed") if one.reading.method != "fixed" or case.progress.finished]
    if not harmed:
        return None
    finding = harmed[0]
    beyond = f", by more than the {finding.margin:.1%} tolerated" if finding.margin else ""
    return Verdict(
        "stop",
        "guardrail_harmed",
        _effect(case, finding) | {"margin": finding.margin},
        f"Stop {case.variation}: it hurts {finding.metric} ({_shown(finding)}){beyond}.",
    )


def _worse(case: _Case) -> Verdict | None:
    bad = [finding for finding in case.of("primary") if finding.bad]
    if not bad:
        return None
    return Verdict(
        "stop",
        "worse",
        _effect(case, bad[0]),
        f"Stop {case.variation}: {bad[0].metric} is worse ({_shown(bad[0])}).",
    )


def _better(case: _Case) -> Verdict | None:
    finding = case.better
    if finding is None:
        return None
    values, shown = _effect(case, finding), f"{finding.metric} is better ({_shown(finding)})"
    if case.progress.days < LEAST_DAYS:
        week = case.progress.today + timedelta(days=LEAST_DAYS - case.progress.days)
        sentence = f"Keep going until {week.isoformat()}: {shown}, but not every weekday was seen yet."
        return Verdict("keep_going", "better_before_a_week", values, sentence, week)
    unsure = [one for one in case.guards("open") if one.margin > 0]
    if not unsure:
        return Verdict("ship", "better", values, f"Ship {case.variation}: {shown}.")
    names = ", ".join(one.metric for one in unsure)
    values = values | {"guardrails": names}
    until = case.progress.until
    if until is not None:
        sentence = (
            f"Keep going until about {until.isoformat()}: {shown}, but it is not yet sure that {names} is not hurt."
        )
        return Verdict("keep_going", "better_guardrails_open", values, sentence, until)
    return Verdict(
        "ship",
        "better_guardrails_unproven",
        values,
        f"Ship {case.variation} if you can bear the risk: {shown}; harm to {names} was not seen, but it is not excluded either.",
    )


def _finished(case: _Case) -> Verdict | None:
    primary = case.of("primary")
    if not case.progress.finished or not primary:
        return None
    finding = primary[0]
    relative, planned = finding.reading.relative, case.progress.effect
    values = _effect(case, finding) | {"planned": planned}
    ends = (relative.low, relative.high)
    if planned and None not in ends and all(abs(end) < abs(planned) for end in ends if end is not None):
        sentence = f"Stop: {case.variation} makes no difference to {finding.metric} as large as planned ({_shown(finding)}; planned {planned:+.1%})."
        return Verdict("stop", "no_difference", values, sentence)
    sentence = f"Stop: no difference in {finding.metric} was shown ({_shown(finding)}), and all that was planned is in."
    return Verdict("stop", "not_shown", values, sentence)


def _hopeless(case: _Case) -> Verdict | None:
    """Futility, not binding: that one may go on anyway costs no error."""
    progress, primary = case.progress, case.of("primary")
    chance = None if progress.fraction is None else _chance(primary, progress.fraction, progress.effect)
    if chance is None or chance >= HOPELESS or progress.days < LEAST_DAYS:
        return None
    finding = primary[0]
    return Verdict(
        "stop",
        "hopeless",
        _effect(case, finding) | {"chance": chance},
        f"You may stop {case.variation}: even if it had the planned effect on {finding.metric}, the chance to show it with the units left is "
        f"{chance:.0%} ({_shown(finding)} so far).",
    )


def _wait(case: _Case) -> Verdict:
    progress, until = case.progress, case.progress.until
    values: dict[str, Value] = {
        "variation": case.variation,
        "units": progress.units,
        "size": progress.size,
        "until": None if until is None else until.isoformat(),
    }
    primary = case.of("primary")
    if not any(finding.reading.enough for finding in primary):
        return Verdict(
            "keep_going", "too_few", values, _until("Keep going", until) + ": too few units to say anything.", until
        )
    so_far = f" So far: {primary[0].metric} {_shown(primary[0])}."
    if primary[0].reading.method == "fixed":
        sentence = _until("Keep going", until) + ": this plan is read once, at its end."
        return Verdict("keep_going", "not_the_end", values, sentence, until)
    return Verdict(
        "keep_going", "undecided", values, _until("Keep going", until) + f": nothing is decided.{so_far}", until
    )


def _early(case: _Case) -> Verdict | None:
    """A fixed reading before its end concludes nothing."""
    primary = case.of("primary")
    fixed = bool(primary) and primary[0].reading.method == "fixed"
    return _wait(case) if fixed and not case.progress.finished else None


_RULES: Final[Sequence[Callable[[_Case], Verdict | None]]] = (
    _uneven,
    _harmed,
    _early,
    _worse,
    _better,
    _finished,
    _hopeless,
    _wait,
)


def _chance(primary: Sequence[Finding], fraction: float, effect: float | None) -> float | None:
    """The chance of a group-sequential test to find the planned effect with what is left to come."""
    if len(primary) != 1 or not effect or fraction >= 1:
        return None
    finding, reading = primary[0], primary[0].reading
    value, error = reading.control.value, _error(reading)
    if reading.method != "group_sequential" or not value or not error or reading.difference.value is None:
        return None
    side = -1 if finding.better == "down" else 1
    drift = abs(effect * value) / (error * math.sqrt(fraction))
    z = side * reading.difference.value / error
    critical = -NormalDist().inv_cdf(reading.alpha / 2)
    return None if finding.better == "none" else conditional_power(fraction, z, drift, critical)


def _error(reading: Reading) -> float | None:
    control, treatment = reading.control.error, reading.treatment.error
    return None if control is None or treatment is None else math.hypot(control, treatment)


def _effect(case: _Case, finding: Finding) -> dict[str, Value]:
    relative = finding.reading.relative
    return {
        "variation": case.variation,
        "metric": finding.metric,
        "effect": relative.value,
        "low": relative.low,
        "high": relative.high,
        "p": finding.reading.p if finding.p is None else finding.p,
    }


def _shown(finding: Finding) -> str:
    """The effect and its interval as people read them."""
    relative, plain = finding.reading.relative, finding.reading.difference
    ends = [end for end in (plain.low, plain.high) if end is not None]
    apart = f", between {ends[0]:+.4g} and {ends[1]:+.4g}" if len(ends) == 2 else ""
    if relative.value is None:
        return "no value yet" if plain.value is None else f"{plain.value:+.4g}{apart}"
    if relative.low is not None and relative.high is not None:
        return f"{relative.value:+.1%}, between {relative.low:+.1%} and {relative.high:+.1%}"
    return f"{relative.value:+.1%}, a difference of {plain.value:+.4g}{apart}"  # of a control near nothing any ratio is possible


def _until(begin: str, until: date | None) -> str:
    return begin if until is None else f"{begin} until about {until.isoformat()}"
