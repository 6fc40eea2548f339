"""Where an idea stands: as somebody said, or as far as the experiment that tests it has come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from resa.experiments.definition import Experiment
from resa.experiments.ideas.definition import Idea, State
from resa.experiments.results.brief import Brief, Standing
from resa.kernel.definitions import Definition

Stands = Literal[State, "running"]

SAID: Final = frozenset({"confirmed", "refuted", "shelved"})
"""States that stay as somebody said, whatever an experiment shows."""
REFUTED: Final[frozenset[Standing]] = frozenset({"kept", "worse", "harmful", "no_difference"})


class Followed(NamedTuple):
    """Where an idea stands, which experiment tests it, and what was learned."""

    stands: Stands
    experiment: str | None
    learning: str


class Following:
    """The experiments of a workspace, and how each stands."""

    def __init__(self, experiments: list[Definition[Experiment]], briefs: Mapping[str, Brief]) -> None:
        """Of those that name the same idea, the one changed last tests it."""
        self._bodies = {item.key: item.body for item in experiments}
        self._briefs = briefs
        self._of_idea = {
            item.body.idea: item.key for item in sorted(experiments, key=lambda item: item.at) if item.body.idea
        }

    def of(self, key: str, idea: Idea) -> Followed:
        """Where this idea stands."""
        named = idea.experiment if idea.experiment in self._bodies else self._of_idea.get(key, idea.experiment)
        body = self._bodies.get(named or "")
        if body is None or idea.state in SAID:
            return Followed(idea.state, named, idea.learning)
        stands = self._stands(body, self._briefs.get(named or ""))
        return Followed(stands, named, idea.learning or (body.learning if stands in SAID else ""))

    @staticmethod
    def _stands(body: Experiment, told: Brief | None) -> Stands:
        if body.status == "draft" or told is None:
            return "planned"
        if body.status in ("running", "paused"):
            return "running"
        if told.standing == "won":
            return "confirmed"
        return "refuted" if told.standing in REFUTED else "tested"
