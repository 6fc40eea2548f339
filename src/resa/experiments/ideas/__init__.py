"""The library of ideas: from evidence to a hypothesis, a test and what was learned (docs/ideas.md).

`definition` is the kind `idea`; `likeness` finds ideas that say the same, so that a refuted one is remembered; `opinions`
holds votes and comments; `library` the ready-made use cases, from simple to advanced, and which one is next.
"""

from __future__ import annotations

from resa.experiments.ideas.definition import KIND, Idea
from resa.kernel.workspace import Workspace

__all__ = ["KIND", "Idea", "register"]


def register(workspace: Workspace) -> None:
    """Make the kind known."""
    workspace.definitions.register(KIND)
