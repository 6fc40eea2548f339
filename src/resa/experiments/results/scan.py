"""What one scan of the log says of an experiment: who was exposed, and what they did since, of every metric."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from resa.experiments.definition import Experiment
from resa.experiments.results import totals
from resa.experiments.results.answers import Role
from resa.experiments.results.exposures import Exposed, Wanted
from resa.experiments.results.timing import Timing
from resa.experiments.results.totals import Totals
from resa.kernel.errors import NotFound, Refused
from resa.kernel.metrics.asking import Answers
from resa.kernel.metrics.definition import Metric
from resa.kernel.metrics.money import LeftOut
from resa.kernel.metrics.plan import Needs


class Asked(NamedTuple):
    """A metric of an experiment, the part it plays, and why it can't be read, if so."""

    role: Role
    key: str
    metric: Metric
    need: Needs | None
    currency: str | None
    left_out: Sequence[LeftOut] = ()
    refused: Refused | None = None


@dataclass(frozen=True)
class Scan:
    """Everything the body said: who was exposed, and what they did, of every metric."""

    key: str
    body: Experiment
    phase: int
    wanted: Wanted
    exposed: Exposed
    timing: Timing
    asked: list[Asked]
    answers: Answers
    row: int
    """The body's rows below were seen."""

    @property
    def arms(self) -> int:
        """How many variations."""
        return len(self.wanted.variations)

    def totals(self, asked: Asked) -> Totals:
        """One metric of every unit. Only of one that is not refused."""
        assert asked.need is not None
        return totals.totals(asked.need, self.answers, self.exposed, winsorize=self.body.plan.winsorize)

    def one(self, metric: str | None) -> Asked:
        """The metric of that key, or the first primary one. Raises NotFound, or Refused where it can't be read."""
        named = [each for each in self.asked if metric is None or each.key == metric]
        if not named:
            raise NotFound("metric of this experiment", metric or "primary")
        if named[0].refused is not None:
            raise named[0].refused
        return named[0]
