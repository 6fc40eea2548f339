"""Many answers changed at once, each from the version it was seen in; who changed meanwhile is left as it is and said."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from resa.feedback.loops import inbox
from resa.feedback.loops.inbox import AnswerRow, Changed, Inbox
from resa.kernel.audit import Actor
from resa.kernel.errors import Conflict, NotFound
from resa.kernel.workspace import Workspace

MOST: Final = 200


class OneOfMany(Changed, forbid_unknown_fields=True, kw_only=True):
    """What is to change of one answer. What it was before, sent the same way, takes it back."""

    id: int


class ManyChanged(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Answers, each with what is to change of it."""

    items: Annotated[list[OneOfMany], msgspec.Meta(min_length=1, max_length=MOST)]


class ManyRows(msgspec.Struct, frozen=True, kw_only=True):
    """Those that were changed, as they are now; `skipped` are those that are gone or that somebody changed meanwhile."""

    items: list[AnswerRow]
    skipped: list[int]


def change(workspace: Workspace, wanted: ManyChanged, actor: Actor) -> ManyRows:
    """Change them in one transaction. Raises Refused for somebody nobody knows, and then none is changed."""
    found, skipped = Inbox(workspace), list[int]()
    with workspace.state.write() as tx:
        for each in wanted.items:
            try:
                found.put(tx, each.id, each, actor)
            except (Conflict, NotFound):
                skipped.append(each.id)
        numbers = [each.id for each in wanted.items if each.id not in skipped]
        rows = [inbox.kept(tx, number) for number in dict.fromkeys(numbers)]
        return ManyRows(items=found.rows(tx, rows), skipped=skipped)
