"""Entering and leaving become events of the log: from the outbox, in the transaction that appends them."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from resa.kernel.audiences import tables
from resa.kernel.errors import Overloaded
from resa.kernel.events import Draft
from resa.kernel.identities import Identities
from resa.kernel.profiles import folds
from resa.kernel.state import State
from resa.kernel.tail import Committer

TOLD_AT_ONCE: Final = 2_000


def tell(state: State, identities: Identities, committer: Committer, now: int) -> bool:
    """Write who entered and left into the log; whether there was anything to write."""
    with state.read() as tx:
        waiting = tx.execute(
            sa.select(tables.outbox).order_by(tables.outbox.c.at, tables.outbox.c.message_id).limit(TOLD_AT_ONCE)
        ).all()
        if not waiting:
            return False
        numbers = sorted({item.profile for item in waiting})
        keys = identities.keys(tx, numbers)
        pretended = set(
            tx.execute(
                sa.select(folds.c.identity).where(folds.c.simulated > 0, state.among(folds.c.identity, numbers))
            ).scalars()
        )
    drafts = [
        _draft(item, keys[item.profile], now, simulated=item.profile in pretended)
        for item in waiting
        if item.profile in keys
    ]

    def alongside(tx: sa.Connection) -> None:
        ids = [item.message_id for item in waiting]
        tx.execute(sa.delete(tables.outbox).where(state.among(tables.outbox.c.message_id, ids)))

    try:
        committer.submit_sync(drafts, alongside)
    except Overloaded:
        return False  # it waits in the outbox
    return True


def _draft(item: sa.Row[tuple[object, ...]], key: str, now: int, *, simulated: bool) -> Draft:
    sort, _, value = key.partition(":")
    return Draft(
        message_id=item.message_id,
        type="track",
        name=item.name,
        time=min(item.at, now),
        received_at=now,
        user_id=value if sort == "user" else None,
        anonymous_id=value if sort == "anon" else None,
        channel="server",
        source="resa",
        simulated=simulated,
        properties=item.properties,
    )
