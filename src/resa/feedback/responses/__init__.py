"""Responses: what people answer, from the link to the event in the log (docs/surveys.md).

`tokens` are links nobody can forge; `taking` is what an answer does to a response, pure; `answers` keeps them (`tables`), tells the
log (`events`) and closes what rests (`keeper`). `hosted` are the public pages: `sittings` (who may answer what) -> `desk` (which page) ->
`page`, `styles` and `looks`; `previews` walk through what is being edited. `listing` and `routes` are the API.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from resa import brand
from resa.feedback import surveys
from resa.feedback.responses import looks, tokens
from resa.feedback.responses.answers import Answered, Closed, Full, Responses
from resa.feedback.responses.desk import Desk
from resa.feedback.responses.keeper import Keeper
from resa.feedback.responses.tables import Response
from resa.kernel.workspace import Workspace

__all__ = ["Answered", "Answering", "Closed", "Desk", "Full", "Keeper", "Response", "Responses", "register", "tokens"]


class Answering(NamedTuple):
    """The parts that a server needs."""

    responses: Responses
    desk: Desk
    keeper: Keeper


def register(workspace: Workspace) -> Answering:
    """What answers surveys: through these, whoever asks."""
    surveys.register(workspace)
    workspace.definitions.register(brand.KIND)
    responses = Responses(workspace)
    return Answering(responses, Desk(responses, partial(looks.look, workspace)), Keeper(responses))
