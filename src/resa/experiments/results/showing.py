"""Readings as the answer shows them: figures of each variation, comparisons, the path over time, p-values corrected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from resa.experiments.definition import Experiment, Factor
from resa.experiments.results import answers as shown
from resa.experiments.results import factorial, reading, trend
from resa.experiments.results.reading import Against, Read
from resa.experiments.results.scan import Asked, Scan
from resa.experiments.results.verdict import NOT_STARTED, nothing
from resa.experiments.statistics import AlwaysValid, benjamini_hochberg, holm
from resa.experiments.statistics.exposure import diluted
from resa.kernel import times
from resa.kernel.calendar import DAY
from resa.kernel.metrics.definition import Direction, form_of, shown_as


def unstarted(key: str, body: Experiment, now: int) -> shown.Results:
    arms = body.arms
    total = sum(arm.weight for arm in arms)
    return shown.Results(
        experiment=key,
        name=body.name,
        status=body.status,
        phase=body.phase,
        method=body.plan.method,
        alpha=body.plan.alpha,
        control=arms[0].key if arms else None,
        started=None,
        until=times.iso(now),
        exposures=shown.Exposures(
            unit=body.unit,
            total=0,
            arms=[
                shown.ArmShown(
                    variation=arm.key, name=arm.name, weight=arm.weight / total if total else 0.0, exposed=0, share=None
                )
                for arm in arms
            ],
            crossovers=0,
            first=None,
            last=None,
            per_day=0.0,
        ),
        sample_ratio=None,
        verdict=nothing("not_started", NOT_STARTED),
        metrics=[],
        dilution=None,
        factors=[],
        ms=0.0,
    )


def exposures(scan: Scan, then: Experiment) -> shown.Exposures:
    exposed, arms = scan.exposed, then.arms
    counts, total = exposed.counts(len(arms)), sum(arm.weight for arm in arms)
    since = scan.wanted.period.end - 7 * DAY
    days = min(7.0, max(1.0, (scan.wanted.period.end - scan.wanted.period.start) / DAY))
    return shown.Exposures(
        unit=scan.body.unit,
        total=exposed.size,
        arms=[
            shown.ArmShown(
                variation=arm.key,
                name=arm.name,
                weight=arm.weight / total if total else 0.0,
                exposed=count,
                share=count / exposed.size if exposed.size else None,
            )
            for arm, count in zip(arms, counts, strict=True)
        ],
        crossovers=int(exposed.crossed_first.size),
        first=times.iso(int(exposed.first.min())) if exposed.size else None,
        last=times.iso(int(exposed.first.max())) if exposed.size else None,
        per_day=float((exposed.first >= since).sum()) / days,
    )


def metric_read(
    scan: Scan, asked: Asked, read: Read | None, changes: list[shown.Change], share: float | None
) -> shown.MetricRead:
    metric, variations = asked.metric, scan.wanted.variations
    details: dict[str, Any] = asked.refused.details if asked.refused is not None else {}
    problem = msgspec.convert(details, shown.Problem) if asked.refused is not None else None
    return shown.MetricRead(
        key=asked.key,
        name=metric.name,
        role=asked.role,
        form=form_of(metric.measure),
        direction=metric.direction,
        shows=shown_as(metric),
        currency=asked.currency,
        left_out=list(asked.left_out),
        arms=[] if read is None else _values(read, variations),
        comparisons=[]
        if read is None
        else [_comparison(each, variations, metric.direction, share) for each in read.against],
        path=[] if read is None else [_point(each, variations) for each in read.path],
        changes=changes,
        as_of=None if read is None else times.iso(read.as_of - 1),
        problem=problem,
    )


def _values(read: Read, variations: Sequence[str]) -> list[shown.ArmValue]:
    if not read.against:
        return []
    sides = [read.against[0].reading.control, *(each.reading.treatment for each in read.against)]
    return [
        shown.ArmValue(variation=name, n=side.n, value=side.value, error=side.error)
        for name, side in zip(variations, sides, strict=True)
    ]


def _comparison(
    each: Against, variations: Sequence[str], direction: Direction, share: float | None
) -> shown.Comparison:
    found = each.reading
    over_all = None if share is None else diluted(found, share)[0]
    return shown.Comparison(
        variation=variations[each.arm],
        difference=shown.Effect(*found.difference),
        relative=shown.Effect(*found.relative),
        over_all=None if over_all is None else shown.Effect(*over_all),
        p=each.p,
        adjusted_p=each.p,
        significant=found.significant,
        good=good(found.direction, direction),
        enough=found.enough,
        waiting=each.waiting,
        fixed_p=each.fixed.p,
        explained=found.explained,
        chance=found.chance,
        loss=found.loss,
        loss_of_control=found.loss_of_control,
    )


def good(went: str | None, direction: Direction) -> bool | None:
    """Whether a significant change is a good one; None where it is none, or the metric says nothing of good."""
    if went is None or direction == "none":
        return None
    return went == direction


def _point(point: reading.Point, variations: Sequence[str]) -> shown.PathPoint:
    return shown.PathPoint(
        at=times.iso(point.at - 1),
        variation=variations[point.arm],
        units=point.units,
        value=point.value,
        low=point.low,
        high=point.high,
        significant=point.significant,
        fixed_p=point.fixed_p,
    )


def change(scan: Scan, asked: Asked, arm: int) -> shown.Change:
    assert asked.need is not None
    plan, variation = scan.body.plan, scan.wanted.variations[arm]
    method = AlwaysValid(reading.tuned_for(plan, scan.arms), plan.alpha)
    found = trend.trend(asked.need, scan.answers, scan.exposed, scan.timing, arm, method)
    if found is None:
        return shown.Change(variation=variation, code="unknown", first_week=None, second_week=None, p=None)
    first, second = (shown.Effect(*each.difference) for each in (found.early, found.late))
    return shown.Change(variation=variation, code=found.trend, first_week=first, second_week=second, p=found.change.p)


def corrected(read: list[shown.MetricRead], alpha: float) -> list[shown.MetricRead]:
    """With p-values corrected within each role; significant is what stays below alpha then."""
    found = list(read)
    for roles, rule in ((("primary",), holm), (("secondary", "stage"), benjamini_hochberg)):
        at = [(place, n) for place, one in enumerate(found) if one.role in roles for n in range(len(one.comparisons))]
        adjusted = rule([found[place].comparisons[n].p for place, n in at])
        for (place, n), p in zip(at, adjusted, strict=True):
            found[place] = _with(found[place], n, p, alpha)
    return found


def _with(one: shown.MetricRead, number: int, p: float | None, alpha: float) -> shown.MetricRead:
    each = one.comparisons[number]
    if p is None:  # a Bayesian reading has none, and says itself what is significant
        return one
    called = each.enough and p <= alpha
    went = None if not called or each.difference.value is None else "up" if each.difference.value > 0 else "down"
    changed = msgspec.structs.replace(each, adjusted_p=p, significant=called, good=good(went, one.direction))
    comparisons = [*one.comparisons[:number], changed, *one.comparisons[number + 1 :]]
    return msgspec.structs.replace(one, comparisons=comparisons)


def factor_effects(
    metric: str, factors: Sequence[Factor], terms: Sequence[factorial.Found]
) -> list[shown.FactorEffect]:
    def named(term: factorial.Term) -> tuple[str, str, str | None, str | None]:
        one = factors[term.factor]
        if term.with_factor is None or term.with_level is None:
            return one.key, one.levels[term.level].key, None, None
        other = factors[term.with_factor]
        return one.key, one.levels[term.level].key, other.key, other.levels[term.with_level].key

    def words(term: factorial.Term) -> str:
        factor, level, with_factor, with_level = named(term)
        return f"{factor}={level}" + (f" with {with_factor}={with_level}" if with_factor else "")

    told = []
    for each in terms:
        factor, level, with_factor, with_level = named(each.term)
        told.append(
            shown.FactorEffect(
                metric=metric,
                factor=factor,
                level=level,
                with_factor=with_factor,
                with_level=with_level,
                difference=shown.Effect(*each.reading.difference),
                p=each.reading.p,
                adjusted_p=each.reading.p,
                mixed_with=[words(other) for other in each.mixed_with],
            )
        )
    return told
