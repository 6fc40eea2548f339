"""The one object that holds a workspace's parts together; slices receive it, nothing is global."""

from __future__ import annotations

from dataclasses import dataclass

from resa.kernel.state import State
from resa.settings import Settings


@dataclass
class Workspace:
    """An open workspace: one data directory (or one PostgreSQL and lake), owned by this process."""

    settings: Settings
    state: State

    @classmethod
    def open(cls, settings: Settings) -> Workspace:
        """Open (and on first use create) the workspace of `settings`."""
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        return cls(settings, State.open(settings.state or f"sqlite:///{settings.data / 'state.sqlite'}"))

    def close(self) -> None:
        """Stop what runs and give everything back."""
        self.state.close()
