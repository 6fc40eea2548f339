"""Whether a survey still wants answers: one whose quota is full asks nobody more, wherever it would."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from resa.feedback.asking.plans import Plan
from resa.feedback.asking.tables import Ask
from resa.feedback.responses.answers import Responses
from resa.feedback.surveys.definition import Survey

FULL: Final = "full"
"""Why an asking was dropped: all the answers that are wanted are there, or being given."""


class Room:
    """Asked at each asking: only surveys that have quotas cost a look."""

    def __init__(self, responses: Responses) -> None:
        """Counts are kept by `responses`."""
        self._responses = responses

    def full(self, plan: Plan) -> bool:
        """Whether nobody new is to be asked."""
        return self.closed(plan.key, plan.body)

    def closed(self, key: str, body: Survey) -> bool:
        """The same of a survey that may not be live."""
        return self._responses.is_full(key, body)

    def taken(self, key: str) -> Mapping[str, int]:
        """How many are taken of each quota."""
        return self._responses.taken(key)

    def shut(self, plan: Plan, ask: Ask) -> bool:
        """Whether this asking comes too late: it is full, and who was asked has not begun to answer."""
        if not self.full(plan):
            return False
        if plan.body.anonymous:
            return True
        begun = self._responses.tokens.response_id(plan.key, ask.identity, ask.id)
        return self._responses.find(begun) is None
