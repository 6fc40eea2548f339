"""Scores: what a survey's answers say (docs/survey-results.md).

`reading` takes answers and askings out of the log, `history` what customers did before and after; `scales`, `intervals`,
`questions` make figures of answers; `nonresponse`, `contrast`, `importance`, `worth` (on `fits`) are the statistics, pure;
`features` what may go with a score; `stages` after which touchpoint an answer came. `results` and `deeper` put it together,
`people` opens figures, `shown` is what the API says, `routes` the HTTP face.
"""

from __future__ import annotations

from collections.abc import Callable

from resa.feedback.scores.deeper import Deeper, Friction, Hits
from resa.feedback.scores.results import Results
from resa.kernel.workspace import Workspace

__all__ = ["Deeper", "Friction", "Hits", "Results", "register"]


def register(workspace: Workspace, friction: Callable[[], Friction | None] = lambda: None) -> Deeper:
    """The keeper of results; `friction()` is who knows where customers struggled, None while nobody does."""
    return Deeper(Results(workspace), friction)
