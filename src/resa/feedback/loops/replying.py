"""A reply by hand: a mail to who answered, kept on the answer, in the transaction that queues it."""

from __future__ import annotations

from typing import Annotated

import msgspec
import sqlalchemy as sa

from resa.feedback.loops import inbox, tables
from resa.feedback.loops.inbox import Note
from resa.feedback.loops.writing import Writing
from resa.kernel import audit, foreign
from resa.kernel.audit import Actor
from resa.kernel.errors import Conflict, Refused
from resa.kernel.workspace import Workspace


class Reply(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is written to the customer."""

    subject: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=10_000)]


def reply(workspace: Workspace, writing: Writing, number: int, wanted: Reply, actor: Actor) -> Note:
    """Queue it and say so on the answer. Raises Refused where nobody can be written to, Conflict where it is held back."""
    if not writing.ready:
        raise Refused("sender", None, "nobody has said yet how mail goes out.", "Set up Settings, E-mail first.")
    subject, text = foreign.storable(wanted.subject), foreign.storable(wanted.text)
    now = workspace.clock()
    with workspace.state.write() as tx:
        answer = inbox.kept(tx, number)
        if answer.identity.startswith("anon:survey-"):
            raise Refused("answer", number, "it is anonymous.", "Nobody can be written to, as was promised.")
        if answer.simulated:
            raise Refused("answer", number, "the customer is simulated.", "Nothing leaves this house for them.")
        to = writing.reach(tx, answer.identity_number)
        if to is None:
            raise Refused("address", None, "no e-mail address is known of this customer.", "Reach them otherwise.")
        outcome = writing.personal(tx, answer.identity, to, f"answer:{answer.number}", subject, text)
        if outcome.state != "sent":
            raise Conflict(f"The mail is held back: {outcome.problem}", remedy="See the customer's contacts.")
        inbox.write_note(tx, f"answer:{answer.message_id}", "reply", f"{subject}\n\n{text}", actor, now)
        a = tables.answers.c
        values = {"status": "waiting", "version": answer.version + 1, "changed_at": now}
        if answer.contacted_at is None:
            values |= {"contacted_at": now, "contacted_by": "reply"}
        tx.execute(sa.update(tables.answers).where(a.number == number).values(values))
        audit.record(tx, actor, "answer.replied", f"answer:{number}", {"subject": subject})
        note = inbox.notes(tx, f"answer:{answer.message_id}")[-1]
    writing.email.sending.wake()
    return note
