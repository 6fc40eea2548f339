"""Readings of what is no experiment but is exposed like one: the guardrails of ramps, and hold-outs of the whole programme."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Final

from resa.experiments.definition import Experiment, Flag, Holdout, Measured, Plan, Variation
from resa.experiments.payload import HELD, OFF, ON, SEEN, ramp_name
from resa.experiments.results import answers as shown
from resa.experiments.results.exposures import Wanted
from resa.experiments.results.readout import Readouts
from resa.experiments.results.scan import Scan
from resa.kernel import times
from resa.kernel.errors import NotFound
from resa.kernel.periods import Period
from resa.kernel.workspace import Workspace

EARLY: Final = Plan(method="always_valid", size=2_000)
"""Harm is to be seen early: the reading of a guardrail is surest at so many units, and holds at any number."""
APART: Final = 60_000
"""A guardrail is read anew after a minute (ms) at the soonest."""


class Guardrails:
    """Whether a metric got worse where a ramp is on. What `rollout.Ramps.guard` asks. Thread-safe."""

    def __init__(self, workspace: Workspace, readouts: Readouts) -> None:
        """Nothing is read yet."""
        self._workspace, self._readouts = workspace, readouts
        self._read: dict[tuple[str, str, str, int], tuple[int, bool | None]] = {}
        self._lock = threading.Lock()

    def __call__(self, metric: str, flag: str, rule: str, since: int) -> bool | None:
        """Worse (True), not (False), or too early to say (None), by a reading that may be looked at as often as one likes."""
        asked, now = (metric, flag, rule, since), self._workspace.clock()
        with self._lock:
            known = self._read.get(asked)
        if known is not None and now - known[0] < APART:
            return known[1]
        found = self._worse(metric, flag, rule, since, now)
        with self._lock:
            self._read = {key: kept for key, kept in self._read.items() if now - kept[0] < APART} | {
                asked: (now, found)
            }
        return found

    def _worse(self, metric: str, flag: str, rule: str, since: int, now: int) -> bool | None:
        body: Flag = self._workspace.definitions.get("flag", flag).body
        arms = [Variation(key=OFF), Variation(key=ON)]
        experiment = Experiment(
            name=flag, unit=body.unit, variations=arms, metrics=Measured(guardrails=[metric]), plan=EARLY, phase=1
        )
        wanted = Wanted(ramp_name(flag, rule), 1, (OFF, ON), body.unit, Period(since, now + 1))
        result = self._readouts.of(wanted.experiment, experiment, wanted)
        comparisons = [each for one in result.metrics for each in one.comparisons if each.enough]
        return comparisons[0].good is False if comparisons else None


def of_holdout(
    workspace: Workspace, readouts: Readouts, key: str, metrics: Sequence[str], simulated: bool
) -> shown.Results:
    """What the whole programme does, measured against those who see nothing of it."""
    body, wanted = _holdout(workspace, key, metrics, simulated)
    return readouts.of(wanted.experiment, body, wanted)


def in_holdout(workspace: Workspace, readouts: Readouts, key: str, metrics: Sequence[str], simulated: bool) -> Scan:
    """Who is held out and who is not, with what they came to."""
    body, wanted = _holdout(workspace, key, metrics, simulated)
    return readouts.read(wanted.experiment, body, wanted, readouts.asked(body))


def _holdout(workspace: Workspace, key: str, metrics: Sequence[str], simulated: bool) -> tuple[Experiment, Wanted]:
    """A hold-out as the experiment that it is in the log. Raises NotFound."""
    body: Holdout = workspace.definitions.get("holdout", key).body
    began = workspace.definitions.history("holdout", key)[-1].at
    arms = [
        Variation(key=HELD, name="Hold-out", weight=body.share),
        Variation(key=SEEN, name="The programme", weight=1 - body.share),
    ]
    if missing := [each for each in metrics if not _there(workspace, each)]:
        raise NotFound("metric", missing[0])
    experiment = Experiment(
        name=body.name,
        unit=body.unit,
        variations=arms,
        metrics=Measured(primary=list(metrics)),
        plan=Plan(),
        phase=1,
        status="running" if body.active else "stopped",
        started=times.iso(began),
    )
    name = f"{HELD}:{key}"
    return experiment, Wanted(name, 1, (HELD, SEEN), body.unit, Period(began, workspace.clock() + 1), simulated)


def _there(workspace: Workspace, metric: str) -> bool:
    return any(item.key == metric for item in workspace.definitions.all("metric"))
