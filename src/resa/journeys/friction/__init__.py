"""Friction: where customers struggle, whom it strikes, whether it drives them away, and what that costs.

`definition` says which events and thresholds count; `facts` asks the body what each row is; `kernels` finds moments in
journeys, `moments` walks them; `calibration` compares the struck with the spared; `places` names where; `worth` says what a
conversion is worth; `lines` are what a ledger says, `telling` how, `answers` in which shape; `ledger` puts it together;
`routes` is the HTTP face.
"""

from __future__ import annotations

from resa.journeys.friction.definition import DEFAULT, KEY, KIND, Friction
from resa.kernel.workspace import Workspace

__all__ = ["DEFAULT", "KEY", "KIND", "Friction", "register"]


def register(workspace: Workspace) -> None:
    """Make the settings known to the workspace's definitions."""
    workspace.definitions.register(KIND)
