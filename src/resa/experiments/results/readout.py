"""The whole result of an experiment: one scan for all its metrics, read by its plan, with a verdict."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Final

import msgspec
import numpy as np

from resa.experiments.definition import Experiment
from resa.experiments.results import answers as shown
from resa.experiments.results import concluding, exposures, factorial, reading, showing, totals
from resa.experiments.results.answers import Role
from resa.experiments.results.exposures import Exposed, Wanted
from resa.experiments.results.looks import Looks
from resa.experiments.results.reading import Read
from resa.experiments.results.scan import Asked, Scan
from resa.experiments.results.timing import timing
from resa.experiments.results.verdict import verdict
from resa.experiments.statistics import AlwaysValid, Fixed, Method, benjamini_hochberg, check_sample_ratio
from resa.kernel import preferences, times
from resa.kernel.audit import Actor
from resa.kernel.errors import NotFound, Refused
from resa.kernel.lens import Lens
from resa.kernel.matching import Match
from resa.kernel.metrics.definition import Conversion, Events, Metric
from resa.kernel.metrics.evaluation import Metrics
from resa.kernel.metrics.plan import additive, needs
from resa.kernel.metrics.sql import Writer
from resa.kernel.periods import Period
from resa.kernel.recent import Recent
from resa.kernel.workspace import Workspace

BEFORE: Final = 28 * 86_400_000
"""How long before the exposure a customer's doings are looked at to take variance away (CUPED)."""
STAGE: Final = "stage:"
FOLLOWED: Final = ("primary", "guardrail")
"""The roles whose effect is followed over time."""


class Readouts:
    """Results of a workspace's experiments. Thread-safe; the scans made last are kept while nothing new has come."""

    def __init__(self, workspace: Workspace, metrics: Metrics) -> None:
        """Nothing is read yet."""
        self._workspace, self.metrics = workspace, metrics
        self.looks = Looks(workspace)
        self._scans = Recent(4)

    # -- what is asked ---------------------------------------------------------------------------------------------

    def find(self, key: str) -> Experiment:
        """The experiment of a key as it is now. Raises NotFound."""
        found: Experiment = self._workspace.definitions.get("experiment", key).body
        return found

    def results(
        self, key: str, *, phase: int | None = None, simulated: bool = True, actor: Actor | None = None
    ) -> shown.Results:
        """What an experiment has shown so far. Whoever asks has looked, which is kept."""
        begun = time.perf_counter()
        body = self.find(key)
        if body.phase < 1:
            return showing.unstarted(key, body, self._workspace.clock())
        scan = self.scan(key, phase=phase, simulated=simulated)
        result = self._result(scan, begun)
        if actor is not None:
            self.looks.note(key, scan.phase, scan.row, concluding.seen(result), actor)
        return result

    def of(self, key: str, body: Experiment, wanted: Wanted) -> shown.Results:
        """The same of what is exposed like an experiment and is none: a ramp, a hold-out. Nobody's look."""
        begun = time.perf_counter()
        return self._result(self.read(key, body, wanted, self.asked(body)), begun)

    def scan(self, key: str, *, phase: int | None = None, simulated: bool = True) -> Scan:
        """Everything the body says of an experiment's phase; kept while nothing new has come."""
        body = self.find(key)
        workspace = self._workspace
        wanted = self._wanted(key, body, phase, simulated)
        day = workspace.clock() // 60_000
        kept = (msgspec.json.encode(body), wanted._replace(period=Period(wanted.period.start, 0)), day)
        state = (workspace.body.landed(), workspace.index.next_row, workspace.identities.map())
        return self._scans.get((kept, state), lambda: self.read(key, body, wanted, self.asked(body)))

    def read(self, key: str, body: Experiment, wanted: Wanted, asked: Sequence[Asked]) -> Scan:
        """One scan for all of these metrics, not kept."""
        workspace, row = self._workspace, self._workspace.body.landed()
        before = BEFORE if body.plan.cuped else 0
        exposed = exposures.read(workspace.body, wanted, before)
        when = timing(exposed, wanted.period, preferences.zone(workspace.state), body.plan)
        lens = Lens(Period(wanted.period.start - before, wanted.period.end), simulated=wanted.simulated)
        checked = [self._in_one_currency(each, lens, exposed) for each in asked]
        good = [each.need for each in checked if each.need is not None]
        found = self.metrics.since(good, lens, exposed.begun, when.edges)
        return Scan(key, body, wanted.phase, wanted, exposed, when, checked, found, row)

    def asked(self, body: Experiment) -> list[Asked]:
        """The metrics of an experiment (as pinned when it started), and conversions to the stages of its map."""
        named: list[tuple[Role, str]] = [
            *(("primary", key) for key in body.metrics.primary),
            *(("secondary", key) for key in body.metrics.secondary),
            *(("guardrail", key) for key in body.metrics.guardrails),
        ]
        found = [self._asked(role, key, partial(self._pinned, body, key)) for role, key in dict.fromkeys(named)]
        return found + [self._asked("stage", key, partial(_same, metric)) for key, metric in self._stages(body)]

    # -- inside ----------------------------------------------------------------------------------------------------

    def _in_one_currency(self, asked: Asked, lens: Lens, exposed: Exposed) -> Asked:
        if asked.need is None:
            return asked
        found = self.metrics.counted(asked.metric, lens, exposed.begun)
        return asked._replace(need=found.needs, currency=found.currency, left_out=found.left_out)

    def _wanted(self, key: str, body: Experiment, phase: int | None, simulated: bool) -> Wanted:
        number = body.phase if phase is None else phase
        if not 1 <= number <= body.phase:
            raise Refused(
                "phase", phase, f"there were the phases 1 to {body.phase}.", "Leave it out for the present one."
            )
        start = times_of(body.started) or 0
        end = times_of(body.ended) or self._workspace.clock() + 1
        return Wanted(
            key, number, tuple(arm.key for arm in body.arms), body.unit, Period(start, max(end, start + 1)), simulated
        )

    def _of_phase(self, scan: Scan) -> Experiment:
        """The experiment in the phase that is read: as its last version said."""
        body, known = scan.body, self._workspace.definitions
        if scan.phase != body.phase:
            for version in known.history("experiment", scan.key):
                if version.deleted:
                    continue
                body = known.get("experiment", scan.key, version.version).body
                if body.phase <= scan.phase:
                    break
        return body

    def _pinned(self, body: Experiment, key: str) -> Metric:
        found: Metric = self._workspace.definitions.get("metric", key, body.pins.get(f"metric:{key}")).body
        return found

    def _stages(self, body: Experiment) -> list[tuple[str, Metric]]:
        """How many reach each stage of the map afterwards."""
        if body.map is None:
            return []
        matches: dict[str, list[Match]] = {}
        for stage, match in self._workspace.memberships.stages(body.map):
            matches.setdefault(stage, []).append(match)
        if not matches:
            return []
        names = {stage.key: stage.name for stage in self._workspace.definitions.get("journey", body.map).body.stages}
        return [
            (
                f"{STAGE}{stage}",
                Metric(name=names.get(stage, stage), unit="customer", measure=Conversion(events=Events(any=some))),
            )
            for stage, some in matches.items()
        ]

    def _asked(self, role: Role, key: str, find: Callable[[], Metric]) -> Asked:
        nothing = Metric(name=key, unit="customer", measure=Conversion(events=Events(any=[])))
        try:
            metric = find()
        except NotFound:
            refused = Refused("metrics", key, "there is no such metric any more.", "Bring it back, or take it out.")
            return Asked(role, key, nothing, None, None, refused=refused)
        try:
            need = additive(needs(metric, self.metrics.find))
            return Asked(role, key, metric, need, metric.currency)
        except Refused as refused:
            return Asked(role, key, metric, None, None, refused=refused)

    def _result(self, scan: Scan, begun: float) -> shown.Results:
        body, exposed, arms = scan.body, scan.exposed, scan.arms
        primaries = sum(each.role == "primary" and each.need is not None for each in scan.asked)
        comparisons = max(1, primaries * (arms - 1))
        read = [self._read(scan, each, comparisons) for each in scan.asked]
        dilution = self._dilution(scan)
        metrics = showing.corrected(
            [self._metric(scan, *one, dilution) for one in zip(scan.asked, read, strict=True)], body.plan.alpha
        )
        then = self._of_phase(scan)
        ratio = (
            check_sample_ratio(exposed.shown_first(arms), [arm.weight for arm in then.arms])
            if exposed.assigned.size and not then.contexts
            else None
        )
        told = showing.exposures(scan, then)
        zone = preferences.zone(self._workspace.state)
        progress = concluding.progress(scan, told.per_day, zone)
        return shown.Results(
            experiment=scan.key,
            name=body.name,
            status=body.status,
            phase=scan.phase,
            method=body.plan.method,
            alpha=body.plan.alpha,
            control=body.arms[0].key,
            started=body.started,
            until=times.iso(scan.wanted.period.end - 1),
            exposures=told,
            sample_ratio=None
            if ratio is None
            else shown.Ratio(p=ratio.p, chi_square_p=ratio.chi_square, mismatch=ratio.mismatch),
            verdict=concluding.unread(scan, then) or verdict(concluding.findings(scan, metrics, read), ratio, progress),
            metrics=metrics,
            dilution=dilution,
            factors=self._factors(scan),
            ms=round((time.perf_counter() - begun) * 1000, 1),
        )

    def _read(self, scan: Scan, asked: Asked, comparisons: int) -> Read | None:
        if asked.need is None or not scan.exposed.size:
            return None
        found, plan = scan.totals(asked), scan.body.plan
        several = comparisons if asked.role == "primary" else 1
        if asked.need.quantile:
            single, unit = totals.values(found, asked.need, scan.answers, scan.exposed)
            arm_of = scan.exposed.arm[unit]
            arms = [(single[arm_of == arm], unit[arm_of == arm]) for arm in range(scan.arms)]
            return reading.of_quantile(arms, asked.need.quantile, plan, scan.timing, several)
        if asked.role in FOLLOWED or plan.method == "group_sequential":
            stretch = scan.timing.stretch_of(scan.exposed.first)
            sums = totals.moments(found, scan.exposed, scan.arms, stretch, len(scan.timing.edges))
            last = [sums[arm, -1] for arm in range(scan.arms)]
            measure = totals.adjusted(found, last) if plan.cuped else found.measure
            return reading.now(sums, measure, plan, scan.timing, several)
        last = totals.of_units(found, scan.exposed, np.ones(scan.exposed.size, np.bool_), scan.arms)
        measure = totals.adjusted(found, last) if plan.cuped else found.measure
        return reading.at_end(last, measure, plan, scan.timing, several)

    def _metric(self, scan: Scan, asked: Asked, read: Read | None, dilution: shown.Dilution) -> shown.MetricRead:
        primary = asked.role == "primary" and read is not None
        changes = [showing.change(scan, asked, arm) for arm in range(1, scan.arms)] if primary else []
        return showing.metric_read(scan, asked, read, changes, dilution.share)

    def _factors(self, scan: Scan) -> list[shown.FactorEffect]:
        """Main effects and interactions on the primary metrics, by a reading that may be looked at every day."""
        body, levels = scan.body, scan.body.levels
        if not levels or body.factors is None or not scan.exposed.size:
            return []
        order = [levels[key] for key in scan.wanted.variations]
        plan = body.plan
        method: Method = (
            Fixed(plan.alpha)
            if plan.method in ("fixed", "bayesian")
            else AlwaysValid(reading.tuned_for(plan, 2), plan.alpha)
        )
        everyone = np.ones(scan.exposed.size, np.bool_)
        told: list[shown.FactorEffect] = []
        for asked in scan.asked:
            if asked.role == "primary" and asked.need is not None:
                found = scan.totals(asked)
                arms = totals.of_units(found, scan.exposed, everyone, scan.arms)
                if min(float(arm.n) for arm in arms) >= 2:
                    terms = factorial.effects(found.measure, arms, body.factors, order, method)
                    told += showing.factor_effects(asked.key, body.factors, terms)
        adjusted = benjamini_hochberg([each.p for each in told])
        return [msgspec.structs.replace(each, adjusted_p=p) for each, p in zip(told, adjusted, strict=True)]

    def _dilution(self, scan: Scan) -> shown.Dilution:
        """Of those active or exposed while it ran (of its audience, if it has one), how many were exposed."""
        lens = Lens(scan.wanted.period, simulated=scan.wanted.simulated)
        sql = Writer(self._workspace.body.dialect, lens).active()
        active = np.asarray(self._workspace.body.native(sql).column(0).to_numpy(), np.int64)
        audience = scan.body.audience
        if audience is not None:
            try:
                members = self._workspace.populations.get(f"audience:{audience}").profiles
                active = active[np.isin(active, members)]
            except NotFound:
                pass  # the audience was taken away since: everybody is what is left to compare with
        shown_to = scan.exposed.begun.profile
        everybody = int(np.union1d(active, shown_to).size)
        share = shown_to.size / everybody if everybody else None
        return shown.Dilution(active=everybody, exposed=int(shown_to.size), share=share)


def _same(metric: Metric) -> Metric:
    return metric


def times_of(text: str | None) -> int | None:
    """A stored ISO time as ms UTC."""
    return None if text is None else round(datetime.fromisoformat(text).timestamp() * 1000)
