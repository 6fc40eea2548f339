"""Who is asked, when and where (docs/survey-asking.md).

`plans` are the live surveys, ready to be asked. `triggers` follows the log and `rounds` the calendar; each reason to ask makes one
row of `tables`, kept by `book`. `sweeper` looks after what is due, `attending` decides what becomes of one asking: `whom` says if it
is for them and on which channel, `sampling` who is in the sample, `places` when their budget has room (so that a frequent survey
does not starve a rare one). `site` answers pages, through `door` and in the form of `public` and `showing`; `mailing` and
`fetching` bring askings to who is elsewhere; `telling` is what the log learns; `reach` counts who could be asked. `service` puts
it together, `routes` is the HTTP face.
"""

from __future__ import annotations

from resa.channels.email import Email
from resa.experiences import Deciding
from resa.experiments.foreign import Gate
from resa.feedback.asking.mailing import Mailing
from resa.feedback.asking.service import Asking
from resa.feedback.responses.answers import Responses
from resa.kernel.workspace import Workspace

__all__ = ["Asking", "register"]


def register(
    workspace: Workspace, deciding: Deciding, responses: Responses, gate: Gate, email: Email | None = None
) -> Asking:
    """Ask from now on, by mail and on the pages that `gate` answers too."""
    asking = Asking(workspace, deciding, responses, Mailing(email) if email is not None else None)
    asking.answer_pages(gate)
    return asking
