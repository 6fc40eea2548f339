"""Results of experiments, read from the log (docs/results.md).

`exposures` says who was shown what, `totals` what each came to since and the sums as of every day, `timing` when is looked,
`reading` reads one metric by the plan, `readout` all of them with a `verdict`; `trend` looks for novelty, `factorial` reads
factors, `segments` parts, `people` is who is behind an arm, `looks` the log of looks, `guarding` ramps and hold-outs. `answers` is what the API
tells, `routes` its HTTP face.
"""

from __future__ import annotations

from resa.experiments.results.guarding import Guardrails
from resa.experiments.results.readout import Readouts

__all__ = ["Guardrails", "Readouts"]
