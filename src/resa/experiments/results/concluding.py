"""From readings to a verdict: what each metric says of each variation, how far the experiment is, what a look has seen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from resa.experiments.definition import Experiment
from resa.experiments.results import answers as shown
from resa.experiments.results.looks import Claim, Seen
from resa.experiments.results.reading import Read
from resa.experiments.results.scan import Scan
from resa.experiments.results.showing import good
from resa.experiments.results.verdict import CONTEXTS, NO_EXPOSURES, Verdict, nothing
from resa.experiments.statistics.verdicts import Finding, Progress
from resa.kernel import calendar
from resa.kernel.calendar import DAY


def unread(scan: Scan, then: Experiment) -> Verdict | None:
    """Why variations can't be compared; None if they can."""
    if not scan.exposed.size:
        return nothing("no_exposures", NO_EXPOSURES)
    return nothing("contexts", CONTEXTS) if then.contexts else None


def findings(scan: Scan, metrics: Sequence[shown.MetricRead], read: Sequence[Read | None]) -> dict[str, list[Finding]]:
    """What each metric says of each variation; significant is what stays so beside the others."""
    found: dict[str, list[Finding]] = {name: [] for name in scan.wanted.variations[1:]}
    for one, its in zip(metrics, read, strict=True):
        if its is None or one.role == "stage":
            continue
        for comparison, against in zip(one.comparisons, its.against, strict=True):
            settled = against.reading._replace(significant=comparison.significant, alpha=scan.body.plan.alpha)
            margin = scan.body.metrics.margins.get(one.key, 0.0) if one.role == "guardrail" else 0.0
            finding = Finding(one.name, one.role, settled, one.direction, margin, comparison.adjusted_p)
            found[comparison.variation].append(finding)
    return found


def progress(scan: Scan, per_day: float, zone: ZoneInfo) -> Progress:
    """How far it is; one that was stopped has all that will come."""
    plan, size = scan.body.plan, scan.body.plan.size
    start, end = scan.wanted.period
    stopped = scan.body.status in ("stopped", "shipped")
    today = calendar.day_of(zone, end - 1)
    ends = None if plan.days is None else calendar.day_of(zone, start) + timedelta(days=plan.days)
    return Progress(
        today=today,
        days=(end - start) // DAY,
        units=scan.exposed.size,
        a_day=per_day or None,
        size=None if stopped else size,
        effect=plan.effect,
        ends=today if stopped else ends,
    )


def seen(result: shown.Results) -> Seen:
    claims = [
        Claim(
            metric=one.key,
            variation=each.variation,
            value=each.relative.value,
            low=each.relative.low,
            high=each.relative.high,
            called=_word(each.good),
            fixed_p=each.fixed_p,
            fixed_called=_word(good(_went(each, result.alpha), one.direction)),
        )
        for one in result.metrics
        if one.role == "primary"
        for each in one.comparisons
    ]
    return Seen(units=result.exposures.total, verdict=result.verdict, claims=claims)


def _word(is_good: bool | None) -> str | None:
    return None if is_good is None else "better" if is_good else "worse"


def _went(each: shown.Comparison, alpha: float) -> str | None:
    """Where one test of a fixed sample would have said it goes."""
    if each.fixed_p is None or each.fixed_p >= alpha or not each.difference.value:
        return None
    return "up" if each.difference.value > 0 else "down"
