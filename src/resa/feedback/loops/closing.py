"""The parts of closing the loop, put together for a workspace."""

from __future__ import annotations

from typing import Final

from resa.channels.email import Email
from resa.feedback import surveys
from resa.feedback.loops import checking, templates
from resa.feedback.loops.following import Following
from resa.feedback.loops.sending import Sending
from resa.feedback.loops.sources import Answers
from resa.feedback.loops.telling import Tellings
from resa.feedback.loops.writing import Writing
from resa.feedback.themes.definition import SOURCE, THEME
from resa.feedback.themes.sources import Sources
from resa.kernel.workspace import Workspace

PAUSE: Final = 0.3
MOST: Final = 5_000


class Loops:
    """Rules that follow the log of a workspace, and the thread that sends what they queue."""

    def __init__(self, workspace: Workspace, email: Email) -> None:
        """Begin to follow with the workspace."""
        self.writing = Writing(workspace, email)
        self.tellings = Tellings(workspace, self.writing)
        self.sending = Sending(workspace, self.writing, self.tellings.step)
        self.following = Following(workspace, Answers(Sources(workspace.definitions)), self.sending.wake)
        workspace.follow(self.following, pause=PAUSE, most=MOST)


def register(workspace: Workspace, email: Email) -> Loops:
    """Make the kind known, and let rules act from now on."""
    for kind in (checking.KIND, templates.KIND, SOURCE, THEME):
        workspace.definitions.register(kind)
    surveys.register(workspace)
    workspace.state.create_missing()
    return Loops(workspace, email)
