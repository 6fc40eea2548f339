"""Personas: kinds of customers with a face, drawn by hand and checked against the data, or found in them (docs/personas.md).

Way of a search: `features` (what is counted, by the words of `vocabulary`) -> `scaling` -> `stability` (how many kinds,
if any) -> `describing` and `naming` -> `lineage` (the same kinds as before) -> `runs` (kept in state). `finding` is the
whole of it, `jobs` runs it in the background. `placing` puts newcomers to the nearest kind; `members` says who is of
which persona now, for every question; `checking` holds a persona against the data; `routes` and `searches_routes` are the HTTP face,
`shown` what it says.

What needs SciPy or scikit-learn (`finding`, `stability`, `describing`, `lineage`, `checking`) is imported by who uses it.
"""

from __future__ import annotations

from resa.kernel.workspace import Workspace
from resa.predictions.personas.definition import KIND, Persona
from resa.predictions.personas.members import Members

__all__ = ["Members", "Persona", "register"]


def register(workspace: Workspace) -> Members:
    """Make personas known to the workspace's definitions, and their members to its questions."""
    workspace.definitions.register(KIND)
    members = Members(workspace)
    workspace.populations.register("persona", members.of, members.keys)
    return members
