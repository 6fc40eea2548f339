"""Bandits, and policies judged on the log (docs/bandits.md).

`definition` is the kind `bandit`, `learning` its updates; `thompson` and `leaves` are what it learns by (pure). `offpolicy` says
what another policy would have earned (pure), `logged` reads the decisions it is judged on, `judging` knows policies as data.
"""

from __future__ import annotations

from resa.experiments.bandits.definition import KIND, Bandit
from resa.experiments.bandits.learning import Bandits
from resa.experiments.lifecycle import Lifecycle
from resa.experiments.results import Readouts
from resa.kernel.workspace import Workspace

__all__ = ["Bandit", "Bandits", "register"]


def register(workspace: Workspace, readouts: Readouts, lifecycle: Lifecycle) -> Bandits:
    """Make the kind known; the bandits are updated by whoever calls `due`."""
    workspace.definitions.register(KIND)
    return Bandits(workspace, readouts, lifecycle)
