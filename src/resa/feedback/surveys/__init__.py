"""Surveys: what is asked (`definition`, `checking`), which question comes next (`flow`), what an answer may be (`answering`).

`texts` speaks languages with fall-back and pipes earlier answers in; `templates` are surveys to begin with. All of it is pure;
`shelves` and `routes` are the HTTP face.
"""

from __future__ import annotations

from resa.feedback.surveys import checking
from resa.feedback.surveys.definition import Question, Relational, Survey, Texts, Transactional
from resa.feedback.surveys.reading import Live, current, live, pinned
from resa.kernel.workspace import Workspace

__all__ = [
    "Live",
    "Question",
    "Relational",
    "Survey",
    "Texts",
    "Transactional",
    "current",
    "live",
    "pinned",
    "register",
]


def register(workspace: Workspace) -> None:
    """Make the kind known."""
    checking.register(workspace.definitions)
