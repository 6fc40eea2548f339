"""Definitions that tests of experiments share."""

from __future__ import annotations

from typing import Any, Final

from resa.kernel.audit import Actor
from resa.kernel.workspace import Workspace

ADA: Final = Actor("user:u_1", "Ada")

METRIC: Final[dict[str, Any]] = {
    "name": "Orders",
    "measure": {"form": "count", "events": {"any": [{"name": "Order Completed"}]}},
    "unit": "event",
}


def experiment(**more: Any) -> dict[str, Any]:
    """An experiment that may be started."""
    return {
        "name": "Shorter form",
        "hypothesis": "Fewer fields, fewer who leave.",
        "variations": [{"key": "as-is"}, {"key": "short"}],
        "metrics": {"primary": ["orders"]},
        **more,
    }


def save(workspace: Workspace, kind: str, key: str, body: dict[str, Any]) -> None:
    """Save a definition, whatever version is there."""
    workspace.definitions.save(kind, key, body, expected=None, author="Ada")


def flag_of(key: str, values: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A flag that an experiment decides."""
    rule = {"id": "test", "then": {"type": "experiment", "experiment": key, "values": values}}
    return {"name": "Form", "type": "string", "default": "as-is", "rules": [rule], **more}
