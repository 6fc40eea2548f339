"""Changes people make to a profile by hand: events of Resa's own, so that the log stays the truth."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import sqlalchemy as sa

from resa.customers import merging, people
from resa.kernel import audit
from resa.kernel.audit import Actor
from resa.kernel.errors import Refused
from resa.kernel.identities import profile_id
from resa.kernel.profiles import MOST_TRAITS, PURPOSES
from resa.kernel.workspace import Workspace

MOST_BYTES: Final = 32 * 1024
"""Of all traits set at once: as much as the doors take of one event."""


def set_consent(workspace: Workspace, profile: str, purpose: str, state: str, actor: Actor) -> None:
    """Record a purpose as granted or denied, for every identity of the customer (so that an undo leaves each its own)."""
    if purpose not in PURPOSES:
        raise Refused("purpose", purpose, "is no purpose.", f"Use one of {', '.join(PURPOSES)}.")
    if state not in ("granted", "denied"):
        raise Refused("state", state, "a purpose is granted or denied.", "Use one of the two.")
    number = people.resolve(workspace, profile)
    with workspace.state.read() as tx:
        members = workspace.identities.members(tx, number)
    said = {"purpose": purpose, "state": state, "by": actor.name}
    drafts = [merging.own_event(workspace, member, "track", "Consent Changed", said) for member in members]

    def alongside(tx: sa.Connection) -> None:
        audit.record(tx, actor, "consent.changed", profile_id(number), {"purpose": purpose, "state": state})

    workspace.committer.submit_sync(drafts, alongside)
    workspace.settle()


def set_traits(workspace: Workspace, profile: str, traits: dict[str, Any], actor: Actor) -> None:
    """Set traits of a customer; they go to the oldest identity."""
    if not 1 <= len(traits) <= MOST_TRAITS:
        raise Refused(
            "traits", len(traits), f"1 to {MOST_TRAITS} traits at a time.", "Send an object of trait names and values."
        )
    _fits(traits)
    number = people.resolve(workspace, profile)

    def alongside(tx: sa.Connection) -> None:
        audit.record(tx, actor, "traits.changed", profile_id(number), {"names": sorted(traits)})

    workspace.committer.submit_sync([merging.own_event(workspace, number, "identify", "", traits)], alongside)
    workspace.settle()


def _fits(traits: dict[str, Any]) -> None:
    """Refuse what no door would take either."""
    written = msgspec.json.encode(traits)
    if len(written) > MOST_BYTES:
        raise Refused("traits", len(written), f"at most {MOST_BYTES} bytes.", "Set fewer or shorter traits.")
    if b"\\u0000" in written:
        raise Refused("traits", None, "hold the character NUL.", "Send plain text.")


def offset(cursor: str | None) -> int:
    """A list's cursor as a number."""
    if cursor is None:
        return 0
    if not cursor.isdecimal() or len(cursor) > 9:
        raise Refused("cursor", cursor, "is not one of ours.", "Use the `next` of the page before.")
    return int(cursor)
