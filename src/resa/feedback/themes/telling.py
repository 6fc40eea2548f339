"""What was understood of a comment becomes an event of the log, `Comment Understood`: audiences, flows and rules use it.

Once for each comment, when it is first read, and once more where a language model could say what nobody could before. Its
time is the comment's own, so that what is read late (an import, a new source) does not look as if it had been said today.
Reading anew with a better model changes the store, not the log.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
import sqlalchemy as sa
from xxhash import xxh3_64_hexdigest

from resa.feedback.themes.store import FOREIGN, about, comments, untold
from resa.kernel.errors import Overloaded
from resa.kernel.events import Draft
from resa.kernel.identities import Identities
from resa.kernel.state import State
from resa.kernel.tail import Committer

NAME: Final = "Comment Understood"
AT_ONCE: Final = 1_000
_LONGEST: Final = 150

_encode: Final = msgspec.json.Encoder().encode


def tell(state: State, identities: Identities, committer: Committer, counts_as: dict[str, str], now: int) -> bool:
    """Write what waits to be said into the log; whether there was anything."""
    with state.read() as tx:
        waiting = tx.execute(
            sa.select(comments).join(untold, untold.c.comment == comments.c.id).order_by(comments.c.id).limit(AT_ONCE)
        ).all()
        if not waiting:
            return False
        ids = [item.id for item in waiting]
        said = tx.execute(
            sa.select(about.c.comment, about.c.theme)
            .where(state.among(about.c.comment, ids))
            .order_by(about.c.comment, about.c.weight.desc(), about.c.theme)
        ).all()
        keys = identities.keys(tx, sorted({item.identity for item in waiting}))
    themes: dict[int, dict[str, None]] = {}
    for number, theme in said:
        themes.setdefault(number, {})[counts_as.get(theme, theme)] = None
    drafts = [
        _draft(item, keys[item.identity], list(themes.get(item.id, ())), now)
        for item in waiting
        if item.identity in keys and identities.profile(item.identity) >= 0
    ]

    def alongside(tx: sa.Connection) -> None:
        tx.execute(sa.delete(untold).where(state.among(untold.c.comment, ids)))

    try:
        committer.submit_sync(drafts, alongside)
    except Overloaded:
        return False  # it waits
    return True


def _short(message: str) -> str:
    return message if len(message) <= _LONGEST else xxh3_64_hexdigest(message.encode())


def _draft(item: sa.Row[Any], key: str, themes: list[str], now: int) -> Draft:
    sort, _, value = key.partition(":")
    again = "-lm" if item.model.startswith(FOREIGN) else ""
    properties = {
        "about": item.message_id,
        "language": item.language,
        "sentiment": item.sentiment,
        "sentiment_score": item.sentiment_score,
        "probability": item.probability,
        "themes": themes,
        "model": item.model,
    }
    return Draft(
        message_id=f"comment-understood-{_short(item.message_id)}{again}",
        type="track",
        name=NAME,
        time=item.time,
        received_at=now,
        user_id=value if sort == "user" else None,
        anonymous_id=value if sort == "anon" else None,
        channel=item.channel,
        source="resa",
        simulated=item.simulated,
        properties=_encode(properties).decode(),
    )
