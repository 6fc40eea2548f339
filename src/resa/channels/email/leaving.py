"""Leaving: what a mail was for is consented to no more, from now on; and coming back, for whoever pressed by mistake."""

from __future__ import annotations

from typing import Final, Literal

from resa.channels.email import events, permission
from resa.channels.email.outbox import Entry
from resa.kernel.events import Draft
from resa.kernel.workspace import Workspace

Way = Literal["one_click", "page", "complaint"]

_STATES: Final = {True: "denied", False: "granted"}


def leave(workspace: Workspace, mail: Entry, way: Way, *, again: bool = False) -> None:
    """Write down that the customer leaves (or comes back), and wait until it is known everywhere: the next mail heeds it."""
    now = workspace.clock()
    told = denial(workspace, mail, now, way, _STATES[not again])
    if not again:
        told += events.about(mail, "Unsubscribed", now, source=events.CUSTOMER, by=way)
    if told:
        workspace.committer.submit_sync(told)
        workspace.settle()


def denial(workspace: Workspace, mail: Entry, at: int, by: str, state: str = "denied") -> list[Draft]:
    """That the customer whom a mail went to takes back (or gives again) consent to what it was for, for each identity of theirs."""
    if mail.identity is None or mail.purpose == "service":
        return []
    with workspace.state.read() as tx:
        keys = workspace.identities.keys(tx, permission.members(workspace, tx, mail.identity))
    said = {"purpose": mail.purpose, "state": state, "by": by, "email_id": mail.id}
    return [
        events.draft(key, "Consent Changed", f"consent-{mail.id}-{state}-{number}-{at}", at, said, source=events.OWN)
        for number, key in enumerate(sorted({mail.identity, *keys.values()}))
    ]
